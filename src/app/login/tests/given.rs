//! Logins that are given: a key, and a username with a password.

use super::*;

#[test]
fn a_key_is_kept_once_its_system_has_accepted_it() {
    // The status, the class of the error or none, and whether the key is kept.
    for (status, class) in [
        (200, None),
        (401, Some(Class::NotLoggedIn)),
        (403, None),
        (404, Some(Class::EndpointUnavailable)),
        (429, Some(Class::RateLimited)),
        (500, Some(Class::ServerError)),
    ] {
        let fake = Fake::start(move |_, seen| {
            assert_eq!(seen.header("x-byterover-session-id"), Some("key-1"));
            Does::Answer(status, json!({"usages": [], "message": "no use for key-1 here"}))
        });
        let bench = LoginBench::new(&fake, BYTEROVER);
        bench.home.log_in(900);
        let granted = bench.with(|parts| key::log_in(parts, " key-1\n", Purpose::Looking));
        assert_eq!(fake.seen().len(), 1, "{status}");
        match (granted, class) {
            (Ok(_), None) => assert_eq!(bench.access_token().as_deref(), Some("key-1")),
            (Err(error), Some(class)) => {
                assert_eq!(error.class(), class, "{status}");
                let text = format!("{error} {:?}", error.parts().hints);
                assert!(!text.contains("key-1") && text.contains("[cut out]"), "{text}");
                assert!(text.contains("not stored"), "{text}");
                assert_eq!(bench.access_token().as_deref(), Some("access-0"), "{status}");
            }
            (granted, _) => panic!("{status}: {granted:?}"),
        }
    }
}

#[test]
fn a_key_is_not_kept_where_no_answer_came() {
    let fake = Fake::start(|_, _| Does::HangUp);
    let bench = LoginBench::new(&fake, BYTEROVER);
    let error =
        bench.with(|parts| key::log_in(parts, "key-1", Purpose::Looking)).expect_err("no answer");
    assert_eq!(error.class(), Class::Network);
    assert_eq!(bench.access_token(), None);
}

/// Which account is meant may be set up later.
#[test]
fn a_key_that_cannot_be_asked_about_yet_is_kept_and_that_is_said() {
    let fake = Fake::start(|_, _| Does::HangUp);
    let system = provider::find("cloudflare").expect("a row");
    let bench = LoginBench::new(&fake, system);
    bench.with(|parts| key::log_in(parts, "key-1", Purpose::Looking)).expect("kept");
    assert!(fake.seen().is_empty());
    assert_eq!(bench.access_token().as_deref(), Some("key-1"));
    let printed = bench.printed.borrow().join("\n");
    assert!(
        printed.contains("could not be checked") && printed.contains("account_id"),
        "{printed}"
    );
}

#[test]
fn a_stand_in_for_both_services_has_a_login_for_each_and_takes_the_other_where_there_is_one_alone()
{
    let fake = Fake::start(|_, _| Does::Answer(200, json!({"balance": "5.00"})));
    let mut bench = LoginBench::new(&fake, provider::find("vercel").expect("a row"));
    bench.home.portal.gateway =
        Some(Box::new(PortalTarget::at(fake.base.clone(), bench.home.portal.system)));
    let used = |bench: &LoginBench| {
        let session = bench.home.session();
        let gateway = session.at_gateway().expect("one");
        [&session, &gateway]
            .map(|one| one.token_as_is().ok().map(|token| token.secret.expose().to_owned()))
    };
    let (key, token) = (Some("key-1".to_owned()), Some("token-2".to_owned()));
    bench.with(|parts| key::log_in(parts, "key-1", Purpose::Looking)).expect("accepted");
    assert_eq!(used(&bench), [key.clone(), key.clone()], "it is the only one");
    bench.with(|parts| key::log_in(parts, "token-2", Purpose::Buying)).expect("kept");
    assert_eq!(used(&bench), [token.clone(), key]);
    // A login of before that was kept for both is used for both.
    let session = bench.home.session();
    let gateway = session.at_gateway().expect("one").key().clone();
    bench.home.change(|contents| assert!(contents.forget(&gateway)));
    assert_eq!(used(&bench), [token.clone(), token]);
}

#[test]
fn a_key_of_a_second_service_is_kept_where_it_is_used() {
    let main = Fake::start(|_, _| Does::Answer(401, json!({})));
    let gateway = Fake::start(|_, _| Does::Answer(200, json!({"balance": "5.00"})));
    let mut bench = LoginBench::new(&main, provider::find("vercel").expect("a row"));
    bench.home.portal.gateway =
        Some(Box::new(PortalTarget::at(gateway.base.clone(), bench.home.portal.system)));
    bench.with(|parts| key::log_in(parts, "key-1", Purpose::Looking)).expect("accepted there");
    assert!(main.seen().is_empty());
    assert_eq!(bench.access_token(), None);
    let at_gateway = bench.home.session().at_gateway().expect("one");
    assert!(at_gateway.login().expect("readable").is_some());
    // The one that buys is of the main service, where nothing can be asked with it.
    bench.with(|parts| key::log_in(parts, "token-2", Purpose::Buying)).expect("kept");
    assert!(main.seen().is_empty());
    assert_eq!(bench.access_token().as_deref(), Some("token-2"));
    assert!(bench.printed.borrow().join("").contains("unchecked"));
}

fn agent() -> Fake {
    Fake::start(|_, seen: &Seen| match serde_json::from_str::<serde_json::Value>(&seen.body) {
        Ok(body) if body == json!({"username": "ada", "password": "secret"}) => Does::Answer(
            200,
            json!({"access_token": "word-1", "token_type": "bearer", "expires_in": 2_592_000,
                "user_id": "user-1", "role": "OBSERVER"}),
        ),
        _ => Does::Answer(401, json!({"detail": "Invalid credentials"})),
    })
}

#[test]
fn a_password_is_exchanged_and_kept_nowhere() {
    let fake = agent();
    let bench = LoginBench::new(&fake, CIRIS);
    let given = |username: Option<&str>, password: Option<&str>| Given {
        username: username.map(str::to_owned),
        password: password.map(str::to_owned),
    };
    let wrong =
        bench.with(|parts| password::log_in(parts, &Silent, given(Some("ada"), Some("wrong"))));
    assert_eq!(wrong.expect_err("wrong").class(), Class::LoginDenied);
    assert_eq!(bench.access_token(), None);
    let granted = bench.with(|parts| password::log_in(parts, &Person(true), given(None, None)));
    let granted = granted.expect("asked for and accepted");
    assert_eq!(granted.role.as_deref(), Some("OBSERVER"));
    let in_thirty_days = bench.clock.now() + SignedDuration::from_hours(720);
    assert_eq!(granted.login.expires_at, Some(in_thirty_days));
    let file = fs::read_to_string(bench.home.folder.path().join("credentials.json"));
    assert!(!file.expect("kept").contains("\"secret\""));
    let answer = serde_json::to_value(LoginAnswer::from_granted(granted).expect("it is"));
    let answer = answer.expect("a document");
    assert_eq!((&answer["subject"], &answer["role"]), (&json!("user-1"), &json!("OBSERVER")));
    assert_eq!(answer["can_spend"], json!(null), "there are no permissions");
    assert_eq!(answer["login_ends_at"], json!(null), "it is renewed");
}

#[test]
fn what_is_missing_for_a_password_login_is_said_before_anything_is_sent() {
    let fake = agent();
    let bench = LoginBench::new(&fake, CIRIS);
    for (username, password, class) in [
        (None, None, Class::ConfirmationRequired),
        (Some("ada"), None, Class::ConfirmationRequired),
        (Some(""), Some("secret"), Class::Usage),
        (Some("a\nb"), Some("secret"), Class::Usage),
        (Some("ada"), Some(""), Class::Usage),
    ] {
        let given =
            Given { username: username.map(str::to_owned), password: password.map(str::to_owned) };
        let error = bench.with(|parts| password::log_in(parts, &Silent, given));
        assert_eq!(error.expect_err("missing").class(), class, "{username:?}");
    }
    assert!(fake.seen().is_empty());
}
