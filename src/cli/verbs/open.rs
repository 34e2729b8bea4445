//! `topup open`: a page of the portal in a browser, or its link.

use crate::cli::invocation::Invocation;
use crate::core::browser;
use crate::core::failure::Result;
use crate::output::page::Page;
use crate::output::{Answer, Show};
use crate::provider::PortalPage;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup open limit --link   print the link of a page";

/// The arguments of `topup open`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OpenArgs {
    /// Page to open
    #[arg(value_name = "PAGE", default_value = "topup")]
    pub page: PortalPage,
}

/// A link of the portal; `data` of `open` and of every `--link`.
#[derive(Serialize, JsonSchema)]
pub struct OpenedPage {
    /// The absolute link; null for the sandbox inside this program, whose pages end with a run.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// Whether a browser was asked to show it.
    pub opened: bool,
}

impl OpenArgs {
    /// Opens it when a person is there, else prints it.
    ///
    /// # Errors
    /// Class `config` when the portal URL cannot be used.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let provider = invocation.setup.provider()?;
        provider.complete_link(self.page);
        let link = provider.page_link(self.page)?;
        // The link is made here from the checked base URL: nothing foreign is in it. The pages of the
        // embedded sandbox end with this run: no browser would find them.
        let opens = !invocation.setup.is_sandbox()? && invocation.output.interactive;
        let opened = opens && browser::open(&link);
        Ok(Answer::new(OpenedPage { portal_url: link, opened }))
    }
}

impl Show for OpenedPage {
    fn show(&self, page: &mut Page) {
        page.bare_link(&self.portal_url);
    }
}
