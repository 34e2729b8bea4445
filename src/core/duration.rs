//! Durations as people write them: `30s`, `5m`, `1h30m`, `500ms`; a bare number is seconds.

use std::fmt::Write as _;
use std::time::Duration;

/// Ten years. No clock that is counted on overflows with that, and no wait is longer.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// Reads a duration.
///
/// # Errors
/// The reason, as a phrase, for anything else.
pub fn parse(typed: &str) -> Result<Duration, String> {
    let bad = || format!("'{}' is not a duration; write 30s, 5m or 1h", typed.escape_debug());
    if typed.is_empty() || !typed.is_ascii() {
        return Err(bad());
    }
    let bounded = |read: Duration| {
        if read <= LONGEST {
            Ok(read)
        } else {
            Err(format!("'{typed}' is a duration of more than ten years"))
        }
    };
    if typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return typed.parse().map(Duration::from_secs).map_err(|_| bad()).and_then(bounded);
    }
    let mut total = Duration::ZERO;
    let mut rest = typed;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        let number: u64 = number.parse().map_err(|_| bad())?;
        let millis_each: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(bad()),
        };
        let part = number.checked_mul(millis_each).ok_or_else(bad)?;
        total = total.checked_add(Duration::from_millis(part)).ok_or_else(bad)?;
        rest = tail;
    }
    bounded(total)
}

/// Reads a duration that is more than none.
///
/// # Errors
/// As [`parse`].
pub fn parse_some(typed: &str) -> Result<Duration, String> {
    let read = parse(typed)?;
    if read.is_zero() { Err(format!("'{typed}' is zero; write 30s or 5m")) } else { Ok(read) }
}

/// Writes a duration the way people write it: `5m`, `1h 30m`, `2.5s` never, `2500ms` neither.
pub fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds == 0 {
        return format!("{}ms", duration.as_millis());
    }
    let parts = [
        (seconds / 86_400, 'd'),
        (seconds / 3600 % 24, 'h'),
        (seconds / 60 % 60, 'm'),
        (seconds % 60, 's'),
    ];
    // Two parts are enough for a person: beside days, seconds do not matter.
    let mut shown = String::new();
    for (count, unit) in parts.iter().skip_while(|(count, _)| *count == 0).take(2) {
        if *count > 0 {
            let between = if shown.is_empty() { "" } else { " " };
            let _ = write!(shown, "{between}{count}{unit}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (typed, millis) in [
            ("30s", 30_000),
            ("5m", 300_000),
            ("90", 90_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("0", 0),
            ("3650d", 315_360_000_000),
        ] {
            assert_eq!(parse(typed), Ok(Duration::from_millis(millis)), "{typed}");
        }
        for typed in [
            "",
            "s",
            "5x",
            "-1",
            "1.5s",
            "5 m",
            "m5",
            "99999999999999999999",
            "٣s",
            "18446744073709551615h",
            "18446744073709551615",
            "3650d1ms",
        ] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn writes_two_parts_at_most() {
        for (seconds, shown) in
            [(5, "5s"), (300, "5m"), (5_430, "1h 30m"), (90_061, "1d 1h"), (3_605, "1h")]
        {
            assert_eq!(show(Duration::from_secs(seconds)), shown);
        }
        assert_eq!(show(Duration::from_millis(250)), "250ms");
    }
}
