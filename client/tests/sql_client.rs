//! The SQL shell as scripts use it: with a file, from standard input, interrupted.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn shell(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flinkrs"));
    command.arg("sql-client").args(arguments).current_dir(std::env::temp_dir());
    // A port at which no JobManager answers: the shell brings a cluster of its own.
    command.args(["-D", "rest.port=1"]);
    for variable in ["FLINK_CONF_DIR", "FLINKRS_CONF_DIR", "FLINK_PROPERTIES"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = shell(arguments).spawn().expect("the binary runs");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the folder can be written");
    path.display().to_string()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_script_ends_with_the_first_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "SET 'a.b' = 'c';\n\
                SELECT n, COUNT(*) AS c FROM (VALUES (1), (1)) AS t(n) GROUP BY n;\n\
                EXECUTE STATEMENT SET BEGIN INSERT INTO nowhere SELECT 1; INSERT INTO nowhere SELECT 2; END;\n\
                SHOW TABLES;";
    let output = with_input(&["-f", &file(folder.path(), "a.sql", text)], "");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let rows = "| +I |           1 |                    1 |\n\
                | -U |           1 |                    1 |\n\
                | +U |           1 |                    2 |\n";
    assert!(said.contains("[INFO] Execute statement succeeded.\n") && said.contains(rows), "{said}");
    assert!(said.contains("Received a total of 3 rows ("), "{said}");
    assert!(said.contains("[ERROR] Could not execute SQL statement. Reason:\norg.apache.flink.table.api.ValidationException: Cannot find table '`default_catalog`.`default_database`.`nowhere`'"), "{said}");
    assert!(!said.contains("SHOW TABLES"), "{said}");
}

#[test]
fn standard_input_goes_on_behind_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    let init = file(folder.path(), "init.sql", "CREATE TABLE made (n INT) WITH ('connector'='datagen');");
    let output = with_input(&["-i", &init], "SELECT nope;\nSHOW TABLES;\nSHOW VIEWS;\nHELP;\nQUIT;\nSELECT 1;");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Column 'nope' not found in any table"), "{said}");
    assert!(said.contains("| table name |\n+------------+\n|       made |\n+------------+\n1 row in set\n"), "{said}");
    assert!(said.contains("Empty set\n") && said.contains("The following commands are available:"), "{said}");
    assert!(!said.contains("Received a total"), "QUIT ends it: {said}");
}

#[test]
fn an_init_script_only_configures() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = with_input(&["-i", &file(folder.path(), "init.sql", "SELECT 1;")], "");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(error.contains("Unsupported statement for configuring session: SELECT 1"), "{error}");
}

#[test]
fn an_interrupt_ends_the_query_and_not_the_shell() {
    let mut child = shell(&[]).spawn().expect("the binary runs");
    let input = "CREATE TABLE g (n INT) WITH ('connector'='datagen','rows-per-second'='100');\nSELECT n FROM g;\nSHOW TABLES;\n";
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    while !line.starts_with("| +I |") {
        line.clear();
        assert!(output.read_line(&mut line).expect("text") > 0, "it ended before a row came");
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("text");
    assert!(child.wait().expect("it ends").success(), "{rest}");
    assert!(rest.contains("Query terminated, received a total of "), "{rest}");
    assert!(rest.contains("|          g |"), "the next statement is run: {rest}");
}

#[test]
fn a_gateway_that_is_not_there() {
    let output = with_input(&["gateway", "-e", "127.0.0.1:1"], "");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        error.contains("no SQL gateway answers at 127.0.0.1:1") && error.contains("flinkrs sql-gateway"),
        "{error}"
    );
}
