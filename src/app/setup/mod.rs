//! Opens what a use case needs: settings and folders here, the portal that is meant, its login, the
//! parts of a purchase and the ledger in a file each. Each part is made at its first use, so that help
//! and `explain` touch neither disk nor network. Only `cli` holds a [`Setup`]; a use case is handed the
//! parts.

mod embedded;
mod ledger;
mod logins;
mod next_steps;
mod portal;
pub mod purchase;

use crate::config::paths::{Paths, no_home};
use crate::config::{AskedSettings, ConfigFile, DEFAULT_PROFILE, Settings};
use crate::core::env;
use crate::core::environment::{Environment, Variables};
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::signals::Interrupt;
use crate::core::system::System;
use crate::core::target::PortalTarget;
use crate::credentials::Store;
use crate::http::{ClientPool, Http};
use crate::provider;
use crate::sandbox;
use crate::store::state::StateStore;
use jiff::Timestamp;
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The options of this run from the command line or in the variables that stand for flags.
#[derive(Clone, Default)]
pub struct Options {
    /// `--provider`: the word of a system.
    pub provider: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--portal-url`.
    pub portal_url: Option<String>,
    /// `--sandbox`.
    pub sandbox: bool,
    /// `--insecure-http`.
    pub insecure_http: bool,
    /// `--timeout`.
    pub timeout: Option<Duration>,
    /// Gets a line for each request, with `--verbose`.
    pub tracer: Option<fn(&str)>,
}

/// The parts of one run, each made at its first use.
pub struct Setup {
    /// What the run finds around it.
    pub environment: Environment,
    /// Its options.
    pub options: Options,
    /// The one client of this run; nothing happens before its first request.
    pub http: Http,
    /// The profile that this is for, where the project and the environment do not choose it.
    profile: Option<String>,
    paths: OnceCell<Option<Paths>>,
    settings: OnceCell<Settings>,
    portal: OnceCell<PortalTarget>,
    store: OnceCell<Store>,
    state: OnceCell<Option<Arc<StateStore>>>,
    embedded: OnceCell<(sandbox::Portal, sandbox::Running)>,
    config: OnceCell<Arc<ConfigFile>>,
    shared: SharedParts,
}

/// What the parts of several profiles share: it is read once, however many profiles there are.
#[derive(Clone, Default)]
pub struct SharedParts {
    clients: ClientPool,
    config: Option<Arc<ConfigFile>>,
    logins: Option<Store>,
}

impl Setup {
    /// Prepares a run; touches nothing yet.
    pub fn new(environment: Environment, options: Options) -> Self {
        Self {
            http: client(&environment, &options),
            environment,
            options,
            profile: None,
            paths: OnceCell::new(),
            settings: OnceCell::new(),
            portal: OnceCell::new(),
            store: OnceCell::new(),
            state: OnceCell::new(),
            embedded: OnceCell::new(),
            config: OnceCell::new(),
            shared: SharedParts::default(),
        }
    }

    /// The parts of one profile of the configuration as it stands there, beside others that share
    /// these.
    pub fn for_profile(
        environment: Environment,
        options: &Options,
        profile: String,
        shared: SharedParts,
    ) -> Self {
        let options =
            Options { provider: None, portal_url: None, profile: None, ..options.clone() };
        Self { profile: Some(profile), ..Self::sharing(environment, options, shared) }
    }

    /// The parts of one system as no project bends it, beside others that share these.
    pub fn for_system(
        environment: Environment,
        options: &Options,
        system: System,
        shared: SharedParts,
    ) -> Self {
        let environment = Environment { working_folder: None, ..environment };
        let options = Options {
            provider: Some(system.name().to_owned()),
            portal_url: None,
            profile: Some(DEFAULT_PROFILE.to_owned()),
            ..options.clone()
        };
        Self::sharing(environment, options, shared)
    }

    fn sharing(environment: Environment, options: Options, shared: SharedParts) -> Self {
        let setup = Self::new(environment, options);
        Self { http: setup.http.sharing(shared.clients.clone()), shared, ..setup }
    }

    /// What the parts of several profiles can share.
    ///
    /// # Errors
    /// Class `config` when the configuration cannot be read.
    pub fn shared(&self) -> Result<SharedParts> {
        Ok(SharedParts {
            clients: ClientPool::default(),
            config: Some(Arc::clone(self.config()?)),
            logins: Some(self.login_file()?),
        })
    }

    /// The parts of this very run, where no request takes longer than this.
    #[must_use]
    pub fn within(&self, longest: Duration) -> Self {
        let timeout = self.options.timeout.map_or(longest, |timeout| timeout.min(longest));
        let options = Options { timeout: Some(timeout), ..self.options.clone() };
        Self { profile: self.profile.clone(), ..Self::new(self.environment.clone(), options) }
    }

    /// Whether a signal came.
    pub fn interrupt(&self) -> &Interrupt {
        &self.environment.interrupt
    }

    /// An environment variable that is set and not blank.
    ///
    /// # Errors
    /// Class `usage` when its value is not UTF-8.
    pub fn variable(&self, name: &str) -> Result<Option<String>> {
        self.environment.variables.text(name)
    }

    /// The environment variables.
    pub fn variables(&self) -> &Variables {
        &self.environment.variables
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    /// The folders of this user.
    ///
    /// # Errors
    /// Class `config` when there is no home.
    pub fn paths(&self) -> Result<&Paths> {
        match self.paths_if_any()? {
            Some(paths) => Ok(paths),
            None => Err(no_home()),
        }
    }

    /// The same, where there is a home: what is only read needs none.
    ///
    /// # Errors
    /// Class `config` when a variable that names one cannot be used.
    pub(super) fn paths_if_any(&self) -> Result<Option<&Paths>> {
        once(&self.paths, || Paths::find_if_any(&self.environment.variables)).map(Option::as_ref)
    }

    /// The configuration.
    ///
    /// # Errors
    /// Class `config` when it cannot be read or understood.
    pub fn config(&self) -> Result<&Arc<ConfigFile>> {
        once(&self.config, || match &self.shared.config {
            Some(config) => Ok(Arc::clone(config)),
            None => match self.paths_if_any()? {
                Some(paths) => ConfigFile::read(&paths.config_file()).map(Arc::new),
                None => Ok(Arc::new(ConfigFile::none())),
            },
        })
    }

    /// What flags, environment, files and defaults say together.
    ///
    /// # Errors
    /// Class `config` for files that cannot be used.
    pub fn settings(&self) -> Result<&Settings> {
        once(&self.settings, || {
            if let Some(profile) = &self.profile {
                return Settings::for_profile(profile, &provider::catalogue(), self.config()?);
            }
            let asked = AskedSettings {
                provider: self.options.provider.clone(),
                profile: self.options.profile.clone(),
                portal_url: self.options.portal_url.clone(),
                sandbox: if self.options.sandbox {
                    Some(true)
                } else {
                    // A variable that says no is stronger than a profile that says yes.
                    self.variable(env::SANDBOX)?.map(|_| false)
                },
            };
            Settings::resolve(
                asked,
                &provider::catalogue(),
                self.config()?,
                self.environment.working_folder.as_deref(),
            )
        })
    }

    /// Whether the portal inside this program is meant.
    ///
    /// # Errors
    /// As [`Setup::settings`], unless it was asked for by name.
    pub fn is_sandbox(&self) -> Result<bool> {
        Ok(self.options.sandbox || self.settings()?.sandbox)
    }

    /// The system that is meant, once the settings were read.
    pub fn system_if_known(&self) -> Option<System> {
        self.settings.get().map(|settings| settings.system)
    }

    /// What the links begin with that end with this process.
    pub fn lost_pages(&self) -> Option<String> {
        self.portal.get().and_then(PortalTarget::lost_pages)
    }

    /// A client for what is no part of the system: nothing of it is shared with the one of this
    /// run.
    pub fn another_http(&self) -> Http {
        client(&self.environment, &self.options)
    }

    /// The language of notices: that of the profile, or that of the locale.
    ///
    /// # Errors
    /// As [`Setup::settings`].
    pub fn notice_language(&self) -> Result<Language> {
        Ok(self.settings()?.language.unwrap_or_else(|| self.language()))
    }

    /// The language that people here read.
    pub fn language(&self) -> Language {
        let locale = [env::LC_ALL, env::LC_MESSAGES, env::LANG]
            .into_iter()
            .find_map(|name| self.environment.variables.text_or_none(name));
        Language::from_locale(&locale.unwrap_or_default())
    }
}

fn client(environment: &Environment, options: &Options) -> Http {
    let tracer = options.tracer.map(|trace| Rc::new(trace) as Rc<dyn Fn(&str)>);
    Http::new(environment.interrupt.clone(), options.timeout, tracer)
}

/// `get_or_init` for what can fail.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        // It cannot have been filled meanwhile: a setup belongs to one thread.
        let _ = cell.set(make()?);
    }
    cell.get().ok_or_else(|| Failure::internal("a part of the setup was lost"))
}
