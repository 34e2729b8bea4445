//! The arguments that name a stretch of time: `--since`, `--until` and `--tz`.

use crate::core::failure::Result;
use crate::core::time::{Period, TimeSpec, parse_zone};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A stretch of time, as it is typed.
#[derive(Debug, Args)]
pub struct PeriodArgs {
    /// Only from this time on: 2026-11-29, 2026-11, 2026-11-29T12:00Z, 7d, yesterday
    #[arg(long, value_name = "TIME", value_parser = TimeSpec::parse)]
    pub since: Option<TimeSpec>,
    /// Only up to this time; a day or a month is included
    #[arg(long, value_name = "TIME", value_parser = TimeSpec::parse)]
    pub until: Option<TimeSpec>,
    /// Time zone of days and of times without one, such as Europe/Zurich or +01:00
    #[arg(long, value_name = "ZONE", value_parser = parse_zone, default_value = "UTC", allow_hyphen_values = true)]
    pub tz: TimeZone,
}

impl PeriodArgs {
    /// The period that is meant.
    ///
    /// # Errors
    /// Class `usage` where it would end before it begins.
    pub fn period(&self, now: Timestamp) -> Result<Period> {
        Period::new(self.since.as_ref(), self.until.as_ref(), now, &self.tz)
    }
}
