//! By which columns the rows of a node are told apart, as Flink's metadata derives it. It does not look at data: a primary key is believed.
//!
//! A unique key says that there is one row of it at a time. An upsert key also says that all changes of a row come by one way, so that the later one
//! is the newer: it does not survive an exchange by columns outside of it.

use std::collections::BTreeSet;

use dataflow::operator_spec::JoinType;
use dataflow::{Expr, ExprKind, LogicalType, TypeKind};

/// Columns of a row.
pub(crate) type ColumnSet = BTreeSet<usize>;

/// More keys than this are not followed: joins multiply them.
const MAX_KEYS: usize = 16;

/// The keys of a node's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RowKeys {
    /// Sets of columns of which no two rows that are there at one time are equal.
    pub unique: Vec<ColumnSet>,
    /// Those by which changes can be applied.
    pub upsert: Vec<ColumnSet>,
}

/// One input of a join, and the columns of it that must be equal.
pub(crate) struct JoinSide<'a> {
    /// Its keys, behind the exchange by the equal columns.
    pub keys: &'a RowKeys,
    /// Its columns of the equalities.
    pub equal: &'a ColumnSet,
}

impl RowKeys {
    /// Rows that nothing tells apart.
    pub fn none() -> Self {
        Self::default()
    }

    /// Rows with one key.
    pub fn of(columns: impl IntoIterator<Item = usize>) -> Self {
        let key: ColumnSet = columns.into_iter().collect();
        Self { unique: vec![key.clone()], upsert: vec![key] }
    }

    /// Behind an exchange by these columns.
    pub fn behind_exchange(&self, columns: &[usize]) -> Self {
        let stays = |key: &&ColumnSet| columns.iter().all(|column| key.contains(column));
        Self { unique: self.unique.clone(), upsert: self.upsert.iter().filter(stays).cloned().collect() }
    }

    /// Behind a projection.
    pub fn project(&self, exprs: &[Expr]) -> Self {
        let project = |keys: &[ColumnSet]| distinct(keys.iter().flat_map(|key| projected(key, exprs)));
        Self { unique: project(&self.unique), upsert: project(&self.upsert) }
    }

    /// Of a join whose left rows have `width` columns.
    pub fn join(join_type: JoinType, width: usize, left: &JoinSide<'_>, right: &JoinSide<'_>) -> Self {
        if let JoinType::Semi | JoinType::Anti = join_type {
            return left.keys.clone();
        }
        let of = |keys: fn(&RowKeys) -> &Vec<ColumnSet>| {
            let single = [left, right].map(|side| lies_within(keys(side.keys), side.equal));
            joined(join_type, width, [keys(left.keys), keys(right.keys)], single)
        };
        Self { unique: of(|keys| &keys.unique), upsert: of(|keys| &keys.upsert) }
    }

    /// Whether a unique key lies within these columns.
    pub fn unique_within(&self, columns: &ColumnSet) -> bool {
        lies_within(&self.unique, columns)
    }

    /// Whether an upsert key lies within these columns.
    pub fn upsert_within(&self, columns: &ColumnSet) -> bool {
        lies_within(&self.upsert, columns)
    }
}

fn lies_within(keys: &[ColumnSet], columns: &ColumnSet) -> bool {
    keys.iter().any(|key| key.is_subset(columns))
}

/// Keys of both sides together; those of one side alone where the other has a `single` row for each of its rows at most.
fn joined(join_type: JoinType, width: usize, keys: [&[ColumnSet]; 2], single: [bool; 2]) -> Vec<ColumnSet> {
    let [left_keys, right_keys] = keys;
    let shifted: Vec<ColumnSet> =
        right_keys.iter().map(|key| key.iter().map(|column| column + width).collect()).collect();
    let (pads_left, pads_right) = match join_type {
        JoinType::Left => (false, true),
        JoinType::Right => (true, false),
        JoinType::Full => (true, true),
        _ => (false, false),
    };
    let mut keys: Vec<ColumnSet> = Vec::new();
    for left in left_keys {
        keys.extend(shifted.iter().map(|right| left | right));
    }
    if single[0] && !pads_right {
        keys.extend(shifted.iter().cloned());
    }
    if single[1] && !pads_left {
        keys.extend(left_keys.iter().cloned());
    }
    distinct(keys)
}

/// The key in columns of a projection: several where a column of it comes out more than once.
fn projected(key: &ColumnSet, exprs: &[Expr]) -> Vec<ColumnSet> {
    let mut found = vec![ColumnSet::new()];
    for &column in key {
        let places: Vec<usize> =
            (0..exprs.len()).filter(|&place| distinguishing_column(&exprs[place]) == Some(column)).collect();
        let with = |place: &usize| {
            let place = *place;
            found.iter().map(move |partial| partial.iter().copied().chain([place]).collect::<ColumnSet>())
        };
        found = places.iter().flat_map(with).take(MAX_KEYS).collect();
    }
    found
}

/// The column that the expression shows so that no two of its values look alike.
fn distinguishing_column(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Column(column) => Some(*column),
        ExprKind::Cast { input, .. } if is_injective(&input.ty, &expr.ty) => distinguishing_column(input),
        _ => None,
    }
}

/// Whether a cast keeps all values apart.
fn is_injective(from: &LogicalType, to: &LogicalType) -> bool {
    let whole = |kind: &TypeKind| match kind {
        TypeKind::TinyInt => Some(1),
        TypeKind::SmallInt => Some(2),
        TypeKind::Int => Some(3),
        TypeKind::BigInt => Some(4),
        _ => None,
    };
    let is_string = matches!(to.kind, TypeKind::Varchar { length } if length >= i32::MAX as u32);
    match (whole(&from.kind), whole(&to.kind)) {
        (Some(from), Some(to)) => from <= to,
        (Some(_), None) => is_string,
        _ if from.kind == to.kind => true,
        _ => match (&from.kind, &to.kind) {
            (
                TypeKind::Varchar { length: from } | TypeKind::Char { length: from },
                TypeKind::Varchar { length: to },
            ) => from <= to,
            (TypeKind::Boolean | TypeKind::Date | TypeKind::Float | TypeKind::Double, _) => {
                is_string || from.kind == TypeKind::Float && to.kind == TypeKind::Double
            }
            _ => false,
        },
    }
}

fn distinct(keys: impl IntoIterator<Item = ColumnSet>) -> Vec<ColumnSet> {
    let mut found: Vec<ColumnSet> = Vec::new();
    for key in keys {
        if !found.contains(&key) && found.len() < MAX_KEYS {
            found.push(key);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(columns: &[usize]) -> ColumnSet {
        columns.iter().copied().collect()
    }

    fn column(index: usize) -> Expr {
        Expr::column(index, TypeKind::Int.nullable())
    }

    #[test]
    fn an_exchange_tears_upsert_keys_without_its_columns() {
        let keys = RowKeys::of([0, 1]);
        assert_eq!(keys.behind_exchange(&[1]), keys);
        let torn = keys.behind_exchange(&[2]);
        assert!(torn.upsert.is_empty());
        assert_eq!(torn.unique, keys.unique);
    }

    #[test]
    fn a_projection_keeps_what_still_distinguishes() {
        let keys = RowKeys::of([0]);
        let wider = column(0).cast(TypeKind::BigInt.nullable());
        let narrower = column(0).cast(TypeKind::SmallInt.nullable());
        let exprs = [column(1), wider, narrower, column(0)];
        assert_eq!(keys.project(&exprs).upsert, [set(&[1]), set(&[3])]);
        assert!(RowKeys::of([0, 2]).project(&exprs).unique.is_empty());
        // One row for ever needs no column.
        assert_eq!(RowKeys::of([]).project(&exprs).unique, [set(&[])]);
    }

    #[test]
    fn a_join_to_at_most_one_row_keeps_the_keys_of_the_other_side() {
        let (left, right) = (RowKeys::of([0]), RowKeys::of([1]));
        let (left_equal, right_equal) = (set(&[0]), set(&[1]));
        let left = JoinSide { keys: &left, equal: &left_equal };
        let right = JoinSide { keys: &right, equal: &right_equal };
        let of = |join_type| RowKeys::join(join_type, 2, &left, &right).upsert;
        assert_eq!(of(JoinType::Inner), [set(&[0, 3]), set(&[3]), set(&[0])]);
        assert_eq!(of(JoinType::Left), [set(&[0, 3]), set(&[0])]);
        assert_eq!(of(JoinType::Full), [set(&[0, 3])]);
        assert_eq!(of(JoinType::Semi), [set(&[0])]);
    }

    #[test]
    fn keys_of_a_side_that_is_spread_by_other_columns_are_unique_only() {
        let (left, right) = (RowKeys::of([0]), RowKeys::of([0]));
        let (left_equal, right_equal) = (set(&[1]), set(&[0]));
        let (left, right) = (left.behind_exchange(&[1]), right.behind_exchange(&[0]));
        let left = JoinSide { keys: &left, equal: &left_equal };
        let right = JoinSide { keys: &right, equal: &right_equal };
        let keys = RowKeys::join(JoinType::Inner, 2, &left, &right);
        assert_eq!(keys.unique, [set(&[0, 2]), set(&[0])]);
        assert!(keys.upsert.is_empty());
    }
}
