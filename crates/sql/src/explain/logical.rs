//! The logical plan as the binder made it: Calcite's names, columns by position.

use dataflow::operator_spec::{
    AfterMatch, JoinType, OverFrame, PatternVariable, SortField, WindowAssigner, WindowProperty,
};
use dataflow::{AggregateCall, Expr, ExprKind, Field, Literal, LogicalType, RowType, TypeKind};

use super::TreeNode;
use crate::catalog::{CatalogTable, ColumnSource, ObjectPath, TableColumn};
use crate::logical::{
    Aggregate, LogicalPlan, Match, NULL_SAFE_EQUALS, OverAggregate, Project, RankEnd, WindowAggregate,
    WindowTableFunction, conjuncts, identity, is_identity,
};
use crate::physical::{Style, describe};
use crate::rules::join_keys;

/// The tree of a logical plan. What joins compare is computed below them already, as in Calcite.
pub(crate) fn logical_tree(plan: &LogicalPlan) -> String {
    node(&join_keys(plan.clone())).render()
}

/// The tree below a node. Rows that are written out have the names that they are given.
fn child(plan: &LogicalPlan) -> TreeNode {
    match plan {
        LogicalPlan::Project(project)
            if matches!(*project.input, LogicalPlan::Values(_))
                && is_identity(&project.exprs, project.input.output()) =>
        {
            node(&project.input)
        }
        plan => node(plan),
    }
}

fn node(plan: &LogicalPlan) -> TreeNode {
    if let Some(tree) = over_sets(plan).or_else(|| over_group_window(plan)).or_else(|| set_operation(plan)) {
        return tree;
    }
    let inputs: Vec<TreeNode> = plan.inputs().into_iter().map(child).collect();
    let positions = RowType::default();
    let expr = |expr: &dataflow::Expr| describe::expression(expr, &positions, Style::Tree);
    let simplified = |expr: &dataflow::Expr| describe::expression(expr, &positions, Style::SimplifiedTree);
    let text = match plan {
        LogicalPlan::Scan(scan) => {
            let ObjectPath { catalog, database, object } = &scan.path;
            let table = format!("LogicalTableScan(table=[[{catalog}, {database}, {object}]])");
            let mut node = TreeNode { text: table, inputs };
            if let Some(text) = computed_columns(&scan.table) {
                node = TreeNode { text, inputs: vec![node] };
            }
            if let Some(watermark) = &scan.table.watermark {
                let rowtime = &scan.table.columns[watermark.rowtime].name;
                let text =
                    format!("LogicalWatermarkAssigner(rowtime=[{rowtime}], watermark=[{}])", expr(&watermark.expr));
                node = TreeNode { text, inputs: vec![node] };
            }
            return node;
        }
        LogicalPlan::Values(values) => {
            let row =
                |row: &Vec<dataflow::Expr>| format!("{{ {} }}", row.iter().map(expr).collect::<Vec<_>>().join(", "));
            format!("LogicalValues(tuples=[[{}]])", values.rows.iter().map(row).collect::<Vec<_>>().join(", "))
        }
        LogicalPlan::Project(project) if matches!(*project.input, LogicalPlan::OverAggregate(_)) => {
            let (columns, below) = with_overs(&project.input);
            let names = RowType::new(
                columns
                    .into_iter()
                    .zip(&project.input.output().fields)
                    .map(|(text, field)| Field::new(text, field.ty.clone()))
                    .collect(),
            );
            let column = |(expr, field): (&dataflow::Expr, &Field)| {
                format!("{}=[{}]", field.name, describe::expression(expr, &names, Style::SimplifiedTree))
            };
            let columns: Vec<String> = project.exprs.iter().zip(&project.output.fields).map(column).collect();
            return TreeNode {
                text: format!("LogicalProject({})", columns.join(", ")),
                inputs: vec![self::node(below)],
            };
        }
        // Nothing is projected for COUNT(*) alone.
        LogicalPlan::Project(project) if project.exprs.is_empty() => return self::node(&project.input),
        LogicalPlan::Project(project) => {
            let column =
                |(e, field): (&dataflow::Expr, &dataflow::Field)| format!("{}=[{}]", field.name, simplified(e));
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
            let fields: Vec<String> = function.output.fields.iter().map(describe::record_field).collect();
            format!(
                "LogicalTableFunctionScan(invocation=[{}], rowType=[RecordType({})])",
                window_call(function),
                fields.join(", ")
            )
        }
        LogicalPlan::Join(join) => {
            let condition = describe::condition(&join.condition, &positions, Style::SimplifiedTree);
            format!("LogicalJoin(condition=[{condition}], joinType=[{}])", join_word(join.join_type))
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
        LogicalPlan::Match(node) => match_text(node),
        LogicalPlan::Sort(sort) => {
            let mut parts = Vec::new();
            parts.extend(sort.order.iter().enumerate().map(|(at, field)| format!("sort{at}=[${}]", field.column)));
            parts.extend(sort.order.iter().enumerate().map(|(at, field)| {
                let direction = if field.descending { "DESC" } else { "ASC" };
                let nulls = if field.nulls_first { "first" } else { "last" };
                format!("dir{at}=[{direction}-nulls-{nulls}]")
            }));
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

/// UNION, INTERSECT and EXCEPT as they were written. Of several in a row each takes two.
fn set_operation(plan: &LogicalPlan) -> Option<TreeNode> {
    let of_two =
        |text: &str, left: TreeNode, right: TreeNode| TreeNode { text: text.into(), inputs: vec![left, right] };
    match plan {
        LogicalPlan::Union(union) if !union.is_expansion => {
            let trees = union.inputs.iter().map(child);
            trees.reduce(|left, right| of_two("LogicalUnion(all=[true])", left, right))
        }
        LogicalPlan::Aggregate(aggregate) if is_distinct(aggregate) => match aggregate.input.as_ref() {
            LogicalPlan::Union(union) if !union.is_expansion => {
                let mut tree = set_operation(&aggregate.input)?;
                tree.text = "LogicalUnion(all=[false])".into();
                Some(tree)
            }
            _ => None,
        },
        LogicalPlan::Join(join) => {
            let LogicalPlan::Aggregate(left) = join.left.as_ref() else { return None };
            let is_same =
                |term: &Expr| matches!(&term.kind, ExprKind::Call { function, .. } if function == NULL_SAFE_EQUALS);
            let text = match join.join_type {
                JoinType::Semi => "LogicalIntersect(all=[false])",
                JoinType::Anti => "LogicalMinus(all=[false])",
                _ => return None,
            };
            let terms = conjuncts(join.condition.clone());
            let are_rows = is_distinct(left) && terms.len() == left.keys.len() && terms.iter().all(is_same);
            are_rows.then(|| of_two(text, child(&left.input), child(&join.right)))
        }
        _ => None,
    }
}

/// Whether an aggregation only takes equal rows out.
fn is_distinct(aggregate: &Aggregate) -> bool {
    aggregate.calls.is_empty() && aggregate.keys.iter().copied().eq(0..aggregate.input.output().len())
}

/// An aggregation by a window of GROUP BY, and what stands over it, as they were written: the window is a key.
fn over_group_window(plan: &LogicalPlan) -> Option<TreeNode> {
    let text = |expr: &Expr, columns: &RowType| describe::expression(expr, columns, Style::SimplifiedTree);
    match plan {
        LogicalPlan::Project(project) => {
            let columns = behind_group_window(&project.input)?;
            let column = |(expr, field): (&Expr, &Field)| format!("{}=[{}]", field.name, text(expr, &columns));
            let exprs: Vec<String> = project.exprs.iter().zip(&project.output.fields).map(column).collect();
            let below = match project.input.as_ref() {
                LogicalPlan::WindowAggregate(aggregate) => by_group_window(aggregate)?,
                filter => over_group_window(filter)?,
            };
            Some(TreeNode { text: format!("LogicalProject({})", exprs.join(", ")), inputs: vec![below] })
        }
        LogicalPlan::Filter(filter) => {
            let columns = behind_group_window(&filter.input)?;
            let LogicalPlan::WindowAggregate(aggregate) = filter.input.as_ref() else { return None };
            let text = format!("LogicalFilter(condition=[{}])", text(&filter.condition, &columns));
            Some(TreeNode { text, inputs: vec![by_group_window(aggregate)?] })
        }
        LogicalPlan::WindowAggregate(aggregate) => {
            let columns = behind_group_window(plan)?;
            let names = aggregate.output.fields.iter().map(|field| &field.name);
            let exprs: Vec<String> =
                names.zip(&columns.fields).map(|(name, column)| format!("{name}=[{}]", column.name)).collect();
            let text = format!("LogicalProject({})", exprs.join(", "));
            Some(TreeNode { text, inputs: vec![by_group_window(aggregate)?] })
        }
        _ => None,
    }
}

/// The columns behind an aggregation by a window of GROUP BY, each named by what Calcite has there.
fn behind_group_window(plan: &LogicalPlan) -> Option<RowType> {
    let aggregate = match plan {
        LogicalPlan::WindowAggregate(aggregate) if aggregate.is_legacy => aggregate,
        LogicalPlan::Filter(filter) => return behind_group_window(&filter.input),
        _ => return None,
    };
    let groups = groups_with_window(aggregate)?;
    let place = |column: usize| groups.iter().position(|&group| group == column);
    let window = place(aggregate.window.column?)?;
    let word = group_window_word(&aggregate.window.assigner);
    let keys = aggregate.keys.iter().filter_map(|&key| place(key)).map(|key| format!("${key}"));
    let calls = (0..aggregate.calls.len()).map(|call| format!("${}", groups.len() + call));
    let properties = aggregate.properties.iter().map(|property| {
        let property = match property {
            WindowProperty::Start => "START",
            WindowProperty::End => "END",
            WindowProperty::Rowtime => "ROWTIME",
            WindowProperty::Proctime => "PROCTIME",
        };
        format!("{word}_{property}(${window})")
    });
    let names = keys.chain(calls).chain(properties).zip(&aggregate.output.fields);
    Some(RowType::new(names.map(|(name, field)| Field::new(name, field.ty.clone())).collect()))
}

/// The columns that rows are grouped by: the keys, and the time that stands for the window.
fn groups_with_window(aggregate: &WindowAggregate) -> Option<Vec<usize>> {
    let mut groups = aggregate.keys.clone();
    groups.push(aggregate.window.column?);
    groups.sort_unstable();
    groups.dedup();
    Some(groups)
}

fn group_window_word(assigner: &WindowAssigner) -> &'static str {
    match assigner {
        WindowAssigner::Tumble { .. } => "TUMBLE",
        WindowAssigner::Hop { .. } => "HOP",
        WindowAssigner::Cumulate { .. } => "CUMULATE",
        WindowAssigner::Session { .. } => "SESSION",
    }
}

fn by_group_window(aggregate: &WindowAggregate) -> Option<TreeNode> {
    let time = aggregate.window.column?;
    let (exprs, below) = match aggregate.input.as_ref() {
        LogicalPlan::Project(project) => (project.exprs.clone(), project.input.as_ref()),
        input => (identity(input.output()), input),
    };
    let intervals = match aggregate.window.assigner {
        WindowAssigner::Tumble { size, .. } => vec![size],
        WindowAssigner::Hop { slide, size, .. } => vec![slide, size],
        WindowAssigner::Cumulate { step, size, .. } => vec![step, size],
        WindowAssigner::Session { gap } => vec![gap],
    };
    let intervals: Vec<String> = intervals.into_iter().map(describe::interval).collect();
    let word = group_window_word(&aggregate.window.assigner);
    let names = &aggregate.input.output().fields;
    let column = |(index, expr): (usize, &Expr)| {
        let text = describe::expression(expr, &RowType::default(), Style::SimplifiedTree);
        match index == time {
            true => format!("$f{index}=[${word}({text}, {})]", intervals.join(", ")),
            false => format!("{}=[{text}]", names[index].name),
        }
    };
    let columns: Vec<String> = exprs.iter().enumerate().map(column).collect();
    let project = TreeNode { text: format!("LogicalProject({})", columns.join(", ")), inputs: vec![child(below)] };
    let calls = calls(&aggregate.calls, &aggregate.output, aggregate.keys.len());
    let text = format!("LogicalAggregate(group=[{{{}}}]{calls})", numbers(&groups_with_window(aggregate)?));
    Some(TreeNode { text, inputs: vec![project] })
}

/// An aggregation by several sets of keys, and what stands over it, as they were written: without the column that tells the sets apart.
fn over_sets(plan: &LogicalPlan) -> Option<TreeNode> {
    let without_id = |expr: &Expr, id: usize| {
        let mut expr = expr.clone();
        expr.map_columns(&mut |index| if index > id { index - 1 } else { index });
        expr
    };
    let text = |expr: &Expr| describe::expression(expr, &RowType::default(), Style::Tree);
    match plan {
        LogicalPlan::Filter(filter) => {
            let condition = text(&without_id(&filter.condition, id_of_sets(&filter.input)?));
            let text = format!("LogicalFilter(condition=[{condition}])");
            Some(TreeNode { text, inputs: vec![node(&filter.input)] })
        }
        LogicalPlan::Project(project) => {
            let id = id_of_sets(&project.input)?;
            let exprs: Vec<Expr> = project.exprs.iter().map(|expr| without_id(expr, id)).collect();
            let mut below = project.input.output().clone();
            below.fields.remove(id);
            let same_names =
                below.fields.iter().map(|field| &field.name).eq(project.output.fields.iter().map(|f| &f.name));
            if same_names && is_identity(&exprs, &below) {
                return Some(node(&project.input));
            }
            let column = |(expr, field): (&Expr, &Field)| format!("{}=[{}]", field.name, text(expr));
            let columns: Vec<String> = exprs.iter().zip(&project.output.fields).map(column).collect();
            let text = format!("LogicalProject({})", columns.join(", "));
            Some(TreeNode { text, inputs: vec![node(&project.input)] })
        }
        LogicalPlan::Aggregate(aggregate) => {
            let id = id_of_sets(plan)?;
            let LogicalPlan::Union(union) = aggregate.input.as_ref() else { return None };
            let projects: Option<Vec<&Project>> = union.inputs.iter().map(as_project).collect();
            let projects = projects?;
            let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Literal::Null));
            let set = |project: &&Project| {
                let keys: Vec<usize> = (0..id).filter(|&key| !is_null(&project.exprs[key])).collect();
                format!("{{{}}}", numbers(&keys))
            };
            let sets: Vec<String> = projects.iter().map(set).collect();
            let keys: Vec<usize> = (0..id).collect();
            let calls = calls(&aggregate.calls, &aggregate.output, aggregate.keys.len());
            let width = union.output.len() - 1;
            let written = |column: usize| {
                let exprs = projects.iter().map(|project| &project.exprs[column]);
                exprs.clone().find(|expr| !is_null(expr)).unwrap_or(&projects[0].exprs[column])
            };
            let columns: Vec<String> = (0..width)
                .map(|column| format!("{}=[{}]", union.output.fields[column].name, text(written(column))))
                .collect();
            let mut below = node(&projects[0].input);
            if width > 0 {
                below = TreeNode { text: format!("LogicalProject({})", columns.join(", ")), inputs: vec![below] };
            }
            let sets = sets.join(", ");
            let text = format!("LogicalAggregate(group=[{{{}}}], groups=[[{sets}]]{calls})", numbers(&keys));
            Some(TreeNode { text, inputs: vec![below] })
        }
        _ => None,
    }
}

/// The column of the rows that tells by which set of keys they are aggregated.
fn id_of_sets(plan: &LogicalPlan) -> Option<usize> {
    match plan {
        LogicalPlan::Filter(filter) => id_of_sets(&filter.input),
        LogicalPlan::Aggregate(aggregate) => match aggregate.input.as_ref() {
            LogicalPlan::Union(union) if union.is_expansion => aggregate.keys.len().checked_sub(1),
            _ => None,
        },
        _ => None,
    }
}

fn as_project(plan: &LogicalPlan) -> Option<&Project> {
    match plan {
        LogicalPlan::Project(project) => Some(project),
        _ => None,
    }
}

/// The projection over a scan that computes the columns of the table, if there are any to compute.
fn computed_columns(table: &CatalogTable) -> Option<String> {
    let is_stored = |column: &TableColumn| !matches!(column.source, ColumnSource::Computed { .. });
    if table.columns.iter().all(is_stored) {
        return None;
    }
    // What the connector says beside the record comes behind its columns.
    let of = |metadata: bool| {
        let columns = table.columns.iter().enumerate();
        columns.filter(move |(_, column)| is_stored(column) && (column.source != ColumnSource::Physical) == metadata)
    };
    let stored: Vec<usize> = of(false).chain(of(true)).map(|(index, _)| index).collect();
    let place = |column: usize| stored.iter().position(|&index| index == column).unwrap_or(column);
    let column = |(index, column): (usize, &TableColumn)| match &column.source {
        ColumnSource::Computed { expr, .. } => {
            let mut expr = expr.clone();
            expr.map_columns(&mut |index| place(index));
            format!("{}=[{}]", column.name, describe::expression(&expr, &RowType::default(), Style::Tree))
        }
        _ => format!("{}=[${}]", column.name, place(index)),
    };
    let columns: Vec<String> = table.columns.iter().enumerate().map(column).collect();
    Some(format!("LogicalProject({})", columns.join(", ")))
}

/// `TUMBLE(TABLE(#0), DESCRIPTOR(_UTF-16LE'ts'), 60000:INTERVAL MINUTE)`
fn window_call(function: &WindowTableFunction) -> String {
    let partition = match function.partition.as_slice() {
        [] => String::new(),
        columns => {
            let columns: Vec<String> = columns.iter().map(|column| format!("${column}")).collect();
            format!(" PARTITION BY({})", columns.join(", "))
        }
    };
    let time = function.window.column.map_or("", |column| &function.input.output().fields[column].name);
    let (name, mut intervals, offset) = match function.window.assigner {
        WindowAssigner::Tumble { size, offset } => ("TUMBLE", vec![size], offset),
        WindowAssigner::Hop { slide, size, offset } => ("HOP", vec![slide, size], offset),
        WindowAssigner::Cumulate { step, size, offset } => ("CUMULATE", vec![step, size], offset),
        WindowAssigner::Session { gap } => ("SESSION", vec![gap], 0),
    };
    intervals.extend((offset != 0).then_some(offset));
    let intervals: Vec<String> = intervals.into_iter().map(describe::interval).collect();
    format!("{name}(TABLE(#0){partition}, DESCRIPTOR(_UTF-16LE'{time}'), {})", intervals.join(", "))
}

/// The columns behind an OVER aggregation as texts over the plan that is returned, which is below it.
fn with_overs(plan: &LogicalPlan) -> (Vec<String>, &LogicalPlan) {
    let positions = |plan: &LogicalPlan| (0..plan.output().len()).map(|index| format!("${index}")).collect();
    match plan {
        LogicalPlan::OverAggregate(over) => {
            let (mut columns, below) = with_overs(&over.input);
            let window = window_text(over, &columns);
            let rows = over.input.output();
            let calls: Vec<String> = over.calls.iter().map(|call| over_call(call, &columns, rows, &window)).collect();
            columns.extend(calls);
            (columns, below)
        }
        // What partitions and orders refer to is computed below them.
        LogicalPlan::Project(project) if project.output.fields.iter().any(|field| field.name.starts_with('$')) => {
            let column = |expr| describe::expression(expr, &RowType::default(), Style::Tree);
            (project.exprs.iter().map(column).collect(), &project.input)
        }
        _ => (positions(plan), plan),
    }
}

/// `(PARTITION BY $1 ORDER BY $4 NULLS FIRST ROWS 2 PRECEDING)`
fn window_text(over: &OverAggregate, columns: &[String]) -> String {
    let mut parts = Vec::new();
    if !over.partition.is_empty() {
        let keys: Vec<&str> = over.partition.iter().map(|&column| columns[column].as_str()).collect();
        parts.push(format!("PARTITION BY {}", keys.join(", ")));
    }
    if !over.order.is_empty() {
        let field = |field: &SortField| {
            let direction = if field.descending { " DESC" } else { "" };
            let nulls = if field.nulls_first { "FIRST" } else { "LAST" };
            format!("{}{direction} NULLS {nulls}", columns[field.column])
        };
        let fields: Vec<String> = over.order.iter().map(field).collect();
        parts.push(format!("ORDER BY {}", fields.join(", ")));
    }
    let is_numbered = over.calls.iter().any(|call| call.function == "ROW_NUMBER");
    parts.extend(match over.frame {
        OverFrame::UnboundedRows if is_numbered => None,
        OverFrame::UnboundedRows => Some("ROWS UNBOUNDED PRECEDING".to_owned()),
        OverFrame::UnboundedRange => None,
        OverFrame::Rows(rows) => Some(format!("ROWS {rows} PRECEDING")),
        OverFrame::Range(millis) => Some(format!("RANGE {} PRECEDING", describe::interval(millis))),
    });
    format!("({})", parts.join(" "))
}

/// `COUNT($3) OVER (...)`. A sum is NULL when nothing was counted.
fn over_call(call: &AggregateCall, columns: &[String], rows: &RowType, window: &str) -> String {
    let args: Vec<&str> = call.args.iter().map(|&arg| columns[arg].as_str()).collect();
    let args = args.join(", ");
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let count = format!("COUNT({distinct}{args}) OVER {window}");
    let sum = |ty: &LogicalType| {
        format!("CASE(>({count}, 0), $SUM0({distinct}{args}) OVER {window}, null:{})", describe::type_text(ty))
    };
    match call.function.as_str() {
        "SUM" => sum(&call.ty),
        "AVG" => {
            let summed = describe::summed_type(&rows.fields[call.args[0]].ty);
            let (sum, ty) = (sum(&summed), describe::type_text(&call.ty));
            match summed.kind {
                TypeKind::Decimal { .. } if summed.kind != call.ty.kind => format!("/(CAST({sum}):{ty}, {count})"),
                TypeKind::Decimal { .. } | TypeKind::Float | TypeKind::Double => format!("/({sum}, {count})"),
                _ => format!("CAST(/({sum}, {count})):{ty}"),
            }
        }
        function => format!("{function}({distinct}{args}) OVER {window}"),
    }
}

/// `LogicalMatch(partition=[[1]], ...)`
fn match_text(node: &Match) -> String {
    let input = node.input.output();
    let names = |row: &RowType| row.fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>().join(", ");
    let order = |field: &SortField| {
        let direction = if field.descending { "DESC" } else { "ASC" };
        format!("{} {direction}-nulls-{}", field.column, if field.nulls_first { "first" } else { "last" })
    };
    let order: Vec<String> = node.order.iter().map(order).collect();
    let after = match node.after {
        AfterMatch::ToFirst(variable) => format!("SKIP TO FIRST(_UTF-16LE'{}')", node.pattern[variable].name),
        AfterMatch::ToLast(variable) => format!("SKIP TO LAST(_UTF-16LE'{}')", node.pattern[variable].name),
        after => format!("FLAG({})", describe::after_match(after, &node.pattern)),
    };
    let definition = |(own, variable): (usize, &PatternVariable)| {
        let condition = variable.condition.as_ref()?;
        Some(describe::match_expression(condition, Some(own), &node.pattern, input))
    };
    let definitions: Vec<String> = node.pattern.iter().enumerate().filter_map(definition).collect();
    let within = node.within.map_or_else(String::new, |within| format!("interval=[{}], ", describe::interval(within)));
    format!(
        "LogicalMatch(partition=[[{}]], order=[[{}]], outputFields=[[{}]], allRows=[false], after=[{after}], pattern=[{}], isStrictStarts=[false], isStrictEnds=[false], {within}subsets=[[]], patternDefinitions=[[{}]], inputFields=[[{}]])",
        numbers(&node.partition),
        order.join(", "),
        names(&node.output),
        node.pattern_text,
        definitions.join(", "),
        names(input)
    )
}

fn numbers(indices: &[usize]) -> String {
    indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn calls(calls: &[AggregateCall], output: &RowType, keys: usize) -> String {
    let mut out = String::new();
    for (at, (call, field)) in calls.iter().zip(&output.fields[keys..]).enumerate() {
        // What has no name in the select list is numbered.
        let name = if field.name.starts_with("$f") { format!("agg#{at}") } else { field.name.clone() };
        let args: Vec<String> = call.args.iter().map(|arg| format!("${arg}")).collect();
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let filter = call.filter.map_or_else(String::new, |filter| format!(" FILTER ${filter}"));
        out.push_str(&format!(", {name}=[{}({distinct}{}){filter}]", call.function, args.join(", ")));
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
