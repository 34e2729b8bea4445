//! Reading answers: strict about what the JSON is, lenient about what single fields hold.
//!
//! `serde_json`'s own value keeps the last of two equal keys, and the first may hold another value:
//! such an answer is refused whole. A field of the wrong type
//! is only missing, so that a mistake in one never costs the rest.

use crate::core::escape;
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, de};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;

/// Reads one JSON object without repeated keys; `None` for anything else.
pub fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice::<EachKeyOnce>(bytes).ok()?;
    match serde_json::from_slice(bytes).ok()? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// The field as this type; `None` when it is missing, null or something else.
pub fn field<T: DeserializeOwned>(map: &Map<String, Value>, key: &str) -> Option<T> {
    map.get(key).and_then(|value| T::deserialize(value).ok())
}

/// The field as text that is not empty.
pub fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    field::<String>(map, key).filter(|text| !text.is_empty())
}

/// The field as words for people or for a log: no more of it than is ever shown, so that nothing
/// endless is kept in a journal or printed in a document.
pub fn words(map: &Map<String, Value>, key: &str) -> Option<String> {
    text(map, key).map(|text| escape::cut(&text).to_owned())
}

/// For `#[serde(default, deserialize_with = "wire::lenient")]`: anything of the wrong type counts
/// as missing.
pub fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(T::deserialize(Value::deserialize(from)?).ok())
}

/// Any JSON in which no object has a key twice.
struct EachKeyOnce;

impl<'de> Deserialize<'de> for EachKeyOnce {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = EachKeyOnce;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON without repeated keys")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_unit<E: de::Error>(self) -> Result<EachKeyOnce, E> {
        Ok(EachKeyOnce)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<EachKeyOnce, A::Error> {
        while list.next_element::<EachKeyOnce>()?.is_some() {}
        Ok(EachKeyOnce)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EachKeyOnce, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key) {
                // The rest is read so that the error is this one, wherever it stands.
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Err(A::Error::custom("a key stands there twice"));
            }
            map.next_value::<EachKeyOnce>()?;
        }
        Ok(EachKeyOnce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_anywhere_spoils_the_whole() {
        for fine in [
            r"{}",
            r#"{"a":{"x":1},"b":{"x":1.50}}"#,
            r#"{"a":[{"x":1},{"x":null}],"n":1e999,"t":"é"}"#,
        ] {
            assert!(object(fine.as_bytes()).is_some(), "{fine}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for bad in [
            "",
            "[]",
            "null",
            "7",
            "\"x\"",
            r#"{"a":1,"a":1}"#,
            r#"{"b":[{"a":1,"a":2}]}"#,
            r#"{"a":1,"\u0061":2}"#,
            "{} x",
            "{}{}",
            "\u{feff}{}",
            r#"{"a":"\ud800"}"#,
            r#"{"a":1"#,
            "<html>",
            &deep,
        ] {
            assert!(object(bad.as_bytes()).is_none(), "{}", &bad[..bad.len().min(40)]);
        }
        assert!(object(b"{\"a\":\"\xff\"}").is_none());
    }

    #[test]
    fn a_number_keeps_its_digits() {
        let map = object(br#"{"n":25.10}"#).expect("an object");
        assert_eq!(map["n"].to_string(), "25.10");
        assert_eq!(text(&map, "n"), None);
        let money: crate::core::money::Money = field(&map, "n").expect("money");
        assert_eq!(money.to_string(), "25.10");
    }
}
