//! What `doctor` checks on the way to the system and at its end: clock, proxy, trust, whether
//! somebody answers, and whether the login is accepted. One request, bounded, with the token as it
//! is: nothing is renewed.

use super::checkup::{Checkup, HealthCheck};
use super::login::{TokenInUse, login};
use crate::app::setup::Setup;
use crate::config::keys::SettingSource;
use crate::core::base_url::is_loopback;
use crate::core::class::Class;
use crate::core::counted::counted;
use crate::core::duration;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::system::System;
use crate::core::target::{self, PortalTarget, Sources};
use crate::core::trust::{NamedCertificates, named};
use crate::credentials::{Key, Session, Store};
use crate::http::proxies::{ProxyRoute, way};

use crate::http::{Bearer, Response};
use crate::provider::{self, Finding};
use crate::sandbox::{self, Contract, store};
use jiff::{SignedDuration, Timestamp};
use std::net::ToSocketAddrs;
use std::path::Path;
use url::{Host, Url};

/// No clock that is right is older than this program.
const FIRST_RELEASE: i64 = 1_760_000_000;
/// Nor this far ahead of it, in seconds.
const A_LIFETIME: i64 = 50 * 366 * 86_400;
/// How far two clocks may be apart without anybody having to look.
const CLOSE: SignedDuration = SignedDuration::from_mins(1);
/// From here on certificates and keys are judged wrongly.
const FAR: SignedDuration = SignedDuration::from_hours(1);

/// What is known of the portal before anybody asks it.
enum PortalPlace {
    /// Where it is.
    Portal(PortalTarget),
    /// Inside this program.
    Sandbox,
    /// It is a ledger.
    None,
}

/// The checks of the way and of its end.
pub fn all(round: &Checkup<'_>) -> Vec<HealthCheck> {
    let place = match place(round.setup) {
        Ok(place) => place,
        Err(error) => {
            let skipped = |name| HealthCheck::skipped(name, "the URL of the portal is not known");
            return vec![
                clock(round, None),
                skipped("proxy"),
                skipped("trust"),
                HealthCheck::from_failure("portal", &error),
                skipped("login"),
                skipped("system"),
            ];
        }
    };
    let portal = match place {
        PortalPlace::Portal(portal) => portal,
        PortalPlace::Sandbox => {
            let inside = |name, line: &str| HealthCheck::ok(name, line);
            return vec![
                clock(round, None),
                inside("proxy", "not used: the sandbox is inside this program"),
                inside("trust", "no certificate is needed"),
                sandbox(round),
                login_inside(round),
                inside("system", "the sandbox answers for every system"),
            ];
        }
        PortalPlace::None => {
            let line = "the ledger has no portal and no login";
            return vec![
                clock(round, None),
                HealthCheck::ok("proxy", line),
                HealthCheck::ok("trust", line),
                HealthCheck::ok("portal", line),
                HealthCheck::ok("login", line),
                HealthCheck::ok("system", line),
            ];
        }
    };
    let held = TokenInUse::find(round);
    if uses_ledger_alone(round, &held) {
        let line = "the prepaid ledger is used here, and no billing system";
        return vec![
            clock(round, None),
            HealthCheck::ok("proxy", line),
            HealthCheck::ok("trust", line),
            HealthCheck::skipped("portal", line),
            HealthCheck::skipped(
                "login",
                format!("{line}; 'topup login' is for {}", portal.host()),
            ),
            HealthCheck::skipped("system", line),
        ];
    }
    let asked = (!round.offline).then(|| ask(round, &portal, held.token(round.setup.now())));
    let answer = asked.as_ref().and_then(|asked| asked.as_ref().ok());
    vec![
        clock(round, answer.and_then(|answer| answer.date)),
        proxy(&portal.base),
        trust(round, &portal.base),
        reached(round, &portal, asked.as_ref()),
        login(round, &portal, &held, answer),
        peculiar(round, answer.is_some()),
    ]
}

/// Whether the ledger is all that is used here: there is one, and neither a login nor a setting
/// names a system.
fn uses_ledger_alone(round: &Checkup<'_>, held: &TokenInUse) -> bool {
    let Ok(settings) = round.setup.settings() else { return false };
    let is_left_open = |key| matches!(settings.effective(key).1, SettingSource::Default);
    let has_no_login = round
        .contents
        .as_ref()
        .is_some_and(|contents| contents.logins.is_empty() && contents.hermes.is_empty());
    let asked = round.setup.options.portal_url.is_some();
    matches!(held, TokenInUse::None(None))
        && has_no_login
        && !asked
        && is_left_open("provider")
        && is_left_open("portal_url")
        && super::books::has_ledger(round)
}

/// What can be wrong at this system alone: the worst of it decides, and the rest is shown beside it.
fn peculiar(round: &Checkup<'_>, asks: bool) -> HealthCheck {
    const NAME: &str = "system";
    let Ok(provider) = round.setup.provider() else {
        return HealthCheck::skipped(NAME, "the billing system is not known");
    };
    judge_findings(provider.findings(asks && !round.offline), provider.system())
}

fn judge_findings(findings: Vec<Finding>, system: System) -> HealthCheck {
    const NAME: &str = "system";
    let (mut fine, mut doubts) = (Vec::new(), Vec::new());
    for finding in findings {
        match finding {
            Finding::Trouble(failure) => return HealthCheck::from_failure(NAME, &failure),
            Finding::Doubt(message, mend) => doubts.push((message, mend)),
            Finding::Fine(message) => fine.push(message),
        }
    }
    let Some((_, mend)) = doubts.first() else {
        if fine.is_empty() {
            fine.push(format!("no known problem at {}", system.title()));
        }
        return HealthCheck::ok(NAME, fine.join("; "));
    };
    let mend = *mend;
    let lines: Vec<String> = doubts.into_iter().map(|(message, _)| message).collect();
    HealthCheck::warning(NAME, lines.join("; ")).fix(mend)
}

/// The login at the portal inside this program: that one is made by itself, once.
fn login_inside(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "login";
    let (Ok(paths), Ok(settings)) = (round.setup.paths(), round.setup.settings()) else {
        return HealthCheck::skipped(NAME, "the settings that choose the login cannot be used");
    };
    let (file, system) = (paths.sandbox_file(), settings.system);
    let Some(instance) = store::instance(&file) else {
        return HealthCheck::ok(NAME, "the sandbox makes its own at its first use");
    };
    let key = Key {
        provider: system,
        profile: settings.profile.clone(),
        portal: target::sandbox_identity(&instance),
    };
    let Some(is_held) = round.contents.as_ref().map(|all| all.login(&key).is_some()) else {
        return HealthCheck::skipped(NAME, "the logins could not be read");
    };
    let was_made = Contract::named(system.name())
        .is_some_and(|contract| sandbox::was_claimed(&file, contract, &settings.profile));
    if is_held || !was_made {
        let line = if is_held { "the login of the sandbox" } else { "the sandbox makes its own" };
        return HealthCheck::ok(NAME, line);
    }
    HealthCheck::wrong(NAME, Class::NotLoggedIn, "the login at the sandbox was removed")
        .fix(target::login_command(system, false))
}

/// The state of the portal inside this program.
fn sandbox(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "portal";
    let Ok(paths) = round.setup.paths() else {
        return HealthCheck::skipped(NAME, "there is no place for the sandbox");
    };
    let file = paths.sandbox_file();
    match round.bounded(move || store::look(&file)).and_then(|looked| looked) {
        Ok(_) => HealthCheck::ok(NAME, "the sandbox inside this program: no real money"),
        Err(error) => HealthCheck::from_failure(NAME, &error),
    }
}

/// Where the portal is; without settings as far as it is known without them.
fn place(setup: &Setup) -> Result<PortalPlace> {
    if setup.is_sandbox().unwrap_or(setup.options.sandbox) {
        return Ok(PortalPlace::Sandbox);
    }
    let system = match setup.settings() {
        Ok(settings) => settings.system,
        Err(_) => {
            let named = setup.options.provider.as_deref().and_then(provider::find);
            named.unwrap_or(provider::NOUS)
        }
    };
    if !system.has_logins() {
        return Ok(PortalPlace::None);
    }
    if setup.settings().is_ok() {
        return match setup.portal() {
            // The one that shows the account is asked.
            Ok(portal) => {
                Ok(PortalPlace::Portal(portal.gateway.as_deref().unwrap_or(portal).clone()))
            }
            // Logins that cannot be read are reported elsewhere; the portal may be reached all the same.
            Err(_) => Ok(PortalPlace::Portal(bare_portal(setup, system)?)),
        };
    }
    Ok(PortalPlace::Portal(bare_portal(setup, system)?))
}

fn bare_portal(setup: &Setup, system: System) -> Result<PortalTarget> {
    let mut variables = Vec::new();
    for name in system.facts().variables {
        variables.extend(setup.variable(name)?);
    }
    let profile = setup.settings().ok().and_then(|found| found.profile_portal_url.clone());
    let asked = setup.options.portal_url.clone();
    let sources = Sources { asked, variables, profile, ..Sources::default() };
    PortalTarget::new(system, sources, setup.options.insecure_http)
}

/// The clock, compared with the portal's where an answer stated it.
fn clock(round: &Checkup<'_>, theirs: Option<Timestamp>) -> HealthCheck {
    judge_clock(round.setup.now(), theirs)
}

fn judge_clock(ours: Timestamp, theirs: Option<Timestamp>) -> HealthCheck {
    const NAME: &str = "clock";
    const MEND: &str = "sudo timedatectl set-ntp true";
    let wrong = |why: String| HealthCheck::wrong(NAME, Class::Config, why).fix(MEND);
    let shown = ours.strftime("%Y-%m-%d %H:%M:%S UTC");
    let seconds = ours.as_second();
    if !(FIRST_RELEASE..FIRST_RELEASE + A_LIFETIME).contains(&seconds) {
        return wrong(format!("it says {shown}: set it right, certificates and keys depend on it"));
    }
    let Some(theirs) = theirs else {
        return HealthCheck::ok(NAME, format!("{shown}, not compared with a server"));
    };
    let apart = ours.duration_since(theirs);
    let line = duration::show(apart.unsigned_abs());
    let way = if apart.is_negative() { "behind" } else { "ahead of" };
    match apart.abs() {
        near if near <= CLOSE => {
            HealthCheck::ok(NAME, format!("{shown}, the same as the portal's"))
        }
        far if far < FAR => {
            HealthCheck::warning(NAME, format!("it is {line} {way} the portal's")).fix(MEND)
        }
        _ => wrong(format!(
            "it is {line} {way} the portal's: set it right, the age of keys depends on it"
        )),
    }
}

fn proxy(base: &Url) -> HealthCheck {
    const NAME: &str = "proxy";
    match way(base) {
        ProxyRoute::Direct if is_loopback(base) => {
            HealthCheck::ok(NAME, "none: the portal is on this machine")
        }
        ProxyRoute::Direct => HealthCheck::ok(NAME, "none is set"),
        ProxyRoute::Proxy { shown, variable, has_exceptions } => {
            let but = if has_exceptions { ", unless NO_PROXY excepts the portal" } else { "" };
            HealthCheck::ok(NAME, format!("{shown}, from {variable}{but}"))
        }
        ProxyRoute::Broken(variable) => {
            let why = format!("the value of {variable} is not a proxy: nothing is sent");
            HealthCheck::wrong(NAME, Class::Config, why).fix(format!("unset {variable}"))
        }
    }
}

/// Where systems keep the certificates that they trust.
const ROOTS: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/certs",
];

/// Whose word is taken for the portal's certificate.
fn trust(round: &Checkup<'_>, base: &Url) -> HealthCheck {
    const NAME: &str = "trust";
    if base.scheme() != "https" {
        return HealthCheck::ok(NAME, "no certificate is needed for plain http");
    }
    let set = [env::SSL_CERT_FILE, env::SSL_CERT_DIR]
        .map(|name| (name, round.setup.variable(name).unwrap_or_default()));
    if set.iter().any(|(_, value)| value.is_some()) {
        let [(_, file), (_, folders)] = set.clone();
        let found = round.bounded(move || named(file.as_deref(), folders.as_deref()));
        return match found {
            Ok(found) => judge_trust(&set, &found),
            Err(error) => HealthCheck::from_failure(NAME, &error),
        };
    }
    if !cfg!(target_os = "linux") {
        return HealthCheck::ok(NAME, "the certificates of the system");
    }
    match ROOTS.iter().find(|place| Path::new(place).exists()) {
        Some(place) => HealthCheck::ok(NAME, format!("the certificates of the system, {place}")),
        None => HealthCheck::wrong(NAME, Class::Tls, "this system has no certificates to trust")
            .fix("sudo apt-get install ca-certificates"),
    }
}

/// The certificates that the variables name.
fn judge_trust(set: &[(&str, Option<String>)], found: &NamedCertificates) -> HealthCheck {
    const NAME: &str = "trust";
    let set = || set.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    let names: Vec<&str> = set().map(|(name, _)| name).collect();
    let places: Vec<&str> = set().map(|(_, value)| value).collect();
    let (names, places) = (names.join(" and "), places.join(" and "));
    let mend = format!("unset {}", names.replace(" and ", " "));
    let cannot = found.errors.first();
    match (found.usable, cannot) {
        (0, Some(cause)) => {
            let why = format!("nothing is trusted: {cause} (from {names})");
            HealthCheck::wrong(NAME, Class::Tls, why).fix(mend)
        }
        (0, None) => {
            let why = format!("no certificate is in {places} ({names})");
            HealthCheck::wrong(NAME, Class::Tls, why).fix(mend)
        }
        (count, cannot) => {
            let line = format!("{} in {places}, from {names}", counted(count, "certificate"));
            match cannot {
                Some(cause) => HealthCheck::warning(NAME, format!("{line}; {cause}")).fix(mend),
                None => HealthCheck::ok(NAME, line),
            }
        }
    }
}

/// One request: the first that a look at the account makes, with the token where there is one.
fn ask(round: &Checkup<'_>, portal: &PortalTarget, token: Option<&Secret>) -> Result<Response> {
    let setup = round.setup;
    let left = round.left();
    if let Some(Host::Domain(name)) = portal.base.host()
        && !is_loopback(&portal.base)
        && way(&portal.base) == ProxyRoute::Direct
    {
        // A proxy resolves names by itself.
        let (name, port) = (name.to_owned(), portal.base.port_or_known_default().unwrap_or(443));
        let host = name.clone();
        round.bounded(move || (name, port).to_socket_addrs().map(|_| ()))?.map_err(|cause| {
            Failure::new(Class::Network, format!("the name {host} cannot be looked up: {cause}"))
                .because(anyhow::Error::new(cause))
                .hint(format!("getent hosts {host}"))
        })?;
    }
    let (http, interrupt) = (&setup.http, setup.interrupt());
    // Nothing is kept and nothing is renewed by this one: it has no logins.
    let nowhere = Store::new(Path::new("/dev/null/none").to_owned());
    let session = Session::new(http, interrupt, portal, nowhere, "", None);
    let provider = provider::connect(session, &round.setup.environment)?;
    let (request, presented) = provider
        .first_look()
        .ok_or_else(|| Failure::internal("a system with a portal has nothing to look at"))?;
    let bearer = token.map(|token| Bearer { token, home: &portal.base, presented });
    Ok(http.send(request.deadline(left).at_most(left), bearer)?)
}

/// Whether the system itself answered.
fn reached(
    round: &Checkup<'_>,
    portal: &PortalTarget,
    asked: Option<&Result<Response>>,
) -> HealthCheck {
    const NAME: &str = "portal";
    let shown = portal.shown();
    let again = || format!("curl -sSI {shown}");
    let Some(asked) = asked else {
        return HealthCheck::skipped(NAME, format!("{shown} is not asked: --offline"));
    };
    let answer = match asked {
        Err(error) => {
            let check = HealthCheck::from_failure(NAME, error);
            return match error.class() {
                Class::Network if !error.parts().hints.is_empty() => {
                    let hints: Vec<String> =
                        error.parts().hints.iter().map(ToString::to_string).collect();
                    check.fix(hints.join(" "))
                }
                Class::Network | Class::Timeout | Class::Tls => check.fix(again()),
                _ => check,
            };
        }
        Ok(answer) => answer,
    };
    if answer.is_page() || answer.status == 404 || (300..400).contains(&answer.status) {
        let why = format!(
            "something answered at {shown} (HTTP {}), but not the billing system",
            answer.status
        );
        let portal_is_typed = round.setup.options.portal_url.is_some();
        let mend = if portal_is_typed { again() } else { "topup config get portal_url".to_owned() };
        return HealthCheck::wrong(NAME, Class::EndpointUnavailable, why).fix(mend);
    }
    if answer.status >= 500 {
        let why = format!("{shown} has a server error (HTTP {})", answer.status);
        // Nothing here mends it.
        return HealthCheck::wrong(NAME, Class::ServerError, why);
    }
    HealthCheck::ok(NAME, format!("{shown} answers"))
}

#[cfg(test)]
mod tests {
    use super::super::checkup::CheckStatus;
    use super::*;

    #[test]
    fn the_worst_of_what_is_peculiar_to_a_system_decides() {
        let judged = |findings| judge_findings(findings, provider::BYTEROVER);
        let fine = || Finding::Fine("the project has pinned no team".into());
        let doubt = || Finding::Doubt("brv uses the provider x".into(), "brv restart");
        let none = judged(Vec::new());
        assert_eq!(none.status, CheckStatus::Ok);
        assert!(none.message.contains("ByteRover"), "{}", none.message);
        assert_eq!(judged(vec![fine()]).status, CheckStatus::Ok);
        let doubted = judged(vec![fine(), doubt()]);
        assert_eq!(doubted.status, CheckStatus::Warning);
        assert_eq!(doubted.fix.expect("a line").to_string(), "brv restart");
        let trouble = Finding::Trouble(Failure::config("the pin makes no sense").hint("Mend it."));
        let wrong = judged(vec![doubt(), trouble]);
        assert_eq!((wrong.status, wrong.class), (CheckStatus::Wrong, Some(Class::Config)));
    }

    #[test]
    fn both_variables_of_trust_are_judged_together() {
        let judged = |file: Option<&str>, folder: Option<&str>, usable, errors: &[&str]| {
            let set = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder)];
            let set = set.map(|(name, value)| (name, value.map(str::to_owned)));
            let errors = errors.iter().map(|error| (*error).to_owned()).collect();
            let check = judge_trust(&set, &NamedCertificates { usable, errors });
            (check.status, check.message)
        };
        let (status, message) = judged(Some("/f"), Some("/d"), 3, &[]);
        assert_eq!(status, CheckStatus::Ok);
        assert_eq!(message, "3 certificates in /f and /d, from SSL_CERT_FILE and SSL_CERT_DIR");
        let (status, message) = judged(Some("/f"), Some("/d"), 1, &["/f is not there"]);
        assert_eq!(status, CheckStatus::Warning);
        assert!(message.ends_with("; /f is not there"), "{message}");
        for errors in [&[][..], &["/d is not there"]] {
            let (status, message) = judged(None, Some("/d"), 0, errors);
            assert_eq!(status, CheckStatus::Wrong);
            assert!(message.contains("SSL_CERT_DIR") && !message.contains("FILE"), "{message}");
        }
    }

    #[test]
    fn clocks_that_are_apart_are_judged_by_how_far() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
        let judged = |seconds: i64| {
            judge_clock(now, now.checked_add(SignedDuration::from_secs(seconds)).ok()).status
        };
        for (seconds, status) in [
            (0, CheckStatus::Ok),
            (-59, CheckStatus::Ok),
            (300, CheckStatus::Warning),
            (-300, CheckStatus::Warning),
            (7_200, CheckStatus::Wrong),
            (-86_400, CheckStatus::Wrong),
        ] {
            assert_eq!(judged(seconds), status, "{seconds}");
        }
        assert_eq!(judge_clock(Timestamp::UNIX_EPOCH, None).status, CheckStatus::Wrong);
        let far: Timestamp = "2127-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(judge_clock(far, None).status, CheckStatus::Wrong);
        assert_eq!(judge_clock(now, None).status, CheckStatus::Ok);
    }
}
