//! `topup ledger allow`, `deny` and `providers`: who may be paid. What no entry names is allowed.

use super::options::Whose;
use crate::app::ledger::providers::rules;
use crate::cli::invocation::Invocation;
use crate::cli::verbs::dry_run::DryRunFlag;
use crate::core::failure::Result;
use crate::ledger::input::check_name;
use crate::ledger::values::Rule;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup ledger allow` and `deny`.
#[derive(Debug, Args)]
pub struct ProviderArgs {
    /// Provider, such as openai
    #[arg(id = "paid", value_name = "PROVIDER", value_parser = check_name)]
    provider: String,
    #[command(flatten)]
    flag: DryRunFlag,
}

/// The arguments of `topup ledger providers`.
#[derive(Debug, Args)]
pub struct ProvidersArgs {
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
}

/// The rules; `data` of `ledger allow`, `deny` and `providers`.
#[derive(Serialize, JsonSchema)]
#[allow(clippy::struct_field_names, reason = "the key of the document")]
pub struct Rules {
    /// Whose they are.
    mandate: String,
    /// By provider; what is not named is allowed.
    rules: Vec<Rule>,
    /// Present and true where nothing was changed: these are the rules as they would be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(skip)]
    csv: bool,
}

impl ProviderArgs {
    /// Sets the rule, for the user who is named or for all.
    ///
    /// # Errors
    /// Class `usage` when the mandate is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose, allowed: bool) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open_for(invocation, self.flag)?;
        let rule =
            Rule { user: whose.user().map(ToOwned::to_owned), provider: self.provider, allowed };
        let rules = ledger.set_rule(&mandate.mandate, &rule)?;
        Ok(Answer::new(Rules {
            mandate: mandate.mandate,
            rules,
            dry_run: self.flag.dry_run,
            csv: false,
        }))
    }
}

impl ProvidersArgs {
    /// Lists them.
    ///
    /// # Errors
    /// Class `usage` when the mandate is not clear.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (mut ledger, mandate) = whose.open(invocation)?;
        let rules = rules(&mut ledger, &mandate.mandate, whose.user())?;
        Ok(Answer::new(Rules { mandate: mandate.mandate, rules, dry_run: false, csv: self.csv }))
    }
}

impl Show for Rules {
    fn show(&self, page: &mut Page) {
        let word = |rule: &Rule| if rule.allowed { "allowed" } else { "denied" }.to_owned();
        if self.csv {
            let rows = self.rules.iter().map(|rule| {
                [rule.provider.clone(), rule.user.clone().unwrap_or_default(), word(rule)]
            });
            return page.csv(&["provider", "user", "rule"], rows);
        }
        if self.dry_run {
            page.line(Tone::Strong, "Nothing was changed. The rules would be:");
        }
        if self.rules.is_empty() {
            return page.line(Tone::Plain, "No rule: every provider is allowed.");
        }
        let rows = self.rules.iter().map(|rule| {
            let tone = if rule.allowed { Tone::Good } else { Tone::Bad };
            let whom = rule.user.clone().unwrap_or_else(|| "everybody".to_owned());
            (tone, vec![rule.provider.clone(), whom, word(rule)])
        });
        page.table(&["provider", "for", "rule"], rows);
    }
}
