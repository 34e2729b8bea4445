//! Promise: the billing screens of the real Hermes work at the sandbox, and what they conclude of an
//! account, a charge or a plan is what `topup` says of the same one.
//!
//! Both use one login, as on a machine that has both: `topup login --hermes`.

use super::{Conversation, Peer};
use crate::logins::press;
use crate::support::{Server, User, at_once};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const SPENDS: &str = "inference:invoke billing:manage";

/// A machine with both programs, and the portal that they are logged in at.
struct HermesMachine {
    hermes: Conversation,
    user: User,
    server: Server,
    keeper: User,
    _peer: Peer,
}

impl HermesMachine {
    /// Nobody has logged in yet. `None` where Hermes is not installed.
    fn new(arguments: &[&str]) -> Option<Self> {
        let peer = Peer::find("hermes")?;
        let server = Server::start(arguments);
        let keeper = server.keeper();
        keeper.set("interval=1s");
        let mut command = peer.python("hermes_billing.py");
        // It opens pages by this program.
        command.env("BROWSER", "true");
        let hermes = Conversation::start(command);
        let user = User::new().with("HOME", peer.home.path().to_str().expect("text"));
        Some(Self { hermes, user, server, keeper, _peer: peer })
    }

    /// Logged in at a portal that takes any number of charges, with permission to spend.
    fn logged_in() -> Option<Self> {
        let mut machine = Self::new(&["--no-rate-limit", "--auto-approve"])?;
        machine.log_in_to_hermes(SPENDS, |_, _| {});
        machine.user.run(&["login", "--hermes"]).code(0);
        Some(machine)
    }

    /// Hermes logs in, and the person does this with the code that it shows.
    fn log_in_to_hermes(&mut self, scope: &str, person: impl Fn(&Server, &str)) -> Value {
        self.hermes.say(&json!({"do": "login", "url": self.server.url, "scope": scope}));
        self.decide(person)
    }

    /// The person does this with the code that is shown.
    fn decide(&mut self, person: impl Fn(&Server, &str)) -> Value {
        let shown = self.hermes.hear();
        person(&self.server, shown["user_code"].as_str().expect("a code"));
        self.hermes.hear()["found"].take()
    }

    /// What Hermes has read.
    fn read(&mut self, what: &str) -> Value {
        self.hermes.ask(&json!({"do": what}))["found"].take()
    }

    /// What a screen of Hermes printed, once these were chosen and typed there.
    #[track_caller]
    fn screen(&mut self, command: &str, answers: &[&str]) -> String {
        let question = json!({"do": "screen", "command": command, "answers": answers});
        let found = self.hermes.ask(&question);
        assert_eq!(found["found"]["left"], json!([]), "{found}");
        found["printed"].as_str().expect("text").to_owned()
    }

    fn data(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        self.user.run(&arguments).code(0).json()["data"].take()
    }
}

/// The same amount, however it is written; nothing stays nothing.
fn money(value: &Value) -> Option<Decimal> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.parse::<Decimal>().expect("an amount").normalize()),
        number => Some(number.to_string().parse::<Decimal>().expect("an amount").normalize()),
    }
}

#[track_caller]
fn same_money(pairs: &[(&Value, &Value)], what: &str) {
    for (theirs, ours) in pairs {
        assert_eq!(money(theirs), money(ours), "{what}: {theirs} and {ours}");
    }
}

/// Accounts, each as it was set up.
const ACCOUNTS: &[&[&str]] = &[
    &[],
    &["role=MEMBER"],
    &["role=FINANCE_ADMIN", "switch=off"],
    &["role=SECURITY_ADMIN", "card=none"],
    &["card=link", "limit=60", "spent=55.5"],
    &["balance=0.000001", "presets=", "min=0.01", "max=999999.99"],
    &["balance=-3.10", "auto-reload=20:100.5", "presets=12.34,1000"],
    &["auto-reload=20:100", "reload-card=distinct"],
    &["plan=plus", "balance=7", "access=member_spend_cap_exceeded"],
    &["plan=legacy", "context=team"],
];

#[test]
fn what_hermes_reads_of_an_account_topup_reads_too() {
    let Some(mut machine) = HermesMachine::logged_in() else { return };
    for account in ACCOUNTS {
        machine.keeper.run(&["sandbox", "reset"]).code(0);
        machine.keeper.set("interval=1s");
        machine.log_in_to_hermes(SPENDS, |_, _| {});
        machine.user.run(&["login", "--hermes"]).code(0);
        for setting in *account {
            machine.keeper.set(setting);
        }
        let what = format!("{account:?}");
        let (theirs, ours) = (machine.read("state"), machine.data(&["state"]));
        same_state(&theirs, &ours, &what);
        let theirs = machine.read("account");
        assert_eq!(theirs["paid_service_access"], ours["access"]["allowed"], "{what}: {theirs}");
        let access = &theirs["paid_service_access_info"];
        assert_eq!(access["reason"], ours["access"]["reason"], "{what}");
        assert_eq!(theirs["subscription"]["plan"], ours["credits"]["plan"], "{what}");
        assert!(theirs["subscription"]["tier"].is_u64(), "{what}: a tier is a number: {theirs}");
        assert_eq!(theirs["subscription"]["current_period_end"], ours["credits"]["renews_at"]);
        same_money(
            &[
                (&access["subscription_credits_remaining"], &ours["credits"]["subscription_usd"]),
                (&theirs["subscription"]["rollover_credits"], &ours["credits"]["rollover_usd"]),
            ],
            &what,
        );
        same_plan(&machine.read("subscription"), &machine.data(&["plan", "show"]), &what);
    }
}

/// What Hermes and `topup state` say of one account.
#[track_caller]
fn same_state(theirs: &Value, ours: &Value, what: &str) {
    let words = [
        (&theirs["org_id"], &ours["org"]["id"]),
        (&theirs["org_slug"], &ours["org"]["slug"]),
        (&theirs["role"], &ours["org"]["role"]),
        (&theirs["can_change_plan"], &ours["can_charge"]),
        (&theirs["cli_billing_enabled"], &ours["billing_enabled"]),
        (&theirs["card"]["masked"], &ours["card"]["label"]),
        (&theirs["card"]["resolved_via"], &ours["card"]["resolved_via"]),
        (
            &theirs["monthly_cap"]["is_default_ceiling"],
            &ours["monthly_limit"]["is_default_ceiling"],
        ),
        (&theirs["auto_reload"]["enabled"], &ours["auto_reload"]["enabled"]),
        (&theirs["auto_reload"]["card"]["last4"], &ours["auto_reload"]["card"]["last4"]),
    ];
    for (theirs, ours) in words {
        assert_eq!(theirs, ours, "{what}");
    }
    let amounts = [
        (&theirs["balance_usd"], &ours["balance_usd"]),
        (&theirs["min_usd"], &ours["bounds"]["min_usd"]),
        (&theirs["max_usd"], &ours["bounds"]["max_usd"]),
        (&theirs["monthly_cap"]["limit_usd"], &ours["monthly_limit"]["limit_usd"]),
        (&theirs["monthly_cap"]["spent_this_month_usd"], &ours["monthly_limit"]["spent_usd"]),
        (&theirs["auto_reload"]["threshold_usd"], &ours["auto_reload"]["below_usd"]),
        (&theirs["auto_reload"]["reload_to_usd"], &ours["auto_reload"]["to_usd"]),
    ];
    same_money(&amounts, what);
    let list = |value: &Value| -> Vec<_> {
        value.as_array().expect("amounts").iter().map(money).collect()
    };
    assert_eq!(list(&theirs["charge_presets"]), list(&ours["presets_usd"]), "{what}");
}

/// What both say of one subscription.
#[track_caller]
fn same_plan(theirs: &Value, ours: &Value, what: &str) {
    assert_eq!(theirs["context"], ours["context"], "{what}");
    assert_eq!(theirs["can_change_plan"], ours["can_change"], "{what}");
    let (now, current) = (&theirs["current"], &ours["current"]);
    assert_eq!(now["tier_id"], current["tier_id"], "{what}");
    assert_eq!(now["cycle_ends_at"], current["cycle_ends_at"], "{what}");
    let pending = &current["pending"];
    let cancelled = pending["kind"] == "cancellation";
    assert_eq!(now["cancel_at_period_end"].as_bool().unwrap_or_default(), cancelled, "{what}");
    if !cancelled {
        assert_eq!(now["pending_downgrade_tier_name"], pending["tier_name"], "{what}: {pending}");
    }
    let same = |one: &str, other: &str| {
        let list = |all: &Value, key: &str| -> Vec<Value> {
            all["tiers"].as_array().expect("plans").iter().map(|tier| tier[key].clone()).collect()
        };
        let amounts = |all: Vec<Value>| -> Vec<_> {
            all.iter().map(|one| one.to_string().replace('"', "")).collect()
        };
        assert_eq!(amounts(list(theirs, one)), amounts(list(ours, other)), "{what}: {one}");
    };
    for (one, other) in [
        ("tier_id", "tier_id"),
        ("name", "name"),
        ("dollars_per_month", "monthly_price_usd"),
        ("monthly_credits", "monthly_credits"),
        ("is_current", "is_current"),
        ("is_enabled", "is_enabled"),
    ] {
        same(one, other);
    }
}

/// How a purchase ends: what was set up or broken first, what Hermes says of it, and the exit code
/// and class of `topup` for the same purchase; the charges that one attempt makes.
type PurchaseCase = (&'static [&'static str], &'static str, i32, &'static str, i64);

const PURCHASES: &[PurchaseCase] = &[
    (&["set", "card=visa"], "✓ $12.34 added to your balance.", 0, "", 1),
    (&["set", "card=declined"], "Your card was declined", 21, "card_declined", 1),
    (&["set", "card=expired"], "Your card has expired", 22, "payment_method_expired", 1),
    (&["set", "card=3ds"], "Your bank requires verification", 23, "authentication_required", 1),
    (&["set", "card=error"], "(processing_error)", 24, "payment_failed", 1),
    (&["set", "limit=50", "spent=45.5"], "$4.5 headroom left", 31, "monthly_cap_exceeded", 0),
    (&["set", "refuse=card_paused"], "Spending is refused", 24, "payment_failed", 0),
    // A word that neither of them knows.
    (&["set", "refuse=card_frozen"], "Spending is refused", 14, "role_required", 0),
    (
        &["faults", "add", "POST /api/billing/charge", "--status", "503", "--retry-after", "60"],
        "This isn't a payment failure",
        41,
        "temporarily_unavailable",
        0,
    ),
    (
        &["revoke", "spending"],
        "An admin stopped this terminal's spending",
        13,
        "remote_spending_revoked",
        0,
    ),
];

#[test]
fn what_hermes_concludes_of_a_purchase_topup_concludes_too() {
    at_once(PURCHASES, |(prepared, hermes_says, code, class, charges)| {
        let Some(mut machine) = HermesMachine::logged_in() else { return };
        let prepare = |machine: &HermesMachine| {
            machine.keeper.run(&[&["sandbox"], *prepared].concat()).code(0);
        };
        prepare(&machine);
        let said = machine.screen("/topup", &["buy", "custom", "12.34", "pay"]);
        assert!(said.contains(hermes_says), "no '{hermes_says}' in {said}");
        assert_eq!(machine.server.count_charges(), *charges);
        prepare(&machine);
        let bought = ["buy", "12.34", "--yes", "--wait", "20s", "--json"];
        let ran = machine.user.run(&bought).code(*code);
        if *code != 0 {
            assert_eq!(ran.json()["error"]["class"], *class);
        }
        assert_eq!(machine.server.count_charges(), 2 * charges, "one more: {}", ran.out);
        // What both made is told by either.
        let told = machine.read("state");
        let ours = machine.data(&["state"]);
        same_state(&told, &ours, "after both");
    });
}

#[test]
fn a_charge_that_hermes_began_is_told_as_it_is_and_never_made_again() {
    let Some(mut machine) = HermesMachine::logged_in() else { return };
    let call = |machine: &mut HermesMachine, name: &str, with: Value| {
        let question = json!({"do": "call", "name": name, "with": with});
        machine.hermes.ask(&question)["found"].take()
    };
    let pay = |amount: &str| json!({"amount_usd": amount, "idempotency_key": "from-hermes-1"});
    let charge = call(&mut machine, "post_charge", pay("25.5"));
    let id = charge["chargeId"].as_str().expect("an id").to_owned();
    assert_eq!(call(&mut machine, "post_charge", pay("25.50")), charge, "the same key");
    let other = call(&mut machine, "post_charge", pay("25.51"));
    assert_eq!((&other["status"], &other["error"]), (&409.into(), &"idempotency_conflict".into()));
    let told = call(&mut machine, "get_charge_status", json!({"charge_id": id}));
    assert_eq!(
        (&told["status"], money(&told["amountUsd"])),
        (&"settled".into(), "25.5".parse().ok())
    );
    let status = machine.data(&["status", &id]);
    assert_eq!(
        (&status["status"], money(&status["amount_usd"])),
        (&"settled".into(), "25.5".parse().ok())
    );
    let unknown = call(&mut machine, "get_charge_status", json!({"charge_id": "ch_none/../x"}));
    assert_eq!(unknown["status"], "pending", "an id that is not known is no error");
    assert_eq!(machine.server.count_charges(), 1);
}

#[test]
fn auto_reload_that_one_of_them_sets_is_read_by_the_other() {
    let Some(mut machine) = HermesMachine::logged_in() else { return };
    let agree = |machine: &mut HermesMachine, on: bool, below: &str, to: &str| {
        let theirs = machine.read("state")["auto_reload"].take();
        let ours = machine.data(&["auto-reload"])["auto_reload"].take();
        assert_eq!((&theirs["enabled"], &ours["enabled"]), (&on.into(), &on.into()));
        same_money(&[(&theirs["threshold_usd"], &ours["below_usd"])], "below");
        same_money(&[(&theirs["reload_to_usd"], &ours["to_usd"])], "to");
        same_money(&[(&below.into(), &ours["below_usd"]), (&to.into(), &ours["to_usd"])], "set");
    };
    let said = machine.screen("/topup", &["auto", "20.5", "100", "agree"]);
    assert!(said.contains("Auto-reload on"), "{said}");
    agree(&mut machine, true, "20.5", "100");
    machine.user.run(&["auto-reload", "15", "250.25", "--yes"]).code(0);
    agree(&mut machine, true, "15", "250.25");
    let said = machine.screen("/topup", &["auto", "edit", "", "300", "agree"]);
    assert!(said.contains("below $15 → reload to $300"), "{said}");
    agree(&mut machine, true, "15", "300");
    let said = machine.screen("/topup", &["auto", "off"]);
    assert!(said.contains("Auto-reload turned off"), "{said}");
    agree(&mut machine, false, "15", "300");
    machine.keeper.set("card=none");
    let on = json!({"enabled": true, "threshold": "20", "top_up_amount": "100"});
    let call = json!({"do": "call", "name": "patch_auto_top_up", "with": on});
    let refused = machine.hermes.ask(&call)["found"].take();
    assert_eq!(refused["error"], "no_payment_method", "nothing could be charged: {refused}");
    machine.user.run(&["auto-reload", "20", "100", "--yes"]).code(20);
}

#[test]
fn a_plan_that_one_of_them_changes_is_read_by_the_other() {
    let Some(mut machine) = HermesMachine::logged_in() else { return };
    machine.keeper.set("plan=plus");
    let agree = |machine: &mut HermesMachine, what: &str| {
        let (theirs, ours) = (machine.read("subscription"), machine.data(&["plan", "show"]));
        same_plan(&theirs, &ours, what);
    };
    for plan in ["free", "plus", "super", "ultra"] {
        let question = json!({"do": "preview", "plan": plan});
        let theirs = machine.hermes.ask(&question)["found"].take();
        let ours = machine.data(&["plan", "preview", plan]);
        let keys =
            ["effect", "current_tier_id", "target_tier_id", "target_tier_name", "effective_at"];
        for key in keys {
            assert_eq!(theirs[key], ours[key], "{plan}: {key}");
        }
        same_money(&[(&theirs["monthly_credits_delta"], &ours["monthly_credits_delta"])], plan);
        let cents = theirs["amount_due_now_cents"].as_i64().map(|cents| Decimal::new(cents, 2));
        assert_eq!(cents.map(|due| due.normalize()), money(&ours["amount_due_now_usd"]), "{plan}");
    }
    let said = machine.screen("/subscription", &["change", "super", "yes"]);
    assert!(
        said.contains("You will be charged $80.00 now") && said.contains("✓ Upgraded"),
        "{said}"
    );
    agree(&mut machine, "upgraded by Hermes");
    machine.user.run(&["plan", "upgrade", "ultra", "--yes"]).code(0);
    agree(&mut machine, "upgraded by topup");
    let said = machine.screen("/subscription", &["change", "plus", "yes"]);
    assert!(said.contains("✓ Scheduled"), "{said}");
    agree(&mut machine, "scheduled by Hermes");
    machine.user.run(&["plan", "resume", "--yes"]).code(0);
    agree(&mut machine, "taken back by topup");
    machine.user.run(&["plan", "cancel", "--yes"]).code(0);
    agree(&mut machine, "cancelled by topup");
    let said = machine.screen("/subscription", &["keep"]);
    assert!(said.contains("✓ Undone"), "{said}");
    agree(&mut machine, "taken back by Hermes");
    let said = machine.screen("/subscription", &["cancel_sub", "yes"]);
    assert!(said.contains("then it cancels"), "{said}");
    agree(&mut machine, "cancelled by Hermes");
    assert_eq!(machine.server.plan(), "ultra", "until the month ends");
}

#[test]
fn an_upgrade_that_is_not_paid_leaves_both_with_the_plan_that_there_was() {
    let Some(mut machine) = HermesMachine::logged_in() else { return };
    machine.keeper.set("plan=plus");
    let upgrade = ["plan", "upgrade", "ultra", "--yes", "--json"];
    for (setting, hermes_says, class) in [
        ("card=declined", "Your card was declined", "card_declined"),
        ("card=none", "No reusable saved card", "no_payment_method"),
        ("card=3ds", "needs extra verification", "action_required"),
    ] {
        machine.keeper.set(setting);
        let said = machine.screen("/subscription", &["change", "ultra", "yes"]);
        assert!(said.contains(hermes_says), "no '{hermes_says}' in {said}");
        // Where it has to be finished is told whole.
        let page = format!("Portal: {}/manage-subscription", machine.server.url);
        assert!(setting != "card=3ds" || said.contains(&page), "{said}");
        let ran = machine.user.run(&upgrade);
        assert_eq!(ran.json()["error"]["class"], class, "{setting}: {}", ran.out);
        let (theirs, ours) = (machine.read("subscription"), machine.data(&["plan", "show"]));
        same_plan(&theirs, &ours, setting);
        assert_eq!(theirs["current"]["tier_id"], "plus", "{setting}");
    }
}

/// What the person does with the code of a login: how it ends in Hermes, and how `topup login`.
type PersonCase = (&'static str, fn(&Server, &str), &'static str, i32);

const PERSONS: &[PersonCase] = &[
    ("approved", |server, code| press(server, code, "approve", true), SPENDS, 0),
    ("narrowed", |server, code| press(server, code, "approve", false), "inference:invoke", 16),
    ("denied", |server, code| press(server, code, "deny", false), "access_denied", 16),
    ("left alone", |server, _| server.keeper().set("clock=+11m"), "expired_token", 16),
];

#[test]
fn what_a_person_says_at_the_portal_hermes_and_topup_take_alike() {
    at_once(PERSONS, |(what, does, theirs, code)| {
        let Some(mut machine) = HermesMachine::new(&[]) else { return };
        let found = machine.log_in_to_hermes(SPENDS, does);
        assert!(found.to_string().contains(theirs), "{what}: {found}");
        // Another login, by the other program.
        machine.keeper.set("clock=real");
        let user = User::new().with("TOPUP_PORTAL_URL", &machine.server.url);
        let begun = user.run(&["login", "--step-up", "--no-wait", "--json"]).code(0);
        let last: Value =
            serde_json::from_str(begun.out.lines().last().expect("a document")).expect("JSON");
        does(&machine.server, last["data"]["user_code"].as_str().expect("a code"));
        user.run(&["login", "--finish"]).code(*code);
    });
}

#[test]
fn permission_to_spend_that_hermes_got_is_there_for_topup_too() {
    let Some(mut machine) = HermesMachine::new(&[]) else { return };
    let approve = |server: &Server, code: &str| press(server, code, "approve", true);
    let found = machine.log_in_to_hermes("inference:invoke", approve);
    assert_eq!(found["scope"], "inference:invoke");
    machine.user.run(&["login", "--hermes"]).code(0);
    let buy = ["buy", "12.34", "--yes", "--json"];
    machine.user.run(&buy).code(12).failed("insufficient_scope", Some("no"));
    let step_up = |machine: &mut HermesMachine, tick: bool| {
        machine.hermes.say(&json!({"do": "step_up"}));
        machine.decide(|server, code| press(server, code, "approve", tick))["granted"].take()
    };
    assert_eq!(step_up(&mut machine, false), false, "the person left it out");
    machine.user.run(&buy).code(12);
    assert_eq!(step_up(&mut machine, true), true);
    machine.user.run(&buy).code(0);
    let said = machine.screen("/topup", &["buy", "custom", "12.34", "pay"]);
    assert!(said.contains("✓ $12.34 added"), "{said}");
    assert_eq!(machine.server.count_charges(), 2);
}
