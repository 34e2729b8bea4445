//! What `doctor` looks at on the way to the system and at its end: clock, proxy, trust, whether
//! somebody answers, and whether the login is accepted. One request, bounded, with the token as it
//! is: nothing is renewed.

use super::{Check, Round};
use crate::cli::invocation::Invocation;
use crate::config::keys::SettingSource;
use crate::core::base_url::is_loopback;
use crate::core::class::Class;
use crate::core::duration;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::secret::Secret;
use crate::core::system::System;
use crate::core::target::{self, PortalTarget, Sources};
use crate::credentials::{Keeper, Key, Login, Session, Store, Token, ending_soon};
use crate::http::proxies::{ProxyRoute, way};
use crate::http::{Bearer, Response};
use crate::provider;
use crate::sandbox::{self, Contract, store};
use jiff::{SignedDuration, Timestamp};
use std::fs;
use std::net::ToSocketAddrs;
use std::path::Path;
use url::{Host, Url};

/// Nobody's clock is older than this program.
const FIRST_RELEASE: i64 = 1_760_000_000;
/// Nor this far ahead of it, in seconds.
const A_LIFETIME: i64 = 50 * 366 * 86_400;
/// How far two clocks may be apart without anybody having to look.
const CLOSE: SignedDuration = SignedDuration::from_mins(1);
/// From here on certificates and keys are judged wrongly.
const FAR: SignedDuration = SignedDuration::from_hours(1);

/// What is known of the portal before anybody asks it.
enum Place {
    /// Where it is.
    Portal(PortalTarget),
    /// Inside this program.
    Sandbox,
    /// It is a ledger.
    None,
}

/// The checks of the way and of its end.
pub fn all(round: &Round<'_>) -> Vec<Check> {
    let place = match place(round.invocation) {
        Ok(place) => place,
        Err(error) => {
            let skipped = |name| Check::skipped(name, "it is not known where the portal is");
            return vec![
                clock(round, None),
                skipped("proxy"),
                skipped("trust"),
                Check::of("portal", &error),
                skipped("login"),
            ];
        }
    };
    let portal = match place {
        Place::Portal(portal) => portal,
        Place::Sandbox => {
            let inside = |name, told: &str| Check::ok(name, told);
            return vec![
                clock(round, None),
                inside("proxy", "none is used: the sandbox is inside this program"),
                inside("trust", "nothing has to be trusted"),
                sandbox(round),
                login_inside(round),
            ];
        }
        Place::None => {
            let told = "the ledger has no portal and no login";
            return vec![
                clock(round, None),
                Check::ok("proxy", told),
                Check::ok("trust", told),
                Check::ok("portal", told),
                Check::ok("login", told),
            ];
        }
    };
    let held = Held::of(round);
    if uses_ledger_alone(round, &held) {
        let told = "the prepaid ledger is used here, and no system";
        return vec![
            clock(round, None),
            Check::ok("proxy", told),
            Check::ok("trust", told),
            Check::skipped("portal", told),
            Check::skipped("login", format!("{told}; 'topup login' is for {}", portal.host())),
        ];
    }
    let asked = (!round.offline).then(|| ask(round, &portal, held.token()));
    let answer = asked.as_ref().and_then(|asked| asked.as_ref().ok());
    vec![
        clock(round, answer.and_then(|answer| answer.date)),
        proxy(&portal.base),
        trust(round, &portal.base),
        reached(round, &portal, asked.as_ref()),
        login(round, &portal, &held, answer),
    ]
}

/// Whether the ledger is all that is used here: there is one, and neither a login nor a setting
/// names a system.
fn uses_ledger_alone(round: &Round<'_>, held: &Held) -> bool {
    let Ok(settings) = round.invocation.setup.settings() else { return false };
    let is_left_open = |key| matches!(settings.effective(key).1, SettingSource::Default);
    let has_no_login = round
        .contents
        .as_ref()
        .is_some_and(|contents| contents.logins.is_empty() && contents.hermes.is_empty());
    let asked = round.invocation.globals.portal_url.is_some();
    matches!(held, Held::None(None))
        && has_no_login
        && !asked
        && is_left_open("provider")
        && is_left_open("portal_url")
        && super::books::has_ledger(round)
}

/// The login at the portal inside this program: that one is made by itself, once.
fn login_inside(round: &Round<'_>) -> Check {
    const NAME: &str = "login";
    let invocation = round.invocation;
    let (Ok(paths), Ok(settings)) = (invocation.setup.paths(), invocation.setup.settings()) else {
        return Check::skipped(NAME, "the settings that say which one is meant cannot be used");
    };
    let (file, system) = (paths.sandbox_file(), settings.system);
    let Some(instance) = store::instance(&file) else {
        return Check::ok(NAME, "the sandbox makes its own at its first use");
    };
    let key = Key {
        provider: system,
        profile: settings.profile.clone(),
        portal: target::sandbox_identity(&instance),
    };
    let is_held = round.contents.as_ref().is_some_and(|contents| contents.login(&key).is_some());
    let was_made = Contract::named(system.name())
        .is_some_and(|contract| sandbox::was_claimed(&file, contract, &settings.profile));
    if is_held || !was_made {
        let told = if is_held { "that of the sandbox" } else { "the sandbox makes its own" };
        return Check::ok(NAME, told);
    }
    Check::wrong(NAME, Class::NotLoggedIn, "the one at the sandbox was forgotten")
        .fix(target::login_command(system, false))
}

/// The state of the portal inside this program.
fn sandbox(round: &Round<'_>) -> Check {
    const NAME: &str = "portal";
    let Ok(paths) = round.invocation.setup.paths() else {
        return Check::skipped(NAME, "there is no place for the sandbox");
    };
    let file = paths.sandbox_file();
    match round.bounded(move || store::look(&file)).and_then(|looked| looked) {
        Ok(_) => Check::ok(NAME, "the sandbox inside this program: nothing of it is real money"),
        Err(error) => Check::of(NAME, &error),
    }
}

/// Where the portal is; without settings as far as it is known without them.
fn place(invocation: &Invocation) -> Result<Place> {
    if invocation.setup.is_sandbox().unwrap_or(invocation.globals.sandbox) {
        return Ok(Place::Sandbox);
    }
    let system = match invocation.setup.settings() {
        Ok(settings) => settings.system,
        Err(_) => {
            let named = invocation.globals.provider.as_deref().and_then(provider::find);
            named.unwrap_or(provider::NOUS)
        }
    };
    if !system.has_logins() {
        return Ok(Place::None);
    }
    if invocation.setup.settings().is_ok() {
        return match invocation.setup.portal() {
            // The one that shows the account is asked.
            Ok(portal) => Ok(Place::Portal(portal.gateway.as_deref().unwrap_or(portal).clone())),
            // Logins that cannot be read were told; the portal may be reached all the same.
            Err(_) => Ok(Place::Portal(bare_portal(invocation, system)?)),
        };
    }
    Ok(Place::Portal(bare_portal(invocation, system)?))
}

fn bare_portal(invocation: &Invocation, system: System) -> Result<PortalTarget> {
    let mut variables = Vec::new();
    for name in system.facts().variables {
        variables.extend(invocation.setup.variable(name)?);
    }
    let profile =
        invocation.setup.settings().ok().and_then(|found| found.profile_portal_url.clone());
    let asked = invocation.globals.portal_url.clone();
    let sources = Sources { asked, variables, profile, ..Sources::default() };
    PortalTarget::new(system, sources, invocation.globals.insecure_http)
}

/// The clock, against the portal's where it told the time.
fn clock(round: &Round<'_>, theirs: Option<Timestamp>) -> Check {
    judge_clock(round.invocation.setup.now(), theirs)
}

fn judge_clock(ours: Timestamp, theirs: Option<Timestamp>) -> Check {
    const NAME: &str = "clock";
    const MEND: &str = "sudo timedatectl set-ntp true";
    let wrong = |why: String| Check::wrong(NAME, Class::Config, why).fix(MEND);
    let shown = ours.strftime("%Y-%m-%d %H:%M:%S UTC");
    let seconds = ours.as_second();
    if !(FIRST_RELEASE..FIRST_RELEASE + A_LIFETIME).contains(&seconds) {
        return wrong(format!(
            "it says {shown}: certificates and the age of keys are judged by it"
        ));
    }
    let Some(theirs) = theirs else {
        return Check::ok(NAME, format!("{shown}, not compared with a server"));
    };
    let apart = ours.duration_since(theirs);
    let told = duration::show(apart.unsigned_abs());
    let way = if apart.is_negative() { "behind" } else { "ahead of" };
    match apart.abs() {
        near if near <= CLOSE => Check::ok(NAME, format!("{shown}, as the portal's")),
        far if far < FAR => {
            Check::warning(NAME, format!("it is {told} {way} the portal's")).fix(MEND)
        }
        _ => wrong(format!("it is {told} {way} the portal's: the age of keys is judged by it")),
    }
}

fn proxy(base: &Url) -> Check {
    const NAME: &str = "proxy";
    match way(base) {
        ProxyRoute::Direct if is_loopback(base) => {
            Check::ok(NAME, "none: the portal is on this machine")
        }
        ProxyRoute::Direct => Check::ok(NAME, "none is named"),
        ProxyRoute::Proxy { shown, variable, has_exceptions } => {
            let but = if has_exceptions { ", unless NO_PROXY excepts the portal" } else { "" };
            Check::ok(NAME, format!("{shown}, from {variable}{but}"))
        }
        ProxyRoute::Broken(variable) => {
            let why = format!("the value of {variable} is no proxy: nothing is sent");
            Check::wrong(NAME, Class::Config, why).fix(format!("unset {variable}"))
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
fn trust(round: &Round<'_>, base: &Url) -> Check {
    const NAME: &str = "trust";
    if base.scheme() != "https" {
        return Check::ok(NAME, "no certificate is needed for plain http");
    }
    for name in [env::SSL_CERT_FILE, env::SSL_CERT_DIR] {
        let Ok(Some(value)) = round.invocation.setup.variable(name) else { continue };
        let path = Path::new(&value).to_owned();
        let found = round.bounded(move || count_certificates(&path));
        return match found {
            Ok(Ok(0)) => {
                Check::wrong(NAME, Class::Tls, format!("no certificate is in {value} ({name})"))
                    .fix(format!("unset {name}"))
            }
            Ok(Ok(count)) => {
                Check::ok(NAME, format!("{count} certificates in {value}, from {name}"))
            }
            Ok(Err(cause)) => {
                Check::wrong(NAME, Class::Tls, format!("{value} ({name}) cannot be read: {cause}"))
                    .fix(format!("unset {name}"))
            }
            Err(error) => Check::of(NAME, &error),
        };
    }
    if !cfg!(target_os = "linux") {
        return Check::ok(NAME, "the certificates of the system");
    }
    match ROOTS.iter().find(|place| Path::new(place).exists()) {
        Some(place) => Check::ok(NAME, format!("the certificates of the system, {place}")),
        None => Check::wrong(NAME, Class::Tls, "this system has no certificates to trust")
            .fix("sudo apt-get install ca-certificates"),
    }
}

/// The certificates in a file, or the files in a folder.
fn count_certificates(path: &Path) -> std::io::Result<usize> {
    if path.is_dir() {
        return Ok(fs::read_dir(path)?.count());
    }
    let text = fs::read(path)?;
    let mark = b"-----BEGIN CERTIFICATE-----";
    Ok(text.windows(mark.len()).filter(|part| part == mark).count())
}

/// One request: the first that a look at the account makes, with the token where there is one.
fn ask(round: &Round<'_>, portal: &PortalTarget, token: Option<&Secret>) -> Result<Response> {
    let invocation = round.invocation;
    let left = round.left();
    if let Some(Host::Domain(name)) = portal.base.host()
        && !is_loopback(&portal.base)
        && way(&portal.base) == ProxyRoute::Direct
    {
        // A proxy looks names up by itself.
        let (name, port) = (name.to_owned(), portal.base.port_or_known_default().unwrap_or(443));
        let host = name.clone();
        round.bounded(move || (name, port).to_socket_addrs().map(|_| ()))?.map_err(|cause| {
            Failure::new(Class::Network, format!("the name {host} cannot be looked up: {cause}"))
                .because(anyhow::Error::new(cause))
                .hint(format!("getent hosts {host}"))
        })?;
    }
    let (http, interrupt) = (invocation.setup.http(), invocation.setup.interrupt());
    // Nothing is kept and nothing is renewed by this one: it has no logins.
    let nowhere = Store::new(Path::new("/dev/null/none").to_owned());
    let session = Session::new(http, interrupt, portal, nowhere, "", None);
    let provider = provider::connect(session, &round.invocation.setup.environment)?;
    let (request, presented) = provider
        .first_look()
        .ok_or_else(|| Failure::internal("a system with a portal has nothing to look at"))?;
    let bearer = token.map(|token| Bearer { token, home: &portal.base, presented });
    Ok(http.send(request.deadline(left).at_most(left), bearer)?)
}

/// Whether the system itself answered.
fn reached(round: &Round<'_>, portal: &PortalTarget, asked: Option<&Result<Response>>) -> Check {
    const NAME: &str = "portal";
    let shown = portal.shown();
    let again = || format!("curl -sSI {shown}");
    let Some(asked) = asked else {
        return Check::skipped(NAME, format!("{shown} is not asked: --offline"));
    };
    let told = match asked {
        Err(error) => {
            let check = Check::of(NAME, error);
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
    if told.is_page() || told.status == 404 || (300..400).contains(&told.status) {
        let why = format!(
            "something answered at {shown} (HTTP {}), but not the billing system",
            told.status
        );
        let portal_is_typed = round.invocation.globals.portal_url.is_some();
        let mend = if portal_is_typed { again() } else { "topup config get portal_url".to_owned() };
        return Check::wrong(NAME, Class::EndpointUnavailable, why).fix(mend);
    }
    if told.status >= 500 {
        let why = format!("{shown} has a trouble of its own (HTTP {})", told.status);
        // Nothing here mends it.
        return Check::wrong(NAME, Class::ServerError, why);
    }
    Check::ok(NAME, format!("{shown} answers"))
}

/// The token that would be used.
enum Held {
    /// From the environment.
    Given(Token),
    /// From this variable of the system.
    Variable(Token, String),
    /// Stored.
    Stored(Box<Login>),
    /// None, or none that can be used.
    None(Option<Failure>),
}

impl Held {
    fn of(round: &Round<'_>) -> Self {
        match round.invocation.setup.given_token() {
            Ok(Some(secret)) => return Self::Given(Token::new(secret)),
            Ok(None) => {}
            Err(error) => return Self::None(Some(error)),
        }
        if round.contents.is_none() || round.invocation.setup.settings().is_err() {
            return Self::None(None);
        }
        // Wherever it lives, at Hermes as well: reading it takes no lock and writes nothing.
        let session = match round.invocation.setup.account_session() {
            Ok(session) => session,
            Err(error) => return Self::None(Some(error)),
        };
        match session.login() {
            Ok(Some(login)) => Self::Stored(Box::new(login)),
            Ok(None) => match session.usual() {
                Ok(Some((token, name))) => Self::Variable(token.clone(), name.to_owned()),
                _ => Self::None(None),
            },
            Err(error) => Self::None(Some(error)),
        }
    }

    /// The secret, where it has not run out.
    fn token(&self) -> Option<&Secret> {
        let now = Timestamp::now();
        let alive = |ends: Option<Timestamp>| ends.is_none_or(|ends| ends > now);
        match self {
            Self::Given(token) | Self::Variable(token, _) if alive(token.expires_at) => {
                Some(&token.secret)
            }
            Self::Stored(login) if alive(login.token().expires_at) => Some(&login.access_token),
            _ => None,
        }
    }
}

fn login(
    round: &Round<'_>,
    portal: &PortalTarget,
    held: &Held,
    answer: Option<&Response>,
) -> Check {
    const NAME: &str = "login";
    let again = |message: &str| {
        Check::wrong(NAME, Class::NotLoggedIn, message).fix(portal.login_command(false))
    };
    let now = round.invocation.setup.now();
    let refused = answer.is_some_and(|answer| answer.status == 401);
    match held {
        Held::None(Some(error)) => Check::of(NAME, error),
        Held::None(None) if round.invocation.setup.settings().is_err() => {
            Check::skipped(NAME, "the settings that say which one is meant cannot be used")
        }
        Held::None(None) if round.contents.is_none() => {
            Check::skipped(NAME, "the logins could not be read")
        }
        Held::None(None) => again(&format!("there is none at {}", portal.host())),
        Held::Variable(_, name) if refused => again(&format!("the key in {name} was not accepted")),
        Held::Variable(_, name) => Check::ok(NAME, format!("the key in {name}")),
        Held::Given(token) => {
            let over = token.expires_at.is_some_and(|ends| ends <= now);
            if over || refused {
                let why = if over { "has run out" } else { "was not accepted" };
                return Check::wrong(
                    NAME,
                    Class::NotLoggedIn,
                    format!("the token in {} {why}", env::TOKEN),
                )
                .fix(format!("unset {}", env::TOKEN));
            }
            Check::ok(NAME, format!("the token in {}{}", env::TOKEN, told_of(token)))
        }
        Held::Stored(login) => {
            let again = |message: &str| {
                let check = again(message);
                match &login.keeper {
                    Keeper::Hermes(_) => check.fix("hermes auth add nous"),
                    Keeper::Brv(_) => check.fix("brv login"),
                    Keeper::Topup => check,
                }
            };
            let (token, ends) = (login.token(), login.ends());
            let survives = login.survives_its_token(portal.system);
            let over = token.expires_at.is_some_and(|end| end <= now);
            if ends.is_some_and(|end| end <= now) {
                return again("it has run out: a login lasts 30 days");
            }
            if (over || refused) && !survives {
                return again(if over { "it has run out" } else { "it is no longer accepted" });
            }
            let mut told = told_of(&token);
            match &login.keeper {
                Keeper::Hermes(_) => told.push_str(", the login of Hermes"),
                Keeper::Brv(_) => told.push_str(", the login of brv"),
                Keeper::Topup => {}
            }
            if over || refused {
                told.push_str(", and is renewed by the next command");
            }
            if let Some(ends) = ends {
                told.push_str(&format!(", ends for good on {}", ends.strftime("%Y-%m-%d")));
            }
            if ending_soon(ends, now).is_some() {
                return Check::warning(NAME, format!("it ends soon{told}"))
                    .fix(portal.login_command(false));
            }
            Check::ok(NAME, format!("at {}{told}", portal.host()))
        }
    }
}

/// Whose it is, what it may do, until when.
fn told_of(token: &Token) -> String {
    let mut told = String::new();
    if let Some(subject) = &token.subject {
        told.push_str(&format!(" of {subject}"));
    }
    if let Some(organisation) = &token.organisation {
        told.push_str(&format!(" for {organisation}"));
    }
    match token.may_spend() {
        Some(true) => told.push_str(", may spend"),
        Some(false) => {
            told.push_str(", may look but not spend ('topup login --step-up' asks for it)");
        }
        None => {}
    }
    if let Some(ends) = token.expires_at {
        told.push_str(&format!(", access token until {}", ends.strftime("%Y-%m-%d %H:%M UTC")));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn clocks_that_are_apart_are_judged_by_how_far() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().expect("a time");
        let judged = |seconds: i64| {
            judge_clock(now, now.checked_add(SignedDuration::from_secs(seconds)).ok()).status
        };
        for (seconds, status) in [
            (0, Status::Ok),
            (-59, Status::Ok),
            (300, Status::Warning),
            (-300, Status::Warning),
            (7_200, Status::Wrong),
            (-86_400, Status::Wrong),
        ] {
            assert_eq!(judged(seconds), status, "{seconds}");
        }
        assert_eq!(judge_clock(Timestamp::UNIX_EPOCH, None).status, Status::Wrong);
        let far: Timestamp = "2127-01-01T00:00:00Z".parse().expect("a time");
        assert_eq!(judge_clock(far, None).status, Status::Wrong);
        assert_eq!(judge_clock(now, None).status, Status::Ok);
    }
}
