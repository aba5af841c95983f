//! DATE, DATETIME, TIMESTAMP and TIME: converts the parts of the binary protocol to days and microseconds.
//!
//! A value starts with its length. Trailing parts that are zero are left out.
//! Source: "MySQL Internals, Binary Protocol Value", `ProtocolBinary::MYSQL_TYPE_DATETIME` and `_TIME`.

use time::{Date, Month};

use crate::mapping::unrepresentable::Unrepresentable;

/// The Julian day number of 1970-01-01.
const UNIX_EPOCH_JULIAN_DAY: i64 = 2_440_588;
const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

const MALFORMED: Unrepresentable = Unrepresentable::Malformed("a date or time with an impossible length or part");

/// The parts of a date and time as the server sent them. Year, month and day are not checked.
struct Parts {
    year: u16,
    month: u8,
    day: u8,
    seconds: i64,
    microseconds: i64,
}

#[inline]
fn parts(value: &[u8]) -> Result<Parts, Unrepresentable> {
    let (date, clock, fraction) = match *value {
        [0] => ([0; 4], [0; 3], [0; 4]),
        [4, y, c, m, d] => ([y, c, m, d], [0; 3], [0; 4]),
        [7, y, c, m, d, hour, minute, second] => ([y, c, m, d], [hour, minute, second], [0; 4]),
        [11, y, c, m, d, hour, minute, second, e, f, g, h] => ([y, c, m, d], [hour, minute, second], [e, f, g, h]),
        _ => return Err(MALFORMED),
    };
    let [year_low, year_high, month, day] = date;
    let (seconds, microseconds) = clock_parts(clock, fraction)?;
    Ok(Parts { year: u16::from_le_bytes([year_low, year_high]), month, day, seconds, microseconds })
}

/// Seconds and microseconds within a day.
#[inline]
fn clock_parts([hours, minutes, seconds]: [u8; 3], fraction: [u8; 4]) -> Result<(i64, i64), Unrepresentable> {
    let microseconds = u32::from_le_bytes(fraction);
    if hours > 23 || minutes > 59 || seconds > 59 || microseconds > 999_999 {
        return Err(MALFORMED);
    }
    let whole = i64::from(hours) * 3600 + i64::from(minutes) * 60 + i64::from(seconds);
    Ok((whole, microseconds.into()))
}

#[inline]
fn days_of(parts: &Parts) -> Result<i64, Unrepresentable> {
    if parts.year == 0 || parts.month == 0 || parts.day == 0 {
        return Err(Unrepresentable::ZeroDate);
    }
    let month = Month::try_from(parts.month).map_err(|_| MALFORMED)?;
    // With ALLOW_INVALID_DATES, MySQL stores dates such as 2021-02-31.
    let date = Date::from_calendar_date(parts.year.into(), month, parts.day)
        .map_err(|_| Unrepresentable::OutOfRange("the calendar has no such day"))?;
    Ok(i64::from(date.to_julian_day()) - UNIX_EPOCH_JULIAN_DAY)
}

/// Days since 1970-01-01.
#[inline]
pub(super) fn days(value: &[u8]) -> Result<i64, Unrepresentable> {
    let parts = parts(value)?;
    if (parts.seconds, parts.microseconds) != (0, 0) {
        return Err(Unrepresentable::Malformed("a time of day in a DATE"));
    }
    days_of(&parts)
}

/// Microseconds since 1970-01-01 00:00.
#[inline]
pub(super) fn microseconds(value: &[u8]) -> Result<i64, Unrepresentable> {
    let parts = parts(value)?;
    Ok((days_of(&parts)? * SECONDS_PER_DAY + parts.seconds) * MICROSECONDS_PER_SECOND + parts.microseconds)
}

/// Microseconds since midnight.
pub(super) fn time_of_day(value: &[u8]) -> Result<i64, Unrepresentable> {
    let (negative, days, seconds, microseconds) = time_parts(value)?;
    if days != 0 || (negative && (seconds, microseconds) != (0, 0)) {
        return Err(Unrepresentable::OutOfRange("TIME runs from 00:00:00 to 23:59:59.999999"));
    }
    Ok(seconds * MICROSECONDS_PER_SECOND + microseconds)
}

/// Sign, days, and seconds and microseconds within the day.
fn time_parts(value: &[u8]) -> Result<(bool, u32, i64, i64), Unrepresentable> {
    let (sign, days, clock, fraction) = match *value {
        [0] => (0, [0; 4], [0; 3], [0; 4]),
        [8, sign, a, b, c, d, hour, minute, second] => (sign, [a, b, c, d], [hour, minute, second], [0; 4]),
        [12, sign, a, b, c, d, hour, minute, second, e, f, g, h] => {
            (sign, [a, b, c, d], [hour, minute, second], [e, f, g, h])
        }
        _ => return Err(MALFORMED),
    };
    let (seconds, microseconds) = clock_parts(clock, fraction)?;
    Ok((sign != 0, u32::from_le_bytes(days), seconds, microseconds))
}

fn clock(seconds: i64, microseconds: i64) -> String {
    let (minutes, second) = (seconds / 60, seconds % 60);
    let fraction = if microseconds == 0 { String::new() } else { format!(".{microseconds:06}") };
    format!("{:02}:{second:02}{fraction}", minutes % 60)
}

/// The value as MySQL prints it.
pub(super) fn show_date(value: &[u8]) -> Option<String> {
    let Parts { year, month, day, seconds, microseconds } = parts(value).ok()?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    let midnight = (seconds, microseconds) == (0, 0);
    Some(if midnight { date } else { format!("{date} {:02}:{}", seconds / 3600, clock(seconds, microseconds)) })
}

/// The value as MySQL prints it.
pub(super) fn show_time(value: &[u8]) -> Option<String> {
    let (negative, days, seconds, microseconds) = time_parts(value).ok()?;
    let hours = u64::from(days) * 24 + (seconds / 3600).unsigned_abs();
    Some(format!("{}{hours:02}:{}", if negative { "-" } else { "" }, clock(seconds, microseconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: u16, month: u8, day: u8) -> Vec<u8> {
        let [low, high] = year.to_le_bytes();
        vec![4, low, high, month, day]
    }

    fn date_time(year: u16, month: u8, day: u8, clock: [u8; 3], microseconds: u32) -> Vec<u8> {
        let mut value = date(year, month, day);
        value[0] = 11;
        value.extend(clock);
        value.extend(microseconds.to_le_bytes());
        value
    }

    fn duration(negative: bool, days: u32, clock: [u8; 3], microseconds: u32) -> Vec<u8> {
        let mut value = vec![12, negative.into()];
        value.extend(days.to_le_bytes());
        value.extend(clock);
        value.extend(microseconds.to_le_bytes());
        value
    }

    #[test]
    fn dates() {
        assert_eq!(days(&date(1970, 1, 1)), Ok(0));
        assert_eq!(days(&date(1969, 12, 31)), Ok(-1));
        assert_eq!(days(&date(2000, 2, 29)), Ok(11_016));
        assert_eq!(days(&date(1, 1, 1)), Ok(-719_162));
        assert_eq!(days(&date(9999, 12, 31)), Ok(2_932_896));
        for zero in [vec![0], date(0, 0, 0), date(2020, 0, 0), date(2020, 2, 0), date(0, 5, 5)] {
            assert_eq!(days(&zero), Err(Unrepresentable::ZeroDate));
        }
        assert!(matches!(days(&date(2021, 2, 31)), Err(Unrepresentable::OutOfRange(_))));
        assert_eq!(days(&date(2021, 13, 1)), Err(MALFORMED));
        assert_eq!(days(&[4, 1]), Err(MALFORMED));
        assert_eq!(days(&date_time(2020, 1, 1, [0; 3], 0)), Ok(18_262));
        for clock in [date_time(2020, 1, 1, [1, 0, 0], 0), date_time(2020, 1, 1, [0; 3], 1)] {
            assert!(matches!(days(&clock), Err(Unrepresentable::Malformed(_))), "the time of day is not dropped");
        }
    }

    #[test]
    fn dates_with_times() {
        assert_eq!(microseconds(&date(1970, 1, 2)), Ok(86_400_000_000));
        assert_eq!(microseconds(&[7, 0xb2, 7, 1, 1, 0, 0, 1]), Ok(1_000_000));
        assert_eq!(microseconds(&date_time(9999, 12, 31, [23, 59, 59], 999_999)), Ok(253_402_300_799_999_999));
        assert_eq!(microseconds(&date_time(1, 1, 1, [0, 0, 0], 1)), Ok(-62_135_596_799_999_999));
        assert_eq!(microseconds(&date_time(2020, 1, 1, [24, 0, 0], 0)), Err(MALFORMED));
    }

    #[test]
    fn times() {
        assert_eq!(time_of_day(&[0]), Ok(0));
        assert_eq!(time_of_day(&duration(false, 0, [23, 59, 59], 999_999)), Ok(86_399_999_999));
        assert_eq!(time_of_day(&[8, 0, 0, 0, 0, 0, 1, 2, 3]), Ok(3_723_000_000));
        for out in
            [duration(false, 34, [22, 59, 59], 0), duration(true, 0, [0, 0, 1], 0), duration(false, 1, [0; 3], 0)]
        {
            assert!(matches!(time_of_day(&out), Err(Unrepresentable::OutOfRange(_))));
        }
    }

    #[test]
    fn values_are_shown_as_mysql_prints_them() {
        assert_eq!(show_date(&date(2020, 0, 0)).unwrap(), "2020-00-00");
        assert_eq!(show_date(&date_time(2020, 1, 2, [3, 4, 5], 60)).unwrap(), "2020-01-02 03:04:05.000060");
        assert_eq!(show_time(&duration(true, 34, [22, 59, 59], 0)).unwrap(), "-838:59:59");
    }
}
