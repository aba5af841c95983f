//! VECTOR: converts the server's single-precision numbers to a JSON array of the same numbers.

use std::fmt::Write as _;

use crate::mapping::unrepresentable::Unrepresentable;

/// The JSON array. Every number is written as the double that equals it, so that a reader of doubles gets the exact number.
pub(super) fn as_json(value: &[u8]) -> Result<String, Unrepresentable> {
    let (numbers, rest) = value.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Unrepresentable::Malformed("a VECTOR whose length is not a multiple of 4"));
    }
    let mut array = String::from("[");
    for (at, bytes) in numbers.iter().enumerate() {
        let number = f64::from(f32::from_le_bytes(*bytes));
        if !number.is_finite() {
            return Err(Unrepresentable::OutOfRange("JSON has only finite numbers"));
        }
        // Debug prints the shortest text that parses to this double, including -0.0. Writing to a String cannot fail.
        let _ = write!(array, "{}{number:?}", if at == 0 { "" } else { "," });
    }
    array.push(']');
    Ok(array)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(numbers: &[f32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    #[test]
    fn examples() {
        assert_eq!(as_json(&bytes(&[1.5, -2.25, 16_777_216.0, -0.0])).unwrap(), "[1.5,-2.25,16777216.0,-0.0]");
        assert_eq!(as_json(&[]).unwrap(), "[]");
        assert!(matches!(as_json(&bytes(&[1.0, f32::NAN])), Err(Unrepresentable::OutOfRange(_))));
        assert!(matches!(as_json(&bytes(&[f32::INFINITY])), Err(Unrepresentable::OutOfRange(_))));
        assert!(matches!(as_json(&[0; 5]), Err(Unrepresentable::Malformed(_))));
    }

    proptest! {
        #[test]
        fn every_number_is_read_back(numbers in proptest::collection::vec(any::<f32>(), 0..20)) {
            prop_assume!(numbers.iter().all(|number| number.is_finite()));
            let json = as_json(&bytes(&numbers)).unwrap();
            prop_assert!(serde_json::from_str::<Vec<f64>>(&json).is_ok());
            // According to its documentation, serde_json may be wrong in the last bit, so it does not parse the numbers here.
            let items = json.trim_matches(['[', ']']).split(',').filter(|number| !number.is_empty());
            let read: Vec<f64> = items.map(|number| number.parse().unwrap()).collect();
            prop_assert_eq!(read, numbers.iter().map(|number| f64::from(*number)).collect::<Vec<_>>());
        }
    }
}
