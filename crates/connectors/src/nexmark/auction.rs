//! Auctions: what is sold, by whom, and until when.

use super::draw::Draw;
use super::event_field::{EventField, Make};
use super::event_plan::{EventPlan, FIRST_AUCTION, FIRST_CATEGORY, FIRST_PERSON};

pub(super) const FIELDS: &[EventField] = &[
    EventField::new("id", Make::Long(id)),
    EventField::new("itemName", Make::Text(item_name)),
    EventField::new("description", Make::Text(description)),
    EventField::new("initialBid", Make::Long(initial_bid)),
    EventField::new("reserve", Make::Long(reserve)),
    EventField::new("dateTime", Make::Time(EventPlan::time)),
    EventField::new("expires", Make::Time(expires)),
    EventField::new("seller", Make::Long(seller)),
    EventField::new("category", Make::Long(category)),
    EventField::new("extra", Make::Text(extra)),
];

/// Purposes of random numbers; those of people and bids are others.
const ITEM_NAME: u64 = 11;
const DESCRIPTION: u64 = 12;
const INITIAL_BID: u64 = 13;
const RESERVE: u64 = 14;
const EXPIRES: u64 = 15;
const SELLER: u64 = 16;
const CATEGORY: u64 = 17;
const EXTRA: u64 = 18;

/// Few categories, so that the queries that ask for one find auctions early.
const CATEGORIES: u64 = 5;

fn id(plan: &EventPlan, event: u64) -> i64 {
    FIRST_AUCTION + plan.last_auction(event)
}

fn item_name(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    Draw::new(event, ITEM_NAME).text(20, b' ', out);
}

fn description(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    Draw::new(event, DESCRIPTION).text(100, b' ', out);
}

fn initial_bid(_: &EventPlan, event: u64) -> i64 {
    EventPlan::price(&mut Draw::new(event, INITIAL_BID))
}

fn reserve(plan: &EventPlan, event: u64) -> i64 {
    initial_bid(plan, event) + EventPlan::price(&mut Draw::new(event, RESERVE))
}

fn expires(plan: &EventPlan, event: u64) -> i64 {
    plan.time(event) + plan.auction_millis(event, &mut Draw::new(event, EXPIRES))
}

fn seller(plan: &EventPlan, event: u64) -> i64 {
    let mut draw = Draw::new(event, SELLER);
    let hot = draw.is_hot(plan.hot_sellers);
    FIRST_PERSON + if hot { plan.hot_person(event) } else { plan.any_person(event, &mut draw) }
}

fn category(_: &EventPlan, event: u64) -> i64 {
    FIRST_CATEGORY + Draw::new(event, CATEGORY).below(CATEGORIES) as i64
}

fn extra(plan: &EventPlan, event: u64, out: &mut Vec<u8>) {
    // How long the other texts are is only known when they are made.
    let start = out.len();
    [item_name, description].iter().for_each(|text| text(plan, event, out));
    let others = out.len() - start;
    out.truncate(start);
    Draw::new(event, EXTRA).extra(7 * 8 + others, plan.auction_size, out);
}
