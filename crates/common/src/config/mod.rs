//! Flink's configuration: keys and texts with the place each came from, read through typed options.
//!
//! [`Configuration::load`] finds the config file and lays `FLINK_PROPERTIES` and `-D` over it; [`options`] names the
//! keys that flinkrs reads. Values stay texts until an option reads them, as in Flink. This module does not print:
//! warnings are returned for the binary to show.

mod configuration;
mod duration;
mod error;
mod known_keys;
mod legacy;
mod load;
mod log_filter;
mod memory_size;
mod option;
mod option_type;
pub mod options;
mod origin;
mod overlay;
mod port_range;
mod redact;
mod structured;
mod warning;
mod yaml;

pub use configuration::{ConfigValue, Configuration};
pub use duration::{format_duration, parse_duration};
pub use error::{ConfigError, InvalidValue};
pub use load::{ConfigSources, Loaded};
pub use log_filter::LogFilter;
pub use memory_size::MemorySize;
pub use option::{ConfigOption, OptionInfo};
pub use option_type::{ConfigEnum, ConfigType};
pub use origin::Origin;
pub use overlay::parse_dynamic_property;
pub use port_range::PortRange;
pub use redact::{REDACTED, is_sensitive, shown};
pub use warning::ConfigWarning;
