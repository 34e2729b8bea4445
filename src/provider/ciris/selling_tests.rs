//! How a payment is concluded at agents that cannot tell its status, and at those that tell too much
//! of it. Contract: ciris, seen since.

use super::*;
use crate::core::secret::Secret;
use crate::credentials::fake::{Does, Fake, Home, Seen};
use crate::credentials::lifetime::LOOKING_LASTS;
use serde_json::json;

const STATUS: &str = "GET /v1/api/billing/purchase/status/pi_1";
const LIST: &str = "GET /v1/api/billing/transactions";

/// When the payment was asked for.
fn asked() -> Timestamp {
    "2026-11-29T12:00:00Z".parse().expect("a time")
}

/// What an agent of 2.16.5 says of every payment, whatever became of it.
fn broken() -> Does {
    Does::Answer(500, json!("Internal Server Error"))
}

fn word(word: &str) -> Does {
    Does::Answer(200, json!({"status": word, "credits_added": 0, "balance_after": null}))
}

/// An entry of the list: what it names, and when it was made.
fn entry(external: Option<&str>, kind: &str, at: &str) -> Value {
    json!({"transaction_id": at, "type": kind, "amount_minor": 100, "currency": "USD",
        "description": "", "created_at": at, "balance_after": 103, "external_transaction_id": external})
}

fn list(entries: &[Value], has_more: bool) -> Does {
    let count = entries.len();
    Does::Answer(200, json!({"transactions": entries, "total_count": count, "has_more": has_more}))
}

const PAID_AT: &str = "2026-11-29T12:01:00Z";

/// An agent that answers so about the payment, and shows this list.
struct FakeAgent {
    fake: Fake,
    home: Home,
}

impl FakeAgent {
    fn new(
        status: impl Fn() -> Does + Send + Sync + 'static,
        pages: impl Fn(u64) -> Does + Send + Sync + 'static,
    ) -> Self {
        let fake = Fake::start(move |_, seen: &Seen| {
            let (path, query) = seen.line.split_once('?').unwrap_or((&seen.line, ""));
            if path == STATUS {
                return status();
            }
            assert_eq!(path, LIST);
            let offset = query.rsplit_once("offset=").expect("an offset").1;
            pages(offset.parse().expect("a number"))
        });
        let home = Home::of_system(&fake.base, crate::provider::CIRIS);
        let mut login = home.log_in(80_000);
        login.obtained_at = Timestamp::now();
        login.access_token = Secret::new("word");
        home.change(|contents| contents.put(&home.key(), login));
        Self { fake, home }
    }

    /// What each of these polls of one run shows.
    fn polls(&self, count: usize) -> Vec<ChargeStatus> {
        let session = self.home.session();
        let token = session.token(LOOKING_LASTS).expect("a token");
        let ciris = Ciris::new(session);
        let id = ChargeId::parse("pi_1").expect("an id");
        (0..count).map(|_| ciris.poll(&token, &id, Some(asked()))).collect()
    }

    fn poll(&self) -> ChargeStatus {
        self.polls(1).remove(0)
    }

    fn lists(&self) -> usize {
        self.fake.seen().iter().filter(|seen| seen.line.starts_with(LIST)).count()
    }
}

#[track_caller]
fn is_credited(status: &ChargeStatus, seen: bool) {
    let ChargeStatus::Credited(reading) = status else { panic!("credited, and not {status:?}") };
    assert_eq!((reading.status, reading.credit_seen), (PaymentStatus::Paid, seen));
    assert_eq!(reading.balance_after, seen.then_some(103));
}

#[test]
fn a_payment_whose_status_fails_is_concluded_by_the_list_that_names_it() {
    let agent = FakeAgent::new(broken, |_| {
        list(&[entry(None, "charge", PAID_AT), entry(Some("pi_1"), "credit", PAID_AT)], false)
    });
    is_credited(&agent.poll(), true);
    // Another payment is none of it, and neither is one that is not there.
    for entries in [vec![entry(Some("pi_2"), "credit", PAID_AT)], Vec::new()] {
        let agent = FakeAgent::new(broken, move |_| list(&entries, false));
        let ChargeStatus::Trouble { refusal, unauthorized: false } = agent.poll() else {
            panic!("it is not known")
        };
        assert_eq!(refusal.class, Class::ServerError);
    }
}

#[test]
fn the_list_is_read_page_by_page_until_it_is_older_than_the_payment() {
    // Uses without end, newest first: an hour of them on each page.
    let pages = |named: Option<u64>| {
        move |offset: u64| {
            let page = offset / u64::from(PAGE);
            let at = asked() + SignedDuration::from_hours(3)
                - SignedDuration::from_hours(i64::try_from(page).expect("few pages"));
            let external = (named == Some(page)).then_some("pi_1");
            list(&[entry(external, "credit", &at.to_string())], true)
        }
    };
    let agent = FakeAgent::new(broken, pages(Some(2)));
    is_credited(&agent.poll(), true);
    assert_eq!(agent.lists(), 3);
    // From the fourth hour on everything was made before it was asked for, as far as clocks differ.
    let agent = FakeAgent::new(broken, pages(Some(7)));
    assert!(matches!(agent.poll(), ChargeStatus::Trouble { .. }));
    assert_eq!(agent.lists(), 5);
}

#[test]
fn succeeded_is_paid_and_only_what_the_list_shows_is_credited() {
    let named = |_| list(&[entry(Some("pi_1"), "credit", PAID_AT)], false);
    is_credited(&FakeAgent::new(|| word("succeeded"), named).poll(), true);
    // Nothing new in a list whose payments have ids: paid, and not credited so far.
    let other = |_| list(&[entry(Some("pi_0"), "credit", PAID_AT)], false);
    for pages in [other, |_| Does::Answer(500, json!("x")), |_| list(&[], false)] {
        let status = FakeAgent::new(|| word("succeeded"), pages).poll();
        let ChargeStatus::OpenPayment(reading) = status else { panic!("open, and not {status:?}") };
        assert_eq!((reading.status, reading.credit_seen), (PaymentStatus::Paid, false));
    }
    // A grant of before that belongs to no payment says nothing of this one.
    let granted = |_| list(&[entry(None, "credit", "2026-11-29T11:59:00Z")], false);
    let status = FakeAgent::new(|| word("succeeded"), granted).poll();
    assert!(matches!(status, ChargeStatus::OpenPayment(_)), "{status:?}");
    // Where payments have no names, or not the one that came in since, and where there is no list,
    // the word alone settles it.
    let nameless = |_| list(&[entry(None, "credit", PAID_AT)], false);
    let without_names = |_| {
        let mut entry = entry(None, "credit", "2026-11-29T11:00:00Z");
        entry.as_object_mut().expect("an object").remove("external_transaction_id");
        list(&[entry], false)
    };
    for pages in [nameless, without_names, |_| Does::Answer(404, json!({"detail": "Not found"}))] {
        is_credited(&FakeAgent::new(|| word("succeeded"), pages).poll(), false);
    }
}

#[test]
fn what_stays_pending_is_searched_in_the_list_at_every_third_poll() {
    for pending in ["pending", "unknown", "processing"] {
        let named = |_| list(&[entry(Some("pi_1"), "credit", PAID_AT)], false);
        let agent = FakeAgent::new(move || word(pending), named);
        let polls = agent.polls(3);
        assert!(matches!(polls[..2], [ChargeStatus::OpenPayment(_), ChargeStatus::OpenPayment(_)]));
        is_credited(&polls[2], true);
        assert_eq!(agent.lists(), 1, "{pending}");
    }
    // A person has to act: nothing can be credited before.
    let agent = FakeAgent::new(|| word("requires_action"), |_| list(&[], false));
    agent.polls(4);
    assert_eq!(agent.lists(), 0);
}

#[test]
fn an_entry_as_old_as_the_clocks_may_differ_is_not_from_before() {
    let edge = (asked() - CLOCKS_DIFFER).to_string();
    let past = (asked() - CLOCKS_DIFFER - SignedDuration::from_secs(1)).to_string();
    for (last, lists) in [(edge, 2), (past, 1)] {
        let pages = move |offset: u64| match offset {
            0 => list(&[entry(None, "charge", &last)], true),
            _ => list(&[], false),
        };
        let agent = FakeAgent::new(broken, pages);
        agent.poll();
        assert_eq!(agent.lists(), lists);
    }
    // A grant without a name in the very second of the asking may be this payment.
    let granted = |_| list(&[entry(None, "credit", &asked().to_string())], false);
    is_credited(&FakeAgent::new(|| word("succeeded"), granted).poll(), false);
}

/// An agent that answers whatever is asked like this, and a client of it.
fn at_agent<T>(
    answer: impl Fn() -> Does + Send + Sync + 'static,
    act: impl Fn(&Ciris<'_>) -> T,
) -> (T, Vec<Seen>) {
    let fake = Fake::start(move |_, _| answer());
    let home = Home::of_system(&fake.base, crate::provider::CIRIS);
    let session = home.session().with_token(Secret::new("word"));
    (act(&Ciris::new(session)), fake.seen())
}

fn token() -> Token {
    Token::new(Secret::new("word"))
}

#[test]
fn the_time_is_asked_of_the_agent_and_silence_is_no_time() {
    let credits = || Does::Answer(200, json!({}));
    let (asked, seen) = at_agent(credits, |ciris| ciris.ask_time(&token()));
    asked.expect("answered");
    assert_eq!(seen[0].line, "GET /v1/api/billing/credits");
    let (asked, seen) = at_agent(|| Does::HangUp, |ciris| ciris.ask_time(&token()));
    assert!(asked.is_err() && !seen.is_empty());
}

#[test]
fn a_payment_is_opened_with_the_body_of_the_journal_and_a_lost_answer_is_told_from_none_sent() {
    let key = IdempotencyKey::parse("a-key-for-nobody").expect("a key");
    let opening = || {
        Does::Answer(
            200,
            json!({"payment_id": "pi_1", "client_secret": "s", "amount_minor": 500, "currency": "USD", "uses_purchased": 20, "status": "requires_payment_method"}),
        )
    };
    let (body, _) =
        at_agent(opening, |ciris| ciris.request_body(Amount::parse("5").expect("an amount")));
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert!(body.is_object(), "{body}");
    let sent = body.to_string();
    let (answer, seen) = at_agent(opening, |ciris| ciris.post(&token(), &key, sent.as_bytes()));
    assert!(matches!(answer, ChargeResponse::Opened(_)), "{answer:?}");
    assert_eq!(
        (seen[0].line.as_str(), seen[0].body.as_str()),
        ("POST /v1/api/billing/purchase/initiate", body.to_string().as_str())
    );
    let (answer, _) = at_agent(|| Does::HangUp, |ciris| ciris.post(&token(), &key, b"{}"));
    assert!(matches!(answer, ChargeResponse::Unknown { replay: false, .. }), "{answer:?}");
    // A port that was free a moment ago: nobody listens, and nothing was sent.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr());
    let base = format!("http://{}", free.expect("a port")).parse().expect("a URL");
    let home = Home::of_system(&base, crate::provider::CIRIS);
    let answer = Ciris::new(home.session()).post(&token(), &key, b"{}");
    assert!(matches!(answer, ChargeResponse::Unsent(_)), "{answer:?}");
}

#[test]
fn what_failed_or_was_called_off_is_final_whatever_the_list_says() {
    for (said, class) in [("failed", Class::PaymentFailed), ("canceled", Class::PaymentCanceled)] {
        let agent = FakeAgent::new(move || word(said), |_| list(&[], false));
        let ChargeStatus::Failed(refusal) = agent.poll() else { panic!("final") };
        assert_eq!((refusal.class, refusal.code.as_deref()), (class, Some(said)));
    }
}
