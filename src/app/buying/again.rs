//! At a prompt: a purchase of an earlier run that this command may mean is shown before anything is
//! asked, and the question is whether to buy another.

use super::Buying;
use super::finish::{Finishing, finish};
use super::terms::{OutcomeWait, Terms};
use crate::app::summary::AnySummary;
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::core::time;
use crate::provider::plans::Item;
use crate::purchase::journal::Journal;
use crate::purchase::record::{Outcome, Purchase, Reporter};
use std::time::Duration;

/// How a command at a prompt goes on.
pub enum PromptChoice {
    /// Under these terms; what is paid then is asked first.
    GoOn(Terms),
    /// What was found is the answer.
    Answered(AnySummary),
    /// What an earlier run began is finished, or its end is the answer: nothing is to be asked.
    Finish,
}

/// Shows what an earlier run has left, and asks where that has to be.
///
/// # Errors
/// Class `confirmation_required` where a person wants no other one, or that of a signal.
pub fn settle(
    buying: &Buying<'_>,
    terms: &Terms,
    waiting: OutcomeWait,
    earlier: &Purchase,
) -> Result<PromptChoice> {
    match &earlier.outcome {
        Some(end) if end.may_reopen() => Ok(PromptChoice::GoOn(terms.clone())),
        Some(_) if terms.is_named() => {
            let tries_again = terms.retries_declined() && earlier.is_declined();
            Ok(if tries_again { PromptChoice::GoOn(terms.clone()) } else { PromptChoice::Finish })
        }
        Some(end) => {
            let ended = time::shown(earlier.ended_at());
            let how = match end {
                Outcome::Failed(failure) => format!("was not paid ({})", failure.message),
                end if end.is_charged() => "was paid".to_owned(),
                _ => "ended".to_owned(),
            };
            let what = earlier.intent.what();
            let line = format!(
                "An earlier purchase of {what} {how} at {ended}, and was not reported yet."
            );
            buying.report.note(&line.into());
            if !buying.questions.ask.confirm("Buy another one?")? {
                return Ok(PromptChoice::Finish);
            }
            // A person has seen it now, independently of the other one.
            buying.deliver(earlier, Reporter::Buy, None);
            Ok(PromptChoice::GoOn(terms.for_another().unwrap_or_else(|| terms.clone())))
        }
        None if earlier.bank_check.is_some() => bank_check(buying, terms, waiting, earlier),
        None => open(buying, terms, earlier),
    }
}

/// It is open. What may have been paid already is no question any more: only another one is.
fn open(buying: &Buying<'_>, terms: &Terms, purchase: &Purchase) -> Result<PromptChoice> {
    let is_person_paid = purchase.intent.item == Item::Pack;
    let may_be_paid = purchase.may_have_charged() && !is_person_paid;
    let does = if may_be_paid { "finishes it" } else { "continues it" };
    let line = format!(
        "The purchase of {} begun at {} is still open; this command {does}.",
        purchase.intent.what(),
        time::shown(purchase.asked.wall)
    );
    buying.report.note(&line.into());
    if !may_be_paid {
        if !terms.is_named() {
            buying.report.note(&"--new buys another one.".into());
        }
        return Ok(PromptChoice::GoOn(terms.clone()));
    }
    match terms.for_another().filter(|_| !terms.is_named()) {
        Some(another) if buying.questions.ask.confirm("Buy another one instead?")? => {
            Ok(PromptChoice::GoOn(another))
        }
        _ => Ok(PromptChoice::Finish),
    }
}

/// The bank's check was open: the system is asked first whether the card holder confirmed it.
fn bank_check(
    buying: &Buying<'_>,
    terms: &Terms,
    waiting: OutcomeWait,
    purchase: &Purchase,
) -> Result<PromptChoice> {
    let mut journal = Journal::open(buying.journal)?;
    let how = Finishing {
        waiting: OutcomeWait::at_most(Duration::ZERO, waiting.poll),
        is_resume: false,
        notes_age: false,
        reported_by: Some(Reporter::Buy),
    };
    match finish(buying, &mut journal, purchase.intent.id, how) {
        Ok(summary) => Ok(PromptChoice::Answered(summary)),
        Err(error) if error.class() == Class::AuthenticationRequired => {
            buying.report.note(&format!("{error}.").into());
            let page = error.parts().portal_url.clone().unwrap_or_default();
            buying.report.note(&"Nothing is charged unless it is confirmed there:".into());
            buying.report.note(&page.into());
            match terms.for_another() {
                Some(another)
                    if buying.questions.ask.confirm("Buy another one all the same?")? =>
                {
                    Ok(PromptChoice::GoOn(another))
                }
                _ => Err(error),
            }
        }
        Err(error) => {
            let ended = journal.load(purchase.intent.id)?;
            if ended.outcome.is_none() {
                return Err(error);
            }
            settle(buying, terms, waiting, &ended)
        }
    }
}
