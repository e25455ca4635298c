//! The options that flinkrs reads, by family. Keys, defaults and older keys are Flink's; a test compares them with
//! Flink's own table. A key that is not here has no effect, and loading a configuration says so: an option is declared
//! when the code that reads it is there.

use super::OptionInfo;

/// Declares the options of one family, and the list of them.
macro_rules! options {
    (
        $($name:ident: $type:ty = $key:literal $(default $default:literal)? $(older $older:tt)?, $description:literal;)+
    ) => {
        $(
            #[doc = concat!("`", $key, "`: ", $description)]
            pub const $name: $crate::config::ConfigOption<$type> =
                options!(@option $key, $description $(, $default)?)$(.with_fallback_keys(&$older))?;
        )+

        pub(super) const ALL: &[$crate::config::OptionInfo] = &[$(*$name.info()),+];
    };
    (@option $key:literal, $description:literal, $default:literal) => {
        $crate::config::ConfigOption::new($key, $default, $description)
    };
    (@option $key:literal, $description:literal) => {
        $crate::config::ConfigOption::optional($key, $description)
    };
}

mod checkpointing;
mod cluster;
mod execution;
mod jobmanager;
mod metrics;
mod pipeline;
mod rest;
mod restart_strategy;
mod s3;
mod security;
mod sql_gateway;
mod table;
mod taskmanager;

pub use checkpointing::*;
pub use cluster::*;
pub use execution::*;
pub use jobmanager::*;
pub use metrics::*;
pub use pipeline::*;
pub use rest::*;
pub use restart_strategy::*;
pub use s3::*;
pub use security::*;
pub use sql_gateway::*;
pub use table::*;
pub use taskmanager::*;

/// Every option, for checks and listings.
pub fn all() -> impl Iterator<Item = &'static OptionInfo> {
    [
        checkpointing::ALL,
        cluster::ALL,
        execution::ALL,
        jobmanager::ALL,
        metrics::ALL,
        pipeline::ALL,
        rest::ALL,
        restart_strategy::ALL,
        s3::ALL,
        security::ALL,
        sql_gateway::ALL,
        table::ALL,
        taskmanager::ALL,
    ]
    .into_iter()
    .flatten()
}

/// An option by its key.
pub fn find(key: &str) -> Option<&'static OptionInfo> {
    all().find(|info| info.key == key)
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::config::known_keys;

    /// Options whose default is not Flink's, with the reason.
    const OTHER_DEFAULTS: [(&str, &str); 3] = [
        ("jobmanager.rpc.address", "Flink's own config.yaml sets localhost"),
        ("rest.address", "Flink's own config.yaml sets localhost"),
        (
            "security.ssl.rest.verify-hostname",
            "anybody with a certificate of the same issuer could pass for the server",
        ),
    ];

    /// Options that Flink 2.3 does not have, with the reason.
    const NOT_IN_FLINK: [(&str, &str); 18] = [
        ("high-availability.raft.election-timeout", "Flink's JobManagers elect none among themselves"),
        ("high-availability.raft.peers", "Flink's JobManagers find one another in ZooKeeper or Kubernetes"),
        ("taskmanager.network.memory.buffers-per-channel", "Flink had it up to 1.20; credits here still have it"),
        ("security.ssl.internal.certificate", "Flink's PEM is in a key store"),
        ("security.ssl.internal.private-key", "Flink's PEM is in a key store"),
        ("security.ssl.rest.certificate", "Flink's PEM is in a key store"),
        ("security.ssl.rest.private-key", "Flink's PEM is in a key store"),
        ("security.rest.users-file", "Flink asks nobody who they are"),
        ("security.rest.client.user", "Flink asks nobody who they are"),
        ("security.rest.client.password", "Flink asks nobody who they are"),
        ("security.rest.client.token", "Flink asks nobody who they are"),
        ("env.log.format", "Log4j's own files say so in Flink"),
        ("rest.allowed-hosts", "Flink answers to any name"),
        ("rest.server.max-header-size", "Netty's own limits hold in Flink"),
        ("rest.server.max-connections", "Flink has no limit"),
        ("rest.server.max-connections-per-client", "Flink has no limit"),
        ("rest.server.max-requests-per-second-per-client", "Flink has no limit"),
        ("pipeline.source.max-rows-per-second", "Flink's sources cannot be paced by the configuration"),
    ];

    /// Keys of Flink's plug-ins, which are not in its table.
    const OF_PLUG_INS: [&str; 2] = ["s3.", "sql-gateway.endpoint."];

    #[test]
    fn keys_and_defaults_are_flinks() {
        for info in all() {
            let Some(known) = known_keys::find(info.key) else {
                assert!(
                    NOT_IN_FLINK.iter().any(|(key, _)| *key == info.key)
                        || OF_PLUG_INS.iter().any(|prefix| info.key.starts_with(prefix)),
                    "{} is not Flink's",
                    info.key
                );
                continue;
            };
            if !OTHER_DEFAULTS.iter().any(|(key, _)| *key == info.key) {
                assert_eq!(info.default, known.default, "{}", info.key);
            }
            let older: Vec<&str> = known.older_keys().map(|(key, _)| key).collect();
            assert_eq!(info.fallback_keys, older, "{}", info.key);
        }
    }

    #[test]
    fn defaults_have_the_right_form_and_keys_are_unique() {
        let mut keys = std::collections::HashSet::new();
        for info in all() {
            assert!(keys.insert(info.key), "{} is declared twice", info.key);
            if let Some(default) = info.default {
                assert_eq!((info.check)(default), Ok(()), "{}", info.key);
            }
        }
    }
}
