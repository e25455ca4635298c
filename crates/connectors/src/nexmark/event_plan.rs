//! The plan that all events follow: which event is a person, an auction or a bid, when it happens, and whom it may refer to.
//!
//! The benchmark's rules (Nexmark by Tucker et al., as the Beam and Flink suites run it): events come in rounds of persons, then auctions, then bids.
//! What an event refers to is mostly something that was there before it, and sometimes a little ahead.

use super::draw::Draw;

/// The first identifiers, so that the constants of the queries are met early.
pub(super) const FIRST_PERSON: i64 = 1_000;
pub(super) const FIRST_AUCTION: i64 = 1_000;
pub(super) const FIRST_CATEGORY: i64 = 10;

/// Auctions that bids are for at a time, and people who are active.
const AUCTIONS_IN_FLIGHT: i64 = 100;
const ACTIVE_PEOPLE: i64 = 1_000;
/// How many of the people and auctions yet to come may be referred to.
const LEAD: i64 = 10;
/// One of so many people and auctions is a hot one.
const HOT_GROUP: i64 = 100;

/// What an event is; the number is the column `event_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    Person = 0,
    Auction = 1,
    Bid = 2,
}

/// The parameters of all events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EventPlan {
    /// The time of the first event, ms since the epoch.
    pub(super) base_time: i64,
    /// Events a second.
    pub(super) rate: u64,
    /// Persons, auctions and bids of a round.
    pub(super) persons: u64,
    pub(super) auctions: u64,
    pub(super) bids: u64,
    /// All but one of so many bids are for a hot auction.
    pub(super) hot_auctions: u64,
    /// All but one of so many bids are by a hot bidder.
    pub(super) hot_bidders: u64,
    /// All but one of so many auctions are by a hot seller.
    pub(super) hot_sellers: u64,
    /// Average sizes in bytes.
    pub(super) person_size: u64,
    pub(super) auction_size: u64,
    pub(super) bid_size: u64,
}

impl EventPlan {
    /// Events of a round.
    pub(super) fn round(&self) -> u64 {
        self.persons + self.auctions + self.bids
    }

    pub(super) fn kind(&self, event: u64) -> EventKind {
        let place = event % self.round();
        if place < self.persons {
            EventKind::Person
        } else if place < self.persons + self.auctions {
            EventKind::Auction
        } else {
            EventKind::Bid
        }
    }

    /// ms after the first event.
    pub(super) fn offset_millis(&self, event: u64) -> i64 {
        (u128::from(event) * 1_000 / u128::from(self.rate)) as i64
    }

    /// ms since the epoch.
    pub(super) fn time(&self, event: u64) -> i64 {
        self.base_time + self.offset_millis(event)
    }

    /// The person that the event is, or the last one before it, counted from 0.
    pub(super) fn last_person(&self, event: u64) -> i64 {
        let (round, place) = (event / self.round(), event % self.round());
        (round * self.persons) as i64 + (place as i64).min(self.persons as i64 - 1)
    }

    /// The auction that the event is, or the last one before it, counted from 0; -1 when there is none yet.
    pub(super) fn last_auction(&self, event: u64) -> i64 {
        let (round, place) = (event / self.round(), event % self.round());
        let within = (place as i64 - self.persons as i64).clamp(-1, self.auctions as i64 - 1);
        (round * self.auctions) as i64 + within
    }

    /// The first person of the last hundred.
    pub(super) fn hot_person(&self, event: u64) -> i64 {
        self.last_person(event) / HOT_GROUP * HOT_GROUP
    }

    /// The first auction of the last hundred.
    pub(super) fn hot_auction(&self, event: u64) -> i64 {
        self.last_auction(event) / HOT_GROUP * HOT_GROUP
    }

    /// Someone active.
    pub(super) fn any_person(&self, event: u64, draw: &mut Draw) -> i64 {
        let people = self.last_person(event) + 1;
        let active = people.min(ACTIVE_PEOPLE);
        people - active + draw.below((active + LEAD) as u64) as i64
    }

    /// An auction in flight.
    pub(super) fn any_auction(&self, event: u64, draw: &mut Draw) -> i64 {
        let last = self.last_auction(event);
        let first = (last - AUCTIONS_IN_FLIGHT).max(0);
        first + draw.below((last - first + 1 + LEAD) as u64) as i64
    }

    /// How long an auction lasts, in ms: on average until all that are in flight now have been followed by as many.
    pub(super) fn auction_millis(&self, event: u64, draw: &mut Draw) -> i64 {
        let events_ahead = AUCTIONS_IN_FLIGHT as u64 * self.round() / self.auctions.max(1);
        let average = self.time(event + events_ahead) - self.time(event);
        1 + draw.below((average * 2).max(1) as u64) as i64
    }

    /// A price in cents, from 1 to a million dollars, small ones far more often.
    pub(super) fn price(draw: &mut Draw) -> i64 {
        (10f64.powf(draw.unit() * 6.0) * 100.0).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(persons: u64, auctions: u64, bids: u64) -> EventPlan {
        EventPlan {
            base_time: 0,
            rate: 10_000,
            persons,
            auctions,
            bids,
            hot_auctions: 2,
            hot_bidders: 4,
            hot_sellers: 4,
            person_size: 200,
            auction_size: 500,
            bid_size: 100,
        }
    }

    #[test]
    fn rounds_hold_persons_then_auctions_then_bids() {
        let plan = plan(1, 3, 46);
        let kinds: Vec<EventKind> = (0..100).map(|event| plan.kind(event)).collect();
        let count = |kind| kinds.iter().filter(|&&other| other == kind).count();
        assert_eq!((count(EventKind::Person), count(EventKind::Auction), count(EventKind::Bid)), (2, 6, 92));
        assert_eq!(kinds[50..54], [EventKind::Person, EventKind::Auction, EventKind::Auction, EventKind::Auction]);
        let last = |event| (plan.last_person(event), plan.last_auction(event));
        assert_eq!(
            [0, 1, 3, 4, 49, 50, 51, 99].map(last),
            [(0, -1), (0, 0), (0, 2), (0, 2), (0, 2), (1, 2), (1, 3), (1, 5)]
        );
        assert_eq!((plan.time(0), plan.time(99), plan.time(10_000)), (0, 9, 1_000));
    }

    #[test]
    fn references_stay_near_what_there_is() {
        for plan in [plan(1, 3, 46), plan(2, 0, 1), plan(0, 0, 1)] {
            for event in (0..1_000_000).step_by(997) {
                let mut draw = Draw::new(event, 1);
                let (person, auction) = (plan.last_person(event), plan.last_auction(event));
                let (any, bid_for) = (plan.any_person(event, &mut draw), plan.any_auction(event, &mut draw));
                assert!((person - 999).max(0) <= any && any <= person + LEAD, "{any} of {person}");
                assert!((auction - 100).max(0) <= bid_for && bid_for <= auction + LEAD, "{bid_for} of {auction}");
                assert!((100..=100_000_000).contains(&EventPlan::price(&mut draw)));
                assert!((1..=400).contains(&plan.auction_millis(event, &mut draw)));
            }
        }
    }
}
