//! What a schema refers to: found, and put where it is used for readers that follow no reference.

use super::kept;
use serde_json::{Map, Value};

/// The name that a `$ref` refers to.
fn name_of(reference: &Value) -> Option<&str> {
    reference.as_str()?.strip_prefix("#/$defs/")
}

/// The name that this schema refers to, where it is a reference.
pub(super) fn name_in(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(name_of)
}

/// Every definition that this schema and its definitions refer to.
pub(super) fn definitions(schema: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    gather(schema, &mut found);
    found
}

fn gather(schema: &Value, found: &mut Map<String, Value>) {
    if let Some(name) = name_in(schema)
        && !found.contains_key(name)
        && let Some(definition) = kept::definition(name)
    {
        found.insert(name.to_owned(), definition.clone());
        gather(&definition, found);
    }
    match schema {
        Value::Object(map) => map.values().for_each(|below| gather(below, found)),
        Value::Array(list) => list.iter().for_each(|below| gather(below, found)),
        _ => {}
    }
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
            let referred = map.remove("$ref");
            if let Some(name) = referred.as_ref().and_then(name_of) {
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
    fn what_is_referred_to_is_found_through_other_references() {
        let found = definitions(&json!({"items": {"$ref": "#/$defs/Brief"}}));
        assert!(found.contains_key("Brief") && found.contains_key("System"), "{found:?}");
        assert!(!found.contains_key("DollarState"), "{found:?}");
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
