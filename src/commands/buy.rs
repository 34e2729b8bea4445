//! `topup buy`: confirm, charge once, wait until it is settled.

use super::completions::values;
use super::{login, pack, running};
use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show, actions, sanitize};
use crate::class::Class;
use crate::config::{disk, duration, env};
use crate::context::Context;
use crate::credentials::Token;
use crate::error::{Charged, Error, Result};
use crate::money::{Amount, Money};
use crate::provider::{Charges, DollarAccount, DollarState, IdempotencyKey, Page as PortalPage};
use crate::purchase::journal::Journal;
use crate::purchase::lock::PurchaseLock;
use crate::purchase::naming::{self, FirstUse, Surroundings};
use crate::purchase::opening::{self, Ask, Called, Opened};
use crate::purchase::record::{Outcome, Purchase};
use crate::purchase::steps::{Intention, Plan, Report};
use crate::purchase::summary::{Run, Summary, conclude};
use crate::purchase::{guards, world};
use clap::Args;
use clap_complete::ArgValueCandidates;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long a run waits until it is settled, where nothing else is said.
const USUAL_WAIT: Duration = Duration::from_mins(5);
/// No card's name is longer.
const LONGEST_CARD_NAME: usize = 40;
/// How many declined generations of one name a run walks past at most.
const LONGEST_CHAIN: u32 = 5;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup buy 25                           see the card and the total, then confirm
  topup buy 25 --yes --max 50            from a script
  topup buy 25 --yes --once nightly-42   never twice under this name
  topup buy preset:1 --dry-run           show what would be done
  topup buy 30 --yes --get charge_id     print the id of the charge, bare";

/// The arguments of `topup buy`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Buy {
    /// Dollars to buy, such as 25 or 25.00, or preset:1 for the portal's first suggestion; may be
    /// left out where one pack is sold at one price
    #[arg(value_name = "AMOUNT", allow_hyphen_values = true)]
    amount: Option<String>,
    /// Name this purchase: the same name never buys twice, on no machine
    #[arg(long, value_name = "NAME", value_parser = naming::check_name, conflicts_with = "idempotency_key", add = ArgValueCandidates::new(values::names))]
    once: Option<String>,
    /// Say when the name can have been used first, as in 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME")]
    once_since: Option<Timestamp>,
    /// Try again under the same name after the card was declined
    #[arg(long, requires = "once")]
    retry_declined: bool,
    /// Send this idempotency key instead of one of our own
    #[arg(long, value_name = "KEY", value_parser = IdempotencyKey::parse)]
    idempotency_key: Option<IdempotencyKey>,
    /// Buy again even if a purchase of this amount is still open
    #[arg(long, conflicts_with_all = ["once", "idempotency_key"])]
    pub(super) new: bool,
    /// Refuse to buy for more than this
    #[arg(long, value_name = "AMOUNT", value_parser = Amount::parse)]
    pub(super) max: Option<Amount>,
    #[command(flatten)]
    pub(super) waiting: Waiting,
    /// Send the browser to this address once a person has paid there
    #[arg(long, value_name = "URL", value_parser = pack::parse_return_url)]
    pub(super) return_url: Option<String>,
    /// Tell the secret that confirms the payment, for another program to pay it
    #[arg(long, requires = "no_wait")]
    pub(super) show_client_secret: bool,
    /// Show what would be done and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// How long to wait for the outcome.
#[derive(Clone, Copy, Debug, Args)]
pub struct Waiting {
    /// Wait at most this long until it is settled [default: 5m, and 1m for a person to pay]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub wait: Option<Duration>,
    /// Return as soon as it is accepted
    #[arg(long, conflicts_with = "wait")]
    pub no_wait: bool,
    /// Look at it this often
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration::parse)]
    pub poll: Duration,
}

impl Waiting {
    /// The wait as the machine takes it.
    pub fn limit(self) -> Option<Duration> {
        self.limit_or(USUAL_WAIT)
    }

    /// The wait, where another one is usual; none means not at all.
    pub fn limit_or(self, usual: Duration) -> Option<Duration> {
        (!self.no_wait).then(|| self.wait.unwrap_or(usual))
    }

    /// The time between two looks: never a busy loop.
    pub fn poll(self) -> Duration {
        self.poll.max(Duration::from_millis(100))
    }
}

/// What `--dry-run` answers.
#[derive(Serialize, JsonSchema)]
pub struct Rehearsal {
    /// Always true: nothing was sent.
    dry_run: bool,
    /// What would be bought, in dollars.
    amount_usd: Money,
    /// Where it would be bought.
    portal: String,
    /// For which organisation.
    organisation: Option<String>,
    /// The key that would be sent, where it is known beforehand.
    idempotency_key: Option<String>,
    /// `start` a purchase, `go_on` with one that is open, or `tell_again` how one ended.
    would: &'static str,
}

impl Show for Rehearsal {
    fn show(&self, page: &mut Page) {
        let amount = self.amount_usd.shown();
        let would = match self.would {
            "start" => format!("Would buy ${amount} of credits."),
            "go_on" => format!("Would go on with an open purchase of ${amount}."),
            _ => format!("Would tell again how the purchase of ${amount} ended."),
        };
        page.line(Tone::Strong, &format!("{would} Nothing was sent."));
        page.field("portal", Tone::Plain, &self.portal);
        if let Some(organisation) = &self.organisation {
            page.field("organisation", Tone::Plain, organisation);
        }
        if let Some(key) = &self.idempotency_key {
            page.field("key", Tone::Plain, key);
        }
    }
}

impl Buy {
    /// Buys.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with; `charged` is always said.
    pub fn run(self, context: &Context) -> Result<Answer> {
        let outcome = self.purchase(context).map_err(|error| match error.parts().charged {
            Some(_) => error,
            None => self.with_what_is_known(context, error),
        });
        publish(context, &outcome)?;
        outcome
    }

    /// What failed before its purchase was opened has sent nothing. An earlier run of the same
    /// command may have: then nobody says that nothing was charged.
    fn with_what_is_known(&self, context: &Context, error: Error) -> Error {
        match self.earlier(context) {
            Ok(None) => error.charged(Charged::No),
            Ok(Some(purchase)) if purchase.charged() == Charged::No => error.charged(Charged::No),
            Ok(Some(purchase)) => error
                .charged(Charged::Unknown)
                .with_data("purchase_id", purchase.intent.id.to_string())
                .with_data("idempotency_key", purchase.intent.key.as_str()),
            Err(_) if self.called() == (Called::Nothing { new: self.new }) => {
                error.charged(Charged::No)
            }
            Err(_) => error.charged(Charged::Unknown),
        }
    }

    /// The purchase of an earlier run that this command means, as far as the journal knows it
    /// without a login.
    fn earlier(&self, context: &Context) -> Result<Option<Purchase>> {
        let Some(Ok(Typed::Amount(amount))) = self.amount.as_deref().map(Typed::parse) else {
            return Ok(None);
        };
        let file = context.paths()?.journal_file();
        let Some(mut journal) = Journal::open_if_there(&file)? else { return Ok(None) };
        let origin = context.portal()?.identity.clone();
        let session = journal.exclusively()?;
        match self.called() {
            Called::Once { name, .. } => session.by_name_anywhere(&origin, &name),
            Called::Key(key) => session.by_key(&origin, key.as_str()),
            Called::Nothing { .. } => session.open_of_amount(&origin, amount),
        }
    }

    fn purchase(&self, context: &Context) -> Result<Answer> {
        let typed = self.typed()?;
        if let Some(Typed::Amount(amount)) = typed {
            guards::check_max(amount, self.max)?;
        }
        let provider = context.provider()?;
        if let Some(packs) = provider.packs() {
            return pack::buy(context, provider.as_ref(), packs, self);
        }
        let (Some(account), Some(charges)) = (provider.dollar_account(), provider.charges()) else {
            return Err(provider.unsupported("buying", PortalPage::Topup));
        };
        if self.return_url.is_some() || self.show_client_secret {
            return Err(Error::usage(format!(
                "--return-url and --show-client-secret are for systems where a person pays in a browser, and {} charges a saved card",
                provider.system().title()
            )));
        }
        let typed = typed.ok_or_else(|| {
            Error::usage("AMOUNT is missing").hint("Write it like 'topup buy 25'.")
        })?;
        if self.once_since.is_some() && self.once.is_none() && self.idempotency_key.is_none() {
            return Err(Error::usage("--once-since goes with --once or --idempotency-key"));
        }
        let must_ask = !context.globals.yes && !self.dry_run;
        if must_ask && !context.output.interactive {
            return Err(nobody_to_ask(provider.page_link(PortalPage::Topup)?));
        }
        context.interrupt.install()?;
        let token = context.session()?.token(world::TOKEN_LASTS)?;
        let organisation = token.organisation.as_deref();
        let amount = match typed {
            Typed::Amount(amount) if must_ask => {
                confirm(context, account, organisation, |_| Ok(amount))?
            }
            Typed::Amount(amount) => amount,
            Typed::Preset(number) if must_ask => {
                confirm(context, account, organisation, |state| preset(state, number))?
            }
            Typed::Preset(number) => {
                let state = account.read()?;
                state.check_is_of(organisation)?;
                preset(&state, number)?
            }
        };
        guards::check_max(amount, self.max)?;
        if self.dry_run {
            return self.rehearse(context, amount, &token);
        }
        let link = provider.page_link(PortalPage::Topup)?;
        self.complete(context, charges, amount, &token, &link).map(Answer::new)
    }

    /// What was typed in the place of the amount.
    ///
    /// # Errors
    /// Class `usage` when it is neither an amount nor a preset.
    pub fn typed(&self) -> Result<Option<Typed>> {
        self.amount.as_deref().map(Typed::parse).transpose()
    }

    /// Whether it only makes sense with an idempotency key.
    pub fn wants_a_key(&self) -> bool {
        self.once.is_some() || self.idempotency_key.is_some() || self.once_since.is_some()
    }

    /// A purchase under a name that somebody else has decided on.
    pub fn under_name(
        name: String,
        once_since: Option<Timestamp>,
        retry_declined: bool,
        waiting: Waiting,
    ) -> Self {
        Self {
            amount: None,
            once: Some(name),
            once_since,
            retry_declined,
            idempotency_key: None,
            new: false,
            max: None,
            waiting,
            return_url: None,
            show_client_secret: false,
            dry_run: false,
        }
    }

    /// Buys this amount, which was confirmed.
    ///
    /// # Errors
    /// As [`Buy::run`].
    pub fn complete(
        &self,
        context: &Context,
        charges: &dyn Charges,
        amount: Amount,
        token: &Token,
        link: &str,
    ) -> Result<Summary> {
        let (purchase, report, run) = self.carry_out(context, charges, amount, token)?;
        conclude(&purchase, report, run, link)
    }

    /// Opens the purchase and runs it, with one step-up at the prompt and, where asked for, along
    /// the chain of declined tries.
    fn carry_out(
        &self,
        context: &Context,
        charges: &dyn Charges,
        amount: Amount,
        token: &Token,
    ) -> Result<(Purchase, Report, Run)> {
        let paths = context.paths()?;
        let mut journal = Journal::open(&paths.journal_file())?;
        if context.output.verbose {
            let file = paths.journal_file();
            let disk = disk::doubt(&file).map(|disk| format!(", on {disk}")).unwrap_or_default();
            context.output.complain(&format!("journal: {}{disk}", file.display()));
        }
        let mut chain = 0;
        let mut stepped_up = false;
        let mut acting = token.clone();
        loop {
            let (purchase, lock, loaded) =
                self.open(context, &mut journal, charges, amount, &acting)?;
            let was_final = purchase.outcome.as_ref().is_some_and(|outcome| {
                !matches!(outcome, Outcome::Refused(_) | Outcome::NeverSent)
            });
            if loaded && !was_final {
                context.output.note(&format!(
                    "Going on with the purchase of ${amount} from {}.",
                    purchase.asked.wall
                ));
            }
            let plan = Plan {
                intention: Intention::Buy,
                asked_for: purchase.intent.naming.is_given(),
                life: charges.key_life(),
                wait: self.waiting.limit(),
                poll: self.waiting.poll(),
                loaded,
            };
            let (mut purchase, mut report) =
                running::drive(context, &mut journal, charges, *purchase, plan.clone())?;
            let wants_scope =
                report.told.as_ref().is_some_and(|told| told.class == Class::InsufficientScope);
            if wants_scope && !stepped_up && context.output.interactive {
                stepped_up = true;
                // Whatever goes wrong with the login, what is known of the purchase is told.
                let stepped = login::offer_step_up(context).and_then(|granted| {
                    granted.then(|| context.session()?.token(world::TOKEN_LASTS)).transpose()
                });
                if let Ok(Some(token)) = stepped {
                    acting = token;
                    // The same purchase and the same key: what was refused is asked for again.
                    let plan = Plan { loaded: true, ..plan };
                    (purchase, report) =
                        running::drive(context, &mut journal, charges, purchase, plan)?;
                }
            }
            let sandbox = context.portal()?.sandbox;
            let run = Run { loaded, was_final, sandbox };
            // Another machine may have seen this try declined long ago: the chain goes on from
            // there. A try that was certainly the first is this run's own, and ends it.
            let declined = matches!(purchase.outcome, Some(Outcome::Failed(_)));
            if declined
                && self.retry_declined
                && !was_final
                && !purchase.intent.proven_first
                && chain < LONGEST_CHAIN
            {
                chain += 1;
                drop(lock);
                continue;
            }
            running::note_delivery(context, &purchase, lock)?;
            return Ok((purchase, report, run));
        }
    }

    /// Finds or makes the purchase; waits for another process that is at the same name.
    fn open(
        &self,
        context: &Context,
        journal: &mut Journal,
        charges: &dyn Charges,
        amount: Amount,
        token: &Token,
    ) -> Result<(Box<Purchase>, PurchaseLock, bool)> {
        let portal = context.portal()?;
        let locks = context.paths()?.locks_folder();
        let surroundings = surroundings(context)?;
        let (organisation, subject) = token.acts_for();
        let life = charges.key_life();
        let body = String::from_utf8(charges.request_body(amount)).map_err(|cause| {
            Error::internal("the request is no text").because(anyhow::Error::new(cause))
        })?;
        let end = Instant::now() + self.waiting.limit().unwrap_or_default();
        loop {
            let now = world::now(context.http().server_now());
            let first_use = || match &self.once {
                Some(name) => {
                    naming::first_use(name, self.once_since, &surroundings, now.wall, life)
                }
                None if self.once_since.is_some() => {
                    naming::first_use("", self.once_since, &surroundings, now.wall, life)
                }
                // Whoever sends a key of their own vouches for its age; where machines come and
                // go, another one may have sent it before.
                None => Ok(FirstUse {
                    since: None,
                    proven: !surroundings.ci || surroundings.is_first_attempt(),
                }),
            };
            let ask = Ask {
                system: portal.system,
                origin: &portal.identity,
                organisation: organisation.as_deref(),
                subject: subject.as_deref(),
                amount,
                body: body.clone(),
                called: self.called(),
                limits: context.settings()?.limits,
                new_id: Uuid::new_v4(),
                now: &now,
                once_since: self.once_since,
                first_use: &first_use,
            };
            let id = match opening::open(journal, &locks, &ask)? {
                Opened::Ours { purchase, lock, loaded } => return Ok((purchase, lock, loaded)),
                Opened::Busy(id) => id,
            };
            let busy = || {
                Error::new(Class::InProgress, "another process is at this very purchase")
                    .charged(Charged::Unknown)
                    .with_data("purchase_id", id.to_string())
                    .hint(match self.called() {
                        Called::Nothing { .. } => format!(
                            "Look with 'topup status {id} --wait'; --new buys another one all the same."
                        ),
                        _ => format!("Look with 'topup status {id} --wait'."),
                    })
            };
            let left = end.saturating_duration_since(Instant::now());
            if matches!(self.called(), Called::Nothing { .. }) || left.is_zero() {
                return Err(busy());
            }
            context.output.note("Another process is at this very purchase; waiting for it.");
            match PurchaseLock::take(&locks, id, left, &context.interrupt) {
                Ok(_) => {}
                Err(error) if error.class() == Class::InProgress => return Err(busy()),
                Err(error) => return Err(error.charged(Charged::Unknown)),
            }
        }
    }

    /// The name of the schema that its answer follows: what is bought and a rehearsal are other
    /// answers where a person pays.
    ///
    /// # Errors
    /// Whatever keeps the system from being known.
    pub fn answers_as(&self, context: &Context) -> Result<&'static str> {
        let is_pack = context.provider()?.packs().is_some();
        Ok(match (is_pack, self.is_rehearsal()) {
            (false, false) => "buy",
            (false, true) => "buy --dry-run",
            (true, false) => "buy of a pack",
            (true, true) => "buy --dry-run of a pack",
        })
    }

    /// Whether nothing is to be sent.
    pub fn is_rehearsal(&self) -> bool {
        self.dry_run
    }

    fn called(&self) -> Called {
        match (&self.once, &self.idempotency_key) {
            (Some(name), _) => {
                Called::Once { name: name.clone(), retry_declined: self.retry_declined }
            }
            (None, Some(key)) => Called::Key(key.clone()),
            (None, None) => Called::Nothing { new: self.new },
        }
    }

    fn rehearse(&self, context: &Context, amount: Amount, token: &Token) -> Result<Answer> {
        let portal = context.portal()?;
        let limits = context.settings()?.limits;
        let now = context.now();
        let (day, month) = guards::periods(now)?;
        let spent = match Journal::open_if_there(&context.paths()?.journal_file())? {
            Some(mut journal) => journal.exclusively()?.spent(&portal.identity, day, month)?,
            None => guards::Spent::default(),
        };
        guards::check(amount, &limits, spent)?;
        let earlier = self.earlier(context)?.filter(|_| !self.new);
        let would = match earlier.as_ref().map(|purchase| &purchase.outcome) {
            None => "start",
            Some(None | Some(Outcome::Refused(_) | Outcome::NeverSent)) => "go_on",
            Some(Some(_)) => "tell_again",
        };
        let known = earlier.map(|purchase| purchase.intent.key.to_string());
        let key = match (&self.once, &self.idempotency_key, &token.organisation) {
            _ if known.is_some() => known,
            (Some(name), _, Some(organisation)) => {
                Some(naming::derived_key(&portal.identity, organisation, name, 0)?.to_string())
            }
            (_, Some(key), _) => Some(key.to_string()),
            _ => None,
        };
        Ok(Answer::new(Rehearsal {
            dry_run: true,
            amount_usd: amount.into(),
            portal: portal.base.to_string(),
            organisation: token.organisation.clone(),
            idempotency_key: key,
            would,
        }))
    }
}

/// Tells the runner of GitHub Actions, if there is one. That it cannot be told changes nothing
/// about the purchase.
pub fn publish(context: &Context, outcome: &Result<Answer>) -> Result<()> {
    if !actions::is_here() {
        return Ok(());
    }
    if let Some(token) = context.variable(env::TOKEN)? {
        actions::mask(token.trim());
    }
    let told = match outcome {
        Ok(answer) => {
            let document = answer.document()?;
            let nothing = serde_json::Map::new();
            let class = answer.failure().map_or(Class::Success, Error::class);
            let page = answer.failure().and_then(|error| error.parts().portal_url.as_deref());
            actions::publish(&actions::Outcome {
                data: document.as_object().unwrap_or(&nothing),
                class: class.name(),
                code: class.code(),
                portal_url: page,
            })
        }
        Err(error) => actions::publish(&actions::Outcome {
            data: &error.parts().data,
            class: error.class().name(),
            code: error.class().code(),
            portal_url: error.parts().portal_url.as_deref(),
        }),
    };
    if let Err(why) = told {
        context.output.complain(&format!("warning: {why}"));
    }
    Ok(())
}

/// What stands in the place of the amount.
#[derive(Clone, Copy, Debug)]
pub enum Typed {
    /// Dollars.
    Amount(Amount),
    /// One of the portal's suggestions, counted from 1.
    Preset(usize),
}

impl Typed {
    fn parse(text: &str) -> Result<Self> {
        let Some(number) = text.strip_prefix("preset:") else {
            return Amount::parse(text).map(Self::Amount);
        };
        match number.parse::<usize>() {
            Ok(number) if number > 0 && number.to_string().len() == text.len() - 7 => {
                Ok(Self::Preset(number))
            }
            _ => Err(Error::usage(format!("'{}' is not a preset", text.escape_debug()))
                .hint("Write preset:1 for the first suggestion of the portal.")),
        }
    }
}

fn preset(state: &DollarState, number: usize) -> Result<Amount> {
    let presets: Vec<String> =
        state.presets_usd.iter().map(|preset| format!("${}", preset.shown())).collect();
    let refused = |why: String| {
        let error = Error::usage(why);
        if presets.is_empty() {
            error
        } else {
            error.hint(format!("There are: {}.", presets.join(", ")))
        }
    };
    let chosen = state
        .presets_usd
        .get(number - 1)
        .ok_or_else(|| refused(format!("the portal has no preset {number}")))?;
    Amount::from_decimal(chosen.0)
        .ok_or_else(|| refused(format!("preset {number} is not an amount")))
}

/// Shows the account that the token acts for, and asks. A person sees the card and the total first.
pub fn confirm(
    context: &Context,
    account: &dyn DollarAccount,
    organisation: Option<&str>,
    amount: impl FnOnce(&DollarState) -> Result<Amount>,
) -> Result<Amount> {
    let state = account.read()?;
    state.check_is_of(organisation)?;
    let amount = amount(&state)?;
    let output = &context.output;
    if let Some(balance) = state.balance_usd {
        output.note(&format!("Balance: ${}.", balance.shown()));
    }
    if state.billing_enabled == Some(false) {
        output.note(
            "Terminal billing is switched off for this organisation: the portal will refuse this.",
        );
    }
    if let Some(limit) = &state.monthly_limit {
        output.note(&format!(
            "Monthly limit: ${} of ${} left.",
            limit.remaining_usd.shown(),
            limit.limit_usd.shown()
        ));
    }
    let with = match &state.card {
        Some(card) if is_card_name(&card.label) => format!(" with {}", card.label),
        Some(card) => {
            // Words that could pass for a part of the question have no place in it.
            let told = sanitize::short(&card.label, LONGEST_CARD_NAME);
            output.complain(&format!("The portal describes the saved card as: {told}"));
            " with the saved card".to_owned()
        }
        None => {
            if state.can_charge {
                output.note(&format!(
                    "Set up a saved card on the portal first: {}",
                    state.portal_url
                ));
            }
            String::new()
        }
    };
    if output.confirm(&context.interrupt, &format!("Pay ${amount}{with}?"))? {
        Ok(amount)
    } else {
        Err(Error::new(Class::ConfirmationRequired, "nothing was sent: it was not confirmed")
            .link(state.portal_url))
    }
}

/// Whether it can be the name of a card, as `Visa ····4242` is: short, and no sentence of its own.
fn is_card_name(label: &str) -> bool {
    let in_names = |character: char| character.is_alphanumeric() || " ·.-&'".contains(character);
    label.chars().count() <= LONGEST_CARD_NAME && label.chars().all(in_names)
}

/// A script that has not said that it may spend.
pub fn nobody_to_ask(link: String) -> Error {
    Error::new(
        Class::ConfirmationRequired,
        "nothing was sent: nobody can be asked here and --yes was not given",
    )
    .link(link)
    .hint("Add --yes to buy from a script, or finish on this page:")
}

/// What the CI system says about this run.
pub fn surroundings(context: &Context) -> Result<Surroundings> {
    Ok(Surroundings {
        ci: context.variable(env::CI)?.is_some(),
        run_attempt: context.variable(env::GITHUB_RUN_ATTEMPT)?,
        run_id: context.variable(env::GITHUB_RUN_ID)?,
        pipeline_created: context.variable(env::PIPELINE_CREATED)?,
        pipeline_id: context.variable(env::PIPELINE_ID)?,
    })
}
