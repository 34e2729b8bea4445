//! The judge: the promises of a purchase, held against the portal's own ledger.

use super::computer::Journal;
use super::portal::{Charge, Kind, Portal};
use topup::core::class::Class;
use topup::core::failure::Charged;
use topup::purchase::record::{Outcome, Purchase};
use topup::purchase::steps::PurchaseReport;
use uuid::Uuid;

/// What was told so far, and the first promise that was broken.
#[derive(Default)]
pub struct Judge {
    pub verdict: Option<String>,
    /// Purchases whose end was told to whoever asked for them.
    concluded: Vec<Uuid>,
    /// Of whom it was told that nothing was charged, and when: a key, or all keys of the name.
    said_no: Vec<(Option<String>, u64)>,
    /// Purchases whose charge was looked at by a run that could write everything.
    looked: Vec<(usize, Uuid)>,
    /// Purchases of which a request may have left.
    pub posted: Vec<Uuid>,
}

impl Judge {
    pub fn wrong(&mut self, what: String) {
        self.verdict.get_or_insert(what);
    }

    /// A new purchase was made: without a name only when none of the same amount is open.
    pub fn minted(
        &mut self,
        journal: &Journal,
        on: usize,
        (id, organisation): (Uuid, &str),
        amount: &str,
        named: bool,
        portal: &Portal,
    ) {
        if named {
            return;
        }
        for purchase in journal.all().iter().chain(journal.lost()) {
            let earlier = purchase.intent.id;
            let is_others = purchase.intent.organisation.as_deref() != Some(organisation);
            // Another login's purchase is in the way only while it may be charged.
            let may_be_charged = purchase.outcome.is_none() && purchase.may_have_charged();
            if earlier == id || (is_others && !may_be_charged) {
                continue;
            }
            let same = purchase.intent.amount.to_string() == amount
                || purchase.intent.body.contains(amount);
            let sent = portal.seen.iter().any(|seen| seen.key == purchase.intent.key.as_str());
            let refused = matches!(
                purchase.outcome,
                Some(
                    Outcome::Refused(_)
                        | Outcome::KeyKept { .. }
                        | Outcome::NeverSent
                        | Outcome::NotNeeded
                )
            );
            if same && sent && !refused && !self.concluded.contains(&earlier) {
                self.wrong(format!(
                    "computer {on} began a second purchase while the first is open"
                ));
            }
        }
    }

    /// A request goes out: its row is durable, and no charge is known for the purchase. Where only
    /// evidence answers, no outcome of this account is unknown, this one's included.
    pub fn posts(
        &mut self,
        journal: &Journal,
        on: usize,
        purchase: &Purchase,
        by_evidence: Option<bool>,
        shared: bool,
    ) {
        let this = purchase.attempts.last().map(|attempt| attempt.n);
        if let Some(status_by_id) = by_evidence {
            let all = journal.all();
            let is_same_account =
                |other: &&Purchase| other.intent.organisation == purchase.intent.organisation;
            let posted = &self.posted;
            let lost = journal.lost().filter(|lost| posted.contains(&lost.intent.id));
            let is_beside = all.iter().chain(lost).filter(is_same_account).any(|other| {
                if other.intent.id != purchase.intent.id {
                    return other.is_unknown(status_by_id);
                }
                // The row of this very request is not yet its answer.
                let mut other = other.clone();
                other.attempts.retain(|attempt| Some(attempt.n) != this);
                other.is_unknown(status_by_id)
            });
            if is_beside {
                self.wrong("a request beside one whose outcome is not known".into());
            }
        }
        let id = purchase.intent.id;
        self.posted.push(id);
        let durable = journal.durable(id);
        let attempts = durable.as_deref().map_or(&[][..], |known| &known.attempts);
        let noted = attempts.iter().rev().find(|attempt| Some(attempt.n) == this);
        if noted.is_none_or(|attempt| attempt.verdict.is_some()) {
            self.wrong("a request whose row is not durable".into());
        }
        // Under one key another machine may take over what this one is just sending.
        if by_evidence.is_none() && shared {
            return;
        }
        let taken_on =
            |known: &Purchase| !known.charges.is_empty() || known.waits_for_person().is_some();
        if durable.as_deref().is_some_and(taken_on) || self.looked.contains(&(on, id)) {
            self.wrong("a request after the purchase was accepted".into());
        }
    }

    /// The journal of this computer is another one from now on.
    pub fn forget_looks(&mut self, on: usize) {
        self.looked.retain(|(looker, _)| *looker != on);
    }

    /// A charge is looked at.
    pub fn looked(&mut self, on: usize, id: Uuid) {
        self.looked.push((on, id));
    }

    /// What a command told has to be so; what it tells of others is of the time that it knows.
    pub fn told(
        &mut self,
        portal: &Portal,
        (now, known_at): (u64, u64),
        purchase: &Purchase,
        report: &PurchaseReport,
        whole_name: bool,
    ) {
        let key = purchase.intent.key.as_str();
        let paid: Vec<&Charge> = portal.paid(key).collect();
        let body = &purchase.intent.body;
        let in_force = matches!(purchase.outcome, Some(Outcome::InForce | Outcome::NotNeeded));
        let right = if in_force {
            portal.was_in_force(now, body)
        } else {
            paid.len() == 1 && paid[0].body == *body && paid[0].at <= now
        };
        if report.class == Class::Success && !right {
            self.wrong(
                "success was told, and not exactly one charge of that amount is paid".into(),
            );
        }
        // A portal that holds another amount under the key was paid all the same.
        if report.charged == Charged::Yes && paid.len() != 1 {
            self.wrong("charged was told, and not exactly one charge is paid".into());
        }
        // A payment that nobody has paid so far may be paid later.
        let so_far = report.class == Class::ActionRequired;
        if report.charged == Charged::No && report.class != Class::IdempotencyConflict && !so_far {
            let identity = (!whole_name).then(|| key.to_owned());
            self.said_no.push((identity, known_at));
            self.check_no(portal);
        }
        if report.charged != Charged::Unknown || in_force {
            self.concluded.push(purchase.intent.id);
        }
    }

    /// Refused before anything was sent: nothing of that amount may have been paid.
    pub fn refused_locally(&mut self, portal: &Portal, amount: &str) {
        let is_ours = |charge: &Charge| !charge.foreign && charge.body.contains(amount);
        if portal.charges.iter().any(|charge| charge.settles && is_ours(charge)) {
            self.wrong(format!("{amount} were refused and are paid"));
        }
    }

    /// What was not charged when that was told, is not charged later by what was sent before.
    fn check_no(&mut self, portal: &Portal) {
        let broken = self.said_no.iter().any(|(identity, at)| {
            portal.charges.iter().filter(|charge| !charge.foreign).any(|charge| {
                let meant = identity.as_ref().is_none_or(|key| *key == charge.key);
                meant && charge.settles && charge.sent <= *at
            })
        });
        if broken {
            self.wrong("not charged was told, and a charge is there or came later".into());
        }
    }

    /// Everything on its way has arrived.
    pub fn over(&mut self, portal: &Portal, named: bool) {
        self.check_no(portal);
        let ours = || portal.charges.iter().filter(|charge| !charge.foreign);
        for Charge { key, .. } in ours() {
            let charges = ours().filter(|charge| charge.key == *key).count();
            let paid = portal.paid(key).count();
            // A payment that nobody was shown is opened again, and only one of them can be paid.
            let is_person = portal.rules.kind == Kind::Person;
            if charges > 1 && (!is_person || paid > 1) {
                self.wrong(format!("{charges} charges for one purchase"));
            }
        }
        let paid = ours().filter(|charge| charge.settles).count();
        if named && paid > 1 {
            self.wrong(format!("{paid} charges under one name"));
        }
    }
}
