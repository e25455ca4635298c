//! What EXPLAIN shows as pushed into scans of files: the filter or the limit right above them. As in Flink the operator above still does the work, for
//! text formats cannot skip rows by value.

use dataflow::operator_spec::OperatorSpec;
use dataflow::{Expr, ExprKind, RowType};

use super::describe::{Style, unsimplified};
use super::simplified::simplify;
use super::{NodeId, PhysicalNode, PhysicalPlan};

/// Connectors whose scans show it.
const SHOWN_BY: &str = "filesystem";

/// Completes the lines of scans that one operator alone reads.
pub(super) fn show_pushed(plan: &mut PhysicalPlan) {
    for id in 0..plan.nodes.len() {
        let OperatorSpec::Source(source) = &plan.nodes[id].spec else { continue };
        if source.connector.connector != SHOWN_BY || source.watermark.is_some() || source.projection.is_some() {
            continue;
        }
        let Some(consumer) = only_consumer(plan, id) else { continue };
        let (filter, limit) = (filter_of(consumer, &plan.nodes[id].output), limit_of(consumer));
        let Some(line) = plan.nodes[id].lines.first_mut() else { continue };
        for text in [&mut line.prefix, &mut line.infix] {
            insert(text, filter.as_deref(), limit.as_deref());
        }
    }
}

fn only_consumer(plan: &PhysicalPlan, id: NodeId) -> Option<&PhysicalNode> {
    let mut consumers = plan.nodes.iter().filter(|node| node.inputs.iter().any(|edge| edge.source == id));
    let consumer = consumers.next()?;
    consumers.next().is_none().then_some(consumer)
}

fn filter_of(node: &PhysicalNode, rows: &RowType) -> Option<String> {
    let OperatorSpec::Calc(calc) = &node.spec else { return None };
    let terms = simplify(calc.condition.as_ref()?, true).expanded();
    let texts = terms.iter().map(|term| pushed_text(term, rows));
    texts.reduce(|all, term| format!("and({all}, {term})"))
}

/// OR takes two at a time here.
fn pushed_text(expr: &Expr, rows: &RowType) -> String {
    match &expr.kind {
        ExprKind::Call { function, args } if function == "OR" => {
            let texts = args.iter().map(|arg| pushed_text(arg, rows));
            texts.reduce(|all, term| format!("OR({all}, {term})")).unwrap_or_default()
        }
        _ => unsimplified(expr, rows, Style::Prefix),
    }
}

fn limit_of(node: &PhysicalNode) -> Option<String> {
    let OperatorSpec::Rank(rank) = &node.spec else { return None };
    (node.name == "Limit").then(|| rank.last.to_string())
}

/// Puts them at their places in `table=[[catalog, database, table, project=[...], metadata=[...]]], fields=[...]`.
fn insert(text: &mut String, filter: Option<&str>, limit: Option<&str>) {
    let Some(end) = text.find("]], fields=[") else { return };
    if let Some(limit) = limit {
        text.insert_str(end, &format!(", limit=[{limit}]"));
    }
    if let Some(filter) = filter {
        let at = text.find(", project=[").unwrap_or(end);
        text.insert_str(at, &format!(", filter=[{filter}]"));
    }
}
