use super::graph::{definitions, inserts, sink_table};
use super::*;

const GRAPH: &str = r#"
name: per minute
config:
  parallelism.default: 2
sources:
  - name: events
    connector: filesystem
    options: { path: /data, format: json }
    schema:
      user_id: STRING
      amount: DOUBLE
      event_time: TIMESTAMP(3)
      seen: { as: PROCTIME() }
      file: { type: STRING, metadata: file.name, virtual: true }
    watermark: { column: event_time, expression: event_time - INTERVAL '5' SECOND }
transforms:
  - { type: window-aggregate, name: totals, input: big, window: { type: tumble, time: event_time, size: 1 min }, keys: [user_id], aggregates: { total: SUM(amount) }, having: total > 3 }
  - { type: filter, name: big, input: events, condition: amount > 1 }
sinks:
  - { name: out, input: totals, connector: print }
"#;

fn parse(text: &str) -> anyhow::Result<Job> {
    from_yaml(text, Path::new("job.yaml"))
}

fn graph_of(text: &str) -> JobFile {
    match parse(text).expect("the file is right").body {
        Body::Graph(file) => *file,
        Body::Sql(_) => panic!("a graph was expected"),
    }
}

#[test]
fn a_graph_becomes_tables_views_and_one_insert() {
    let file = graph_of(GRAPH);
    let statements: Vec<String> = definitions(&file).unwrap().into_iter().map(|statement| statement.sql).collect();
    assert_eq!(
        statements,
        [
            "CREATE TEMPORARY TABLE `events` (`user_id` STRING, `amount` DOUBLE, `event_time` TIMESTAMP(3), `seen` AS PROCTIME(), \
             `file` STRING METADATA FROM 'file.name' VIRTUAL, WATERMARK FOR `event_time` AS event_time - INTERVAL '5' SECOND) \
             WITH ('connector' = 'filesystem', 'path' = '/data', 'format' = 'json')",
            "CREATE TEMPORARY VIEW `big` AS SELECT * FROM `events` WHERE amount > 1",
            "CREATE TEMPORARY VIEW `totals` AS SELECT * FROM (SELECT `user_id`, `window_start`, `window_end`, `window_time`, SUM(amount) AS `total` \
             FROM TABLE(TUMBLE(TABLE `big`, DESCRIPTOR(`event_time`), INTERVAL '0 00:01:00.000' DAY(6) TO SECOND(3))) \
             GROUP BY `user_id`, `window_start`, `window_end`, `window_time`) WHERE total > 3",
        ]
    );
    let columns = [("user_id".to_owned(), "STRING".to_owned())];
    assert_eq!(
        sink_table(&file.sinks[0], &columns).sql,
        "CREATE TEMPORARY TABLE `out` (`user_id` STRING) WITH ('connector' = 'print')"
    );
    assert_eq!(inserts(&file.sinks), "INSERT INTO `out` SELECT * FROM `totals`");
}

#[test]
fn config_values_are_texts() {
    let job =
        parse("sql: SELECT 1\nconfig:\n  parallelism.default: 2\n  pipeline.object-reuse: true\n  a:\n    b: 10 s\n")
            .unwrap();
    let config: Vec<(&str, &str)> = job.config.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(config, [("a.b", "10 s"), ("parallelism.default", "2"), ("pipeline.object-reuse", "true")]);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let unknown_input = GRAPH.replace("input: big", "input: bigg");
    let cycle = GRAPH.replace("input: events, condition", "input: totals, condition");
    let twice = GRAPH.replace("name: big", "name: events");
    for (text, expected) in [
        (
            unknown_input.as_str(),
            "transform 'totals' reads 'bigg', which is no source or transform of this job; known are: big, events",
        ),
        (cycle.as_str(), "a job has no cycles"),
        (twice.as_str(), "the name 'events' is used twice"),
    ] {
        let error = definitions(&graph_of(text)).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    for (text, expected) in [
        ("name: x", "the job is empty"),
        ("sql: SELECT 1\nsinks: [{name: a, input: b, connector: print}]", "exclude each other"),
        ("sqll: SELECT 1", "sqll"),
        ("name: [", "job.yaml"),
        ("sql: { file: nowhere.sql }", "cannot read the file 'nowhere.sql'"),
    ] {
        let error = format!("{:#}", parse(text).expect_err(expected));
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\n'), "one line: {error}");
    }
}

#[test]
fn the_checked_in_schema_is_the_one_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../conf/job.schema.json");
    if std::env::var_os("UPDATE_JOB_SCHEMA").is_some() {
        std::fs::write(path, json_schema()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        json_schema(),
        "run the test with UPDATE_JOB_SCHEMA=1 to write it anew"
    );
    let validator = jsonschema::validator_for(&serde_json::from_str(&json_schema()).unwrap()).unwrap();
    let graph: serde_json::Value = serde_yaml::from_str(GRAPH).unwrap();
    assert!(
        validator.is_valid(&graph),
        "{:?}",
        validator.iter_errors(&graph).map(|e| e.to_string()).collect::<Vec<_>>()
    );
    assert!(!validator.is_valid(&serde_json::json!({ "nme": "x" })));
}

#[test]
fn on_and_n_are_names_and_no_booleans() {
    let file = graph_of(
        "sources: [{ name: a, connector: datagen, schema: { n: INT } }, { name: b, connector: datagen, schema: { y: INT } }]\n\
         transforms:\n- { type: join, name: j, left: a, right: b, on: n = y }\n\
         sinks: [{ name: s, input: j, connector: print }]\n",
    );
    let statements = definitions(&file).unwrap();
    assert!(statements[0].sql.contains("`n` INT"), "{}", statements[0].sql);
    assert!(statements[2].sql.contains("ON n = y"), "{}", statements[2].sql);
}
