//! How old a key is, by which clock, and when it is no longer sent.

use super::*;
use crate::purchase::clocks::Reading;
use crate::purchase::record::KeyAge;

#[test]
fn an_old_key_is_never_sent() {
    let open = || loaded(&[sending(1)]);
    for (seconds, intention, sent) in [
        (30 * 60, RunMode::Buy, true),
        (30 * 60 + 1, RunMode::Buy, false),
        (31 * 60, RunMode::Resume, true),
        (23 * 3600, RunMode::Resume, true),
        (23 * 3600 + 1, RunMode::Resume, false),
    ] {
        let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
        script.clock = moment(seconds);
        let (_, report) = script.run(open(), plan(intention, true));
        assert_eq!(script.count("post"), usize::from(sent), "{seconds} s, {intention:?}");
        if !sent {
            assert_eq!((report.class, report.charged), (Class::OutcomeUnknown, Charged::Unknown));
            assert_eq!(report.too_old.and_then(|why| why.age), Some(Duration::from_secs(seconds)));
        }
    }
}

#[test]
fn clocks_that_disagree_make_a_key_older_never_younger() {
    let open = || loaded(&[sending(1)]);
    let day = Duration::from_secs(25 * 3600);
    let mut slept = moment(60);
    slept.monotonic += day;
    let mut ahead = moment(60);
    ahead.wall += day;
    let mut backwards = moment(60);
    backwards.monotonic = Duration::ZERO;
    for clock in [slept, ahead, backwards] {
        let mut script = ScriptedPortal::new(vec![], vec![]);
        script.clock = clock;
        let (_, report) = script.run(open(), plan(RunMode::Resume, true));
        assert_eq!(report.class, Class::OutcomeUnknown);
        assert_eq!(script.count("post"), 0);
    }
    // Set back since: within one start of the machine the monotonic clock knows the age, over a
    // restart nothing does.
    for (boot, sent) in [("boot", 1), ("another", 0)] {
        let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
        script.clock = moment(60);
        script.clock.wall = moment(0).wall - Duration::from_secs(3);
        script.clock.boot = Some(boot.into());
        let (_, report) = script.run(open(), plan(RunMode::Resume, true));
        assert_eq!(script.count("post"), sent, "{boot}");
        assert_eq!(report.class == Class::Success, sent == 1, "{boot}");
    }
}

/// A purchase whose first request went out at 12:00:00, with what the server's clock said then.
fn sent_with_server_time(server: Option<jiff::Timestamp>) -> Purchase {
    let mut purchase = purchase();
    let mut stamp = Stamp::from(&moment(0));
    stamp.server = server;
    purchase.apply(&stamp, &sending(1));
    purchase
}

#[test]
fn the_servers_clock_decides_where_both_ends_are_the_servers() {
    let day = Duration::from_secs(25 * 3600);
    let hour = Duration::from_secs(3600);
    let start = moment(0).wall;
    // In between a process saw a wall clock that was a day ahead, and noted it.
    let seen_ahead = |server: Option<jiff::Timestamp>| {
        let mut purchase = sent_with_server_time(server);
        let mut ahead = moment(30);
        ahead.wall += day;
        purchase.apply(&Stamp::from(&ahead), &JournalRow::Recovered);
        purchase
    };
    let run_after = |boot: &str, purchase: Purchase, server: Option<jiff::Timestamp>| {
        let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
        script.clock = moment(60);
        script.clock.boot = Some(boot.into());
        script.server_told = server;
        let report = script.run(purchase, plan(RunMode::Resume, true)).1;
        (report, script)
    };
    let run = |purchase, server| run_after("boot", purchase, server);
    for (boot, asked) in [("boot", 0), ("another", 1)] {
        let (report, script) = run_after(boot, seen_ahead(Some(start)), Some(start + hour));
        assert_eq!((report.class, script.count("ask time")), (Class::Success, asked), "{boot}");
    }
    // The server says that it is old: it is, even where our clocks disagree.
    let mut script = ScriptedPortal::new(vec![], vec![]);
    script.clock = moment(60);
    script.clock.server = Some(start + day);
    let report = script.run(sent_with_server_time(Some(start)), plan(RunMode::Resume, true)).1;
    assert_eq!(report.too_old.and_then(|why| why.age), Some(day));
    // Not less than the monotonic clock says within one start of the machine.
    let mut script = ScriptedPortal::new(vec![], vec![]);
    script.clock = moment(60);
    script.clock.monotonic += day;
    script.clock.server = Some(start + hour);
    let report = script.run(sent_with_server_time(Some(start)), plan(RunMode::Resume, true)).1;
    assert_eq!(report.class, Class::OutcomeUnknown);
    // The server sends no time now, or sent none then: within one start of the machine the
    // monotonic clock knows better than a process that saw a clock ahead.
    for (then, now) in [(Some(start), None), (None, Some(start + hour))] {
        let (report, script) = run(seen_ahead(then), now);
        assert_eq!((report.class, script.count("post")), (Class::Success, 1));
    }
    // A clock of the server that goes backwards by less than it counts is none that went backwards.
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    script.clock = moment(60);
    script.clock.server = Some(start - Duration::from_secs(1));
    let report = script.run(sent_with_server_time(Some(start)), plan(RunMode::Resume, true)).1;
    assert_eq!(report.class, Class::Success);
}

#[test]
fn a_process_that_saw_a_clock_a_day_ahead_makes_no_key_too_old_and_none_too_young() {
    let day = 25 * 3600;
    let known = |seconds: u64| KeyAge::Known(Duration::from_secs(seconds));
    // When a row was written: by the wall clock, the time since the machine was started, and the
    // server's clock.
    let at = |wall: u64, awake: u64, boot: &str, server: Option<u64>| Moment {
        boot: Some(boot.into()),
        monotonic: Duration::from_secs(awake),
        server: server.map(|at| moment(at).wall),
        ..moment(wall)
    };
    let age = |naming: KeyOrigin, rows: &[(Moment, JournalRow)], now: &Moment| {
        let mut intent = purchase().intent;
        intent.naming = naming;
        let mut purchase = Purchase::new(intent, Stamp::from(&rows[0].0));
        for (moment, row) in rows {
            purchase.apply(&Stamp::from(moment), row);
        }
        purchase.key_age(now)
    };
    let named = || KeyOrigin::Once { name: "x".into(), generation: 0 };
    for naming in [KeyOrigin::Random, named(), KeyOrigin::Key] {
        // Asked for and sent under it, then seen by one with the true time.
        let sent = |server| [(at(day, 100, "a", server), sending(1))];
        assert_eq!(age(naming.clone(), &sent(None), &at(60, 160, "a", None)), known(60));
        assert_eq!(age(naming.clone(), &sent(None), &at(60, 160, "a", Some(60))), known(60));
        // As old as the machine says, once the true time has come so far.
        assert_eq!(age(naming.clone(), &sent(None), &at(day, 100 + day, "a", None)), known(day));
        // Over a restart only the server's clock knows: where it was known then it is exact.
        let restarted = |server| at(3600, 5, "b", server);
        assert_eq!(age(naming.clone(), &sent(None), &restarted(None)), KeyAge::Unreadable);
        assert_eq!(age(naming.clone(), &sent(Some(0)), &restarted(Some(3600))), known(3600));
        let late = at(day, 5, "b", Some(day));
        assert_eq!(age(naming.clone(), &sent(Some(0)), &late), known(day), "and none too young");
        // Sent under the true time, and seen by such a process in between: it wrote rows.
        let seen = |server: Option<u64>| {
            [
                (at(0, 100, "a", server), sending(1)),
                (at(day, 130, "a", server.map(|_| 30)), JournalRow::Recovered),
            ]
        };
        assert_eq!(age(naming.clone(), &seen(None), &at(60, 160, "a", None)), known(60));
        assert_eq!(age(naming.clone(), &seen(None), &restarted(None)), known(3600));
        assert_eq!(age(naming.clone(), &seen(Some(0)), &restarted(Some(3600))), known(3600));
    }
    // A name that a CI system dates: by the server's clock, which no machine here can set.
    let mut intent = purchase().intent;
    (intent.naming, intent.first_use_at) = (named(), Some(moment(0).wall));
    let purchase = Purchase::new(intent, Stamp::from(&at(day + 60, 100, "a", None)));
    assert_eq!(purchase.key_age(&at(120, 160, "a", Some(120))), known(120));
    assert_eq!(purchase.key_age(&at(120, 160, "a", None)), known(day + 60 + 60), "not known");
}

#[test]
fn another_machine_that_has_run_for_long_makes_no_key_older() {
    let mut elsewhere = moment(60);
    elsewhere.boot = Some("another".into());
    elsewhere.monotonic = Duration::from_secs(30 * 24 * 3600);
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    script.clock = elsewhere.clone();
    script.server_told = Some(moment(60).wall);
    let report = script.run(loaded(&[sending(1)]), plan(RunMode::Resume, true)).1;
    assert_eq!((report.class, script.count("ask time")), (Class::Success, 1));
    // It may be this machine, set back while it was off, where no server tells the time.
    let mut script = ScriptedPortal::new(vec![], vec![]);
    script.clock = elsewhere;
    let report = script.run(loaded(&[sending(1)]), plan(RunMode::Resume, true)).1;
    assert_eq!((report.class, script.count("post")), (Class::OutcomeUnknown, 0));
}

#[test]
fn the_age_counts_from_the_first_request_that_may_have_left() {
    let at = |seconds| Stamp::from(&moment(seconds));
    let unsent =
        |n| JournalRow::Attempt { n, verdict: Verdict::Unsent, failure: failure(Class::Network) };
    let refused =
        |n| JournalRow::Attempt { n, verdict: Verdict::No, failure: failure(Class::RateLimited) };
    let age = |rows: &[(u64, JournalRow)], now: u64| {
        let mut purchase = purchase();
        for (seconds, row) in rows {
            purchase.apply(&at(*seconds), row);
        }
        purchase.key_age(&moment(now))
    };
    let known = |seconds| KeyAge::Known(Duration::from_secs(seconds));
    assert_eq!(age(&[], 100), KeyAge::Unused);
    assert_eq!(age(&[(10, sending(1))], 100), known(90));
    assert_eq!(age(&[(10, sending(1)), (11, unsent(1))], 100), KeyAge::Unused);
    let again = [(10, sending(1)), (11, unsent(1)), (40, sending(2))];
    assert_eq!(age(&again, 100), known(60), "what never left does not count");
    let refused_first = [(10, sending(1)), (11, refused(1)), (40, sending(2))];
    assert_eq!(age(&refused_first, 100), known(90), "a later request makes it no younger");
}

#[test]
fn a_step_along_the_rows_is_the_larger_of_both_clocks_within_one_start() {
    let stamp = |wall: u64, monotonic: u64, boot: &str| Stamp {
        wall: moment(wall).wall,
        boot: Some(boot.into()),
        monotonic_ms: Some(monotonic * 1000),
        server: None,
        attempt: None,
    };
    let first = stamp(0, 0, "a");
    let until = |then: &Stamp, later: &Stamp| {
        Reading::from(then).until(&later.into()).map(|time| time.as_secs())
    };
    assert_eq!(until(&first, &stamp(10, 20, "a")), Some(20));
    assert_eq!(until(&first, &stamp(30, 20, "a")), Some(30));
    assert_eq!(until(&first, &stamp(30, 20, "b")), Some(30), "another start: the wall");
    assert_eq!(until(&first, &stamp(10, 20, "b")), Some(20), "but not less than that has run");
    let later = stamp(60, 60, "a");
    assert_eq!(until(&later, &stamp(0, 70, "a")), Some(10), "set back in between");
    assert_eq!(until(&later, &stamp(0, 70, "b")), None);
    assert_eq!(until(&later, &stamp(90, 50, "a")), None, "no such clock goes back");
    let unknown = Stamp { boot: None, ..stamp(10, 20, "a") };
    assert_eq!(until(&unknown, &Stamp { boot: None, ..stamp(15, 60, "a") }), Some(5));
    // What the server's clock shows at both ends decides, and stands for ours at the later one.
    let at_server =
        |seconds: u64, stamp: Stamp| Stamp { server: Some(moment(seconds).wall), ..stamp };
    let known = at_server(0, stamp(9_000, 0, "a"));
    assert_eq!(until(&known, &at_server(40, stamp(0, 30, "a"))), Some(40));
    assert_eq!(until(&known, &at_server(40, stamp(0, 50, "a"))), Some(50), "nor less than awake");
    assert_eq!(until(&known, &at_server(40, stamp(0, 50, "b"))), Some(40));
    assert_eq!(until(&first, &at_server(40, stamp(9_000, 30, "a"))), Some(40), "ahead now");
    assert_eq!(until(&first, &at_server(9_000, stamp(40, 30, "a"))), Some(40), "behind for long");
    assert_eq!(until(&first, &at_server(40, stamp(20, 9_000, "b"))), Some(20), "another machine");
    // The age of one row by itself follows the same rules.
    let mut now = moment(40);
    now.boot = Some("a".into());
    now.monotonic = Duration::from_secs(50);
    assert_eq!(first.age(&now), Some(Duration::from_secs(50)));
    now.monotonic = Duration::from_secs(20);
    assert_eq!(first.age(&now), Some(Duration::from_secs(40)));
    now.boot = Some("b".into());
    now.monotonic = Duration::from_secs(70);
    assert_eq!(first.age(&now), Some(Duration::from_secs(70)), "the machine has run for so long");
}

#[test]
fn the_age_is_the_largest_that_any_clock_tells() {
    let seconds = |age: Option<Duration>| age.map(|age| age.as_secs());
    let stamp = |server: Option<u64>| Stamp {
        wall: moment(100).wall,
        boot: None,
        monotonic_ms: None,
        server: server.map(|at| moment(at).wall),
        attempt: None,
    };
    let now = |wall: u64, server: Option<u64>| Moment {
        server: server.map(|at| moment(at).wall),
        boot: None,
        ..moment(wall)
    };
    assert_eq!(seconds(stamp(Some(100)).age(&now(110, Some(190)))), Some(90), "the server's");
    assert_eq!(seconds(stamp(Some(100)).age(&now(190, Some(110)))), Some(10), "it decides");
    assert_eq!(seconds(stamp(None).age(&now(110, Some(190)))), Some(90), "our start, its end");
    assert_eq!(seconds(stamp(None).age(&now(190, Some(110)))), Some(90));
    assert_eq!(seconds(stamp(None).age(&now(120, Some(50)))), Some(20), "ours was ahead");
    assert_eq!(seconds(stamp(Some(100)).age(&now(110, None))), Some(10));
    assert_eq!(seconds(stamp(Some(100)).age(&now(110, Some(50)))), None, "no server goes back");
    assert_eq!(seconds(stamp(None).age(&now(50, Some(190)))), None, "nor does our clock");
}

#[test]
fn a_key_whose_requests_were_all_refused_grows_too_old_as_well() {
    let refused = |naming: KeyOrigin| {
        let mut purchase = loaded(&[
            sending(1),
            JournalRow::Attempt {
                n: 1,
                verdict: Verdict::No,
                failure: failure(Class::NoPaymentMethod),
            },
            JournalRow::Final(Outcome::Refused(failure(Class::NoPaymentMethod))),
        ]);
        purchase.intent.naming = naming;
        purchase
    };
    let named = RunOptions { asked_for: true, ..plan(RunMode::Buy, true) };
    for (naming, retired) in [
        (KeyOrigin::Once { name: "x".into(), generation: 0 }, false),
        (KeyOrigin::Key, false),
        (KeyOrigin::Random, true),
    ] {
        let mut script = ScriptedPortal::new(vec![], vec![]);
        script.clock = moment(24 * 3600);
        let (_, report) = script.run(refused(naming.clone()), named.clone());
        // Nothing was charged from here; under a name another machine may have sent the same key. A
        // random one is given up, so that the same command begins anew.
        assert_eq!((report.too_old.is_some(), report.retired), (!retired, retired), "{naming:?}");
        let charged = if retired { Charged::No } else { Charged::Unknown };
        assert_eq!(report.charged, charged, "{naming:?}");
    }
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    script.clock = moment(22 * 3600);
    let young = refused(KeyOrigin::Key);
    assert_eq!(script.run(young, named).1.class, Class::Success, "within its life it goes out");
}

#[test]
fn after_a_restart_the_system_is_asked_for_the_time_before_a_key_is_sent_again() {
    let run = |server: Option<Duration>, uptime: Duration, silent: bool| {
        let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
        // The wall clock was set back while the machine was off: it shows the time of the request.
        script.clock = moment(0);
        script.clock.boot = Some("another".into());
        script.clock.monotonic = uptime;
        script.silent = silent;
        script.server_told = server.map(|age| moment(0).wall + age);
        let report = script.run(loaded(&[sending(1)]), plan(RunMode::Resume, true)).1;
        (report, script)
    };
    let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(25 * 3600));
    let (report, script) = run(Some(hour), Duration::ZERO, false);
    assert_eq!(report.class, Class::Success);
    assert_eq!(script.log[..4], ["recovered", "authorize", "ask time", "sending"]);
    let (report, script) = run(Some(day), Duration::ZERO, false);
    assert_eq!((report.class, script.count("post")), (Class::OutcomeUnknown, 0));
    assert_eq!(report.too_old.and_then(|why| why.age), Some(day));
    let (report, script) = run(None, Duration::ZERO, true);
    assert_eq!((report.class, script.count("post")), (Class::OutcomeUnknown, 0), "no answer");
    assert!(report.too_old.is_none(), "our own clocks may be wrong, and they say that it is young");
    assert_eq!(report.failure.map(|failure| failure.class), Some(Class::Network));
    // They say that it is too old: that is what is reported, whatever the network says.
    let mut script = ScriptedPortal::new(vec![], vec![]);
    (script.clock, script.silent) = (moment(day.as_secs()), true);
    let report = script.run(loaded(&[sending(1)]), plan(RunMode::Resume, true)).1;
    assert_eq!((report.too_old.and_then(|why| why.age), report.failure), (Some(day), None));
    assert_eq!((script.count("ask time"), script.count("post")), (1, 0));
    // A system that sends no time leaves our own clocks: the machine has run for so long already.
    assert_eq!(run(None, hour, false).0.class, Class::Success);
    assert_eq!(run(None, day, false).0.class, Class::OutcomeUnknown);
    // Asked once in a run, and never without a restart in between.
    let mut script = ScriptedPortal::new(vec![lost(), accepted()], vec![settled("25")]);
    script.run(loaded(&[sending(1)]), plan(RunMode::Resume, true));
    assert_eq!(script.count("ask time"), 0);
}

#[test]
fn the_age_is_looked_at_again_directly_before_the_request() {
    let mut script = ScriptedPortal::new(vec![], vec![]);
    script.sleep_before_recording = Duration::from_secs(20 * 60);
    let (_, report) = script.run(loaded(&[sending(1)]), plan(RunMode::Buy, true));
    assert_eq!(report.class, Class::OutcomeUnknown);
    assert_eq!(script.count("post"), 0, "the machine slept while the row was written");
}

#[test]
fn a_purchase_that_waited_for_a_login_goes_out_while_its_key_is_remembered() {
    let waits = [
        sending(1),
        JournalRow::Attempt { n: 1, verdict: Verdict::No, failure: failure(Class::NotLoggedIn) },
    ];
    for (seconds, intention, sent) in [
        (31 * 60, RunMode::Buy, true),
        (22 * 3600, RunMode::Resume, true),
        (24 * 3600, RunMode::Buy, false),
        (24 * 3600, RunMode::Resume, false),
    ] {
        let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
        script.clock = moment(seconds);
        let (purchase, report) = script.run(loaded(&waits), plan(intention, true));
        assert_eq!((report.class == Class::Success, script.count("post") == 1), (sent, sent));
        // Afterwards it is over, and nothing was charged: the next `buy` has a key of its own.
        assert_eq!(matches!(purchase.outcome, Some(Outcome::Refused(_))), !sent);
        assert_eq!((report.charged == Charged::No, report.retired), (!sent, !sent));
    }
}

#[test]
fn what_was_not_sent_because_the_machine_slept_is_noted_so_and_sent_afresh() {
    let mut script = ScriptedPortal::new(vec![accepted()], vec![settled("25")]);
    script.sleep_at_row = Some((1, Duration::from_secs(24 * 3600)));
    let (purchase, report) = script.run(purchase(), plan(RunMode::Buy, false));
    assert_eq!(report.class, Class::Success);
    assert_eq!(purchase.attempts[0].verdict, Some(Verdict::Unsent));
    assert_eq!(script.count("post"), 1);
}

#[test]
fn a_clock_that_was_set_back_betrays_itself_along_the_rows_for_good() {
    // Seen after 20 hours; then the machine was off, and came back with a clock of before.
    let set_back = |rows: &[JournalRow], naming: KeyOrigin| {
        let mut purchase = loaded(rows);
        purchase.intent.naming = naming;
        purchase.apply(&Stamp::from(&moment(20 * 3600)), &JournalRow::Recovered);
        let mut later = moment(3600);
        later.boot = Some("another".into());
        later.monotonic = Duration::from_secs(60);
        purchase.apply(&Stamp::from(&later), &JournalRow::Recovered);
        later.wall += Duration::from_secs(3600);
        later.monotonic += Duration::from_secs(3600);
        purchase.key_age(&later)
    };
    assert_eq!(set_back(&[sending(1)], KeyOrigin::Random), KeyAge::Unreadable);
    // A given name can be in use elsewhere since it was given here, whatever was sent from here.
    assert_eq!(set_back(&[], KeyOrigin::Key), KeyAge::Unreadable);
    assert_eq!(set_back(&[], KeyOrigin::Random), KeyAge::Unused);
}

#[test]
fn an_answer_is_noted_at_its_own_request() {
    let purchase = loaded(&[sending(1), accepted_row(1, "ch_1")]);
    assert_eq!(purchase.attempts[0].verdict, Some(Verdict::Accepted));
    let other = loaded(&[sending(1), sending(2), accepted_row(2, "ch_1")]);
    assert_eq!(other.attempts[0].verdict, None);
}
