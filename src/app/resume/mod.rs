//! Finishes, or finds the truth about, every purchase that is not final: of every profile and portal
//! whose login is there, one after the other.

pub mod marking;

use crate::app::buying::Buying;
use crate::app::buying::earlier::one_of;
use crate::app::buying::finish::{Finishing, finish, summary_of};
use crate::app::buying::site::{Site, named, not_one};
use crate::app::buying::terms::OutcomeWait;
use crate::app::summary::{AnySummary, RunFacts};
use crate::core::class::Class;
use crate::core::command::{NextStep, Part};
use crate::core::dialog::{Ask, Report};
use crate::core::failure::{Charged, Failure, Result};
use crate::core::target::login_command;
use crate::purchase::journal::Journal;
use crate::purchase::record::{Purchase, Reporter};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;

/// What was found out; `data` of `resume`.
#[derive(Serialize, JsonSchema)]
pub struct Resumed {
    /// Every purchase that was not final before and that could be reached, portal by portal, oldest
    /// first.
    pub purchases: Vec<AnySummary>,
    /// Those that are open where this run could not get to.
    pub unreachable: Vec<Unreachable>,
}

/// An open purchase that this run could not go on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unreachable {
    /// The id in the journal.
    pub purchase_id: String,
    /// The system that sells.
    pub provider: String,
    /// The portal.
    pub portal: String,
    /// The profile that it was asked for under, where the journal knows it.
    pub profile: Option<String>,
    /// What it is for, in a few words.
    pub what: String,
    /// Whether money moved for it, as far as the journal knows.
    pub charged: Charged,
    /// Why it could not be reached: the class of the failure.
    pub class: Class,
    /// The same in one line.
    pub reason: String,
}

/// Whether a place could be gone to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It was.
    There,
    /// It is gone for good, and what was open there with it: a sandbox that was begun anew.
    Gone,
}

/// Goes to the places of purchases, each with the profile and the login that belong to it.
pub trait Reach {
    /// Does this with the parts of that place.
    ///
    /// # Errors
    /// Why it cannot be reached; `act` was not called then.
    fn at(&self, site: &Site, act: &mut dyn FnMut(&Buying<'_>)) -> Result<Reached>;
}

/// What is to be gone on with.
pub struct Resume<'a> {
    /// The file of the journal.
    pub journal: &'a Path,
    /// Goes to the places.
    pub reach: &'a dyn Reach,
    /// Whether a place is meant; all are where nothing narrows them.
    pub is_meant: &'a dyn Fn(&Site) -> bool,
    /// Asks a person.
    pub ask: &'a dyn Ask,
    /// Reports beside the answer.
    pub report: &'a dyn Report,
    /// How long to wait for each.
    pub waiting: OutcomeWait,
}

impl Resume<'_> {
    /// Goes on with each, or with the one that this word means. The failure beside the answer is that
    /// of the purchase that most needs attention.
    ///
    /// # Errors
    /// Class `config` when the journal cannot be used, `usage` for a word that means no one purchase.
    pub fn run(&self, word: Option<&str>) -> Result<(Resumed, Option<Failure>)> {
        let mut gathered = Gathered::default();
        let Some(mut journal) = Journal::open_if_there(self.journal)? else {
            return match word {
                Some(word) => Err(not_one(word)),
                None => Ok(gathered.conclude()),
            };
        };
        let purchases = match word {
            Some(word) => vec![named(&journal, word)?],
            None => journal.all_open()?,
        };
        let is_asked_for = word.is_some() || self.ask.can_ask();
        let how = Finishing {
            waiting: self.waiting,
            is_resume: true,
            reported_by: is_asked_for.then_some(Reporter::Resume),
        };
        for (site, purchases) in by_site(purchases) {
            if word.is_none() && !(self.is_meant)(&site) {
                self.note_left_out(&site, purchases.len());
                continue;
            }
            let mut stopped = false;
            let reached = self.reach.at(&site, &mut |buying| {
                stopped = finish_all(buying, &mut journal, &purchases, how, &mut gathered);
            });
            match reached {
                Ok(Reached::Gone) if word.is_some() => return Err(gone()),
                Ok(_) => {}
                Err(failure) => gathered.add_unreachable(&site, &purchases, failure),
            }
            if stopped {
                break;
            }
        }
        Ok(gathered.conclude())
    }

    /// A flag of this run keeps it from a place where something is open.
    fn note_left_out(&self, site: &Site, open: usize) {
        let open = match open {
            1 => "1 purchase is".to_owned(),
            several => format!("{several} purchases are"),
        };
        let step = NextStep::text(format!("{open} open at {}; ", site.system.title()))
            .then(Part::Run(site.command(["resume"])))
            .then(Part::Text(" goes on there.".into()));
        self.report.note(&step);
    }
}

/// The place of the purchase that is meant was begun anew.
pub fn gone() -> Failure {
    Failure::usage("this purchase belongs to a sandbox that is gone, and is gone with it")
}

/// The purchases place by place, each place where its oldest stands.
fn by_site(purchases: Vec<Purchase>) -> Vec<(Site, Vec<Purchase>)> {
    let mut sites: Vec<(Site, Vec<Purchase>)> = Vec::new();
    for purchase in purchases {
        let site = Site::of(&purchase.intent);
        match sites.iter_mut().find(|(known, _)| *known == site) {
            Some((_, there)) => there.push(purchase),
            None => sites.push((site, vec![purchase])),
        }
    }
    sites
}

/// Goes on with each of them here; says whether a signal wants the run to end.
fn finish_all(
    buying: &Buying<'_>,
    journal: &mut Journal,
    purchases: &[Purchase],
    how: Finishing,
    gathered: &mut Gathered,
) -> bool {
    for id in purchases.iter().map(|purchase| purchase.intent.id) {
        let (summary, error) = match finish(buying, journal, id, how) {
            Ok(summary) => (Ok(summary), None),
            Err(error) => {
                let run =
                    RunFacts { loaded: true, was_final: false, sandbox: buying.portal.sandbox };
                let known = buying.load(journal, id);
                let charged = known.as_ref().map_or(Charged::Unknown, Purchase::charged);
                let summary = known.and_then(|purchase| summary_of(buying, &purchase, run));
                (summary, Some(error.or_charged(|| charged)))
            }
        };
        if gathered.add(summary, error) {
            return true;
        }
    }
    false
}

/// What was found so far, and the worst of it.
#[derive(Default)]
struct Gathered {
    purchases: Vec<AnySummary>,
    unreachable: Vec<Unreachable>,
    worst: Option<Failure>,
}

impl Gathered {
    /// Takes one in; says whether a signal wants the run to end.
    fn add(&mut self, summary: Result<AnySummary>, error: Option<Failure>) -> bool {
        match summary {
            Ok(summary) => self.purchases.push(summary),
            Err(error) => self.note_worst(error),
        }
        let Some(error) = error else { return false };
        let stop = error.class().is_signal();
        self.note_worst(error);
        stop
    }

    /// Takes in what is open where this run cannot get to.
    fn add_unreachable(&mut self, site: &Site, purchases: &[Purchase], failure: Failure) {
        let unreachable = purchases.iter().map(|purchase| Unreachable {
            purchase_id: purchase.intent.id.to_string(),
            provider: site.system.name().to_owned(),
            portal: site.place().to_owned(),
            profile: site.profile.clone(),
            what: purchase.intent.what(),
            charged: purchase.charged(),
            class: failure.class(),
            reason: failure.to_string(),
        });
        self.unreachable.extend(unreachable);
        let charged = one_of(purchases.iter().map(Purchase::charged)).unwrap_or(Charged::Unknown);
        let mut failure = failure.charged(charged).charged_now(Charged::No);
        let message = format!("what is open at {} could not be looked at: {failure}", site.place());
        let parts = failure.parts_mut();
        parts.message = message;
        if parts.class == Class::NotLoggedIn {
            let login = login_command(site.system, false).argv().split_off(1);
            // The command of the failure may mean another place.
            parts.hints = vec![NextStep::run(site.command(login)), "Then 'topup resume'.".into()];
        }
        self.note_worst(failure);
    }

    /// All of them, and the failure that most needs attention beside them.
    fn conclude(self) -> (Resumed, Option<Failure>) {
        let Self { purchases, unreachable, worst } = self;
        (Resumed { purchases, unreachable }, worst)
    }

    fn note_worst(&mut self, error: Failure) {
        let rank = urgency(error.class());
        if self.worst.as_ref().is_none_or(|worst| rank > urgency(worst.class())) {
            self.worst = Some(error);
        }
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
