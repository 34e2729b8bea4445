//! Promise: however many processes are at one ledger, whatever it is kept in, nothing is lost or
//! booked twice, a pool that is held back for is never overdrawn, and whoever is killed leaves
//! nothing half.

use crate::books::{Store, amount, balance, check_book, data, fill, ledger, on_each_store};
use crate::readers::agree;
use crate::support::{Ran, User};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

/// As many as a busy job matrix starts at once.
const CROWD: usize = 20;

/// Starts one command for each, all at once, and waits for all of them.
fn together<'u>(each: impl IntoIterator<Item = (&'u User, Vec<String>)>) -> Vec<Ran> {
    let started: Vec<_> = each
        .into_iter()
        .map(|(user, arguments)| {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            (user, user.start(&arguments))
        })
        .collect();
    started.into_iter().map(|(user, child)| user.finish(&["one of a crowd"], child)).collect()
}

/// The words of a command of the ledger, about `acme`.
fn words(text: &str) -> Vec<String> {
    let all = ["ledger", "--json", "--mandate", "acme"];
    all.into_iter().chain(text.split_whitespace()).map(ToOwned::to_owned).collect()
}

/// As many machines as there are in this crowd, at one ledger.
fn machines(store: &Store) -> Vec<User> {
    (0..4).map(|_| store.user()).collect()
}

#[test]
fn a_fresh_ledger_is_made_once() {
    on_each_store(|_, store| {
        let machines = machines(store);
        let each = (0..CROWD).map(|at| {
            (&machines[at % 4], words(&format!("init --model prepay-mandate --markup {at}")))
        });
        for ran in together(each) {
            ran.code(0);
        }
        let listed = data(&machines[0], &["mandates"]);
        assert_eq!(listed["mandates"].as_array().map(Vec::len), Some(1), "{listed}");
    });
}

#[test]
fn a_crowd_of_writers_loses_nothing_and_doubles_nothing() {
    on_each_store(|user, store| {
        fill(user, "100");
        let machines = machines(store);
        let each = (0..2 * CROWD).map(|at| {
            let command = match at % 2 {
                0 => format!("credit 1.{at:02} --key the-number-{at}"),
                _ => format!("record 0.{at:02}0001 --for-provider p --user u{}", at % 3),
            };
            (&machines[at % 4], words(&command))
        });
        let mut told = BTreeSet::new();
        for ran in together(each) {
            let document = ran.code(0).json();
            assert_eq!(document["data"]["replayed"], false);
            told.insert(document["data"]["transaction"]["id"].to_string());
        }
        let book = check_book(user, "acme");
        assert_eq!((told.len(), book.len()), (2 * CROWD, 1 + 2 * CROWD));
        assert!(book[1..].iter().all(|one| told.contains(&one["id"].to_string())));
        // 20 × 1 and the even hundredths come in; the odd ones and 20 millionths go out.
        assert_eq!(balance(user), ("119.79998".to_owned(), "0.00".to_owned()));
    });
}

#[test]
fn a_crowd_with_one_key_books_once_and_every_answer_says_so() {
    on_each_store(|user, store| {
        fill(user, "100");
        let machines = machines(store);
        for command in ["credit 5 --key refill-0001", "record 2 --for-provider p --key use-0001"] {
            let each = (0..CROWD).map(|at| (&machines[at % 4], words(command)));
            let (mut first, mut ids) = (0, BTreeSet::new());
            for ran in together(each) {
                let document = ran.code(0).json();
                ids.insert(document["data"]["transaction"]["id"].to_string());
                first += usize::from(document["data"]["replayed"] == false);
            }
            assert_eq!((first, ids.len()), (1, 1), "{command}");
        }
        assert_eq!(check_book(user, "acme").len(), 3);
        assert_eq!(balance(user).0, "103.00");
    });
}

#[test]
fn a_crowd_at_a_pool_that_is_held_back_for_never_overdraws_it() {
    on_each_store(|user, store| {
        // Enough for seven, and not for eight.
        fill(user, "7.9");
        let machines = machines(store);
        let run = "run --strict --estimate 1 --for-provider p -- sh -c";
        let each = (0..CROWD).map(|at| {
            let mut command = words(run);
            // Whoever is let in is there while the others come, and costs less than was thought,
            // as much, or says nothing.
            let cost = ["echo 1 >$TOPUP_COST_FILE", "echo 0.99 >$TOPUP_COST_FILE", "true"][at % 3];
            command.push(format!("echo began >&2; sleep 0.5; {cost}"));
            (&machines[at % 4], command)
        });
        let (mut ran, mut refused) = (0, 0);
        for one in together(each) {
            assert_eq!(one.err.contains("began"), one.code == 0, "{}", one.err);
            match one.code {
                0 => ran += 1,
                _ => {
                    let document = one.code(30).failed("insufficient_balance", None);
                    let details = &document["error"]["details"];
                    let left = amount(&details["current_balance"]) - amount(&details["reserved"]);
                    assert!(left < Decimal::ONE, "{details}");
                    refused += 1;
                }
            }
        }
        assert_eq!((ran, refused), (7, CROWD - 7));
        let book = check_book(user, "acme");
        assert_eq!(book.len(), 8);
        assert!(book.iter().all(|one| amount(&one["balance_after"]) >= Decimal::ZERO));
        assert_eq!(balance(user).1, "0.00", "nothing is held any more");
    });
}

#[test]
fn users_with_accounts_of_their_own_do_not_touch_each_other() {
    on_each_store(|user, store| {
        data(user, &["init", "--mandate", "acme", "--model", "prepay-user", "--markup", "0"]);
        let machines = machines(store);
        let each = (0..CROWD)
            .map(|at| (&machines[at % 4], words(&format!("credit {} --user u{}", at + 1, at % 5))));
        for ran in together(each) {
            ran.code(0);
        }
        let each = (0..CROWD).map(|at| {
            let whose = at % 5;
            let command = format!(
                "run --strict --estimate {} --for-provider p --user u{whose} -- sleep 0.2",
                10 * (whose + 1)
            );
            (&machines[at % 4], words(&command))
        });
        // Each user has 34 and four times their number; the estimate fits three times, or once.
        let mut ran = [0; 5];
        for (at, one) in together(each).into_iter().enumerate() {
            ran[at % 5] += usize::from(one.code == 0);
        }
        assert_eq!(ran, [3, 1, 1, 1, 1]);
        let book = check_book(user, "acme");
        assert!(book.iter().all(|one| amount(&one["balance_after"]) >= Decimal::ZERO));
        agree(user, &["--mandate", "acme"], &["acme"]);
    });
}

#[test]
fn writers_that_are_killed_leave_nothing_half_and_their_keys_book_once() {
    let seed = std::env::var("TOPUP_KILLS_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("TOPUP_KILLS_SEED={seed} chooses these moments");
    on_each_store(|user, store| {
        fill(user, "100");
        let machines = machines(store);
        let mut killed = 0;
        for round in 0_u64..8 {
            let commands: Vec<Vec<String>> = (0..6)
                .map(|at| words(&format!("record 0.01 --for-provider p --key kill-{round}-{at}")))
                .collect();
            let children: Vec<_> = commands
                .iter()
                .enumerate()
                .map(|(at, command)| {
                    let command: Vec<&str> = command.iter().map(String::as_str).collect();
                    machines[at % 4].start(&command)
                })
                .collect();
            for (at, mut child) in (0_u64..).zip(children) {
                let mixed =
                    (seed ^ (round * 6 + at).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                thread::sleep(Duration::from_micros((mixed >> 33) & (0xfff << (round % 3))));
                // One that has ended meanwhile has not been waited for: the number is its own.
                child.kill().expect("killed");
                killed += usize::from(child.wait().expect("a status").code().is_none());
            }
            let before = check_book(user, "acme");
            for ran in together(commands.iter().map(|command| (&machines[0], command.clone()))) {
                ran.code(0);
            }
            let after = check_book(user, "acme");
            assert_eq!(after.len(), 1 + 6 * usize::try_from(round + 1).expect("small"));
            assert_eq!(after[..before.len()], before, "what was booked stays as it was");
        }
        println!("{killed} of 48 writers were killed in time");
        assert_eq!(balance(user), ("99.52".to_owned(), "0.00".to_owned()));
        agree(user, &["--mandate", "acme"], &["acme"]);
    });
}

#[test]
fn readers_never_wait_for_a_writer_and_see_one_state() {
    on_each_store(|user, store| {
        fill(user, "100");
        let machines = machines(store);
        thread::scope(|scope| {
            let writing = scope.spawn(|| {
                for _ in 0..3 {
                    let each =
                        (0..6).map(|at| (&machines[at % 4], words("record 1 --for-provider p")));
                    for ran in together(each) {
                        ran.code(0);
                    }
                }
            });
            while !writing.is_finished() {
                // What is told as the last balance is that of the last transaction.
                let listed = ledger(user, &["transactions", "--limit", "3", "--mandate", "acme"]);
                let listed = listed.code(0).json()["data"]["transactions"].clone();
                let listed = listed.as_array().expect("transactions");
                for pair in listed.windows(2) {
                    let moved =
                        amount(&pair[1]["balance_after"]) - amount(&pair[0]["balance_after"]);
                    assert_eq!(moved, amount(&pair[0]["amount"]));
                }
            }
            writing.join().expect("written");
        });
        assert_eq!(balance(user).0, "82.00");
    });
}
