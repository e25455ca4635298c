//! `Materialized`: the rows that a changelog leaves, for the result mode `table`. A pure structure.

use std::collections::HashMap;

use super::gateway_session::Row;

/// The rows that are left, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Materialized {
    /// Rows that were taken back leave a gap until there are many.
    rows: Vec<Option<Vec<Option<String>>>>,
    /// Where each content stands, the last place at the end.
    places: HashMap<Vec<Option<String>>, Vec<usize>>,
    left: usize,
    /// The place of the last `-U`, which its `+U` takes.
    vacated: Option<usize>,
}

impl Materialized {
    /// How many rows are left.
    pub(super) fn len(&self) -> usize {
        self.left
    }

    /// Takes a change in.
    pub(super) fn apply(&mut self, change: &Row) {
        match change.op() {
            "-U" => self.vacated = self.remove(&change.fields),
            "-D" => drop(self.remove(&change.fields)),
            "+U" => {
                let place = self.vacated.take();
                self.put(change.fields.clone(), place);
            }
            _ => self.put(change.fields.clone(), None),
        }
        if self.rows.len() > 64 && self.left * 2 < self.rows.len() {
            self.close_gaps();
        }
    }

    /// Rows from the `skip`th on.
    pub(super) fn from(&self, skip: usize) -> impl Iterator<Item = &Vec<Option<String>>> {
        self.rows.iter().flatten().skip(skip)
    }

    fn put(&mut self, fields: Vec<Option<String>>, place: Option<usize>) {
        let place = match place {
            Some(place) => {
                self.rows[place] = Some(fields.clone());
                place
            }
            None => {
                self.rows.push(Some(fields.clone()));
                self.rows.len() - 1
            }
        };
        self.places.entry(fields).or_default().push(place);
        self.left += 1;
    }

    /// A change that takes back what was never there is left out.
    fn remove(&mut self, fields: &Vec<Option<String>>) -> Option<usize> {
        let places = self.places.get_mut(fields)?;
        let place = places.pop();
        if places.is_empty() {
            self.places.remove(fields);
        }
        let place = place?;
        self.rows[place] = None;
        self.left -= 1;
        Some(place)
    }

    fn close_gaps(&mut self) {
        self.rows.retain(Option::is_some);
        self.vacated = None;
        self.places.clear();
        for (place, row) in self.rows.iter().enumerate() {
            if let Some(row) = row {
                self.places.entry(row.clone()).or_default().push(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: &str, key: &str, count: &str) -> Row {
        Row { kind: kind.into(), fields: vec![Some(key.into()), Some(count.into())] }
    }

    fn left(rows: &Materialized) -> Vec<String> {
        rows.from(0).map(|row| row.iter().flatten().cloned().collect::<Vec<_>>().join("=")).collect()
    }

    #[test]
    fn an_update_keeps_its_place() {
        let mut rows = Materialized::default();
        for (kind, key, count) in
            [("INSERT", "a", "1"), ("INSERT", "b", "1"), ("UPDATE_BEFORE", "a", "1"), ("UPDATE_AFTER", "a", "2")]
        {
            rows.apply(&change(kind, key, count));
        }
        assert_eq!(left(&rows), ["a=2", "b=1"]);
        rows.apply(&change("DELETE", "a", "2"));
        rows.apply(&change("DELETE", "never", "0"));
        assert_eq!((left(&rows), rows.len()), (vec!["b=1".to_owned()], 1));
    }

    #[test]
    fn gaps_are_closed() {
        let mut rows = Materialized::default();
        for index in 0..1_000 {
            rows.apply(&change("INSERT", "k", &index.to_string()));
            rows.apply(&change("DELETE", "k", &index.to_string()));
        }
        rows.apply(&change("INSERT", "k", "x"));
        assert_eq!(left(&rows), ["k=x"]);
        assert!(rows.rows.len() < 200, "{}", rows.rows.len());
    }
}
