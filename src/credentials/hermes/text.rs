//! Single values of a JSON text, replaced where they stand: every other byte of the file belongs
//! to somebody else and stays as it is.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Value};
use std::fmt;

/// One object of a text: its members in their order, and where their values stand.
pub(super) struct Object<'t> {
    start: usize,
    members: Vec<(String, &'t RawValue)>,
    text: &'t str,
}

impl<'t> Object<'t> {
    /// The object at this path of keys; `None` where a key is missing or null.
    ///
    /// # Errors
    /// Where the text makes no sense, or a value on the way is something else than an object.
    pub(super) fn at(text: &'t str, path: &[&str]) -> Result<Option<Self>, Error> {
        let mut object = Self::parse(text, serde_json::from_str(text)?)?;
        for key in path {
            match object.raw(key).filter(|raw| raw.get() != "null") {
                Some(raw) => object = Self::parse(text, raw)?,
                None => return Ok(None),
            }
        }
        Ok(Some(object))
    }

    fn parse(text: &'t str, raw: &'t RawValue) -> Result<Self, Error> {
        let Members(members) = serde_json::from_str(raw.get())?;
        Ok(Self { start: place_in(text, raw), members, text })
    }

    fn raw(&self, key: &str) -> Option<&'t RawValue> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, raw)| *raw)
    }

    /// The value of a key, if it is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<Value> {
        let raw = self.raw(key)?;
        serde_json::from_str(raw.get()).ok().filter(|value: &Value| !value.is_null())
    }

    /// Whether there is such a key, whatever its value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// The whole text with these values: in the place of the old ones, or behind the last member
    /// for keys that were not there.
    pub(super) fn with(&self, changes: &[(&str, Value)]) -> String {
        let mut edits: Vec<(usize, usize, String)> = Vec::new();
        let (end, space) = self.behind();
        let mut added = String::new();
        for (key, value) in changes {
            match self.raw(key) {
                Some(_) if self.get(key).unwrap_or_default() == *value => {}
                Some(raw) => {
                    let at = place_in(self.text, raw);
                    edits.push((at, at + raw.get().len(), value.to_string()));
                }
                None => {
                    let comma = if self.members.is_empty() && added.is_empty() { "" } else { "," };
                    added.push_str(&format!("{comma}{space}{}: {value}", Value::from(*key)));
                }
            }
        }
        edits.push((end, end, added));
        edits.sort_by_key(|(from, to, _)| (*from, *to));
        let mut whole = String::with_capacity(self.text.len() + 1024);
        let mut done = 0;
        for (from, to, new) in edits {
            whole.push_str(&self.text[done..from]);
            whole.push_str(&new);
            done = to;
        }
        whole.push_str(&self.text[done..]);
        whole
    }

    /// Where the last member ends, and the space that stands before its key.
    fn behind(&self) -> (usize, &'t str) {
        let ends = |raw: &'t RawValue| place_in(self.text, raw) + raw.get().len();
        let Some(((_, last), before)) = self.members.split_last() else {
            return (self.start + 1, "");
        };
        let from = before.last().map_or(self.start, |(_, raw)| ends(raw));
        // Between two values stand a comma (or the brace), space, the key, a colon, and space.
        let between = &self.text[from..place_in(self.text, last)];
        let space = between.trim_start().get(1..).unwrap_or_default();
        (ends(last), &space[..space.len() - space.trim_start().len()])
    }
}

/// Where a value that was read from this text stands in it.
fn place_in(text: &str, raw: &RawValue) -> usize {
    raw.get().as_ptr().addr() - text.as_ptr().addr()
}

/// The members of an object, none of them twice.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members: Vec<(String, &RawValue)> = Vec::new();
                while let Some((key, raw)) = map.next_entry()? {
                    if members.iter().any(|(known, _)| *known == key) {
                        return Err(A::Error::custom("a key stands there twice"));
                    }
                    members.push((key, raw));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(text: &str, path: &[&str], changes: &[(&str, Value)]) -> String {
        let object = Object::at(text, path).expect("JSON").expect("an object");
        let whole = object.with(changes);
        let after = Object::at(&whole, path).expect("still JSON").expect("an object");
        for (key, value) in changes {
            assert_eq!(after.get(key).unwrap_or_default(), *value, "{whole}");
        }
        whole
    }

    #[test]
    fn only_the_value_changes_and_every_other_byte_stays() {
        let text = "\n{ \"z\" : 1.50e+3,\"a\\u0062\":[1, {\"x\":\"}\"} ],\n \"in\": {\"k\" :\"old\" , \"n\": null}}  \n";
        assert_eq!(
            changed(text, &["in"], &[("k", json!("n\"ew"))]),
            text.replace("\"old\"", "\"n\\\"ew\"")
        );
        assert_eq!(changed(text, &["in"], &[("n", json!(7))]), text.replace("null", "7"));
        assert_eq!(changed(text, &["in"], &[("k", json!("old"))]), text);
        assert_eq!(
            changed(text, &[], &[("ab", json!(1))]),
            text.replace("[1, {\"x\":\"}\"} ]", "1")
        );
    }

    #[test]
    fn what_was_not_there_comes_last_in_the_same_dress() {
        let text = "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": [2]\n  },\n  \"d\": 3\n}\n";
        assert_eq!(
            changed(text, &["a"], &[("e", json!("x")), ("f", json!(null))]),
            text.replace("[2]\n", "[2],\n    \"e\": \"x\",\n    \"f\": null\n")
        );
        assert_eq!(changed("{\"a\":1}", &[], &[("b", json!(2))]), "{\"a\":1,\"b\": 2}");
        assert_eq!(changed("{}", &[], &[("b", json!(2)), ("c", json!(3))]), "{\"b\": 2,\"c\": 3}");
        assert_eq!(changed("{ \"a\": {} }", &["a"], &[("b", json!(2))]), "{ \"a\": {\"b\": 2} }");
    }

    #[test]
    fn what_is_missing_is_none_and_what_makes_no_sense_is_refused() {
        for text in ["{}", "{\"p\":null}", "{\"p\":{}}", "{\"p\":{\"q\":null}}"] {
            assert!(Object::at(text, &["p", "q"]).expect("JSON").is_none(), "{text}");
        }
        for text in
            ["", "[]", "{\"p\":[]}", "{\"p\":{\"q\":1}}", "{\"p\":{},\"p\":{}}", "{\"p\":{}"]
        {
            assert!(Object::at(text, &["p", "q"]).is_err(), "{text}");
        }
    }
}
