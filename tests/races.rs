//! Several processes at once.

use crate::support::{Ran, User};

/// This many processes with the same arguments, started together.
fn together(user: &User, count: usize, arguments: &[&str]) -> Vec<Ran> {
    let children: Vec<_> = (0..count).map(|_| user.start(arguments)).collect();
    children.into_iter().map(|child| user.finish(arguments, child)).collect()
}

#[test]
fn ten_processes_with_one_name_make_one_charge_and_ten_answers_that_say_so() {
    let user = User::on_sandbox();
    user.set("settle-after=300ms");
    let runs = together(&user, 10, &["buy", "25", "--yes", "--once", "refill", "--json"]);
    let charges = user.charges();
    assert_eq!(charges.len(), 1);
    let mut first = 0;
    for ran in runs {
        let document = ran.code(0).json();
        assert_eq!(document["data"]["charge_id"], charges[0]["id"]);
        first += usize::from(document["data"]["replayed"] == false);
    }
    assert_eq!(first, 1, "one bought it, nine found it bought");
    let posts = user.seen().iter().filter(|call| *call == "POST /api/billing/charge").count();
    assert_eq!(posts, 1);
}

#[test]
fn without_a_name_a_second_process_is_told_that_somebody_is_at_it() {
    let user = User::on_sandbox();
    user.set("settle-after=4s");
    let runs = together(&user, 4, &["buy", "25", "--yes", "--json"]);
    assert_eq!(user.charges().len(), 1);
    let codes: Vec<i32> = runs.iter().map(|ran| ran.code).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 53).count(), 3, "{codes:?}");
}

#[test]
fn ten_processes_at_a_token_that_is_about_to_end_refresh_it_once() {
    let user = User::on_sandbox();
    user.set("interval=1s");
    user.set("token-life=4s");
    user.run(&["login", "--approve", "--no-browser"]).code(0);
    user.set("token-life=15m");
    // Fewer seconds left than any call accepts.
    std::thread::sleep(std::time::Duration::from_millis(3500));
    let before = user.seen().len();
    for ran in together(&user, 10, &["state", "--json"]) {
        ran.code(0);
    }
    let refreshes =
        user.seen()[before..].iter().filter(|call| *call == "POST /api/oauth/token").count();
    assert_eq!(refreshes, 1);
}

#[test]
fn ten_processes_on_a_fresh_machine_all_find_the_same_sandbox() {
    let user = User::new().with("TOPUP_SANDBOX", "1");
    for ran in together(&user, 10, &["state", "--get", "balance_usd"]) {
        assert_eq!(ran.code(0).out, "142.5\n");
    }
}
