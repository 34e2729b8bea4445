//! Finishes, or finds the truth about, every purchase that is not final: of every profile and
//! portal whose login is there, one after the other.

pub(crate) mod marking;

use crate::app::buying::Buying;
use crate::app::buying::earlier::one_of;
use crate::app::buying::finish::{self, Finishing, summary_of};
use crate::app::buying::site::{Site, named, not_one};
use crate::app::buying::terms::OutcomeWait;
use crate::app::summary::{AnySummary, RunFacts};
use crate::core::class::Class;
use crate::core::command::{NextStep, Part};
use crate::core::dialog::{Ask, Report};
use crate::core::failure::{Charged, Failure, Result};
use crate::core::target::login_command;
use crate::purchase::journal::Journal;
use crate::purchase::place::JournalPlace;
use crate::purchase::record::{Purchase, Reporter};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What was found out; `data` of `resume`.
#[derive(Serialize, JsonSchema)]
pub struct Resumed {
    /// Every purchase that was not final before and whose place this run could go to, portal by
    /// portal, oldest first.
    pub purchases: Vec<AnySummary>,
    /// Those that are open where the system could not be asked.
    pub unreachable: Vec<Unreachable>,
}

/// An open purchase whose system this run could not ask.
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
    /// Why it could not be asked: the class of the failure.
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

    /// Makes the commands of a failure mean that place, where a command of this run means another.
    fn aimed(&self, site: &Site, failure: Failure) -> Failure;
}

/// What is to be gone on with.
pub struct Resume<'a> {
    /// Where the journal is.
    pub journal: &'a JournalPlace,
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
    /// Goes on with each, or with the one that this word means. Where there are several, each is
    /// looked at once before any is waited for: none keeps another from its end. The failure beside
    /// the answer is that of the purchase that most needs attention.
    ///
    /// # Errors
    /// Class `config` when the journal cannot be used, `usage` for a word that means no one
    /// purchase.
    pub fn run(&self, word: Option<&str>) -> Result<(Resumed, Option<Failure>)> {
        let Some(mut journal) = Journal::open_if_there(self.journal)? else {
            return word.map_or_else(|| Ok(conclude(Vec::new())), |word| Err(not_one(word)));
        };
        let purchases = match word {
            Some(word) => vec![named(&journal, word)?],
            None => journal.all_open()?,
        };
        let mut places = by_site(purchases);
        if word.is_none() {
            places.retain(|place| {
                let is_meant = (self.is_meant)(&place.site);
                if !is_meant {
                    self.note_left_out(&place.site, place.visits.len());
                }
                is_meant
            });
        }
        let is_asked_for = word.is_some() || self.ask.can_ask();
        let how = Finishing {
            waiting: self.waiting,
            is_resume: true,
            reported_by: is_asked_for.then_some(Reporter::Resume),
            notes_age: true,
        };
        let several = places.iter().map(|place| place.visits.len()).sum::<usize>() > 1;
        if !several || !self.waiting.is_any() {
            self.go_round(&mut places, &mut journal, how, |_| true);
        } else {
            let waiting = OutcomeWait::at_most(Duration::ZERO, self.waiting.poll);
            let look = Finishing { waiting, ..how };
            let wait = Finishing { notes_age: false, ..how };
            // What could not be asked comes last: it may be back once the others are final.
            let _ = self.go_round(&mut places, &mut journal, look, |_| true)
                || self.go_round(&mut places, &mut journal, wait, |visit| visit.waits(true))
                || self.go_round(&mut places, &mut journal, wait, |visit| visit.waits(false));
        }
        if word.is_some() && places.iter().all(|place| place.is_gone) {
            return Err(gone());
        }
        Ok(conclude(places))
    }

    /// Goes to each place, and on with those purchases there that are meant; says whether a signal
    /// wants the run to end.
    fn go_round(
        &self,
        places: &mut [SitePurchases],
        journal: &mut Journal,
        how: Finishing,
        is_meant: impl Fn(&Visit) -> bool,
    ) -> bool {
        for place in places {
            let SitePurchases { site, visits, is_gone } = place;
            let mut meant: Vec<&mut Visit> =
                visits.iter_mut().filter(|visit| is_meant(visit)).collect();
            if meant.is_empty() {
                continue;
            }
            let mut stopped = false;
            let reached = self.reach.at(site, &mut |buying| {
                for visit in &mut meant {
                    visit.go_on(buying, journal, how, |failure| self.reach.aimed(site, failure));
                    stopped = visit.is_stopped();
                    if stopped {
                        break;
                    }
                }
            });
            match reached {
                Ok(Reached::There) => {}
                Ok(Reached::Gone) => *is_gone = true,
                Err(failure) => note_unreachable(site, &mut meant, failure),
            }
            if stopped {
                return true;
            }
        }
        false
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
    Failure::usage("this purchase belongs to a sandbox that was reset, and was deleted with it")
}

/// The open purchases of one place.
struct SitePurchases {
    site: Site,
    visits: Vec<Visit>,
    is_gone: bool,
}

/// One open purchase, and what this run has found of it so far.
struct Visit {
    before: Purchase,
    found: Option<AnySummary>,
    failure: Option<Failure>,
    /// Why the system could not be asked.
    unasked: Option<(Class, String)>,
}

impl Visit {
    fn new(before: Purchase) -> Self {
        Self { before, found: None, failure: None, unasked: None }
    }

    /// Goes on with it here.
    fn go_on(
        &mut self,
        buying: &Buying<'_>,
        journal: &mut Journal,
        how: Finishing,
        aimed: impl Fn(Failure) -> Failure,
    ) {
        let id = self.before.intent.id;
        *self = Self::new(self.before.clone());
        let answer = match finish::go_on(buying, journal, id, how) {
            Ok(finished) => {
                self.unasked = finished.unasked.map(|failure| (failure.class, failure.message));
                finished.answer
            }
            Err(failure) => Err(failure),
        };
        let failure = match answer {
            Ok(summary) => {
                self.found = Some(summary);
                return;
            }
            Err(failure) => failure,
        };
        let run = RunFacts { loaded: true, was_final: false, sandbox: buying.portal.sandbox };
        let known = buying.load(journal, id);
        let charged = known.as_ref().map_or(Charged::Unknown, Purchase::charged);
        self.found = known.and_then(|purchase| summary_of(buying, &purchase, run)).ok();
        // Where the answer says nothing of money, it was not asked for.
        let failure = match failure.parts().charged {
            Some(_) => failure,
            None => failure.charged(charged).sent_nothing(),
        };
        self.failure = Some(aimed(buying.portal.without_lost_pages(failure)));
    }

    /// Whether waiting may show its end; `asked` where its system could be asked, or could not.
    fn waits(&self, asked: bool) -> bool {
        use Class::{ActionRequired, AuthenticationRequired, InProgress, Pending};
        let class = self.failure.as_ref().map(Failure::class);
        let is_open = class.is_some_and(|class| {
            matches!(class, ActionRequired | AuthenticationRequired | InProgress | Pending)
        });
        is_open && self.unasked.is_none() == asked
    }

    fn is_stopped(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.class().is_signal())
    }

    fn unreachable(&self, site: &Site) -> Option<Unreachable> {
        let (class, reason) = self.unasked.clone()?;
        Some(Unreachable {
            purchase_id: self.before.intent.id.to_string(),
            provider: site.system.name().to_owned(),
            portal: site.place().to_owned(),
            profile: site.profile.clone(),
            what: self.before.intent.what(),
            charged: self.before.charged(),
            class,
            reason,
        })
    }
}

/// The purchases place by place, each place where its oldest stands.
fn by_site(purchases: Vec<Purchase>) -> Vec<SitePurchases> {
    let mut places: Vec<SitePurchases> = Vec::new();
    for purchase in purchases {
        let site = Site::from_intent(&purchase.intent);
        let visit = Visit::new(purchase);
        match places.iter_mut().find(|place| place.site == site) {
            Some(place) => place.visits.push(visit),
            None => places.push(SitePurchases { site, visits: vec![visit], is_gone: false }),
        }
    }
    places
}

/// This run cannot go to the place of these.
fn note_unreachable(site: &Site, visits: &mut [&mut Visit], failure: Failure) {
    for visit in visits.iter_mut() {
        visit.unasked = Some((failure.class(), failure.to_string()));
    }
    let charged = one_of(visits.iter().map(|visit| visit.before.charged()));
    let mut failure = failure.charged(charged.unwrap_or(Charged::Unknown)).charged_now(Charged::No);
    let message = format!("what is open at {} could not be checked: {failure}", site.place());
    let parts = failure.parts_mut();
    parts.message = message;
    if parts.class == Class::NotLoggedIn {
        let login = login_command(site.system, false).argv().split_off(1);
        // The command of the failure may mean another place.
        parts.hints = vec![NextStep::run(site.command(login)), "Then 'topup resume'.".into()];
    }
    if let Some(first) = visits.first_mut() {
        first.failure = Some(failure);
    }
}

/// All of them, and the failure that most needs attention beside them.
fn conclude(places: Vec<SitePurchases>) -> (Resumed, Option<Failure>) {
    let mut resumed = Resumed { purchases: Vec::new(), unreachable: Vec::new() };
    let mut worst: Option<Failure> = None;
    for SitePurchases { site, visits, .. } in places {
        for visit in visits {
            resumed.unreachable.extend(visit.unreachable(&site));
            resumed.purchases.extend(visit.found);
            let Some(failure) = visit.failure else { continue };
            let rank = urgency(failure.class());
            if worst.as_ref().is_none_or(|worst| rank > urgency(worst.class())) {
                worst = Some(failure);
            }
        }
    }
    (resumed, worst)
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
