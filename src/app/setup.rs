//! Opens what a use case needs: settings, the portal that is meant, its login, the ledger. Each
//! part is made at its first use, so that help and `explain` touch neither disk nor network. Only
//! `cli` holds a [`Setup`]; a use case is handed the parts.

mod embedded;
mod next_steps;
mod place;

use super::readings::ReadingMemory;
use crate::config::paths::Paths;
use crate::config::{AskedSettings, ConfigFile, DEFAULT_PROFILE, Settings};
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::secret::Secret;
use crate::core::signals::Interrupt;
use crate::core::system::System;
use crate::core::target::{PortalTarget, Sources};
use crate::credentials::{CredentialCommand, Session, Store};
use crate::http::{ClientPool, Http};
use crate::ledger::runs::Runs;
use crate::ledger::{self, Ledger};
use crate::provider::ledger::Budget;
use crate::provider::{self, Provider};
use crate::purchase::journal::Spool;
use crate::purchase::key::Surroundings;
use crate::purchase::place::JournalPlace;
use crate::purchase::request::PurchasePlace;
use crate::sandbox;
use crate::store::state::StateStore;
use jiff::Timestamp;
use std::cell::OnceCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use crate::core::dialog::{Report, Silent};
use crate::core::environment::{Environment, Variables};
use std::time::Duration;

/// The longest wait for the answer whether there is a ledger at a server.
const LEDGER_LOOK: Duration = Duration::from_secs(10);

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
    /// The profile that this is for, where the project and the environment do not choose it.
    profile: Option<String>,
    paths: OnceCell<Paths>,
    settings: OnceCell<Settings>,
    http: OnceCell<Http>,
    portal: OnceCell<PortalTarget>,
    store: OnceCell<Store>,
    state: OnceCell<Option<Rc<StateStore>>>,
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
            environment,
            options,
            profile: None,
            paths: OnceCell::new(),
            settings: OnceCell::new(),
            http: OnceCell::new(),
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
        Self { profile: Some(profile), shared, ..Self::new(environment, options) }
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
        Self { shared, ..Self::new(environment, options) }
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

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    /// The folders of this user.
    ///
    /// # Errors
    /// Class `config` when there is no home.
    pub fn paths(&self) -> Result<&Paths> {
        once(&self.paths, || Paths::find(&self.environment.variables))
    }

    /// Where purchases and their locks are kept.
    ///
    /// # Errors
    /// Class `config` when there is no home, or for a `state_url` that cannot be used.
    pub fn journal(&self) -> Result<JournalPlace> {
        let paths = self.paths()?;
        Ok(match self.state_store()? {
            Some(store) => JournalPlace::Shared { store, spool: Spool::new(paths.spool_file()) },
            None => {
                JournalPlace::Files { journal: paths.journal_file(), locks: paths.locks_folder() }
            }
        })
    }

    /// The same; none where there is no home, or that cannot be known.
    pub fn journal_if_any(&self) -> Option<JournalPlace> {
        self.journal().ok()
    }

    /// The store that machines share, where one is named. What is bought in the embedded sandbox is
    /// kept on this machine, as the sandbox is.
    ///
    /// # Errors
    /// Class `config` for a URL or for files that cannot be used.
    pub fn state_store(&self) -> Result<Option<Rc<StateStore>>> {
        once(&self.state, || {
            let url = match self.variable(env::STATE_URL)? {
                Some(url) => Some(url),
                None => self.settings()?.state_url.clone(),
            };
            let Some(url) = url else { return Ok(None) };
            if self.is_sandbox()? {
                return Ok(None);
            }
            StateStore::new(&url, self.options.timeout, self.variables()).map(Some)
        })
        .cloned()
    }

    /// The configuration.
    ///
    /// # Errors
    /// Class `config` when it cannot be read or understood.
    pub fn config(&self) -> Result<&Arc<ConfigFile>> {
        once(&self.config, || match &self.shared.config {
            Some(config) => Ok(Arc::clone(config)),
            None => ConfigFile::read(&self.paths()?.config_file()).map(Arc::new),
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

    /// The one client of this run.
    pub fn http(&self) -> &Http {
        self.http.get_or_init(|| self.another_http().sharing(self.shared.clients.clone()))
    }

    /// A client for what is no part of the system: nothing of it is shared with the one of this
    /// run.
    pub fn another_http(&self) -> Http {
        let tracer = self.options.tracer.map(|trace| Rc::new(trace) as Rc<dyn Fn(&str)>);
        Http::new(self.interrupt().clone(), self.options.timeout, tracer)
    }

    /// The portal that is meant.
    ///
    /// # Errors
    /// Class `config` when its URL or a file that could name it cannot be used, `unsupported` for
    /// a system without one.
    pub fn portal(&self) -> Result<&PortalTarget> {
        once(&self.portal, || {
            let settings = self.settings()?;
            if !settings.system.has_logins() {
                return Err(PortalTarget::none(settings.system));
            }
            if self.is_sandbox()? {
                return self.completed(self.embedded(settings.system)?);
            }
            self.completed(PortalTarget::new(
                settings.system,
                self.sources()?,
                self.options.insecure_http,
            )?)
        })
    }

    /// The portal with the account that is meant at it.
    fn completed(&self, portal: PortalTarget) -> Result<PortalTarget> {
        let variable = |name: &str| self.variable(name);
        place::completed(portal, self.settings()?, &variable, self.options.insecure_http)
    }

    /// The portal of a login that was found elsewhere: its URL stands where that of a stored one
    /// would.
    ///
    /// # Errors
    /// As [`Setup::portal`].
    pub fn portal_of(&self, found_url: &str) -> Result<&PortalTarget> {
        once(&self.portal, || {
            let settings = self.settings()?;
            let sources = Sources { stored: Some(found_url.to_owned()), ..self.named_sources()? };
            PortalTarget::new(settings.system, sources, self.options.insecure_http)
        })
    }

    /// Everywhere that the base URL of the portal can come from. The logins are only read when
    /// nothing stronger is set.
    ///
    /// # Errors
    /// Class `config` when the settings or the logins cannot be used.
    pub fn sources(&self) -> Result<Sources> {
        let settings = self.settings()?;
        let mut sources = self.named_sources()?;
        let named = sources.asked.is_some() || !sources.variables.is_empty();
        // Of a system with two services the stored logins are for both.
        let one_service = settings.system.facts().gateway_url.is_none();
        if !named && one_service && self.given_token()?.is_none() {
            sources.stored = match self.store()?.document() {
                Ok(contents) => contents.latest(settings.system, &settings.profile),
                // No login can be read, so none is used, and `login` has to be able to mend it.
                Err(error) if error.class() == Class::NotLoggedIn => None,
                Err(error) => return Err(error),
            };
        }
        Ok(sources)
    }

    /// The same without what is stored.
    fn named_sources(&self) -> Result<Sources> {
        let settings = self.settings()?;
        let mut sources = Sources {
            asked: settings.portal_url.clone().filter(|url| !url.trim().is_empty()),
            variables: Vec::new(),
            stored: None,
            profile: settings.profile_portal_url.clone(),
            region: place::region(settings)?,
        };
        for name in settings.system.facts().variables {
            sources.variables.extend(self.variable(name)?);
        }
        Ok(sources)
    }

    /// The environment variables.
    pub fn variables(&self) -> &Variables {
        &self.environment.variables
    }

    /// The store of the logins: the file, or the command that the profile names for it.
    ///
    /// # Errors
    /// Class `config` when there is no home, or for settings that cannot be used.
    pub fn store(&self) -> Result<Store> {
        once(&self.store, || {
            if self.is_sandbox()? {
                return self.login_file();
            }
            let settings = self.settings()?;
            match CredentialCommand::of(&settings.credential_command, &settings.profile) {
                Some(command) => {
                    let file = self.paths()?.credentials_file();
                    Ok(Store::kept_by(file, command, self.interrupt()))
                }
                None => self.login_file(),
            }
        })
        .cloned()
    }

    /// The file of the logins.
    fn login_file(&self) -> Result<Store> {
        match &self.shared.logins {
            Some(store) => Ok(store.clone()),
            None => Ok(Store::new(self.paths()?.credentials_file())),
        }
    }

    /// The token from the environment. It belongs to a portal out there: the embedded sandbox
    /// never sees it.
    ///
    /// # Errors
    /// Class `usage` when it cannot be a token.
    pub fn given_token(&self) -> Result<Option<Secret>> {
        let Some(text) = self.variable(env::TOKEN)? else { return Ok(None) };
        if self.is_sandbox()? {
            return Ok(None);
        }
        let token = Secret::new(text.trim());
        if let Some(file) = &self.settings()?.redirected_by_project {
            // It is bound to no place: where it goes is not for a repository to choose.
            return Err(Failure::config(format!(
                "{} is not sent where {} chose to go",
                env::TOKEN,
                file.display()
            ))
            .hint("Name the place yourself, with --provider, --profile or --portal-url."));
        }
        if token.is_sendable() {
            return Ok(Some(token));
        }
        Err(Failure::usage(format!("{} does not hold a token", env::TOKEN))
            .hint("A token is one word of visible ASCII characters."))
    }

    /// The login of the portal, in use.
    ///
    /// # Errors
    /// As [`Setup::portal`], and class `usage` for a token in the environment that is none.
    pub fn session(&self) -> Result<Session<'_>> {
        // From here on somebody may be waited for: who is interrupted then still answers.
        self.interrupt().install()?;
        let portal = self.portal()?;
        Ok(Session::new(
            self.http(),
            self.interrupt(),
            portal,
            self.store()?,
            &self.settings()?.profile,
            self.given_token()?,
        )
        .with_usual(place::usual_key(portal, self.settings()?, &|name| self.variable(name))?)
        .with_clock(Arc::clone(&self.environment.clock)))
    }

    /// The login that shows the account, in use: that of the second service, where the balance is
    /// read at one.
    ///
    /// # Errors
    /// As [`Setup::session`].
    pub fn account_session(&self) -> Result<Session<'_>> {
        let session = self.session()?;
        Ok(session.at_gateway().unwrap_or(session))
    }

    /// Where what was read last of the account is remembered, and the host that reports it; none
    /// for one that is on this machine.
    ///
    /// # Errors
    /// As [`Setup::portal`].
    pub fn reading_memory(&self) -> Result<Option<(ReadingMemory, String)>> {
        let settings = self.settings()?;
        if !settings.system.has_logins() {
            return Ok(None);
        }
        let portal = self.portal()?;
        let mut words = vec![settings.system.name(), &portal.identity, &settings.profile];
        for (key, value) in &portal.account {
            words.extend([*key, value.as_str()]);
        }
        let memory = ReadingMemory::new(&self.paths()?.readings_folder(), &words);
        Ok(Some((memory, portal.gateway.as_deref().unwrap_or(portal).host())))
    }

    /// The system that is meant.
    ///
    /// # Errors
    /// As [`Setup::session`].
    pub fn provider(&self) -> Result<Box<dyn Provider + '_>> {
        let settings = self.settings()?;
        if settings.system != provider::LEDGER {
            return provider::connect(self.session()?, &self.environment);
        }
        let mandate = match self.variable(env::LEDGER_MANDATE)? {
            Some(named) => Some(named),
            None => settings.mandate.clone(),
        };
        Ok(Box::new(Budget::new(
            self.ledger(&Silent)?,
            mandate,
            self.variable(env::LEDGER_USER)?,
            settings.profile_portal_url.clone(),
            self.is_sandbox()?,
        )))
    }

    /// Whether the profile or the environment vouches that only this journal buys for the account.
    ///
    /// # Errors
    /// As [`Setup::settings`].
    pub fn sole_buyer(&self) -> Result<bool> {
        match self.variable(env::SOLE_BUYER)? {
            Some(set) => Ok(env::means_on(&set)),
            None => Ok(self.settings()?.sole_buyer),
        }
    }

    /// What the CI system says about this run.
    ///
    /// # Errors
    /// Class `usage` for a variable whose value is not UTF-8.
    pub fn surroundings(&self) -> Result<Surroundings> {
        Ok(Surroundings {
            ci: self.variable(env::CI)?.is_some(),
            run_attempt: self.variable(env::GITHUB_RUN_ATTEMPT)?,
            run_id: self.variable(env::GITHUB_RUN_ID)?,
            pipeline_created: self.variable(env::PIPELINE_CREATED)?,
            pipeline_id: self.variable(env::PIPELINE_ID)?,
        })
    }

    /// Where a purchase of this run is made.
    ///
    /// # Errors
    /// As [`Setup::portal`].
    pub fn place(&self) -> Result<PurchasePlace> {
        let portal = self.portal()?;
        let base = if portal.sandbox { portal.identity.clone() } else { portal.shown() };
        Ok(PurchasePlace {
            system: portal.system,
            origin: portal.identity.clone(),
            profile: self.settings()?.profile.clone(),
            base_url: base,
        })
    }

    /// When the login ends, where the system has logins.
    ///
    /// # Errors
    /// As [`Setup::session`].
    pub fn login_ends(&self) -> Result<Option<Timestamp>> {
        if !self.settings()?.system.has_logins() {
            return Ok(None);
        }
        self.session()?.ends()
    }

    /// The prepaid ledger. What runs cost whose watchers were killed is recorded
    /// first, unless it can only be read.
    ///
    /// # Errors
    /// Class `config` when it cannot be used, `network` or `timeout` when its server cannot be
    /// reached.
    pub fn ledger(&self, report: &dyn Report) -> Result<Ledger> {
        let variables = &self.environment.variables;
        let (url, file) = self.ledger_place()?;
        let mut ledger = ledger::open(url.as_deref(), &file, self.ledger_timeout()?, variables)?;
        if !ledger.is_read_only() {
            for settled in self.runs()?.settle(&mut ledger)? {
                report.note(&settled.description().into());
            }
        }
        Ok(ledger)
    }

    /// The prepaid ledger, where there is one; nothing is made and nothing recorded.
    ///
    /// # Errors
    /// As [`Setup::ledger`].
    pub fn ledger_if_there(&self) -> Result<Option<Ledger>> {
        let (url, file) = self.ledger_place()?;
        let longest = self.ledger_timeout()?;
        let asked = longest.unwrap_or(LEDGER_LOOK);
        let variables = &self.environment.variables;
        match ledger::look(url.as_deref(), &file, Some(asked), variables)? {
            Some(look) if look.is_there => {
                ledger::open(url.as_deref(), &file, longest, variables).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Where the ledger is: what names it, and the file that is meant where nothing does.
    fn ledger_place(&self) -> Result<(Option<String>, PathBuf)> {
        if self.is_sandbox()? {
            return Ok((None, self.paths()?.sandbox_ledger_file()));
        }
        let url = match self.variable(env::LEDGER_URL)? {
            Some(url) => Some(url),
            None => self.settings()?.ledger_url.clone(),
        };
        Ok((url, self.paths()?.ledger_file()))
    }

    /// The longest wait for the server of a ledger, where one was named for this run.
    fn ledger_timeout(&self) -> Result<Option<Duration>> {
        Ok(if self.is_sandbox()? { None } else { self.options.timeout })
    }

    /// The files of what the ledger runs now.
    ///
    /// # Errors
    /// Class `config` when there is no home.
    pub fn runs(&self) -> Result<Runs> {
        Ok(Runs::in_folder(self.paths()?.runs_folder()))
    }

    /// The language that people here read.
    pub fn language(&self) -> Language {
        let locale = [env::LC_ALL, env::LC_MESSAGES, env::LANG]
            .into_iter()
            .find_map(|name| self.environment.variables.text_or_none(name));
        Language::from_locale(&locale.unwrap_or_default())
    }
}

/// `get_or_init` for what can fail.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        // It cannot have been filled meanwhile: a setup belongs to one thread.
        let _ = cell.set(make()?);
    }
    cell.get().ok_or_else(|| Failure::internal("a part of the setup was lost"))
}
