//! Brings a person to the page that approves a login: the link and the code on standard error, an
//! event for scripts, a browser where one is wanted, and on the sandbox the approval itself.

use crate::app::login::device::{Approver, Verification};
use crate::cli::invocation::Invocation;
use crate::core::browser;
use crate::core::failure::Result;
use crate::core::link::Link;
use crate::output::Form;
use serde_json::json;

/// The page of a login, for the person at this terminal.
pub(super) struct Terminal<'a> {
    /// This run.
    pub invocation: &'a Invocation,
    /// Open the page, if a person sits here.
    pub opens: bool,
    /// Approve it as well: on the sandbox.
    pub approves: bool,
    /// Another run has shown the page.
    pub finishes: bool,
    /// Wait for the approval. The pages of the embedded sandbox end with the run that does not.
    pub waits: bool,
    /// Write the event for scripts.
    pub events: bool,
}

impl Approver for Terminal<'_> {
    /// The host stands beside the code, so that a code that somebody else sent is recognised as such
    /// (RFC 8628, section 5.4).
    fn begun(&self, verification: &Verification<'_>) -> Result<()> {
        let (output, portal) = (&self.invocation.output, self.invocation.setup.portal()?);
        let started = verification.started;
        // The pages of the embedded sandbox end with a run that does not wait.
        let page_lasts = !portal.sandbox || self.waits;
        if output.form == Form::Json && self.events {
            output.event(&json!({
                "event": "verification",
                "verification_uri": page_lasts.then(|| started.page.text()),
                "verification_uri_complete": started.page_with_code.as_ref().filter(|_| page_lasts),
                "user_code": started.user_code,
                "expires_in": started.expires_in.as_secs(),
                "interval": started.interval.as_secs(),
            }))?;
        }
        let (host, scope) = (portal.host(), verification.scope);
        // Where no page is opened, there is no host to compare.
        let place = if page_lasts && !self.approves { host.clone() } else { portal.place() };
        output.complain(&format!("Log in at {place}; topup asks for: {scope}"));
        if self.approves {
            // No person opens the page: there is nothing to compare, and nothing to tick.
            let spends = if verification.spending { ", and allows buying" } else { "" };
            output.complain(&format!("--approve approves it here{spends}."));
            return Ok(());
        }
        match (&started.page_with_code, &started.page) {
            _ if !page_lasts => {
                output.complain("  page  shown by 'topup sandbox serve'");
            }
            (Some(page), _) | (None, Link::Own(page)) => {
                output.complain(&format!("  page  {page}"));
            }
            (None, Link::Foreign(page)) => output.complain(&format!(
                "  page  {page} (not on {host}, so it is not opened: make sure that you trust it)"
            )),
        }
        output.complain(&format!("  code  {}", started.user_code));
        if verification.client_id != "topup" {
            let name = verification.client_id;
            output.complain(&format!(
                "The page calls this program '{name}'; approve it under that name."
            ));
        }
        if verification.spending {
            output.complain("To allow buying, tick 'Allow Remote Spending' on that page.");
        }
        if portal.sandbox {
            output.note("On the sandbox, --approve approves it from here.");
        }
        Ok(())
    }

    fn waits(&self, user_code: &str, page: Option<&str>) -> Result<()> {
        let (output, setup) = (&self.invocation.output, &self.invocation.setup);
        if self.approves {
            return setup.approve_in_sandbox(user_code);
        }
        let Some(page) = page else { return Ok(()) };
        if self.finishes {
            output.complain(&format!("  page  {page}"));
        } else if self.opens && output.interactive && !browser::open(page) {
            output.note("No browser could be opened; open the page yourself.");
        }
        Ok(())
    }
}
