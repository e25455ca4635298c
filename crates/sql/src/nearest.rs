//! Hints: the known name that an unknown one was probably meant to be.

/// `did you mean 'x'?` for the candidate nearest to `name`, when one is near enough.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let lower = name.to_lowercase();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().min(name.chars().count()) / 3).max(1))
        .min()
        .map(|(_, candidate)| format!("did you mean '{candidate}'?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        let names = ["event_time", "user_id", "amount"];
        let cases = [
            ("event_tme", Some("did you mean 'event_time'?")),
            ("USER_ID", Some("did you mean 'user_id'?")),
            ("price", None),
            ("x", None),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest(name, names.into_iter()).as_deref(), expected, "{name}");
        }
    }
}
