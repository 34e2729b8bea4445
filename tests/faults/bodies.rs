//! Promise: an answer that makes no sense is no success and no refusal: the purchase stays unknown,
//! and the same command finds the truth and pays once.
//!
//! Faults 3 to 8, 10 and 12 to 14: pages of somebody else, spoiled JSON, bodies without end,
//! amounts and words that are none.

mod others;

use super::trials::{Trial, at_once, check_manners, is_of_class, judge};
use super::wire::{Heard, Play, STATE, Wire, answer, json, token_of};
use std::time::Duration;

/// What belongs into the answer: the status of a success, and its object.
fn right(heard: &Heard) -> (&'static str, String) {
    if heard.is_purchase() {
        ("202 Accepted", r#"{"chargeId":"ch_1"}"#.to_owned())
    } else if heard.is_look() {
        ("200 OK", r#"{"status":"settled","amountUsd":"25"}"#.to_owned())
    } else {
        ("200 OK", STATE.to_owned())
    }
}

/// A success whose body this was done to.
fn spoiled(heard: &Heard, how: fn(String) -> Vec<u8>) -> Play {
    let (status, body) = right(heard);
    Play::Close(json(status, &how(body)))
}

/// A head with these lines, and the body behind it; closed then.
fn bare(heard: &Heard, head: &str, body: &[u8]) -> Play {
    let (status, _) = right(heard);
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{head}\r\n\r\n");
    Play::Close([head.as_bytes(), body].concat())
}

pub fn trials() -> Vec<Trial> {
    [pages(), without_id(), cut(), garbled(), without_end(), compressed(), deep()].concat()
}

fn pages() -> Vec<Trial> {
    let page = b"<!doctype html><title>Sign in</title><form action=/login>".as_slice();
    let told = |name: &str, status: &'static str, headers: &'static [&'static str]| {
        Trial::new(3, name, move |_| Play::Close(answer(status, headers, page)))
            .posts(1)
            .look("endpoint_unavailable")
            .polls("pending")
    };
    vec![
        told("a page", "200 OK", &["Content-Type: text/html; charset=utf-8"]),
        told("a page of no type", "200 OK", &[]),
        told("a page that says it is JSON", "200 OK", &["Content-Type: application/json"]),
        told("a page with 202", "202 Accepted", &["Content-Type: text/html"]),
        told("a page with 511", "511 Login Required", &["Content-Type: text/html"]),
    ]
}

fn without_id() -> Vec<Trial> {
    let long = format!("{{\"chargeId\":\"{}\"}}", "x".repeat(257));
    let bodies = [
        "",
        "[]",
        "null",
        "{}",
        r#"{"chargeId":7}"#,
        r#"{"chargeId":""}"#,
        r#"{"chargeId":null}"#,
        r#"{"chargeId":".."}"#,
        r#"{"chargeId":"a/b"}"#,
        "{\"chargeId\":\"a\\u001b[2J\"}",
        r#"{"chargeid":"ch_1"}"#,
        &long,
    ];
    bodies
        .into_iter()
        .map(|body| {
            let bytes = json("202 Accepted", body.as_bytes());
            Trial::new(4, body.get(..20).unwrap_or(body), move |_| Play::Close(bytes.clone()))
        })
        .collect()
}

fn cut() -> Vec<Trial> {
    let half = |heard: &Heard| {
        let (_, body) = right(heard);
        body.as_bytes()[..body.len() / 2].to_vec()
    };
    let lengths = |name: &str, head: &'static str| {
        Trial::new(5, name, move |heard| bare(heard, head, right(heard).1.as_bytes()))
            .look("protocol")
            .polls("protocol")
    };
    vec![
        Trial::new(5, "shorter than its length", |heard| {
            let body = right(heard).1;
            bare(heard, &format!("Content-Length: {}", body.len() + 50), body.as_bytes())
        })
        .look("network")
        .polls("pending"),
        Trial::new(5, "cut before its length", move |heard| {
            let length = right(heard).1.len();
            bare(heard, &format!("Content-Length: {length}"), &half(heard))
        })
        .look("network")
        .polls("pending"),
        Trial::new(5, "cut at its length", move |heard| {
            let half = half(heard);
            bare(heard, &format!("Content-Length: {}", half.len()), &half)
        })
        .look("protocol")
        .polls("protocol"),
        Trial::new(5, "cut, of no length", move |heard| {
            bare(heard, "Connection: close", &half(heard))
        })
        .look("protocol")
        .polls("protocol"),
        Trial::new(5, "cut in a chunk", |heard| {
            bare(heard, "Transfer-Encoding: chunked", b"20\r\n{\"chargeId\":\"ch_")
        })
        .look("network")
        .polls("pending"),
        Trial::new(5, "no last chunk", |heard| {
            let body = right(heard).1;
            let chunk = format!("{:x}\r\n{body}\r\n", body.len());
            bare(heard, "Transfer-Encoding: chunked", chunk.as_bytes())
        })
        .look("network")
        .polls("pending"),
        lengths("two lengths", "Content-Length: 5\r\nContent-Length: 19"),
        lengths("a length below zero", "Content-Length: -5"),
        lengths("a length beyond all", "Content-Length: 100000000000000000000"),
        Trial::new(5, "nothing at all", |_| Play::Close(Vec::new()))
            .look("network")
            .polls("pending"),
        Trial::new(5, "no head", |heard| Play::Close(right(heard).1.into_bytes()))
            .look("protocol")
            .polls("protocol"),
    ]
}

fn garbled() -> Vec<Trial> {
    let told = |name: &str, how: fn(String) -> Vec<u8>| {
        Trial::new(6, name, move |heard| spoiled(heard, how)).look("protocol").polls("protocol")
    };
    vec![
        told("trailing bytes", |body| format!("{body} x").into_bytes()),
        told("a second object", |body| format!("{body}{body}").into_bytes()),
        told("a byte order mark", |body| format!("\u{feff}{body}").into_bytes()),
        told("a lone surrogate", |body| {
            format!("{},\"note\":\"\\ud800\"}}", &body[..body.len() - 1]).into_bytes()
        }),
        told("bytes that are no text", |body| {
            [&body.as_bytes()[..body.len() - 1], b",\"note\":\"\xff\xfe\"}"].concat()
        }),
        told("each key twice", |body| {
            format!("{},{}", &body[..body.len() - 1], &body[1..]).into_bytes()
        }),
        told("a key twice, once escaped", |body| {
            let (_, first) = body.split_once('"').expect("a key");
            let (_, rest) = first.split_at(1);
            let letter = u32::from(first.as_bytes()[0]);
            format!("{},\"\\u{letter:04x}{rest}", &body[..body.len() - 1]).into_bytes()
        }),
        told("a zero byte behind it", |body| format!("{body}\0").into_bytes()),
        told("a comma too many", |body| format!("{},}}", &body[..body.len() - 1]).into_bytes()),
    ]
}

fn without_end() -> Vec<Trial> {
    let told = |name: &str, head: &'static str, again: String| {
        Trial::new(7, name, move |heard| {
            let Play::Close(first) = bare(heard, head, b"") else { unreachable!() };
            Play::Flood(first, again.clone().into_bytes())
        })
        .look("protocol")
        .polls("protocol")
    };
    let chunk = format!("800\r\n{}\r\n", " ".repeat(0x800));
    vec![
        told("a body without end", "Connection: close", "{\"chargeId\":\"ch_1\",   ".into()),
        told("a gigabyte", "Content-Length: 1073741824", " ".repeat(64)),
        told("chunks without end", "Transfer-Encoding: chunked", chunk),
    ]
}

fn compressed() -> Vec<Trial> {
    let told = |name: &str, head: &'static str| {
        Trial::new(8, name, move |heard| {
            let body = right(heard).1;
            bare(heard, &format!("{head}\r\nContent-Length: {}", body.len()), body.as_bytes())
        })
        .look("protocol")
        .polls("protocol")
    };
    vec![
        told("gzip", "Content-Encoding: gzip"),
        told("brotli", "content-encoding: br"),
        told("plain and gzip in one", "Content-Encoding: identity, gzip"),
        told("plain and gzip in two", "Content-Encoding: identity\r\nContent-Encoding: gzip"),
        Trial::new(8, "a bomb", |heard| {
            // Ten megabytes of nothing in ten kilobytes, as deflate writes them.
            let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].repeat(1024);
            bare(
                heard,
                &format!("Content-Encoding: x-gzip\r\nContent-Length: {}", bomb.len()),
                &bomb,
            )
        })
        .look("protocol")
        .polls("protocol"),
    ]
}

fn deep() -> Vec<Trial> {
    let told = |name: &str, open: &'static str, shut: &'static str| {
        Trial::new(10, name, move |heard| {
            let (status, body) = right(heard);
            let nest = format!("{}{}", open.repeat(100_000), shut.repeat(100_000));
            let body = format!("{},\"deep\":{nest}}}", &body[..body.len() - 1]);
            Play::Close(json(status, body.as_bytes()))
        })
        .look("protocol")
        .polls("protocol")
    };
    vec![
        told("arrays", "[", "]"),
        Trial::new(10, "objects", |heard| {
            let (status, body) = right(heard);
            let nest = "{\"a\":".repeat(100_000);
            let body = format!("{},\"deep\":{nest}", &body[..body.len() - 1]);
            Play::Close(json(status, body.as_bytes()))
        })
        .look("protocol")
        .polls("protocol"),
        Trial::new(10, "nothing but arrays", |_| {
            Play::Close(json("200 OK", "[".repeat(100_000).as_bytes()))
        })
        .look("endpoint_unavailable")
        .polls("pending"),
    ]
}

#[test]
fn fault_3_a_web_page_is_not_the_billing_system() {
    judge(3);
}

#[test]
fn fault_4_accepted_without_a_usable_id_is_unknown() {
    judge(4);
}

#[test]
fn fault_5_what_is_cut_is_unknown() {
    judge(5);
}

#[test]
fn fault_6_spoiled_json_makes_no_sense_and_is_unknown() {
    judge(6);
}

#[test]
fn fault_7_no_more_than_four_megabytes_are_read() {
    judge(7);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    let portal = Wire::new(move |_, _| Play::Flood(head.into(), vec![b' '; 1024]));
    let run = portal.user().run(&["state", "--json"]);
    is_of_class(&run, "protocol").failed("protocol", None);
    let written = portal.written();
    assert!(written < 16 * 1024 * 1024, "{written} bytes were taken");
    // To the byte: the decoded ones count, and not what the chunks add.
    for (more, class) in [(0, "success"), (1, "protocol")] {
        let most = topup::http::MAX_BODY_BYTES + more;
        let body = format!("{}{STATE}", " ".repeat(most - STATE.len()));
        let chunks: Vec<u8> = body
            .as_bytes()
            .chunks(1024)
            .flat_map(|part| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat())
            .collect();
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let whole = [head.as_bytes(), &chunks, b"0\r\n\r\n"].concat();
        let portal = Wire::new(move |_, _| Play::Close(whole.clone()));
        is_of_class(&portal.user().run(&["state", "--json"]), class);
    }
}

#[test]
fn fault_8_nothing_compressed_is_asked_for_or_read() {
    judge(8);
}

#[test]
fn fault_10_nested_json_has_a_limit() {
    judge(10);
}

/// A portal whose charges are told like this.
fn looked(status: &'static str, body: String) -> Wire {
    Wire::new(
        move |heard, _| {
            if heard.is_look() { Play::Keep(json(status, body.as_bytes())) } else { Play::Well }
        },
    )
}

const BUY: [&str; 8] = ["buy", "25", "--yes", "--json", "--poll", "100ms", "--wait", "300ms"];

/// What is settled with this as its amount.
fn settled(amount: &str) -> Wire {
    looked("200 OK", format!("{{\"status\":\"settled\",\"amountUsd\":{amount}}}"))
}

#[test]
fn fault_12_an_amount_is_exact_or_makes_no_sense() {
    let none = [
        "NaN",
        "\"NaN\"",
        "1e999",
        "\"1e999\"",
        "\"2.5e1\"",
        "Infinity",
        "null",
        "true",
        "[25]",
        "{}",
        "\"\"",
        "\" 25\"",
        "\"+25\"",
        "\"0x19\"",
        "\"25,00\"",
        "\"2_5\"",
        "\"٢٥\"",
        "\"25.0000000000000000000000000001\"",
        "100000000000000000000000000025",
    ];
    let wrong = at_once(
        &none,
        |amount| (*amount).to_owned(),
        |amount| {
            let portal = settled(amount);
            let user = portal.user();
            let run = user.run(&BUY);
            is_of_class(&run, "protocol").failed("protocol", Some("unknown"));
            portal.heal();
            let told = user.run(&["status", "--json"]).code(0).json();
            assert_eq!(told["data"]["amount_usd"], "25.00", "{told}");
            assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
            check_manners(&portal);
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fault_12_another_amount_than_asked_for_is_shown_and_no_success() {
    let other =
        ["-25", "-0", "\"-0\"", "0", "24.99", "\"25.01\"", "250", "\"25.000000000000000001\""];
    let wrong = at_once(
        &other,
        |amount| (*amount).to_owned(),
        |amount| {
            let portal = settled(amount);
            let user = portal.user();
            let run = user.run(&BUY);
            let told = is_of_class(&run, "protocol").failed("protocol", Some("yes"));
            let message = told["error"]["message"].as_str().expect("a message");
            let digits = amount.trim_matches('"');
            assert!(message.contains(digits.trim_start_matches('-')), "{message}");
            assert!(message.contains("$25.00 was asked for"), "{message}");
            // What it ended with stays, whatever is said later.
            portal.heal();
            let again = user.run(&["status", "--json"]);
            is_of_class(&again, "protocol").failed("protocol", Some("yes"));
            assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let digit_for_digit = ["25", "25.0", "\"25\"", "\"25.00\"", "25.00000000000000000000"]
        .map(|text| (text, text.trim_matches('"')));
    // An exponent of a JSON number only moves the point.
    for (same, shown) in digit_for_digit.into_iter().chain([("25e0", "25"), ("2.5e1", "25")]) {
        let portal = settled(same);
        let told = portal.user().run(&BUY).code(0).json();
        // Two decimals at least, and all that the system gave.
        let shown = if shown.len() < "25.00".len() { "25.00" } else { shown };
        assert_eq!(told["data"]["amount_usd"], shown, "{same}");
    }
}

#[test]
fn fault_12_a_balance_that_is_none_passes_no_gate() {
    for (balance, code) in [
        ("NaN", 64),
        ("1e999", 64),
        ("\"1e3\"", 64),
        ("null", 64),
        ("\"1000000000000000000000000000000\"", 64),
        ("-0", 30),
        ("-1000", 30),
        ("\"9.99\"", 30),
        ("10", 0),
        ("\"10.00000000000000000000000001\"", 0),
    ] {
        let body = format!("{{\"balanceUsd\":{balance}}}");
        let portal = Wire::new(move |_, _| Play::Keep(json("200 OK", body.as_bytes())));
        let run = portal.user().run(&["check", "--at-least", "10", "--json"]);
        assert_eq!(run.code, code, "{balance}: {}", run.out);
        run.json();
    }
}

#[test]
fn fault_13_an_unknown_word_is_still_pending() {
    let words =
        ["Settled", "SETTLED", "settled ", "paid", "succeeded", "Failed", "canceled", "déjà"];
    let wrong = at_once(
        &words,
        |word| (*word).to_owned(),
        |word| {
            let portal =
                looked("200 OK", format!("{{\"status\":\"{word}\",\"amountUsd\":\"25\"}}"));
            let user = portal.user();
            let run = user.run(&BUY);
            is_of_class(&run, "pending").failed("pending", Some("unknown"));
            assert!(portal.heard().len() > 2, "looked at again");
            portal.heal();
            user.run(&["status", "--json"]).code(0);
            assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
        },
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for none in ["7", "null", "[\"settled\"]", "\"\""] {
        let portal = looked("200 OK", format!("{{\"status\":{none},\"amountUsd\":\"25\"}}"));
        let run = portal.user().run(&BUY);
        is_of_class(&run, "protocol").failed("protocol", Some("unknown"));
    }
}

#[test]
fn fault_14_the_first_end_counts_whatever_is_said_later() {
    let settled = r#"{"status":"settled","amountUsd":"25"}"#;
    let failed = r#"{"status":"failed","reason":"card_declined"}"#;
    for (first, then, code, word) in
        [(settled, failed, 0, "settled"), (failed, settled, 21, "failed")]
    {
        let portal = Wire::new(move |heard, count| match (heard.is_look(), count) {
            (true, 1) => Play::Keep(json("200 OK", first.as_bytes())),
            (true, _) => Play::Keep(json("200 OK", then.as_bytes())),
            _ => Play::Well,
        });
        let user = portal.user().with("TOPUP_TOKEN", &token_of("org_wire"));
        let named = [&BUY[..], &["--once", "order"]].concat();
        let told = user.run(&named).code(code).json();
        assert_eq!(told["data"]["status"], word);
        let id = told["data"]["charge_id"].as_str().expect("a charge").to_owned();
        for again in [&named[..], &["status", "--json"], &["status", &id, "--json", "--wait=1s"]] {
            let told = user.run(again).code(code).json();
            assert_eq!(told["data"]["status"], word, "{again:?}");
        }
        user.run(&["resume"]).code(0).prints("nothing to resume");
        let list = user.run(&["history", "--json"]).code(0).json();
        assert_eq!(list["data"]["purchases"][0]["status"], word);
        assert_eq!((portal.purchases().len(), portal.charges()), (1, 1));
    }
}
