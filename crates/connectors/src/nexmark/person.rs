//! People: those who open auctions and bid.

use super::draw::Draw;
use super::event_field::{EventField, Make};
use super::event_plan::{EventPlan, FIRST_PERSON};

pub(super) const FIELDS: &[EventField] = &[
    EventField::new("id", Make::Long(id)),
    EventField::new("name", Make::Text(name)),
    EventField::new("emailAddress", Make::Text(email)),
    EventField::new("creditCard", Make::Text(credit_card)),
    EventField::new("city", Make::Text(city)),
    EventField::new("state", Make::Text(state)),
    EventField::new("dateTime", Make::Time(EventPlan::time)),
    EventField::new("extra", Make::Text(extra)),
];

/// Purposes of random numbers; those of auctions and bids are others.
const NAME: u64 = 1;
const EMAIL: u64 = 2;
const CREDIT_CARD: u64 = 3;
const CITY: u64 = 4;
const STATE: u64 = 5;
const EXTRA: u64 = 6;

/// Few states, so that the queries that ask for some find people early.
const STATES: &[&str] = &["AZ", "CA", "ID", "OR", "WA", "WY"];
const CITIES: &[&str] =
    &["Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"];
const FIRST_NAMES: &[&str] =
    &["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
const LAST_NAMES: &[&str] = &["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];

fn id(plan: &EventPlan, event: u64) -> i64 {
    FIRST_PERSON + plan.last_person(event)
}

fn name(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    let mut draw = Draw::new(event, NAME);
    out.extend_from_slice(draw.one_of(FIRST_NAMES).as_bytes());
    out.push(b' ');
    out.extend_from_slice(draw.one_of(LAST_NAMES).as_bytes());
}

fn email(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    let mut draw = Draw::new(event, EMAIL);
    draw.text(7, b'_', out);
    out.push(b'@');
    draw.text(5, b'-', out);
    out.extend_from_slice(b".com");
}

fn credit_card(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    let mut draw = Draw::new(event, CREDIT_CARD);
    for group in 0..4 {
        if group > 0 {
            out.push(b' ');
        }
        let digits = draw.below(10_000);
        out.extend([1_000, 100, 10, 1].map(|unit| b'0' + (digits / unit % 10) as u8));
    }
}

fn city(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(Draw::new(event, CITY).one_of(CITIES).as_bytes());
}

fn state(_: &EventPlan, event: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(Draw::new(event, STATE).one_of(STATES).as_bytes());
}

fn extra(plan: &EventPlan, event: u64, out: &mut Vec<u8>) {
    // How long the other texts are is only known when they are made.
    let start = out.len();
    [name, email, credit_card, city, state].iter().for_each(|text| text(plan, event, out));
    let others = out.len() - start;
    out.truncate(start);
    Draw::new(event, EXTRA).extra(8 + others, plan.person_size, out);
}
