//! Every account at once: each in a thread of its own, so that a slow system delays no other and a
//! broken one costs its own row only.

pub(crate) mod profiles;

use super::readings::{LastReading, Unread};
use super::setup::{Options, Setup, SharedParts};
use super::state::read_remembered;
use crate::config::DEFAULT_PROFILE;
use crate::core::command::TargetFlags;
use crate::core::env;
use crate::core::environment::Environment;
use crate::core::failure::{Failure, Result};
use crate::core::system::System;
use crate::core::target::is_sandbox;
use crate::provider::teams::Which;
use crate::provider::{self, State};
use jiff::Timestamp;
use std::cmp::Ordering;
use std::panic;
use std::thread;

/// One of the accounts that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectedAccount {
    /// A profile of the configuration.
    Profile(String),
    /// A system that no profile names, whose key is here.
    System(System),
}

/// One account, as far as it could be read.
pub struct OverviewRow {
    /// The profile.
    pub profile: String,
    /// Its system; none where the profile could not be read.
    pub system: Option<System>,
    /// The flags that mean it in a command.
    pub target: TargetFlags,
    /// The account.
    pub state: Option<State>,
    /// Why it could not be read.
    pub failure: Option<Failure>,
    /// What was read before, where it could not be read now.
    pub last: Option<LastReading>,
    /// When it was read.
    pub at: Timestamp,
}

/// The accounts to read: every profile of the file. Where there is no profile, every system whose
/// key is here; and where there is none either, the usual system.
///
/// # Errors
/// Class `config` when the configuration cannot be read.
pub fn everything(setup: &Setup) -> Result<Vec<SelectedAccount>> {
    let config = setup.config()?;
    if config.has_profiles() {
        return Ok(config.profiles().into_iter().map(SelectedAccount::Profile).collect());
    }
    let usual = || vec![SelectedAccount::Profile(DEFAULT_PROFILE.to_owned())];
    if setup.is_sandbox()? {
        return Ok(usual());
    }
    // Logins that cannot be read are reported by the row that needs them.
    let logins = setup.store()?.document().unwrap_or_default();
    let has_login = |system: System| {
        let is_its = |provider: &str, profile: &str, portal: &str| {
            provider == system.name() && profile == DEFAULT_PROFILE && !is_sandbox(portal)
        };
        logins.logins.iter().any(|login| is_its(&login.provider, &login.profile, &login.portal))
            || logins
                .hermes
                .iter()
                .any(|login| is_its(&login.provider, &login.profile, &login.portal))
    };
    let mut found = Vec::new();
    for system in provider::catalogue().all().filter(|system| system.has_logins()) {
        let mut is_here = has_login(system);
        for name in system.facts().key_variables {
            is_here = is_here || setup.variable(name)?.is_some();
        }
        if is_here {
            found.push(SelectedAccount::System(system));
        }
    }
    Ok(if found.is_empty() { usual() } else { found })
}

/// Refuses a system, an address or a token that is named for this run: it is meant for one of the
/// accounts, and a token must not be sent to the others. `about` says what the command is about.
///
/// # Errors
/// Class `usage`, naming it.
pub fn check_nothing_is_named(setup: &Setup, about: &str) -> Result<()> {
    let options = &setup.options;
    let given = |value: Option<&String>| value.is_some_and(|value| !value.trim().is_empty());
    // A variable is set for all commands: it asks for nothing of this one.
    let asked = options.profile.as_deref().filter(|name| !name.is_empty());
    let by_flag = asked.is_some() && setup.variable(env::PROFILE)?.as_deref() != asked;
    for (named, what) in [
        (by_flag, "--profile".to_owned()),
        (options.provider.is_some(), format!("--provider ({})", env::PROVIDER)),
        (given(options.portal_url.as_ref()), format!("--portal-url ({})", env::PORTAL_URL)),
        (setup.given_token()?.is_some(), env::TOKEN.to_owned()),
    ] {
        if named {
            return Err(Failure::usage(format!("{about}, and {what} names one of them"))
                .hint("Leave out the flag, or unset the variable."));
        }
    }
    Ok(())
}

/// Reads all of them at once; the rows stand in the order of the accounts. The configuration and the
/// logins are parsed once for all of them.
///
/// # Errors
/// Class `config` when the configuration cannot be read.
pub fn read_all(setup: &Setup, selected: Vec<SelectedAccount>) -> Result<Vec<OverviewRow>> {
    let (environment, options) = (&setup.environment, &setup.options);
    let shared = setup.shared()?;
    Ok(thread::scope(|scope| {
        let running: Vec<_> = selected
            .into_iter()
            .map(|one| {
                let (environment, shared) = (environment.clone(), shared.clone());
                scope.spawn(move || read_one(environment, options, one, shared))
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
            .collect()
    }))
}

fn read_one(
    environment: Environment,
    options: &Options,
    selected: SelectedAccount,
    shared: SharedParts,
) -> OverviewRow {
    let at = environment.clock.now();
    let (profile, setup) = match selected {
        SelectedAccount::Profile(name) => {
            (name.clone(), Setup::for_profile(environment, options, name, shared))
        }
        SelectedAccount::System(system) => {
            (DEFAULT_PROFILE.to_owned(), Setup::for_system(environment, options, system, shared))
        }
    };
    let (state, failure, last) = match read(&setup, Which::default(), at) {
        Ok(state) => (Some(state), None, None),
        Err(unread) => (None, Some(setup.with_next_step(unread.failure)), unread.last),
    };
    let system = setup.settings().ok().map(|settings| settings.system);
    OverviewRow { profile, system, target: setup.target(), state, failure, last, at }
}

/// Reads one account, unless its system wants to be left alone.
///
/// # Errors
/// Why it could not be read, with what was read before where waiting may help.
pub fn read(setup: &Setup, which: Which<'_>, now: Timestamp) -> Result<State, Box<Unread>> {
    let provider = setup.provider()?;
    read_remembered(provider.as_ref(), which, setup.reading_memory()?.as_ref(), now)
}

/// How bad a row is, the worst first: what failed, then what is empty or may not be used, then what
/// has the least left. Amounts of different units are not compared.
pub fn worst_first(one: &OverviewRow, other: &OverviewRow) -> Ordering {
    let rank = |row: &OverviewRow| match (&row.failure, &row.state) {
        (Some(failure), _) => (0, u8::MAX - failure.class().code()),
        (None, None) => (0, 0),
        (None, Some(state)) => match (state.stopped(), state.balance()) {
            (Some(_), _) => (1, 0),
            (None, None) => (2, 0),
            (None, Some(balance)) if balance.unlimited => (5, 0),
            (None, Some(balance)) if balance.amount.0 <= rust_decimal::Decimal::ZERO => (1, 0),
            (None, Some(balance)) if balance.unit == provider::Unit::Usd => (3, 0),
            (None, Some(_)) => (4, 0),
        },
    };
    let dollars = |row: &OverviewRow| {
        let balance = row.state.as_ref()?.balance()?;
        balance.unit.in_dollars(balance.amount)
    };
    rank(one)
        .cmp(&rank(other))
        .then_with(|| dollars(one).cmp(&dollars(other)))
        .then_with(|| one.profile.cmp(&other.profile))
}
