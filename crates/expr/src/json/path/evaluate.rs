//! Follows the steps of a path through a tree.

use super::super::Json;
use super::{PathError, Step};

/// What a function at the end of a path computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Min,
    Max,
    Average,
    Sum,
    Keys,
    First,
    Last,
}

impl Function {
    /// The function of that name.
    pub(super) fn of(name: &str) -> Option<Function> {
        Some(match name {
            "length" | "size" => Function::Length,
            "min" => Function::Min,
            "max" => Function::Max,
            "avg" => Function::Average,
            "sum" => Function::Sum,
            "keys" => Function::Keys,
            "first" => Function::First,
            "last" => Function::Last,
            _ => return None,
        })
    }

    fn apply(self, value: &Json) -> Result<Json, PathError> {
        let number = |value: f64| {
            let mut text = String::new();
            dataflow::java_number::write_double(value, &mut text);
            Json::Number(text.into())
        };
        match self {
            Function::Length => match value {
                Json::Array(elements) => Ok(Json::Number(elements.len().to_string().into())),
                Json::Object(entries) => Ok(Json::Number(entries.len().to_string().into())),
                _ => Ok(Json::Null),
            },
            Function::Keys => match value {
                Json::Object(entries) => {
                    Ok(Json::Array(entries.iter().map(|(key, _)| Json::Text(key.clone())).collect()))
                }
                _ => Err(PathError::NotFound),
            },
            Function::First | Function::Last => {
                let Json::Array(elements) = value else { return Err(PathError::NotFound) };
                let found = if self == Function::First { elements.first() } else { elements.last() };
                found.cloned().ok_or(PathError::NotFound)
            }
            Function::Min | Function::Max | Function::Average | Function::Sum => {
                let Json::Array(elements) = value else { return Err(PathError::NotFound) };
                let of_element = |element: &Json| match element {
                    Json::Number(text) => text.parse::<f64>().ok(),
                    _ => None,
                };
                let numbers: Vec<f64> = elements.iter().filter_map(of_element).collect();
                let sum: f64 = numbers.iter().sum();
                let value = match self {
                    Function::Min => numbers.iter().copied().reduce(f64::min),
                    Function::Max => numbers.iter().copied().reduce(f64::max),
                    Function::Average => (!numbers.is_empty()).then(|| sum / numbers.len() as f64),
                    _ => (!numbers.is_empty()).then_some(sum),
                };
                value.map(number).ok_or(PathError::NotFound)
            }
        }
    }
}

/// What the steps find: the value of a definite path, the array of all values of another.
pub(super) fn evaluate(document: &Json, steps: &[Step], definite: bool) -> Result<Json, PathError> {
    if let Some((Step::Function(function), before)) = steps.split_last() {
        let definite = before.iter().all(|step| matches!(step, Step::Child(_) | Step::Children(_) | Step::Index(_)));
        return function.apply(&evaluate(document, before, definite)?);
    }
    let mut found = Vec::new();
    walk(document, steps, true, &mut found)?;
    match (definite, found.len()) {
        (true, 0) => Err(PathError::NotFound),
        (true, _) => Ok(found.swap_remove(0)),
        (false, _) => Ok(Json::Array(found)),
    }
}

/// Appends what the steps find. Behind a step that finds several values, those where the rest finds nothing are left out.
pub(super) fn walk(value: &Json, steps: &[Step], definite: bool, found: &mut Vec<Json>) -> Result<(), PathError> {
    let Some((step, rest)) = steps.split_first() else {
        found.push(value.clone());
        return Ok(());
    };
    let missing = || if definite { Err(PathError::NotFound) } else { Ok(()) };
    match (step, value) {
        (Step::Child(key), Json::Object(_)) => match value.get(key) {
            Some(child) => walk(child, rest, definite, found)?,
            None => missing()?,
        },
        (Step::Children(keys), Json::Object(_)) => {
            let present = keys.iter().filter_map(|key| value.get(key).map(|child| (key, child)));
            if rest.is_empty() {
                found.push(Json::Object(present.map(|(key, child)| (key.clone(), child.clone())).collect()));
            } else {
                present.map(|(_, child)| child).try_for_each(|child| walk(child, rest, false, found))?;
            }
        }
        (Step::Index(index), Json::Array(elements)) => match element(elements, *index) {
            Some(element) => walk(element, rest, definite, found)?,
            None => missing()?,
        },
        (Step::Indices(indices), Json::Array(elements)) => {
            for element in indices.iter().filter_map(|index| element(elements, *index)) {
                walk(element, rest, false, found)?;
            }
        }
        (Step::Slice(from, to), Json::Array(elements)) => {
            let count = elements.len() as i64;
            let position = |bound: i64| if bound < 0 { (count + bound).max(0) } else { bound.min(count) };
            let (from, to) = (from.map_or(0, position), to.map_or(count, position));
            for element in elements.iter().take(to as usize).skip(from as usize) {
                walk(element, rest, false, found)?;
            }
        }
        (Step::Wildcard, _) => {
            for child in children(value) {
                walk(child, rest, false, found)?;
            }
        }
        (Step::Descent, _) => {
            walk(value, rest, false, found)?;
            for child in children(value) {
                walk(child, steps, false, found)?;
            }
        }
        (Step::Filter(predicate), Json::Array(elements)) => {
            for element in elements.iter().filter(|element| predicate.accepts(element)) {
                walk(element, rest, false, found)?;
            }
        }
        (Step::Filter(predicate), Json::Object(_)) => {
            if predicate.accepts(value) {
                walk(value, rest, false, found)?;
            }
        }
        _ => missing()?,
    }
    Ok(())
}

fn element(elements: &[Json], index: i64) -> Option<&Json> {
    let index = if index < 0 { elements.len() as i64 + index } else { index };
    elements.get(usize::try_from(index).ok()?)
}

fn children(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(elements) => elements.iter().collect(),
        Json::Object(entries) => entries.iter().map(|(_, child)| child).collect(),
        _ => Vec::new(),
    }
}
