//! The options of `nexmark`, with the keys and defaults of the benchmark's own connector for Flink.

use dataflow::operator_spec::ConnectorSpec;

use super::event_field::table_type;
use super::event_plan::EventPlan;
use crate::error::ConnectorError;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

const FIRST_EVENT_RATE: OptionDef = OptionDef::with_default(
    "first-event.rate",
    OptionKind::Integer,
    "10000",
    "Events a second, in event time. Real time keeps to it only with 'rate.limited'.",
);
const RATE_LIMITED: OptionDef = OptionDef::with_default(
    "rate.limited",
    OptionKind::Boolean,
    "false",
    "Whether each event waits for its time, counted from the start of the source; else they come as fast as they are taken.",
);
const EVENTS_NUM: OptionDef = OptionDef::with_default(
    "events.num",
    OptionKind::Integer,
    "0",
    "Number of events, which makes the source bounded. 0: they never end.",
);
const BASE_TIME: OptionDef = OptionDef::with_default(
    "base-time",
    OptionKind::Integer,
    "1436918400000",
    "Time of the first event, ms since the epoch; the default is 2015-07-15 00:00:00 UTC. The benchmark's own connector takes the current time.",
);
const PERSON_PROPORTION: OptionDef =
    OptionDef::with_default("person.proportion", OptionKind::Integer, "1", "Persons of each round of events.");
const AUCTION_PROPORTION: OptionDef =
    OptionDef::with_default("auction.proportion", OptionKind::Integer, "3", "Auctions of each round of events.");
const BID_PROPORTION: OptionDef =
    OptionDef::with_default("bid.proportion", OptionKind::Integer, "46", "Bids of each round of events.");
const HOT_AUCTIONS: OptionDef = OptionDef::with_default(
    "bid.hot-ratio.auctions",
    OptionKind::Integer,
    "2",
    "All but one of so many bids are for a hot auction.",
);
const HOT_BIDDERS: OptionDef = OptionDef::with_default(
    "bid.hot-ratio.bidders",
    OptionKind::Integer,
    "4",
    "All but one of so many bids are by a hot bidder.",
);
const HOT_SELLERS: OptionDef = OptionDef::with_default(
    "auction.hot-ratio.sellers",
    OptionKind::Integer,
    "4",
    "All but one of so many auctions are by a hot seller.",
);
const PERSON_SIZE: OptionDef =
    OptionDef::with_default("person.avg-size", OptionKind::MemorySize, "200b", "Average size of a person.");
const AUCTION_SIZE: OptionDef =
    OptionDef::with_default("auction.avg-size", OptionKind::MemorySize, "500b", "Average size of an auction.");
const BID_SIZE: OptionDef =
    OptionDef::with_default("bid.avg-size", OptionKind::MemorySize, "100b", "Average size of a bid.");
const PARALLELISM: OptionDef =
    OptionDef::optional("scan.parallelism", OptionKind::Integer, "Parallelism of the source.");

pub(super) const OPTIONS: &[OptionDef] = &[
    FIRST_EVENT_RATE,
    OptionDef::with_default(
        "next-event.rate",
        OptionKind::Integer,
        "10000",
        "Without effect, as in the benchmark's own connector: the rate does not change.",
    ),
    OptionDef::with_default(
        "rate.shape",
        OptionKind::Choice(&["SQUARE", "SINE"]),
        "SQUARE",
        "Without effect, as in the benchmark's own connector: the rate does not change.",
    ),
    OptionDef::with_default(
        "rate.period",
        OptionKind::Duration,
        "600 s",
        "Without effect, as in the benchmark's own connector: the rate does not change.",
    ),
    RATE_LIMITED,
    EVENTS_NUM,
    BASE_TIME,
    PERSON_PROPORTION,
    AUCTION_PROPORTION,
    BID_PROPORTION,
    HOT_AUCTIONS,
    HOT_BIDDERS,
    HOT_SELLERS,
    PERSON_SIZE,
    AUCTION_SIZE,
    BID_SIZE,
    PARALLELISM,
];

/// A table of the benchmark's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NexmarkTable {
    pub(super) plan: EventPlan,
    /// Number of events; `None` when they never end.
    pub(super) events: Option<u64>,
    pub(super) rate_limited: bool,
    pub(super) parallelism: Option<u32>,
}

impl NexmarkTable {
    /// Reads and validates the options and the columns.
    pub(super) fn read(spec: &ConnectorSpec) -> Result<Self, ConnectorError> {
        let options = TableOptions::new(spec);
        options.validate(OPTIONS, &[])?;
        let at_least = |def: &OptionDef, least: u32| -> Result<u64, ConnectorError> {
            let value = options.integer(def)?.unwrap_or_default();
            if value < i64::from(least) || value > i64::from(u32::MAX) && def.key != EVENTS_NUM.key {
                return Err(options.error_of(def, &format!("is {value}, but must be from {least} to {}", u32::MAX)));
            }
            Ok(value as u64)
        };
        let plan = EventPlan {
            base_time: options.integer(&BASE_TIME)?.unwrap_or_default(),
            rate: at_least(&FIRST_EVENT_RATE, 1)?,
            persons: at_least(&PERSON_PROPORTION, 0)?,
            auctions: at_least(&AUCTION_PROPORTION, 0)?,
            bids: at_least(&BID_PROPORTION, 0)?,
            hot_auctions: at_least(&HOT_AUCTIONS, 1)?,
            hot_bidders: at_least(&HOT_BIDDERS, 1)?,
            hot_sellers: at_least(&HOT_SELLERS, 1)?,
            person_size: options.bytes(&PERSON_SIZE)?.unwrap_or_default(),
            auction_size: options.bytes(&AUCTION_SIZE)?.unwrap_or_default(),
            bid_size: options.bytes(&BID_SIZE)?.unwrap_or_default(),
        };
        if plan.round() == 0 {
            return Err(options.error_of(&BID_PROPORTION, "is 0, and so are those of persons and auctions"));
        }
        check_columns(spec)?;
        let events = at_least(&EVENTS_NUM, 0)?;
        Ok(Self {
            plan,
            events: (events > 0).then_some(events),
            rate_limited: options.boolean(&RATE_LIMITED)?,
            parallelism: options.positive(&PARALLELISM)?,
        })
    }
}

/// The table has to have the benchmark's columns.
fn check_columns(spec: &ConnectorSpec) -> Result<(), ConnectorError> {
    let expected = table_type();
    if spec.physical == expected {
        return Ok(());
    }
    let shown = |row: &dataflow::RowType| {
        row.fields.iter().map(|field| format!("{} {}", field.name, field.ty)).collect::<Vec<_>>().join(", ")
    };
    Err(ConnectorError::new(format!(
        "the columns of table '{}' are not those of the Nexmark events: ({})",
        spec.table,
        shown(&spec.physical)
    ))
    .with_hint(format!("declare the physical columns ({})", shown(&expected))))
}
