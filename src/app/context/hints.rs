//! What a person is told to do next, made so that it can be typed as it stands: on the embedded
//! portal, at the system that this run meant, and by who has set up nothing yet.

use super::Context;
use crate::cli::verbs::Globals;
use crate::config::paths::Paths;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Charged, Failure, Parts};
use crate::core::system::System;
use crate::core::target::Portal;
use crate::output::as_meant;

impl Context {
    /// Completes what a person is told: the usual step of the class where nothing better is
    /// known, and commands that can be typed as they stand on the embedded portal.
    pub fn with_next_step(&self, error: Failure) -> Failure {
        let mut error = error;
        let row = error.class().row();
        let parts = error.parts_mut();
        // What was interrupted and could not spend has nothing to be gone on with.
        let may_go_on = !matches!(parts.class, Class::Interrupted | Class::Terminated)
            || !matches!(parts.charged, None | Some(Charged::No));
        if parts.hints.is_empty() && may_go_on {
            parts.hints.push(row.todo.to_owned());
        }
        let sandbox = self.portal.get().filter(|portal| portal.sandbox);
        if let Some(portal) = sandbox {
            Self::on_sandbox(portal, parts);
        }
        // The same where a profile says it.
        let meant = match sandbox {
            Some(_) if !self.output.meant.contains("--sandbox") => {
                format!("--sandbox {}", self.output.meant)
            }
            _ => self.output.meant.clone(),
        };
        for hint in &mut parts.hints {
            *hint = as_meant(hint, meant.trim_end());
        }
        error
    }

    /// The same for who has never set anything up here: what there is to try without an account, and
    /// a login that can do what was asked for, which may be to spend.
    pub fn with_first_steps(&self, spends: bool, error: Failure) -> Failure {
        let mut error = error;
        if error.class() != Class::NotLoggedIn {
            return error;
        }
        let hints = &mut error.parts_mut().hints;
        if spends {
            for hint in hints.iter_mut() {
                *hint = hint
                    .replace("'topup login'", "'topup login --step-up'")
                    .replace(" login --approve'", " login --step-up --approve'");
            }
        }
        if self.is_sandbox().unwrap_or(true) {
            return error;
        }
        let is_new =
            |paths: &Paths| !paths.config_file().exists() && !paths.credentials_file().exists();
        let given = self.variable(env::TOKEN).is_ok_and(|token| token.is_some());
        if !given && self.paths().is_ok_and(is_new) {
            let trial = if spends { "buy 25 --yes" } else { "state" };
            hints.insert(
                0,
                format!("New here? 'topup --sandbox {trial}' works without an account."),
            );
        }
        error
    }

    /// A login that nobody has to approve on a page, and how the pages are seen.
    fn on_sandbox(portal: &Portal, parts: &mut Parts) {
        for hint in &mut parts.hints {
            for login in ["login", "login --step-up"] {
                *hint = hint
                    .replace(&format!("'topup {login}'"), &format!("'{}'", portal.command(login)));
            }
        }
        if parts.portal_url.is_some() {
            // They end with this process. The step itself stays last, beside its link.
            let before_last = parts.hints.len().saturating_sub(1);
            parts.hints.insert(
                before_last,
                "The pages of the sandbox are shown by 'topup sandbox serve'.".to_owned(),
            );
        }
    }
}

/// The flags of this run that say which system is meant. What a variable says, the next command
/// hears as well.
pub(super) fn meant(globals: &Globals) -> String {
    let flag = |name: &str, variable: &str, value: Option<&str>| {
        let value = value.filter(|value| std::env::var(variable).ok().as_deref() != Some(value))?;
        Some(format!("{name} {}", typed(value)?))
    };
    [
        // Said even where a variable says it: elsewhere the command would be real.
        globals.sandbox.then(|| "--sandbox".to_owned()),
        flag("--provider", env::PROVIDER, globals.provider.map(System::name)),
        flag("--profile", env::PROFILE, globals.profile.as_deref()),
        flag("--portal-url", env::PORTAL_URL, globals.portal_url.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(" ")
}

/// A value that any shell takes as it stands; none for others.
fn typed(value: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@".contains(&byte);
    Some(value).filter(|value| !value.is_empty() && value.bytes().all(plain))
}
