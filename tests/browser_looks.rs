//! Promise: every page of the sandbox can be read and used by everybody: with a keyboard, on a
//! phone, in both colour schemes.
//!
//! Measured in a real browser; left out where there is none.

use crate::browser::{Browser, TAB};
use crate::browser_journeys::begin;
use crate::support::{Server, User};
use serde_json::{Value, json};

/// What is wrong with the page that is shown.
const LOOK: &str = include_str!("browser_looks.js");
/// What is wrong with how the focus is shown.
const FOCUS: &str = include_str!("browser_focus.js");

/// The page of a code that waits.
fn waits(user: &User, scope: &str) -> String {
    let begun = begin(user, scope);
    begun["verification_uri_complete"].as_str().expect("a page").to_owned()
}

/// The page of a payment in each of its states.
fn payments(server: &Server) -> Vec<String> {
    let agent = User::new()
        .with("TOPUP_PROVIDER", "ciris")
        .with("TOPUP_PORTAL_URL", &server.url)
        .with("TOPUP_TOKEN", &server.agent_token());
    let mut payments = Vec::new();
    for fields in [
        "",
        "act=pay&number=4000002500003155",
        "act=pay&number=4242424242424242",
        "act=pay&number=4000000000000119",
        "act=cancel",
    ] {
        let buy = [
            "buy",
            "--yes",
            "--new",
            "--no-wait",
            "--json",
            "--return-url",
            "https://shop.example/",
        ];
        let opened = agent.run(&buy).code(26).json();
        let page = opened["error"]["portal_url"].as_str().expect("a page").to_owned();
        if !fields.is_empty() {
            crate::ciris::act(server, &page, fields);
        }
        payments.push(page);
    }
    payments.push(format!("{}?note=declined", payments[0]));
    payments
}

/// Every page there is, in each of its states; the state is set before its pages are looked at.
fn pages(server: &Server) -> Vec<(&'static [&'static str], Vec<String>)> {
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    let at = |path: &str| format!("{}{path}", server.url);
    let both = waits(&user, "inference:invoke billing:manage something:else");
    let approved = waits(&user, "inference:invoke billing:manage");
    let code_of = |page: &str| page.rsplit_once('=').expect("a code").1.to_owned();
    let denied = waits(&user, "inference:invoke");
    for (page, answer) in
        [(&approved, "answer=approve&allow_billing=yes"), (&denied, "answer=deny")]
    {
        crate::ciris::act(server, page, &format!("user_code={}&{answer}", code_of(page)));
    }
    let buyer = server.user();
    buyer.run(&["buy", "25", "--yes"]).code(0);
    let settled = buyer.run(&["status", "--get", "charge_id"]).code(0).out.trim().to_owned();
    let payments = payments(server);
    let billing =
        ["/billing", "/billing?topup=open", "/billing?limit=open", "/billing?note=card-saved"]
            .map(at);
    let plan = [
        "/manage-subscription",
        "/manage-subscription?note=kept",
        "/manage-subscription?choose=ultra",
        "/manage-subscription?choose=free",
        "/manage-subscription?org_id=other",
    ]
    .map(at);
    vec![
        (
            &[],
            [
                &[
                    "/",
                    "/device",
                    "/device?user_code=BBBB-BBBB",
                    "/ciris",
                    "/byterover",
                    "/nowhere",
                    "/billing/charge/ch_none",
                    "/ciris/payment/pi_none",
                ]
                .map(at)[..],
                &[both.clone(), approved, denied, at(&format!("/billing/charge/{settled}"))],
                &payments,
                &billing,
                &plan,
            ]
            .concat(),
        ),
        (
            &["card=none", "switch=off", "spent=995", "auto-reload=20:100", "plan=super"],
            [&billing[..], &plan, std::slice::from_ref(&both)].concat(),
        ),
        (
            &["card=declined", "limit=1000", "settle-after=1h", "plan=legacy"],
            [&billing[..1], &plan[..1]].concat(),
        ),
        (
            &["role=MEMBER", "teams=none"],
            [&billing[..1], &plan[..1], &[both.clone(), at("/byterover")]].concat(),
        ),
        (&["role=SECURITY_ADMIN"], vec![at("/billing")]),
        (&["clock=+11m"], vec![both]),
    ]
}

#[test]
fn every_page_can_be_read_and_used_by_everybody() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::start(&["--no-rate-limit"]);
    let mut looked_at = 0;
    for (state, pages) in pages(&server) {
        for assignment in state {
            server.keeper().set(assignment);
        }
        for page in pages {
            let mut papers = Vec::new();
            for scheme in ["light", "dark"] {
                let wanted =
                    json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
                browser.devtools("Emulation.setEmulatedMedia", &wanted);
                for (width, mobile) in [(360, true), (1000, false)] {
                    let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": mobile});
                    browser.devtools("Emulation.setDeviceMetricsOverride", &size);
                    browser.open(&page);
                    let found = browser.find(LOOK);
                    assert_eq!(
                        found["wrong"],
                        json!([]),
                        "{page} {state:?}, {scheme}, {width} wide"
                    );
                    papers.push(found["paper"].clone());
                    looked_at += 1;
                }
            }
            assert!(papers[0] == papers[1] && papers[0] != papers[2], "two schemes: {papers:?}");
            // Once there was a key, what the focus is moved to by other means shows it too.
            browser.strike(TAB);
            assert_eq!(browser.find(FOCUS), json!([]), "{page} {state:?}");
        }
    }
    println!("{looked_at} looks at pages");
    stays_at_home(&browser, &server);
}

/// Nothing was asked for elsewhere, and nothing was kept from the pages by their own policy.
fn stays_at_home(browser: &Browser, server: &Server) {
    let mut asked = 0;
    for entry in browser.log("performance") {
        let text = entry["message"].as_str().expect("an event");
        let event: Value = serde_json::from_str(text).expect("JSON");
        let event = &event["message"];
        if event["method"] == "Network.requestWillBeSent" {
            let url = event["params"]["request"]["url"].as_str().expect("an address");
            let own = url.starts_with(&format!("{}/", server.url)) || url.starts_with("data:");
            assert!(own, "asked for {url}");
            assert!(!url.ends_with("favicon.ico"), "the tab has its own picture");
            asked += 1;
        }
    }
    assert!(asked > 100, "the log was read: {asked}");
    for entry in browser.log("browser") {
        let text = entry["message"].as_str().expect("a message");
        // Pages that say that something is not there, or not allowed, say so in their status.
        assert!(text.contains("Failed to load resource: the server responded"), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_field_is_told_at_the_field() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::start(&[]);
    for (scheme, page, label, typed, button) in [
        ("light", "/billing", "Dollars", "ten", "Pay with Visa ····4242"),
        ("dark", "/billing", "Number of a test card", "1234", "Replace the card"),
        ("light", "/billing", "Dollars a month", "-5", "Set the limit"),
        ("dark", "/device", "Code", "<b>&\"'", "Continue"),
    ] {
        let wanted = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &wanted);
        let phone = json!({"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": true});
        browser.devtools("Emulation.setDeviceMetricsOverride", &phone);
        browser.open(&format!("{}{page}", server.url));
        browser.fill(label, typed);
        browser.press(button);
        let found = browser.find(
            "const e = document.querySelector('[aria-invalid=true]');
             const told = e.getAttribute('aria-describedby').split(' ')
                .map(id => document.getElementById(id).textContent);
             return [e.labels[0].innerText, told[0], document.activeElement === e, e.value];",
        );
        assert_eq!((&found[0], &found[2]), (&json!(label), &json!(true)), "{found}");
        assert!(found[1].as_str().expect("text").starts_with("Error: "), "{found}");
        let shown = if label.starts_with("Number") { "" } else { typed };
        assert_eq!(found[3], shown, "typed text comes back as it was, card numbers never");
        assert_eq!(browser.find(LOOK)["wrong"], json!([]), "{page}, {label}");
    }
}

#[test]
fn every_link_of_the_tool_leads_to_its_page() {
    let Some(browser) = Browser::start() else { return };
    let server = Server::start(&[]);
    let user = server.user();
    let agent = user_of(&server, "ciris");
    let teams = user_of(&server, "byterover");
    for (user, arguments, heading, has) in [
        (&user, &["open", "topup", "--link"][..], "Billing", "Buy credits"),
        (&user, &["open", "plan", "--link"], "Plan", "Choose Plus"),
        (&user, &["open", "limit", "--link"], "Billing", "Set the limit"),
        (&user, &["buy", "25", "--link"], "Billing", "Pay with Visa"),
        (&user, &["auto-reload", "--link"], "Billing", "Switch auto-reload on"),
        (&user, &["state", "--link"], "Billing", "Saved card"),
        (&agent, &["open", "--link"], "topup sandbox", "Uses"),
        (&teams, &["open", "--link"], "Teams", "Session key"),
    ] {
        let link = user.run(arguments).code(0).out;
        browser.open(link.trim());
        let shown = browser.find("return document.querySelector('h1').innerText");
        assert_eq!(shown, heading, "{link}");
        browser.says(has);
    }
    let link = user.run(&["buy", "25", "--json"]).code(3).json();
    browser.open(link["error"]["portal_url"].as_str().expect("a page"));
    assert_eq!(browser.find("return document.activeElement.id"), json!("amount"));
}

fn user_of(server: &Server, provider: &str) -> User {
    User::new().with("TOPUP_PROVIDER", provider).with("TOPUP_PORTAL_URL", &server.url)
}
