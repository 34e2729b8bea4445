//! The portal of a run: its base URL, and the identity that logins and purchases are bound to.

use super::command::{Command, TargetFlags};
use super::system::{System, WayIn};
use crate::core::class::{Class, Recovery};
use crate::core::failure::{Failure, Result};
use crate::core::link;
use url::Url;

/// What the identity of an embedded sandbox starts with. No origin does.
const SANDBOX_PREFIX: &str = "sandbox:";

/// The identity of the embedded sandbox with this state.
pub fn sandbox_identity(instance: &str) -> String {
    format!("{SANDBOX_PREFIX}{instance}")
}

/// The command that makes a login at this system.
pub fn login_command(system: System, spending: bool) -> Command {
    let way_in = system.facts().way_in;
    let mut command = Command::new(way_in.words().split(' '));
    if spending && way_in == WayIn::Page {
        command.push("--step-up");
    }
    command
}

/// Whether an identity is that of an embedded sandbox.
pub fn is_sandbox(identity: &str) -> bool {
    identity.starts_with(SANDBOX_PREFIX)
}

/// One portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalTarget {
    /// The system it speaks for.
    pub system: System,
    /// Every path hangs off this; no trailing slash but the root's own.
    pub base: Url,
    /// The origin of the base URL, as ASCII. For the embedded sandbox `sandbox:<uuid>`: its port
    /// is another one in every run, and it stays the same portal all the same.
    pub identity: String,
    /// The portal inside this program: no real money.
    pub sandbox: bool,
    /// What selects the account, and how its answer is to be read, by the key of the
    /// profile.
    pub account: Vec<(&'static str, String)>,
    /// The second service of the system, where it has one: its keys are its own.
    pub gateway: Option<Box<PortalTarget>>,
}

/// Everywhere that a base URL can come from, strongest first. Blank text counts as not set.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--portal-url` or `TOPUP_PORTAL_URL`.
    pub asked: Option<String>,
    /// The variables that clients of this system know, strongest first.
    pub variables: Vec<String>,
    /// Stored with the login. A token from the environment has no stored home.
    pub stored: Option<String>,
    /// `portal_url` of the profile.
    pub profile: Option<String>,
    /// The base URL of the region that the profile names.
    pub region: Option<String>,
}

/// A login of an agent is not to be shown to the billing system behind it. Contract: ciris.
fn check_not_the_backend(system: System, base: &Url) -> Result<()> {
    let host = base.host_str().unwrap_or_default().trim_end_matches('.');
    if !system.facts().backends.iter().any(|backend| is_below(host, backend)) {
        return Ok(());
    }
    Err(Failure::config(format!("{host} is the billing system that agents talk to, not an agent"))
        .hint("Name the agent itself, as in --portal-url http://localhost:8080."))
}

/// Whether a host is the one of this pattern, or below it; `#` stands for any number or for none.
fn is_below(host: &str, pattern: &str) -> bool {
    let is_one = |label: &str, pattern: &str| match pattern.split_once('#') {
        None => label == pattern,
        Some((before, after)) => label
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())),
    };
    let (mut host, mut pattern) = (host.rsplit('.'), pattern.rsplit('.'));
    pattern.all(|pattern| host.next().is_some_and(|label| is_one(label, pattern)))
}

impl PortalTarget {
    /// The portal of a system that these sources name. Contract: nous, ciris, byterover; base URL.
    ///
    /// # Errors
    /// Class `config` when the URL cannot be used, `unsupported` for a system without a portal.
    pub fn new(system: System, sources: Sources, insecure_http: bool) -> Result<Self> {
        let Sources { asked, variables, stored, profile, region } = sources;
        let url = asked
            .into_iter()
            .chain(variables)
            .chain(stored)
            .chain(profile)
            .chain(region)
            .find(|url| !url.trim().is_empty())
            .or_else(|| system.facts().usual_url.map(str::to_owned))
            .ok_or_else(|| Self::none(system))?;
        let base = crate::core::base_url::base_url(&url, insecure_http)?;
        check_not_the_backend(system, &base)?;
        Ok(Self::at(base, system))
    }

    /// Class `config` for a system whose place has to be named, `unsupported` for one that has
    /// none.
    pub fn none(system: System) -> Failure {
        if system.has_logins() {
            let message = format!("{} has no default base URL: name one", system.title());
            let error = Failure::config(message).hint(
                "Set it with 'topup config set portal_url URL', or name it with --portal-url.",
            );
            return match system.facts().variables.first() {
                Some(variable) => error.hint(format!("The variable {variable} does the same.")),
                None => error,
            };
        }
        let message = format!("{} has no portal to log in at", system.title());
        Failure::new(Class::Unsupported, message).hint("'topup help ledger' shows what it offers.")
    }

    /// The portal at a base URL that was checked.
    pub fn at(base: Url, system: System) -> Self {
        let identity = base.origin().ascii_serialization();
        Self { system, base, identity, sandbox: false, account: Vec::new(), gateway: None }
    }

    /// The sandbox inside this program, at the port it got.
    pub fn embedded(base: Url, system: System, instance: &str) -> Self {
        let identity = sandbox_identity(instance);
        Self { system, base, identity, sandbox: true, account: Vec::new(), gateway: None }
    }

    /// What the profile or a variable says under this key about the account.
    pub fn account_value(&self, key: &str) -> Option<&str> {
        self.account.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str())
    }

    /// The host, as people compare it with what their browser shows.
    pub fn host(&self) -> String {
        match (self.base.host_str(), self.base.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => self.identity.clone(),
        }
    }

    /// The host in a sentence. The port of the embedded sandbox is that of this run alone.
    pub fn place(&self) -> String {
        if self.sandbox { "the sandbox".to_owned() } else { self.host() }
    }

    /// A page of the embedded sandbox at the port that it has in this run; any other as it is.
    pub fn here(&self, page: &str) -> String {
        let Some(given) = Url::parse(page).ok().filter(|_| self.sandbox) else {
            return page.to_owned();
        };
        let mut here = self.base.clone();
        here.set_path(given.path());
        here.set_query(given.query());
        here.into()
    }

    /// What the links of the embedded sandbox begin with, which end with this process.
    pub fn lost_pages(&self) -> Option<String> {
        self.sandbox.then(|| format!("{}/", self.shown()))
    }

    /// A failure without the pages of the embedded sandbox, which end with this process: the command
    /// that serves them stands in their place. One of another portal as it is.
    #[must_use]
    pub fn without_lost_pages(&self, mut failure: Failure) -> Failure {
        let Some(pages) = self.lost_pages() else { return failure };
        let parts = failure.parts_mut();
        for value in parts.details.values_mut().chain(parts.data.values_mut()) {
            link::leave_out(value, &pages);
        }
        if parts.portal_url.take().is_none() {
            return failure;
        }
        for hint in &mut parts.hints {
            *hint = std::mem::take(hint).without_link("a page of the sandbox");
        }
        // To wait is all that helps there.
        if parts.recovery != Some(Recovery::RetryLater) {
            if parts.hints.is_empty() {
                parts.hints.push(parts.class.row().todo.into());
            }
            parts.hints.push("'topup sandbox serve' shows the pages of the sandbox.".into());
        }
        failure
    }

    /// The base URL as documents and tables write it: no trailing slash.
    pub fn shown(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }

    /// The command that makes a login here: with permission to spend, where that is asked for by
    /// itself.
    pub fn login_command(&self, spending: bool) -> Command {
        login_command(self.system, spending)
    }

    /// What commands mean that are about this portal and no other.
    pub fn flags(&self) -> TargetFlags {
        TargetFlags {
            sandbox: self.sandbox,
            approves_login: self.sandbox && self.system.facts().way_in == WayIn::Page,
            ..TargetFlags::default()
        }
    }

    /// The command that asks for permission to spend, where logins have permissions.
    pub fn step_up_command(&self) -> Option<Command> {
        (self.system.facts().way_in == WayIn::Page).then(|| self.login_command(true))
    }

    /// Whether it is one's own, which may be asked as often as one likes: it runs on this machine
    /// and has no provider behind it.
    pub fn is_ones_own(&self) -> bool {
        self.sandbox
            || (self.system.facts().backends.is_empty()
                && crate::core::base_url::is_loopback(&self.base))
    }

    /// The absolute URL of a path below the base.
    pub fn url(&self, segments: &[&str]) -> Url {
        crate::core::base_url::below(&self.base, segments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_the_rule_of_its_names() {
        for (host, is_one) in [
            ("billing.ciris.ai", true),
            ("eu.billing.ciris.ai", true),
            ("billing1.ciris-services-1.ai", true),
            ("billing12.ciris-services-23.ai", true),
            ("billingx.ciris-services-1.ai", false),
            ("billing.ciris.ai.example", false),
            ("agents.ciris.ai", false),
            ("ciris.ai", false),
            ("xbilling.ciris.ai", false),
        ] {
            let patterns = ["billing#.ciris.ai", "billing#.ciris-services-#.ai"];
            assert_eq!(patterns.iter().any(|one| is_below(host, one)), is_one, "{host}");
        }
    }

    #[test]
    fn the_first_source_that_is_set_and_not_blank_wins() {
        let all = || Sources {
            asked: Some("https://asked.example/".into()),
            variables: vec!["https://hermes.example".into(), "https://nous.example".into()],
            stored: Some("https://stored.example".into()),
            profile: Some("https://profile.example".into()),
            region: None,
        };
        let mut sources = all();
        let mut seen = Vec::new();
        for blank in 0..6 {
            let portal =
                PortalTarget::new(crate::provider::NOUS, sources.clone(), false).expect("a portal");
            seen.push(portal.identity);
            let place = match blank {
                0 => &mut sources.asked,
                1 | 2 => {
                    sources.variables[blank - 1] = "  ".to_owned();
                    continue;
                }
                3 => &mut sources.stored,
                _ => &mut sources.profile,
            };
            *place = (blank % 2 == 0).then(|| "  ".to_owned());
        }
        assert_eq!(
            seen,
            [
                "https://asked.example",
                "https://hermes.example",
                "https://nous.example",
                "https://stored.example",
                "https://profile.example",
                "https://portal.nousresearch.com",
            ]
        );
    }

    #[test]
    fn every_system_but_the_ledger_has_a_usual_place() {
        for (system, identity) in [
            (crate::provider::CIRIS, "http://localhost:8080"),
            (crate::provider::BYTEROVER, "https://v3-billing.byterover.dev"),
        ] {
            let portal = PortalTarget::new(system, Sources::default(), false).expect("a portal");
            assert_eq!((portal.identity.as_str(), portal.system), (identity, system));
        }
        let refused = PortalTarget::new(crate::provider::LEDGER, Sources::default(), false)
            .expect_err("none");
        assert_eq!(refused.class(), Class::Unsupported);
    }

    #[test]
    fn the_billing_system_behind_agents_is_no_agent() {
        let at = |url: &str, system| {
            let sources = Sources { asked: Some(url.to_owned()), ..Sources::default() };
            PortalTarget::new(system, sources, false).map(|_| ())
        };
        for behind in [
            "https://billing.ciris.ai",
            "https://BILLING.CIRIS.AI./v1",
            "https://eu.billing.ciris.ai:8443",
        ] {
            let refused = at(behind, crate::provider::CIRIS).expect_err("refused");
            assert_eq!(refused.class(), Class::Config, "{behind}");
        }
        assert!(at("https://agents.ciris.ai", crate::provider::CIRIS).is_ok());
        assert!(at("https://notbilling.ciris.ai", crate::provider::CIRIS).is_ok());
        assert!(at("https://billing.ciris.ai", crate::provider::NOUS).is_ok());
    }

    #[test]
    fn the_identity_is_the_origin_and_a_sandbox_keeps_its_own() {
        let base = |text| crate::core::base_url::base_url(text, false).expect("a base URL");
        let portal =
            PortalTarget::at(base("https://Portal.Example:443/x//"), crate::provider::NOUS);
        assert_eq!(portal.identity, "https://portal.example");
        assert_eq!(portal.url(&["billing"]).as_str(), "https://portal.example/x/billing");
        let one = PortalTarget::embedded(base("http://127.0.0.1:4000"), crate::provider::NOUS, "7");
        let two = PortalTarget::embedded(base("http://127.0.0.1:5000"), crate::provider::NOUS, "7");
        assert_eq!(one.identity, two.identity);
        assert_eq!(
            one.login_command(true).shown_at(&one.flags()),
            "topup --sandbox login --step-up --approve"
        );
        assert_eq!(portal.login_command(false).shown_at(&portal.flags()), "topup login");
        assert_eq!(
            (portal.shown(), one.shown()),
            ("https://portal.example/x".to_owned(), "http://127.0.0.1:4000".to_owned(),)
        );
    }
}
