//! Numbers over several owners: minimum, maximum, mean, sum, quantiles, skew.

use super::error::RestError;
use super::messages::{AggregatedMetric, Statistics};
use super::query::Query;

/// Which aggregates a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aggregates {
    min: bool,
    max: bool,
    avg: bool,
    sum: bool,
    skew: bool,
}

impl Aggregates {
    /// `agg=min,max,..`; without it, all.
    pub(super) fn parse(query: &Query) -> Result<Self, RestError> {
        let Some(names) = query.list("agg") else {
            return Ok(Aggregates { min: true, max: true, avg: true, sum: true, skew: true });
        };
        let mut wanted = Aggregates { min: false, max: false, avg: false, sum: false, skew: false };
        for name in names {
            match name.to_ascii_lowercase().as_str() {
                "min" => wanted.min = true,
                "max" => wanted.max = true,
                "avg" => wanted.avg = true,
                "sum" => wanted.sum = true,
                "skew" => wanted.skew = true,
                _ => return Err(RestError::bad_query_parameter("agg", name)),
            }
        }
        Ok(wanted)
    }

    /// A metric over its owners' values.
    pub(super) fn of(self, id: &str, values: &[f64]) -> AggregatedMetric {
        let sum: f64 = values.iter().sum();
        let avg = sum / values.len().max(1) as f64;
        AggregatedMetric {
            id: id.to_owned(),
            min: self.min.then(|| values.iter().copied().fold(f64::INFINITY, f64::min)),
            max: self.max.then(|| values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            avg: self.avg.then_some(avg),
            sum: self.sum.then_some(sum),
            skew: self.skew.then(|| skew(values, avg)),
        }
    }
}

/// Flink's measure of data skew: the mean distance from the mean, in percent of the mean, at most 100.
fn skew(values: &[f64], avg: f64) -> f64 {
    if avg == 0.0 {
        return 0.0;
    }
    let distance = values.iter().map(|value| (value - avg).abs()).sum::<f64>() / values.len().max(1) as f64;
    (distance / avg * 100.0).clamp(0.0, 100.0)
}

/// Statistics of whole numbers; quantiles are those of the sorted list, linearly between neighbours.
pub(super) fn statistics(mut values: Vec<i64>) -> Statistics {
    values.sort_unstable();
    let (Some(&min), Some(&max)) = (values.first(), values.last()) else { return Statistics::default() };
    let sum: i64 = values.iter().sum();
    Statistics {
        min,
        max,
        avg: sum / values.len() as i64,
        sum,
        median: quantile(&values, 0.5),
        p25: quantile(&values, 0.25),
        p75: quantile(&values, 0.75),
        p95: quantile(&values, 0.95),
    }
}

/// Position `q * (n + 1)` in the sorted list, as the library that Flink uses has it.
fn quantile(sorted: &[i64], q: f64) -> i64 {
    let position = q * (sorted.len() + 1) as f64;
    let below = position.floor();
    let at = |index: f64| sorted[(index.max(1.0) as usize - 1).min(sorted.len() - 1)];
    if below < 1.0 {
        return sorted[0];
    }
    let (low, high) = (at(below), at(below + 1.0));
    (low as f64 + (position - below) * (high - low) as f64) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_lists() {
        assert_eq!(statistics(Vec::new()), Statistics::default());
        let one = statistics(vec![7]);
        assert_eq!((one.min, one.median, one.p95, one.sum), (7, 7, 7, 7));
        let many = statistics((1..=100).rev().collect());
        assert_eq!((many.min, many.max, many.avg, many.median), (1, 100, 50, 50));
        assert_eq!((many.p25, many.p75, many.p95), (25, 75, 95));
    }

    #[test]
    fn only_what_is_wanted_is_aggregated() {
        let some = Aggregates::parse(&Query::parse("agg=min,sum")).unwrap().of("m", &[1.0, 3.0]);
        assert_eq!((some.min, some.sum, some.max, some.skew), (Some(1.0), Some(4.0), None, None));
        let all = Aggregates::parse(&Query::default()).unwrap();
        assert_eq!(all.of("m", &[2.0, 2.0]).skew, Some(0.0));
        assert_eq!(all.of("m", &[1.0, 3.0]).skew, Some(50.0));
        assert!(Aggregates::parse(&Query::parse("agg=bogus")).is_err());
    }
}
