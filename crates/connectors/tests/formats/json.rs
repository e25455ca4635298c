//! JSON as Flink reads and writes it.

use dataflow::{RowType, TypeKind};

use crate::{assert_rows, decode, decode_pieces, encode, failure, format, row};

fn lenient() -> connectors::formats::Format {
    format("json", &[("ignore-parse-errors", "true")])
}

/// Decodes each value as field `v` of a record of its own; what is no record at all gives nothing.
#[track_caller]
fn assert_values(kind: TypeKind, cases: &[(&str, &str)]) {
    let row = row(&[("v", kind)]);
    for (value, expected) in cases {
        assert_rows(&lenient(), &row, &format!("{{\"v\":{value}}}\n"), &[&format!("{{\"v\":{expected}}}")]);
    }
}

#[test]
fn whole_numbers() {
    assert_values(
        TypeKind::Int,
        &[
            ("2.0", "2"),
            ("2.5", "2"),
            ("\" 8 \"", "8"),
            ("\"+9\"", "9"),
            ("\"x\"", "null"),
            ("true", "null"),
            ("null", "null"),
            ("\"\"", "null"),
            ("99999999999", "null"),
            ("[1]", "null"),
            ("{\"a\":1}", "null"),
            ("1e2", "100"),
            ("\"1.0\"", "null"),
            ("-0", "0"),
        ],
    );
    assert_values(
        TypeKind::BigInt,
        &[
            ("9007199254740993", "9007199254740993"),
            ("1.9", "1"),
            ("1e3", "1000"),
            ("9223372036854775808", "null"),
            ("1e300", "null"),
        ],
    );
    assert_values(
        TypeKind::TinyInt,
        &[("127", "127"), ("128", "null"), ("1.9", "null"), ("\"-7\"", "-7"), ("1e1", "null")],
    );
}

#[test]
fn other_numbers() {
    assert_values(
        TypeKind::Double,
        &[
            ("\" 1.5 \"", "1.5"),
            ("\"1d\"", "1.0"),
            ("\"NaN\"", "\"NaN\""),
            ("1e400", "\"Infinity\""),
            ("-0.0", "-0.0"),
            ("true", "null"),
            ("\"\"", "null"),
            ("[]", "null"),
        ],
    );
    assert_values(TypeKind::Float, &[("0.1", "0.1"), ("1e40", "\"Infinity\""), ("\"1f\"", "1.0")]);
    assert_values(
        TypeKind::Decimal { precision: 7, scale: 2 },
        &[
            ("12.345", "12.35"),
            ("1e2", "1E+2"),
            ("\" 1.50 \"", "1.5"),
            ("123456.785", "null"),
            ("0.005", "0.01"),
            ("\"NaN\"", "null"),
            ("true", "null"),
        ],
    );
}

#[test]
fn booleans_texts_and_bytes() {
    assert_values(
        TypeKind::Boolean,
        &[
            ("true", "true"),
            ("\"TRUE\"", "true"),
            ("\" true \"", "true"),
            ("1", "false"),
            ("\"x\"", "false"),
            ("1.5", "false"),
            ("{}", "false"),
        ],
    );
    assert_values(
        TypeKind::STRING,
        &[
            (r#""a\"b\\c\/d\n\u00e9\ud83d\ude00""#, r#""a\"b\\c/d\né\uD83D\uDE00""#),
            ("1.50", "\"1.50\""),
            ("1e3", "\"1e3\""),
            ("true", "\"true\""),
            (r#"{"a" : 1, "b":[ 1,2.50 , "x\ty"], "c":null}"#, r#""{\"a\":1,\"b\":[1,2.5,\"x\\ty\"],\"c\":null}""#),
            (r#"[1, "a" ,{}]"#, r#""[1,\"a\",{}]""#),
            (r#""\ud83d""#, "\"?\""),
        ],
    );
    assert_values(
        TypeKind::BYTES,
        &[
            ("\"aGk=\"", "\"aGk=\""),
            ("\"\"", "\"\""),
            ("\"aGk\"", "null"),
            ("\"aG k=\"", "null"),
            ("1", "null"),
            ("\"aGk=\\n\"", "\"aGk=\""),
        ],
    );
}

#[test]
fn dates_and_times() {
    assert_values(
        TypeKind::Date,
        &[
            ("\"2024-01-02\"", "\"2024-01-02\""),
            ("\"2024-1-2\"", "null"),
            ("\"2024-02-30\"", "null"),
            ("19724", "null"),
            ("\" 2024-01-02 \"", "null"),
        ],
    );
    assert_values(
        TypeKind::Time { precision: 3 },
        &[("\"10:11:12.5\"", "\"10:11:12.5\""), ("\"10:11\"", "null"), ("\"24:00:00\"", "\"00:00:00\"")],
    );
    assert_values(
        TypeKind::timestamp(9),
        &[
            ("\"2024-01-02 10:11:12.123456789\"", "\"2024-01-02 10:11:12.123456789\""),
            ("\"2024-02-30 10:11:12\"", "\"2024-02-29 10:11:12\""),
            ("\"2024-01-02T10:11:12\"", "null"),
            ("\" 2024-01-02 10:11:12 \"", "null"),
            ("1704190272123", "null"),
        ],
    );
    assert_values(TypeKind::timestamp(3), &[("\"2024-01-02 10:11:12.123456789\"", "\"2024-01-02 10:11:12.123\"")]);
    assert_values(
        TypeKind::timestamp_ltz(3),
        &[("\"2024-01-02 10:11:12.5Z\"", "\"2024-01-02 10:11:12.5Z\""), ("\"2024-01-02 10:11:12\"", "null")],
    );
    let iso = format("json", &[("timestamp-format.standard", "ISO-8601"), ("ignore-parse-errors", "true")]);
    let times = row(&[("ts", TypeKind::timestamp(3)), ("l", TypeKind::timestamp_ltz(3))]);
    assert_rows(
        &iso,
        &times,
        "{\"ts\":\"2024-01-02T10:11:12.5\",\"l\":\"2024-01-02T10:11Z\"}\n{\"ts\":\"2024-01-02 10:11:12\",\"l\":\"2024-01-02T10:11:12+01:00\"}\n",
        &[r#"{"ts":"2024-01-02 10:11:12.5","l":"2024-01-02 10:11:00Z"}"#, r#"{"ts":null,"l":null}"#],
    );
}

#[test]
fn documents() {
    let pair = row(&[("id", TypeKind::Int), ("v", TypeKind::Int)]);
    for (line, expected) in [
        ("{\"id\":1}", &["{\"id\":1,\"v\":null}"][..]),
        ("{\"v\":22,\"id\":22,\"v\":23}", &["{\"id\":22,\"v\":22}"]),
        ("{\"v\":1,\"v\":2,\"id\":3}", &["{\"id\":null,\"v\":2}"]),
        ("{\"id\":24,\"v\":1}trailing", &["{\"id\":24,\"v\":1}"]),
        ("{\"id\":25,\"v\":1}{\"id\":26,\"v\":1}", &["{\"id\":25,\"v\":1}"]),
        ("  {\"id\" : 27 , \"v\" : 1 }  ", &["{\"id\":27,\"v\":1}"]),
        ("[{\"id\":33,\"v\":1},{\"id\":34,\"v\":2}]", &["{\"id\":33,\"v\":1}", "{\"id\":34,\"v\":2}"]),
        ("{}", &["{\"id\":null,\"v\":null}"]),
        ("{\"ID\":35,\"v\":1}", &["{\"id\":null,\"v\":1}"]),
        ("{\"\\u0069d\":36,\"v\":1}", &["{\"id\":36,\"v\":1}"]),
        ("{\"id\":36,\"v\":1,\"x\":{\"deep\":[1,2,{\"z\":\"}\"}]}}", &["{\"id\":36,\"v\":1}"]),
        ("{\"id\":39,\"v\":1,\"x\":\"ctrl\ttab\"}", &["{\"id\":39,\"v\":1}"]),
        ("", &[]),
        ("   ", &[]),
        ("[]", &[]),
        ("null", &[]),
        ("\"str\"", &[]),
        ("5", &[]),
        ("{\"id\":17,\"v\":01}", &[]),
        ("{\"id\":20,\"v\":NaN}", &[]),
        ("{\"id\":28,\"v\":1,}", &[]),
        ("{'id':29,'v':1}", &[]),
        ("{id:30,\"v\":1}", &[]),
        ("{\"id\":32,\"v\":1", &[]),
        ("{\"id\":37,\"x\":tru,\"v\":1}", &[]),
        ("{\"id\":38,\"v\":1,\"x\":\"bad \\q escape\"}", &[]),
    ] {
        assert_rows(&lenient(), &pair, &format!("{line}\n"), expected);
    }
}

fn nested() -> RowType {
    row(&[
        ("id", TypeKind::Int),
        ("r", TypeKind::Row(row(&[("a", TypeKind::Int), ("b", TypeKind::STRING)]))),
        ("m", TypeKind::Map(Box::new(TypeKind::STRING.not_null()), Box::new(TypeKind::Int.nullable()))),
        ("a", TypeKind::Array(Box::new(TypeKind::Int.nullable()))),
        ("s", TypeKind::Multiset(Box::new(TypeKind::STRING.not_null()))),
    ])
}

#[test]
fn rows_maps_and_arrays() {
    assert_rows(
        &lenient(),
        &nested(),
        r#"{"id":1,"r":{"a":1,"b":"x"},"m":{"k":1,"j":2},"a":[1,2],"s":{"p":2}}
{"id":2,"r":{"a":"bad"},"m":{"k":"bad"},"a":[1,"bad",3]}
{"id":3,"r":[1,"x"],"m":[1],"a":{"x":1}}
{"id":4,"r":"s","m":5,"a":"s"}
{"id":6,"r":{},"m":{},"a":[]}
{"id":7,"r":{"a":null,"b":{"q":1}},"m":{"k":null},"a":[null]}
{"id":9,"r":{"b":"y","a":3,"b":"z"},"m":{"k":1,"k":2}}
"#,
        // Entries have the order of Java's hash map.
        &[
            r#"{"id":1,"r":{"a":1,"b":"x"},"m":{"j":2,"k":1},"a":[1,2],"s":{"p":2}}"#,
            r#"{"id":2,"r":{"a":null,"b":null},"m":{"k":null},"a":[1,null,3],"s":null}"#,
            r#"{"id":3,"r":null,"m":null,"a":null,"s":null}"#,
            r#"{"id":4,"r":null,"m":null,"a":null,"s":null}"#,
            r#"{"id":6,"r":{"a":null,"b":null},"m":{},"a":[],"s":null}"#,
            r#"{"id":7,"r":{"a":null,"b":"{\"q\":1}"},"m":{"k":null},"a":[null],"s":null}"#,
            r#"{"id":9,"r":{"a":3,"b":"y"},"m":{"k":2},"a":null,"s":null}"#,
        ],
    );
}

#[test]
fn what_cannot_be_read_fails_with_its_place() {
    let strict = format("json", &[]);
    let pair = row(&[("id", TypeKind::Int), ("name", TypeKind::STRING)]);
    for (text, expected) in [
        (
            "{\"id\":1}\nnot json\n",
            "line 2 of /data/file (byte 9): it is no valid JSON, true, false or null is expected at its byte 0; the record begins with 'not json'",
        ),
        ("{\"id\":\"x\"}\n", "field 'id' is no INT: 'x'"),
        ("{\"id\":99999999999}\n", "field 'id' is no INT: '99999999999'"),
        ("[1,2]\n", "it is neither a JSON object nor an array of objects"),
        ("{\"id\":4,\"name\":\"trunc\n", "the closing quote of a string is expected at its byte 21"),
    ] {
        let message = failure(&strict, &pair, text);
        assert!(message.contains(expected), "{message}");
    }
    assert!(failure(&strict, &nested(), "{\"r\":{\"a\":\"x\"}}").contains("field 'r.a' is no INT: 'x'"));
    let must = format("json", &[("fail-on-missing-field", "true")]);
    assert!(
        failure(&must, &pair, "{\"id\":1,\"name\":null}\n{\"id\":2}\n")
            .contains("line 2 of /data/file (byte 21): field 'name' is missing")
    );
}

#[test]
fn skipped_records_are_counted_and_unread_fields_are_not_looked_at() {
    let pair = row(&[("id", TypeKind::Int), ("name", TypeKind::STRING)]);
    let text = b"{\"id\":1}\nnot json\n{\"id\":\"x\"}\n\n{\"id\":2}";
    for piece in [1, 5, 1000] {
        let (batch, errors) = decode_pieces(&lenient(), &pair, &[0], text, piece).unwrap();
        assert_eq!((batch.num_rows(), errors), (3, 2));
    }
    let (batch, _) = decode_pieces(&format("json", &[]), &pair, &[1], b"{\"id\":\"x\",\"name\":\"a\"}", 9).unwrap();
    assert_eq!(encode(&format("json", &[]), &row(&[("name", TypeKind::STRING)]), &batch), [r#"{"name":"a"}"#]);
}

#[test]
fn many_columns_are_found_in_any_order() {
    let names: Vec<String> = (0..40).map(|index| format!("column_{index}")).collect();
    let wide = RowType::new(names.iter().map(|name| dataflow::Field::new(name, TypeKind::Int.nullable())).collect());
    let fields: Vec<String> =
        names.iter().enumerate().rev().map(|(index, name)| format!("\"{name}\":{index}")).collect();
    let expected: Vec<String> = names.iter().enumerate().map(|(index, name)| format!("\"{name}\":{index}")).collect();
    let line = format!("{{{}}}\n", fields.join(","));
    assert_rows(&format("json", &[]), &wide, &line, &[&format!("{{{}}}", expected.join(","))]);
}

#[test]
fn written_as_flink_writes() {
    let types = row(&[
        ("id", TypeKind::Int),
        ("s", TypeKind::STRING),
        ("n", TypeKind::Decimal { precision: 20, scale: 10 }),
        ("ts", TypeKind::timestamp(3)),
        ("ltz", TypeKind::timestamp_ltz(3)),
    ]);
    let input = "{\"id\":1,\"n\":1e-10,\"ts\":\"2024-01-02 10:11:12.120\",\"ltz\":\"1970-01-01 00:00:00Z\"}\n{\"id\":2,\"s\":\"tab\\tquote\\\" /\",\"n\":100,\"ts\":\"2024-01-02 10:11:00\"}\n";
    let batch = decode(&format("json", &[]), &types, input).unwrap();
    let options = [
        ("encode.ignore-null-fields", "true"),
        ("encode.decimal-as-plain-number", "true"),
        ("timestamp-format.standard", "ISO-8601"),
    ];
    assert_eq!(
        encode(&format("json", &options), &types, &batch),
        [
            r#"{"id":1,"n":0.0000000001,"ts":"2024-01-02T10:11:12.12","ltz":"1970-01-01T00:00:00Z"}"#,
            r#"{"id":2,"s":"tab\tquote\" /","n":100.0000000000,"ts":"2024-01-02T10:11:00"}"#,
        ]
    );
    assert_eq!(
        encode(&format("json", &[]), &types, &batch)[0],
        r#"{"id":1,"s":null,"n":1E-10,"ts":"2024-01-02 10:11:12.12","ltz":"1970-01-01 00:00:00Z"}"#
    );
}
