//! DECIMAL: converts the text of the binary protocol to the unscaled integer of an Avro decimal without losing a digit.

use ethnum::I256;

use crate::avro::datum::put_decimal;
use crate::mapping::unrepresentable::Unrepresentable;

/// This many digits always fit an `i64`. Most decimals are amounts of money and take this fast path.
const I64_DIGITS: usize = 18;
/// This many digits always fit an `i128`.
const I128_DIGITS: usize = 38;
/// This many digits always fit an `I256`. A DECIMAL has at most 65.
const I256_DIGITS: usize = 76;

const NOT_DECIMAL: Unrepresentable = Unrepresentable::Malformed("text that is not a DECIMAL of the column's scale");

/// Appends decimal text such as `-123.4500`. It may have fewer than `scale` digits after the point: the expression of a view
/// may return fewer than the catalog says.
#[inline]
pub(super) fn append(text: &[u8], scale: u32, out: &mut Vec<u8>) -> Result<(), Unrepresentable> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
        Some(point) => digits.split_at(point),
        None => (digits, &[][..]),
    };
    let fraction = fraction.get(1..).unwrap_or_default();
    let scale = scale as usize;
    if fraction.len() > scale || whole.len() + fraction.len() == 0 {
        return Err(NOT_DECIMAL);
    }
    let zeros = std::iter::repeat_n(&b'0', scale - fraction.len());
    let digits = whole.iter().chain(fraction).chain(zeros);
    if whole.len() + scale <= I64_DIGITS {
        let mut number: i64 = 0;
        for digit in digits {
            number = number * 10 + i64::from(value_of(*digit)?);
        }
        put_decimal(out, &(if negative { -number } else { number }).to_be_bytes());
    } else if whole.len() + scale <= I128_DIGITS {
        let mut number: i128 = 0;
        for digit in digits {
            number = number * 10 + i128::from(value_of(*digit)?);
        }
        append_integer(if negative { -number } else { number }, out);
    } else if whole.len() + scale <= I256_DIGITS {
        let mut number = I256::ZERO;
        for digit in digits {
            number = number * 10 + I256::from(value_of(*digit)?);
        }
        put_decimal(out, &(if negative { -number } else { number }).to_be_bytes());
    } else {
        return Err(NOT_DECIMAL);
    }
    Ok(())
}

/// Appends decimal text as a decimal of scale `after`. The text may have at most `before` digits before the point and
/// `after` digits after it. Zeros at the ends do not count.
pub(super) fn append_within(
    text: &[u8],
    (before, after): (u32, u32),
    out: &mut Vec<u8>,
) -> Result<(), Unrepresentable> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let point = unsigned.iter().position(|byte| *byte == b'.').unwrap_or(unsigned.len());
    let (whole, fraction) = unsigned.split_at(point);
    let leading = whole.iter().take_while(|byte| **byte == b'0').count();
    let trailing = fraction.iter().rev().take_while(|byte| **byte == b'0').count();
    let digits_before = whole.len() - leading;
    let digits_after = fraction.len().saturating_sub(trailing + 1);
    if unsigned.iter().any(|byte| !byte.is_ascii_digit() && *byte != b'.') {
        return Err(NOT_DECIMAL);
    }
    if digits_before > before as usize || digits_after > after as usize {
        return Err(Unrepresentable::OutOfRange("it has more digits than the BigQuery type"));
    }
    // If there are only zeros before the point, one of them is kept.
    let start = leading.min(whole.len().saturating_sub(1));
    let kept = unsigned.get(start..unsigned.len() - trailing.min(fraction.len())).unwrap_or_default();
    let negative = unsigned.len() < text.len();
    let number = if negative { [b"-", kept].concat() } else { kept.to_vec() };
    append(&number, after, out)
}

/// Appends an integer as a decimal of scale 0.
#[inline]
pub(super) fn append_integer(number: i128, out: &mut Vec<u8>) {
    match i64::try_from(number) {
        Ok(small) => put_decimal(out, &small.to_be_bytes()),
        Err(_) => put_decimal(out, &number.to_be_bytes()),
    }
}

#[inline]
fn value_of(digit: u8) -> Result<u8, Unrepresentable> {
    let value = digit.wrapping_sub(b'0');
    if value <= 9 { Ok(value) } else { Err(NOT_DECIMAL) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes the decimal and reads the unscaled integer back from its bytes.
    fn unscaled(text: &str, scale: u32) -> Result<I256, Unrepresentable> {
        let mut out = Vec::new();
        append(text.as_bytes(), scale, &mut out)?;
        let bytes = &out[1..];
        let mut whole = [if bytes[0] >= 0x80 { 0xff } else { 0 }; 32];
        whole[32 - bytes.len()..].copy_from_slice(bytes);
        Ok(I256::from_be_bytes(whole))
    }

    #[test]
    fn examples() {
        let nines = "9".repeat(65);
        let most = format!("-{}.{}", "9".repeat(35), "9".repeat(30));
        let cases = [
            ("0", 0, "0"),
            ("-0.00", 2, "0"),
            ("0.01", 2, "1"),
            ("-12.30", 2, "-1230"),
            (".5", 1, "5"),
            ("0000012.30", 2, "1230"),
            (&nines, 0, &nines),
            ("1", 1, "10"),
            ("-2.5", 3, "-2500"),
            (&most, 30, &format!("-{nines}")),
        ];
        for (text, scale, expected) in cases {
            assert_eq!(unscaled(text, scale), Ok(expected.parse().unwrap()), "{text}");
        }
        for (text, scale) in [("", 0), ("-", 0), (".", 0), ("1.23", 1), ("1,2", 0), ("1e5", 0), ("1.2.3", 3)] {
            assert_eq!(unscaled(text, scale), Err(NOT_DECIMAL), "{text}");
        }
    }

    #[test]
    fn only_decimals_that_fit_are_narrowed() {
        let within = |text: &str| {
            let (mut narrowed, mut plain) = (Vec::new(), Vec::new());
            append_within(text.as_bytes(), (29, 9), &mut narrowed)?;
            let point = text.find('.').unwrap_or(text.len());
            let cut = text.len().min(point + 10);
            append(&text.as_bytes()[..cut], 9, &mut plain).unwrap();
            assert_eq!(narrowed, plain, "{text}");
            Ok(())
        };
        let nines = "9".repeat(29);
        let fitting = [
            "0",
            "-0",
            "0.000000001",
            "-12.30",
            "1.5000000000000",
            "0.0",
            "100",
            "-0.000000000000",
            &nines,
            &format!("-{nines}.999999999000000"),
            &format!("000000{nines}.1"),
        ];
        for text in fitting {
            assert_eq!(within(text), Ok(()), "{text}");
        }
        for text in ["0.0000000001", "-1.1234567891", &format!("1{nines}"), &format!("{nines}.9999999991")] {
            assert!(matches!(within(text), Err(Unrepresentable::OutOfRange(_))), "{text}");
        }
        for text in ["", "-", "1e5", "--1", "1.2.3", "."] {
            assert_eq!(append_within(text.as_bytes(), (29, 9), &mut Vec::new()), Err(NOT_DECIMAL), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_digit_is_kept(negative: bool, digits in "[0-9]{1,65}", scale in 0usize..=30) {
            let scale = scale.min(digits.len());
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let sign = if negative { "-" } else { "" };
            let point = if scale > 0 { "." } else { "" };
            let text = format!("{sign}{whole}{point}{fraction}");
            let expected: I256 = format!("{sign}{digits}").parse().unwrap();
            prop_assert_eq!(unscaled(&text, scale as u32), Ok(expected));
        }
    }
}
