//! Property tests of the conversions with arbitrary bytes. A conversion never panics. It writes exactly the value that an
//! independent decoder finds, or it fails.

use apache_avro::types::Value;
use apache_avro::{Schema, from_avro_datum};
use ethnum::I256;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::Encoding;
use crate::mapping::charset::Charset;

/// The most digits that an `I256` always holds. A DECIMAL has at most 65.
const MOST_DIGITS: usize = 76;
/// The content of the buffer before the datum. A conversion must not change it.
const BEFORE: &[u8] = b"before";

/// The independent decoder. It shares no code with the conversions. `None` means that the conversion must fail.
fn expected(encoding: Encoding, value: &[u8]) -> Option<Value> {
    Some(match encoding {
        Encoding::Signed => Value::Long(little_endian(value, true)?.try_into().ok()?),
        Encoding::Unsigned => Value::Long(little_endian(value, false)?.try_into().ok()?),
        Encoding::UnsignedAsDecimal => Value::Bytes(shortest(I256::from(little_endian(value, false)?))),
        Encoding::Bits => {
            let reversed: Vec<u8> = value.iter().rev().copied().collect();
            let number = (1..=8).contains(&value.len()).then(|| sum(&reversed))?;
            Value::Long(number.try_into().ok()?)
        }
        Encoding::Float => Value::Double(double(value)?),
        Encoding::Decimal { scale } => Value::Bytes(shortest(unscaled(value, scale as usize)?)),
        Encoding::Date => match date_and_time(value)? {
            (days, 0) => Value::Long(days),
            _ => return None,
        },
        Encoding::DateTime => {
            let (days, microseconds) = date_and_time(value)?;
            Value::Long(days * 86_400_000_000 + microseconds)
        }
        Encoding::Time => Value::Long(time_of_day(value)?),
        Encoding::Text(Charset::Utf8) => Value::String(String::from_utf8(value.to_vec()).ok()?),
        Encoding::Bytes => Value::Bytes(value.to_vec()),
        Encoding::Bool { signed } => match little_endian(value, signed)? {
            number @ (0 | 1) => Value::Boolean(number == 1),
            _ => return None,
        },
        other => unreachable!("{other:?} has no independent decoder"),
    })
}

fn sum(little_endian: &[u8]) -> i128 {
    little_endian.iter().enumerate().map(|(place, byte)| i128::from(*byte) << (8 * place)).sum()
}

fn little_endian(value: &[u8], signed: bool) -> Option<i128> {
    let number = matches!(value.len(), 1 | 2 | 4 | 8).then(|| sum(value))?;
    let modulus = 1i128 << (8 * value.len());
    Some(if signed && number >= modulus / 2 { number - modulus } else { number })
}

/// Builds the number from its sign, exponent and mantissa.
fn double(value: &[u8]) -> Option<f64> {
    let bits = matches!(value.len(), 4 | 8).then(|| sum(value).cast_unsigned())?;
    let (mantissa_bits, exponent_bits) = if value.len() == 4 { (23, 8) } else { (52, 11) };
    let sign = if bits >> (mantissa_bits + exponent_bits) == 1 { -1.0 } else { 1.0 };
    let most = (1u128 << exponent_bits) - 1;
    let (exponent, mantissa) = ((bits >> mantissa_bits) & most, bits & ((1 << mantissa_bits) - 1));
    if exponent == most {
        return Some(if mantissa == 0 { sign * f64::INFINITY } else { f64::NAN });
    }
    let implied = if exponent == 0 { 0 } else { 1u128 << mantissa_bits };
    let power = i32::try_from(exponent.max(1)).ok()? - (1 << (exponent_bits - 1)) + 1 - mantissa_bits;
    // In two steps, because 2 to the power of -1074 is too small for one.
    Some(sign * (mantissa + implied) as f64 * 2f64.powi(power / 2) * 2f64.powi(power - power / 2))
}

fn unscaled(text: &[u8], scale: usize) -> Option<I256> {
    let text = std::str::from_utf8(text).ok()?;
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (if text.starts_with('-') { "-" } else { "" }, rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let nothing = whole.is_empty() && fraction.is_empty();
    let holds = plain(whole) && plain(fraction) && fraction.len() <= scale && whole.len() + scale <= MOST_DIGITS;
    (holds && !nothing).then(|| format!("{sign}{whole}{fraction:0<scale$}").parse().unwrap())
}

/// Two's complement, big-endian, in as few bytes as possible.
fn shortest(number: I256) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let short = (1..=32).find(|length| {
        let rest = (256 - 8 * length) as u32;
        (number << rest) >> rest == number
    });
    bytes[32 - short.unwrap()..].to_vec()
}

/// Days since 1970-01-01, counted year by year and month by month, and microseconds within the day.
fn date_and_time(value: &[u8]) -> Option<(i64, i64)> {
    let (length, parts) = value.split_first()?;
    if !matches!(length, 4 | 7 | 11) || parts.len() != usize::from(*length) {
        return None;
    }
    let part = |at: usize| i64::from(parts.get(at).copied().unwrap_or(0));
    let (year, month, day) = (part(0) + 256 * part(1), part(2), part(3));
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length_of = |month: i64| match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=length_of(month)).contains(&day) {
        return None;
    }
    let days_before = |year: i64| (1..year).map(|year| 365 + i64::from(leap(year))).sum::<i64>();
    let days = days_before(year) - days_before(1970) + (1..month).map(length_of).sum::<i64>() + day - 1;
    Some((days, clock(parts.get(4..).unwrap_or_default())?))
}

fn clock(parts: &[u8]) -> Option<i64> {
    let part = |at: usize| i64::from(parts.get(at).copied().unwrap_or(0));
    let fraction = (0..4).map(|place| part(3 + place) << (8 * place)).sum::<i64>();
    let inside = part(0) < 24 && part(1) < 60 && part(2) < 60 && fraction < 1_000_000;
    inside.then(|| ((part(0) * 60 + part(1)) * 60 + part(2)) * 1_000_000 + fraction)
}

fn time_of_day(value: &[u8]) -> Option<i64> {
    let (length, parts) = value.split_first()?;
    match (length, parts) {
        (0, []) => Some(0),
        (8 | 12, [sign, 0, 0, 0, 0, rest @ ..]) if parts.len() == usize::from(*length) => {
            let microseconds = clock(rest)?;
            (*sign == 0 || microseconds == 0).then_some(microseconds)
        }
        _ => None,
    }
}

/// Reads the datum with another Avro library.
fn read(encoding: Encoding, datum: &[u8]) -> Value {
    let schema = match encoding {
        Encoding::Signed
        | Encoding::Unsigned
        | Encoding::Bits
        | Encoding::Date
        | Encoding::DateTime
        | Encoding::Time => "\"long\"",
        Encoding::Float => "\"double\"",
        Encoding::UnsignedAsDecimal | Encoding::Decimal { .. } | Encoding::Bytes => "\"bytes\"",
        Encoding::Bool { .. } => "\"boolean\"",
        _ => "\"string\"",
    };
    let mut rest = datum;
    let value = from_avro_datum(&Schema::parse_str(schema).unwrap(), &mut rest, None).unwrap();
    assert!(rest.is_empty(), "bytes after the datum: {datum:?}");
    value
}

/// Whether two values are the same. NaN equals NaN, and 0 differs from −0.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        _ => a == b,
    }
}

fn any_encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        2 => (0u32..=38).prop_map(|scale| Encoding::Decimal { scale }),
        10 => select(vec![
            Encoding::UnsignedAsDecimal,
            Encoding::Bits,
            Encoding::Signed,
            Encoding::Unsigned,
            Encoding::Float,
            Encoding::Date,
            Encoding::DateTime,
            Encoding::Time,
            Encoding::Text(Charset::Utf8),
            Encoding::Bytes,
            Encoding::Bool { signed: true },
            Encoding::Bool { signed: false },
        ]),
    ]
}

/// The encodings without an independent decoder: it would only repeat the conversion.
fn undecoded() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        (0u32..=38, 0u32..=38).prop_map(|(before, after)| Encoding::DecimalWithin { before, after }),
        select(vec![
            Encoding::JsonText(Charset::Utf8),
            Encoding::Text(Charset::Latin1),
            Encoding::Text(Charset::Utf16),
            Encoding::Text(Charset::Utf16LittleEndian),
            Encoding::Text(Charset::Utf32),
            Encoding::Vector,
            Encoding::Geography,
        ]),
    ]
}

/// Arbitrary bytes, and bytes that are exactly or almost what a server sends.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let small = || prop_oneof![4 => 0u8..=60, 1 => any::<u8>()];
    let year = (0u16..=10_010).prop_map(u16::to_le_bytes);
    let fraction = prop_oneof![4 => 0u32..=1_000_100, 1 => any::<u32>()].prop_map(u32::to_le_bytes);
    let month_and_day = [0u8..=13, 0u8..=32];
    let date =
        (select(vec![0usize, 4, 7, 11, 3, 12]), year, month_and_day, [small(), small(), small()], fraction.clone())
            .prop_map(|(length, year, day, clock, fraction)| prefixed(length, &[&year, &day, &clock, &fraction]));
    let sign_and_days = [0u8..=1, 0u8..=1, 0u8..=0, 0u8..=0, 0u8..=0];
    let time = (select(vec![0usize, 8, 12, 11]), sign_and_days, [small(), small(), small()], fraction)
        .prop_map(|(length, days, clock, fraction)| prefixed(length, &[&days, &clock, &fraction]));
    prop_oneof![
        2 => vec(any::<u8>(), 0..100),
        2 => select(vec![1usize, 2, 4, 8]).prop_flat_map(|length| vec(prop_oneof![any::<u8>(), Just(0), Just(255)], length)),
        2 => "[-+]?[0-9]{0,70}(\\.[0-9]{0,38})?".prop_map(String::into_bytes),
        1 => "[-+0-9.e]{0,10}".prop_map(String::into_bytes),
        1 => any::<String>().prop_map(String::into_bytes),
        3 => date,
        2 => time,
    ]
}

fn prefixed(length: usize, parts: &[&[u8]]) -> Vec<u8> {
    let parts = parts.concat();
    let kept = parts.get(..length.min(parts.len())).unwrap_or_default();
    [&[length as u8], kept].concat()
}

proptest! {
    #[test]
    fn any_bytes_become_exactly_their_value_or_an_error(encoding in any_encoding(), value in bytes()) {
        let mut out = BEFORE.to_vec();
        let done = encoding.append(&value, &mut out);
        let _ = encoding.show(&value);
        let datum = out.strip_prefix(BEFORE).expect("the content before the datum is unchanged");
        match (expected(encoding, &value), done) {
            (Some(expected), Ok(())) => {
                let found = read(encoding, datum);
                prop_assert!(same(&expected, &found), "expected {expected:?}, found {found:?}");
            }
            (None, Err(_)) => (),
            (expected, done) => prop_assert!(false, "got {done:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn no_bytes_make_a_conversion_panic(encoding in undecoded(), value in bytes()) {
        let mut out = BEFORE.to_vec();
        let _ = encoding.append(&value, &mut out);
        let _ = encoding.show(&value);
        prop_assert!(out.starts_with(BEFORE));
    }
}
