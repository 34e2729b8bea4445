//! The same bodies at the systems beside Nous.

use super::*;

/// What the other systems are asked: the look, and what begins a payment. A server that closes says
/// so: two questions go out at once, and one of them may come to a connection that is about to end.
fn at_the_others(class: &str, play: &Play) {
    let play = &match play {
        Play::Close(bytes) => {
            let line = bytes.windows(2).position(|end| end == b"\r\n").expect("a line") + 2;
            Play::Close([&bytes[..line], b"Connection: close\r\n", &bytes[line..]].concat())
        }
        other => other.clone(),
    };
    for system in ["ciris", "byterover"] {
        let played = play.clone();
        let portal = Wire::new(move |_, _| played.clone());
        let user = portal.user().with("TOPUP_PROVIDER", system).with_brv();
        let run = user.run(&["state", "--json", "--timeout", "10s"]);
        is_of_class(&run, class).failed(class, None);
        let asked = portal.heard().len();
        assert!(asked <= 2, "{system} was asked {asked} times");
        assert!(portal.heard().iter().all(|heard| heard.line.contains("billing")));
    }
    let played = play.clone();
    let portal = Wire::new(move |_, _| played.clone());
    let user = portal.user().with("TOPUP_PROVIDER", "ciris");
    let run = user.run(&["buy", "--yes", "--json", "--timeout", "10s"]);
    // A payment that was only begun costs nothing: a person pays for it in a browser.
    is_of_class(&run, class).failed(class, Some("no"));
    let begun = portal.heard().iter().filter(|heard| heard.line.starts_with("POST")).count();
    assert!(begun <= 1, "begun {begun} times");
}

#[test]
fn fault_1_the_other_systems_follow_nobody_either() {
    let elsewhere = Wire::well();
    let location = format!("Location: {}/v1", elsewhere.url);
    at_the_others(
        "endpoint_unavailable",
        &Play::Close(answer("307 Temporary Redirect", &[&location], b"")),
    );
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn fault_3_a_web_page_is_none_of_the_other_systems() {
    for headers in [&["Content-Type: text/html"][..], &[], &["Content-Type: application/json"]] {
        at_the_others("endpoint_unavailable", &Play::Close(answer("200 OK", headers, b"<html>Hi")));
    }
}

#[test]
fn fault_5_what_is_cut_is_no_answer_of_the_other_systems() {
    let whole = json("200 OK", br#"{"organizations":[],"has_credit":true,"credits_remaining":5}"#);
    at_the_others("network", &Play::Cut(whole[..whole.len() - 7].to_vec()));
    at_the_others("protocol", &Play::Close(json("200 OK", br#"{"organizations":[],"has_"#)));
}

#[test]
fn fault_7_the_other_systems_may_not_say_more_than_four_megabytes() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    at_the_others("protocol", &Play::Flood(head.into(), vec![b' '; 1024]));
}

/// The deadline of a look that nothing else is said about.
#[test]
fn fault_9_each_request_has_a_deadline_without_being_told() {
    assert!(topup::http::READ_DEADLINE <= Duration::from_secs(15));
    assert!(topup::http::SPEND_DEADLINE <= Duration::from_secs(30));
}
