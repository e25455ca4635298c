//! Sinks: whether the table can take the changes that arrive, and how they are spread over its writers.

use common::config::options::SinkKeyedShuffle;
use connectors::ChangelogMode;
use dataflow::operator_spec::{OperatorSpec, SinkSpec, WatermarkTimestampAssignerSpec, watermark_field};
use dataflow::{Partitioning, RowType};

use super::planner::{PhysicalPlanner, Stream};
use super::sink_metadata::layout;
use super::sink_upsert::Materializer;
use super::source::{check_primary_key, connector_error, connector_spec, no_connector};
use super::{Changes, NodeId, PhysicalEdge, PhysicalNode, PlanLine, RowKeys, UpdateKind};
use crate::ast::OnConflict;
use crate::bind::BoundInsert;
use crate::error::SqlError;
use crate::logical::LogicalPlan;

impl PhysicalPlanner<'_> {
    /// Plans an INSERT whose query has been optimised to `plan`.
    pub fn insert(&mut self, insert: &BoundInsert, plan: &LogicalPlan) -> Result<(), SqlError> {
        let span = insert.span;
        let spec = connector_spec(&insert.path, &insert.table, &insert.options);
        let ability = match &spec {
            Some(spec) => check_primary_key(&insert.table, spec)
                .and_then(|()| connectors::factory(&spec.connector))
                .and_then(|factory| factory.sink(spec)),
            None => Err(no_connector()),
        };
        let ability = ability.map_err(|error| {
            connector_error(&error, &format!("Unable to create a sink for writing table '{}'", insert.path), span)
        })?;
        if insert.table.distribution.is_some() {
            let message = format!(
                "Table '{}' is distributed into buckets, but the underlying DynamicTableSink doesn't implement the SupportsBucketing interface.",
                insert.path
            );
            return Err(SqlError::validation(message, span));
        }
        let layout = layout(insert, &ability, plan.output())?;
        let mut stream = self.plan(plan)?;
        let mut metadata = Vec::new();
        if let Some(layout) = layout {
            stream = self.add_calc(stream, None, layout.exprs, layout.rows);
            metadata = layout.metadata;
        }
        let changes = self.changes_of(&stream);
        if ability.accepts == ChangelogMode::InsertOnly && !changes.is_insert_only() {
            return Err(self.refuse_changes(&stream, &insert.path.to_string(), span));
        }
        let connector = spec.expect("a table without a connector was refused above");
        let primary_key = primary_key(insert);
        let upsert = self.upsert(&stream, &primary_key, ability.accepts, insert)?;
        let parallelism = ability.parallelism.unwrap_or_else(|| self.parallelism_of(&stream));
        let is_kept = upsert.materializer.is_some();
        let stream = match upsert.materializer {
            Some(Materializer::Compacting(_)) => self.with_watermarks(stream),
            _ => stream,
        };
        let mut inputs = self.sink_edges(&stream, parallelism, &primary_key, is_kept, insert)?;
        let text = sink_text(insert, &stream.output, upsert.shows_materialize);
        if let Some(spec) = upsert.materializer {
            inputs = self.materializer(spec, inputs, &stream.output, parallelism);
        }
        let mut input = connector.physical.clone();
        input.fields.extend(stream.output.fields[input.len()..].iter().cloned());
        let sink = self.add(PhysicalNode {
            spec: OperatorSpec::Sink(SinkSpec {
                connector,
                input,
                metadata,
                primary_key,
                not_null: self.settings.not_null,
                type_length: self.settings.type_length,
                insert_only: changes.is_insert_only() && !is_kept,
            }),
            inputs,
            output: RowType::default(),
            parallelism,
            changes,
            keys: RowKeys::none(),
            distribution: None,
            name: format!("Sink: {}", insert.path.object),
            lines: vec![PlanLine { name: "Sink", prefix: text.clone(), infix: text }],
        });
        self.plan.roots.push((sink, upsert.wants));
        Ok(())
    }

    /// What keeps the rows of the sink.
    fn materializer(
        &mut self,
        materializer: Materializer,
        inputs: Vec<PhysicalEdge>,
        rows: &RowType,
        parallelism: u32,
    ) -> Vec<PhysicalEdge> {
        let source = self.add(PhysicalNode {
            inputs,
            output: rows.clone(),
            parallelism,
            changes: Changes { update_before: false, ..Changes::ALL },
            keys: RowKeys::of(materializer.primary_key().iter().copied()),
            distribution: Some(materializer.primary_key().to_vec()),
            name: "SinkMaterializer".into(),
            // EXPLAIN shows it as a part of its sink.
            lines: Vec::new(),
            spec: materializer.into_spec(),
        });
        vec![PhysicalEdge { source, input: 0, partitioning: Partitioning::Forward, shown_keys: None }]
    }

    /// The rows with the watermark at which each goes on; EXPLAIN shows nothing of it.
    fn with_watermarks(&mut self, stream: Stream) -> Stream {
        let add = |source: NodeId, planner: &mut Self| {
            let node = planner.plan.nodes[source].clone();
            let mut output = node.output.clone();
            output.fields.push(watermark_field());
            planner.add(PhysicalNode {
                spec: OperatorSpec::WatermarkTimestampAssigner(WatermarkTimestampAssignerSpec {
                    output: output.clone(),
                }),
                inputs: vec![PhysicalEdge { source, input: 0, partitioning: Partitioning::Forward, shown_keys: None }],
                output,
                name: "WatermarkTimestampAssigner".into(),
                lines: Vec::new(),
                ..node
            })
        };
        let nodes = stream.nodes.into_iter().map(|source| add(source, self)).collect();
        Stream { nodes, output: stream.output }
    }

    /// Plans a SELECT whose rows a client fetches.
    pub fn collect(&mut self, plan: &LogicalPlan) -> Result<(), SqlError> {
        let stream = self.plan(plan)?;
        let changes = self.changes_of(&stream);
        let inputs = self.forward(&stream, 1, None);
        let fields: Vec<&str> = stream.output.fields.iter().map(|field| field.name.as_str()).collect();
        let text = format!("table=[*anonymous_collect*], fields=[{}]", fields.join(", "));
        let collect = self.add(PhysicalNode {
            spec: OperatorSpec::Collect,
            inputs,
            output: RowType::default(),
            parallelism: 1,
            changes,
            keys: RowKeys::none(),
            distribution: None,
            name: "Sink: Collect table sink".into(),
            lines: vec![PlanLine { name: "Sink", prefix: text.clone(), infix: text }],
        });
        self.plan.roots.push((collect, UpdateKind::BeforeAndAfter));
        Ok(())
    }

    /// Rows of one key must reach one writer in order.
    fn sink_edges(
        &self,
        stream: &Stream,
        parallelism: u32,
        primary_key: &[usize],
        is_kept: bool,
        insert: &BoundInsert,
    ) -> Result<Vec<PhysicalEdge>, SqlError> {
        let given = self.parallelism_of(stream);
        if primary_key.is_empty() {
            if given != parallelism && parallelism != 1 && !self.changes_of(stream).is_insert_only() {
                return Err(SqlError::validation(
                    format!(
                        "The sink for table '{}' has a configured parallelism of {parallelism}, while the input parallelism is {given}. Since the configured parallelism is different from the input's parallelism and the changelog mode is not insert-only, a primary key is required but could not be found.",
                        insert.path
                    ),
                    insert.span,
                ));
            }
            return Ok(self.forward(stream, parallelism, None));
        }
        let is_shuffled = match self.settings.keyed_shuffle {
            SinkKeyedShuffle::None => false,
            SinkKeyedShuffle::Auto => given != parallelism && parallelism != 1,
            SinkKeyedShuffle::Force => parallelism != 1,
        };
        if !is_shuffled && !is_kept {
            return Ok(self.forward(stream, parallelism, None));
        }
        let edge = |&source: &NodeId| PhysicalEdge {
            source,
            input: 0,
            partitioning: Partitioning::Hash { keys: primary_key.to_vec() },
            shown_keys: None,
        };
        Ok(stream.nodes.iter().map(edge).collect())
    }

    /// Names the operator whose changes an append-only table cannot take.
    fn refuse_changes(&self, stream: &Stream, table: &str, span: crate::ast::Span) -> SqlError {
        let mut node = *stream
            .nodes
            .iter()
            .find(|&&node| !self.plan.nodes[node].changes.is_insert_only())
            .expect("the stream has changes, so one of its producers has");
        while let OperatorSpec::Calc(_) = self.plan.nodes[node].spec {
            let inputs = &self.plan.nodes[node].inputs;
            match inputs.iter().find(|edge| !self.plan.nodes[edge.source].changes.is_insert_only()) {
                Some(edge) => node = edge.source,
                None => break,
            }
        }
        let node = &self.plan.nodes[node];
        let kinds = match (node.changes.updates, node.changes.deletes) {
            (true, true) => "update and delete",
            (false, true) => "delete",
            _ => "update",
        };
        let shown = node.lines.last().map_or_else(String::new, |line| format!("{}({})", line.name, line.infix));
        SqlError::unsupported(
            format!("Table sink '{table}' doesn't support consuming {kinds} changes which is produced by node {shown}"),
            span,
        )
        .with_hint("write to a table that takes updates (such as 'print'), or aggregate per window")
    }
}

fn sink_text(insert: &BoundInsert, rows: &RowType, shows_materialize: bool) -> String {
    let fields: Vec<&str> = rows.fields.iter().map(|field| field.name.as_str()).collect();
    let mut text = format!("table=[{}], fields=[{}]", insert.path, fields.join(", "));
    if shows_materialize {
        text.push_str(", upsertMaterialize=[true]");
    }
    if let Some(on_conflict) = insert.on_conflict {
        let word = match on_conflict {
            OnConflict::Nothing => "NOTHING",
            OnConflict::Error => "ERROR",
            OnConflict::Deduplicate => "DEDUPLICATE",
        };
        text.push_str(&format!(", conflictStrategy=[{word}]"));
    }
    text
}

fn primary_key(insert: &BoundInsert) -> Vec<usize> {
    let physical = insert.table.physical_row_type();
    match &insert.table.primary_key {
        Some(key) => key.columns.iter().filter_map(|column| physical.index_of(column)).collect(),
        None => Vec::new(),
    }
}
