//! Makes a schema one that common validators and converters read as it comes: no formats of one
//! programming language, nothing about how this program is built, and, where that is wanted, no
//! references.

use serde_json::{Map, Value};

/// Formats that only say how a number is kept in memory; a validator in strict mode refuses them.
const NUMBER_FORMATS: &[&str] = &["int", "uint", "float", "double"];
/// Sentences that are for those who change this program.
const INTERNAL: &[&str] = &["Contract:", "It has no `Debug`"];

/// Takes out what a reader of the schema cannot use.
pub(super) fn clean(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("format").and_then(Value::as_str).is_some_and(is_of_a_number) {
                map.remove("format");
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = without_internal(text);
            }
            map.values_mut().for_each(clean);
        }
        Value::Array(list) => list.iter_mut().for_each(clean),
        _ => {}
    }
}

fn is_of_a_number(format: &str) -> bool {
    let name = format.trim_end_matches(|last: char| last.is_ascii_digit());
    NUMBER_FORMATS.contains(&name)
}

fn without_internal(text: &str) -> String {
    let line = text.replace('\n', " ");
    let kept = line.split_inclusive(". ").filter(|sentence| {
        let sentence = sentence.trim_start();
        !INTERNAL.iter().any(|begin| sentence.starts_with(begin))
    });
    kept.collect::<String>().trim_end().to_owned()
}

/// Puts what is referred to in the place of each reference. No answer contains itself.
pub(super) fn inline(mut schema: Value) -> Value {
    let definitions = match schema.as_object_mut().and_then(|root| root.remove("$defs")) {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    };
    resolve(&mut schema, &definitions);
    schema
}

fn resolve(schema: &mut Value, definitions: &Map<String, Value>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.remove("$ref") {
                let name = reference.rsplit('/').next().unwrap_or_default();
                if let Some(Value::Object(found)) = definitions.get(name) {
                    for (key, value) in found {
                        // What stands at the place says more than the definition.
                        map.entry(key).or_insert_with(|| value.clone());
                    }
                }
                return resolve(schema, definitions);
            }
            map.values_mut().for_each(|below| resolve(below, definitions));
        }
        Value::Array(list) => list.iter_mut().for_each(|below| resolve(below, definitions)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_only_a_program_understands_is_taken_out() {
        let mut schema = json!({
            "description": "An account.\nContract: nous, state.",
            "properties": {
                "format": {"type": "string", "format": "uri"},
                "count": {"type": "integer", "format": "uint64", "minimum": 0},
            },
        });
        clean(&mut schema);
        assert_eq!(schema["description"], "An account.");
        assert_eq!(schema["properties"]["count"], json!({"type": "integer", "minimum": 0}));
        assert_eq!(schema["properties"]["format"]["format"], "uri");
    }

    #[test]
    fn references_are_replaced_at_any_depth() {
        let schema = json!({
            "properties": {"a": {"$ref": "#/$defs/A", "description": "here"}},
            "$defs": {"A": {"description": "there", "items": {"$ref": "#/$defs/B"}}, "B": {"const": 1}},
        });
        let expected = json!({"properties": {"a": {"description": "here", "items": {"const": 1}}}});
        assert_eq!(inline(schema), expected);
    }
}
