//! The logical plan as the binder made it: Calcite's names, columns by position.

use dataflow::operator_spec::JoinType;
use dataflow::{AggregateCall, RowType};

use super::TreeNode;
use crate::catalog::ObjectPath;
use crate::logical::{LogicalPlan, RankEnd};
use crate::physical::{Style, describe};

/// The tree of a logical plan.
pub(crate) fn logical_tree(plan: &LogicalPlan) -> String {
    node(plan).render()
}

fn node(plan: &LogicalPlan) -> TreeNode {
    let inputs: Vec<TreeNode> = plan.inputs().into_iter().map(node).collect();
    let positions = RowType::default();
    let expr = |expr: &dataflow::Expr| describe::expression(expr, &positions, Style::Prefix);
    let text = match plan {
        LogicalPlan::Scan(scan) => {
            let ObjectPath { catalog, database, object } = &scan.path;
            let table = format!("LogicalTableScan(table=[[{catalog}, {database}, {object}]])");
            return match &scan.table.watermark {
                None => TreeNode { text: table, inputs },
                Some(watermark) => {
                    let rowtime = &scan.table.columns[watermark.rowtime].name;
                    let text =
                        format!("LogicalWatermarkAssigner(rowtime=[{rowtime}], watermark=[{}])", expr(&watermark.expr));
                    TreeNode { text, inputs: vec![TreeNode { text: table, inputs: Vec::new() }] }
                }
            };
        }
        LogicalPlan::Values(values) => {
            let row =
                |row: &Vec<dataflow::Expr>| format!("{{ {} }}", row.iter().map(expr).collect::<Vec<_>>().join(", "));
            format!("LogicalValues(tuples=[[{}]])", values.rows.iter().map(row).collect::<Vec<_>>().join(", "))
        }
        LogicalPlan::Project(project) => {
            let column = |(e, field): (&dataflow::Expr, &dataflow::Field)| format!("{}=[{}]", field.name, expr(e));
            let columns: Vec<String> = project.exprs.iter().zip(&project.output.fields).map(column).collect();
            format!("LogicalProject({})", columns.join(", "))
        }
        LogicalPlan::Filter(filter) => format!("LogicalFilter(condition=[{}])", expr(&filter.condition)),
        LogicalPlan::Aggregate(aggregate) => {
            let calls = calls(&aggregate.calls, &aggregate.output, aggregate.keys.len());
            format!("LogicalAggregate(group=[{{{}}}]{calls})", numbers(&aggregate.keys))
        }
        LogicalPlan::WindowAggregate(aggregate) => {
            let calls = calls(&aggregate.calls, &aggregate.output, aggregate.keys.len());
            let time = aggregate.window.column.map_or_else(String::new, |column| format!("${column}"));
            let window = describe::window(&aggregate.window.assigner, &time);
            format!("LogicalWindowAggregate(group=[{{{}}}]{calls}, window=[{window}])", numbers(&aggregate.keys))
        }
        LogicalPlan::WindowTableFunction(function) => {
            let time = function.window.column.map_or_else(String::new, |column| format!("${column}"));
            format!("LogicalTableFunctionScan(invocation=[{}])", describe::window(&function.window.assigner, &time))
        }
        LogicalPlan::Join(join) => {
            format!("LogicalJoin(condition=[{}], joinType=[{}])", expr(&join.condition), join_word(join.join_type))
        }
        LogicalPlan::Unnest(unnest) => {
            let join = if unnest.outer { "left" } else { "inner" };
            format!("LogicalCorrelate(collection=[{}], joinType=[{join}])", expr(&unnest.collection))
        }
        LogicalPlan::OverAggregate(over) => {
            let calls = calls(&over.calls, &over.output, over.input.output().len());
            let order = describe::sort(&over.order, &positions);
            format!("LogicalWindow(partition=[{{{}}}], order=[{order}]{calls})", numbers(&over.partition))
        }
        LogicalPlan::Rank(rank) => {
            let order = describe::sort(&rank.order, &positions);
            let range = match rank.last {
                RankEnd::Constant(last) => format!("rankStart={}, rankEnd={last}", rank.first),
                RankEnd::Column(column) => format!("rankEnd=${column}"),
            };
            format!("LogicalRank(partitionBy=[{}], orderBy=[{order}], rankRange=[{range}])", numbers(&rank.partition))
        }
        LogicalPlan::Changelog(node) => format!("LogicalTableFunctionScan(invocation=[{}])", node.invocation),
        LogicalPlan::Match(node) => {
            let measures: Vec<&str> = node.output.fields.iter().map(|field| field.name.as_str()).collect();
            format!(
                "LogicalMatch(partition=[[{}]], order=[[{}]], outputFields=[[{}]], allRows=[false], after=[FLAG({})], pattern=[{}])",
                numbers(&node.partition),
                describe::sort(&node.order, &positions),
                measures.join(", "),
                describe::after_match(node.after, &node.pattern),
                node.pattern_text
            )
        }
        LogicalPlan::Sort(sort) => {
            let mut parts = Vec::new();
            parts.extend(
                (!sort.order.is_empty()).then(|| format!("order=[{}]", describe::sort(&sort.order, &positions))),
            );
            parts.extend((sort.offset > 0).then(|| format!("offset=[{}]", sort.offset)));
            parts.extend(sort.fetch.map(|fetch| format!("fetch=[{fetch}]")));
            format!("LogicalSort({})", parts.join(", "))
        }
        LogicalPlan::Expand(expand) => {
            let project =
                |exprs: &Vec<dataflow::Expr>| format!("{{{}}}", exprs.iter().map(expr).collect::<Vec<_>>().join(", "));
            let projects: Vec<String> = expand.projects.iter().map(project).collect();
            format!("LogicalExpand(projects=[{}])", projects.join(", "))
        }
        LogicalPlan::Union(_) => "LogicalUnion(all=[true])".to_owned(),
    };
    TreeNode { text, inputs }
}

fn numbers(indices: &[usize]) -> String {
    indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn calls(calls: &[AggregateCall], output: &RowType, keys: usize) -> String {
    let mut out = String::new();
    for (call, field) in calls.iter().zip(&output.fields[keys..]) {
        let args: Vec<String> = call.args.iter().map(|arg| format!("${arg}")).collect();
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let filter = call.filter.map_or_else(String::new, |filter| format!(" FILTER ${filter}"));
        out.push_str(&format!(", {}=[{}({distinct}{}){filter}]", field.name, call.function, args.join(", ")));
    }
    out
}

fn join_word(join_type: JoinType) -> &'static str {
    match join_type {
        JoinType::Inner => "inner",
        JoinType::Left => "left",
        JoinType::Right => "right",
        JoinType::Full => "full",
        JoinType::Semi => "semi",
        JoinType::Anti => "anti",
    }
}
