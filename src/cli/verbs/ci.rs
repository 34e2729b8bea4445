//! What a command hears from the CI system that it runs in, and what it tells it.

use crate::app::context::Context;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::output::{Answer, actions};
use crate::purchase::key::Surroundings;

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

/// Tells the runner of GitHub Actions, if there is one. That it cannot be told changes nothing
/// about the purchase.
pub fn publish(context: &Context, outcome: &Result<Answer>) {
    if !actions::is_here() {
        return;
    }
    if let Ok(Some(token)) = context.variable(env::TOKEN) {
        actions::mask(token.trim());
    }
    let document = outcome.as_ref().ok().and_then(|answer| answer.document().ok());
    let nothing = serde_json::Map::new();
    let failure = match outcome {
        Ok(answer) => answer.failure(),
        Err(error) => Some(error),
    };
    let class = failure.map_or(Class::Success, Failure::class);
    let told = actions::publish(&actions::Outcome {
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
        context.output.warn(&why);
    }
}
