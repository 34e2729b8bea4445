//! What a login answers: one that was made, or one that waits for a person. The keys are promised.

use super::Granted;
use crate::core::class::Class;
use crate::core::command::Command;
use crate::core::failure::{Failure, Result};
use crate::core::target::PortalTarget;
use crate::core::time;
use crate::credentials::{Keeper, Login, Pending, Token, jwt};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// The answer of `topup login`.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum LoginAnswer {
    /// There is a login now.
    LoggedIn(Box<LoggedIn>),
    /// `--no-wait`: a person has to approve it, then `login --finish` completes it.
    Pending(Box<Waits>),
}

/// A login that was made.
#[derive(Serialize, JsonSchema)]
pub struct LoggedIn {
    /// The portal, by its base URL.
    pub portal: String,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Whether permission to spend is among it; null where nothing says what is.
    pub can_spend: Option<bool>,
    /// The command that asks for it; none where there are no permissions to ask for.
    #[serde(skip)]
    pub step_up: Option<String>,
    /// The organisation it acts for.
    pub organisation: Option<String>,
    /// The person it acts for.
    pub subject: Option<String>,
    /// The files of Hermes that hold it, where it is used in place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hermes_files: Vec<String>,
    /// The folder of `brv` that holds it, where it is used in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brv_folder: Option<String>,
    /// The role there, where the system says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// When the access token ends.
    pub token_expires_at: Option<String>,
    /// Whether it is renewed before it ends.
    #[serde(skip)]
    pub renewable: bool,
    /// When the login ends for good, where that is known.
    pub login_ends_at: Option<String>,
    /// The organisation's switch for Remote Spending, where the account was read.
    pub billing_enabled: Option<bool>,
    /// Whether a saved card is set up, where the account was read and this role may see it.
    pub card_ready: Option<bool>,
    /// The page where the two are changed, where one of them is missing.
    pub portal_url: Option<String>,
}

/// A login that waits for a person.
#[derive(Serialize, JsonSchema)]
pub struct Waits {
    /// The portal, by its base URL.
    pub portal: String,
    /// What was asked for.
    pub asked_scopes: Vec<String>,
    /// The page where it is approved.
    #[schemars(with = "Option<String>")]
    pub verification_uri: String,
    /// The same page with the code filled in.
    pub verification_uri_complete: Option<String>,
    /// The code.
    pub user_code: String,
    /// When the code ends.
    pub expires_at: String,
    /// The name that the page gives this program.
    pub client_id: String,
    /// The command that completes it.
    pub finish: String,
}

impl LoginAnswer {
    /// A login was made; this reports whether it is what was asked for.
    ///
    /// # Errors
    /// Class `login_denied` when permission to spend was asked for and not granted.
    pub fn from_granted(granted: Granted) -> Result<Self> {
        if granted.wanted_spending && !granted.can_spend {
            return Err(without_spending(&granted));
        }
        Ok(Self::LoggedIn(Box::new(LoggedIn::new(granted))))
    }

    /// A login was begun, and a person has to approve it.
    pub fn from_pending(pending: Pending, portal: &PortalTarget) -> Self {
        Self::Pending(Box::new(Waits {
            finish: Command::new(["login", "--finish"]).shown_at(&portal.flags()),
            portal: portal.shown(),
            asked_scopes: jwt::split(&pending.scope),
            verification_uri: pending.verification_uri,
            verification_uri_complete: pending.verification_uri_complete,
            user_code: pending.user_code,
            expires_at: time::shown(pending.expires_at),
            client_id: pending.client_id,
        }))
    }
}

impl LoggedIn {
    fn new(granted: Granted) -> Self {
        let Granted { portal, login, .. } = granted;
        let token: Token = login.token();
        Self {
            can_spend: token.may_spend(),
            login_ends_at: login.ends().map(time::shown),
            token_expires_at: token.expires_at.map(time::shown),
            renewable: login.is_renewable(portal.system),
            organisation: token.organisation,
            subject: token.subject,
            hermes_files: hermes_files(&login),
            brv_folder: brv_folder(&login),
            role: granted.role,
            scopes: token.scopes,
            billing_enabled: granted.billing_enabled,
            card_ready: granted.card_ready,
            portal_url: granted.portal_url,
            step_up: portal.step_up_command().map(|command| command.shown_at(&portal.flags())),
            portal: portal.shown(),
        }
    }
}

/// The files of Hermes that hold a login, as documents and tables write them.
pub fn hermes_files(login: &Login) -> Vec<String> {
    login.hermes_files().iter().map(|file| file.display().to_string()).collect()
}

/// The folder of `brv` that holds a login.
pub fn brv_folder(login: &Login) -> Option<String> {
    let shown = |folder: &PathBuf| folder.display().to_string();
    if let Keeper::Brv(folder) = &login.keeper { Some(shown(folder)) } else { None }
}

/// The error of a login that was approved without the permission that was asked for.
fn without_spending(granted: &Granted) -> Failure {
    let error =
        Failure::new(Class::LoginDenied, "the login was approved without permission to spend")
            .hint("An owner or admin has to tick 'Allow Remote Spending' on the approval page.")
            .hint("The login itself was kept: it may read, but not spend.")
            .with_data("portal", granted.portal.shown())
            .with_data("scopes", granted.login.token().scopes)
            .with_data("can_spend", false);
    match granted.billing_enabled {
        Some(enabled) => error.with_data("billing_enabled", enabled),
        None => error,
    }
}
