//! A portal that sells credits, plans and packs, a login at it, and a person at the prompt.

use crate::app::buying::Buying;
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::questions::{Questions, StepUp};
use crate::app::summary::{AnySummary, Summary};
use crate::config::SpendingLimits;
use crate::core::class::Class;
use crate::core::clock::{Clock, TurnedClock};
use crate::core::command::NextStep;
use crate::core::dialog::{Ask, Progress, Report, Silent};
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::target::PortalTarget;
use crate::http::TransportError;
use crate::provider::packs::{PaymentReading, PaymentStatus};
use crate::provider::plans::PendingChange;
use crate::provider::{
    ChargeId, ChargeResponse, ChargeStatus, IdempotencyKey, NOUS, Organisation, Paid, ProviderError,
};
use crate::purchase::delivery::Delivery;
use crate::purchase::key::Surroundings;
use crate::purchase::place::JournalPlace;
use crate::purchase::request::{PurchaseName, PurchasePlace};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// The page where everything is seen.
pub const PORTAL: &str = "https://portal.example/billing";

/// What becomes of one request.
pub enum Fate {
    /// It is carried out, and its answer is lost.
    Lost,
    /// It is refused with this class, and nothing is charged.
    Refused(Class),
    /// The token is not accepted.
    Unauthorized,
    /// No byte of it leaves the machine.
    Unsent,
}

/// Something that was sold.
#[derive(Clone, Debug)]
pub struct FakeSale {
    pub key: String,
    pub body: String,
    pub amount: Money,
    pub id: ChargeId,
    pub at: Timestamp,
}

/// A portal, a machine in front of it and a person at that.
pub struct FakeShop {
    folder: tempfile::TempDir,
    target: PortalTarget,
    pub profile: String,
    pub clock: Arc<TurnedClock>,
    pub limits: SpendingLimits,
    pub surroundings: Surroundings,
    pub sells_packs: bool,
    /// What becomes of the next requests; then all is well.
    pub fates: RefCell<VecDeque<Fate>>,
    /// What the next polls of a charge show; then what the book says.
    pub polls: RefCell<VecDeque<ChargeStatus>>,
    /// How long it takes until a charge is paid.
    pub settles_after: Cell<Duration>,
    /// Why no charge is paid, where none is.
    pub declines: Cell<Option<Class>>,
    /// What is charged beside the amount.
    pub tax: Cell<Option<Money>>,
    pub balance: Cell<Money>,
    /// Whether the account shows what was bought this month.
    pub shows_month: Cell<bool>,
    pub plan: RefCell<&'static str>,
    /// How long the earlier plan is shown after an upgrade.
    pub plan_lags: Cell<Duration>,
    /// The page that is named for a payment.
    pub payment_page: Cell<&'static str>,
    /// The change of the plan that is scheduled.
    pub pending: RefCell<Option<PendingChange>>,
    /// Each change that was asked for.
    pub scheduled: RefCell<Vec<String>>,
    /// What the next such request ends with, and whether it is carried out all the same.
    pub schedule_trouble: Cell<Option<(Class, bool)>>,
    /// How a person's payment stands.
    pub payment: Cell<PaymentStatus>,
    pub logged_in: Cell<bool>,
    /// For whom the login acts.
    pub organisation: Cell<&'static str>,
    /// Whose the login is.
    pub subject: Cell<&'static str>,
    /// The book of the portal.
    pub sales: RefCell<Vec<FakeSale>>,
    /// The key of each purchase request.
    pub sent: RefCell<Vec<String>>,
    /// How often the account was read.
    pub reads: Cell<u32>,
    /// Whether a person sits at the prompt, and what they answer next.
    pub at_prompt: bool,
    pub answers: RefCell<VecDeque<bool>>,
    pub asked: RefCell<Vec<String>>,
    pub yes: bool,
    /// What was said beside the answer.
    pub said: RefCell<Vec<String>>,
    /// Whether permission to spend is granted when it is asked for.
    pub grants: Cell<bool>,
    /// Whether the answer of a run reaches its caller.
    pub is_shown: Cell<bool>,
}

impl FakeShop {
    /// A script in front of a portal where all is well; it has said `--yes`.
    pub fn new() -> Self {
        let start = "2026-11-20T12:00:00Z".parse().expect("a time");
        Self {
            folder: folder().expect("a folder"),
            target: PortalTarget::at(Url::parse("https://portal.example").expect("a URL"), NOUS),
            profile: "default".to_owned(),
            clock: Arc::new(TurnedClock::new(start)),
            limits: SpendingLimits::default(),
            surroundings: Surroundings::default(),
            sells_packs: false,
            fates: RefCell::default(),
            polls: RefCell::default(),
            settles_after: Cell::new(Duration::ZERO),
            declines: Cell::new(None),
            tax: Cell::new(None),
            balance: Cell::new(money("3.40")),
            shows_month: Cell::new(true),
            plan: RefCell::new("plus"),
            plan_lags: Cell::new(Duration::ZERO),
            payment_page: Cell::new("https://portal.example/pay/1"),
            pending: RefCell::default(),
            scheduled: RefCell::default(),
            schedule_trouble: Cell::new(None),
            payment: Cell::new(PaymentStatus::NeedsPerson),
            logged_in: Cell::new(true),
            organisation: Cell::new("org"),
            subject: Cell::new("me"),
            sales: RefCell::default(),
            sent: RefCell::default(),
            reads: Cell::new(0),
            at_prompt: false,
            answers: RefCell::default(),
            asked: RefCell::default(),
            yes: true,
            said: RefCell::default(),
            grants: Cell::new(false),
            is_shown: Cell::new(true),
        }
    }

    /// A person at the prompt, who gives these answers.
    pub fn at_prompt(answers: &[bool]) -> Self {
        let answers = RefCell::new(answers.iter().copied().collect());
        Self { at_prompt: true, yes: false, answers, ..Self::new() }
    }

    /// A portal where a person pays for packs.
    pub fn of_packs() -> Self {
        Self { sells_packs: true, ..Self::new() }
    }

    /// Another portal that shares the machine of this one.
    pub fn elsewhere(&self, host: &str, profile: &str) -> Self {
        let base = Url::parse(&format!("https://{host}")).expect("a URL");
        Self {
            target: PortalTarget::at(base, NOUS),
            profile: profile.to_owned(),
            clock: Arc::clone(&self.clock),
            ..Self::new()
        }
    }

    /// One run with what buying takes; once it is over, its caller has the answer.
    pub fn run<T>(&self, act: impl FnOnce(&Buying<'_>) -> T) -> T {
        self.run_on(self, act)
    }

    /// The same on the machine of another portal: with the journal that lies there.
    pub fn run_on<T>(&self, machine: &Self, act: impl FnOnce(&Buying<'_>) -> T) -> T {
        let journal = machine.journal();
        let deliveries = RefCell::new(Vec::new());
        let clock: Arc<dyn Clock + Send + Sync> = self.clock.clone();
        let answer = act(&Buying {
            journal: &journal,
            provider: self,
            charges: self,
            tokens: self,
            portal: &self.target,
            place: self.place(),
            limits: self.limits,
            sole_buyer: false,
            surroundings: self.surroundings.clone(),
            clock,
            server_now: &|| Some(self.clock.now()),
            questions: Questions { ask: self, report: self, assume_yes: self.yes },
            report: self,
            new_id: Uuid::new_v4,
            step_up: self,
            on_delivered: &|delivery| deliveries.borrow_mut().push(delivery),
        });
        if self.is_shown.get() {
            deliveries.into_inner().into_iter().for_each(Delivery::note);
        }
        answer
    }

    pub fn journal_file(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    pub fn has_journal(&self) -> bool {
        self.journal_file().exists()
    }

    pub fn journal(&self) -> JournalPlace {
        JournalPlace::in_folder(self.folder.path())
    }

    fn place(&self) -> PurchasePlace {
        PurchasePlace {
            system: NOUS,
            origin: self.target.identity.clone(),
            profile: self.profile.clone(),
            base_url: self.target.shown(),
        }
    }

    /// What the next requests come to.
    pub fn fate(&self, fates: impl IntoIterator<Item = Fate>) {
        self.fates.borrow_mut().extend(fates);
    }

    /// How many purchases the portal has made, whatever was asked.
    pub fn count_sales(&self) -> usize {
        self.sales.borrow().len()
    }

    /// The key of each purchase request so far.
    pub fn keys_sent(&self) -> Vec<String> {
        self.sent.borrow().clone()
    }

    pub fn carry_out(&self, key: &IdempotencyKey, body: &[u8], amount: Money) -> ChargeResponse {
        self.sent.borrow_mut().push(key.to_string());
        let fate = self.fates.borrow_mut().pop_front();
        match fate {
            Some(Fate::Refused(class)) => return ChargeResponse::Refused(refusal(class)),
            Some(Fate::Unauthorized) => {
                return ChargeResponse::Unauthorized(refusal(Class::SessionRevoked));
            }
            Some(Fate::Unsent) => {
                return ChargeResponse::Unsent(TransportError {
                    class: Class::Network,
                    message: "connection refused".to_owned(),
                    sent: false,
                    signal: None,
                    cause: None,
                });
            }
            Some(Fate::Lost) | None => {}
        }
        let body = String::from_utf8(body.to_vec()).expect("text");
        let is_remembered = !self.sells_packs;
        let known = self.sales.borrow().iter().find(|sale| sale.key == key.as_str()).cloned();
        let sale = match known.filter(|_| is_remembered) {
            Some(sale) if sale.body != body => {
                return ChargeResponse::Conflict(refusal(Class::IdempotencyConflict));
            }
            Some(sale) => sale,
            None => {
                let id = format!("ch_{}", self.count_sales() + 1);
                let id = ChargeId::parse(&id).expect("an id");
                let at = self.clock.now();
                let sale = FakeSale { key: key.to_string(), body, amount, id, at };
                self.sales.borrow_mut().push(sale.clone());
                sale
            }
        };
        match fate {
            Some(_) => ChargeResponse::Unknown { refusal: refusal(Class::Network), replay: true },
            None => ChargeResponse::Accepted(sale.id),
        }
    }

    pub fn paid(&self, sale: &FakeSale) -> Paid {
        let mut paid = Paid::new(sale.amount, Some(self.clock.now()));
        paid.bill.tax_usd = self.tax.get();
        paid.bill.total_usd = self.tax.get().map(|tax| Money(sale.amount.0 + tax.0));
        paid
    }

    pub fn is_settled(&self, sale: &FakeSale) -> bool {
        let waited = self.clock.now().duration_since(sale.at);
        self.declines.get().is_none()
            && Duration::try_from(waited).is_ok_and(|waited| waited >= self.settles_after.get())
    }

    pub fn reading(&self) -> PaymentReading {
        PaymentReading {
            status: self.payment.get(),
            word: None,
            credits_added: None,
            balance_after: None,
            credit_seen: false,
        }
    }
}

impl Ask for FakeShop {
    fn can_ask(&self) -> bool {
        self.at_prompt
    }

    fn confirm(&self, question: &str) -> Result<bool> {
        self.asked.borrow_mut().push(question.to_owned());
        Ok(self.at_prompt && self.answers.borrow_mut().pop_front().expect("one more question"))
    }

    fn line(&self, _: &str) -> Result<String> {
        Err(Failure::internal("no test types a line"))
    }

    fn hidden(&self, _: &str) -> Result<String> {
        Err(Failure::internal("no test types a password"))
    }
}

impl StepUp for FakeShop {
    fn offer(&self) -> Result<bool> {
        Ok(self.grants.get())
    }
}

impl Report for FakeShop {
    fn note(&self, line: &NextStep) {
        self.said.borrow_mut().push(line.to_string());
    }

    fn warn(&self, line: &NextStep) {
        self.said.borrow_mut().push(line.to_string());
    }

    fn progress(&self) -> Box<dyn Progress + '_> {
        Box::new(Silent)
    }
}

/// In memory where there is such a place: what is durable is tested elsewhere.
fn folder() -> std::io::Result<tempfile::TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| crate::core::scratch::tempdir())
}

pub fn organisation(id: &str) -> Organisation {
    Organisation { id: id.to_owned(), slug: None, name: None, role: None }
}

pub fn money(text: &str) -> Money {
    Money::parse(text).expect("money")
}

pub fn amount(text: &str) -> Amount {
    Amount::parse(text).expect("an amount")
}

pub fn refusal(class: Class) -> ProviderError {
    ProviderError { code: Some(class.name().to_owned()), ..ProviderError::new(class, class.name()) }
}

/// No name, and whatever is open is gone on with.
pub fn unnamed() -> Terms {
    called(PurchaseName::Nothing { new: false })
}

/// `--once` with this name.
pub fn once(name: &str) -> Terms {
    called(PurchaseName::Once { name: name.to_owned(), retry_declined: false, new: false })
}

pub fn called(called: PurchaseName) -> Terms {
    Terms { called, once_since: None, max: None }
}

/// As long as is usual.
pub fn usual_wait() -> OutcomeWait {
    OutcomeWait { wait: None, no_wait: false, poll: Duration::from_secs(2) }
}

/// The summary of a purchase that a card pays.
#[track_caller]
pub fn charge(answer: Result<AnySummary>) -> Summary {
    match answer {
        Ok(AnySummary::Charge(summary)) => *summary,
        Ok(AnySummary::Payment(_)) => panic!("a payment"),
        Err(failure) => panic!("{failure:?}"),
    }
}

/// The failure, where it is one.
#[track_caller]
pub fn failed<T>(answer: Result<T>, class: Class) -> Failure {
    let Err(failure) = answer else { panic!("it did not fail with {class:?}") };
    assert_eq!(failure.class(), class, "{failure:?}");
    failure
}
