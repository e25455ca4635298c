//! The SQL of the documentation runs as it stands: the blocks of a page, one after the other, in a session of their own.

use std::process::Command;

/// The blocks in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split_once("\n```").map(|(block, _)| block.to_owned())).collect()
}

#[test]
fn every_statement_of_the_sql_reference_runs() {
    let page = include_str!("../../docs/sql.md");
    let blocks = blocks(page, "sql");
    assert!(blocks.len() > 8, "{} blocks were found", blocks.len());
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("page.sql");
    std::fs::write(&script, blocks.join("\n")).expect("the folder can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_flinkrs"))
        .args(["sql-client", "-D", "rest.port=1", "-f"])
        .arg(&script)
        .current_dir(folder.path())
        .env_remove("FLINK_CONF_DIR")
        .env_remove("FLINKRS_CONF_DIR")
        .env_remove("FLINK_PROPERTIES")
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Received a total of") && !said.contains("[ERROR]"), "{said}");
}
