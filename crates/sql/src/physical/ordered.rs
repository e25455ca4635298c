//! Top-N, deduplication and sorting: which operator a rank is, and what it emits.

use dataflow::operator_spec::{
    DeduplicateSpec, OperatorSpec, RankSpec, RankStrategy, TemporalSortSpec, WindowRankSpec, WindowTime,
};
use dataflow::{RowType, TimeAttribute};

use super::monotonic::rising_keys;
use super::planner::{PhysicalPlanner, Stream};
use super::{Changes, ColumnSet, PhysicalNode, PlanLine, RowKeys, describe};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, Rank, RankEnd, Sort, WindowColumns, identity, window_of};

impl PhysicalPlanner<'_> {
    pub(super) fn rank(&mut self, node: &Rank) -> Result<Stream, SqlError> {
        if let Some(window) = window_of(&node.input).filter(|window| window.has_bounds(&node.partition)) {
            return self.window_rank(node, &window);
        }
        if node.function != "ROW_NUMBER" {
            let message = format!("{}() on streaming table is not supported currently", node.function);
            return Err(SqlError::unsupported(message, node.span).with_hint("use ROW_NUMBER()"));
        }
        let input = self.plan(&node.input)?;
        let insert_only = self.changes_of(&input).is_insert_only();
        let is_first_row = insert_only && node.first == 1 && node.last == RankEnd::Constant(1);
        if let (true, [field]) = (is_first_row, node.order.as_slice()) {
            match node.input.output().fields[field.column].ty.time_attribute() {
                TimeAttribute::None => {}
                TimeAttribute::Rowtime => {
                    let time = WindowTime::Rowtime { column: field.column };
                    return self.deduplicate(node, &input, time, field.descending);
                }
                TimeAttribute::Proctime => {
                    return self.deduplicate(node, &input, WindowTime::Proctime, field.descending);
                }
            }
        }
        // Flink 2.3.0 plans the first row as one that never changes, unless it is the greatest by one column: it emits +U without -U.
        let is_greatest = matches!(node.order.as_slice(), [field] if field.descending);
        if is_first_row && !is_greatest && !node.order.is_empty() {
            return self.first_rows(&input, &Top { never_changes: true, ..Top::of(node) });
        }
        self.first_rows(&input, &Top::of(node))
    }

    /// The operator of a Top-N, with or without a partition.
    fn first_rows(&mut self, input: &Stream, top: &Top<'_>) -> Result<Stream, SqlError> {
        let below = self.changes_of(input);
        let strategy = match below {
            Changes::INSERT_ONLY => RankStrategy::AppendFast,
            Changes { deletes: false, .. } => {
                rising_keys(top.input, top.partition, top.order).map_or(RankStrategy::Retract, RankStrategy::UpdateFast)
            }
            _ => RankStrategy::Retract,
        };
        let (inputs, parallelism) = self.exchange(input, top.partition, 0);
        let changes = if top.never_changes { Changes::INSERT_ONLY } else { Changes::ALL };
        let keys = top.keys(&self.keys_of(input).behind_exchange(top.partition));
        let text = top.text(&input.output, &strategy);
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Rank(RankSpec {
                partition: top.partition.to_vec(),
                order: top.order.to_vec(),
                first: top.first,
                last: match top.last {
                    RankEnd::Constant(last) => last,
                    RankEnd::Column(_) => u64::MAX,
                },
                last_column: top.last.column(),
                rank_number: top.rank_number,
                strategy,
                generate_update_before: true,
                state_ttl_ms: self.settings.state_ttl_ms,
                input: input.output.clone(),
                output: top.output.clone(),
            }),
            inputs,
            output: top.output.clone(),
            parallelism,
            changes,
            keys,
            distribution: (!top.partition.is_empty()).then(|| top.partition.to_vec()),
            name: top.name.into(),
            lines: vec![PlanLine { name: top.name, prefix: text.clone(), infix: text }],
        }))
    }

    fn deduplicate(
        &mut self,
        node: &Rank,
        input: &Stream,
        time: WindowTime,
        keep_last: bool,
    ) -> Result<Stream, SqlError> {
        let (inputs, parallelism) = self.exchange(input, &node.partition, 0);
        // In mini-batches the first row by event time does not wait for a watermark: it is updated.
        let mini_batch = self.settings.mini_batch.map(|mini_batch| mini_batch.bounds);
        let updates_first = mini_batch.is_some() && time != WindowTime::Proctime;
        let changes = if keep_last || updates_first { Changes::ALL } else { Changes::INSERT_ONLY };
        let keep = if keep_last { "LastRow" } else { "FirstRow" };
        let order = if time == WindowTime::Proctime { "PROCTIME" } else { "ROWTIME" };
        let key = describe::columns(&node.partition, &input.output);
        let text = format!(
            "keep=[{keep}], key=[{key}], order=[{order}], outputInsertOnly=[{}]",
            changes == Changes::INSERT_ONLY
        );
        // It is a Rank until the execution plan.
        let as_rank = Top { order_word: if order == "ROWTIME" { "ROWTIME " } else { "" }, ..Top::of(node) }
            .text(&input.output, &RankStrategy::AppendFast);
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::Deduplicate(DeduplicateSpec {
                keys: node.partition.clone(),
                time,
                keep_last,
                generate_update_before: true,
                repeats_updates: keep_last && time == WindowTime::Proctime,
                mini_batch,
                state_ttl_ms: self.settings.state_ttl_ms,
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes,
            keys: RowKeys::of(node.partition.iter().copied()),
            distribution: (!node.partition.is_empty()).then(|| node.partition.clone()),
            name: "Deduplicate".into(),
            lines: vec![PlanLine { name: "Deduplicate", prefix: as_rank, infix: text }],
        }))
    }

    /// The rows of an upsert changelog as updates of what was there before: keys that come first are inserts, what was not there is not deleted.
    pub(super) fn changelog_normalize(&mut self, input: &Stream, key: Vec<usize>) -> Stream {
        let (inputs, parallelism) = self.exchange(input, &key, 0);
        let text = format!("key=[{}]", describe::columns(&key, &input.output));
        self.stream(PhysicalNode {
            spec: OperatorSpec::Deduplicate(DeduplicateSpec {
                keys: key.clone(),
                time: WindowTime::Proctime,
                keep_last: true,
                generate_update_before: true,
                repeats_updates: false,
                mini_batch: None,
                state_ttl_ms: self.settings.state_ttl_ms,
                output: input.output.clone(),
            }),
            inputs,
            output: input.output.clone(),
            parallelism,
            changes: Changes::ALL,
            keys: RowKeys::of(key.iter().copied()),
            distribution: Some(key),
            name: "ChangelogNormalize".into(),
            lines: vec![PlanLine { name: "ChangelogNormalize", prefix: text.clone(), infix: text }],
        })
    }

    fn window_rank(&mut self, node: &Rank, windows: &WindowColumns) -> Result<Stream, SqlError> {
        let fields = &node.input.output().fields;
        let by_time = match node.order.as_slice() {
            [field] if node.first == 1 && node.last == RankEnd::Constant(1) => fields[field.column].ty.time_attribute(),
            _ => TimeAttribute::None,
        };
        let name = if by_time == TimeAttribute::Rowtime { "WindowDeduplicate" } else { "WindowRank" };
        if node.function != "ROW_NUMBER" {
            let message = format!(
                "{}() function is not supported on Window TopN currently, only ROW_NUMBER() is supported.",
                node.function
            );
            return Err(SqlError::unsupported(message, node.span));
        }
        if !windows.window.is_rowtime() || by_time == TimeAttribute::Proctime {
            let what = if by_time == TimeAttribute::None { "Window TopN" } else { "Window deduplicate" };
            let message = format!("Processing time {what} is not supported yet.");
            return Err(SqlError::unsupported(message, node.span));
        }
        let RankEnd::Constant(last) = node.last else {
            let message = "Rank strategy on variable rank range is not supported in a window";
            return Err(SqlError::unsupported(message, node.span).with_hint("compare the rank with a constant"));
        };
        let input = self.plan(&node.input)?;
        if !self.changes_of(&input).is_insert_only() {
            let message = "a Window Top-N over rows that are taken back is not supported yet";
            return Err(SqlError::unsupported(message, node.span));
        }
        let (mut inputs, parallelism) = self.exchange(&input, &node.partition, 0);
        let end = node.partition.iter().copied().find(|column| windows.end.contains(column));
        let is_bound = |column: &usize| windows.start.contains(column) || windows.end.contains(column);
        let keys: Vec<usize> = node.partition.iter().copied().filter(|column| !is_bound(column)).collect();
        let start = node.partition.iter().copied().find(|column| windows.start.contains(column));
        let bound = |column: Option<usize>| column.map_or("", |column| input.output.fields[column].name.as_str());
        let bounds = format!("win_start=[{}], win_end=[{}]", bound(start), bound(end));
        let window = describe::window_of_columns(&windows.window.assigner, &bounds);
        let order = describe::sort(&node.order, &input.output);
        // Flink spreads the rows by the other keys alone.
        inputs.iter_mut().for_each(|edge| edge.shown_keys = Some(keys.clone()));
        let keys = describe::columns(&keys, &input.output);
        let range = format!("rankStart={}, rankEnd={last}", node.first);
        let text = match name {
            "WindowDeduplicate" => {
                let keep = if node.order[0].descending { "LastRow" } else { "FirstRow" };
                let order = &input.output.fields[node.order[0].column].name;
                format!("window=[{window}], keep=[{keep}], partitionKeys=[{keys}], orderKey=[{order}], order=[ROWTIME]")
            }
            _ => format!(
                "window=[{window}], rankType=[ROW_NUMBER], rankRange=[{range}], partitionBy=[{keys}], orderBy=[{order}], select=[{}]",
                describe::columns(&(0..node.output.len()).collect::<Vec<_>>(), &node.output)
            ),
        };
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::WindowRank(WindowRankSpec {
                partition: node.partition.clone(),
                window_end: end.expect("both bounds are in the partition"),
                time_zone: self.window_zone(&windows.window),
                order: node.order.clone(),
                last_of_equal: name == "WindowDeduplicate" && node.order[0].descending,
                first: node.first,
                last,
                rank_number: node.rank_number,
                input: input.output.clone(),
                output: node.output.clone(),
            }),
            inputs,
            output: node.output.clone(),
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: Some(node.partition.clone()),
            name: name.into(),
            lines: vec![PlanLine { name, prefix: text.clone(), infix: text }],
        }))
    }

    pub(super) fn sort(&mut self, node: &Sort) -> Result<Stream, SqlError> {
        let Some(fetch) = node.fetch else {
            if node.offset > 0 {
                let message = "FETCH is missed, which on streaming table is not supported currently.";
                return Err(SqlError::unsupported(message, node.span).with_hint("add LIMIT"));
            }
            return self.temporal_sort(node);
        };
        let name = if node.order.is_empty() { "Limit" } else { "SortLimit" };
        let mut output = node.input.output().clone();
        // As in Flink, what only the watermark of a table needs is dropped behind it.
        let input = match node.input.as_ref() {
            LogicalPlan::Scan(scan) => self.wide_scan(scan)?,
            input => self.plan(input)?,
        };
        let narrow = std::mem::replace(&mut output, input.output.clone());
        // The first rows that come stay.
        let never_changes = node.order.is_empty() && self.changes_of(&input).is_insert_only();
        let first = self.first_rows(
            &input,
            &Top {
                name,
                input: &node.input,
                partition: &[],
                order: &node.order,
                first: node.offset.saturating_add(1),
                last: RankEnd::Constant(node.offset.saturating_add(fetch)),
                rank_number: false,
                output: &output,
                never_changes,
                order_word: "",
            },
        )?;
        let exprs = identity(&narrow);
        Ok(self.add_calc(first, None, exprs, narrow))
    }

    fn temporal_sort(&mut self, node: &Sort) -> Result<Stream, SqlError> {
        let refused = || {
            SqlError::unsupported("Sort on a non-time-attribute field is not supported.", node.span)
                .with_hint("order by a time attribute first, upwards, or add LIMIT")
        };
        let first = node.order.first().filter(|field| !field.descending).ok_or_else(refused)?;
        let output = node.input.output().clone();
        let time = output.fields[first.column].ty.time_attribute();
        if time == TimeAttribute::None {
            return Err(refused());
        }
        let input = self.plan(&node.input)?;
        if !self.changes_of(&input).is_insert_only() {
            return Err(refused());
        }
        if time == TimeAttribute::Proctime && node.order.len() == 1 {
            // Rows come in this order.
            return Ok(input);
        }
        let (inputs, parallelism) = self.exchange(&input, &[], 0);
        let text = format!("orderBy=[{}]", describe::sort(&node.order, &output));
        Ok(self.stream(PhysicalNode {
            spec: OperatorSpec::TemporalSort(TemporalSortSpec {
                rowtime: first.column,
                processing_time: time == TimeAttribute::Proctime,
                order: node.order[1..].to_vec(),
                output: output.clone(),
            }),
            inputs,
            output,
            parallelism,
            changes: Changes::INSERT_ONLY,
            keys: RowKeys::none(),
            distribution: None,
            name: "TemporalSort".into(),
            lines: vec![PlanLine { name: "TemporalSort", prefix: text.clone(), infix: text }],
        }))
    }
}

/// A Top-N to be planned.
struct Top<'n> {
    name: &'static str,
    input: &'n LogicalPlan,
    partition: &'n [usize],
    order: &'n [dataflow::operator_spec::SortField],
    first: u64,
    last: RankEnd,
    rank_number: bool,
    output: &'n RowType,
    /// Whether it emits inserts only.
    never_changes: bool,
    /// What stands before the order.
    order_word: &'static str,
}

impl<'n> Top<'n> {
    fn of(node: &'n Rank) -> Self {
        Self {
            name: "Rank",
            input: &node.input,
            partition: &node.partition,
            order: &node.order,
            first: node.first,
            last: node.last,
            rank_number: node.rank_number,
            output: &node.output,
            never_changes: false,
            order_word: "",
        }
    }

    /// By which columns the rows are told apart: by those of the input, by partition and rank, or by the partition where there is one row of it.
    fn keys(&self, input: &RowKeys) -> RowKeys {
        let mut keys = input.clone();
        let mut own: ColumnSet = self.partition.iter().copied().collect();
        if self.rank_number {
            own.insert(self.output.len() - 1);
        } else if self.last != RankEnd::Constant(self.first) {
            return keys;
        }
        keys.unique.push(own.clone());
        keys.upsert.push(own);
        keys
    }

    fn text(&self, input: &RowType, strategy: &RankStrategy) -> String {
        let order = format!("{}{}", self.order_word, describe::sort(self.order, input));
        let strategy = match strategy {
            RankStrategy::AppendFast => "AppendFastStrategy".to_owned(),
            RankStrategy::Retract => "RetractStrategy".to_owned(),
            RankStrategy::UpdateFast(keys) => {
                let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
                format!("UpdateFastStrategy[{}]", keys.join(","))
            }
        };
        let offset = self.first - 1;
        let fetch = match self.last {
            RankEnd::Constant(last) => last - offset,
            RankEnd::Column(_) => u64::MAX,
        };
        match self.name {
            "Limit" => format!("offset=[{offset}], fetch=[{fetch}]"),
            "SortLimit" => format!("orderBy=[{order}], offset=[{offset}], fetch=[{fetch}], strategy=[{strategy}]"),
            _ => {
                let all: Vec<usize> = (0..self.output.len()).collect();
                let range = match self.last {
                    RankEnd::Constant(last) => format!("rankStart={}, rankEnd={last}", self.first),
                    RankEnd::Column(column) => format!("rankEnd={}", describe::columns(&[column], input)),
                };
                let partition = describe::columns(self.partition, input);
                let select = describe::columns(&all, self.output);
                format!(
                    "strategy=[{strategy}], rankType=[ROW_NUMBER], rankRange=[{range}], partitionBy=[{partition}], orderBy=[{order}], select=[{select}]"
                )
            }
        }
    }
}
