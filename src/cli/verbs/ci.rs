//! What a command tells the CI system that it runs in, and what it says there about names.

mod named;

use crate::app::buying::Buying;
use crate::app::ensure::NAME_MISSING;
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::command::NextStep;
use crate::core::env;
use crate::core::failure::{Failure, Parts, Result};
use crate::output::{Answer, Output, actions};
use crate::provider::Payer;
use crate::purchase::key::FIRST_USE_UNKNOWN;
use named::NamedCommand;

/// Tells the runner of GitHub Actions, if there is one. That it cannot be told changes nothing
/// about the purchase.
pub fn publish(invocation: &Invocation, outcome: &Result<Answer>) {
    if !actions::is_here() {
        return;
    }
    if let Ok(Some(token)) = invocation.setup.variable(env::TOKEN) {
        actions::mask(token.trim());
    }
    publish_outcome(&invocation.output, outcome.as_ref());
}

/// The same where no secret can be in it.
pub fn publish_outcome(output: &Output, outcome: Result<&Answer, &Failure>) {
    if !actions::is_here() {
        return;
    }
    let document = outcome.ok().and_then(|answer| answer.document().ok());
    let nothing = serde_json::Map::new();
    let failure = match outcome {
        Ok(answer) => answer.failure(),
        Err(error) => Some(error),
    };
    let class = failure.map_or(Class::Success, Failure::class);
    let message = failure.map(ToString::to_string);
    let page = failure.and_then(|failure| failure.parts().portal_url.as_deref());
    let next_step = failure.map(|error| next_steps(output, error.parts(), page));
    let told = actions::publish(&actions::ActionOutcome {
        data: match (outcome, &document) {
            (Err(error), _) => &error.parts().data,
            (Ok(_), Some(document)) => document.as_object().unwrap_or(&nothing),
            (Ok(_), None) => &nothing,
        },
        class: class.name(),
        code: class.code(),
        portal_url: page,
        message: message.as_deref(),
        next_step: next_step.as_deref(),
    });
    if let Err(why) = told {
        output.warn(&why);
    }
}

/// Everything that can be done about a failure, in one line, with the link in its place.
fn next_steps(output: &Output, failure: &Parts, page: Option<&str>) -> String {
    let shown = |step: &NextStep| {
        let step = step.clone();
        output.shown(match page {
            Some(page) => step.without_link(page),
            None => step,
        })
    };
    failure.hints.iter().map(shown).collect::<Vec<_>>().join(" ")
}

/// Adds the whole command to a failure for want of a name that holds: the same words with a name
/// that this CI system can vouch for.
pub fn with_named_command(invocation: &Invocation, once: Option<&str>, error: Failure) -> Failure {
    if !matches!(error.parts().code.as_deref(), Some(NAME_MISSING | FIRST_USE_UNKNOWN)) {
        return error;
    }
    let Ok(surroundings) = invocation.setup.surroundings() else { return error };
    let named = NamedCommand::new(&invocation.words, once, &surroundings);
    let error = error.hint(NextStep::shell("Name the purchase: ", named.line));
    match named.remark {
        Some(remark) => error.hint(NextStep::text(remark)),
        None => error,
    }
}

/// Warns of a purchase without a name, where a job that is run again begins with an empty journal.
pub fn warn_of_no_name(invocation: &Invocation, buying: &Buying<'_>) {
    let seller = buying.charges.seller();
    let goes_on = buying.questions.assume_yes || buying.questions.ask.can_ask();
    if !goes_on || !buying.surroundings.come_and_go() || seller.payer == Payer::Person {
        return;
    }
    let mut warning =
        "this purchase has no name: where the job runs again, it buys again".to_owned();
    if !seller.one_at_a_time() {
        let named = NamedCommand::new(&invocation.words, None, &buying.surroundings);
        warning.push_str("; name it: ");
        warning.push_str(&named.line);
    }
    if actions::is_here() {
        actions::warn(&warning);
    } else {
        invocation.output.warn(NextStep::text(warning));
    }
}
