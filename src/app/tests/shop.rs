//! A portal that sells credits, plans and packs, a login at it, and a person at the prompt.

use crate::app::buying::Buying;
use crate::app::buying::terms::{OutcomeWait, Terms};
use crate::app::questions::Questions;
use crate::app::summary::{AnySummary, Summary};
use crate::config::SpendingLimits;
use crate::core::class::Class;
use crate::core::clock::{Clock, TurnedClock};
use crate::core::command::NextStep;
use crate::core::dialog::{Ask, Progress, Report, Silent};
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::secret::Secret;
use crate::core::system::System;
use crate::core::target::PortalTarget;
use crate::credentials::Token;
use crate::http::{Presented, Request, TransportError};
use crate::provider::packs::{
    Opened, PackMode, PackOffer, Packs, PaymentReading, PaymentStatus, Price, UsesState,
};
use crate::provider::plans::{
    CurrentPlan, PlanChange, PlanEffect, PlanSeen, Plans, Preview, Subscription, Tier,
};
use crate::provider::{
    AutoReloadSight, Card, ChargeId, ChargeResponse, ChargeStatus, Charges, DollarAccount,
    DollarState, Evidence, IdempotencyKey, KeyLife, MonthlyLimit, NOUS, Organisation, Paid, Payer,
    PortalPage, Provider, ProviderError, Repeat, Seller, State, Total, Unit,
};
use crate::purchase::delivery::Delivery;
use crate::purchase::key::Surroundings;
use crate::purchase::request::{Place, PurchaseName};
use crate::purchase::world::TokenSource;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// A saved card is charged, and a key is remembered for a day.
const BY_KEY: Seller = Seller {
    payer: Payer::SavedCard,
    repeat: Repeat::ByKey(KeyLife {
        auto_replay_max_age: Duration::from_mins(30),
        manual_replay_max_age: Duration::from_hours(23),
    }),
    evidence: Evidence::Replay,
    status_by_id: true,
    total: Total::AsAsked,
    auto_reload: AutoReloadSight::Readable,
    refusing_statuses: &[400, 403],
    shortest_poll: Duration::from_millis(100),
    usual_wait: Duration::from_mins(5),
};

/// A person pays on a page, and no key is known.
const BY_PERSON: Seller = Seller {
    payer: Payer::Person,
    repeat: Repeat::Never,
    evidence: Evidence::None,
    auto_reload: AutoReloadSight::Absent,
    refusing_statuses: &[],
    ..BY_KEY
};

const PORTAL: &str = "https://portal.example/billing";

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
    at: Timestamp,
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
    /// What the next looks at a charge show; then what the book says.
    pub looks: RefCell<VecDeque<ChargeStatus>>,
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
    /// How a person's payment stands.
    pub payment: Cell<PaymentStatus>,
    pub logged_in: Cell<bool>,
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
            looks: RefCell::default(),
            settles_after: Cell::new(Duration::ZERO),
            declines: Cell::new(None),
            tax: Cell::new(None),
            balance: Cell::new(money("3.40")),
            shows_month: Cell::new(true),
            plan: RefCell::new("plus"),
            payment: Cell::new(PaymentStatus::NeedsPerson),
            logged_in: Cell::new(true),
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
        let (journal, locks) = (machine.journal(), machine.locks());
        let deliveries = RefCell::new(Vec::new());
        let clock: Arc<dyn Clock + Send + Sync> = self.clock.clone();
        let answer = act(&Buying {
            journal: &journal,
            locks: &locks,
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
            step_up: &|| Ok(self.grants.get()),
            on_delivered: &|delivery| deliveries.borrow_mut().push(delivery),
        });
        if self.is_shown.get() {
            deliveries.into_inner().into_iter().for_each(Delivery::note);
        }
        answer
    }

    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    pub fn locks(&self) -> PathBuf {
        self.folder.path().join("locks")
    }

    fn place(&self) -> Place {
        Place {
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

    fn carry_out(&self, key: &IdempotencyKey, body: &[u8], amount: Money) -> ChargeResponse {
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

    fn paid(&self, sale: &FakeSale) -> Paid {
        let mut paid = Paid::new(sale.amount, Some(self.clock.now()));
        paid.bill.tax_usd = self.tax.get();
        paid.bill.total_usd = self.tax.get().map(|tax| Money(sale.amount.0 + tax.0));
        paid
    }

    fn is_settled(&self, sale: &FakeSale) -> bool {
        let waited = self.clock.now().duration_since(sale.at);
        self.declines.get().is_none()
            && Duration::try_from(waited).is_ok_and(|waited| waited >= self.settles_after.get())
    }

    fn reading(&self) -> PaymentReading {
        PaymentReading {
            status: self.payment.get(),
            word: None,
            credits_added: None,
            balance_after: None,
            credit_seen: false,
        }
    }
}

impl Charges for FakeShop {
    fn seller(&self) -> Seller {
        if self.sells_packs { BY_PERSON } else { BY_KEY }
    }

    fn ask_time(&self, _: &Token) -> Result<()> {
        Ok(())
    }

    fn request_body(&self, amount: Amount) -> Vec<u8> {
        amount.to_string().into_bytes()
    }

    fn post(&self, _: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        let text = std::str::from_utf8(body).expect("text");
        if !self.sells_packs {
            return self.carry_out(key, body, money(text));
        }
        match self.carry_out(key, body, money("5.00")) {
            ChargeResponse::Accepted(payment_id) => ChargeResponse::Opened(Box::new(Opened {
                payment_id,
                price: Price { minor: 500, currency: "USD".to_owned() },
                uses: Some(20),
                publishable_key: None,
                client_secret: Some(Secret::new("pi_secret")),
                page: "https://portal.example/pay/1".to_owned(),
            })),
            other => other,
        }
    }

    fn poll(&self, _: &Token, id: &ChargeId, _: Option<Timestamp>) -> ChargeStatus {
        if let Some(look) = self.looks.borrow_mut().pop_front() {
            return look;
        }
        if self.sells_packs {
            return match self.payment.get() {
                PaymentStatus::Paid => ChargeStatus::Credited(self.reading()),
                PaymentStatus::Failed => ChargeStatus::Failed(refusal(Class::PaymentFailed)),
                PaymentStatus::Canceled => ChargeStatus::Failed(refusal(Class::PaymentCanceled)),
                _ => ChargeStatus::OpenPayment(self.reading()),
            };
        }
        let sale = self.sales.borrow().iter().find(|sale| sale.id == *id).cloned();
        match (sale, self.declines.get()) {
            (Some(_), Some(class)) => ChargeStatus::Failed(refusal(class)),
            (Some(sale), None) if self.is_settled(&sale) => ChargeStatus::Settled(self.paid(&sale)),
            _ => ChargeStatus::Pending,
        }
    }

    fn plans(&self) -> Option<&dyn Plans> {
        Some(self)
    }
}

impl Plans for FakeShop {
    fn read(&self) -> Result<Subscription> {
        let current = *self.plan.borrow();
        let tier = |id: &str, price: &str| Tier {
            tier_id: id.to_owned(),
            name: id.to_uppercase(),
            monthly_price_usd: Some(money(price)),
            price_display: None,
            monthly_credits: None,
            is_current: id == current,
            is_enabled: true,
        };
        Ok(Subscription {
            org: Some(organisation()),
            context: None,
            can_change: true,
            current: Some(CurrentPlan {
                tier_id: Some(current.to_owned()),
                tier_name: Some(current.to_uppercase()),
                monthly_credits: None,
                credits_remaining: None,
                cycle_ends_at: None,
                pending: None,
            }),
            tiers: vec![tier("basic", "5"), tier("plus", "20"), tier("super", "100")],
            portal_url: PORTAL.to_owned(),
            sandbox: false,
        })
    }

    fn preview(&self, tier_id: &str) -> Result<Preview> {
        let current = *self.plan.borrow();
        let (effect, due) = match (current, tier_id) {
            (current, tier) if current == tier => (PlanEffect::NoOp, None),
            (_, "basic") => (PlanEffect::Scheduled, None),
            _ => (PlanEffect::ChargeNow, Some(money("79.10"))),
        };
        Ok(Preview {
            effect,
            reason: None,
            current_tier_id: Some(current.to_owned()),
            current_tier_name: Some(current.to_uppercase()),
            target_tier_id: tier_id.to_owned(),
            target_tier_name: tier_id.to_uppercase(),
            monthly_credits_delta: Some(money("80")),
            amount_due_now_usd: due,
            effective_at: None,
            portal_url: PORTAL.to_owned(),
            sandbox: false,
        })
    }

    fn schedule(&self, _: PlanChange<'_>) -> Result<Option<String>> {
        Err(Failure::internal("no test schedules a change"))
    }

    fn upgrade_body(&self, tier_id: &str) -> Vec<u8> {
        tier_id.as_bytes().to_vec()
    }

    fn upgrade(&self, _: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        let posted = self.carry_out(key, body, money("79.10"));
        if self.sales.borrow().iter().any(|sale| sale.key == key.as_str()) {
            if let Some(class) = self.declines.get() {
                return ChargeResponse::Declined(refusal(class));
            }
            *self.plan.borrow_mut() = "super";
        }
        match posted {
            ChargeResponse::Accepted(_) => {
                ChargeResponse::Done(Paid::new(money("79.10"), Some(self.clock.now())))
            }
            other => other,
        }
    }

    fn look(&self, _: &Token, tier_id: &str) -> PlanSeen {
        if *self.plan.borrow() == tier_id { PlanSeen::InForce } else { PlanSeen::NotInForce }
    }
}

impl Packs for FakeShop {
    fn account(&self) -> Result<UsesState> {
        Ok(UsesState {
            has_credit: Some(true),
            credits_remaining: Some(3),
            free_uses_remaining: None,
            daily_free_uses_remaining: None,
            total_uses: None,
            plan_name: None,
            purchase_required: None,
            purchase_options: Some(PackOffer {
                price_minor: 500,
                uses: Some(20),
                currency: "USD".to_owned(),
            }),
            mode: PackMode::Paid,
            portal_url: PORTAL.to_owned(),
            unit: Unit::Things("uses"),
            sandbox: false,
        })
    }

    fn opening_body(&self, _: Option<&str>) -> Vec<u8> {
        b"{}".to_vec()
    }
}

impl DollarAccount for FakeShop {
    fn read(&self) -> Result<DollarState> {
        self.reads.set(self.reads.get() + 1);
        let sales = self.sales.borrow();
        let settled = sales.iter().filter(|sale| self.is_settled(sale));
        let bought: Decimal = settled.map(|sale| sale.amount.0).sum();
        let spent: Decimal = sales.iter().map(|sale| sale.amount.0).sum();
        let month = MonthlyLimit {
            limit_usd: money("500"),
            spent_usd: Money(spent),
            remaining_usd: Money(Decimal::from(500) - spent),
            percent: 0,
            is_default_ceiling: false,
        };
        Ok(DollarState {
            org: Some(organisation()),
            can_charge: true,
            balance_usd: Some(Money(self.balance.get().0 + bought)),
            billing_enabled: Some(true),
            presets_usd: vec![money("10"), money("50")],
            bounds: None,
            card: Some(Card {
                brand: Some("Visa".to_owned()),
                last4: Some("4242".to_owned()),
                label: "Visa ····4242".to_owned(),
                resolved_via: None,
            }),
            monthly_limit: self.shows_month.get().then_some(month),
            auto_reload: None,
            access: None,
            credits: None,
            warnings: Vec::new(),
            portal_url: PORTAL.to_owned(),
            unit: Unit::Usd,
            sandbox: false,
        })
    }
}

impl Provider for FakeShop {
    fn system(&self) -> System {
        NOUS
    }

    fn link(&self, _: PortalPage) -> Option<String> {
        Some(PORTAL.to_owned())
    }

    fn state(&self) -> Result<State> {
        Ok(State::Dollars(Box::new(DollarAccount::read(self)?)))
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        None
    }

    fn check_key(&self) -> Result<()> {
        Ok(())
    }

    fn charges(&self) -> Option<&dyn Charges> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        self.sells_packs.then_some(self as &dyn Packs)
    }
}

impl TokenSource for FakeShop {
    fn token(&self, _: Duration) -> Result<Token> {
        if !self.logged_in.get() {
            return Err(Failure::new(Class::NotLoggedIn, "there is no login"));
        }
        Ok(Token {
            secret: Secret::new("access"),
            organisation: Some("org".to_owned()),
            subject: Some("me".to_owned()),
            expires_at: None,
            scopes: Vec::new(),
        })
    }

    fn renew(&self, _: &Token) -> Result<Token> {
        self.token(Duration::ZERO)
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
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

fn organisation() -> Organisation {
    Organisation { id: "org".to_owned(), slug: None, name: None, role: None }
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
