//! Bids: for which auction, by whom, how much, and through which channel.

use super::draw::Draw;
use super::event_field::{EventField, Make};
use super::event_plan::{EventPlan, FIRST_AUCTION, FIRST_PERSON};

pub(super) const FIELDS: &[EventField] = &[
    EventField::new("auction", Make::Long(auction)),
    EventField::new("bidder", Make::Long(bidder)),
    EventField::new("price", Make::Long(price)),
    EventField::new("channel", Make::Text(channel)),
    EventField::new("url", Make::Text(url)),
    EventField::new("dateTime", Make::Time(EventPlan::time)),
    EventField::new("extra", Make::Text(extra)),
];

/// Purposes of random numbers; those of people and auctions are others.
const AUCTION: u64 = 21;
const BIDDER: u64 = 22;
const PRICE: u64 = 23;
const CHANNEL: u64 = 24;
const EXTRA: u64 = 25;
/// Of the address of a channel, by the number of the channel instead of an event.
const ADDRESS: u64 = 26;

/// Half of the bids come through one of these.
const HOT_CHANNELS: &[&str] = &["Google", "Facebook", "Baidu", "Apple"];
const CHANNELS: u64 = 10_000;

fn auction(plan: &EventPlan, event: u64) -> i64 {
    let mut draw = Draw::new(event, AUCTION);
    let hot = draw.is_hot(plan.hot_auctions);
    FIRST_AUCTION + if hot { plan.hot_auction(event) } else { plan.any_auction(event, &mut draw) }
}

fn bidder(plan: &EventPlan, event: u64) -> i64 {
    let mut draw = Draw::new(event, BIDDER);
    // The hot bidder is the one behind the hot seller, so that they are not the same.
    let hot = draw.is_hot(plan.hot_bidders);
    FIRST_PERSON + if hot { plan.hot_person(event) + 1 } else { plan.any_person(event, &mut draw) }
}

fn price(_: &EventPlan, event: u64) -> i64 {
    EventPlan::price(&mut Draw::new(event, PRICE))
}

/// The number of the bid's channel; those from `CHANNELS` on are the hot ones.
fn channel_number(event: u64) -> u64 {
    let mut draw = Draw::new(event, CHANNEL);
    if draw.is_hot(2) { CHANNELS + draw.below(HOT_CHANNELS.len() as u64) } else { draw.below(CHANNELS) }
}

fn channel(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    let number = channel_number(event);
    match number.checked_sub(CHANNELS) {
        Some(hot) => out.extend_from_slice(HOT_CHANNELS[hot as usize].as_bytes()),
        None => {
            out.extend_from_slice(b"channel-");
            out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        }
    }
}

/// The same for all bids of a channel. Nine in ten of the channels that are not hot name themselves in it.
fn url(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    let number = channel_number(event);
    let mut draw = Draw::new(number, ADDRESS);
    out.extend_from_slice(b"https://www.nexmark.com/");
    for _ in 0..3 {
        draw.text(5, b'_', out);
        out.push(b'/');
    }
    out.extend_from_slice(b"item.htm?query=1");
    if number < CHANNELS && draw.below(10) > 0 {
        out.extend_from_slice(b"&channel_id=");
        let id = (number as i32).reverse_bits().unsigned_abs();
        out.extend_from_slice(itoa::Buffer::new().format(id).as_bytes());
    }
}

fn extra(plan: &EventPlan, event: u64, out: &mut Vec<u8>) {
    Draw::new(event, EXTRA).extra(4 * 8, plan.bid_size, out);
}
