//! The portal that is meant: its base URL, which account of its system is meant, and the key that a
//! usual variable holds for it, by what flags, variables, logins and the profile say together.

use super::{Setup, once};
use crate::app::buying::site::Site;
use crate::config::Settings;
use crate::core::base_url::base_url;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::target::{PortalTarget, Sources};
use crate::purchase::request::PurchasePlace;

impl Setup {
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
        completed(portal, self.settings()?, &variable, self.options.insecure_http)
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
            region: region(settings)?,
        };
        for name in settings.system.facts().variables {
            sources.variables.extend(self.variable(name)?);
        }
        Ok(sources)
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

    /// Whether a place is that of the flags of this run; without any, every place is.
    pub fn means(&self, site: &Site) -> bool {
        let setup = self;
        let options = &setup.options;
        if options.provider.as_deref().is_some_and(|name| name != site.system.name()) {
            return false;
        }
        if options.sandbox {
            return site.is_sandbox()
                && setup.portal().is_ok_and(|here| here.identity == site.origin);
        }
        let is_profile = options.profile.as_ref().is_none_or(|profile| match &site.profile {
            Some(of_site) => of_site == profile,
            // The journal has not kept it: the portal of the profile decides.
            None => setup.portal().is_ok_and(|here| here.identity == site.origin),
        });
        let is_portal = options.portal_url.is_none()
            || setup.place().is_ok_and(|here| {
                here.origin == site.origin
                    && site.base_url.as_ref().is_none_or(|base| *base == here.base_url)
            });
        is_profile && is_portal
    }
}

/// Reads a variable; none where it is not set or blank.
pub(super) type PlaceVariable<'a> = &'a dyn Fn(&str) -> Result<Option<String>>;

/// The base URL of the region that the profile names, where the system has regions.
///
/// # Errors
/// Class `config` for a region that the system does not have.
fn region(settings: &Settings) -> Result<Option<String>> {
    let regions = settings.system.facts().regions;
    let Some(named) = settings.effective("region").0.filter(|_| !regions.is_empty()) else {
        return Ok(None);
    };
    match regions.iter().find(|(word, _)| *word == named) {
        Some((_, url)) => Ok(Some((*url).to_owned())),
        None => {
            let words: Vec<&str> = regions.iter().map(|(word, _)| *word).collect();
            let title = settings.system.title();
            Err(Failure::config(format!("region: {title} has no '{}'", named.escape_debug()))
                .hint(format!("Available: {}.", words.join(", "))))
        }
    }
}

/// The portal with what says which account is meant at it.
///
/// # Errors
/// Class `config` for a URL that cannot be used, `usage` for a variable that is no text.
fn completed(
    portal: PortalTarget,
    settings: &Settings,
    variable: PlaceVariable<'_>,
    insecure_http: bool,
) -> Result<PortalTarget> {
    let mut portal = portal;
    let facts = portal.system.facts();
    for known in facts.account_keys {
        let mut value = None;
        for name in known.variables {
            value = value.or(variable(name)?);
        }
        if let Some(value) = value.or_else(|| settings.effective(known.key).0) {
            portal.account.push((known.key, value.trim().to_owned()));
        }
    }
    let Some(usual) = facts.gateway_url else { return Ok(portal) };
    if portal.sandbox {
        let gateway = portal.clone();
        portal.gateway = Some(Box::new(gateway));
        return Ok(portal);
    }
    let named = match variable(env::GATEWAY_URL)? {
        Some(url) => Some(url),
        None => settings.effective("gateway_url").0,
    };
    // A stand-in for the one service says nothing about the other: a key for it stays here then.
    let is_usual = facts.usual_url.is_some_and(|usual| portal.shown() == usual);
    let url = named.or_else(|| is_usual.then(|| usual.to_owned()));
    portal.gateway = match url {
        Some(url) => {
            let gateway = PortalTarget::at(base_url(&url, insecure_http)?, portal.system);
            Some(Box::new(PortalTarget { account: portal.account.clone(), ..gateway }))
        }
        None => None,
    };
    Ok(portal)
}

/// The key in a variable that is this system's alone, or in the one that the profile names, and the
/// name of that variable.
///
/// # Errors
/// Class `usage` for a value that can be no key, `config` for a name that can be no variable.
pub(super) fn usual_key(
    portal: &PortalTarget,
    settings: &Settings,
    variable: PlaceVariable<'_>,
) -> Result<Option<(Secret, String)>> {
    if portal.sandbox {
        return Ok(None);
    }
    let facts = portal.system.facts();
    // A repository may choose the system, and never where a key goes.
    let (place, usual) = match facts.gateway_url {
        Some(usual) => (portal.gateway.as_deref(), Some(usual)),
        None => (Some(portal), facts.usual_url),
    };
    let is_usual = usual.is_some_and(|usual| place.is_some_and(|place| place.shown() == usual));
    if settings.redirected_by_project.is_some() && !is_usual {
        return Ok(None);
    }
    let named = settings.effective("token_variable").0;
    let names: Vec<String> = match named {
        Some(name) => vec![checked_name(name)?],
        None => facts.key_variables.iter().map(|name| (*name).to_owned()).collect(),
    };
    for name in names {
        let Some(value) = variable(&name)? else { continue };
        let key = Secret::new(value.trim());
        if !key.is_sendable() {
            return Err(Failure::usage(format!("{name} does not hold a key"))
                .hint("A key is one word of visible ASCII characters."));
        }
        return Ok(Some((key, name)));
    }
    Ok(None)
}

fn checked_name(name: String) -> Result<String> {
    if env::is_name(&name) {
        return Ok(name);
    }
    // It may be the key itself, which no message shows.
    Err(Failure::config("token_variable: its value is not the name of a variable")
        .hint("Write the name alone, such as AI_GATEWAY_API_KEY; the key itself stays in it."))
}
