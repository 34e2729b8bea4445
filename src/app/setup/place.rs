//! Which account of a system is meant, beside its base URL, and the key that a usual variable holds
//! for it: what a profile and the environment say together.

use super::Setup;
use crate::app::buying::site::Site;
use crate::config::Settings;
use crate::core::base_url::base_url;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::target::PortalTarget;

/// Reads a variable; none where it is not set or blank.
pub type PlaceVariable<'a> = &'a dyn Fn(&str) -> Result<Option<String>>;

/// The base URL of the region that the profile names, where the system has regions.
///
/// # Errors
/// Class `config` for a region that the system does not have.
pub fn region(settings: &Settings) -> Result<Option<String>> {
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
                .hint(format!("There are: {}.", words.join(", "))))
        }
    }
}

/// The portal with what says which account is meant at it.
///
/// # Errors
/// Class `config` for a URL that cannot be used, `usage` for a variable that is no text.
pub fn completed(
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
pub fn usual_key(
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
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !name.is_empty() && name.bytes().all(plain) && !name.as_bytes()[0].is_ascii_digit() {
        return Ok(name);
    }
    Err(Failure::config(format!(
        "token_variable: '{}' is no name of a variable",
        name.escape_debug()
    ))
    .hint("Write the name alone, such as AI_GATEWAY_API_KEY; the key itself stays in it."))
}

impl Setup {
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
