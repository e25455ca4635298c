//! All connectors, by name.

use crate::blackhole::BlackholeFactory;
use crate::datagen::DatagenFactory;
use crate::error::ConnectorError;
use crate::factory::ConnectorFactory;
use crate::filesystem::FilesystemFactory;
use crate::kafka::{KafkaFactory, UpsertKafkaFactory};
use crate::nexmark::NexmarkFactory;
use crate::print::PrintFactory;
use crate::table_options::nearest;

static FACTORIES: [&dyn ConnectorFactory; 7] = [
    &BlackholeFactory,
    &DatagenFactory,
    &FilesystemFactory,
    &KafkaFactory,
    &NexmarkFactory,
    &PrintFactory,
    &UpsertKafkaFactory,
];

/// Every connector, by name.
pub fn factories() -> &'static [&'static dyn ConnectorFactory] {
    &FACTORIES
}

/// The connector of this name.
pub fn factory(connector: &str) -> Result<&'static dyn ConnectorFactory, ConnectorError> {
    if let Some(found) = FACTORIES.iter().find(|factory| factory.name() == connector) {
        return Ok(*found);
    }
    let names: Vec<&str> = FACTORIES.iter().map(|factory| factory.name()).collect();
    let question =
        nearest(connector, names.iter().copied()).map(|near| format!("did you mean '{near}'? ")).unwrap_or_default();
    Err(ConnectorError::of_option("connector", format!("could not find any connector named '{connector}'"))
        .with_hint(format!("{question}available connectors: {}", names.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_connector_names_the_nearest_and_all() {
        let error = factory("prnt").err().expect("there is no such connector");
        assert!(error.hint.unwrap().starts_with("did you mean 'print'? available connectors: blackhole"));
        let names: Vec<_> = factories().iter().map(|factory| factory.name()).collect();
        assert!(names.is_sorted(), "docs and messages list them in order");
    }
}
