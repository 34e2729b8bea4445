//! What a command says that it cost: a file with one cost in each line.

use crate::core::class::Class;
use crate::core::escape;
use crate::core::failure::Result;
use crate::ledger::input::{LONGEST_QUOTED, PRICE_FORM};
use crate::ledger::price::BasePrice;
use crate::ledger::values::Hold;
use rustix::fs::OFlags;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// No file of a cost is larger than this, in bytes.
const LONGEST_COST: u64 = 64 * 1024;

/// What a command said that it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    /// This much, before the markup.
    Reported(BasePrice),
    /// Nothing was said.
    Unsaid,
    /// Something was said that is no cost, and why it is none.
    Unreadable(String),
}

impl Cost {
    /// What is recorded: what was said, else the estimate.
    pub fn or_estimate(&self, hold: &Hold) -> BasePrice {
        match self {
            Self::Reported(cost) => cost.clone(),
            Self::Unsaid | Self::Unreadable(_) => hold.estimate.clone(),
        }
    }

    /// Books what is recorded. A cost that is too large for the books is none: then the estimate is
    /// booked, and the cost that is given back says why.
    ///
    /// # Errors
    /// Those of the booking.
    pub fn book<T>(
        self,
        hold: &Hold,
        mut book: impl FnMut(&BasePrice) -> Result<T>,
    ) -> Result<(T, Self)> {
        match (book(&self.or_estimate(hold)), self) {
            (Ok(booked), cost) => Ok((booked, cost)),
            (Err(refused), Self::Reported(cost)) if refused.class() == Class::Usage => {
                let quoted = escape::short(&cost.to_string(), LONGEST_QUOTED);
                let why = format!("'{quoted}' cannot be booked: {refused}");
                Ok((book(&hold.estimate)?, Self::Unreadable(why)))
            }
            (Err(refused), _) => Err(refused),
        }
    }
}

/// One cost per line, added up.
pub(crate) fn read_cost(file: &Path) -> Cost {
    let mut options = OpenOptions::new();
    // A command may have put anything there, also what is never opened to the end.
    options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let unreadable = |why: String| Cost::Unreadable(why);
    let mut bytes = Vec::new();
    match options.open(file) {
        Ok(file) if !file.metadata().is_ok_and(|found| found.is_file()) => {
            return unreadable("it is not a plain file".into());
        }
        Ok(file) => match file.take(LONGEST_COST + 1).read_to_end(&mut bytes) {
            Ok(length) if length as u64 <= LONGEST_COST => {}
            Ok(_) => return unreadable(format!("it is larger than {} KiB", LONGEST_COST / 1024)),
            Err(cause) => return unreadable(cause.to_string()),
        },
        // It was taken away by the command: nothing is said.
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Cost::Unsaid,
        Err(cause) => return unreadable(cause.to_string()),
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut sum: Option<BasePrice> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match BasePrice::parse(line) {
            Ok(cost) => sum = Some(sum.map_or_else(|| cost.clone(), |sum| sum.plus(&cost))),
            Err(why) => {
                let quoted = escape::short(line, LONGEST_QUOTED);
                let why = format!("'{quoted}' is not a price: {why}; each line takes {PRICE_FORM}");
                return unreadable(why);
            }
        }
    }
    match sum {
        None => Cost::Unsaid,
        // Its digits are those of one cost again.
        Some(sum) if BasePrice::parse(&sum.to_string()).is_ok() => Cost::Reported(sum),
        Some(_) => unreadable("the sum of its lines is too large".into()),
    }
}
