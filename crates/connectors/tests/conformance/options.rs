//! Wrong options: each is refused with the key, the problem and a way out.

use connectors::{ConnectorError, factories};
use dataflow::{RowType, TypeKind};

use crate::{connector, row, table};

fn physical() -> RowType {
    row(&[("id", TypeKind::Int), ("k_a", TypeKind::STRING), ("m", TypeKind::STRING)])
}

fn source_error(name: &str, options: &[(&str, &str)]) -> ConnectorError {
    let table = table(name, &physical(), options);
    connector(&table).source(&table).expect_err("the options are wrong")
}

#[track_caller]
fn assert_refused(error: &ConnectorError, option: Option<&str>, message: &str, hint: &str) {
    assert_eq!(error.option.as_deref(), option, "{error:?}");
    assert!(error.message.contains(message), "{error:?}");
    assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{error:?}");
}

#[test]
fn filesystem() {
    let refused = |options: &[(&str, &str)], option, message, hint| {
        assert_refused(&source_error("filesystem", options), option, message, hint);
    };
    refused(&[("format", "csv")], None, "lacks the option 'path'", "path:");
    refused(&[("path", "/x")], None, "lacks the option 'format'", "csv");
    refused(
        &[("path", "/x"), ("format", "jsn")],
        Some("format"),
        "could not find any format named 'jsn'",
        "did you mean 'json'?",
    );
    refused(
        &[("path", "/x"), ("format", "csv"), ("pth", "x")],
        Some("pth"),
        "unsupported option 'pth'",
        "did you mean 'path'?",
    );
    refused(
        &[("path", "/x"), ("format", "csv"), ("csv.bogus", "1")],
        Some("csv.bogus"),
        "unsupported",
        "csv.field-delimiter",
    );
    refused(
        &[("path", "/x"), ("format", "csv"), ("csv.ignore-parse-errors", "maybe")],
        Some("csv.ignore-parse-errors"),
        "invalid value 'maybe'",
        "'true' or 'false'",
    );
    refused(
        &[("path", "/x"), ("format", "csv"), ("csv.quote-character", "ab")],
        Some("csv.quote-character"),
        "invalid value 'ab'",
        "single character",
    );
    refused(
        &[
            ("path", "/x"),
            ("format", "json"),
            ("json.fail-on-missing-field", "true"),
            ("json.ignore-parse-errors", "true"),
        ],
        Some("json.fail-on-missing-field"),
        "cannot both be true",
        "keep one",
    );
    refused(
        &[("path", "/x"), ("format", "json"), ("json.timestamp-format.standard", "nope")],
        Some("json.timestamp-format.standard"),
        "invalid value 'nope'",
        "SQL, ISO-8601",
    );
    refused(&[("path", "s3://b/x"), ("format", "csv")], Some("path"), "file system 's3' is not supported", "");
    let success = ("sink.partition-commit.policy.kind", "success-file");
    let (rolling_size, rollover) = ("sink.rolling-policy.file-size", "sink.rolling-policy.rollover-interval");
    let by_time = ("sink.partition-commit.trigger", "partition-time");
    let (extractor, zone) = ("partition.time-extractor.kind", "sink.partition-commit.watermark-time-zone");
    for (options, key, message) in [
        (&[("auto-compaction", "true")][..], "auto-compaction", "not supported yet"),
        (&[(rolling_size, "0 b")], rolling_size, "is 0, but must be greater"),
        (&[(rollover, "0 s")], rollover, "is 0, but must be greater"),
        (&[("sink.partition-commit.policy.kind", "metastore,success-file")], success.0, "names 'metastore'"),
        (
            &[success, by_time, ("sink.parallelism", "2")],
            "sink.parallelism",
            "is 2, but partitions are committed by time",
        ),
        (&[success, by_time, (extractor, "custom")], extractor, "is not 'default'"),
        (&[success, by_time, (zone, "Mars")], zone, "is no name of a time zone"),
        (
            &[success, ("sink.partition-commit.success-file.name", "a/b")],
            "sink.partition-commit.success-file.name",
            "is no name of a file",
        ),
    ] {
        let mut table = table("filesystem", &physical(), &[&[("path", "/x"), ("format", "csv")], options].concat());
        table.partition_keys = vec!["k_a".into()];
        assert_refused(&connector(&table).sink(&table).unwrap_err(), Some(key), message, "");
        assert!(connector(&table).source(&table).is_ok(), "who only reads is not concerned");
    }
    let mut alone = table("filesystem", &physical(), &[("path", "/x"), ("format", "csv"), success, by_time]);
    assert_eq!(connector(&alone).sink(&alone).unwrap().parallelism, None, "there are no partitions");
    alone.partition_keys = vec!["k_a".into()];
    assert_eq!(connector(&alone).sink(&alone).unwrap().parallelism, Some(1), "one writer must see all rows");
    let map = row(&[("m", TypeKind::Map(Box::new(TypeKind::Int.nullable()), Box::new(TypeKind::Int.nullable())))]);
    for (format, message) in [("csv", "csv cannot hold it"), ("json", "use STRING as the key type")] {
        let table = table("filesystem", &map, &[("path", "/x"), ("format", format)]);
        assert!(connector(&table).source(&table).unwrap_err().message.contains(message));
    }
}

#[test]
fn datagen() {
    let refused = |options: &[(&str, &str)], option, message, hint| {
        assert_refused(&source_error("datagen", options), option, message, hint);
    };
    refused(&[("rows-per-second", "many")], Some("rows-per-second"), "invalid value 'many'", "whole number");
    refused(&[("rows-per-second", "0")], Some("rows-per-second"), "at least 1", "");
    refused(&[("fields.nope.kind", "sequence")], Some("fields.nope.kind"), "unsupported option", "fields.id.kind");
    refused(&[("fields.id.kind", "odd")], Some("fields.id.kind"), "'odd'", "'random' or 'sequence'");
    refused(
        &[("fields.id.kind", "sequence"), ("fields.id.start", "1")],
        None,
        "Could not find required property 'fields.id.end' for sequence generator.",
        "",
    );
    refused(&[("fields.id.min", "9"), ("fields.id.max", "1")], Some("fields.id.min"), "greater than the maximum", "");
    refused(
        &[("fields.id.max", "99999999999")],
        Some("fields.id.max"),
        "invalid value",
        "from -2147483648 to 2147483647",
    );
    refused(&[("fields.id.length", "3")], Some("fields.id.length"), "unsupported option", "fields.id.max");
    refused(&[("bogus", "1")], Some("bogus"), "unsupported option 'bogus'", "rows-per-second");
}

#[test]
fn kafka() {
    let servers = ("properties.bootstrap.servers", "localhost:1");
    let topic = ("topic", "t");
    let json = ("format", "json");
    let earliest = ("scan.startup.mode", "earliest-offset");
    let refused = |options: &[(&str, &str)], option, message, hint| {
        assert_refused(&source_error("kafka", options), option, message, hint);
    };
    refused(&[topic, json], None, "lacks the option 'properties.bootstrap.servers'", "");
    refused(&[servers, topic], None, "lacks the option 'format'", "json");
    refused(&[servers, json, earliest], None, "lacks the option 'topic' or 'topic-pattern'", "");
    refused(&[servers, topic, json], Some("scan.startup.mode"), "'properties.group.id' is required", "earliest-offset");
    refused(&[servers, topic, json, earliest, ("value.format", "json")], Some("format"), "both set", "keep one");
    refused(&[servers, topic, json, earliest, ("topic-pattern", "x.*")], Some("topic"), "both set", "keep one");
    refused(
        &[servers, topic, json, earliest, ("properties.fetch.min.byte", "1")],
        Some("properties.fetch.min.byte"),
        "not supported",
        "did you mean",
    );
    refused(
        &[servers, topic, json, earliest, ("properties.security.protocol", "SSL")],
        Some("properties.security.protocol"),
        "without TLS",
        "PLAINTEXT",
    );
    refused(
        &[servers, topic, json, ("scan.startup.mode", "timestamp")],
        Some("scan.startup.timestamp-millis"),
        "is required by",
        "",
    );
    refused(
        &[servers, topic, json, ("scan.startup.mode", "specific-offsets"), ("scan.startup.specific-offsets", "0:1")],
        Some("scan.startup.specific-offsets"),
        "cannot be read",
        "partition:0,offset:42",
    );
    refused(&[servers, topic, json, earliest, ("key.format", "json")], Some("key.format"), "requires 'key.fields'", "");
    refused(&[servers, topic, json, earliest, ("key.fields", "id")], Some("key.fields"), "requires 'key.format'", "");
    refused(
        &[servers, topic, json, earliest, ("key.format", "json"), ("key.fields", "nope")],
        Some("key.fields"),
        "names 'nope', which is no column",
        "columns: id, k_a, m",
    );
    refused(
        &[servers, topic, json, earliest, ("key.format", "json"), ("key.fields", "k_a"), ("key.fields-prefix", "k_")],
        Some("key.fields-prefix"),
        "EXCEPT_KEY",
        "",
    );
    let sink = |options: &[(&str, &str)]| {
        let table = table("kafka", &physical(), options);
        connector(&table).sink(&table)
    };
    let error = sink(&[servers, topic, json, ("sink.delivery-guarantee", "exactly-once")]).unwrap_err();
    let flinks = "sink.transactional-id-prefix must be specified when using DeliveryGuarantee.EXACTLY_ONCE.";
    assert_refused(&error, Some("sink.transactional-id-prefix"), flinks, "no other sink");
    let exactly_once = [("sink.delivery-guarantee", "exactly-once"), ("sink.transactional-id-prefix", "p")];
    let with = |more: &[(&str, &str)]| sink(&[&[servers, topic, json][..], &exactly_once, more].concat());
    with(&[]).unwrap();
    let error = with(&[("properties.compression.type", "zstd")]).unwrap_err();
    assert_refused(&error, Some("properties.compression.type"), "'zstd'", "lz4");
    let error = with(&[("properties.transaction.timeout.ms", "15 min")]).unwrap_err();
    assert_eq!(error.option.as_deref(), Some("properties.transaction.timeout.ms"));
    assert_refused(&sink(&[servers, ("topic", "a;b"), json]).unwrap_err(), Some("topic"), "exactly one topic", "");
    assert!(sink(&[servers, topic, json]).is_ok());
    assert!(sink(&[servers, topic, ("value.format", "csv"), ("value.csv.field-delimiter", ";")]).is_ok());
}

#[test]
fn a_broker_that_is_down_is_named_within_seconds() {
    let options = [
        ("properties.bootstrap.servers", "127.0.0.1:1"),
        ("topic", "t"),
        ("format", "json"),
        ("scan.startup.mode", "earliest-offset"),
    ];
    let table = table("kafka", &physical(), &options);
    let started = std::time::Instant::now();
    let spec = crate::source(table.clone());
    let mut enumerator = connector(&table).create_enumerator(&spec, 1).unwrap();
    let failure = crate::source_suite::discover(enumerator.as_mut()).unwrap_err();
    assert!(failure.message.contains("cannot reach Kafka at 127.0.0.1:1 for table 'c.d.t'"), "{failure}");
    assert_eq!(failure.domain, dataflow::FailureDomain::External);

    let mut writer = crate::sink_suite::writer(&crate::sink(table), 0, 1);
    let failure = loop {
        match writer.is_available(std::task::Waker::noop()) {
            Ok(available) => assert!(!available, "a sink that is not connected takes nothing"),
            Err(failure) => break failure,
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    assert!(failure.message.contains("cannot reach Kafka at 127.0.0.1:1"), "{failure}");
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
}

#[test]
fn sources_and_sinks_are_not_mixed_up() {
    assert_refused(
        &source_error("print", &[]),
        Some("connector"),
        "Connector 'print' can only be used as a sink. It cannot be used as a source.",
        "",
    );
    let datagen = table("datagen", &physical(), &[]);
    let error = connector(&datagen).sink(&datagen).unwrap_err();
    assert_refused(
        &error,
        Some("connector"),
        "Connector 'datagen' can only be used as a source. It cannot be used as a sink.",
        "",
    );
}

#[test]
fn every_option_is_documented() {
    for factory in factories() {
        for option in factory.options() {
            assert!(option.doc.ends_with('.') && option.doc.len() > 10, "{} of {}", option.key, factory.name());
            assert!(!(option.required && option.default.is_some()), "{} of {}", option.key, factory.name());
        }
    }
    for (format, options, _) in connectors::formats::FORMATS {
        assert!(options.iter().all(|option| option.doc.ends_with('.')), "{format}");
    }
}
