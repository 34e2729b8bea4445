//! Promise: the chart of the journal has every cent where it belongs, leaves nothing out, and can
//! be read on any terminal.

use crate::support::{Server, User};
use serde_json::Value;

/// Puts the newest purchase into the journal once more, as if it had been this many days ago.
pub fn again_days_ago(user: &User, days: u32) {
    let db = rusqlite::Connection::open(user.file("journal.db")).expect("a journal");
    db.execute_batch(&format!(
        "BEGIN;
         CREATE TEMP TABLE old AS SELECT * FROM purchase ORDER BY asked_ms DESC LIMIT 1;
         CREATE TEMP TABLE new AS SELECT printf('%08x-0000-4000-8000-%012x', {days}, abs(random())
            % 281474976710656) AS id;
         CREATE TEMP TABLE rows AS SELECT e.* FROM entry e, old WHERE e.purchase = old.id
            ORDER BY e.seq;
         INSERT INTO purchase SELECT new.id, origin, organisation, naming, name, generation, new.id,
            amount, asked_ms - 86400000 * {days}, plan FROM new, old;
         INSERT INTO entry (purchase, kind, ended, charge_id, stamp, body)
            SELECT new.id, kind, ended, charge_id || '-{days}',
                json_set(stamp, '$.wall', strftime('%Y-%m-%dT%H:%M:%SZ',
                    old.asked_ms / 1000 - 86400 * {days}, 'unixepoch')),
                replace(body, old.id, new.id)
            FROM new, old, rows ORDER BY rows.seq;
         COMMIT;"
    ))
    .expect("copied");
}

fn chart(user: &User, more: &[&str]) -> Value {
    let document = user.run(&[&["history", "--chart", "--json"], more].concat()).code(0).json();
    document["data"].clone()
}

/// Somebody who has bought on several days: 25 today and 1, 3, 40 and 400 days ago.
fn customer(server: &Server) -> User {
    let user = server.user();
    user.run(&["buy", "25", "--yes"]).code(0);
    for days in [1, 3, 3, 40, 400] {
        again_days_ago(&user, days);
    }
    user
}

#[test]
fn every_day_stands_there_with_its_exact_sum() {
    let server = Server::without_limits();
    let user = customer(&server);
    user.run(&["buy", "0.1", "--yes"]).code(33);
    user.run(&["buy", "10.10", "--yes"]).code(0);
    let data = chart(&user, &[]);
    let buckets = data["buckets"].as_array().expect("buckets");
    assert_eq!(buckets.len(), 30);
    let paid: Vec<&str> =
        buckets.iter().rev().take(5).map(|one| one["paid_usd"].as_str().expect("text")).collect();
    assert_eq!(paid, ["35.10", "25.00", "0.00", "50.00", "0.00"]);
    assert_eq!((&data["paid_usd"], &data["open_usd"]), (&"110.10".into(), &"0.00".into()));
    assert_eq!(buckets[29]["providers"][0]["provider"], "nous");
    assert_eq!(buckets[29]["count"], 2, "what was refused is in no bar");
    let months = chart(&user, &["--by", "month"]);
    assert_eq!(months["buckets"].as_array().expect("buckets").len(), 12);
    assert_eq!(months["paid_usd"], "135.10");
    let all = chart(&user, &["--by", "month", "--since", "2020-01-01"]);
    assert_eq!(all["paid_usd"], "160.10");
    let today = user.run(&["--get", "buckets.0.paid_usd", "history", "--chart", "--since"]);
    assert_eq!(today.code, 2, "a time is missing");
    // The list takes it as well.
    let since = buckets[28]["key"].as_str().expect("a day").to_owned();
    let listed = user.run(&["history", "--since", &since, "--json"]).code(0).json();
    assert_eq!(listed["data"]["purchases"].as_array().expect("purchases").len(), 4);
}

#[test]
fn what_is_not_certain_is_told_apart_as_the_limit_counts_it() {
    let server = Server::without_limits();
    let user = customer(&server);
    std::fs::write(
        user.file("config.toml"),
        "[profiles.default]\nmax_per_day = '60'\nmax_per_month = '1000'\n",
    )
    .expect("written");
    server.keeper().set("settle-after=1h");
    user.run(&["buy", "30", "--yes", "--no-wait"]).code(50);
    let data = chart(&user, &[]);
    let today = &data["buckets"][29];
    assert_eq!((&today["paid_usd"], &today["open_usd"]), (&"25.00".into(), &"30.00".into()));
    assert_eq!(data["limit_usd"], "60.00");
    // One more would pass the line, and is refused for just that.
    user.run(&["buy", "10", "--yes"]).code(5).says("$55.00 was bought today already");
    let shown = user.run(&["history", "--chart"]).code(0);
    for part in ["█ nous", "░ not certain", "┊ max_per_day $60.00", "Not certain: $30.00"] {
        assert!(shown.out.contains(part), "no {part} in\n{}", shown.out);
    }
    // The days without a purchase are left out.
    let last = shown.out.lines().find(|line| line.contains("$25.00  $30.00")).expect("today");
    assert!(
        last.contains("$25.00  $30.00  █") && last.contains("█░") && last.ends_with('┊'),
        "{last}"
    );
    let months = user.run(&["history", "--chart", "--by", "month"]).code(0);
    months.prints("max_per_month $1000.00 is far above");
}

#[test]
fn it_fits_the_terminal_and_needs_neither_colour_nor_unicode() {
    let server = Server::without_limits();
    let user = customer(&server);
    user.run(&["--color", "always", "history", "--chart"]).code(0).prints("\u{1b}[32m█");
    for width in ["40", "80", "200"] {
        let user = server.user().with("COLUMNS", width);
        let journal = user.file("journal.db");
        customer(&server).run(&["journal", "backup", journal.to_str().expect("text")]).code(0);
        let shown = user.run(&["history", "--chart"]).code(0).out;
        let longest = shown.lines().map(|line| line.chars().count()).max().expect("lines");
        let width: usize = width.parse().expect("a number");
        assert!(longest <= width && longest + 85 > width, "{longest} of {width}\n{shown}");
        let plain = user.with("LANG", "C").with("LC_ALL", "C").with("TERM", "dumb");
        let shown = plain.run(&["history", "--chart"]).code(0).out;
        assert!(shown.is_ascii() && shown.contains("####"), "{shown}");
    }
}

#[test]
fn money_of_the_sandbox_is_not_among_real_money_and_a_pack_has_a_look_of_its_own() {
    let server = Server::without_limits();
    let user = customer(&server);
    let data = user.run(&["--sandbox", "--provider", "ciris", "buy", "--yes", "--json"]).code(0);
    assert_eq!(data.json()["data"]["amount"]["minor"], 500);
    user.run(&["--sandbox", "sandbox", "set", "settle-after=0s"]).code(0);
    user.run(&["--sandbox", "buy", "11", "--yes"]).code(0);
    assert_eq!(chart(&user, &[])["paid_usd"], "100.00");
    let sandbox = chart(&user, &["--sandbox"]);
    assert_eq!((&sandbox["paid_usd"], &sandbox["sandbox"]), (&"16.00".into(), &true.into()));
    assert_eq!(chart(&user, &["--sandbox", "--provider", "ciris"])["paid_usd"], "5.00");
    user.run(&["--sandbox", "history", "--chart"])
        .code(0)
        .prints("█ nous   ▒ ciris")
        .prints("no real money");
}

/// Promise: what is left out by `--since` and `--until` is left out before anything is counted.
#[test]
fn a_period_is_listed_and_charted_whole() {
    let server = Server::without_limits();
    let user = customer(&server);
    let listed = |more: &[&str]| {
        let told = user.run(&[&["history", "--json"], more].concat()).code(0).json();
        told["data"]["purchases"].as_array().expect("purchases").len()
    };
    // It may be midnight: two days either way are sure.
    for (period, count) in [
        (&["--since", "2d"][..], 2),
        (&["--until", "2d"], 4),
        (&["--since", "10d", "--until", "2d"], 2),
        (&["--since", "10d", "--until", "2d", "--limit", "1"], 1),
        (&["--until", "2d", "--limit", "3"], 3),
        (&["--since", "30d", "--until", "today", "--tz", "+14:00"], 4),
    ] {
        assert_eq!(listed(period), count, "{period:?}");
    }
    let data = chart(&user, &["--since", "10d", "--until", "2d"]);
    assert_eq!(data["paid_usd"], "50.00");
    assert!((8..=10).contains(&data["buckets"].as_array().expect("buckets").len()));
    let here = chart(&user, &[]);
    let there = chart(&user, &["--tz", "+14:00"]);
    assert_eq!(here["paid_usd"], there["paid_usd"]);
    assert!(here["buckets"][29]["key"].as_str() <= there["buckets"][29]["key"].as_str());
}

#[test]
fn contradictions_and_endless_charts_are_refused() {
    let user = User::new();
    for wrong in [
        &["history", "--chart", "--csv"][..],
        &["history", "--chart", "--limit", "3"],
        &["history", "--by", "month"],
        &["history", "--chart", "--by", "year"],
        &["history", "--chart", "--since", "soon"],
        &["history", "--chart", "--since", "1999-01-01"],
    ] {
        user.run(wrong).code(2);
    }
    user.run(&["history", "--chart"]).code(0).prints("Nothing was bought in this time.");
}

#[test]
fn a_profile_that_means_the_sandbox_is_shown_what_was_bought_there() {
    let user = User::new();
    user.run(&["config", "set", "sandbox", "true"]).code(0);
    user.run(&["sandbox", "set", "settle-after=0s"]).code(0);
    user.run(&["buy", "25", "--yes"]).code(0);
    let data = chart(&user, &[]);
    assert_eq!((&data["paid_usd"], &data["sandbox"]), (&"25.00".into(), &true.into()));
}
