//! Promise: what people see, at 80 and at 120 columns, changes only when somebody meant it to. The
//! pages stand in `tests/snapshots`; `INSTA_UPDATE=always cargo test --test all snapshots` writes
//! them anew, and the diff of the commit shows what changed.

use crate::support::{Ran, User};

/// What differs from run to run, and what stands in its place.
const VARYING: &[(&str, &str)] = &[
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"[0-9a-f]{8}-[0-9a-f-]+…", "<uuid>…"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", "<time>"),
    (r"\d{4}-\d{2}-\d{2}", "<date>"),
    (r"\d{2}:\d{2}:\d{2}", "<clock>"),
    (r"\b(ch|pi|pay|in|tok)_[A-Za-z0-9]+", "<id>"),
    (r"\borg_[0-9a-f]+", "<org>"),
    (r"/tmp/[^ '\n]+", "<file>"),
    (r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", "<code>"),
];

/// Each page by name, with the words that show it, at this width.
fn seen(user: &User, columns: &str, pages: &[(&str, &[&str])]) {
    let user = user.copy().with("COLUMNS", columns);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    for (pattern, instead) in VARYING {
        settings.add_filter(pattern, *instead);
    }
    settings.bind(|| {
        for (name, words) in pages {
            let Ran { code, out, err, .. } = user.run(words);
            let page = format!(
                "$ topup {}\n{out}-- on standard error\n{err}-- exit {code}",
                words.join(" ")
            );
            insta::assert_snapshot!(format!("{name}-{columns}"), page);
        }
    });
}

#[test]
fn pages_of_an_account() {
    let user = User::on_sandbox();
    user.run(&["buy", "25", "--yes", "--once", "a name that is rather long, as names of jobs are"]);
    for columns in ["80", "120"] {
        seen(
            &user,
            columns,
            &[
                ("state", &["state"]),
                ("limit", &["limit"]),
                ("auto-reload", &["auto-reload"]),
                ("plan", &["plan", "show"]),
                ("history", &["history"]),
                ("transactions", &["transactions"]),
                ("whoami", &["whoami"]),
                ("check-too-little", &["check", "--at-least", "100000"]),
            ],
        );
    }
}

#[test]
fn pages_of_a_purchase() {
    let user = User::on_sandbox();
    for columns in ["80", "120"] {
        user.set("card=visa");
        seen(
            &user,
            columns,
            &[
                ("buy-not-confirmed", &["buy", "25"]),
                ("buy-no-amount", &["buy", "--yes"]),
                ("buy-wrong-amount", &["buy", "1,000", "--yes"]),
                ("buy-above-max", &["buy", "25", "--yes", "--max", "10"]),
                ("buy-dry-run", &["buy", "25", "--dry-run"]),
            ],
        );
        user.set("card=none");
        seen(&user, columns, &[("buy-no-card", &["buy", "26", "--yes"])]);
        user.set("card=declined");
        seen(&user, columns, &[("buy-declined", &["buy", "27", "--yes", "--once", columns])]);
    }
}

#[test]
fn pages_of_a_budget() {
    let user = User::on_sandbox();
    let init = ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
    user.run(&init).code(0);
    user.run(&["ledger", "credit", "50", "--mandate", "acme", "--key", "first-credit"]).code(0);
    let record = ["ledger", "record", "0.0042", "--mandate", "acme", "--for-provider", "llm"];
    user.run(&record).code(0);
    for columns in ["80", "120"] {
        seen(
            &user,
            columns,
            &[
                ("ledger-balance", &["ledger", "balance", "--mandate", "acme"]),
                ("ledger-transactions", &["ledger", "transactions", "--mandate", "acme"]),
                ("ledger-stats", &["ledger", "stats", "--mandate", "acme"]),
                ("ledger-check-too-little", &["ledger", "check", "100", "--mandate", "acme"]),
            ],
        );
    }
}

#[test]
fn pages_about_the_program() {
    let user = User::new();
    for columns in ["80", "120"] {
        seen(
            &user,
            columns,
            &[
                ("no-verb", &[]),
                ("not-logged-in", &["state"]),
                ("unknown-verb", &["blance"]),
                ("explain-51", &["explain", "51"]),
                ("help", &["-h"]),
                ("help-buy", &["help", "buy"]),
            ],
        );
    }
}
