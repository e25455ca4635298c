//! docs/functions.md says what the catalogues hold.

use std::path::Path;

#[test]
fn the_page_of_functions_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/functions.md");
    let page = expr::reference::functions_page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/functions.md is not current: UPDATE_DOCS=1 cargo test -p expr --test functions_page"
    );
}

#[test]
fn every_function_has_a_result_and_a_description() {
    let page = expr::reference::functions_page();
    let incomplete: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `") && (line.contains("|  |") || line.ends_with("|  |")))
        .collect();
    assert!(incomplete.is_empty(), "{incomplete:#?}");
}
