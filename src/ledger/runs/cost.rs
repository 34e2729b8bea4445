//! What a command says that it cost: a file with one cost in each line.

use crate::ledger::values::{Hold, check_base_price};
use rust_decimal::Decimal;
use rustix::fs::OFlags;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// No file of a cost is larger than this, in bytes.
const LONGEST_COST: u64 = 64 * 1024;

/// What a command said that it cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// This much, before the markup.
    Reported(Decimal),
    /// Nothing was said.
    Unsaid,
    /// Something was said that is no cost.
    Unreadable,
}

impl Cost {
    /// What is recorded: what was said, else the estimate.
    pub fn or_estimate(self, hold: &Hold) -> Decimal {
        match self {
            Self::Reported(cost) => cost,
            Self::Unsaid | Self::Unreadable => hold.estimate,
        }
    }
}

/// One cost per line, added up.
pub(crate) fn read_cost(file: &Path) -> Cost {
    let mut options = OpenOptions::new();
    // A command may have put anything there, also what is never opened to the end.
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let mut text = String::new();
    match options.open(file) {
        Ok(file) if !file.metadata().is_ok_and(|found| found.is_file()) => return Cost::Unreadable,
        Ok(file) => match file.take(LONGEST_COST + 1).read_to_string(&mut text) {
            Ok(length) if length as u64 <= LONGEST_COST => {}
            _ => return Cost::Unreadable,
        },
        // It was taken away by the command: nothing is said.
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Cost::Unsaid,
        Err(_) => return Cost::Unreadable,
    }
    let mut sum = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let cost = check_base_price(line).ok().filter(|cost| !cost.is_sign_negative());
        let added = cost.and_then(|cost| sum.unwrap_or(Decimal::ZERO).checked_add(cost));
        let Some(added) = added else { return Cost::Unreadable };
        sum = Some(added);
    }
    sum.map_or(Cost::Unsaid, Cost::Reported)
}
