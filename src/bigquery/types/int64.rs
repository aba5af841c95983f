//! Serializes an int64 as a JSON string, as the API does. Reads a JSON number too.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serializer};

/// Writes the number as a string.
pub fn serialize<T: Display, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Reads the number from a string or a number.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Text(String),
        Number(serde_json::Number),
    }
    let text = match Value::deserialize(deserializer)? {
        Value::Text(text) => text,
        Value::Number(number) => number.to_string(),
    };
    text.parse().map_err(|error| serde::de::Error::custom(format!("{text:?} is not an int64: {error}")))
}

/// The same for a number that may be missing.
pub mod option {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserializer, Serializer};

    /// Writes the number as a string.
    pub fn serialize<T: Display, S: Serializer>(number: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serializer.collect_str(number),
            None => serializer.serialize_none(),
        }
    }

    /// Reads the number from a string or a number.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        super::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Numbers {
        #[serde(with = "super")]
        is: i64,
        #[serde(with = "super::option", default, skip_serializing_if = "Option::is_none")]
        may_be: Option<u64>,
    }

    #[test]
    fn numbers_are_strings() {
        let numbers = Numbers { is: -5, may_be: Some(u64::MAX) };
        let written = json!({"is": "-5", "may_be": "18446744073709551615"});
        assert_eq!(serde_json::to_value(&numbers).unwrap(), written);
        assert_eq!(serde_json::from_value::<Numbers>(written).unwrap(), numbers);
        let none = Numbers { is: 7, may_be: None };
        assert_eq!(serde_json::from_value::<Numbers>(json!({"is": 7})).unwrap(), none);
        assert_eq!(serde_json::to_value(&none).unwrap(), json!({"is": "7"}));
        assert!(serde_json::from_value::<Numbers>(json!({"is": "x"})).is_err());
    }
}
