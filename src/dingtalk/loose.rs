//! Decoders for what DingTalk really sends: numbers as text, booleans as text, one object where a list belongs, lists
//! as text. Numbers never pass through floating point: orders exceed 2^53.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A scalar of any type as its text; objects, lists and null are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Loose(String);

impl Loose {
    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The text unless empty.
    pub(crate) fn filled(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }

    /// The integer, where it is one.
    pub(crate) fn integer(&self) -> Option<i64> {
        self.0.trim().parse().ok()
    }

    /// Whether it says true.
    pub(crate) fn is_true(&self) -> bool {
        self.0.eq_ignore_ascii_case("true") || self.0 == "1"
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor).map(Self)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number or a boolean")
    }
    fn visit_str<E>(self, v: &str) -> Result<String, E> {
        Ok(v.to_owned())
    }
    fn visit_i64<E>(self, v: i64) -> Result<String, E> {
        Ok(v.to_string())
    }
    fn visit_u64<E>(self, v: u64) -> Result<String, E> {
        Ok(v.to_string())
    }
    fn visit_f64<E>(self, v: f64) -> Result<String, E> {
        Ok(v.to_string())
    }
    fn visit_bool<E>(self, v: bool) -> Result<String, E> {
        Ok(v.to_string())
    }
    fn visit_unit<E>(self) -> Result<String, E> {
        Ok(String::new())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<String, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(String::new())
    }
}

/// A list, or one element in its place; null is empty.
#[derive(Debug, Clone)]
pub(crate) struct Many<T>(pub(crate) Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ManyVisitor(PhantomData)).map(Self)
    }
}

struct ManyVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ManyVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }
    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(next) = seq.next_element()? {
            all.push(next);
        }
        Ok(all)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
        Ok(vec![T::deserialize(serde::de::value::MapAccessDeserializer::new(map))?])
    }
    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Vec<T>, E> {
        if v.trim().is_empty() { Ok(Vec::new()) } else { Err(E::custom("text where a list belongs")) }
    }
}

/// A list of scalars: `[2,3]`, `["2","3"]`, `"[2,3]"` or `"2,3"`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scalars(pub(crate) Vec<String>);

impl Scalars {
    /// The elements that are integers.
    pub(crate) fn integers(&self) -> impl Iterator<Item = i64> {
        self.0.iter().filter_map(|text| text.parse().ok())
    }
}

impl<'de> Deserialize<'de> for Scalars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarsVisitor).map(Self)
    }
}

struct ScalarsVisitor;

impl<'de> Visitor<'de> for ScalarsVisitor {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of scalars")
    }
    fn visit_unit<E>(self) -> Result<Vec<String>, E> {
        Ok(Vec::new())
    }
    fn visit_i64<E>(self, v: i64) -> Result<Vec<String>, E> {
        Ok(vec![v.to_string()])
    }
    fn visit_u64<E>(self, v: u64) -> Result<Vec<String>, E> {
        Ok(vec![v.to_string()])
    }
    fn visit_str<E>(self, v: &str) -> Result<Vec<String>, E> {
        let inner = v.trim().trim_start_matches('[').trim_end_matches(']');
        let parts = inner.split(',').map(|p| p.trim().trim_matches('"').to_owned());
        Ok(parts.filter(|p| !p.is_empty()).collect())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<String>, A::Error> {
        let mut all = Vec::new();
        while let Some(next) = seq.next_element::<Loose>()? {
            all.extend(next.filled().map(str::to_owned));
        }
        Ok(all)
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Vec<String>, A::Error> {
        Err(A::Error::custom("an object where a list of scalars belongs"))
    }
}

/// Custom attributes: an object, or text that holds one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes(pub(crate) BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AttributesSeed.deserialize(deserializer).map(Self)
    }
}

struct AttributesSeed;

impl<'de> DeserializeSeed<'de> for AttributesSeed {
    type Value = BTreeMap<String, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AttributesSeed {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("custom attributes")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }
    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        // Text that holds no object is somebody's free text; there is no attribute in it.
        Ok(serde_json::from_str::<Attributes>(v).map(|a| a.0).unwrap_or_default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, Loose>()? {
            all.insert(key, value.0);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_every_form_they_come_in() {
        for text in ["[2,3]", r#"["2","3"]"#, r#""[2,3]""#, r#""2,3""#] {
            let list: Scalars = serde_json::from_str(text).expect(text);
            assert_eq!(list.integers().collect::<Vec<_>>(), [2, 3], "{text}");
        }
        let one: Many<BTreeMap<String, Loose>> = serde_json::from_str(r#"{"a":"1"}"#).expect("one");
        assert_eq!(one.0.len(), 1);
    }

    #[test]
    fn orders_beyond_two_to_the_53rd_stay_exact() {
        let order: Loose = serde_json::from_str("179997318850453161").expect("a number");
        assert_eq!(order.integer(), Some(179_997_318_850_453_161));
    }

    #[test]
    fn attributes_come_as_text_or_as_an_object() {
        for text in [r#""{\"CostCentre\":\"CC-9\",\"n\":7}""#, r#"{"CostCentre":"CC-9","n":7}"#] {
            let read: Attributes = serde_json::from_str(text).expect(text);
            assert_eq!(read.0.get("CostCentre").map(String::as_str), Some("CC-9"));
            assert_eq!(read.0.get("n").map(String::as_str), Some("7"));
        }
        assert_eq!(
            serde_json::from_str::<Attributes>(r#""free text""#).expect("text"),
            Attributes::default()
        );
    }
}
