//! JSON paths as Jayway's JsonPath reads them for Flink: `$.a['b'][0]`, `$..x`, `$.a[*]`, `$.a[1:3]`, `$.a[?(@.n > 3)]`, `$.a.length()`.
//!
//! A definite path finds one value or fails; a path with a wildcard, slice, list of indices, filter or `..` finds an array of those there are.

mod evaluate;
mod filter;
mod parse;

use super::{Json, Kind, Malformed, Reader};

/// The steps of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonPath {
    steps: Vec<Step>,
    definite: bool,
}

/// A step from values to values.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// `.a`, `['a']`
    Child(Box<str>),
    /// `['a','b']`
    Children(Vec<Box<str>>),
    /// `[0]`, from the end when negative.
    Index(i64),
    /// `[0,1]`
    Indices(Vec<i64>),
    /// `[from:to]`
    Slice(Option<i64>, Option<i64>),
    /// `.*`, `[*]`
    Wildcard,
    /// `..`: the value and all values in it.
    Descent,
    /// `[?(...)]`
    Filter(filter::Predicate),
    /// `.length()` and its kin, at the end of a path.
    Function(evaluate::Function),
}

/// Why a path finds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathError {
    /// The text is no path.
    Invalid(String),
    /// A value that the path names is not there.
    NotFound,
    /// The document is no JSON.
    Malformed(Malformed),
}

impl From<Malformed> for PathError {
    fn from(error: Malformed) -> Self {
        PathError::Malformed(error)
    }
}

impl JsonPath {
    /// Whether it finds one value.
    pub(crate) fn is_definite(&self) -> bool {
        self.definite
    }

    /// The value that the path finds in a document.
    ///
    /// A path of keys and indices only goes over the text and builds a tree of nothing but what it finds.
    pub(crate) fn read(&self, document: &str) -> Result<Json, PathError> {
        let plain = self.steps.iter().all(|step| matches!(step, Step::Child(_) | Step::Index(0..)));
        if plain {
            let mut reader = Reader::new(document);
            let found = find(&mut reader, &self.steps)?.ok_or(PathError::NotFound)?;
            return Ok(Json::parse(found)?);
        }
        let document = Json::parse(document)?;
        evaluate::evaluate(&document, &self.steps, self.definite)
    }
}

/// Takes a value off and gives the text of what the steps find in it.
fn find<'a>(reader: &mut Reader<'a>, steps: &[Step]) -> Result<Option<&'a str>, Malformed> {
    let Some((step, rest)) = steps.split_first() else { return reader.raw().map(Some) };
    let mut found = None;
    match (step, reader.peek()?) {
        (Step::Child(wanted), Kind::Object) => reader.entries(|reader, key| {
            if *key == **wanted {
                found = find(reader, rest)?;
                Ok(())
            } else {
                reader.skip()
            }
        })?,
        (Step::Index(wanted), Kind::Array) => reader.elements(|reader, index| {
            if i64::try_from(index) == Ok(*wanted) {
                found = find(reader, rest)?;
                Ok(())
            } else {
                reader.skip()
            }
        })?,
        _ => reader.skip()?,
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str =
        r#"{"a":{"b":[1,2,3],"c d":"x"},"l":[{"n":1,"v":"p"},{"n":5,"v":"q"},{"v":"r"}],"a.b":7,"z":null}"#;

    fn read(path: &str) -> Result<String, PathError> {
        let mut out = String::new();
        JsonPath::parse(path)?.read(DOCUMENT)?.write(&mut out);
        Ok(out)
    }

    #[test]
    fn paths() {
        for (path, expected) in [
            ("$.a.b[0]", "1"),
            ("$.a.b[-1]", "3"),
            ("$['a']['c d']", "\"x\""),
            ("$[\"a.b\"]", "7"),
            ("a.b[1]", "2"),
            ("$.z", "null"),
            ("$.a.b[*]", "[1,2,3]"),
            ("$.a.b[0,2]", "[1,3]"),
            ("$.a.b[1:]", "[2,3]"),
            ("$.a.b[:-1]", "[1,2]"),
            ("$.a.*", "[[1,2,3],\"x\"]"),
            ("$..v", "[\"p\",\"q\",\"r\"]"),
            ("$.l[*].n", "[1,5]"),
            ("$.l[?(@.n)].v", "[\"p\",\"q\"]"),
            ("$.l[?(@.n > 1 && @.v == 'q')].v", "[\"q\"]"),
            ("$.l[?(@.n < 1 || !(@.n))].v", "[\"r\"]"),
            ("$.l[?(@.v =~ /[pq]/)].n", "[1,5]"),
            ("$.l[?(@.v in ['p','r'])].v", "[\"p\",\"r\"]"),
            ("$.a.b.length()", "3"),
            ("$.a.b.max()", "3.0"),
        ] {
            assert_eq!(read(path), Ok(expected.to_owned()), "{path}");
        }
        for path in ["$.x", "$.a.b[5]", "$.a.b.c", "$.x[*]", "$.z.y"] {
            assert_eq!(read(path), Err(PathError::NotFound), "{path}");
        }
        for path in ["", "$.", "$[", "$.a b", "$.a[", "$.a['b'", "$..", "$.a[?(@.n >)]"] {
            assert!(matches!(read(path), Err(PathError::Invalid(_))), "{path}");
        }
    }

    #[test]
    fn both_ways_of_reading_agree() {
        let document = r#"{"a":1,"a":{"b":2},"c":[[1],[2,{"d":null}]]}"#;
        for path in ["$", "$.a", "$.a.b", "$.c[1][1].d", "$.c[2]", "$.c.d", "$.a[0]"] {
            let path = JsonPath::parse(path).unwrap();
            let tree = evaluate::evaluate(&Json::parse(document).unwrap(), &path.steps, true);
            assert_eq!(path.read(document), tree, "{path:?}");
        }
    }
}
