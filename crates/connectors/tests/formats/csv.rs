//! CSV as Flink reads and writes it.

use dataflow::TypeKind;

use crate::{assert_rows, decode, decode_pieces, encode, failure, format, row};

fn three() -> dataflow::RowType {
    row(&[("id", TypeKind::Int), ("s", TypeKind::STRING), ("n", TypeKind::Double)])
}

#[test]
fn types() {
    let types = row(&[
        ("id", TypeKind::Int),
        ("ti", TypeKind::TinyInt),
        ("si", TypeKind::SmallInt),
        ("bi", TypeKind::BigInt),
        ("f", TypeKind::Float),
        ("d", TypeKind::Double),
        ("n", TypeKind::Decimal { precision: 10, scale: 3 }),
        ("b", TypeKind::Boolean),
        ("s", TypeKind::STRING),
        ("vc", TypeKind::Varchar { length: 5 }),
        ("dt", TypeKind::Date),
        ("tm", TypeKind::Time { precision: 0 }),
        ("ts", TypeKind::timestamp(3)),
        ("ts6", TypeKind::timestamp(6)),
        ("ltz", TypeKind::timestamp_ltz(3)),
    ]);
    assert_rows(
        &format("csv", &[("null-literal", "")]),
        &types,
        "1,1,2,3,1.5,2.5,10.125,true,text,abc,2024-01-02,10:11:12.9,2024-01-02 10:11:12.123,2024-01-02 10:11:12.123456,2024-01-02 10:11:12.123Z\n\
         2,-128,-32768,-9223372036854775808,1e10,-1E-3,-0.1,FALSE,\"q \"\"x\"\"\",abcdef,1969-12-31,00:00:00,1969-12-31 23:59:59,2024-01-02 00:00:00,1970-01-01 00:00:00Z\n\
         3,,,,,,,,,,,,,,\n",
        &[
            r#"{"id":1,"ti":1,"si":2,"bi":3,"f":1.5,"d":2.5,"n":10.125,"b":true,"s":"text","vc":"abc","dt":"2024-01-02","tm":"10:11:12","ts":"2024-01-02 10:11:12.123","ts6":"2024-01-02 10:11:12.123456","ltz":"2024-01-02 10:11:12.123Z"}"#,
            r#"{"id":2,"ti":-128,"si":-32768,"bi":-9223372036854775808,"f":1.0E10,"d":-0.001,"n":-0.1,"b":false,"s":"q \"x\"","vc":"abcdef","dt":"1969-12-31","tm":"00:00:00","ts":"1969-12-31 23:59:59","ts6":"2024-01-02 00:00:00","ltz":"1970-01-01 00:00:00Z"}"#,
            r#"{"id":3,"ti":null,"si":null,"bi":null,"f":null,"d":null,"n":null,"b":null,"s":null,"vc":null,"dt":null,"tm":null,"ts":null,"ts6":null,"ltz":null}"#,
        ],
    );
}

#[test]
fn options() {
    for (options, text, expected) in [
        (&[("field-delimiter", ";")][..], "2;\"x;y\";2\n", r#"{"id":2,"s":"x;y","n":2.0}"#),
        (&[("field-delimiter", "\\t")], "1\ta b\t1.5\n", r#"{"id":1,"s":"a b","n":1.5}"#),
        (&[("quote-character", "'")], "3,'it''s',3\n", r#"{"id":3,"s":"it's","n":3.0}"#),
        (&[("quote-character", "'")], "2,\"x\",2\n", r#"{"id":2,"s":"\"x\"","n":2.0}"#),
        (&[("disable-quote-character", "true")], "1,\"a\",1.5\n", r#"{"id":1,"s":"\"a\"","n":1.5}"#),
        (&[("allow-comments", "true")], "# header\n  # also\n2,# not,2\n#3,x,3\n", r##"{"id":2,"s":"# not","n":2.0}"##),
        (&[("null-literal", "NULL")], "1,NULL,NULL\n", r#"{"id":1,"s":null,"n":null}"#),
        (&[("null-literal", "NULL")], "2,,2.5\n", r#"{"id":2,"s":"","n":2.5}"#),
        (&[("escape-character", "\\")], "1,a\\,b,1.5\n", r#"{"id":1,"s":"a,b","n":1.5}"#),
        (&[("escape-character", "\\")], "3,\"e\\\"f\",3\n", r#"{"id":3,"s":"e\"f","n":3.0}"#),
        (&[], " 1 , a , 2.5 \n", r#"{"id":1,"s":" a ","n":2.5}"#),
        (&[], "2,\"  q  \",3", r#"{"id":2,"s":"  q  ","n":3.0}"#),
    ] {
        assert_rows(&format("csv", options), &three(), text, &[expected]);
    }
}

#[test]
fn what_cannot_be_read_fails_with_its_place() {
    for (text, expected) in [
        (
            "1,a,1.5\nabc,b,2\n",
            "line 2 of /data/file (byte 8): field 'id' is no INT: 'abc'; the record begins with 'abc,b,2\\n'",
        ),
        ("1,a,1.5\n2,b,1,5\n", "line 2 of /data/file (byte 8): it has 4 fields, the table has 3 columns"),
        ("1,a,1.5\n2,b\n", "it has 2 fields, but 3 are read"),
        ("1,a,\n", "field 'n' is no DOUBLE: ''"),
        ("1,a,1.5\n\n2,b,2\n", "line 2 of /data/file (byte 8): it has 1 fields, but 3 are read"),
        ("1,\"a,1.5\n2,b,2\n", "a quote is not closed"),
        ("1,\"a\"b,1.5\n", "text follows the closing quote"),
    ] {
        let message = failure(&format("csv", &[]), &three(), text);
        assert!(message.contains(expected), "{message}");
    }
    let dates = row(&[("d", TypeKind::Date), ("ts", TypeKind::timestamp(3))]);
    assert!(failure(&format("csv", &[]), &dates, "2024-13-01,2024-01-01 00:00:00\n").contains("'d' is no DATE"));
    assert!(
        failure(&format("csv", &[]), &dates, "2024-01-01,2024-01-01T00:00:00\n").contains("'ts' is no TIMESTAMP(3)")
    );
}

#[test]
fn ignored_errors_make_nulls_or_drop_the_record() {
    let lenient = format("csv", &[("ignore-parse-errors", "true")]);
    let text = "1,a,1.5\nx,b,2\n3,c\n4,d,4,extra\n\n7,\"mid\"x,1\n8,q\"r,1\n9,\"a\"\"b\",1\n10, \"sp\",1\n11,\"sp\" ,1\n12,\"sp\"  x,1\n5,\"open,5\n6,e,6\n";
    let expected = [
        r#"{"id":1,"s":"a","n":1.5}"#,
        r#"{"id":null,"s":"b","n":2.0}"#,
        r#"{"id":3,"s":"c","n":null}"#,
        r#"{"id":null,"s":null,"n":null}"#,
        r#"{"id":8,"s":"q\"r","n":1.0}"#,
        r#"{"id":9,"s":"a\"b","n":1.0}"#,
        r#"{"id":10,"s":" \"sp\"","n":1.0}"#,
        r#"{"id":11,"s":"sp","n":1.0}"#,
    ];
    assert_rows(&lenient, &three(), text, &expected);
    let (_, errors) = decode_pieces(&lenient, &three(), &[0], text.as_bytes(), 7).unwrap();
    // Only what is read counts: `id` of the second line and of the blank one, and four lines that are no records.
    assert_eq!(errors, 6);
}

#[test]
fn only_the_columns_that_are_read_must_be_readable() {
    let (batch, _) = decode_pieces(&format("csv", &[]), &three(), &[1], b"1,a,1.5\nabc,b,2\n", 100).unwrap();
    assert_eq!(encode(&format("csv", &[]), &row(&[("s", TypeKind::STRING)]), &batch), ["a", "b"]);
    let (batch, _) = decode_pieces(&format("csv", &[]), &three(), &[], b"1,a,1.5\nabc,b,2\n", 100).unwrap();
    assert_eq!((batch.num_rows(), batch.columns().len()), (2, 0));
}

#[test]
fn arrays_and_rows() {
    let nested = row(&[
        ("id", TypeKind::Int),
        ("xs", TypeKind::Array(Box::new(TypeKind::Int.nullable()))),
        ("r", TypeKind::Row(row(&[("a", TypeKind::STRING), ("b", TypeKind::Int)]))),
    ]);
    assert_rows(
        &format("csv", &[("ignore-parse-errors", "true")]),
        &nested,
        "1,1;2,a;7\n2,,\n3,,b;\n4,1;x,b\n",
        &[
            r#"{"id":1,"xs":[1,2],"r":{"a":"a","b":7}}"#,
            r#"{"id":2,"xs":[],"r":null}"#,
            r#"{"id":3,"xs":[],"r":{"a":"b","b":null}}"#,
            r#"{"id":4,"xs":[1,null],"r":{"a":"b","b":null}}"#,
        ],
    );
    assert!(failure(&format("csv", &[]), &nested, "1,1;x,a;7\n").contains("field 'xs' is no ARRAY<INT>: '1;x'"));
}

#[test]
fn decimals_that_are_too_large_are_null() {
    let decimals = row(&[("n", TypeKind::Decimal { precision: 7, scale: 2 })]);
    assert_rows(
        &format("csv", &[]),
        &decimals,
        "123456.789\n1e2\n99999.995\n1.005\n",
        &[r#"{"n":null}"#, r#"{"n":1E+2}"#, r#"{"n":null}"#, r#"{"n":1.01}"#],
    );
}

#[test]
fn written_as_flink_writes() {
    let types = row(&[
        ("id", TypeKind::Int),
        ("d", TypeKind::Double),
        ("n", TypeKind::Decimal { precision: 20, scale: 10 }),
        ("s", TypeKind::STRING),
        ("ts", TypeKind::timestamp(6)),
        ("ltz", TypeKind::timestamp_ltz(0)),
        ("bin", TypeKind::BYTES),
        ("a", TypeKind::Array(Box::new(TypeKind::STRING.nullable()))),
    ]);
    let input = r#"{"id":1,"d":2.5,"n":"0.0000001","s":"plain","ts":"2024-01-02 10:11:12.123456","ltz":"2024-01-02 10:11:12Z","bin":"aGk=","a":["p;q","r,s"]}
{"id":2,"d":1e10,"n":1200,"s":"say \"hi\", you","ts":"2024-01-02 00:00:00","bin":"","a":["p",null]}
{"id":3,"s":"abcdefghijklmnopqrstuvwxyz"}
{"id":4,"d":1e-5,"n":-0.50,"s":"a-b"}
{"id":5,"s":"a+b"}
"#;
    let batch = decode(&format("json", &[]), &types, input).unwrap();
    assert_eq!(
        encode(&format("csv", &[]), &types, &batch),
        [
            r#"1,2.5,1E-7,plain,"2024-01-02 10:11:12.123456","2024-01-02 10:11:12Z",aGk=,"p;q;r,s""#,
            r#"2,1.0E10,1.2E+3,"say ""hi"", you","2024-01-02 00:00:00",,,p;"#,
            r#"3,,,"abcdefghijklmnopqrstuvwxyz",,,,"#,
            "4,1.0E-5,-0.5,a-b,,,,",
            r#"5,,,"a+b",,,,"#,
        ]
    );
    let options = [
        ("field-delimiter", ";"),
        ("quote-character", "'"),
        ("null-literal", "N/A"),
        ("array-element-delimiter", "|"),
        ("write-bigdecimal-in-scientific-notation", "false"),
    ];
    assert_eq!(
        encode(&format("csv", &options), &types, &batch)[..2],
        [
            "1;2.5;0.0000001000;plain;'2024-01-02 10:11:12.123456';'2024-01-02 10:11:12Z';aGk=;'p;q|r,s'",
            "2;1.0E10;1200.0000000000;'say \"hi\", you';'2024-01-02 00:00:00';N/A;;'p|N/A'",
        ]
    );
    let escaped = format("csv", &[("escape-character", "\\")]);
    let text = row(&[("s", TypeKind::STRING)]);
    let batch = decode(&format("json", &[]), &text, "{\"s\":\"a\\\"b\"}\n{\"s\":\"e,f\\\\\"}\n").unwrap();
    assert_eq!(encode(&escaped, &text, &batch), [r#""a""b""#, r#""e,f\\""#]);
}
