//! The binary encoding of values.

/// The encoded index of `null` in the union of a nullable field.
pub const NULL: u8 = 0;
/// The encoded index of the value's branch in the union of a nullable field.
pub const PRESENT: u8 = 2;

/// Appends an `int` or `long`: zigzag, then base 128 with the least significant group first.
#[inline]
pub fn put_long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest as u8) | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Appends a `boolean`: one byte.
#[inline]
pub fn put_boolean(out: &mut Vec<u8>, value: bool) {
    out.push(value.into());
}

/// Appends `bytes` or a `string`: the length as a long, then the bytes.
#[inline]
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // A slice is never longer than isize::MAX, so its length is a long.
    put_long(out, bytes.len() as i64);
    out.extend_from_slice(bytes);
}

/// Appends a `double`: 8 bytes, little-endian.
#[inline]
pub fn put_double(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Appends a `decimal` as bytes: two's complement, big-endian, in as few bytes as possible.
#[inline]
pub fn put_decimal(out: &mut Vec<u8>, big_endian: &[u8]) {
    let mut shortest = big_endian;
    // A leading byte that only repeats the sign of the next one is redundant.
    while let [first, rest @ ..] = shortest
        && let [second, ..] = rest
    {
        if (*first == 0 && *second < 0x80) || (*first == 0xff && *second >= 0x80) {
            shortest = rest;
        } else {
            break;
        }
    }
    put_bytes(out, shortest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use apache_avro::{Schema, from_avro_datum, types::Value};
    use proptest::prelude::*;

    fn read(schema: &str, bytes: &[u8]) -> Value {
        from_avro_datum(&Schema::parse_str(schema).unwrap(), &mut &bytes[..], None).unwrap()
    }

    proptest! {
        #[test]
        fn another_reader_reads_longs(value: i64) {
            let mut out = Vec::new();
            put_long(&mut out, value);
            prop_assert_eq!(read("\"long\"", &out), Value::Long(value));
        }

        #[test]
        fn another_reader_reads_bytes(value: Vec<u8>) {
            let mut out = Vec::new();
            put_bytes(&mut out, &value);
            prop_assert_eq!(read("\"bytes\"", &out), Value::Bytes(value));
        }

        #[test]
        fn decimals_are_as_short_as_possible_and_exact(value: i128) {
            let mut out = Vec::new();
            put_decimal(&mut out, &value.to_be_bytes());
            let Value::Bytes(bytes) = read("\"bytes\"", &out) else { panic!("not bytes") };
            prop_assert!(!bytes.is_empty());
            let fill = if bytes[0] >= 0x80 { 0xff } else { 0 };
            let mut whole = [fill; 16];
            whole[16 - bytes.len()..].copy_from_slice(&bytes);
            prop_assert_eq!(i128::from_be_bytes(whole), value);
            let needed = (128 - value.unsigned_abs().leading_zeros() as usize) / 8 + 1;
            prop_assert!(bytes.len() <= needed);
        }
    }
}
