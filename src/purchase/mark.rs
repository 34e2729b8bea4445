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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;
    use crate::purchase::place::JournalPlace;
    use crate::purchase::scripted::purchase;

    fn charge(text: &str) -> ChargeId {
        ChargeId::parse(text).expect("an id")
    }

    #[test]
    fn a_mark_is_a_charge_or_none() {
        let marked = PurchaseMark::Charged(charge("ch_1"));
        assert_eq!(PurchaseMark::parse("charged=ch_1").expect("a mark"), marked);
        assert_eq!(PurchaseMark::parse("not-charged").expect("a mark"), PurchaseMark::NotCharged);
        for text in
            ["", "charged", "charged=", "charged=a/b", "not-charged=1", "Charged=ch_1", "no"]
        {
            let refused = PurchaseMark::parse(text).expect_err(text);
            assert_eq!(refused.class(), Class::Usage, "{text}");
        }
    }

    #[test]
    fn what_a_person_found_is_durable_and_each_charge_is_noted_once() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let place = JournalPlace::in_folder(folder.path());
        let mut journal = Journal::open(&place).expect("a journal");
        let first = purchase();
        let stamp = first.asked.clone();
        journal.exclusively(|alone| alone.add(&first.intent, &stamp)).expect("durable");
        let sending = JournalRow::Sending { n: 1, baseline: None };
        let taken = JournalRow::Accepted { n: 1, charge_id: charge("ch_1"), payment: None };
        for row in [&sending, &taken] {
            journal.append(first.intent.id, &stamp, row).expect("durable");
        }
        let mut open = journal.load(first.intent.id).expect("read");
        for (id, charges) in [("ch_1", &["ch_1"][..]), ("ch_2", &["ch_1", "ch_2"])] {
            let mark = PurchaseMark::Charged(charge(id));
            let ended = Outcome::MarkedCharged { charge_id: charge(id) };
            let remark = Remark::default();
            record(&mut journal, &mut open, &stamp, &mark, ended, remark).expect("durable");
            let known: Vec<&str> = open.charges.iter().map(ChargeId::as_str).collect();
            assert_eq!(known, charges);
            let first = Outcome::MarkedCharged { charge_id: charge("ch_1") };
            assert_eq!((&open.outcome, &open.remark), (&Some(first), &None));
            assert_eq!(journal.load(open.intent.id).expect("read"), open);
        }
        let remark = Remark { by: Some("ada".into()), reason: Some("seen on the page".into()) };
        let (mark, ended) = (PurchaseMark::NotCharged, Outcome::MarkedNotCharged);
        record(&mut journal, &mut open, &stamp, &mark, ended, remark.clone()).expect("durable");
        assert_eq!(journal.load(open.intent.id).expect("read").remark, Some(remark));
    }
}
