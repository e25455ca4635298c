//! What a column is made of: its type and its `fields.NAME.*` options, read once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use common::config::parse_duration;
use dataflow::operator_spec::ConnectorSpec;
use dataflow::{LogicalType, TypeKind};

use crate::error::ConnectorError;
use crate::table_options::nearest;

/// How a column is made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ColumnPlan {
    pub(super) ty: LogicalType,
    /// Share of NULL, 0 to 1.
    pub(super) null_rate: f64,
    pub(super) values: ValuePlan,
}

/// How the values of a column are made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ValuePlan {
    /// From `start` to `end`, inclusive, spread over the subtasks.
    Sequence {
        start: i64,
        end: i64,
    },
    Boolean,
    /// Whole numbers, both ends inclusive; also unscaled decimals.
    Integer {
        min: i128,
        max: i128,
    },
    Floating {
        min: f64,
        max: f64,
    },
    /// Hexadecimal digits.
    Text {
        length: usize,
        varying: bool,
    },
    Bytes {
        length: usize,
        varying: bool,
    },
    /// The current date.
    Today,
    /// The current time of day.
    TimeOfDay,
    /// The current time less a random part of `max_past`.
    Past {
        max_past: Duration,
    },
    Array {
        length: usize,
        element: Box<ColumnPlan>,
    },
    Map {
        length: usize,
        key: Box<ColumnPlan>,
        value: Box<ColumnPlan>,
    },
    Row(Vec<ColumnPlan>),
}

impl ColumnPlan {
    /// How many values a sequence has; `None` for what never ends.
    pub(super) fn sequence_length(&self) -> Option<u64> {
        match self.values {
            ValuePlan::Sequence { start, end } => {
                Some(u64::try_from(i128::from(end) - i128::from(start) + 1).unwrap_or(0))
            }
            _ => None,
        }
    }
}

/// Reads plans and remembers which `fields.` keys there could be and which were there.
pub(super) struct PlanReader<'a> {
    spec: &'a ConnectorSpec,
    known: RefCell<BTreeSet<String>>,
}

impl<'a> PlanReader<'a> {
    pub(super) fn new(spec: &'a ConnectorSpec) -> Self {
        Self { spec, known: RefCell::new(BTreeSet::new()) }
    }

    /// The plan of a column; its options are at `fields.NAME.`.
    pub(super) fn column(&mut self, name: &str, ty: &LogicalType) -> Result<ColumnPlan, ConnectorError> {
        match self.text(name, "kind").unwrap_or("random") {
            "random" => self.random(name, ty),
            "sequence" => self.sequence(name, ty),
            other => {
                let key = key(name, "kind");
                let message = format!("option '{key}' is '{other}'");
                Err(ConnectorError::of_option(key, message).with_hint("use 'random' or 'sequence'"))
            }
        }
    }

    /// Fails when there is a `fields.` option that no column takes.
    pub(super) fn refuse_unused(&self) -> Result<(), ConnectorError> {
        let known = self.known.borrow();
        let unknown = self.spec.options.keys().find(|key| key.starts_with("fields.") && !known.contains(*key));
        let Some(unknown) = unknown else { return Ok(()) };
        let near = nearest(unknown, known.iter().map(String::as_str));
        let question = near.map(|near| format!("did you mean '{near}'? ")).unwrap_or_default();
        let supported: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = format!("unsupported option '{unknown}' for connector 'datagen' of table '{}'", self.spec.table);
        Err(ConnectorError::of_option(unknown, message)
            .with_hint(format!("{question}options of the columns: {}", supported.join(", "))))
    }

    fn text(&self, name: &str, option: &str) -> Option<&'a str> {
        let key = key(name, option);
        let text = self.spec.option(&key);
        self.known.borrow_mut().insert(key);
        text
    }

    fn parsed<T>(
        &self,
        name: &str,
        option: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConnectorError> {
        let Some(text) = self.text(name, option) else { return Ok(None) };
        parse(text.trim()).map(Some).ok_or_else(|| {
            let key = key(name, option);
            let message = format!("invalid value '{text}' for option '{key}'");
            ConnectorError::of_option(key, message).with_hint(format!("use {what}"))
        })
    }

    fn sequence(&self, name: &str, ty: &LogicalType) -> Result<ColumnPlan, ConnectorError> {
        if !matches!(
            ty.kind,
            TypeKind::TinyInt
                | TypeKind::SmallInt
                | TypeKind::Int
                | TypeKind::BigInt
                | TypeKind::Float
                | TypeKind::Double
                | TypeKind::Decimal { .. }
                | TypeKind::Char { .. }
                | TypeKind::Varchar { .. }
        ) {
            let key = key(name, "kind");
            let message = format!("column '{name}' of type {ty} cannot be a sequence");
            return Err(ConnectorError::of_option(key, message).with_hint("use 'random'"));
        }
        let bound = |option: &str| -> Result<i64, ConnectorError> {
            let (min, max) = integer_range(&ty.kind).unwrap_or((i64::MIN.into(), i64::MAX.into()));
            let value = self.parsed(name, option, &format!("a number that {} can hold", ty.kind), |text| {
                text.parse::<i64>().ok().filter(|&value| (min..=max).contains(&i128::from(value)))
            })?;
            value.ok_or_else(|| {
                let key = key(name, option);
                ConnectorError::new(format!("Could not find required property '{key}' for sequence generator."))
            })
        };
        let (start, end) = (bound("start")?, bound("end")?);
        if start > end {
            let (start_key, end_key) = (key(name, "start"), key(name, "end"));
            let message = format!("'{start_key}' is {start}, which is greater than '{end_key}', which is {end}");
            return Err(ConnectorError::of_option(start_key, message));
        }
        Ok(ColumnPlan { ty: ty.clone(), null_rate: 0.0, values: ValuePlan::Sequence { start, end } })
    }

    fn random(&mut self, name: &str, ty: &LogicalType) -> Result<ColumnPlan, ConnectorError> {
        let rate = |text: &str| text.parse::<f64>().ok().filter(|rate| (0.0..=1.0).contains(rate));
        let null_rate = self.parsed(name, "null-rate", "a number from 0 to 1", rate)?.unwrap_or(0.0);
        let values = match &ty.kind {
            TypeKind::Boolean => ValuePlan::Boolean,
            TypeKind::Float => self.floating(name, f64::from(f32::MIN), f64::from(f32::MAX))?,
            TypeKind::Double => self.floating(name, f64::MIN, f64::MAX)?,
            TypeKind::Decimal { precision, scale } => self.decimal(name, *precision, *scale)?,
            TypeKind::Char { length } => ValuePlan::Text { length: *length as usize, varying: false },
            TypeKind::Varchar { length } => {
                let (length, varying) = self.lengths(name, *length)?;
                ValuePlan::Text { length, varying }
            }
            TypeKind::Binary { length } => ValuePlan::Bytes { length: *length as usize, varying: false },
            TypeKind::Varbinary { length } => {
                let (length, varying) = self.lengths(name, *length)?;
                ValuePlan::Bytes { length, varying }
            }
            TypeKind::Date => ValuePlan::Today,
            TypeKind::Time { .. } => ValuePlan::TimeOfDay,
            TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. } => {
                let past = |text: &str| parse_duration(text).ok();
                let max_past = self.parsed(name, "max-past", "a duration such as '10 s'", past)?;
                ValuePlan::Past { max_past: max_past.unwrap_or_default() }
            }
            TypeKind::Array(element) => {
                let length = self.elements(name)?;
                ValuePlan::Array { length, element: Box::new(self.part(name, "element", element)?) }
            }
            TypeKind::Multiset(element) => {
                let length = self.elements(name)?;
                let key = Box::new(self.part(name, "element", element)?);
                let count = ValuePlan::Integer { min: 1, max: 3 };
                let value = Box::new(ColumnPlan { ty: TypeKind::Int.not_null(), null_rate: 0.0, values: count });
                ValuePlan::Map { length, key, value }
            }
            TypeKind::Map(key, value) => {
                let length = self.elements(name)?;
                let key = Box::new(self.part(name, "key", key)?);
                ValuePlan::Map { length, key, value: Box::new(self.part(name, "value", value)?) }
            }
            TypeKind::Row(row) => {
                let fields = row.fields.iter().map(|field| self.part(name, &field.name, &field.ty));
                ValuePlan::Row(fields.collect::<Result<_, _>>()?)
            }
            TypeKind::Bitmap | TypeKind::Variant | TypeKind::Null => {
                return Err(ConnectorError::new(format!("column '{name}' of type {ty} cannot be generated")));
            }
            kind => {
                let (min, max) = integer_range(kind).unwrap_or((0, 0));
                self.integer(name, min, max)?
            }
        };
        Ok(ColumnPlan { ty: ty.clone(), null_rate, values })
    }

    fn part(&mut self, name: &str, part: &str, ty: &LogicalType) -> Result<ColumnPlan, ConnectorError> {
        self.random(&format!("{name}.{part}"), ty)
    }

    fn integer(&self, name: &str, least: i128, greatest: i128) -> Result<ValuePlan, ConnectorError> {
        let what = format!("a whole number from {least} to {greatest}");
        let parse = |text: &str| text.parse::<i128>().ok().filter(|value| (least..=greatest).contains(value));
        let min = self.parsed(name, "min", &what, parse)?.unwrap_or(least);
        let max = self.parsed(name, "max", &what, parse)?.unwrap_or(greatest);
        self.ordered(name, &min, &max)?;
        Ok(ValuePlan::Integer { min, max })
    }

    fn floating(&self, name: &str, least: f64, greatest: f64) -> Result<ValuePlan, ConnectorError> {
        let parse = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
        let min = self.parsed(name, "min", "a number", parse)?.unwrap_or(least);
        let max = self.parsed(name, "max", "a number", parse)?.unwrap_or(greatest);
        self.ordered(name, &min, &max)?;
        Ok(ValuePlan::Floating { min, max })
    }

    fn decimal(&self, name: &str, precision: u8, scale: u8) -> Result<ValuePlan, ConnectorError> {
        let greatest = 10i128.pow(u32::from(precision)) - 1;
        let unit = 10f64.powi(i32::from(scale));
        let parse = |text: &str| {
            let unscaled = (text.parse::<f64>().ok()? * unit).round();
            unscaled.is_finite().then_some((unscaled as i128).clamp(-greatest, greatest))
        };
        let min = self.parsed(name, "min", "a number", parse)?.unwrap_or(-greatest);
        let max = self.parsed(name, "max", "a number", parse)?.unwrap_or(greatest);
        self.ordered(name, &min, &max)?;
        Ok(ValuePlan::Integer { min, max })
    }

    fn ordered<T: PartialOrd + std::fmt::Display>(&self, name: &str, min: &T, max: &T) -> Result<(), ConnectorError> {
        if min <= max {
            return Ok(());
        }
        let key = key(name, "min");
        let message = format!("option '{key}' is {min}, which is greater than the maximum {max}");
        Err(ConnectorError::of_option(key, message))
    }

    /// Length of texts and byte strings, and whether it varies.
    fn lengths(&self, name: &str, declared: u32) -> Result<(usize, bool), ConnectorError> {
        const DEFAULT: u32 = 100;
        let what = format!("a whole number from 1 to {declared}, the length of the type");
        let parse = |text: &str| text.parse::<u32>().ok().filter(|length| (1..=declared).contains(length));
        let length = self.parsed(name, "length", &what, parse)?;
        let length = length.unwrap_or(if declared == dataflow::types::MAX_LENGTH { DEFAULT } else { declared });
        let varying =
            self.parsed(name, "var-len", "'true' or 'false'", |text| text.to_ascii_lowercase().parse().ok())?;
        Ok((length as usize, varying.unwrap_or(false)))
    }

    /// Number of elements of a collection.
    fn elements(&self, name: &str) -> Result<usize, ConnectorError> {
        const DEFAULT: usize = 3;
        let parse = |text: &str| text.parse::<u16>().ok().map(usize::from);
        Ok(self.parsed(name, "length", "a whole number up to 65535", parse)?.unwrap_or(DEFAULT))
    }
}

fn key(name: &str, option: &str) -> String {
    format!("fields.{name}.{option}")
}

/// The values of a type of whole numbers. An interval is non-negative and at most 10,000 years.
fn integer_range(kind: &TypeKind) -> Option<(i128, i128)> {
    match kind {
        TypeKind::TinyInt => Some((i8::MIN.into(), i8::MAX.into())),
        TypeKind::SmallInt => Some((i16::MIN.into(), i16::MAX.into())),
        TypeKind::Int => Some((i32::MIN.into(), i32::MAX.into())),
        TypeKind::BigInt => Some((i64::MIN.into(), i64::MAX.into())),
        TypeKind::IntervalYearMonth => Some((0, 120_000)),
        TypeKind::IntervalDayTime => Some((0, 10_000 * 365 * 86_400_000)),
        _ => None,
    }
}
