//! Promise to developers: a test waits on a condition, through `support::until`, or turns a clock.

use crate::rooms::all_files;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What waits for time to pass, or measures it.
const TIMED: &[&str] = &["sleep(Duration", "sleep(std::time::Duration", ".elapsed() <"];

/// Where a test still does, and how often at most: what plays a slow server, what leaves a moment for
/// a signal to arrive, and bounds of a deadline that only the wall clock shows. The folders are what
/// measures (`bench`, `mutants`) and what plays with chance (`chaos`).
const REST: &[(&str, usize)] = &[
    ("answers.rs", 1),
    ("bad_input.rs", 1),
    ("browser.rs", 1),
    ("byterover/state.rs", 1),
    ("ciris/account.rs", 1),
    ("doctor.rs", 1),
    ("faults/hostile.rs", 2),
    ("faults/ids.rs", 1),
    ("faults/proxies.rs", 1),
    ("faults/signals.rs", 8),
    ("faults/streams.rs", 1),
    ("faults/tls.rs", 2),
    ("faults/transport.rs", 1),
    ("faults/trials.rs", 2),
    ("faults/wire.rs", 1),
    ("jumping_clocks.rs", 1),
    ("kept_logins.rs", 1),
    ("ledger_crowds.rs", 1),
    ("ledger_kills.rs", 2),
    ("ledger_runs.rs", 1),
    ("pools.rs", 1),
    ("support.rs", 2),
    ("support/server.rs", 1),
    ("watching.rs", 4),
];

#[test]
fn no_test_waits_for_time_to_pass_but_those_that_are_named() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut all = Vec::new();
    all_files(&tests, &mut all);
    let mut found = BTreeMap::new();
    for file in all {
        let name = file.strip_prefix(&tests).expect("below it").display().to_string();
        let measures =
            ["bench/", "mutants/", "chaos/"].iter().any(|folder| name.starts_with(folder));
        if measures || name == "sleeps.rs" {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        let count = TIMED.iter().map(|timed| text.matches(timed).count()).sum::<usize>();
        let most = REST.iter().find(|(rest, _)| *rest == name).map_or(0, |(_, most)| *most);
        if count > most {
            found.insert(name, count);
        }
    }
    assert!(
        found.is_empty(),
        "wait on a condition with support::until, or turn a clock: {found:?}"
    );
}
