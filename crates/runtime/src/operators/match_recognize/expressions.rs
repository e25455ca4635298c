//! Conditions and measures, compiled: what they refer to is gathered for many matches at once, then they are evaluated as columns.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, TimestampMillisecondArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, SchemaRef};
use dataflow::operator_spec::{MatchExpression, MatchReference, PatternVariable};
use dataflow::{Batch, Expr, ExprKind, Failure, Field, RowType};
use expr::aggregate::{Accumulator, create};
use expr::{CompiledExpr, EvalContext, compile};
use state::KeyedRows;

/// A match, or what would be one with the current row, as an expression sees it.
pub(super) struct Subject {
    /// Rows of each variable.
    pub counts: Box<[u32]>,
    pub time: i64,
}

/// Tells the number of a row of a subject by its offset from the first one.
pub(super) type NumberOf<'a> = &'a dyn Fn(usize, u64) -> u32;

/// A compiled expression.
pub(super) struct Expression {
    expression: CompiledExpr,
    /// How many things it refers to.
    references: usize,
    rows: Vec<RowReference>,
    aggregates: Vec<Aggregate>,
    /// References, by index, that are the time of the match or the clock.
    times: Vec<(usize, DataType, bool)>,
}

/// Columns of one row of a match.
struct RowReference {
    variable: Option<usize>,
    first: bool,
    offset: u64,
    columns: Vec<usize>,
    /// Of which reference each column is.
    targets: Vec<usize>,
}

struct Aggregate {
    target: usize,
    variable: Option<usize>,
    columns: Vec<usize>,
    arguments: Vec<CompiledExpr>,
    schema: SchemaRef,
    accumulator: Box<dyn Accumulator>,
}

impl Subject {
    /// The rows of a variable, or all: offset of the first one, and how many there are.
    fn rows_of(&self, variable: Option<usize>) -> (u64, u64) {
        let sum = |counts: &[u32]| counts.iter().map(|&count| u64::from(count)).sum();
        match variable {
            None => (0, sum(&self.counts)),
            Some(variable) => (sum(&self.counts[..variable]), u64::from(self.counts[variable])),
        }
    }
}

impl Expression {
    pub(super) fn new(spec: &MatchExpression, input: &RowType, context: &EvalContext) -> Result<Self, Failure> {
        let columns = spec.columns(input);
        let mut compiled = Self {
            expression: compile(&spec.expression, &context.with_columns(&columns))?,
            references: columns.len(),
            rows: Vec::new(),
            aggregates: Vec::new(),
            times: Vec::new(),
        };
        for (target, reference) in spec.references.iter().enumerate() {
            match reference {
                MatchReference::Row { variable, first, offset, column } => {
                    compiled.add_row(target, (*variable, *first, *offset), *column);
                }
                MatchReference::Aggregate { variable, arguments, call } => {
                    let mut columns = Vec::new();
                    arguments.iter().for_each(|argument| argument.for_each_column(&mut |column| columns.push(column)));
                    columns.sort_unstable();
                    columns.dedup();
                    let context = context.with_columns(&input.project(&columns));
                    let field = |argument: &Expr| Field::new("", argument.ty.clone());
                    let row = RowType::new(arguments.iter().map(field).collect());
                    let arguments = arguments.iter().map(|argument| {
                        let mut argument = argument.clone();
                        argument.map_columns(&mut |column| columns.partition_point(|&other| other < column));
                        compile(&argument, &context)
                    });
                    compiled.aggregates.push(Aggregate {
                        target,
                        variable: *variable,
                        arguments: arguments.collect::<Result<_, _>>()?,
                        columns,
                        schema: row.arrow_schema(),
                        accumulator: create(call, &row, false)?,
                    });
                }
                MatchReference::Rowtime(ty) => compiled.times.push((target, ty.arrow_type(), false)),
                MatchReference::Proctime(ty) => compiled.times.push((target, ty.arrow_type(), true)),
            }
        }
        Ok(compiled)
    }

    fn add_row(&mut self, target: usize, (variable, first, offset): (Option<usize>, bool, u64), column: usize) {
        let same = |row: &&mut RowReference| (row.variable, row.first, row.offset) == (variable, first, offset);
        match self.rows.iter_mut().find(same) {
            Some(row) => {
                row.columns.push(column);
                row.targets.push(target);
            }
            None => {
                let (columns, targets) = (vec![column], vec![target]);
                self.rows.push(RowReference { variable, first, offset, columns, targets });
            }
        }
    }

    /// The values for these subjects. All their rows are kept.
    pub(super) fn evaluate(
        &mut self,
        subjects: &[Subject],
        number_of: NumberOf<'_>,
        kept: &KeyedRows,
        now: i64,
    ) -> Result<ArrayRef, Failure> {
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.references];
        for row in &self.rows {
            let number = |(index, subject): (usize, &Subject)| {
                let (begin, count) = subject.rows_of(row.variable);
                let offset = if row.first { row.offset } else { count.checked_sub(row.offset + 1)? };
                (offset < count).then(|| number_of(index, begin + offset))
            };
            let numbers: Vec<Option<u32>> = subjects.iter().enumerate().map(number).collect();
            let gathered = kept.gather_optional(&numbers, &row.columns)?;
            row.targets.iter().zip(gathered).for_each(|(&target, column)| columns[target] = Some(column));
        }
        for aggregate in &mut self.aggregates {
            columns[aggregate.target] = Some(aggregate.evaluate(subjects, number_of, kept)?);
        }
        for (target, ty, is_clock) in &self.times {
            let times = subjects.iter().map(|subject| if *is_clock { now } else { subject.time });
            let times = TimestampMillisecondArray::from_iter_values(times).with_data_type(ty.clone());
            columns[*target] = Some(Arc::new(times));
        }
        let columns =
            columns.into_iter().map(|column| column.expect("each reference is a row, an aggregate or a time"));
        self.expression.evaluate_columns(&columns.collect::<Vec<_>>(), subjects.len())
    }
}

impl Aggregate {
    fn evaluate(
        &mut self,
        subjects: &[Subject],
        number_of: NumberOf<'_>,
        kept: &KeyedRows,
    ) -> Result<ArrayRef, Failure> {
        let (mut numbers, mut groups) = (Vec::new(), Vec::new());
        for (index, subject) in subjects.iter().enumerate() {
            let (begin, count) = subject.rows_of(self.variable);
            numbers.extend((begin..begin + count).map(|offset| number_of(index, offset)));
            groups.resize(numbers.len(), index as u32);
        }
        let columns = kept.gather_kept(&numbers, &self.columns)?;
        let arguments = self.arguments.iter().map(|argument| argument.evaluate_columns(&columns, numbers.len()));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let rows = Batch::from_columns(self.schema.clone(), arguments, None, numbers.len())?;
        let all: Vec<u32> = (0..subjects.len() as u32).collect();
        self.accumulator.resize(subjects.len());
        self.accumulator.accumulate(&rows, &groups)?;
        let values = self.accumulator.evaluate(&all)?;
        self.accumulator.reset(&all);
        Ok(values)
    }
}

/// What the rows of a variable have to meet.
pub(super) enum Condition {
    /// Nothing.
    Always,
    /// An expression over the row alone, by its index among [`OwnConditions`].
    Own(usize),
    /// One over other rows too; where the first terms of it are over the row alone, they are looked at before.
    Related { own: Option<usize>, expression: Box<Expression> },
}

/// Conditions over a row alone, which are evaluated for many rows at once.
pub(super) struct OwnConditions {
    columns: Vec<usize>,
    conditions: Vec<CompiledExpr>,
    schema: SchemaRef,
}

/// The conditions of a pattern.
pub(super) fn conditions(
    pattern: &[PatternVariable],
    input: &RowType,
    context: &EvalContext,
) -> Result<(Vec<Condition>, OwnConditions), Failure> {
    let mut own: Vec<Expr> = Vec::new();
    let mut all = Vec::new();
    for (index, variable) in pattern.iter().enumerate() {
        let Some(spec) = &variable.condition else {
            all.push(Condition::Always);
            continue;
        };
        let terms = terms_of(&spec.expression);
        let mut leading = Vec::new();
        for term in &terms {
            // What can fail is evaluated for the rows that need it only.
            match own_term(term, index, spec) {
                Some(term) if !compile(&term, &context.with_columns(input))?.can_fail() => leading.push(term),
                _ => break,
            }
        }
        let is_own = leading.len() == terms.len();
        let first = leading.pop().map(|last| {
            own.push(leading.into_iter().rev().fold(last, |rest, term| {
                let ty = rest.ty.with_nullable(rest.ty.nullable || term.ty.nullable);
                Expr::call("AND", vec![term, rest], ty)
            }));
            own.len() - 1
        });
        all.push(match first {
            Some(first) if is_own => Condition::Own(first),
            own => Condition::Related { own, expression: Box::new(Expression::new(spec, input, context)?) },
        });
    }
    Ok((all, OwnConditions::new(own, input, context)?))
}

fn terms_of(condition: &Expr) -> Vec<&Expr> {
    match &condition.kind {
        ExprKind::Call { function, args } if function == "AND" => args.iter().flat_map(terms_of).collect(),
        _ => vec![condition],
    }
}

/// A term over the input's columns, if it refers to the current row only.
fn own_term(term: &Expr, variable: usize, spec: &MatchExpression) -> Option<Expr> {
    let column = |reference: &MatchReference| match reference {
        MatchReference::Row { variable: of, first: false, offset: 0, column } if of.is_none_or(|of| of == variable) => {
            Some(*column)
        }
        _ => None,
    };
    let mut is_own = true;
    term.for_each_column(&mut |index| is_own &= column(&spec.references[index]).is_some());
    let mut term = term.clone();
    is_own.then(|| {
        term.map_columns(&mut |index| column(&spec.references[index]).unwrap_or_default());
        term
    })
}

impl OwnConditions {
    fn new(conditions: Vec<Expr>, input: &RowType, context: &EvalContext) -> Result<Self, Failure> {
        let mut columns = Vec::new();
        conditions.iter().for_each(|condition| condition.for_each_column(&mut |column| columns.push(column)));
        columns.sort_unstable();
        columns.dedup();
        let row = input.project(&columns);
        let context = context.with_columns(&row);
        let conditions = conditions.into_iter().map(|mut condition| {
            condition.map_columns(&mut |column| columns.partition_point(|&other| other < column));
            compile(&condition, &context)
        });
        Ok(Self { conditions: conditions.collect::<Result<_, _>>()?, columns, schema: row.arrow_schema() })
    }

    /// For each condition, which of these rows meet it.
    pub(super) fn evaluate(&self, kept: &KeyedRows, numbers: &[u32]) -> Result<Vec<BooleanBuffer>, Failure> {
        if self.conditions.is_empty() {
            return Ok(Vec::new());
        }
        let columns = kept.gather_kept(numbers, &self.columns)?;
        let options = RecordBatchOptions::new().with_row_count(Some(numbers.len()));
        let rows = Batch::inserts(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?);
        let evaluate = |condition: &CompiledExpr| Ok(condition.evaluate_condition(&rows)?.values().clone());
        self.conditions.iter().map(evaluate).collect()
    }
}

/// Where a condition is TRUE.
pub(super) fn holds(values: &dyn Array) -> Result<Vec<bool>, Failure> {
    let values = arrow_array::cast::as_boolean_array(values);
    Ok((0..values.len()).map(|row| values.is_valid(row) && values.value(row)).collect())
}
