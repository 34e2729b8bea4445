//! `topup resume`: finishes, or finds the truth about, every purchase that is not final.

pub mod elsewhere;

use super::execute_purchase::Waiting;
use super::{charged_state, drive_purchase, pack};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use crate::provider::packs::Packs;
use crate::provider::{ChargeId, ChargeStatus, Charges, PortalPage, Provider};
use crate::purchase::journal::Journal;
use crate::purchase::lock::EntityLock;
use crate::purchase::receipt::Receipt;
use crate::purchase::record::{KeyAge, Outcome, Purchase, Row, Stamp};
use crate::purchase::summary::{Run, Summary};
use crate::purchase::world;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup resume   finish everything that is not final";

/// The arguments of `topup resume`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Resume {
    /// Only this purchase of the journal
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Record what you found on the portal: charged=CHARGE_ID or not-charged
    #[arg(long, value_name = "FOUND", value_parser = Mark::parse)]
    mark: Option<Mark>,
    #[command(flatten)]
    waiting: Waiting,
}

/// What a person found on the portal.
#[derive(Clone, Debug)]
enum Mark {
    Charged(ChargeId),
    NotCharged,
}

impl Mark {
    fn parse(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some(("charged", id)) => ChargeId::parse(id).map(Self::Charged),
            None if text == "not-charged" => Ok(Self::NotCharged),
            _ => Err(Failure::usage("write charged=CHARGE_ID or not-charged")),
        }
    }
}

/// What was found out; `data` of `resume`.
#[derive(Serialize, JsonSchema)]
pub struct Resumed {
    /// Every purchase that was not final before, oldest first.
    purchases: Vec<Resumption>,
}

/// What a purchase came to.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Resumption {
    /// A card was charged, or not.
    Purchase(Box<Summary>),
    /// A person pays, or not.
    Payment(Box<Receipt>),
}

impl From<Summary> for Resumption {
    fn from(summary: Summary) -> Self {
        Self::Purchase(Box::new(summary))
    }
}

impl Show for Resumption {
    fn show(&self, page: &mut Page) {
        match self {
            Self::Purchase(summary) => summary.show(page),
            Self::Payment(receipt) => receipt.show(page),
        }
    }
}

impl Show for Resumed {
    fn show(&self, page: &mut Page) {
        if self.purchases.is_empty() {
            page.line(Tone::Plain, "Every purchase here is final: nothing to resume.");
        }
        for purchase in &self.purchases {
            purchase.show(page);
        }
    }
}

impl Resume {
    /// Goes on with each.
    ///
    /// # Errors
    /// The class of the purchase that most needs attention, unless all are settled.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        self.resume(invocation).map_err(|error| {
            charged_state::of_a_look(error, || charged_state::of_no_name(invocation))
        })
    }

    fn resume(&self, invocation: &Invocation) -> Result<Answer> {
        let provider = invocation.setup.provider()?;
        if let Some(packs) = provider.packs() {
            return self.payments(invocation, provider.as_ref(), packs);
        }
        let Some(charges) = provider.charges() else {
            return Err(provider.unsupported("purchases", PortalPage::Topup));
        };
        let Some(mut journal) = Journal::open_if_there(&invocation.setup.paths()?.journal_file())?
        else {
            return Ok(Answer::new(Resumed { purchases: Vec::new() }));
        };
        invocation.setup.interrupt().install()?;
        let ids = self.chosen(invocation, &journal)?;
        if let Some(mark) = &self.mark {
            return Self::mark(invocation, &mut journal, charges, &ids, mark);
        }
        let link = provider.page_link(PortalPage::Topup)?;
        let mut gathered = Gathered::default();
        for id in ids {
            let (summary, error) = match drive_purchase::finish(
                invocation,
                &mut journal,
                charges,
                id,
                self.waiting,
                &link,
            ) {
                Ok(summary) => (summary, None),
                Err(error) => {
                    let sandbox = invocation.setup.portal()?.sandbox;
                    let run = Run { loaded: true, was_final: false, sandbox };
                    let purchase = drive_purchase::load(invocation, &journal, id)?;
                    let error = error.or_charged(|| purchase.charged());
                    (Summary::of(&purchase, run), Some(error))
                }
            };
            if gathered.add(summary.into(), error) {
                break;
            }
        }
        Ok(gathered.conclude(invocation))
    }

    /// The same where a person pays.
    fn payments(
        &self,
        invocation: &Invocation,
        provider: &dyn Provider,
        packs: &dyn Packs,
    ) -> Result<Answer> {
        let word = self.id.as_deref();
        if let Some(mark) = &self.mark {
            let paid = match mark {
                Mark::Charged(id) => Some(id),
                Mark::NotCharged => None,
            };
            let receipt = pack::mark(invocation, provider, packs, word, paid)?;
            let purchases = vec![Resumption::Payment(Box::new(receipt))];
            return Ok(Answer::new(Resumed { purchases }));
        }
        let mut gathered = Gathered::default();
        for (receipt, error) in pack::resume(invocation, provider, packs, word, self.waiting)? {
            gathered.add(Resumption::Payment(Box::new(receipt)), error);
        }
        Ok(gathered.conclude(invocation))
    }

    /// The purchases of this portal that are not final, or the one that was named.
    fn chosen(&self, invocation: &Invocation, journal: &Journal) -> Result<Vec<Uuid>> {
        let origin = &invocation.setup.portal()?.identity;
        if let Some(word) = &self.id {
            let found = journal.matching(word)?;
            let [id] = found.as_slice() else {
                return Err(Failure::usage(format!(
                    "'{}' is not one purchase of the journal",
                    word.escape_debug()
                ))
                .hint("'topup history' lists them."));
            };
            drive_purchase::is_home(&journal.load(*id)?.intent.origin, origin)?;
            return Ok(vec![*id]);
        }
        elsewhere::tell(invocation, journal)?;
        journal.unfinished(origin)
    }

    /// Records what a person found, for a purchase that nothing else can find the truth about.
    fn mark(
        invocation: &Invocation,
        journal: &mut Journal,
        charges: &dyn Charges,
        ids: &[Uuid],
        mark: &Mark,
    ) -> Result<Answer> {
        let [id] = ids else {
            return Err(Failure::usage(format!(
                "--mark needs one purchase, and {} are not final",
                ids.len()
            ))
            .hint(
                "Name it, as in 'topup resume ID --mark not-charged'; 'topup history' lists them.",
            ));
        };
        let locks = invocation.setup.paths()?.locks_folder();
        let _lock = EntityLock::take(&locks, *id, Duration::ZERO, invocation.setup.interrupt())?;
        let mut purchase = drive_purchase::load(invocation, journal, *id)?;
        let mut rows = Vec::new();
        if let Mark::Charged(charge_id) = mark {
            if let Some(other) =
                journal.with_charge(charge_id.as_str())?.iter().find(|other| *other != id)
            {
                return Err(Failure::usage(format!(
                    "nothing was recorded: the charge {charge_id} belongs to purchase {other}"
                ))
                .charged(purchase.charged())
                .hint("Look on the portal for the charge of this purchase."));
            }
            let n = purchase.attempts.last().map_or(0, |attempt| attempt.n);
            rows.push(Row::Accepted { n, charge_id: charge_id.clone() });
        }
        rows.push(Row::Final(Self::found(invocation, charges, &purchase, mark)?));
        let stamp = Stamp::from(&world::now(None));
        let session = journal.exclusively()?;
        for row in &rows {
            session.append(*id, &stamp, row)?;
            purchase.apply(&stamp, row);
        }
        session.commit()?;
        let run =
            Run { loaded: true, was_final: false, sandbox: invocation.setup.portal()?.sandbox };
        Ok(Answer::new(Resumed { purchases: vec![Summary::of(&purchase, run).into()] }))
    }

    /// What a mark comes to. A person is believed only where the system cannot be asked.
    fn found(
        invocation: &Invocation,
        charges: &dyn Charges,
        purchase: &Purchase,
        mark: &Mark,
    ) -> Result<Outcome> {
        let refuse = |why: &str| {
            Err(Failure::usage(format!("nothing was recorded: {why}"))
                .charged(purchase.charged())
                .hint_with("Run 'topup resume {}' first.", &[&purchase.intent.id]))
        };
        if purchase.outcome.is_some() {
            return Err(Failure::usage("this purchase is final already: nothing was recorded")
                .charged(purchase.charged()));
        }
        let age = purchase.key_age(&world::now(invocation.setup.http().server_now()));
        let may_ask = age == KeyAge::Unused
            || matches!(age, KeyAge::Known(age) if age <= charges.key_life().manual_replay_max_age);
        match mark {
            Mark::NotCharged if purchase.charges.len() == 1 => {
                refuse("the system took this purchase on")
            }
            Mark::NotCharged if may_ask => {
                refuse("the system still knows the key and can be asked")
            }
            Mark::NotCharged => Ok(Outcome::MarkedNotCharged),
            // An upgrade has no charge to look at: its key is the question, while it is young.
            Mark::Charged(charge_id) if purchase.intent.item.plan().is_some() => {
                if may_ask {
                    return refuse("the system still knows the key and can be asked");
                }
                Ok(Outcome::MarkedCharged { charge_id: charge_id.clone() })
            }
            Mark::Charged(charge_id) => {
                let token = invocation.setup.session()?.token(world::TOKEN_LASTS)?;
                match charges.poll(&token, charge_id) {
                    // A charge of something else, more likely than a portal that charged wrong.
                    ChargeStatus::Settled { amount_usd, .. }
                        if amount_usd != Money::from(purchase.intent.amount) =>
                    {
                        refuse(&format!(
                            "this charge is of ${}, and the purchase of ${}",
                            amount_usd.shown(),
                            purchase.intent.amount
                        ))
                    }
                    ChargeStatus::Settled { amount_usd, settled_at } => {
                        Ok(Outcome::Settled { amount_usd, settled_at })
                    }
                    ChargeStatus::Failed(refusal) => Err(Failure::from(refusal)
                        .hint("Nothing was recorded: this charge was not paid.")),
                    ChargeStatus::Trouble { refusal, .. } => {
                        Err(Failure::from(refusal).hint("Nothing was recorded."))
                    }
                    ChargeStatus::Pending => {
                        Ok(Outcome::MarkedCharged { charge_id: charge_id.clone() })
                    }
                }
            }
        }
    }
}

/// What was found so far, and the worst of it.
#[derive(Default)]
struct Gathered {
    purchases: Vec<Resumption>,
    worst: Option<Failure>,
}

impl Gathered {
    /// Takes one in; says whether a signal wants the run to end.
    fn add(&mut self, purchase: Resumption, error: Option<Failure>) -> bool {
        self.purchases.push(purchase);
        let Some(error) = error else { return false };
        let stop = error.class().is_signal();
        let rank = urgency(error.class());
        if self.worst.as_ref().is_none_or(|worst| rank > urgency(worst.class())) {
            self.worst = Some(error);
        }
        stop
    }

    /// All of them, and the failure that most needs attention beside them.
    fn conclude(self, invocation: &Invocation) -> Answer {
        let Self { purchases, worst } = self;
        let worst = worst.map(|error| invocation.with_next_step(error));
        Answer::new(Resumed { purchases }).but(worst)
    }
}

/// How much a class wants attention: what may have been charged comes first.
fn urgency(class: Class) -> (u8, u8) {
    let rank = match class {
        Class::Interrupted | Class::Terminated => 5,
        Class::OutcomeUnknown => 4,
        Class::Protocol => 3,
        Class::InProgress => 2,
        Class::Pending | Class::ActionRequired => 1,
        _ => 0,
    };
    (rank, class.code())
}
