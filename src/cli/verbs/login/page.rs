//! How the answer of a login is shown to people.

use crate::app::login::answer::{LoggedIn, LoginAnswer, Waits};
use crate::output::Show;
use crate::output::page::{Page, Tone};

/// Whether a login may spend; nothing where every login may, as there are no permissions.
pub(in crate::cli::verbs) fn show_spending(
    page: &mut Page,
    can_spend: Option<bool>,
    step_up: Option<&str>,
) {
    let Some(step_up) = step_up else { return };
    match can_spend {
        None => page.field("spending", Tone::Plain, "not known: the token does not say"),
        Some(true) => page.field("spending", Tone::Good, "allowed"),
        Some(false) => {
            page.field("spending", Tone::Warn, &format!("not allowed; '{step_up}' asks for it"));
        }
    }
}

impl Show for LoginAnswer {
    fn show(&self, page: &mut Page) {
        match self {
            Self::LoggedIn(login) => login.show(page),
            Self::Pending(waits) => waits.show(page),
        }
    }
}

impl Show for LoggedIn {
    fn show(&self, page: &mut Page) {
        let (at_hermes, at_brv) = (!self.hermes_files.is_empty(), self.brv_folder.is_some());
        let how = match (at_hermes, at_brv) {
            (true, _) => "Using the login of Hermes at",
            (false, true) => "Using the login of brv at",
            (false, false) => "Logged in at",
        };
        page.line(Tone::Good, &format!("{how} {}.", page.base(&self.portal)));
        for place in self.hermes_files.iter().chain(&self.brv_folder) {
            page.field("kept in", Tone::Plain, place);
        }
        if let Some(organisation) = &self.organisation {
            page.field("organisation", Tone::Plain, organisation);
        }
        if let (None, Some(subject)) = (&self.organisation, &self.subject) {
            page.field("as", Tone::Plain, subject);
        }
        if let Some(role) = &self.role {
            page.field("role", Tone::Plain, role);
        }
        show_spending(page, self.can_spend, self.step_up.as_deref());
        if at_hermes {
            page.field("scopes", Tone::Plain, &self.scopes.join(" "));
        }
        match (&self.login_ends_at, &self.token_expires_at) {
            // Where the login has no known end, that of its token is what there is.
            (None, Some(end)) => {
                let then = if self.renewable { ", renewed before that" } else { "" };
                page.field("access token", Tone::Plain, &format!("until {end}{then}"));
            }
            (Some(end), _) => page.field("login ends", Tone::Plain, end),
            (None, None) => {}
        }
        if self.can_spend == Some(true) {
            self.show_what_is_missing(page);
        }
    }
}

impl LoggedIn {
    /// What a purchase would be refused for all the same.
    fn show_what_is_missing(&self, page: &mut Page) {
        let mut is_missing = false;
        let mut warn = |page: &mut Page, line: &str| {
            is_missing = true;
            page.line(Tone::Warn, line);
        };
        if self.billing_enabled == Some(false) {
            let line =
                "Buying will be refused: Remote Spending is switched off for the organisation.";
            warn(page, line);
        }
        if self.card_ready == Some(false) {
            warn(page, "Buying needs one more step: set up a saved card on the portal.");
        }
        if let Some(url) = self.portal_url.as_ref().filter(|_| is_missing) {
            page.link("portal", url);
        }
    }
}

impl Show for Waits {
    fn show(&self, page: &mut Page) {
        page.line(Tone::Strong, "Approve this login in a browser:");
        page.link(
            "page",
            self.verification_uri_complete.as_ref().unwrap_or(&self.verification_uri),
        );
        page.field("code", Tone::Strong, &self.user_code);
        page.field("asks for", Tone::Plain, &self.asked_scopes.join(" "));
        page.field("until", Tone::Plain, &self.expires_at);
        if self.client_id != "topup" {
            let name = &self.client_id;
            page.line(
                Tone::Plain,
                &format!("The page calls this program '{name}'; approve it under that name."),
            );
        }
        page.line(Tone::Plain, &format!("Then run '{}'.", self.finish));
    }
}
