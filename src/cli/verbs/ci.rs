//! What a command tells the CI system that it runs in.

use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::output::{Answer, actions};

/// Tells the runner of GitHub Actions, if there is one. That it cannot be told changes nothing
/// about the purchase.
pub fn publish(invocation: &Invocation, outcome: &Result<Answer>) {
    if !actions::is_here() {
        return;
    }
    if let Ok(Some(token)) = invocation.setup.variable(env::TOKEN) {
        actions::mask(token.trim());
    }
    let document = outcome.as_ref().ok().and_then(|answer| answer.document().ok());
    let nothing = serde_json::Map::new();
    let failure = match outcome {
        Ok(answer) => answer.failure(),
        Err(error) => Some(error),
    };
    let class = failure.map_or(Class::Success, Failure::class);
    let told = actions::publish(&actions::ActionOutcome {
        data: match (outcome, &document) {
            (Err(error), _) => &error.parts().data,
            (Ok(_), Some(document)) => document.as_object().unwrap_or(&nothing),
            (Ok(_), None) => &nothing,
        },
        class: class.name(),
        code: class.code(),
        portal_url: failure.and_then(|error| error.parts().portal_url.as_deref()),
    });
    if let Err(why) = told {
        invocation.output.warn(&why);
    }
}
