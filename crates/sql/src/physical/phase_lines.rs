//! The two phases of an aggregation as EXPLAIN prints them, with the columns that Flink has between them: `SUM(v) AS sum$0` below, `SUM(sum$0) AS s` above.

use dataflow::operator_spec::WindowProperty;
use dataflow::{AggregateCall, RowType};

use super::PlanLine;
use super::aggregate::half;
use super::describe;
use super::two_phase::PhaseLines;
use crate::logical::SplitHalf;

/// What both phases are over.
pub(super) struct Phases<'a> {
    /// Keys, as columns of the input.
    pub(super) keys: &'a [usize],
    /// The calls.
    pub(super) calls: &'a [AggregateCall],
    /// What comes to the first phase.
    pub(super) input: &'a RowType,
    /// Keys, aggregates, properties of windows.
    pub(super) output: &'a RowType,
    /// Which half it is of an aggregation that was split.
    pub(super) split: Option<SplitHalf>,
    /// Whether a call looks at rows that are taken back.
    pub(super) retracts: &'a dyn Fn(usize) -> bool,
}

/// The columns between the phases.
struct Between {
    /// The columns of each call, together.
    calls: Vec<String>,
    /// The sets of distinct values, by what they are of.
    distinct: Vec<String>,
    /// Which of them each call looks at.
    distinct_of: Vec<Option<usize>>,
    /// The number of rows, where rows are taken back and nothing else counts them.
    rows: Option<String>,
}

impl Phases<'_> {
    /// An aggregation without a window.
    pub(super) fn of_groups(&self, counts_rows: bool, hint: &str) -> PhaseLines {
        let between = self.between(counts_rows);
        let by = |columns: String| if columns.is_empty() { columns } else { format!("groupBy=[{columns}], ") };
        let keys = by(describe::columns(self.keys, self.input));
        let half = half(self.split);
        let text = |select: Vec<String>| format!("{keys}{half}select=[{}]", select.join(", "));
        let local = text(self.local_select(&between));
        let global = text(self.global_select(&between));
        PhaseLines { local: line("LocalGroupAggregate", local, ""), global: line("GlobalGroupAggregate", global, hint) }
    }

    /// What stands between both phases of a split aggregation of which this is the first half; `outer` is the second one.
    pub(super) fn of_increments(&self, outer: &Phases<'_>, counts_rows: bool) -> (PlanLine, PlanLine) {
        let between = self.between(counts_rows);
        let final_keys = outer.keys.len();
        let mut select = Vec::new();
        for (place, call) in self.calls.iter().enumerate() {
            let retract = if (self.retracts)(place) { "_RETRACT" } else { "" };
            let columns = &between.calls[place];
            let input = match between.distinct_of[place] {
                Some(distinct) => format!("distinct${distinct} {columns}"),
                None => columns.clone(),
            };
            select.push(format!("{}{retract}({input}) AS {columns}", call.function));
        }
        select.extend(between.rows.iter().map(|rows| format!("COUNT_RETRACT({rows}) AS {rows}")));
        let incremental = format!(
            "partialAggGrouping=[{}], finalAggGrouping=[{}], select=[{}]",
            describe::columns(self.keys, self.input),
            describe::columns(&self.keys[..final_keys], self.input),
            select.join(", ")
        );
        let mut select: Vec<String> =
            self.keys[..final_keys].iter().map(|&key| self.input.fields[key].name.clone()).collect();
        for (place, call) in outer.calls.iter().enumerate() {
            let retract = if (self.retracts)(place) { "_RETRACT" } else { "" };
            let name = &outer.output.fields[final_keys + place].name;
            select.push(format!("{}{retract}({}) AS {name}", call.function, between.calls[place]));
        }
        let by = describe::columns(&self.keys[..final_keys], self.input);
        let by = if by.is_empty() { by } else { format!("groupBy=[{by}], ") };
        let global = format!("{by}{}select=[{}]", half(outer.split), select.join(", "));
        (line("IncrementalGroupAggregate", incremental, ""), line("GlobalGroupAggregate", global, ""))
    }

    /// An aggregation in windows; `local_window` and `global_window` are their texts.
    pub(super) fn of_windows(
        &self,
        properties: &[WindowProperty],
        local_window: &str,
        global_window: &str,
    ) -> PhaseLines {
        let between = self.between(false);
        let by = |columns: String| if columns.is_empty() { columns } else { format!("groupBy=[{columns}], ") };
        let keys = by(describe::columns(self.keys, self.input));
        let mut local = self.local_select(&between);
        local.push("slice_end('w$) AS $slice_end".into());
        let mut global = self.global_select(&between);
        let shown = properties.iter().zip(&self.output.fields[self.keys.len() + self.calls.len()..]);
        global.extend(shown.map(|(property, field)| format!("{} AS {}", describe::property(*property), field.name)));
        let text =
            |window: &str, select: Vec<String>| format!("{keys}window=[{window}], select=[{}]", select.join(", "));
        PhaseLines {
            local: line("LocalWindowAggregate", text(local_window, local), ""),
            global: line("GlobalWindowAggregate", text(global_window, global), ""),
        }
    }

    fn between(&self, counts_rows: bool) -> Between {
        let mut index = 0;
        let mut numbered = |name: &str| {
            index += 1;
            format!("{name}${}", index - 1)
        };
        let mut between = Between { calls: Vec::new(), distinct: Vec::new(), distinct_of: Vec::new(), rows: None };
        for (place, call) in self.calls.iter().enumerate() {
            let names = columns_of(call, (self.retracts)(place));
            let columns: Vec<String> = names.iter().map(|name| numbered(name)).collect();
            between.calls.push(match columns.as_slice() {
                [one] => one.clone(),
                several => format!("({})", several.join(", ")),
            });
            let distinct = call.distinct.then(|| {
                let args = describe::columns(&call.args, self.input);
                match between.distinct.iter().position(|known| *known == args) {
                    Some(known) => known,
                    None => {
                        between.distinct.push(args);
                        between.distinct.len() - 1
                    }
                }
            });
            between.distinct_of.push(distinct);
        }
        between.rows = counts_rows.then(|| numbered("count1"));
        between
    }

    fn local_select(&self, between: &Between) -> Vec<String> {
        let mut select: Vec<String> = self.keys.iter().map(|&key| self.input.fields[key].name.clone()).collect();
        for (place, call) in self.calls.iter().enumerate() {
            let text = match between.distinct_of[place] {
                None => describe::aggregate(call, self.input, (self.retracts)(place)),
                Some(distinct) => {
                    let retract = if (self.retracts)(place) { "_RETRACT" } else { "" };
                    let args = describe::columns(&call.args, self.input);
                    format!("{}{retract}(distinct${distinct} {args}){}", call.function, filter(call, self.input))
                }
            };
            select.push(format!("{text} AS {}", between.calls[place]));
        }
        select.extend(between.rows.iter().map(|rows| format!("COUNT_RETRACT(*) AS {rows}")));
        let distinct = between.distinct.iter().enumerate();
        select.extend(distinct.map(|(index, args)| format!("DISTINCT({args}) AS distinct${index}")));
        select
    }

    fn global_select(&self, between: &Between) -> Vec<String> {
        let mut select: Vec<String> = Vec::new();
        for (index, &key) in self.keys.iter().enumerate() {
            let (from, to) = (&self.input.fields[key].name, &self.output.fields[index].name);
            select.push(if from == to { from.clone() } else { format!("{from} AS {to}") });
        }
        for (place, call) in self.calls.iter().enumerate() {
            let retract = if (self.retracts)(place) { "_RETRACT" } else { "" };
            let columns = &between.calls[place];
            let columns = match between.distinct_of[place] {
                Some(distinct) => format!("distinct${distinct} {columns}"),
                None => columns.clone(),
            };
            let name = &self.output.fields[self.keys.len() + place].name;
            select.push(format!("{}{retract}({columns}) AS {name}", call.function));
        }
        select
    }
}

fn filter(call: &AggregateCall, input: &RowType) -> String {
    call.filter.map_or_else(String::new, |filter| format!(" FILTER {}", input.fields[filter].name))
}

/// What Flink's function keeps in columns of its own.
fn columns_of(call: &AggregateCall, retracts: bool) -> Vec<String> {
    let names: &[&str] = match call.function.as_str() {
        "COUNT" if call.args.is_empty() => &["count1"],
        "SUM" if retracts => &["sum", "count"],
        "$SUM0" => &["sum"],
        "AVG" => &["sum", "count"],
        "LISTAGG" => &["accDelimiter", "concatAcc"],
        other => return vec![other.to_lowercase()],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn line(name: &'static str, text: String, hint: &str) -> PlanLine {
    PlanLine { name, prefix: text.clone() + hint, infix: text }
}
