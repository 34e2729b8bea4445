//! What comes of an action of the machine: the answer of the world, or what is lost on the way.

use super::super::Sabotage;
use super::super::portal::{Answer, Kind, LAG, Look, Request};
use super::{Process, World, refusal};
use rust_decimal::Decimal;
use topup::core::class::Class;
use topup::core::money::Money;
use topup::core::signals::Signal;
use topup::http::TransportError;
use topup::provider::packs::{OpenedPack, PaymentReading, PaymentStatus, Price};
use topup::provider::plans::PlanSeen;
use topup::provider::{
    ChargeId, ChargeResponse, ChargeStatus, EvidenceAnswer, EvidenceReading, Paid, ShownPurchase,
};
use topup::purchase::baseline::Baseline;
use topup::purchase::evidence::OtherPurchases;
use topup::purchase::record::{Attempt, JournalRow, Purchase, Stamp, Verdict};
use topup::purchase::steps::ActionResult;

fn opened(payment_id: ChargeId, body: &str) -> OpenedPack {
    let minor = if body.contains("50") { 5_000 } else { 2_500 };
    OpenedPack {
        payment_id,
        price: Price { minor, currency: "USD".into() },
        uses: None,
        publishable_key: None,
        client_secret: None,
        page: "https://agent.example".into(),
    }
}

/// Whether all that was sent under a name before the newest request was refused.
fn is_refused_only(purchase: &Purchase) -> bool {
    let before = purchase.attempts.split_last().map_or(&[][..], |(_, before)| before);
    let is_refusal = |attempt: &Attempt| attempt.verdict == Some(Verdict::No);
    purchase.intent.naming.is_given() && !before.is_empty() && before.iter().all(is_refusal)
}

fn reading(status: PaymentStatus) -> PaymentReading {
    PaymentReading {
        status,
        word: None,
        credits_added: None,
        balance_after: None,
        credit_seen: true,
    }
}

impl World {
    pub(super) fn authorize(&mut self, process: &mut Process) -> ActionResult {
        if !self.healed && self.dice.percent(3) {
            return ActionResult::NotAuthorized(refusal(Class::NotLoggedIn));
        }
        // Somebody may have logged in for another organisation meanwhile.
        let changed = !self.healed && self.dice.percent(3);
        let other = if process.buyer == "org" { "other" } else { "org" };
        process.organisation = if changed { other } else { process.buyer };
        if changed {
            self.happened("a login changes under way");
        }
        let told = match self.sabotage {
            Sabotage::AnyOrganisation => process.buyer,
            _ => process.organisation,
        };
        ActionResult::Authorized { organisation: Some(told.into()), subject: Some("me".into()) }
    }

    pub(super) fn ask_time(&mut self, process: &mut Process) -> ActionResult {
        if !self.healed && self.dice.percent(10) {
            return ActionResult::NotAsked(refusal(Class::Network));
        }
        if self.sabotage != Sabotage::NoTimeAsked {
            self.answered(process);
        }
        ActionResult::TimeAsked
    }

    /// What the seller shows, and what the journal knows beside the purchase.
    pub(super) fn read_evidence(&mut self, process: &mut Process) -> ActionResult {
        let purchase = process.machine.purchase();
        let is_before = purchase.unclear().is_none();
        let others = match self.sabotage {
            Sabotage::OthersUnseen => OtherPurchases::default(),
            _ => {
                let lag = self.seller().evidence_lag();
                let all = self.journal(process.on).all().iter();
                let of_account =
                    all.filter(|other| other.intent.organisation == purchase.intent.organisation);
                OtherPurchases::new(of_account, purchase, lag)
            }
        };
        if self.is_away() || (!self.healed && self.dice.percent(10)) {
            let unauthorized = !self.is_away() && self.dice.percent(20);
            let class = self.dice.pick(&[Class::Network, Class::ServerError, Class::Interrupted]);
            let class = if unauthorized { Class::NotLoggedIn } else { class };
            let refusal = refusal(class);
            let answer = EvidenceAnswer::Trouble { refusal, unauthorized };
            return ActionResult::EvidenceRead(answer, others);
        }
        let mut shown = match self.portal.rules.kind {
            Kind::ByKey => ShownPurchase::GrantedSum(self.portal.month(self.now)),
            _ => self.portal.show(self.now, process.organisation),
        };
        if is_before && self.sabotage == Sabotage::EmptyBaseline {
            shown = match shown {
                ShownPurchase::Purchases(_) => ShownPurchase::Purchases(Vec::new()),
                ShownPurchase::GrantedSum(sum) => {
                    ShownPurchase::GrantedSum(Money(sum.0 - Decimal::from(25)))
                }
            };
        }
        if let (Sabotage::AnyRise, false, ShownPurchase::GrantedSum(sum)) =
            (self.sabotage, is_before, &mut shown)
        {
            let before = process.before.unwrap_or(*sum);
            if sum.0 > before.0 {
                *sum = Money(before.0 + purchase.intent.amount.decimal());
            }
        }
        if let (true, ShownPurchase::GrantedSum(sum)) = (is_before, &shown) {
            process.before = Some(*sum);
        }
        self.answered(process);
        let reading = EvidenceReading { shown, auto_reload: Some(false), account_proven: true };
        ActionResult::EvidenceRead(EvidenceAnswer::Read(reading), others)
    }

    /// An answer came: it carries the portal's clock.
    fn answered(&self, process: &mut Process) {
        if self.portal.rules.tells_time {
            process.server = Some((self.now, self.slept[process.on]));
        }
    }

    pub(super) fn record(
        &mut self,
        process: &mut Process,
        stamp: &Stamp,
        row: &JournalRow,
    ) -> ActionResult {
        let skipped = match row {
            JournalRow::Sending { .. } => self.sabotage == Sabotage::NoSendingRow,
            JournalRow::Recovered => self.sabotage == Sabotage::NoRecovered,
            _ => false,
        };
        if skipped {
            return ActionResult::Recorded;
        }
        let fails = !self.healed && self.dice.percent(2);
        if fails {
            process.clean = false;
            self.happened("a row is not written");
            // A failed write may be on the disk all the same.
            if self.dice.percent(50) {
                self.happened("a row is said not to be written, and is");
                self.put_unsynced(process, stamp, row);
            }
            return ActionResult::NotRecorded(refusal(Class::Config));
        }
        if let Err(class) = self.put(process, stamp, row) {
            process.clean = false;
            return ActionResult::NotRecorded(refusal(class));
        }
        if let JournalRow::Accepted { charge_id, payment: Some(_), .. } = row {
            self.shown.push(charge_id.clone());
        }
        ActionResult::Recorded
    }

    pub(super) fn request(&self, process: &Process) -> Request {
        let intent = &process.machine.purchase().intent;
        let body = if self.sabotage == Sabotage::FreshBytes && process.plan.loaded {
            intent.body.replace('}', ".00}")
        } else {
            intent.body.clone()
        };
        Request {
            organisation: process.organisation.to_owned(),
            key: intent.key.as_str().to_owned(),
            body,
        }
    }

    pub(super) fn post(&mut self, process: &mut Process) -> ActionResult {
        let request = self.request(process);
        let by_evidence = self.portal.rules.kind.has_evidence();
        self.keep_alive(process);
        let status_by_id = by_evidence.then(|| self.seller().status_by_id);
        self.judge.posts(
            &self.journals[self.home(process.on)],
            process.on,
            process.machine.purchase(),
            status_by_id,
            self.shared.is_some(),
        );
        if process.throttled {
            self.judge.wrong("a request after the portal asked to wait".into());
        }
        let fate = if self.healed { 0 } else { self.dice.below(100) };
        self.tell(|| format!("computer {} sends {} (fate {fate})", process.on, request.key));
        let lost = |class, replay| {
            ActionResult::Posted(ChargeResponse::Unknown { refusal: refusal(class), replay })
        };
        if fate >= 95 {
            let signal = self.dice.percent(10).then_some(Signal::Interrupt);
            return ActionResult::Posted(ChargeResponse::Unsent(TransportError {
                class: Class::Network,
                message: "not connected".into(),
                sent: false,
                signal,
                cause: None,
            }));
        }
        process.posts += 1;
        if is_refused_only(process.machine.purchase()) {
            self.happened("a name is sent again after nothing but refusals");
        }
        let now = self.now;
        if fate >= 88 {
            return lost(Class::Network, true);
        }
        if fate >= 80 {
            self.happened("a request is worked on after its client has gone");
            self.portal.take_late(now, request, &mut self.dice);
            if self.dice.percent(20) {
                return lost(Class::Interrupted, false);
            }
            self.pass(30_000);
            return lost(Class::Timeout, true);
        }
        if fate >= 77 {
            self.answered(process);
            return ActionResult::Posted(ChargeResponse::Unauthorized(refusal(Class::NotLoggedIn)));
        }
        let answer = self.portal.charge(now, now, &request, &mut self.dice);
        if self.sabotage == Sabotage::BaselineAfter && by_evidence {
            self.read_baseline_again(process);
        }
        if self.sabotage == Sabotage::ShownTooEarly
            && let Answer::Opened(id) = &answer
        {
            self.shown.push(id.clone());
        }
        let by_key = self.portal.rules.kind == Kind::ByKey;
        if (72..77).contains(&fate)
            && by_key
            && matches!(answer, Answer::Accepted(_) | Answer::Done)
        {
            // Something on the way sends it once more by itself. Where it would hide an answer
            // behind a later refusal, no client could tell the truth: that is not modelled.
            self.happened("a request is repeated on its way");
            self.portal.charge(now, now, &request, &mut self.dice);
        }
        if (60..72).contains(&fate) {
            self.happened("the answer to a request is lost");
            self.tell(|| "the answer is lost".to_owned());
            return lost(Class::Network, self.dice.percent(80));
        }
        self.answered(process);
        ActionResult::Posted(self.response(process, answer, &request.body))
    }

    /// What the client makes of an answer that arrived.
    fn response(&self, process: &mut Process, answer: Answer, body: &str) -> ChargeResponse {
        match answer {
            Answer::Accepted(id) => ChargeResponse::Accepted(id),
            Answer::Opened(id) => ChargeResponse::Opened(Box::new(opened(id, body))),
            Answer::Paid(id) => {
                ChargeResponse::Done(Paid { charge_id: Some(id), ..Paid::default() })
            }
            Answer::Done => ChargeResponse::Done(Paid::default()),
            Answer::AlreadySo => ChargeResponse::AlreadySo,
            Answer::Declined => ChargeResponse::Declined(refusal(Class::CardDeclined)),
            Answer::NeedsPerson => ChargeResponse::NeedsPerson(refusal(Class::ActionRequired)),
            Answer::Denied(class @ (Class::RateLimited | Class::TemporarilyUnavailable)) => {
                process.throttled = true;
                ChargeResponse::Throttled(refusal(class))
            }
            Answer::Denied(_) if self.portal.rules.other_words => {
                ChargeResponse::RefusedInOtherWords(refusal(Class::RoleRequired))
            }
            Answer::Denied(class) => ChargeResponse::Refused(refusal(class)),
            Answer::Conflict => ChargeResponse::Conflict(refusal(Class::IdempotencyConflict)),
            Answer::InFlight => ChargeResponse::InFlight(refusal(Class::InProgress)),
            Answer::Failed => {
                ChargeResponse::Unknown { refusal: refusal(Class::ServerError), replay: true }
            }
        }
    }

    pub(super) fn poll(&mut self, process: &mut Process, id: &ChargeId) -> ActionResult {
        if process.clean {
            self.judge.looked(process.on, process.id);
        }
        if !self.healed && self.dice.percent(15) {
            let class = self.dice.pick(&[
                Class::Network,
                Class::RateLimited,
                Class::ServerError,
                Class::InsufficientScope,
                Class::Interrupted,
            ]);
            let unauthorized = self.dice.percent(20);
            let class = if unauthorized { Class::NotLoggedIn } else { class };
            return ActionResult::Polled(ChargeStatus::Trouble {
                refusal: refusal(class),
                unauthorized,
            });
        }
        self.answered(process);
        let is_person = self.portal.rules.kind == Kind::Person;
        let look = if is_person {
            self.portal.look_at_payment(self.now, id)
        } else {
            self.portal.look(self.now, id)
        };
        let was_checked = process.machine.purchase().bank_check.is_some();
        if was_checked && matches!(look, Look::Settled { .. }) {
            self.happened("a failed payment becomes settled");
        }
        ActionResult::Polled(match look {
            Look::Pending => ChargeStatus::Pending,
            Look::Unpaid => ChargeStatus::OpenPayment(reading(PaymentStatus::NeedsPerson)),
            Look::Settled { .. } if is_person && self.dice.percent(30) => {
                ChargeStatus::OpenPayment(reading(PaymentStatus::Paid))
            }
            Look::Settled { .. } if is_person => {
                ChargeStatus::Credited(reading(PaymentStatus::Paid))
            }
            Look::Settled { body } => {
                let amount = if body.contains("50") { "50" } else { "25" };
                ChargeStatus::Settled(Paid::new(Money::parse(amount).expect("money"), None))
            }
            Look::Checked if self.sabotage != Sabotage::CheckIsFinal => {
                ChargeStatus::Failed(refusal(Class::AuthenticationRequired))
            }
            Look::Checked | Look::Declined => ChargeStatus::Failed(refusal(Class::CardDeclined)),
        })
    }

    /// The evidence of before is read after the request: to see that it is missed.
    fn read_baseline_again(&mut self, process: &Process) {
        let shown = self.portal.show(self.now + 2 * LAG, process.organisation);
        let reading = EvidenceReading { shown, auto_reload: Some(false), account_proven: true };
        let home = self.home(process.on);
        let journal = &mut self.journals[home];
        for (id, _, row) in journal.rows.iter_mut().rev() {
            if let JournalRow::Sending { baseline, .. } = row
                && *id == process.id
            {
                *baseline = Some(Baseline::from(&reading));
                break;
            }
        }
        journal.read_again();
    }

    pub(super) fn look_at_plan(&mut self, process: &mut Process) -> ActionResult {
        if !self.healed && self.dice.percent(15) {
            let unauthorized = self.dice.percent(20);
            let class = self.dice.pick(&[Class::Network, Class::ServerError, Class::Interrupted]);
            let class = if unauthorized { Class::NotLoggedIn } else { class };
            return ActionResult::PlanSeen(PlanSeen::Trouble {
                refusal: refusal(class),
                unauthorized,
            });
        }
        self.answered(process);
        let body = &process.machine.purchase().intent.body;
        let in_force = self.portal.is_in_force(self.now, body);
        ActionResult::PlanSeen(if in_force { PlanSeen::InForce } else { PlanSeen::NotInForce })
    }
}
