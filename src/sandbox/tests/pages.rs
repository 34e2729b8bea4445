//! The pages below the browser: the headers that keep them to themselves, whose forms are taken,
//! what an untidy request gets, and that nothing typed or sent becomes part of a page.

use super::*;
use reqwest::blocking::Response;

const PAGES: [&str; 9] = [
    "/",
    "/billing?topup=open",
    "/manage-subscription",
    "/device",
    "/device?user_code=BCDF-GHJK",
    "/ciris",
    "/byterover",
    "/nowhere",
    "/ciris/payment/pi_none",
];

impl SandboxBench {
    fn page(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().expect("a page")
    }

    fn word(&self) -> String {
        let text = self.page("/billing").text().expect("text");
        let (_, rest) = text.split_once("name=\"form_word\" value=\"").expect("a form");
        rest.split_once('"').expect("its word").0.to_owned()
    }

    /// Sends a form as a browser does that shows a page of this origin.
    fn sent_from(&self, origin: Option<&str>, path: &str, fields: &str) -> Response {
        let request = self
            .client
            .post(self.url(path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(fields.to_owned());
        let request = match origin {
            Some(origin) => request.header("Origin", origin),
            None => request,
        };
        request.send().expect("an answer")
    }

    fn is_on(&self) -> bool {
        self.get("/api/billing/state").body["cliBillingEnabled"] == true
    }
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

#[track_caller]
fn is_guarded(answer: &Response, what: &str) {
    let policy = header(answer, "content-security-policy");
    for part in
        ["default-src 'none';", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]
    {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script"), "{what}: {policy}");
    assert!(!policy.contains("http") && !policy.contains('*'), "{what}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(header(answer, name), value, "{what}");
    }
}

#[test]
fn every_page_is_kept_to_itself() {
    let bench = bench();
    for path in PAGES {
        let answer = bench.page(path);
        is_guarded(&answer, path);
        let text = answer.text().expect("text");
        assert!(text.contains("<strong>Sandbox.</strong>"), "{path}: says what it is");
        assert!(!text.contains("<script") && !text.contains("src="), "{path}");
    }
    let word = bench.word();
    for (path, fields) in [
        ("/billing/switch", "switch=on"),
        ("/billing/nothing", "x=1"),
        ("/billing/buy", "amount=25"),
        ("/device", "answer=perhaps"),
        ("/manage-subscription", "plan=none"),
    ] {
        is_guarded(&bench.sent_from(None, path, &format!("form_word={word}&{fields}")), path);
        is_guarded(&bench.sent_from(None, path, fields), "without the word");
    }
    let head = bench.client.head(bench.url("/billing")).send().expect("a head");
    assert_eq!((head.status().as_u16(), head.text().expect("no text")), (200, String::new()));
    is_guarded(&bench.client.put(bench.url("/billing")).send().expect("an answer"), "PUT");
}

#[test]
fn a_form_is_taken_from_its_own_page_only() {
    let bench = bench();
    let own = bench.running.base_url().as_str().trim_end_matches('/').to_owned();
    let port = bench.running.base_url().port().expect("a port");
    let off = format!("form_word={}&switch=off", bench.word());
    for foreign in [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        &format!("http://127.0.0.1:{}", if port == 65535 { 1 } else { port + 1 }),
        &format!("https://127.0.0.1:{port}"),
        &format!("http://localhost:{port}"),
        &format!("{own}.evil.example"),
        "",
    ] {
        let answer = bench.sent_from(Some(foreign), "/billing/switch", &off);
        assert_eq!(answer.status(), 403, "{foreign}");
        let text = answer.text().expect("text");
        assert!(
            text.contains("Nothing was changed") && text.contains("href=\"/billing\""),
            "{text}"
        );
    }
    for word in ["", "form_word=&", "form_word=x&", &format!("form_word={}&", &bench.word()[1..])] {
        let answer = bench.sent_from(Some(&own), "/billing/switch", &format!("{word}switch=off"));
        assert_eq!(answer.status(), 403, "{word}");
    }
    // The word of another portal is none here, and the one from before a reset neither.
    let other = self::bench();
    let theirs = format!("form_word={}&switch=off", other.word());
    assert_eq!(bench.sent_from(Some(&own), "/billing/switch", &theirs).status(), 403);
    assert!(bench.is_on(), "none of them changed a thing");
    let answer = bench.sent_from(Some(&own), "/billing/switch", &off);
    assert_eq!(answer.status(), 303);
    assert_eq!(header(&answer, "location"), "/billing?note=switched-off#switch");
    assert!(!bench.is_on());
    bench.portal.reset(false).expect("reset");
    assert_eq!(bench.sent_from(Some(&own), "/billing/switch", &off).status(), 403);
}

#[test]
fn a_stranger_is_shown_where_the_page_is_and_nothing_of_the_account() {
    let bench = bench();
    let path = "/billing?topup=open&x=%3Cscript%3E";
    for host in ["evil.example", "portal.evil.example:80", "10.0.0.1", "\"><script>"] {
        let request = bench.client.get(bench.url(path)).header("Host", host);
        let answer = request.send().expect("an answer");
        assert_eq!(answer.status(), 403, "{host}");
        is_guarded(&answer, host);
        let text = answer.text().expect("text");
        let here = bench.url(path).replace('&', "&amp;");
        assert!(text.contains(&format!("href=\"{here}\"")), "{text}");
        let organisation = bench.get("/api/billing/state").body["org"]["id"].clone();
        assert!(!text.contains(organisation.as_str().expect("an id")), "{text}");
        for secret in ["142.5", "form_word", "<script>", host] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        // A client gets what a client can read.
        let call = bench.client.get(bench.url("/api/billing/state")).header("Host", host);
        let answer = SandboxBench::exchange(call);
        assert_eq!((answer.status, SandboxBench::error(&answer)), (403, "forbidden_host"));
    }
    let large = "x".repeat(70_000);
    let answer = bench.sent_from(None, "/billing/limit", &large);
    assert_eq!(answer.status(), 413);
    is_guarded(&answer, "too large");
}

#[test]
fn what_is_typed_or_sent_is_text_and_never_part_of_a_page() {
    let bench = bench();
    let evil = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%3Cimg+src=x%3E";
    let form = format!("client_id={evil}&scope={evil}+billing:manage");
    let begun = bench.form("/api/oauth/device/code", &form, None);
    let code = begun.body["user_code"].as_str().expect("a code").to_owned();
    for path in [
        format!("/device?user_code={code}"),
        format!("/device?user_code={evil}"),
        format!("/billing?note={evil}"),
        format!("/billing?wrong=amount.bounds&amount={evil}"),
        format!("/billing?wrong=amount.{evil}"),
        format!("/billing?wrong={evil}.empty"),
        format!("/billing/charge/{evil}"),
        format!("/billing/bank?amount=25&once={evil}"),
        format!("/manage-subscription?choose={evil}&trouble={evil}"),
        format!("/manage-subscription?org_id={evil}"),
        format!("/ciris/payment/{evil}"),
        format!("/{evil}"),
    ] {
        let text = bench.page(&path).text().expect("text");
        assert!(!text.contains("<script>") && !text.contains("<img"), "{path}: {text}");
    }
    let text = bench.page(&format!("/device?user_code={code}")).text().expect("text");
    assert!(text.contains("&lt;script&gt;"), "shown as it was sent: {text}");
    let text = bench.page("/billing?note=You+have+won").text().expect("text");
    assert!(!text.contains("won"), "no text of a link is shown as ours");
    // No number of a card comes back, neither by a form nor by a link.
    let fields = format!("form_word={}&number=4111111111111111", bench.word());
    let refused = bench.sent_from(None, "/billing/card", &fields);
    assert_eq!(header(&refused, "location"), "/billing?wrong=number.unknown-card");
    let text = bench.page("/billing?wrong=number.unknown-card&number=4111").text().expect("text");
    assert!(text.contains("not one of the test cards") && !text.contains("4111"), "{text}");
}

#[test]
fn who_may_not_change_the_account_changes_nothing_on_its_pages() {
    let bench = bench();
    let word = bench.word();
    bench.set("role=MEMBER");
    for (path, fields) in [
        ("/billing/switch", "switch=off"),
        ("/billing/card", "card=none"),
        ("/billing/limit", "limit_usd=1"),
        ("/billing/auto-reload", "enabled=on&below=20&to=100"),
        ("/billing/buy", "amount=25&once=0123456789abcdef0123456789abcdef"),
        ("/manage-subscription", "act=change&plan=ultra"),
    ] {
        let answer = bench.sent_from(None, path, &format!("form_word={word}&{fields}"));
        assert_eq!(answer.status(), 403, "{path}");
    }
    let text = bench.page("/billing").text().expect("text");
    assert!(!text.contains("<form") && !text.contains("4242"), "{text}");
    bench.set("role=OWNER");
    let state = bench.get("/api/billing/state").body;
    assert_eq!(
        (&state["cliBillingEnabled"], &state["card"]["last4"], &state["monthlyCap"]["limitUsd"]),
        (&json!(true), &json!("4242"), &json!("1000"))
    );
    assert_eq!(state["autoReload"]["enabled"], false);
    assert!(bench.portal.charges().expect("none").is_empty());
}

#[test]
fn a_purchase_of_the_page_obeys_the_rules_and_takes_no_turn_of_a_terminal() {
    let bench = bench();
    let word = bench.word();
    let once = |n: u32| format!("{n:032}");
    let buy = |n: u32, amount: &str| {
        let fields = format!("form_word={word}&amount={amount}&once={}", once(n));
        let answer = bench.sent_from(None, "/billing/buy", &fields);
        assert_eq!(answer.status(), 303);
        header(&answer, "location").to_owned()
    };
    let charges = || bench.portal.charges().expect("charges").len();
    assert_eq!(buy(1, ""), "/billing?wrong=amount.empty&amount=");
    assert_eq!(buy(1, "1e3"), "/billing?wrong=amount.no-amount&amount=1e3");
    assert_eq!(buy(1, "9.99"), "/billing?wrong=amount.bounds&amount=9.99");
    assert_eq!(buy(1, "1000.01"), "/billing?wrong=amount.limit&amount=1000.01");
    let fields = format!("form_word={word}&amount=25");
    assert_eq!(bench.sent_from(None, "/billing/buy", &fields).status(), 400);
    assert_eq!(charges(), 0);
    let receipt = buy(1, "25");
    assert!(receipt.starts_with("/billing/charge/ch_"), "{receipt}");
    assert_eq!(buy(1, "25"), receipt, "sent twice, bought once");
    for n in 2..8 {
        buy(n, "10");
    }
    assert_eq!(charges(), 7);
    for n in 0..5 {
        assert_eq!(bench.charge(&format!("key-0000{n}"), "10").status, 202);
    }
    assert_eq!(bench.charge("key-00005", "10").status, 429, "five of a terminal");
    bench.set("card=3ds");
    let bank = buy(8, "25");
    assert_eq!(bank, format!("/billing/bank?amount=25&once={}", once(8)));
    assert_eq!(charges(), 12, "not before the bank was answered");
    assert_eq!(bench.page("/billing/bank?amount=25000&once=x").status(), 303, "no such purchase");
    bench.set("rate-limit=off");
    bench.set("settle-after=0s");
    let waiting = bench.charge("key-00006", "10").body["chargeId"].clone();
    let receipt = format!("/billing/charge/{}", waiting.as_str().expect("an id"));
    assert!(bench.page(&receipt).text().expect("text").contains("Confirm at the bank"));
    let fields = format!("form_word={word}&bank=confirmed");
    let answer = bench.sent_from(None, &receipt, &fields);
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, receipt.as_str()));
    assert_eq!(bench.status(&waiting)["status"], "settled", "the same charge is paid");
    bench.set("card=none");
    assert_eq!(buy(9, "25"), "/billing?wrong=number.no-card&amount=25");
}
