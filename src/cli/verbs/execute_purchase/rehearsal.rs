//! What `--dry-run` says of every purchase, whatever it is for.

use crate::cli::invocation::Invocation;
use crate::core::failure::Result;
use crate::credentials::Token;
use crate::output::page::{Page, Tone};
use crate::purchase::record::{Outcome, Purchase};
use schemars::JsonSchema;
use serde::Serialize;

/// What would be done, and in whose name; part of the answer.
#[derive(Serialize, JsonSchema)]
pub struct DryRunFacts {
    /// Always true: nothing was sent.
    dry_run: bool,
    /// Where it would be bought.
    portal: String,
    /// For which organisation.
    organisation: Option<String>,
    /// The key that would be sent, where it is known beforehand.
    idempotency_key: Option<String>,
    /// What would be done.
    pub would: Would,
}

/// What a purchase would come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Would {
    /// One would be begun.
    Start,
    /// One that is open would be gone on with.
    GoOn,
    /// How one ended would be told again.
    TellAgain,
    /// It is so already.
    Nothing,
}

impl Would {
    /// What becomes of a purchase of an earlier run that is meant again.
    pub fn of(purchase: &Purchase) -> Self {
        match &purchase.outcome {
            None | Some(Outcome::Refused(_) | Outcome::NeverSent) => Self::GoOn,
            Some(_) => Self::TellAgain,
        }
    }
}

impl DryRunFacts {
    /// What would be done with this login.
    ///
    /// # Errors
    /// As the portal that is meant.
    pub fn new(
        invocation: &Invocation,
        token: &Token,
        idempotency_key: Option<String>,
        would: Would,
    ) -> Result<Self> {
        Ok(Self {
            dry_run: true,
            portal: invocation.setup.portal()?.shown(),
            organisation: token.organisation.clone(),
            idempotency_key,
            would,
        })
    }

    /// Below the sentence that says what would be done.
    pub fn show(&self, page: &mut Page) {
        page.field("portal", Tone::Plain, &self.portal);
        if let Some(organisation) = &self.organisation {
            page.field("organisation", Tone::Plain, organisation);
        }
        if let Some(key) = &self.idempotency_key {
            page.field("key", Tone::Plain, key);
        }
    }
}
