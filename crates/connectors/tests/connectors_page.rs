//! docs/connectors.md says what the registry holds.

use std::path::Path;

#[test]
fn the_page_of_connectors_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/connectors.md");
    let page = connectors::reference::connectors_page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/connectors.md is not current: UPDATE_DOCS=1 cargo test -p connectors --test connectors_page"
    );
}
