//! Sinks with a primary key: whether the rows that come are told apart by that key, what happens when they are not, and whether -U rows are wanted.

use common::config::options::UpsertMaterialize;
use connectors::ChangelogMode;
use dataflow::RowType;
use dataflow::operator_spec::{
    ConflictBehavior, OperatorSpec, SinkUpsertMaterializerSpec, WatermarkCompactingSinkMaterializerSpec,
};

use super::planner::{PhysicalPlanner, Stream};
use super::{ColumnSet, NodeId, PhysicalPlan, UpdateKind};
use crate::ast::OnConflict;
use crate::bind::BoundInsert;
use crate::error::SqlError;

/// What a sink needs of its input.
pub(super) struct Upsert {
    /// How it wants to hear of updates.
    pub wants: UpdateKind,
    /// What keeps its rows before they are written.
    pub materializer: Option<Materializer>,
    /// Whether EXPLAIN says so.
    pub shows_materialize: bool,
}

/// What keeps the rows of a sink.
pub(super) enum Materializer {
    /// The newest one wins.
    Newest(SinkUpsertMaterializerSpec),
    /// What is left when the watermark has passed must be one.
    Compacting(WatermarkCompactingSinkMaterializerSpec),
}

impl Materializer {
    /// Columns of the primary key.
    pub fn primary_key(&self) -> &[usize] {
        match self {
            Materializer::Newest(spec) => &spec.primary_key,
            Materializer::Compacting(spec) => &spec.primary_key,
        }
    }

    /// The operator.
    pub fn into_spec(self) -> OperatorSpec {
        match self {
            Materializer::Newest(spec) => OperatorSpec::SinkUpsertMaterializer(spec),
            Materializer::Compacting(spec) => OperatorSpec::WatermarkCompactingSinkMaterializer(spec),
        }
    }
}

impl PhysicalPlanner<'_> {
    /// Checks the keys of the rows against the primary key of the table.
    pub(super) fn upsert(
        &self,
        stream: &Stream,
        primary_key: &[usize],
        accepts: ChangelogMode,
        insert: &BoundInsert,
    ) -> Result<Upsert, SqlError> {
        let takes_inserts = accepts == ChangelogMode::InsertOnly || self.changes_of(stream).is_insert_only();
        if insert.on_conflict.is_some() {
            self.check_on_conflict(stream, takes_inserts || primary_key.is_empty(), insert)?;
        }
        let key: ColumnSet = primary_key.iter().copied().collect();
        let keys = self.keys_of(stream);
        let fits = keys.upsert_within(&key);
        let may_conflict = !takes_inserts && !key.is_empty() && !fits;
        if may_conflict && insert.on_conflict.is_none() && self.requires_on_conflict() {
            return Err(keys_differ(insert, &keys.upsert));
        }
        let is_materialized = match self.settings.upsert_materialize {
            UpsertMaterialize::None => false,
            UpsertMaterialize::Auto => may_conflict,
            UpsertMaterialize::Force => !key.is_empty(),
        };
        // As in Flink, whose plan says it of every ON CONFLICT and whose job does it where keys differ.
        let shows_materialize = is_materialized
            || insert.on_conflict.is_some() && self.settings.upsert_materialize == UpsertMaterialize::Auto;
        let smallest = keys.upsert.iter().min_by_key(|key| key.len());
        let upsert_key = smallest.map(|key| key.iter().copied().collect());
        let materializer =
            is_materialized.then(|| self.materializer_of(primary_key, upsert_key, insert, &stream.output));
        let wants = match accepts {
            ChangelogMode::All => UpdateKind::BeforeAndAfter,
            // A row that moves to another primary key must be deleted under the old one.
            _ if !key.is_empty() && !keys.upsert.contains(&key) => UpdateKind::BeforeAndAfter,
            _ => self.wants_least(stream),
        };
        Ok(Upsert { wants, materializer, shows_materialize })
    }

    fn materializer_of(
        &self,
        primary_key: &[usize],
        upsert_key: Option<Vec<usize>>,
        insert: &BoundInsert,
        rows: &RowType,
    ) -> Materializer {
        let behavior = match insert.on_conflict {
            Some(OnConflict::Error) => ConflictBehavior::Error,
            Some(OnConflict::Nothing) => ConflictBehavior::Nothing,
            Some(OnConflict::Deduplicate) | None => {
                return Materializer::Newest(SinkUpsertMaterializerSpec {
                    primary_key: primary_key.to_vec(),
                    upsert_key,
                    state_ttl_ms: self.settings.state_ttl_ms,
                });
            }
        };
        let physical = insert.table.physical_row_type();
        Materializer::Compacting(WatermarkCompactingSinkMaterializerSpec {
            primary_key: primary_key.to_vec(),
            primary_key_names: primary_key.iter().map(|&column| physical.fields[column].name.clone()).collect(),
            upsert_key,
            behavior,
            output: rows.clone(),
        })
    }

    fn requires_on_conflict(&self) -> bool {
        self.settings.require_on_conflict && self.settings.upsert_materialize == UpsertMaterialize::Auto
    }

    fn check_on_conflict(&self, stream: &Stream, is_append_only: bool, insert: &BoundInsert) -> Result<(), SqlError> {
        if is_append_only {
            let message = format!(
                "ON CONFLICT clause is only allowed for upsert sinks. The sink '{}' is not an upsert sink because it only accepts INSERT (append-only) changes.",
                insert.path
            );
            return Err(SqlError::validation(message, insert.span).with_hint("leave ON CONFLICT out"));
        }
        let what = match insert.on_conflict {
            Some(OnConflict::Error) => "ON CONFLICT DO ERROR",
            Some(OnConflict::Nothing) => "ON CONFLICT DO NOTHING",
            Some(OnConflict::Deduplicate) | None => return Ok(()),
        };
        let mut without = Vec::new();
        stream.nodes.iter().for_each(|&node| self.sources_without_watermark(node, &mut without));
        if without.is_empty() {
            return Ok(());
        }
        let message = format!(
            "{what} requires all source tables to define watermarks, but the following source(s) do not: {}. Please add a WATERMARK declaration to these tables.",
            without.join(", ")
        );
        Err(SqlError::validation(message, insert.span))
    }

    fn sources_without_watermark(&self, node: NodeId, found: &mut Vec<String>) {
        let node = &self.plan.nodes[node];
        if let dataflow::OperatorSpec::Source(source) = &node.spec
            && source.watermark.is_none()
            && !found.contains(&source.connector.table)
        {
            found.push(source.connector.table.clone());
        }
        node.inputs.iter().for_each(|edge| self.sources_without_watermark(edge.source, found));
    }
}

/// Where rows are kept until the watermark has passed them it matters which rows are between two watermarks: sources cut their batches there.
pub(super) fn cut_at_watermarks(plan: &mut PhysicalPlan) {
    let mut matters = vec![false; plan.nodes.len()];
    // Consumers stand behind their inputs.
    for (id, node) in plan.nodes.iter_mut().enumerate().rev() {
        matters[id] |= matches!(node.spec, OperatorSpec::WatermarkCompactingSinkMaterializer(_));
        if !matters[id] {
            continue;
        }
        node.inputs.iter().for_each(|edge| matters[edge.source] = true);
        if let OperatorSpec::Source(source) = &mut node.spec
            && let Some(watermark) = &mut source.watermark
        {
            watermark.every = true;
        }
    }
}

fn keys_differ(insert: &BoundInsert, upsert: &[ColumnSet]) -> SqlError {
    let physical = insert.table.physical_row_type();
    let primary_key = insert.table.primary_key.as_ref().map(|key| key.columns.join(", ")).unwrap_or_default();
    let shown = |key: &ColumnSet| {
        let names: Vec<&str> = key.iter().map(|&column| physical.fields[column].name.as_str()).collect();
        format!("[{}]", names.join(", "))
    };
    let upsert: Vec<String> = upsert.iter().map(shown).collect();
    let message = format!(
        "The query has an upsert key that differs from the primary key of the sink table '{}'. Primary key: [{primary_key}], upsert key: {}. This can lead to non-deterministic results when multiple records with different upsert keys map to the same primary key. Please specify an ON CONFLICT clause to define how conflicts should be handled: ON CONFLICT DO DEDUPLICATE (update to the latest record, state intensive, since we need to keep the entire history), or ON CONFLICT DO ERROR (fail on conflict), or ON CONFLICT DO NOTHING (keep first record).",
        insert.path,
        upsert.join(", ")
    );
    SqlError::validation(message, insert.span)
}
