//! Promise: the billing service of the real brv works at the sandbox as its daemon builds it; what
//! brv says who pays, `topup state` says too, or says why it is not known; and the pin that either of
//! them writes is read by both, with all that others keep in that file.

use super::{Conversation, Peer};
use crate::support::{Server, User, at_once};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// A machine with both programs, a project, and the service that they are logged in at.
struct BrvMachine {
    brv: Conversation,
    user: User,
    keeper: User,
    _server: Server,
    _peer: Peer,
}

impl BrvMachine {
    /// `None` where brv is not installed.
    fn new() -> Option<Self> {
        let peer = Peer::find("byterover")?;
        let server = Server::start(&[]);
        let mut command = peer.node(include_str!("brv_billing.mjs"));
        let user = User::new()
            .with("TOPUP_PROVIDER", "byterover")
            .with("TOPUP_PORTAL_URL", &server.url)
            .with("TOPUP_TOKEN", &server.session_key)
            .with_brv();
        user.make_project("");
        command.arg(&server.url).env("HOME", user.home());
        let mut brv = Conversation::start(command);
        brv.ask(&json!({"login": server.session_key}));
        Some(Self { brv, user, keeper: server.keeper(), _server: server, _peer: peer })
    }

    /// What the daemon of brv answers to its clients.
    fn ask(&mut self, event: &str) -> Value {
        let project = self.user.home();
        self.brv.ask(&json!({"event": event, "project": project}))
    }

    /// Pins these in brv, one after another, and gives what is pinned then.
    fn pin_in_brv(&mut self, pins: &[Option<&str>]) -> Value {
        let project = self.user.home();
        self.brv.ask(&json!({"pins": pins, "project": project}))["pinned"].take()
    }

    fn data(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        self.user.run(&arguments).code(0).json()["data"].take()
    }

    fn pin_file(&self) -> PathBuf {
        self.user.file(".brv/brv-provider.json")
    }
}

/// What the user has: the settings of the service, the pin, the provider that brv uses; how the line
/// of `brv status` begins, and the `source` of `topup state`.
type PotCase =
    (&'static [&'static str], Option<&'static str>, &'static str, &'static str, &'static str);

const CASES: &[PotCase] = &[
    (&["teams=Solo:PRO:2000:1900"], None, "byterover", "Billing: Solo (100 credits, PRO)", "paid"),
    (
        &["teams=Solo:TEAM:9000:0.5:trial"],
        None,
        "byterover",
        "Billing: Solo (8,999.5 credits",
        "paid",
    ),
    (&["teams=Solo:PRO:100:100"], None, "byterover", "Billing: Solo (0 credits, PRO)", "paid"),
    (
        &["teams=Solo:PRO:100:1:inactive"],
        None,
        "byterover",
        "Billing: Solo (99 credits, PRO)",
        "paid",
    ),
    (
        &["teams=usual"],
        Some("org_acme"),
        "byterover",
        "Billing: Acme (3,500 credits, TEAM)",
        "paid",
    ),
    (&["teams=usual"], Some("org_globex"), "byterover", "Billing: Globex (100 credits", "paid"),
    (&["teams=none"], None, "byterover", "Billing: Personal free credits (380 / 500)", "free"),
    (
        &["teams=Home:FREE:0:0", "free-monthly=100:99.5"],
        None,
        "byterover",
        "Billing: Personal free credits (0.5 / 100)",
        "free",
    ),
    (&["teams=usual"], None, "openai", "Using openai", "other_provider"),
    (&["teams=usual"], Some("org_acme"), "", "Using ", "other_provider"),
    // Here brv says something that is not so, or does not know; topup says why.
    (&["teams=usual"], None, "byterover", "Billing: Personal free credits", "needs_pick"),
    (&["teams=usual"], Some("org_gone"), "byterover", "Billing: org_gone (usage un", "stale_pin"),
    (&["teams=usual"], Some("org_home"), "byterover", "Billing: org_home (usage un", "stale_pin"),
    (&["teams=none"], Some("org_gone"), "byterover", "Billing: org_gone (usage un", "free"),
];

#[test]
fn what_brv_says_who_pays_topup_says_too_or_says_why_it_is_not_known() {
    let Some(mut machine) = BrvMachine::new() else { return };
    for (settings, pin, provider, line, source) in CASES {
        let what = format!("{settings:?}, {pin:?}, {provider}");
        machine.keeper.set("free-monthly=500:120");
        for setting in *settings {
            machine.keeper.set(setting);
        }
        let known = if provider.is_empty() { json!({}) } else { json!({*provider: {}}) };
        machine.user.brv_uses(&json!({"activeProvider": provider, "providers": known}).to_string());
        machine.pin_in_brv(&[*pin]);
        let told = machine.ask("status:get");
        assert!(told["line"].as_str().is_some_and(|told| told.starts_with(line)), "{what}: {told}");
        let (theirs, ours) = (&told["status"]["billing"], machine.data(&["state"]));
        assert_eq!(ours["source"], *source, "{what}");
        assert_eq!(ours["pinned_team_id"], json!(pin), "{what}");
        let numbers = theirs["remaining"].is_number();
        if numbers {
            for (one, other) in [("remaining", "remaining"), ("total", "total"), ("tier", "tier")] {
                assert_eq!(theirs[one], ours[other], "{what}: {one}");
            }
            assert_eq!(theirs["organizationId"], ours["organization"]["id"], "{what}");
            assert_eq!(theirs["organizationName"], ours["organization"]["name"], "{what}");
        }
        // What is not known is green nowhere; nor is what may not be used.
        let usable = numbers && ours["status"] != "INACTIVE" && ours["limit_exceeded"] != true;
        let gate = machine.user.run(&["check", "--at-least", "0.1", "--json"]);
        let free_with_a_note = *source == "free" && pin.is_some();
        assert_eq!(gate.code == 0, usable || free_with_a_note, "{what}: {}", gate.out);
    }
}

#[test]
fn each_call_of_brv_is_answered_as_it_expects() {
    let Some(mut machine) = BrvMachine::new() else { return };
    let limits = machine.data(&["limit"]);
    let usage = machine.ask("billing:listUsage")["usage"].take();
    let teams = limits["organizations"].as_array().expect("teams");
    assert_eq!(usage.as_object().map(serde_json::Map::len), Some(teams.len()), "{usage}");
    for team in teams {
        let told = &usage[team["id"].as_str().expect("an id")];
        for (one, other) in [
            ("organizationName", "name"),
            ("organizationStatus", "status"),
            ("limitExceeded", "limit_exceeded"),
            ("tier", "tier"),
            ("isTrialing", "is_trialing"),
            ("used", "used"),
            ("remaining", "remaining"),
            ("totalLimit", "total"),
            ("addOnRemaining", "add_on"),
        ] {
            assert_eq!(told[one], team[other], "{one} of {told}");
        }
    }
    let paid = machine.ask("state:getPaidOrganizations")["organizationIds"].take();
    assert_eq!(paid, json!(["org_acme", "org_globex"]));
    let named = machine.ask("team:list")["teams"].take();
    let slugs: Vec<&Value> =
        named.as_array().expect("teams").iter().map(|team| &team["slug"]).collect();
    let listed = machine.data(&["team", "list"]);
    let ours: Vec<&Value> =
        listed["teams"].as_array().expect("teams").iter().map(|team| &team["slug"]).collect();
    assert_eq!(slugs, ours);
    machine.keeper.set("teams=none");
    let free = machine.ask("billing:getFreeUserLimit")["limit"].take();
    let limits = machine.data(&["limit"]);
    for period in ["daily", "monthly"] {
        assert_eq!(free[period]["remaining"], limits["free"][period]["remaining"]);
        assert_eq!(free[period]["limit"], limits["free"][period]["limit"]);
    }
    machine.keeper.run(&["sandbox", "revoke", "session"]).code(0);
    let refused = machine.ask("billing:listUsage");
    assert!(refused["error"].as_str().is_some_and(|text| text.contains("401")), "{refused}");
}

#[test]
fn pins_of_both_are_read_by_both_and_lose_nothing_that_others_keep() {
    let Some(mut machine) = BrvMachine::new() else { return };
    let kept = json!({"provider": {"model": "é", "n": [1, 2.50]}, "z": null, "a": "last"});
    fs::write(machine.pin_file(), kept.to_string()).expect("written");
    let holds = |machine: &BrvMachine, pinned: Option<&str>| {
        let text = fs::read_to_string(machine.pin_file()).expect("a file");
        let mut file: Value = serde_json::from_str(&text).expect("JSON");
        let billing = file.as_object_mut().and_then(|file| file.remove("billing"));
        assert_eq!(file, kept, "{text}");
        assert_eq!(billing, pinned.map(|team| json!({"pinnedTeamId": team})), "{text}");
        assert_eq!(machine.data(&["team", "show"])["pinned_team_id"], json!(pinned));
    };
    assert_eq!(machine.pin_in_brv(&[Some("org_acme")]), "org_acme");
    holds(&machine, Some("org_acme"));
    machine.user.run(&["team", "pin", "globex"]).code(0);
    holds(&machine, Some("org_globex"));
    assert_eq!(machine.ask("billing:resolve")["billing"]["organizationId"], "org_globex");
    assert_eq!(machine.pin_in_brv(&[None]), Value::Null);
    holds(&machine, None);
    machine.user.run(&["team", "pin", "acme-team"]).code(0);
    machine.user.run(&["team", "unpin"]).code(0);
    holds(&machine, None);
    // Both at the same time, many times: either pin may be the last, and nothing is torn or lost.
    let pins = [Some("org_acme"), Some("org_globex")].repeat(100);
    for round in 0..4 {
        let project = machine.user.home().to_owned();
        machine.brv.say(&json!({"pins": pins, "project": project}));
        let mine: Vec<&str> = ["acme", "globex", "acme", "globex"].to_vec();
        at_once(&mine, |team| {
            machine.user.run(&["team", "pin", team]).code(0);
        });
        let theirs = machine.brv.hear()["pinned"].take();
        let ours = machine.data(&["team", "show"])["pinned_team_id"].take();
        assert_eq!(machine.ask("billing:getPinnedTeam")["error"], "projectPath is required");
        let last = machine.ask("billing:resolve")["billing"]["organizationId"].take();
        assert_eq!(last, ours, "round {round}: brv had {theirs}");
        holds(&machine, ours.as_str());
    }
}
