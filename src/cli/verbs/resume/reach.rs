//! Goes to the places of purchases: each gets a setup of its own, with the profile and the login that
//! belong to it. A token from the environment is bound to the portal of the run and goes nowhere else.

use crate::app::buying::Buying;
use crate::app::buying::site::Site;
use crate::app::resume::{Reach, Reached};
use crate::app::setup::{Options, Setup};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::opening::{self, PURCHASES};
use crate::core::dialog::Silent;
use crate::core::env;
use crate::core::environment::Environment;
use crate::core::failure::{Failure, Result};
use crate::core::target;
use crate::sandbox::store;

/// The places, as this run can go to them.
pub struct Places<'a>(pub &'a Invocation);

impl Reach for Places<'_> {
    fn at(&self, site: &Site, act: &mut dyn FnMut(&Buying<'_>)) -> Result<Reached> {
        let invocation = self.0;
        if self.is_own(site) {
            opening::buying(invocation, PURCHASES, |buying| {
                act(buying);
                Ok(())
            })?;
            return Ok(Reached::There);
        }
        if site.is_sandbox() && !self.is_present_sandbox(site)? {
            return Ok(Reached::Gone);
        }
        let setup = self.setup_for(site)?;
        opening::buying_at(invocation, &setup, &Silent, PURCHASES, |buying| {
            act(buying);
            Ok(())
        })?;
        Ok(Reached::There)
    }

    fn aimed(&self, site: &Site, failure: Failure) -> Failure {
        if self.is_own(site) {
            return failure;
        }
        let mut failure = failure;
        let target = site.target();
        for hint in &mut failure.parts_mut().hints {
            *hint = std::mem::take(hint).aimed(&target);
        }
        failure
    }
}

impl Places<'_> {
    /// Whether this run means that place, and its own setup goes there.
    fn is_own(&self, site: &Site) -> bool {
        let setup = &self.0.setup;
        let Ok(place) = setup.place() else { return false };
        site.system == place.system
            && site.origin == place.origin
            && site.base_url.as_ref().is_none_or(|base| *base == place.base_url)
            && site.profile.as_ref().is_none_or(|profile| *profile == place.profile)
    }

    /// Whether a place is that of the flags of this run; without any, every place is.
    pub fn is_meant(&self, site: &Site) -> bool {
        self.0.setup.means(site)
    }

    /// Refuses a flag that means a system without purchases.
    ///
    /// # Errors
    /// Class `unsupported`, and whatever keeps the settings from being known.
    pub fn check(&self) -> Result<()> {
        let setup = &self.0.setup;
        // A name that is mistyped is an error, and no place without purchases.
        setup.settings()?;
        let options = &setup.options;
        let is_narrow = options.sandbox
            || options.provider.is_some()
            || options.profile.is_some()
            || options.portal_url.is_some();
        if !is_narrow {
            return Ok(());
        }
        let provider = setup.provider()?;
        match provider.charges() {
            Some(_) => Ok(()),
            None => Err(provider.unsupported(PURCHASES.what, PURCHASES.page)),
        }
    }

    fn is_present_sandbox(&self, site: &Site) -> Result<bool> {
        let instance = store::instance(&self.0.setup.paths()?.sandbox_file());
        Ok(instance.is_some_and(|it| target::sandbox_identity(&it) == site.origin))
    }

    /// The parts of a run that means that place.
    fn setup_for(&self, site: &Site) -> Result<Setup> {
        let options = Options {
            provider: Some(site.system.name().to_owned()),
            ..self.0.setup.options.clone()
        };
        if site.is_sandbox() {
            let (profile, portal_url) = (site.profile.clone(), None);
            let options = Options { sandbox: true, profile, portal_url, ..options };
            return Ok(Setup::new(self.environment(), options));
        }
        let options = Options { sandbox: false, ..options };
        if site.profile.is_some() {
            let profile = site.profile.clone();
            let portal_url = Some(site.place().to_owned());
            return Ok(Setup::new(self.environment(), Options { profile, portal_url, ..options }));
        }
        self.of_an_old_row(site, &options)
    }

    /// Where the journal has not kept the profile: the one whose portal it is, else the login that is
    /// stored for it.
    fn of_an_old_row(&self, site: &Site, options: &Options) -> Result<Setup> {
        let own = &self.0.setup;
        let shared = own.shared()?;
        for profile in own.config()?.profiles() {
            let setup = Setup::for_profile(self.environment(), options, profile, shared.clone());
            let is_it = setup
                .place()
                .is_ok_and(|place| place.origin == site.origin && place.system == site.system);
            if is_it {
                return Ok(setup);
            }
        }
        let stored = own.store().and_then(|store| store.read()).ok();
        let login = stored.and_then(|contents| {
            contents
                .logins
                .into_iter()
                .find(|login| login.provider == site.system.name() && login.portal == site.origin)
        });
        let (profile, portal_url) = match login {
            Some(login) => (Some(login.profile), login.portal_url),
            None => (None, site.place().to_owned()),
        };
        let options = Options { profile, portal_url: Some(portal_url), ..options.clone() };
        Ok(Setup::new(self.environment(), options))
    }

    /// What is around, without what belongs to the place of this run.
    fn environment(&self) -> Environment {
        let environment = self.0.setup.environment.clone();
        let variables = environment.variables.without(&[
            env::TOKEN,
            env::PROVIDER,
            env::PROFILE,
            env::PORTAL_URL,
            env::SANDBOX,
        ]);
        Environment { variables, ..environment }
    }
}
