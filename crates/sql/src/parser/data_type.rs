//! Data types in all their spellings.

use super::cursor::{Parser, Result};
use crate::ast::{DataType, DataTypeKind, RowField};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// A type with its collection suffixes and its nullability.
    pub(super) fn data_type(&mut self) -> Result<DataType> {
        self.nested(Self::suffixed_type)
    }

    fn suffixed_type(&mut self) -> Result<DataType> {
        let start = self.here();
        let kind = self.type_kind()?;
        let mut found = DataType { kind, nullable: true, span: self.since(start) };
        loop {
            found.nullable = self.nullability();
            found.span = self.since(start);
            let kind = if self.is_word("ARRAY") {
                DataTypeKind::Array(Box::new(found))
            } else if self.is_word("MULTISET") {
                DataTypeKind::Multiset(Box::new(found))
            } else {
                return Ok(found);
            };
            self.advance();
            self.grow()?;
            found = DataType { kind, nullable: true, span: self.since(start) };
        }
    }

    /// False after `NOT NULL`; `NULL` says what is so anyway. The `NULL` of `NULL ON EMPTY` belongs to a JSON clause.
    fn nullability(&mut self) -> bool {
        if self.is_words("NOT NULL") {
            self.skip(2);
            return false;
        }
        if self.is_word("NULL") && !self.is_word_at(1, "ON") {
            self.advance();
        }
        true
    }

    fn type_kind(&mut self) -> Result<DataTypeKind> {
        let Some(word) = self.word_at(0) else {
            return self.named_type();
        };
        let kind = match word.to_ascii_uppercase().as_str() {
            "CHAR" | "CHARACTER" => return self.character_type(),
            "VARCHAR" => self.sized(DataTypeKind::Varchar)?,
            "STRING" => self.plain(DataTypeKind::String),
            "BOOLEAN" => self.plain(DataTypeKind::Boolean),
            "BINARY" if self.is_word_at(1, "VARYING") => {
                self.advance();
                self.sized(DataTypeKind::Varbinary)?
            }
            "BINARY" => self.sized(DataTypeKind::Binary)?,
            "VARBINARY" => self.sized(DataTypeKind::Varbinary)?,
            "BYTES" => self.plain(DataTypeKind::Bytes),
            "DECIMAL" | "DEC" | "NUMERIC" => self.decimal()?,
            "TINYINT" => self.plain(DataTypeKind::TinyInt),
            "SMALLINT" => self.plain(DataTypeKind::SmallInt),
            "INT" | "INTEGER" => self.plain(DataTypeKind::Int),
            "BIGINT" => self.plain(DataTypeKind::BigInt),
            "FLOAT" => self.plain(DataTypeKind::Float),
            "REAL" => {
                let start = self.here();
                self.advance();
                return Err(SqlError::unsupported("Type is not supported: REAL", self.since(start))
                    .with_hint("use FLOAT")
                    .into());
            }
            "DOUBLE" => {
                self.advance();
                self.accept("PRECISION");
                DataTypeKind::Double
            }
            "DATE" => self.plain(DataTypeKind::Date),
            "TIME" | "TIMESTAMP" => return self.time_type(),
            "TIMESTAMP_LTZ" => self.sized(DataTypeKind::TimestampLtz)?,
            "INTERVAL" => {
                self.advance();
                DataTypeKind::Interval(self.interval_qualifier()?)
            }
            "VARIANT" => self.plain(DataTypeKind::Variant),
            "BITMAP" => self.plain(DataTypeKind::Bitmap),
            "NULL" => self.plain(DataTypeKind::Null),
            "DESCRIPTOR" => self.plain(DataTypeKind::Descriptor),
            _ => return self.constructed_type(),
        };
        Ok(kind)
    }

    fn plain(&mut self, kind: DataTypeKind) -> DataTypeKind {
        self.advance();
        kind
    }

    /// A type word with an optional `(n)`.
    fn sized(&mut self, make: fn(Option<u32>) -> DataTypeKind) -> Result<DataTypeKind> {
        self.advance();
        self.size().map(make)
    }

    fn size(&mut self) -> Result<Option<u32>> {
        if !self.is(&TokenKind::LeftParen) {
            return Ok(None);
        }
        let opened = self.open()?;
        let size = self.unsigned("a length or precision")?;
        self.close(opened)?;
        Ok(Some(size))
    }

    /// `CHAR(n)`, `CHARACTER(n)`, `CHARACTER VARYING(n)`
    fn character_type(&mut self) -> Result<DataTypeKind> {
        self.advance();
        let varying = self.accept("VARYING");
        let size = self.size()?;
        Ok(if varying { DataTypeKind::Varchar(size) } else { DataTypeKind::Char(size) })
    }

    fn decimal(&mut self) -> Result<DataTypeKind> {
        self.advance();
        let (mut precision, mut scale) = (None, None);
        if self.is(&TokenKind::LeftParen) {
            let opened = self.open()?;
            precision = Some(self.unsigned("a precision")?);
            if self.accept_kind(&TokenKind::Comma) {
                let negative = self.is(&TokenKind::Minus);
                if negative {
                    self.advance();
                }
                let digits = i32::try_from(self.unsigned("a scale")?)
                    .map_err(|_| Box::new(SqlError::parse("the scale is too large", self.previous())))?;
                scale = Some(if negative { -digits } else { digits });
            }
            self.close(opened)?;
        }
        Ok(DataTypeKind::Decimal { precision, scale })
    }

    /// `TIME(p)` and `TIMESTAMP(p)` with the words about the time zone.
    fn time_type(&mut self) -> Result<DataTypeKind> {
        let start = self.here();
        let timestamp = self.is_word("TIMESTAMP");
        self.advance();
        let precision = self.size()?;
        if self.is_words("WITH LOCAL") {
            self.expect_words("WITH LOCAL TIME ZONE")?;
            if timestamp {
                return Ok(DataTypeKind::TimestampLtz(precision));
            }
            return Err(SqlError::unsupported("TIME WITH LOCAL TIME ZONE is not a type of Flink", self.since(start))
                .with_hint("use TIME, or TIMESTAMP_LTZ")
                .into());
        }
        if self.is_words("WITH TIME") {
            self.expect_words("WITH TIME ZONE")?;
            return Err(SqlError::unsupported("types WITH TIME ZONE are not supported", self.since(start))
                .with_hint("use TIMESTAMP_LTZ, which holds an instant and shows it in the session's time zone")
                .into());
        }
        if self.is_word("WITHOUT") {
            self.expect_words("WITHOUT TIME ZONE")?;
        }
        Ok(if timestamp { DataTypeKind::Timestamp(precision) } else { DataTypeKind::Time(precision) })
    }

    /// Types made of others.
    fn constructed_type(&mut self) -> Result<DataTypeKind> {
        let angle = self.is_at(1, &TokenKind::Lt);
        if self.is_word("ARRAY") && angle {
            return self.in_angles(|p| Ok(DataTypeKind::Array(Box::new(p.data_type()?))));
        }
        if self.is_word("MULTISET") && angle {
            return self.in_angles(|p| Ok(DataTypeKind::Multiset(Box::new(p.data_type()?))));
        }
        if self.is_word("MAP") && angle {
            return self.in_angles(|p| {
                let key = Box::new(p.data_type()?);
                p.expect_kind(&TokenKind::Comma)?;
                Ok(DataTypeKind::Map(key, Box::new(p.data_type()?)))
            });
        }
        if self.is_word("STRUCTURED") && angle {
            return self.in_angles(|p| {
                let class = p.text()?;
                let mut fields = Vec::new();
                while p.accept_kind(&TokenKind::Comma) {
                    fields.push(p.row_field()?);
                }
                Ok(DataTypeKind::Structured { class, fields })
            });
        }
        if self.is_word("ROW") {
            return self.row_type();
        }
        if self.is_word("RAW") {
            self.advance();
            let opened = self.open()?;
            let class = self.text()?;
            self.expect_kind(&TokenKind::Comma)?;
            let serializer = self.text()?;
            self.close(opened)?;
            return Ok(DataTypeKind::Raw { class, serializer });
        }
        self.named_type()
    }

    /// `word < content >`
    fn in_angles(&mut self, content: impl FnOnce(&mut Self) -> Result<DataTypeKind>) -> Result<DataTypeKind> {
        self.advance();
        let opened = self.expect_kind(&TokenKind::Lt)?;
        let kind = content(self)?;
        self.close_kind(&TokenKind::Gt, opened)?;
        Ok(kind)
    }

    /// `ROW<...>`, `ROW(...)`, either possibly empty
    fn row_type(&mut self) -> Result<DataTypeKind> {
        self.advance();
        if self.is(&TokenKind::NotEq) && self.slice(self.peek()) == "<>" {
            self.advance();
            return Ok(DataTypeKind::Row(Vec::new()));
        }
        let closing = if self.is(&TokenKind::Lt) { TokenKind::Gt } else { TokenKind::RightParen };
        let opened = if closing == TokenKind::Gt { self.advance().span } else { self.open()? };
        let fields = if self.is(&closing) { Vec::new() } else { self.list(Self::row_field)? };
        self.close_kind(&closing, opened)?;
        Ok(DataTypeKind::Row(fields))
    }

    /// `name type ['comment']`
    fn row_field(&mut self) -> Result<RowField> {
        let name = self.named("a field")?;
        let data_type = self.data_type()?;
        let comment = if matches!(self.kind(), TokenKind::String { .. }) { Some(self.text()?) } else { None };
        Ok(RowField { name, data_type, comment })
    }

    fn named_type(&mut self) -> Result<DataTypeKind> {
        self.object_named("a data type").map(DataTypeKind::Named)
    }
}
