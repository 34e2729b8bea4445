//! What a person found about a purchase that nothing else can find the truth about, written down.

use super::journal::Journal;
use super::record::{JournalRow, Outcome, Purchase, Remark, Stamp};
use crate::core::failure::{Failure, Result};
use crate::provider::ChargeId;

/// What a person found at the seller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurchaseMark {
    /// This charge belongs to it.
    Charged(ChargeId),
    /// Nothing was charged for it.
    NotCharged,
}

impl PurchaseMark {
    /// Reads `charged=CHARGE_ID` or `not-charged`.
    ///
    /// # Errors
    /// Class `usage`.
    pub fn parse(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some(("charged", id)) => ChargeId::parse(id).map(Self::Charged),
            None if text == "not-charged" => Ok(Self::NotCharged),
            _ => Err(Failure::usage("write charged=CHARGE_ID or not-charged")),
        }
    }
}

/// Makes the end durable that a person found; all of it or nothing.
///
/// # Errors
/// Class `config`: it may or may not be there.
pub fn record(
    journal: &mut Journal,
    purchase: &mut Purchase,
    stamp: &Stamp,
    mark: &PurchaseMark,
    outcome: Outcome,
    remark: Remark,
) -> Result<()> {
    let mut rows = Vec::new();
    if let PurchaseMark::Charged(charge_id) = mark
        && !purchase.charges.contains(charge_id)
    {
        let n = purchase.attempts.last().map_or(0, |attempt| attempt.n);
        rows.push(JournalRow::Accepted { n, charge_id: charge_id.clone(), payment: None });
    }
    rows.push(JournalRow::Final(outcome));
    if remark != Remark::default() {
        rows.push(JournalRow::Remark(remark));
    }
    let id = purchase.intent.id;
    journal.exclusively(|alone| rows.iter().try_for_each(|row| alone.append(id, stamp, row)))?;
    for row in &rows {
        purchase.apply(stamp, row);
    }
    Ok(())
}
