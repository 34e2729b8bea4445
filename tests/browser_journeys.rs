//! Promise: a link of `topup` leads to the page where a person can do the very thing, and the
//! terminal goes on from there.
//!
//! In a real browser; left out where there is none.

use crate::browser::{Browser, ENTER, TAB};
use crate::prompts::{at_a_terminal, code};
use crate::support::{Ran, Server, User};
use rexpect::session::PtySession;
use serde_json::{Value, json};

const VISA: &str = "4242 4242 4242 4242";

/// A served sandbox where a person approves, looked at often.
fn served() -> Server {
    let server = Server::start(&[]);
    server.keeper().set("interval=1s");
    server
}

/// The page that a terminal shows for the approval of a login.
#[track_caller]
fn page_shown(session: &mut PtySession) -> String {
    let shown = r"http://127\.0\.0\.1:[0-9]+/device\?user_code=[A-Z]{4}-[A-Z]{4}";
    session.exp_regex(shown).expect("the page").1
}

/// A login that is begun and waits, as its document tells it.
#[track_caller]
pub fn begin(user: &User, scope: &str) -> Value {
    let begun = user.run(&["login", "--no-wait", "--scope", scope, "--json"]).code(0);
    let last = begun.out.lines().last().expect("a document");
    let mut document: Value = serde_json::from_str(last).expect("JSON");
    document["data"].take()
}

/// The page that an error names.
#[track_caller]
fn page_of(ran: &Ran) -> String {
    ran.json()["error"]["portal_url"].as_str().expect("a page").to_owned()
}

/// Somebody who has logged in at the prompt, approved in the browser, and may only look.
fn newcomer(server: &Server, browser: &Browser) -> User {
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let mut session = at_a_terminal(&user, &["login"]);
    browser.open(&page_shown(&mut session));
    browser.says("use paid models on the account");
    assert!(!browser.text().contains("Allow Remote Spending"), "nothing to spend was asked for");
    browser.press("Approve");
    browser.says("hermes-cli is connected.");
    assert_eq!(code(session), 0);
    user
}

#[test]
fn approved_with_the_tick_the_purchase_goes_on_at_the_prompt() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    let user = newcomer(&server, &browser);
    let mut session = at_a_terminal(&user, &["buy", "25"]);
    session.exp_string("Ask for permission to spend now?").expect("the offer");
    session.send_line("y").expect("typed");
    browser.open(&page_shown(&mut session));
    browser.tick("Allow Remote Spending");
    browser.press("Approve");
    browser.says("hermes-cli is connected, and may buy credits.");
    session.exp_string("Pay $25.00 with Visa").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("Settled: $25.00").expect("the outcome");
    assert_eq!(code(session), 0);
    assert_eq!(server.keeper().charges().len(), 1);
    // What was decided stays decided.
    browser.open(&browser.place());
    browser.says("is connected");
}

#[test]
fn approved_without_the_tick_the_terminal_says_what_was_not_granted() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let mut session = at_a_terminal(&user, &["login", "--step-up"]);
    browser.open(&page_shown(&mut session));
    browser.says("buy credits with the saved card, if you tick the box below");
    browser.press("Approve");
    browser.says("may not buy: Remote Spending was not allowed");
    session.exp_string("approved without permission to spend").expect("what was not granted");
    session.exp_string("Allow Remote Spending").expect("what to do");
    assert_eq!(code(session), 16);
    user.run(&["state"]).code(0);
    let refused = user.run(&["buy", "25", "--yes", "--json"]).code(12);
    refused.failed("insufficient_scope", Some("no"));
    // Somebody who may not allow it cannot tick it.
    server.keeper().set("role=MEMBER");
    let mut session = at_a_terminal(&user, &["login", "--step-up"]);
    browser.open(&page_shown(&mut session));
    assert_eq!(browser.find("return document.querySelector('#allow').disabled"), json!(true));
    browser.says("an owner or admin can allow it");
    browser.press("Approve");
    assert_eq!(code(session), 16);
}

#[test]
fn denied_is_denied_and_an_old_code_has_run_out() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let mut session = at_a_terminal(&user, &["login", "--step-up"]);
    browser.open(&page_shown(&mut session));
    browser.press("Deny");
    browser.says("Nothing was connected, and the terminal was informed.");
    session.exp_string("denied").expect("the outcome");
    assert_eq!(code(session), 16);
    // One that is typed: unknown first, then in small letters, and too late in the end.
    let begun = begin(&user, "inference:invoke billing:manage");
    let user_code = begun["user_code"].as_str().expect("a code");
    browser.open(begun["verification_uri"].as_str().expect("a page"));
    browser.fill("Code", "BBBB-BBBB");
    browser.press("Continue");
    browser.says("No terminal waits with this code.");
    browser.fill("Code", &user_code.replace('-', " ").to_lowercase());
    browser.press("Continue");
    browser.says(user_code);
    server.keeper().set("clock=+11m");
    browser.press("Approve");
    browser.says("The code has expired");
    browser.says("Run the command in your terminal again");
    user.run(&["login", "--finish", "--json"]).code(16).failed("login_denied", None);
}

#[test]
fn a_login_is_approved_with_the_keyboard_alone() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let begun = begin(&user, "inference:invoke billing:manage");
    browser.open(begun["verification_uri"].as_str().expect("a page"));
    // The field has the focus from the start.
    browser.strike(&format!("{}{ENTER}", begun["user_code"].as_str().expect("a code")));
    browser.comes_to_say("Allow Remote Spending");
    let focused = || {
        let name =
            "const e = document.activeElement; return e.labels?.[0]?.innerText ?? e.innerText";
        browser.find(name).as_str().unwrap_or_default().to_owned()
    };
    let go_to = |name: &str| {
        for _ in 0..20 {
            browser.strike(TAB);
            if focused() == name {
                return;
            }
        }
        panic!("{name} is not reached with the keyboard");
    };
    browser.strike(TAB);
    assert_eq!(focused(), "Skip to the content", "the first stop");
    browser.strike(ENTER);
    browser.strike(TAB);
    assert_eq!(focused(), "Allow Remote Spending", "the next one after it");
    browser.strike(" ");
    go_to("Approve");
    browser.strike(ENTER);
    browser.comes_to_say("may buy credits");
    let login = user.run(&["login", "--finish", "--json"]).code(0).json();
    assert_eq!(login["data"]["can_spend"], true);
}

#[test]
fn a_card_that_is_saved_on_the_page_settles_the_same_command() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    server.keeper().set("card=none");
    let user = server.user();
    let buy = ["buy", "25", "--yes", "--json"];
    let refused = user.run(&buy).code(20);
    refused.failed("no_payment_method", Some("no"));
    browser.open(&page_of(&refused));
    browser.says("Terminals cannot buy at the moment.");
    assert_eq!(browser.find("return document.activeElement.id"), json!("number"), "what it is for");
    browser.fill("Number of a test card", "4111 1111 1111 1111");
    browser.press("Save the card");
    browser.says("That is not one of the test cards.");
    let shown = browser.find("return document.documentElement.outerHTML");
    assert!(!shown.as_str().expect("a page").contains("4111 1111"), "repeated nowhere");
    user.run(&buy).code(20);
    browser.fill("Number of a test card", VISA);
    browser.press("Save the card");
    browser.says("The card is saved.");
    assert!(!browser.text().contains("Terminals cannot buy"));
    user.run(&buy).code(0);
    assert_eq!(server.keeper().charges().len(), 1);
    browser.press("Remove the card");
    browser.says("The card is removed.");
    user.run(&["buy", "30", "--yes", "--json"]).code(20).failed("no_payment_method", Some("no"));
}

#[test]
fn the_switch_and_the_limit_of_the_page_hold_at_the_terminal() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    let user = server.user();
    browser.open(&user.run(&["open", "topup"]).code(0).out);
    browser.press("Switch Remote Spending off");
    browser.says("Remote Spending is switched off.");
    let refused = user.run(&["buy", "25", "--yes", "--json"]).code(15);
    refused.failed("billing_disabled", Some("no"));
    browser.open(&page_of(&refused));
    browser.press("Switch Remote Spending on");
    user.run(&["buy", "25", "--yes"]).code(0);
    browser.open(&user.run(&["open", "limit"]).code(0).out);
    assert_eq!(browser.find("return document.activeElement.id"), json!("limit_usd"));
    browser.fill("Dollars a month", "1,000");
    browser.press("Set the limit");
    browser.says("Write an amount above 0");
    let kept = browser.find("return document.querySelector('#limit_usd').value");
    assert_eq!(kept, json!("1,000"), "what was typed is there to be corrected");
    browser.fill("Dollars a month", "60");
    browser.press("Set the limit");
    browser.says("The limit is set.");
    let refused = user.run(&["buy", "40", "--yes", "--json"]).code(31);
    refused.failed("monthly_cap_exceeded", Some("no"));
    browser.open(&page_of(&refused));
    browser.press("Remove the limit");
    user.run(&["buy", "40", "--yes"]).code(0);
}

#[test]
fn auto_reload_that_is_set_on_the_page_is_shown_at_the_terminal() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    let user = server.user();
    browser.open(&user.run(&["auto-reload", "--link"]).code(0).out);
    browser.fill("Below", "100");
    browser.fill("Up to", "20");
    browser.press("Switch auto-reload on");
    browser.says("'Up to' has to be more than 'Below'.");
    let kept = browser.find("return document.querySelector('#below').value");
    assert_eq!(kept, json!("100"), "the one beside it is kept");
    let shown =
        || user.run(&["auto-reload", "--json"]).code(0).json()["data"]["auto_reload"].clone();
    assert_eq!(shown()["enabled"], false);
    browser.fill("Below", "20.5");
    browser.fill("Up to", "100");
    browser.press("Switch auto-reload on");
    browser.says("Auto-reload is switched on.");
    let on = shown();
    assert_eq!(
        (&on["enabled"], &on["below_usd"], &on["to_usd"]),
        (&json!(true), &json!("20.5"), &json!("100"))
    );
    browser.press("Switch auto-reload off");
    assert_eq!(shown()["enabled"], false);
}

#[test]
fn what_a_terminal_may_not_finish_is_bought_on_the_page_and_once() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    server.keeper().set("card=3ds");
    let user = server.user();
    let refused = user.run(&["buy", "25", "--yes", "--json"]).code(23);
    // The holder may still confirm the first one at the bank.
    refused.failed("authentication_required", Some("unknown"));
    browser.open(&page_of(&refused));
    browser.fill("Dollars", "5");
    browser.press("Pay with Visa ····3155");
    browser.says("An amount between $10.00 and $10000.00 can be bought.");
    browser.fill("Dollars", "25");
    browser.press("Pay with Visa ····3155");
    browser.says("Nothing is charged yet.");
    assert_eq!(server.keeper().charges().len(), 1, "the one of the terminal, which failed");
    server.keeper().set("settle-after=2s");
    browser.press("Confirm $25.00");
    browser.comes_to_say("Paid. The balance is $167.50.");
    let receipt = browser.place();
    // The form once more, as by a second click: the same charge.
    browser.find("history.back()");
    browser.comes_to_say("Nothing is charged yet.");
    browser.press("Confirm $25.00");
    browser.comes_to_say("Paid.");
    assert_eq!(browser.place(), receipt);
    assert_eq!(server.keeper().charges().len(), 2);
    assert_eq!(user.run(&["state", "--get", "balance_usd"]).code(0).out, "167.5\n");
}

/// Somebody at a served agent, logged in with the password.
fn at_the_agent(server: &Server) -> User {
    User::new()
        .with("TOPUP_PROVIDER", "ciris")
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_TOKEN", &server.agent_token())
}

#[track_caller]
fn payment_shown(session: &mut PtySession) -> String {
    let shown = r"http://127\.0\.0\.1:[0-9]+/ciris/payment/pi_[0-9a-f]{24}";
    session.exp_regex(shown).expect("the page").1
}

#[test]
fn a_pack_waits_at_the_terminal_until_the_page_has_paid() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::start(&[]);
    let user = at_the_agent(&server);
    let mut session = at_a_terminal(&user, &["buy", "--yes"]);
    browser.open(&payment_shown(&mut session));
    browser.fill("Number of a test card", "4000 0000 0000 9995");
    browser.press("Pay $5.00");
    browser.says("The bank declined this card.");
    browser.fill("Number of a test card", "4000002500003155");
    browser.press("Pay $5.00");
    browser.says("Your bank wants to know that it is you.");
    browser.press("Confirm at the bank");
    browser.says("Paid. Go back to your terminal.");
    assert_eq!(code(session), 0);
    assert_eq!(user.run(&["state", "--get", "credits_remaining"]).code(0).out, "150\n");
}

#[test]
fn a_payment_that_nobody_makes_good_ends_as_the_contract_says() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::start(&[]);
    let user = at_the_agent(&server);
    // Declined: another card may be tried, so it waits for a person until the wait is over.
    let waiting = user.run(&["buy", "--yes", "--no-wait", "--json"]).code(26);
    browser.open(&page_of(&waiting));
    browser.fill("Number of a test card", "4000 0000 0000 9995");
    browser.press("Pay $5.00");
    browser.says("another card may be tried");
    user.run(&["status", "--json"]).code(26).failed("action_required", Some("no"));
    // Refused for good.
    browser.fill("Number of a test card", "4000 0000 0000 0119");
    browser.press("Pay $5.00");
    browser.says("refused for good");
    user.run(&["status", "--json"]).code(24).failed("payment_failed", Some("no"));
    // Called off by the person.
    let mut session = at_a_terminal(&user, &["buy", "--yes", "--new"]);
    browser.open(&payment_shown(&mut session));
    browser.press("Call the payment off");
    browser.says("cancelled");
    assert_eq!(code(session), 25);
}

/// The plan, as the call of the contract tells it.
fn plan(server: &Server) -> Value {
    let output = std::process::Command::new("curl")
        .args(["-sS", "-q", "-H"])
        .arg(format!("Authorization: Bearer {}", server.token))
        .arg(format!("{}/api/billing/subscription", server.url))
        .output()
        .expect("curl");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    told["current"].clone()
}

#[test]
fn a_plan_that_is_changed_on_the_page_is_the_plan() {
    let Some(browser) = Browser::start() else { return };
    let server = served();
    let keeper = server.keeper();
    let link = server.user().run(&["open", "plan"]).code(0).out;
    assert!(link.contains("?org_id=org_"), "{link}");
    assert_eq!(plan(&server), Value::Null);
    browser.open(&link);
    browser.press("Choose Super");
    browser.says("$100.00 is due now, with Visa ····4242.");
    browser.press("Pay $100.00");
    browser.says("The plan is changed.");
    assert_eq!(plan(&server)["tierId"], "super");
    keeper.set("card=3ds");
    browser.press("Choose Ultra");
    browser.press("Pay $100.00");
    browser.says("Nothing is charged or changed yet.");
    browser.press("Confirm $100.00");
    assert_eq!(plan(&server)["tierId"], "ultra");
    keeper.set("card=declined");
    browser.press("Choose Plus");
    browser.says("Nothing is due now.");
    browser.press("Change to Plus");
    browser.says("It changes to Plus");
    assert_eq!(plan(&server)["pendingDowngradeTierName"], "Plus");
    browser.press("Keep Ultra");
    assert_eq!(plan(&server)["pendingDowngradeTierName"], Value::Null);
    browser.press("Cancel the plan");
    browser.press("Cancel Ultra");
    assert_eq!(plan(&server)["cancelAtPeriodEnd"], true);
    browser.press("Keep Ultra");
    assert_eq!(plan(&server)["cancelAtPeriodEnd"], false);
    // A card that does not pay changes nothing; the fifth change of the day is the last.
    keeper.set("plan=plus");
    browser.open(&link);
    browser.press("Choose Super");
    browser.press("Pay $80.00");
    browser.says("The bank declined the card.");
    assert_eq!(plan(&server)["tierId"], "plus");
    browser.press("Pay $80.00");
    browser.says("Five changes a day");
}
