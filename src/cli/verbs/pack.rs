//! What `buy` does where a person pays for a pack in a browser; what only looks is in `looking`.

mod payment_status;

use crate::core::time;
pub use payment_status::{mark, resume, status};

use super::buy::{self, Buy, Typed};
use super::execute_purchase::{Waiting, Would};
use super::{charged_state, confirm};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Charged, Failure, Result};
use crate::core::money::Amount;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show, actions};
use crate::provider::packs::{PackOffer, Packs, PaymentStatus, Price, UsesState};
use crate::provider::{PortalPage, Provider};
use crate::purchase::journal::Journal;
use crate::purchase::lock::EntityLock;
use crate::purchase::paying::{Found, PaymentRunner, PollPolicy, Step, Wish};
use crate::purchase::payment::{Entry, OpenedPayment, Payment};
use crate::purchase::receipt::{Receipt, conclude};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// How long a run waits for a person where nothing else is said: 30 looks, 2 seconds apart.
/// Contract: ciris, polling.
const USUAL_WAIT: Duration = Duration::from_mins(1);

/// What `buy --dry-run` answers where a person pays.
#[derive(Serialize, JsonSchema)]
pub struct PackDryRun {
    /// Always true: nothing was sent.
    dry_run: bool,
    /// What a pack costs; null where the system tells it only once a payment is opened.
    amount: Option<Price>,
    /// How many uses are in it.
    uses: Option<u64>,
    /// Where it would be bought.
    portal: String,
    /// What would be done.
    would: Would,
}

impl Show for PackDryRun {
    fn show(&self, page: &mut Page) {
        let price = self.amount.as_ref().map(Price::to_string);
        let price = price.as_deref().unwrap_or("a price that is stated once it is open");
        let would = match self.would {
            Would::Start | Would::Nothing => format!("Would open a payment of {price}."),
            Would::GoOn => format!("Would go on with the open payment of {price}."),
            Would::TellAgain => format!("Would report again how the payment of {price} ended."),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was sent."));
        if let Some(uses) = self.uses {
            page.field("uses", Tone::Plain, &uses.to_string());
        }
        page.field("portal", Tone::Plain, &self.portal);
    }
}

/// Where a browser may be sent after the payment.
pub fn parse_return_url(text: &str) -> Result<String> {
    let refused = || {
        Failure::usage(format!("'{}' is no web address", text.escape_debug()))
            .hint("Write it like https://example.com/paid.")
    };
    let url = Url::parse(text).map_err(|_| refused())?;
    let plain = matches!(url.scheme(), "https" | "http") && url.has_host();
    if plain && url.username().is_empty() && url.password().is_none() {
        Ok(url.into())
    } else {
        Err(refused())
    }
}

/// One command at the payments of one account.
struct Counter<'a> {
    invocation: &'a Invocation,
    packs: &'a dyn Packs,
    origin: &'a str,
    account: Option<String>,
    sandbox: bool,
    page: String,
}

impl<'a> Counter<'a> {
    fn new(
        invocation: &'a Invocation,
        provider: &'a dyn Provider,
        packs: &'a dyn Packs,
    ) -> Result<Self> {
        let portal = invocation.setup.portal()?;
        let account = invocation.setup.session()?.token_as_is()?.subject;
        let (origin, sandbox) = (portal.identity.as_str(), portal.sandbox);
        let page = provider.page_link(PortalPage::Topup)?;
        Ok(Self { invocation, packs, origin, account, sandbox, page })
    }

    /// Does something at the desk, telling a person what is going on.
    fn at_desk<T>(
        &self,
        journal: &mut Journal,
        act: impl FnOnce(&mut PaymentRunner<'_>) -> Result<T>,
    ) -> Result<T> {
        let output = &self.invocation.output;
        let mut progress = None;
        let mut shown = false;
        let mut tell = |payment: &Payment, step: Step<'_>| {
            let page = payment.opened.as_ref().map(|opened| self.here(&opened.page));
            let text = match (step, page) {
                (Step::Opening, _) | (_, None) => "Opening a payment …",
                (Step::Waiting(looked), Some(page)) => {
                    let asks =
                        looked.is_none_or(|looked| looked.standing == PaymentStatus::NeedsPerson);
                    // The embedded sandbox usually pays by itself, and at once.
                    if asks && !shown && (looked.is_some() || !self.sandbox) {
                        shown = true;
                        let pack =
                            payment.opened.as_ref().map(OpenedPayment::pack).unwrap_or_default();
                        output.note(format!("Pay {pack} here: {page}"));
                    }
                    if asks {
                        "Waiting until it is paid …"
                    } else {
                        "Waiting until it is settled …"
                    }
                }
            };
            progress.get_or_insert_with(|| output.progress()).set_message(text);
        };
        let mut desk = PaymentRunner {
            journal,
            packs: self.packs,
            interrupt: self.invocation.setup.interrupt(),
            origin: self.origin,
            account: self.account.as_deref(),
            limits: self.invocation.setup.settings()?.limits,
            tell: &mut tell,
        };
        act(&mut desk)
    }

    /// The page of a payment, at the port that the embedded sandbox has in this run.
    fn here(&self, page: &str) -> String {
        self.invocation.setup.portal().map_or_else(|_| page.to_owned(), |portal| portal.here(page))
    }

    fn receipt(&self, found: &Found, show_secret: bool) -> Receipt {
        let mut receipt = Receipt::found(found, &self.page, self.sandbox, show_secret);
        receipt.portal_url = self.here(&receipt.portal_url);
        receipt
    }

    fn conclude(&self, found: Found, show_secret: bool) -> Result<Receipt> {
        if found.unrecorded {
            self.invocation
                .output
                .warn("the journal could not be written; note the ids of this answer");
        }
        let receipt = self.receipt(&found, show_secret);
        conclude(found, receipt)
    }

    /// One process at a time for the payments at a system.
    fn lock(&self, wait: Duration) -> Result<EntityLock> {
        let id = self.lock_id();
        let locks = self.invocation.setup.paths()?.locks_folder();
        let interrupt = self.invocation.setup.interrupt();
        match EntityLock::try_take(&locks, id)? {
            Some(lock) => Ok(lock),
            None => {
                self.invocation.output.note("Another process is at a payment; waiting for it.");
                EntityLock::take(&locks, id, wait, interrupt).map_err(|mut error| {
                    if error.class() == Class::InProgress {
                        "another process is at a payment, and one is made at a time"
                            .clone_into(&mut error.parts_mut().message);
                    }
                    error.charged(Charged::Unknown).link(self.page.clone())
                })
            }
        }
    }

    /// Closes what nobody was ever shown, unless another process may be just about to show it.
    fn tidy(&self, journal: &mut Journal) -> Result<()> {
        let locks = self.invocation.setup.paths()?.locks_folder();
        match EntityLock::try_take(&locks, self.lock_id())? {
            Some(_lock) => {
                self.at_desk(journal, |desk: &mut PaymentRunner<'_>| desk.close_never_shown())
            }
            None => Ok(()),
        }
    }

    /// The same for every account: a login that does not say whose it is may be anybody's.
    fn lock_id(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("payments at {}", self.origin).as_bytes())
    }

    fn note_delivery(&self, found: &Found, lock: EntityLock) -> Result<()> {
        let file = self.invocation.setup.paths()?.journal_file();
        let id = found.payment.id;
        let to_note = found.payment.ended.is_some() && !found.payment.delivered;
        self.invocation.on_delivered(move || {
            let _held = lock;
            if to_note && let Ok(mut journal) = Journal::open(&file) {
                // An end that could not be noted as told is told once more: harmless.
                let _ = journal.append_to_payment(id, Timestamp::now(), &Entry::Delivered);
            }
        });
        Ok(())
    }
}

/// `buy`: finds the open payment or opens one, says where it is paid, and looks until it is final.
///
/// # Errors
/// Every class that a payment can stand at; `charged` is always said.
pub fn buy(
    invocation: &Invocation,
    provider: &dyn Provider,
    packs: &dyn Packs,
    buy: &Buy,
) -> Result<Answer> {
    buy_pack(invocation, provider, packs, buy)
        .map_err(|error| error.or_charged(|| charged_before(invocation, buy.terms.new)))
}

/// Whether money may have moved where no payment is at hand: one of an earlier run may be open, and
/// a person may have paid it.
fn charged_before(invocation: &Invocation, new: bool) -> Charged {
    let look = || -> Result<Charged> {
        let file = invocation.setup.paths()?.journal_file();
        let Some(mut journal) = Journal::open_if_there(&file)?.filter(|_| !new) else {
            return Ok(Charged::No);
        };
        let origin = &invocation.setup.portal()?.identity;
        let account =
            invocation.setup.session()?.token_as_is().ok().and_then(|token| token.subject);
        let journal = journal.exclusively()?;
        let mut payments = journal.open_payments(origin, account.as_deref())?;
        payments.extend(journal.untold_payments(origin, account.as_deref())?);
        Ok(charged_state::one_of(payments.iter().map(Payment::charged)).unwrap_or(Charged::No))
    };
    look().unwrap_or_else(|_| charged_state::of_no_name(invocation))
}

fn buy_pack(
    invocation: &Invocation,
    provider: &dyn Provider,
    packs: &dyn Packs,
    buy: &Buy,
) -> Result<Answer> {
    let wish = wish(provider, buy)?;
    let counter = Counter::new(invocation, provider, packs)?;
    let must_ask = !invocation.globals.yes && !buy.is_rehearsal();
    if must_ask && !invocation.output.interactive {
        return Err(confirm::nobody_to_ask(buy::UNDONE, "buy", counter.page));
    }
    invocation.setup.interrupt().install()?;
    let file = invocation.setup.paths()?.journal_file();
    if buy.is_rehearsal() {
        return counter.rehearse(&wish).map(Answer::new);
    }
    let mut journal = Journal::open(&file)?;
    let patience = patience(buy.waiting);
    let lock = counter.lock(patience.wait.unwrap_or_default())?;
    let earlier = counter.at_desk(&mut journal, |desk| {
        desk.close_never_shown()?;
        desk.open_one(&wish)
    })?;
    let found = match earlier {
        Some(payment) => {
            if payment.ended.is_none() {
                invocation.output.note(format!(
                    "Going on with the payment from {}.",
                    time::shown(payment.asked)
                ));
            }
            PaymentRunner::go_on(payment)
        }
        None => {
            let offer = counter.offer(&wish, must_ask)?;
            if let Some(state) = &offer {
                state.check_sells()?;
                if let Some(offer) = &state.purchase_options {
                    let price = offer.price();
                    counter.at_desk(&mut journal, |desk| desk.check_price(&price, &wish, None))?;
                }
            }
            if must_ask {
                counter.confirm(offer.as_ref())?;
            }
            counter.at_desk(&mut journal, |desk| desk.open(&wish))?
        }
    };
    if found.payment.ended.is_none()
        && let Some(opened) = &found.payment.opened
    {
        let (price, id) = (opened.price.clone(), found.payment.id);
        let fits = counter.at_desk(&mut journal, |desk| desk.check_price(&price, &wish, Some(id)));
        if let Err(error) = fits {
            let error = error.charged(found.charged()).hint_with(
                "The payment of {} stays open: 'topup buy' goes on with it, a person has to pay it.",
                &[&price],
            );
            return Err(counter.receipt(&found, false).into_data(error));
        }
    }
    let found = counter.at_desk(&mut journal, |desk| Ok(desk.watch(found, patience)))?;
    if let Some(secret) = found.client_secret.as_ref().filter(|_| buy.show_client_secret)
        && actions::is_here()
    {
        actions::mask(secret.expose());
    }
    if buy.show_client_secret && found.client_secret.is_none() {
        invocation.output.note(
            "The client secret is printed only when a payment is opened; --new opens another one.",
        );
    }
    counter.note_delivery(&found, lock)?;
    // Whoever asks for the secret gets it in every form of the answer, paid or not.
    let asked = buy.show_client_secret && found.client_secret.is_some();
    let receipt = asked.then(|| counter.receipt(&found, true));
    match (counter.conclude(found, asked), receipt) {
        (Err(error), Some(receipt)) => {
            Ok(Answer::new(receipt).but(Some(invocation.with_next_step(error))))
        }
        (concluded, _) => Ok(Answer::new(concluded?).if_lost(charged_state::IF_LOST)),
    }
}

/// What the flags of `buy` mean here; those that need an idempotency key mean nothing.
fn wish(provider: &dyn Provider, buy: &Buy) -> Result<Wish> {
    let title = provider.system().title();
    if buy.terms.wants_a_key() {
        return Err(Failure::new(
            Class::Unsupported,
            format!("{title} knows no idempotency keys, so a name cannot hold on other machines"),
        )
        // So nothing was ever bought under it.
        .charged(Charged::No)
        .hint("Without a name, an open payment is gone on with and never opened twice from here.")
        .link(provider.link(PortalPage::Topup)));
    }
    let amount: Option<Amount> = match buy.typed()? {
        None => None,
        Some(Typed::Amount(amount)) => Some(amount),
        Some(Typed::Preset(_)) => {
            return Err(Failure::usage(format!(
                "{title} has one pack at one price, and no presets"
            ))
            .hint("Leave the amount out."));
        }
    };
    Ok(Wish { amount, max: buy.terms.max, new: buy.terms.new, return_url: buy.return_url.clone() })
}

fn patience(waiting: Waiting) -> PollPolicy {
    PollPolicy { wait: waiting.limit_or(USUAL_WAIT), poll: waiting.poll() }
}

impl Counter<'_> {
    /// The account, where somebody wants to know the price beforehand.
    fn offer(&self, wish: &Wish, must_ask: bool) -> Result<Option<UsesState>> {
        let limited = wish.max.is_some() || self.invocation.setup.settings()?.limits.are_set();
        if must_ask || wish.amount.is_some() || limited {
            return self.packs.account().map(Some);
        }
        Ok(None)
    }

    fn confirm(&self, state: Option<&UsesState>) -> Result<()> {
        let output = &self.invocation.output;
        if let Some(left) = state.and_then(UsesState::left) {
            output.note(format!("There are {left} uses left."));
        }
        let offer = state.and_then(|state| state.purchase_options.as_ref());
        let question = match offer.map(|offer| (offer.price(), offer.uses)) {
            Some((price, Some(uses))) => format!("Open a payment of {price} for {uses} uses?"),
            Some((price, None)) => format!("Open a payment of {price}?"),
            None => "Open a payment for a pack? Its price is shown before anybody pays.".to_owned(),
        };
        confirm::confirm(self.invocation, &question, buy::UNDONE, &self.page)
    }

    fn rehearse(&self, wish: &Wish) -> Result<PackDryRun> {
        let state = self.packs.account()?;
        state.check_sells()?;
        let file = self.invocation.setup.paths()?.journal_file();
        let mut earlier = None;
        if let Some(mut journal) = Journal::open_if_there(&file)? {
            earlier = self.at_desk(&mut journal, |desk| desk.open_one(wish))?;
        }
        let opened = earlier.as_ref().and_then(|payment| payment.opened.as_ref());
        let offer = state.purchase_options.as_ref();
        let amount = opened.map(|opened| opened.price.clone()).or(offer.map(PackOffer::price));
        if let (Some(price), Some(mut journal)) = (&amount, Journal::open_if_there(&file)?) {
            let id = earlier.as_ref().map(|payment| payment.id);
            self.at_desk(&mut journal, |desk| desk.check_price(price, wish, id))?;
        }
        Ok(PackDryRun {
            dry_run: true,
            uses: opened.and_then(|opened| opened.uses).or(offer.and_then(|offer| offer.uses)),
            amount,
            portal: self.invocation.setup.portal()?.shown(),
            would: match earlier {
                None => Would::Start,
                Some(payment) if payment.ended.is_none() => Would::GoOn,
                Some(_) => Would::TellAgain,
            },
        })
    }
}
