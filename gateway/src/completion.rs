//! Completion: what could stand at a place of a statement. Keywords come from the parser, names from the catalog.

use sql::catalog::{CatalogManager, ObjectPath};

/// What the SQL Client itself understands, besides statements.
const COMMANDS: [&str; 6] = ["CLEAR", "HELP", "EXIT", "QUIT", "RESET", "SET"];

/// Words behind which the name of a table or view stands.
const BEFORE_TABLES: [&str; 9] = ["FROM", "JOIN", "INTO", "TABLE", "VIEW", "DESCRIBE", "DESC", "UPDATE", "COLUMNS"];

/// The candidates for the word that ends at `position` (in characters), sorted.
pub(crate) fn candidates(catalog: &CatalogManager, statement: &str, position: usize) -> Vec<String> {
    let before: String = statement.chars().take(position).collect();
    let begin = before
        .rfind(|c: char| !is_name_part(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let (head, word) = before.split_at(begin);
    if before.trim().is_empty() {
        return COMMANDS.map(str::to_owned).to_vec();
    }
    let expected = sql::parser::candidates_at_end(head);
    let mut found = keywords(&expected, word);
    let follows_table_word = last_word(head).is_some_and(|last| BEFORE_TABLES.contains(&last.as_str()));
    if follows_table_word && expected.iter().any(|candidate| candidate.starts_with("a ")) {
        found.extend(tables(catalog, word));
    } else if expected.contains(&"an expression") {
        found.extend(columns(catalog, statement, word));
        found.extend(functions(word));
    }
    found.sort();
    found.dedup();
    found
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '`')
}

fn last_word(head: &str) -> Option<String> {
    head.split_whitespace().next_back().map(str::to_uppercase)
}

fn keywords(expected: &[&'static str], word: &str) -> Vec<String> {
    let word = word.to_uppercase();
    let first = expected.iter().filter_map(|candidate| candidate.split(' ').next());
    let is_keyword = |text: &&str| text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    first.filter(is_keyword).filter(|text| text.starts_with(&word)).map(str::to_owned).collect()
}

/// Tables and views by their full paths, as Flink has it.
fn tables(catalog: &CatalogManager, word: &str) -> Vec<String> {
    let word = word.replace('`', "");
    let mut found = Vec::new();
    let (current, database) = (catalog.current_catalog(), catalog.current_database());
    for (catalog_name, entries) in catalog.catalogs() {
        for database_name in entries.databases.keys() {
            for name in catalog.entry_names(catalog_name, database_name).unwrap_or_default() {
                let path = ObjectPath::new(catalog_name, database_name, &name).to_string();
                let is_near = catalog_name == current && database_name == database && name.starts_with(&word);
                if is_near || path.starts_with(&word) {
                    found.push(path);
                }
            }
        }
    }
    found
}

/// Columns of the tables that the statement reads, wherever it names them.
fn columns(catalog: &CatalogManager, statement: &str, word: &str) -> Vec<String> {
    let words: Vec<&str> = statement.split(|c: char| !is_name_part(c)).filter(|word| !word.is_empty()).collect();
    let read = words.windows(2).filter(|pair| ["FROM", "JOIN", "TABLE"].contains(&pair[0].to_uppercase().as_str()));
    let mut found = Vec::new();
    for pair in read {
        let parts: Vec<&str> = pair[1].split('.').map(|part| part.trim_matches('`')).collect();
        let Ok(path) = catalog.resolve_path(&parts) else { continue };
        if let Some(entry) = catalog.entry(&path) {
            found.extend(entry.column_names().into_iter().filter(|name| name.starts_with(word)));
        }
    }
    found
}

fn functions(word: &str) -> Vec<String> {
    if word.is_empty() {
        return Vec::new();
    }
    let word = word.to_uppercase();
    let names = expr::functions::catalogue().iter().map(|function| function.name);
    names.filter(|name| name.starts_with(&word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> sql::Session {
        let mut session = sql::Session::new(Default::default());
        let text = "CREATE TABLE cars (id INT, `name` STRING) WITH ('connector'='datagen')";
        let statement = sql::parser::parse_statement(text).expect("it is right");
        session.execute(&statement, text).expect("it is done");
        session
    }

    fn at_end(statement: &str) -> Vec<String> {
        candidates(session().catalog(), statement, statement.chars().count())
    }

    #[test]
    fn keywords_of_the_place() {
        assert_eq!(at_end("SHOW T"), ["TABLES"]);
        assert_eq!(at_end("select * from cars wh"), ["WHERE"]);
        assert!(at_end("SHOW ").contains(&"JOBS".to_owned()));
        assert_eq!(at_end(""), COMMANDS);
        assert!(at_end("CREATE TABLE x (a I").is_empty());
    }

    #[test]
    fn names_of_the_catalog() {
        assert_eq!(at_end("SELECT * FROM ca"), ["default_catalog.default_database.cars"]);
        assert_eq!(at_end("DESCRIBE default_catalog.def"), ["default_catalog.default_database.cars"]);
        assert_eq!(candidates(session().catalog(), "SELECT na FROM cars", 9), ["name"]);
        assert!(at_end("SELECT UPP").contains(&"UPPER".to_owned()));
    }
}
