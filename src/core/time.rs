//! How times are written, and how the times are read that people type: a day, a month, a time with
//! or without its zone, an age such as `7d`, or a word.

use crate::core::duration;
use crate::core::escape;
use crate::core::failure::{Failure, Result};
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};

/// As much of a text that is refused is quoted, in characters.
const LONGEST_QUOTED: usize = 60;

/// A time as documents and tables write it: RFC 3339, UTC, whole seconds.
pub fn shown(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// A time as it was typed. Which moment it is depends on the zone, and for an age or a word on the
/// clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeSpec {
    /// A whole day.
    Day(Date),
    /// A whole month, by its first day.
    Month(Date),
    /// A time without a zone.
    Local(DateTime),
    /// A moment.
    Exact(Timestamp),
    /// As long ago as this.
    Ago(SignedDuration),
    /// So many whole days before today.
    DaysBack(i32),
}

impl TimeSpec {
    /// Reads `2026-11-29`, `2026-11`, `2026-11-29T12:00`, `2026-11-29T12:00:30+01:00`, `7d`, `today`
    /// or `yesterday`. Nothing that was typed is left out of the meaning.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "today" => return Ok(Self::DaysBack(0)),
            "yesterday" => return Ok(Self::DaysBack(1)),
            _ => {}
        }
        let refused = || {
            let quoted = escape::short(text, LONGEST_QUOTED);
            Failure::usage(format!(
                "'{quoted}' is not a time; \
                 write 2026-11-29, 2026-11, 2026-11-29T12:00Z, 7d or yesterday"
            ))
        };
        // The parsers of days and of times without a zone ignore what follows.
        let is_day = text.len() == "2026-11-29".len();
        let is_bare = text.bytes().all(|byte| byte.is_ascii_digit() || b"-:. T".contains(&byte));
        let has_zone = text.get(10..).is_some_and(|rest| rest.contains('-'));
        if is_day && is_bare {
            return text.parse().map(Self::Day).map_err(|_| refused());
        }
        if text.len() == "2026-11".len() && is_bare && text.get(4..5) == Some("-") {
            return format!("{text}-01").parse().map(Self::Month).map_err(|_| refused());
        }
        if is_bare && !has_zone && text.len() > 10 {
            return text.parse().map(Self::Local).map_err(|_| refused());
        }
        if let Ok(at) = text.parse() {
            return Ok(Self::Exact(at));
        }
        if let Ok(at) = text.parse::<Zoned>() {
            return Ok(Self::Exact(at.timestamp()));
        }
        // A number alone could be seconds, days or a year.
        let age = duration::parse(text).ok().filter(|_| !is_bare);
        let age = age.and_then(|age| SignedDuration::try_from(age).ok()).ok_or_else(refused)?;
        Ok(Self::Ago(age))
    }

    /// The first moment of it: for "since".
    ///
    /// # Errors
    /// Class `usage` where it is before or after all time.
    pub fn begin(&self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp> {
        let begin = match self {
            Self::Day(day) | Self::Month(day) => {
                day.to_zoned(zone.clone()).map(|at| at.timestamp())
            }
            Self::Local(time) => time.to_zoned(zone.clone()).map(|at| at.timestamp()),
            Self::Exact(at) => Ok(*at),
            Self::Ago(age) => now.checked_sub(*age),
            Self::DaysBack(_) => return self.day(now, zone)?.begin(now, zone),
        };
        begin.map_err(|cause| out_of_range().because(cause))
    }

    /// The first moment after it: for "until". A day or a month counts whole, and a moment is the last one.
    ///
    /// # Errors
    /// As [`TimeSpec::begin`].
    pub fn end(&self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp> {
        match self {
            Self::Day(day) => {
                let next = day.tomorrow().map_err(|cause| out_of_range().because(cause))?;
                Self::Day(next).begin(now, zone)
            }
            Self::Month(first) => {
                let next = first.checked_add(jiff::Span::new().months(1));
                let next = next.map_err(|cause| out_of_range().because(cause))?;
                Self::Day(next).begin(now, zone)
            }
            Self::DaysBack(_) => self.day(now, zone)?.end(now, zone),
            Self::Local(_) | Self::Exact(_) | Self::Ago(_) => self
                .begin(now, zone)?
                .checked_add(SignedDuration::from_millis(1))
                .map_err(|cause| out_of_range().because(cause)),
        }
    }

    /// The day that a word stands for.
    fn day(&self, now: Timestamp, zone: &TimeZone) -> Result<Self> {
        let Self::DaysBack(days) = self else { return Ok(self.clone()) };
        let today = now.to_zoned(zone.clone()).date();
        today
            .checked_sub(jiff::Span::new().days(*days))
            .map(Self::Day)
            .map_err(|cause| out_of_range().because(cause))
    }
}

fn out_of_range() -> Failure {
    Failure::usage("a time is too far away")
}

/// Reads a time zone: `Europe/Zurich`, `UTC`, `+01:00`.
///
/// # Errors
/// Class `usage`.
pub fn parse_zone(text: &str) -> Result<TimeZone> {
    if ["utc", "z"].contains(&text.to_ascii_lowercase().as_str()) {
        return Ok(TimeZone::UTC);
    }
    if let Some(offset) = parse_offset(text) {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(text).map_err(|cause| {
        let quoted = escape::short(text, LONGEST_QUOTED);
        Failure::usage(format!(
            "this system knows no time zone '{quoted}'; write UTC, +01:00 or a name such as \
             Europe/Zurich (names need its tzdata)"
        ))
        .because(cause)
    })
}

/// `+01:00`, `-0330`, `+2`.
fn parse_offset(text: &str) -> Option<Offset> {
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &text[1..];
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(both), 5) => both,
        (None, 4) => digits.split_at_checked(2)?,
        (None, 1 | 2) => (digits, "00"),
        _ => return None,
    };
    let number = |text: &str, most: i32| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &i32| plain && *number <= most)
    };
    let seconds = number(hours, 23)? * 3600 + number(minutes, 59)? * 60;
    Offset::from_seconds(sign * seconds).ok()
}

/// A stretch of time, open at either end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

impl Period {
    /// From the beginning of one time to the end of another one.
    ///
    /// # Errors
    /// Class `usage` where it would end before it begins.
    pub fn new(
        since: Option<&TimeSpec>,
        until: Option<&TimeSpec>,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Self> {
        let since = since.map(|since| since.begin(now, zone)).transpose()?;
        let until = until.map(|until| until.end(now, zone)).transpose()?;
        match (since, until) {
            (Some(since), Some(until)) if since >= until => Err(Failure::usage(format!(
                "--until is before --since: {} to {}",
                shown(since),
                shown(until)
            ))),
            _ => Ok(Self { since, until }),
        }
    }

    /// In milliseconds: the first one, and the first one after it.
    pub fn millis(&self) -> (i64, i64) {
        (
            self.since.map_or(i64::MIN, Timestamp::as_millisecond),
            self.until.map_or(i64::MAX, Timestamp::as_millisecond),
        )
    }

    /// Whether a moment is in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-29T18:30:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn zurich() -> TimeZone {
        // Without a database of zones: the rule of Central Europe.
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule")
    }

    fn read(text: &str) -> TimeSpec {
        TimeSpec::parse(text).unwrap_or_else(|refused| panic!("{refused}"))
    }

    #[test]
    fn a_zone_is_known_by_the_name_that_the_system_has_it_under() {
        // A bare system has no zones.
        if !std::path::Path::new("/usr/share/zoneinfo/Europe/Zurich").exists() {
            return;
        }
        let zone = parse_zone("Europe/Zurich").expect("a zone of the system");
        let noon = at("2026-07-01T12:00:00Z");
        assert_eq!(zone.to_datetime(noon), zurich().to_datetime(noon));
    }

    #[test]
    fn what_was_typed_is_a_span_in_its_zone() {
        for (typed, zone, begin, end) in [
            ("2026-11-29", TimeZone::UTC, "2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"),
            ("2026-11-29", zurich(), "2026-11-28T23:00:00Z", "2026-11-29T23:00:00Z"),
            // The days on which the clocks change have 23 and 25 hours.
            ("2026-03-29", zurich(), "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("2026-10-25", zurich(), "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            ("2026-11", TimeZone::UTC, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12", TimeZone::UTC, "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-03", zurich(), "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
            ("yesterday", TimeZone::UTC, "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"),
            ("today", zurich(), "2026-11-28T23:00:00Z", "2026-11-29T23:00:00Z"),
            ("2026-11-29T08:15", TimeZone::UTC, "2026-11-29T08:15:00Z", "2026-11-29T08:15:00.001Z"),
            ("2026-11-29T08:15", zurich(), "2026-11-29T07:15:00Z", "2026-11-29T07:15:00.001Z"),
            ("2026-11-29 08:15:30", zurich(), "2026-11-29T07:15:30Z", "2026-11-29T07:15:30.001Z"),
            ("2026-11-29T12:00Z", zurich(), "2026-11-29T12:00:00Z", "2026-11-29T12:00:00.001Z"),
            (
                "2026-11-29T12:00:00+05:30",
                zurich(),
                "2026-11-29T06:30:00Z",
                "2026-11-29T06:30:00.001Z",
            ),
            (
                "2026-11-29T12:00:00-08:00",
                TimeZone::UTC,
                "2026-11-29T20:00:00Z",
                "2026-11-29T20:00:00.001Z",
            ),
            ("7d", zurich(), "2026-11-22T18:30:00Z", "2026-11-22T18:30:00.001Z"),
            ("1h30m", zurich(), "2026-11-29T17:00:00Z", "2026-11-29T17:00:00.001Z"),
        ] {
            let spec = read(typed);
            assert_eq!(spec.begin(at(NOW), &zone).expect("a moment"), at(begin), "{typed}");
            assert_eq!(spec.end(at(NOW), &zone).expect("a moment"), at(end), "{typed}");
        }
    }

    #[test]
    fn nothing_is_cut_off_and_nothing_is_guessed() {
        for typed in [
            "",
            "7",
            "2026",
            "20261129",
            "2026-13",
            "2026.11",
            "11-2026",
            "2026-02-30",
            "2026-11-29T",
            "2026-11-29T25:00",
            "2026-11-29T08:00 ",
            "2026-11-29x",
            "2026-11-29+01:00",
            "2026-11-29T08:00:00+01:00 and more",
            "2026-11-29T08:00Europe/Zurich",
            "29.11.2026",
            "11/29/2026",
            "tomorrow",
            "soon",
            "-7d",
            "7y",
            "99999999999999d",
            "2026-11-29T08:00:00[Nowhere/At_All]",
        ] {
            let refused = TimeSpec::parse(typed).map(|spec| panic!("'{typed}' is {spec:?}"));
            let refused = refused.unwrap_or_else(|refused| refused).to_string();
            assert!(refused.contains("7d or yesterday"), "{refused}");
        }
    }

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        let noon = at("2026-11-29T12:00:00Z");
        for (typed, hour) in
            [("UTC", 12), ("utc", 12), ("Z", 12), ("+01:00", 13), ("-0330", 8), ("+2", 14)]
        {
            let zone = parse_zone(typed).unwrap_or_else(|refused| panic!("{refused}"));
            assert_eq!(noon.to_zoned(zone).hour(), hour, "{typed}");
        }
        for typed in ["", "+", "+25:00", "+01:60", "+1:00", "+01:0x", "Nowhere/At_All", "1"] {
            let refused = parse_zone(typed).expect_err(typed).to_string();
            assert!(refused.contains("such as Europe/Zurich"), "{refused}");
        }
    }

    #[test]
    fn a_period_has_two_ends_in_order() {
        let period = |since: Option<&str>, until: Option<&str>| {
            let (since, until) = (since.map(read), until.map(read));
            Period::new(since.as_ref(), until.as_ref(), at(NOW), &TimeZone::UTC)
        };
        let november = period(Some("2026-11-01"), Some("2026-11-30")).expect("a month");
        for (moment, is_in) in [
            ("2026-10-31T23:59:59.999Z", false),
            ("2026-11-01T00:00:00Z", true),
            ("2026-11-30T23:59:59.999Z", true),
            ("2026-12-01T00:00:00Z", false),
        ] {
            assert_eq!(november.contains(at(moment)), is_in, "{moment}");
            let (first, after) = november.millis();
            assert_eq!((first..after).contains(&at(moment).as_millisecond()), is_in, "{moment}");
        }
        assert!(period(None, None).expect("all time").contains(Timestamp::MAX));
        assert!(period(Some("yesterday"), Some("yesterday")).is_ok());
        for (since, until) in [("today", "yesterday"), ("2026-11-29T12:00", "7d")] {
            let refused = period(Some(since), Some(until)).expect_err("in order");
            assert!(refused.to_string().contains("before --since"), "{refused}");
        }
    }
}
