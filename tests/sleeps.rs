//! Promise to developers: a test waits on a condition, through `support::until`, or turns a clock.

use crate::rooms::{all_files, is_a_test, source};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What waits for time to pass, or measures it.
const TIMED: &[&str] =
    &["sleep(Duration", "sleep(std::time::Duration", ".elapsed() <", ".elapsed() >"];

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
    ("faults/transport/ours.rs", 1),
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
    ("watching.rs", 5),
];

/// The same for the tests in `src`.
const REST_IN_SRC: &[(&str, usize)] = &[
    // An endpoint that answers slowly.
    ("credentials/refresh_tests.rs", 1),
    // A server that trickles, and one that says nothing.
    ("http_tests.rs", 2),
    // A proxy that holds bytes back, and servers that are asked until they have started.
    ("ledger/suite/poolers.rs", 1),
    ("ledger/suite/proxy.rs", 1),
    ("ledger/suite/server.rs", 1),
    ("ledger/suite/settings.rs", 1),
    // Deadlines of sockets and children, which no clock of ours counts.
    ("notice/tests.rs", 4),
    // A delay that was asked for, and an end that waits for no idle connection.
    ("sandbox/tests/wire.rs", 2),
    // Time limits of a server, and locks that it holds meanwhile.
    ("store/postgres/tests.rs", 4),
];

/// The files below this folder whose tests wait or measure more often than they may.
fn too_timed(
    folder: &Path,
    rest: &[(&str, usize)],
    tests_of: impl Fn(&Path, String) -> String,
) -> BTreeMap<String, usize> {
    let mut all = Vec::new();
    all_files(folder, &mut all);
    let mut found = BTreeMap::new();
    for file in all {
        let path = file.strip_prefix(folder).expect("below it");
        let name = path.display().to_string();
        let text = tests_of(path, fs::read_to_string(&file).expect("a source file"));
        let count = TIMED.iter().map(|timed| text.matches(timed).count()).sum::<usize>();
        let most = rest.iter().find(|(rest, _)| *rest == name).map_or(0, |(_, most)| *most);
        if count > most {
            found.insert(name, count);
        }
    }
    found
}

#[test]
fn no_test_waits_for_time_to_pass_but_those_that_are_named() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let found = too_timed(&tests, REST, |path, text| {
        let measures = ["bench", "mutants", "chaos"].iter().any(|folder| path.starts_with(folder));
        if measures || path == Path::new("sleeps.rs") { String::new() } else { text }
    });
    assert!(
        found.is_empty(),
        "wait on a condition with support::until, or turn a clock: {found:?}"
    );
}

#[test]
fn no_test_of_src_waits_for_time_to_pass_but_those_that_are_named() {
    let found = too_timed(&source(), REST_IN_SRC, |path, text| {
        if is_a_test(path) {
            return text;
        }
        text.split_once("#[cfg(test)]").map_or_else(String::new, |(_, tests)| tests.to_owned())
    });
    assert!(found.is_empty(), "wait on a condition, or turn a clock: {found:?}");
}
