//! `topup buy`: confirm, charge once, wait until it is settled.

use super::balance_after;
use super::ci;
use super::opening::{self, BUYING, with_what_is_known};
use super::purchase_options::{PurchaseOptions, WaitOptions};
use super::purchase_page::IF_LOST;
use super::shape::Shape;
use crate::app::buy::{self, Wanted};
use crate::app::buying::Buying;
use crate::app::packs::{self, BuyPack};
use crate::app::summary::AnySummary;
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::output::{Answer, actions};
use crate::provider::packs::Packs;
use crate::purchase::guards;
use clap::Args;
use url::Url;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup buy 25                           see card and total, then confirm
  topup buy 25 --yes --max 50            from a script
  topup buy 25 --yes --once nightly-42   never twice under this name
  topup buy preset:1 --dry-run           show what would be done";

/// The example that stands in `--help` alone.
const MORE_EXAMPLES: &str = "
  topup buy 30 --yes --get charge_id     print the id of the charge, bare";

/// The arguments of `topup buy`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = [EXAMPLES, MORE_EXAMPLES].concat())]
pub struct BuyArgs {
    /// Dollars, such as 25, or preset:1 for the portal's first suggestion
    ///
    /// Leave it out where the system sells one pack at one price.
    #[arg(value_name = "AMOUNT", allow_negative_numbers = true)]
    amount: Option<String>,
    #[command(flatten)]
    options: PurchaseOptions,
    #[command(flatten)]
    waiting: WaitOptions,
    /// Send the browser to this address once a person has paid there
    #[arg(long, hide_short_help = true, value_name = "URL", value_parser = parse_return_url)]
    return_url: Option<String>,
    /// Print the secret with which another program can confirm the payment
    #[arg(long, hide_short_help = true, requires = "no_wait")]
    show_client_secret: bool,
    /// Read the balance after the purchase, for 5 seconds at most
    #[arg(long, hide_short_help = true)]
    balance: bool,
    /// Show what would be done and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl BuyArgs {
    /// Buys.
    ///
    /// # Errors
    /// Every class of the table that a purchase can end with; `charged` is always said.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        self.purchase(invocation).map_err(|error| {
            let once = self.options.once.as_deref();
            let error = ci::with_named_command(invocation, once, error);
            self.with_what_is_known(invocation, error)
        })
    }

    /// Says of a failure whether money moved, where it does not say so itself.
    pub fn with_what_is_known(&self, invocation: &Invocation, error: Failure) -> Failure {
        let terms = self.options.terms();
        let sells_packs =
            invocation.setup.provider().is_ok_and(|provider| provider.packs().is_some());
        let wanted = self.wanted().ok().flatten();
        let is_one = sells_packs || wanted.and_then(Wanted::amount).is_some();
        with_what_is_known(invocation, error, &terms, is_one, |known| {
            if sells_packs {
                packs::earlier(known, &terms)
            } else {
                buy::earlier(known, &terms, wanted)
            }
        })
    }

    fn purchase(&self, invocation: &Invocation) -> Result<Answer> {
        let wanted = self.wanted()?;
        if let Some(Wanted::Amount(amount)) = wanted {
            guards::check_max(amount, self.options.max)?;
        }
        self.options.check()?;
        opening::buying(invocation, BUYING, |buying| {
            if !self.options.terms().is_named() {
                ci::warn_of_no_name(invocation, buying);
            }
            match buying.provider.packs() {
                Some(packs) => self.pack(invocation, buying, packs, wanted),
                None => self.credits(invocation, buying, wanted),
            }
        })
    }

    /// Where a saved card is charged.
    fn credits(
        &self,
        invocation: &Invocation,
        buying: &Buying<'_>,
        wanted: Option<Wanted>,
    ) -> Result<Answer> {
        let provider = buying.provider;
        let account = provider
            .dollar_account()
            .ok_or_else(|| provider.unsupported(BUYING.what, BUYING.page))?;
        if self.return_url.is_some() || self.show_client_secret {
            return Err(Failure::usage(format!(
                "--return-url and --show-client-secret are for systems where a person pays in a browser, and {} charges a saved card",
                provider.system().title()
            )));
        }
        let wanted = wanted.ok_or_else(|| {
            Failure::usage("AMOUNT is missing").hint("Write it like 'topup buy 25'.")
        })?;
        let terms = self.options.terms();
        let buy = buy::Buy { buying, account, wanted, terms: &terms, waiting: self.waiting.into() };
        if self.dry_run {
            return Ok(Answer::new(buy.rehearse()?));
        }
        let mut bought = buy.run()?;
        if let AnySummary::Charge(summary) = &mut bought {
            balance_after::read(invocation, self.balance, summary);
        }
        Ok(Answer::new(bought).if_lost(IF_LOST))
    }

    /// Where a person pays for a pack in a browser.
    fn pack(
        &self,
        invocation: &Invocation,
        buying: &Buying<'_>,
        packs: &dyn Packs,
        wanted: Option<Wanted>,
    ) -> Result<Answer> {
        let amount = match wanted {
            None => None,
            Some(Wanted::Amount(amount)) => Some(amount),
            Some(Wanted::Preset(_)) => {
                let title = buying.provider.system().title();
                return Err(Failure::usage(format!(
                    "{title} has one pack at one price, and no presets"
                ))
                .hint("Leave the amount out."));
            }
        };
        let terms = self.options.terms();
        let buy = BuyPack {
            buying,
            packs,
            amount,
            return_url: self.return_url.as_deref(),
            shows_secret: self.show_client_secret,
            terms: &terms,
            waiting: self.waiting.into(),
        };
        if self.dry_run {
            return Ok(Answer::new(buy.rehearse()?));
        }
        let bought = buy.run()?;
        if let Some(secret) = &bought.summary.client_secret
            && actions::is_here()
        {
            actions::mask(secret);
        }
        let failure = bought.failure.map(|failure| invocation.with_next_step(failure));
        Ok(Answer::new(bought.summary).but(failure).if_lost(IF_LOST))
    }

    /// What was typed in the place of the amount.
    fn wanted(&self) -> Result<Option<Wanted>> {
        self.amount.as_deref().map(Wanted::parse).transpose()
    }

    /// Which of its answers it gives: what is bought and a rehearsal are other
    /// answers where a person pays.
    ///
    /// # Errors
    /// Whatever keeps the system from being known.
    pub fn shape(&self, invocation: &Invocation) -> Result<Shape> {
        let is_pack = invocation.setup.provider()?.packs().is_some();
        Ok(match (is_pack, self.dry_run) {
            (false, false) => Shape::Usual,
            (false, true) => Shape::DryRun,
            (true, false) => Shape::Pack,
            (true, true) => Shape::PackDryRun,
        })
    }
}

/// Where a browser may be sent after the payment.
fn parse_return_url(text: &str) -> Result<String> {
    let refused = || {
        Failure::usage(format!("'{}' is not a web address", text.escape_debug()))
            .hint("Write it like https://example.com/paid.")
    };
    let url = Url::parse(text).map_err(|_| refused())?;
    let plain = matches!(url.scheme(), "https" | "http") && url.has_host();
    if plain && url.username().is_empty() && url.password().is_none() {
        Ok(url.into())
    } else {
        Err(refused())
    }
}
