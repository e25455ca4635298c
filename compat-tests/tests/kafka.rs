//! Kafka source and sink against a real broker.

use compat_tests::kafka::KafkaBroker;
use compat_tests::process;

const EVENTS: &str = "CREATE TABLE events (user_id STRING, event_type STRING, amount DOUBLE, event_time TIMESTAMP(3), \
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND) WITH ('connector'='kafka','topic'='events', \
    'properties.bootstrap.servers'='${BROKER}','format'='json','scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset');";

fn run(name: &str, broker: &KafkaBroker, sql: &str, arguments: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join(format!("{name}.sql"));
    std::fs::write(&script, sql.replace("${BROKER}", broker.address())).expect("the folder can be written");
    let path = script.display().to_string();
    let mut all = vec!["run", "--target", "local"];
    all.extend(arguments);
    all.push(&path);
    process::run(&all).expect("it runs")
}

fn event(user: &str, kind: &str, amount: f64, time: &str) -> String {
    format!(
        "{{\"user_id\":\"{user}\",\"event_type\":\"{kind}\",\"amount\":{amount},\"event_time\":\"2024-01-01 {time}\"}}\n"
    )
}

#[test]
fn the_main_job_reads_partitions_and_writes_results() {
    let broker = KafkaBroker::start().expect("a broker");
    broker.create_topic("events", 3).expect("a topic");
    broker.create_topic("totals", 2).expect("a topic");
    let early: String = (0..30)
        .map(|i| event("alice", if i % 3 == 0 { "view" } else { "purchase" }, 1.5, &format!("10:00:{i:02}.000")))
        .collect();
    let late: String = (0..30).map(|i| event("bob", "purchase", 2.0, &format!("10:01:{i:02}.500"))).collect();
    broker.produce("events", Some("0/3"), &early).expect("records");
    broker.produce("events", Some("2/3"), &late).expect("records");

    let select = "SELECT user_id, TUMBLE_START(event_time, INTERVAL '1' MINUTE) AS window_start, SUM(amount) AS total_amount \
                  FROM events WHERE event_type = 'purchase' GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' MINUTE);";
    let output = run("main", &broker, &format!("{EVENTS}\n{select}"), &["-p", "2", "-o", "json"]);
    assert!(output.status.success(), "{output:?}");
    let mut rows: Vec<&str> = std::str::from_utf8(&output.stdout).expect("UTF-8").lines().collect();
    rows.sort_unstable();
    assert_eq!(
        rows,
        [
            r#"{"op":"+I","row":{"user_id":"alice","window_start":"2024-01-01 10:00:00.000","total_amount":30.0}}"#,
            r#"{"op":"+I","row":{"user_id":"bob","window_start":"2024-01-01 10:01:00.000","total_amount":60.0}}"#,
        ]
    );

    let sink = "CREATE TABLE totals (user_id STRING, total DOUBLE) WITH ('connector'='kafka','topic'='totals', \
                'properties.bootstrap.servers'='${BROKER}','format'='json');";
    let insert = "INSERT INTO totals SELECT user_id, SUM(amount) FROM events GROUP BY user_id, TUMBLE(event_time, INTERVAL '1' HOUR);";
    let output = run("sink", &broker, &format!("{EVENTS}\n{sink}\n{insert}"), &[]);
    assert!(output.status.success(), "{output:?}");
    let mut values = broker.consume("totals", 2).expect("what was written");
    values.sort();
    assert_eq!(values, [r#"{"user_id":"alice","total":45.0}"#, r#"{"user_id":"bob","total":60.0}"#]);
}

#[test]
fn a_record_that_cannot_be_decoded_names_partition_offset_and_field_or_is_skipped() {
    let broker = KafkaBroker::start().expect("a broker");
    broker.create_topic("events", 1).expect("a topic");
    let good = event("alice", "purchase", 1.0, "10:00:00.000");
    let bad = good.replace("1.0", "1").replace("\"amount\":1", "\"amount\":\"much\"");
    broker.produce("events", None, &format!("{good}{bad}{good}")).expect("records");
    let select = "SELECT user_id, amount FROM events;";
    let failing = run("bad", &broker, &format!("{EVENTS}\n{select}"), &[]);
    let message = String::from_utf8_lossy(&failing.stderr).into_owned();
    assert!(!failing.status.success());
    for part in ["events", "offset 1", "amount"] {
        assert!(message.contains(part), "'{part}' is missing in: {message}");
    }
    let skipping = EVENTS.replace("'format'='json'", "'format'='json','json.ignore-parse-errors'='true'");
    let output = run("skip", &broker, &format!("{skipping}\n{select}"), &["-o", "json"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.lines().count() >= 2, "{text}");
}

/// The rows of a query over a broker, as `-o json` prints them.
fn rows(name: &str, broker: &KafkaBroker, sql: &str) -> Vec<String> {
    let output = run(name, broker, sql, &["-o", "json"]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

const RATES: &str = "CREATE TABLE rates (cur STRING NOT NULL, rate INT NOT NULL, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', \
    WATERMARK FOR ts AS ts, PRIMARY KEY (cur) NOT ENFORCED) WITH ('connector'='upsert-kafka','topic'='rates', \
    'properties.bootstrap.servers'='${BROKER}','key.format'='json','value.format'='json','scan.bounded.mode'='latest-offset');";

#[test]
fn an_upsert_source_gives_the_rows_of_keys_and_a_sink_writes_times_and_headers() {
    let broker = KafkaBroker::start().expect("a broker");
    broker.create_topic("rates", 1).expect("a topic");
    broker.create_topic("noted", 1).expect("a topic");
    // Every row is written as it comes; the metadata column gives records the times of the rows.
    let plain = "SET 'table.exec.sink.upsert-materialize'='NONE'; SET 'table.exec.sink.require-on-conflict'='false';";
    let write = "INSERT INTO rates SELECT cur, rate, TO_TIMESTAMP_LTZ(ms, 3) FROM (VALUES ('EUR', 110, 1000), ('JPY', 9, 1000), \
                 ('EUR', 120, 3000), ('EUR', 120, 4000)) AS v (cur, rate, ms);";
    let output = run("write", &broker, &format!("{plain}\n{RATES}\n{write}"), &[]);
    assert!(output.status.success(), "{output:?}");
    // A count that is taken back makes a record without a value for JPY.
    let delete = "CREATE TABLE counts (cur STRING NOT NULL, rate BIGINT NOT NULL, PRIMARY KEY (cur) NOT ENFORCED) WITH ('connector'='upsert-kafka', \
                  'topic'='rates','properties.bootstrap.servers'='${BROKER}','key.format'='json','value.format'='json'); \
                  INSERT INTO counts SELECT cur, n FROM (SELECT cur, COUNT(*) AS n FROM (SELECT id, LAST_VALUE(cur) AS cur FROM \
                  (VALUES (1, 'JPY'), (1, 'USD')) AS v (id, cur) GROUP BY id) GROUP BY cur) WHERE cur <> 'USD';";
    let output = run("delete", &broker, &format!("{plain}\n{delete}"), &[]);
    assert!(output.status.success(), "{output:?}");

    let changes = rows("changes", &broker, &format!("{RATES}\nSELECT cur, rate FROM rates;"));
    let change =
        |(op, cur, rate): (&str, &str, i32)| format!(r#"{{"op":"{op}","row":{{"cur":"{cur}","rate":{rate}}}}}"#);
    let expected = [
        ("+I", "EUR", 110),
        ("+I", "JPY", 9),
        ("-U", "EUR", 110),
        ("+U", "EUR", 120),
        // Its time is another one.
        ("-U", "EUR", 120),
        ("+U", "EUR", 120),
        ("-U", "JPY", 9),
        ("+U", "JPY", 1),
        ("-D", "JPY", 1),
    ];
    assert_eq!(changes, expected.map(change));
    let sums = rows("sums", &broker, &format!("{RATES}\nSELECT COUNT(*) AS n, SUM(rate) AS s FROM rates;"));
    assert_eq!(sums.last().map(String::as_str), Some(r#"{"op":"+U","row":{"n":1,"s":120}}"#), "{sums:?}");

    let noted = "CREATE TABLE noted (v INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', h MAP<STRING, BYTES> METADATA FROM 'headers') \
                 WITH ('connector'='kafka','topic'='noted','properties.bootstrap.servers'='${BROKER}','format'='json', \
                 'scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset');";
    let insert = "INSERT INTO noted SELECT v, TO_TIMESTAMP_LTZ(86400000, 3), MAP['from', ENCODE('flinkrs', 'UTF-8')] FROM (VALUES (7)) AS x (v);";
    let output = run("noted", &broker, &format!("{noted}\n{insert}"), &[]);
    assert!(output.status.success(), "{output:?}");
    let read = rows(
        "read",
        &broker,
        &format!(
            "SET 'table.local-time-zone'='UTC';\n{noted}\nSELECT v, CAST(ts AS STRING) AS t, DECODE(h['from'], 'UTF-8') AS h FROM noted;"
        ),
    );
    assert_eq!(read, [r#"{"op":"+I","row":{"v":7,"t":"1970-01-02 00:00:00.000","h":"flinkrs"}}"#]);
}

#[test]
fn changes_are_read_from_one_topic_and_written_to_another() {
    let broker = KafkaBroker::start().expect("a broker");
    broker.create_topic("orders", 1).expect("a topic");
    broker.create_topic("totals", 1).expect("a topic");
    let change =
        |before: &str, after: &str, op: &str| format!("{{\"before\":{before},\"after\":{after},\"op\":\"{op}\"}}\n");
    let row = |id: u32, cid: u32, amount: u32| format!("{{\"id\":{id},\"cid\":{cid},\"amount\":{amount}}}");
    let records = [
        change("null", &row(1, 7, 10), "r"),
        change("null", &row(2, 7, 5), "c"),
        change(&row(1, 7, 10), &row(1, 8, 11), "u"),
        change(&row(2, 7, 5), "null", "d"),
    ];
    broker.produce("orders", None, &records.concat()).expect("records");
    let orders = "CREATE TABLE orders (id INT, cid INT, amount INT, part INT METADATA FROM 'partition' VIRTUAL) WITH ('connector'='kafka', \
                  'topic'='orders','properties.bootstrap.servers'='${BROKER}','format'='debezium-json','scan.startup.mode'='earliest-offset', \
                  'scan.bounded.mode'='latest-offset');";
    let read = rows("read", &broker, &format!("{orders}\nSELECT id, amount, part FROM orders;"));
    let line = |(op, id, amount): (&str, u32, u32)| {
        format!(r#"{{"op":"{op}","row":{{"id":{id},"amount":{amount},"part":0}}}}"#)
    };
    let expected = [("+I", 1, 10), ("+I", 2, 5), ("-U", 1, 10), ("+U", 1, 11), ("-D", 2, 5)];
    assert_eq!(read, expected.map(line));

    let totals = "CREATE TABLE totals (cid INT, total INT) WITH ('connector'='kafka','topic'='totals', \
                  'properties.bootstrap.servers'='${BROKER}','format'='ogg-json');";
    let insert = "INSERT INTO totals SELECT cid, SUM(amount) FROM orders GROUP BY cid;";
    let output = run("write", &broker, &format!("{orders}\n{totals}\n{insert}"), &[]);
    assert!(output.status.success(), "{output:?}");
    let written = broker.consume("totals", 7).expect("what was written");
    let row = |cid: u32, total: u32| format!("{{\"cid\":{cid},\"total\":{total}}}");
    let comes = |cid, total| format!("{{\"before\":null,\"after\":{},\"op_type\":\"I\"}}", row(cid, total));
    let goes = |cid, total| format!("{{\"before\":{},\"after\":null,\"op_type\":\"D\"}}", row(cid, total));
    let seven = [comes(7, 10), goes(7, 10), comes(7, 15), goes(7, 15), comes(7, 5), goes(7, 5)];
    let of = |cid: &str| written.iter().filter(|record| record.contains(cid)).cloned().collect::<Vec<_>>();
    assert_eq!(of("\"cid\":7"), seven);
    assert_eq!(of("\"cid\":8"), [comes(8, 11)]);

    let refused =
        totals.replace("'connector'='kafka'", "'connector'='kafka','key.format'='ogg-json','key.fields'='cid'");
    let output = run("key", &broker, &format!("{orders}\n{refused}\n{insert}"), &[]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && message.contains("A key format should only deal with INSERT-only"),
        "{message}"
    );
}
