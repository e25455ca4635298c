//! `raw`: the whole record is the value of the only column. Texts are UTF-8; numbers have the width of their type.

use arrow_array::ArrayRef;
use dataflow::{Batch, Failure, Field, LogicalType, RowType, TypeKind};

use super::column_builder::ColumnBuilder;
use super::origin::{Origin, excerpt};
use crate::column_view::ColumnView;
use crate::error::ConnectorError;
use crate::option_def::{OptionDef, OptionKind};
use crate::table_options::TableOptions;

const CHARSET: OptionDef = OptionDef::with_default(
    "charset",
    OptionKind::Text,
    "UTF-8",
    "How texts are encoded; UTF-8 is the only one there is.",
);
const ENDIANNESS: OptionDef = OptionDef::with_default(
    "endianness",
    OptionKind::Choice(&["big-endian", "little-endian"]),
    "big-endian",
    "Whether the first byte of a number counts most, or the last one.",
);

/// The options of `raw`.
pub(crate) const OPTIONS: &[OptionDef] = &[CHARSET, ENDIANNESS];

/// How records are read and written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawOptions {
    little_endian: bool,
}

impl RawOptions {
    /// Reads the options of a table; `table` looks keys up under the format's prefix.
    pub(crate) fn read(table: &TableOptions<'_>) -> Result<Self, ConnectorError> {
        let charset = table.text(&CHARSET).unwrap_or_default();
        if !["utf-8", "utf8"].contains(&charset.to_lowercase().as_str()) {
            let refused = table.error_of(&CHARSET, &format!("is '{charset}', which is not supported"));
            return Err(refused.with_hint("leave it out; texts are UTF-8"));
        }
        let little_endian = table.text(&ENDIANNESS).is_some_and(|text| text.eq_ignore_ascii_case("little-endian"));
        Ok(Self { little_endian })
    }
}

/// Why a row type cannot be held.
pub(crate) fn check_types(row: &RowType) -> Result<(), String> {
    match &row.fields[..] {
        [field] => match field.ty.kind {
            TypeKind::Char { .. }
            | TypeKind::Varchar { .. }
            | TypeKind::Binary { .. }
            | TypeKind::Varbinary { .. }
            | TypeKind::Boolean
            | TypeKind::TinyInt
            | TypeKind::SmallInt
            | TypeKind::Int
            | TypeKind::BigInt
            | TypeKind::Float
            | TypeKind::Double => Ok(()),
            _ => Err(format!("The 'raw' format doesn't supports '{}' as column type.", field.ty)),
        },
        fields => {
            let column = |field: &Field| format!("`{}` {}", field.name, field.ty);
            let columns: Vec<String> = fields.iter().map(column).collect();
            Err(format!(
                "The 'raw' format only supports single physical column. However the defined schema contains multiple physical columns: [{}]",
                columns.join(", ")
            ))
        }
    }
}

/// Refuses what can be read but not written.
pub(crate) fn check_sink(row: &RowType) -> Result<(), ConnectorError> {
    let written = |ty: &LogicalType| matches!(ty.kind, TypeKind::Char { .. } | TypeKind::Varchar { .. });
    match row.fields.iter().find(|field| !written(&field.ty)) {
        None => Ok(()),
        Some(field) => {
            let message = format!("column '{}' of type {}: the format 'raw' writes texts only", field.name, field.ty);
            Err(ConnectorError::new(message).with_hint("use the type STRING, or the format 'json'"))
        }
    }
}

/// Decodes records of one table.
#[derive(Debug)]
pub struct RawDecoder {
    options: RawOptions,
    field: Field,
    /// None when the column is not read.
    builder: Option<ColumnBuilder>,
    rows: usize,
}

impl RawDecoder {
    /// A decoder of records that are the only field of `physical`, which is built if `projection` names it.
    pub fn new(options: &RawOptions, physical: &RowType, projection: &[usize]) -> Self {
        let field = physical.fields[0].clone();
        let builder = (!projection.is_empty()).then(|| ColumnBuilder::new(&field.ty));
        Self { options: options.clone(), field, builder, rows: 0 }
    }

    /// Rows decoded since the last flush.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns decoded so far.
    pub fn flush(&mut self) -> Vec<ArrayRef> {
        self.rows = 0;
        self.builder.iter_mut().map(ColumnBuilder::finish).collect()
    }

    /// Decodes a message, which is one row.
    pub fn decode_message(&mut self, record: &[u8], origin: Origin<'_>) -> Result<(), Failure> {
        let little_endian = self.options.little_endian;
        if self.builder.as_mut().is_some_and(|builder| !push(builder, record, little_endian)) {
            return Err(Failure::user(format!(
                "cannot decode the raw record at {origin}: its {} bytes are no {} of column '{}'; the record is {}",
                record.len(),
                self.field.ty,
                self.field.name,
                excerpt(record)
            )));
        }
        self.rows += 1;
        Ok(())
    }
}

/// Appends the value; false when the bytes are none of the type.
fn push(builder: &mut ColumnBuilder, record: &[u8], little_endian: bool) -> bool {
    macro_rules! number {
        ($values:expr, $ty:ty) => {{
            let Ok(bytes) = record.try_into() else { return false };
            $values.push(if little_endian { <$ty>::from_le_bytes(bytes) } else { <$ty>::from_be_bytes(bytes) });
        }};
    }
    match builder {
        ColumnBuilder::Text(values) => values.append_value(String::from_utf8_lossy(record)),
        ColumnBuilder::Bytes(values) => values.append_value(record),
        ColumnBuilder::Boolean { values, nulls } => {
            let &[byte] = record else { return false };
            values.append(byte != 0);
            nulls.append_non_null();
        }
        ColumnBuilder::TinyInt(values) => number!(values, i8),
        ColumnBuilder::SmallInt(values) => number!(values, i16),
        ColumnBuilder::Int(values) => number!(values, i32),
        ColumnBuilder::BigInt(values) => number!(values, i64),
        ColumnBuilder::Float(values) => number!(values, f32),
        ColumnBuilder::Double(values) => number!(values, f64),
        _ => return false,
    }
    true
}

/// Encodes the only column.
#[derive(Debug)]
pub struct RawEncoder {
    column: usize,
    ty: LogicalType,
}

/// A batch ready to be encoded row by row.
#[derive(Debug)]
pub struct RawRows<'a>(ColumnView<'a>);

impl RawEncoder {
    /// An encoder of one column of rows of this type.
    pub fn new(input: &RowType, columns: &[usize]) -> Self {
        Self { column: columns[0], ty: input.fields[columns[0]].ty.clone() }
    }

    /// Prepares a batch.
    pub fn rows<'a>(&self, batch: &'a Batch) -> RawRows<'a> {
        RawRows(ColumnView::new(batch.column(self.column).as_ref(), &self.ty))
    }
}

impl RawRows<'_> {
    /// Appends the text of a row.
    pub fn write(&self, row: usize, out: &mut String) -> Result<(), Failure> {
        match &self.0 {
            column if column.is_null(row) => Err(Failure::user("NULL cannot be written in the format 'raw'")),
            ColumnView::Text(array) => {
                out.push_str(array.value(row));
                Ok(())
            }
            _ => Err(Failure::internal("the format 'raw' writes texts only")),
        }
    }
}
