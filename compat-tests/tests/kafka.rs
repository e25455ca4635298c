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
