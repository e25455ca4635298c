//! How a sink writes in transactions, and what is said when that goes wrong.

use dataflow::Failure;

use super::record_batch::Compression;
use crate::error::ConnectorError;
use crate::kafka::options::KafkaTable;
use crate::kafka::properties::ClientProperties;

/// Flink's default of `transaction.timeout.ms`: an hour.
const DEFAULT_TIMEOUT: i32 = 60 * 60 * 1000;

/// The options.
#[derive(Debug, Clone)]
pub(in crate::kafka) struct Transactions {
    /// `sink.transactional-id-prefix`.
    pub(super) id_prefix: String,
    /// `properties.transaction.timeout.ms`: when brokers abort a transaction that was not committed.
    pub(super) timeout_ms: i32,
    pub(super) compression: Compression,
}

impl Transactions {
    pub(in crate::kafka) fn read(id_prefix: &str, properties: &ClientProperties) -> Result<Self, ConnectorError> {
        let name = properties.producer.get("compression.type").map_or("none", String::as_str);
        let Some(compression) = Compression::of(name) else {
            let option = "properties.compression.type";
            return Err(ConnectorError::of_option(
                option,
                format!("option '{option}' is '{name}', which is not supported"),
            )
            .with_hint("use 'none', 'gzip', 'snappy' or 'lz4'"));
        };
        let timeout_ms = properties.transaction_timeout_ms.unwrap_or(DEFAULT_TIMEOUT);
        Ok(Self { id_prefix: id_prefix.to_owned(), timeout_ms, compression })
    }

    /// The brokers refuse the timeout.
    pub(super) fn too_long(&self, table: &KafkaTable) -> Failure {
        Failure::user(format!(
            "table '{}': 'properties.transaction.timeout.ms' is {} ms, which is longer than 'transaction.max.timeout.ms' of the brokers at {} \
             (15 min unless it was changed) allows; set the option lower, or the brokers' setting higher. It has to be longer than a checkpoint \
             and a restart of the job take together.",
            table.table, self.timeout_ms, table.servers
        ))
        .fatal()
    }

    /// A transaction of the running job is gone before its checkpoint was complete.
    pub(super) fn expired(&self, table: &str, id: &str) -> Failure {
        Failure::external(format!(
            "transaction '{id}' of table '{table}' was aborted: it was open for longer than 'properties.transaction.timeout.ms' ({} ms), or \
             another writer uses 'sink.transactional-id-prefix' = '{}' too",
            self.timeout_ms, self.id_prefix
        ))
    }

    /// A transaction of a completed checkpoint is gone.
    pub(super) fn lost(&self, table: &str, id: &str) -> Failure {
        Failure::user(format!(
            "transaction '{id}' of table '{table}' belongs to a completed checkpoint, but was aborted before it was committed: its rows are lost. \
             Restoring took longer than 'properties.transaction.timeout.ms' ({} ms), or a job with 'sink.transactional-id-prefix' = '{}' was \
             started in between; start from an older checkpoint or savepoint to write the rows again",
            self.timeout_ms, self.id_prefix
        ))
        .fatal()
    }
}
