//! The schemas as this program carries them: data that `topup generate` made from the types of the
//! answers, one schema a line. A command reads the lines that it asks for and no other.

use super::super::shape::Shape;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A verb, the shape of its answer, and the schema of its `data`; a tab between them.
const ANSWERS: &str = include_str!("answers.tsv");
/// A name, a tab, and the schema that the name stands for in a reference.
const DEFINITIONS: &str = include_str!("definitions.tsv");

/// The definition of what stands in `error`.
pub(super) const ERROR: &str = "ErrorPart";

fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    ANSWERS.lines().filter_map(|line| {
        let (verb, rest) = line.split_once('\t')?;
        let (shape, schema) = rest.split_once('\t')?;
        Some((verb, shape, schema))
    })
}

/// Every verb that answers with a document, each once.
pub(super) fn verbs() -> Vec<&'static str> {
    let mut verbs: Vec<&str> = rows().map(|(verb, ..)| verb).collect();
    verbs.dedup();
    verbs
}

/// The schemas of `data` of this verb, in one shape or in any.
pub(super) fn answers(verb: &str, shape: Option<Shape>) -> Vec<Value> {
    rows()
        .filter(|(name, words, _)| {
            *name == verb && shape.is_none_or(|shape| shape.words().trim_start() == *words)
        })
        .filter_map(|(.., schema)| serde_json::from_str(schema).ok())
        .collect()
}

/// The schema that a reference with this name means.
pub(super) fn definition(name: &str) -> Option<Value> {
    static BY_NAME: LazyLock<HashMap<&str, &str>> =
        LazyLock::new(|| DEFINITIONS.lines().filter_map(|line| line.split_once('\t')).collect());
    serde_json::from_str(BY_NAME.get(name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_schema_and_every_verb_stands_in_one_place() {
        for (verb, _, schema) in rows() {
            assert!(serde_json::from_str::<Value>(schema).is_ok(), "{verb}: {schema}");
        }
        assert_eq!(rows().count(), ANSWERS.lines().count());
        for line in DEFINITIONS.lines() {
            let (name, _) = line.split_once('\t').expect("a tab");
            assert!(definition(name).is_some_and(|schema| schema.is_object()), "{line}");
        }
        let mut names = verbs();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
