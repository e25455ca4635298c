//! Precision and scale of DECIMAL results, by the formulas of Flink's `LogicalTypeMerging`. Pure arithmetic on (precision, scale).

use dataflow::types::TypeKind;

/// The largest precision of a DECIMAL.
pub const MAX_PRECISION: u8 = 38;
/// Digits after the point that division and multiplication keep at least, when they have to give up some.
const MIN_KEPT_SCALE: i32 = 6;

/// Precision and scale of a DECIMAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecimalShape {
    /// Digits in all.
    pub precision: u8,
    /// Digits after the point.
    pub scale: u8,
}

impl DecimalShape {
    /// The shape of an exact number: a DECIMAL's own, or the DECIMAL that holds every value of an integer type.
    pub fn of(kind: &TypeKind) -> Option<DecimalShape> {
        let (precision, scale) = match kind {
            TypeKind::TinyInt => (3, 0),
            TypeKind::SmallInt => (5, 0),
            TypeKind::Int => (10, 0),
            TypeKind::BigInt => (19, 0),
            TypeKind::Decimal { precision, scale } => (*precision, *scale),
            _ => return None,
        };
        Some(DecimalShape { precision, scale })
    }

    /// The type of this shape.
    pub fn kind(self) -> TypeKind {
        TypeKind::Decimal { precision: self.precision, scale: self.scale }
    }

    /// Digits before the point.
    fn whole(self) -> i32 {
        i32::from(self.precision) - i32::from(self.scale)
    }

    /// `a + b` and `a - b`.
    pub fn sum(self, other: DecimalShape) -> DecimalShape {
        let scale = i32::from(self.scale.max(other.scale));
        adjusted(self.whole().max(other.whole()) + scale + 1, scale)
    }

    /// `a * b`.
    pub fn product(self, other: DecimalShape) -> DecimalShape {
        let scale = i32::from(self.scale) + i32::from(other.scale);
        adjusted(i32::from(self.precision) + i32::from(other.precision) + 1, scale)
    }

    /// `a / b`.
    pub fn quotient(self, other: DecimalShape) -> DecimalShape {
        let scale = (i32::from(self.scale) + i32::from(other.precision) + 1).max(6);
        adjusted(self.whole() + i32::from(other.scale) + scale, scale)
    }

    /// `a % b`.
    pub fn remainder(self, other: DecimalShape) -> DecimalShape {
        let scale = i32::from(self.scale.max(other.scale));
        adjusted(self.whole().min(other.whole()) + scale, scale)
    }

    /// `ROUND(a, digits)`; `None` digits: not a literal.
    pub fn rounded(self, digits: Option<i32>) -> DecimalShape {
        let Some(digits) = digits else { return self };
        if digits >= i32::from(self.scale) {
            self
        } else if digits < 0 {
            let precision = (1 + self.whole()).min(i32::from(MAX_PRECISION));
            DecimalShape { precision: precision as u8, scale: 0 }
        } else {
            let precision = (1 + self.whole() + digits).min(i32::from(MAX_PRECISION));
            DecimalShape { precision: precision as u8, scale: digits as u8 }
        }
    }

    /// The least DECIMAL that takes both without loss, cut to 38 digits in favour of whole digits.
    pub fn common(self, other: DecimalShape) -> DecimalShape {
        let max = i32::from(MAX_PRECISION);
        let whole = self.whole().max(other.whole()).min(max);
        let scale = i32::from(self.scale.max(other.scale)).min(max - whole);
        DecimalShape { precision: (whole + scale).max(1) as u8, scale: scale as u8 }
    }
}

/// Cuts to 38 digits: whole digits are kept, of the scale at least six digits.
fn adjusted(precision: i32, scale: i32) -> DecimalShape {
    let max = i32::from(MAX_PRECISION);
    if precision <= max {
        return DecimalShape { precision: precision.max(1) as u8, scale: scale as u8 };
    }
    let whole = precision - scale;
    let scale = (max - whole).max(scale.min(MIN_KEPT_SCALE));
    DecimalShape { precision: MAX_PRECISION, scale: scale as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(precision: u8, scale: u8) -> DecimalShape {
        DecimalShape { precision, scale }
    }

    #[test]
    fn shapes_are_flinks() {
        assert_eq!(shape(10, 0).sum(shape(2, 1)), shape(12, 1));
        assert_eq!(shape(10, 2).product(shape(10, 2)), shape(21, 4));
        assert_eq!(shape(3, 1).quotient(shape(10, 0)), shape(14, 12));
        assert_eq!(shape(38, 10).product(shape(38, 10)), shape(38, 6));
        assert_eq!(shape(38, 10).quotient(shape(38, 10)), shape(38, 6));
        assert_eq!(shape(5, 2).remainder(shape(5, 2)), shape(5, 2));
        assert_eq!(shape(4, 3).rounded(Some(2)), shape(4, 2));
        assert_eq!(shape(10, 4).rounded(Some(2)), shape(9, 2));
        assert_eq!(shape(10, 0).common(shape(2, 1)), shape(11, 1));
    }
}
