//! Keys and names: what makes one, and how long it is good.

use super::*;

const LIFE: KeyLife = KeyLife {
    auto_replay_max_age: Duration::from_secs(1800),
    manual_replay_max_age: Duration::from_secs(23 * 3600),
};

fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

#[test]
fn a_derived_key_is_frozen() {
    let key = derived_key("https://portal.nousresearch.com", "org_acme", "4711-refill", 0)
        .expect("a key");
    // Another value here would be a second charge for everybody who upgrades between two runs.
    assert_eq!(key.as_str(), "914597bb-14bc-58a1-bb7b-b589e0fdaf3a");
}

#[test]
fn every_part_of_the_identity_changes_the_key() {
    let mut keys: Vec<String> = [
        ("https://a", "o", "n", 0),
        ("https://b", "o", "n", 0),
        ("https://a", "p", "n", 0),
        ("https://a", "o", "m", 0),
        ("https://a", "o", "n", 1),
        ("https://a", "on", "", 0),
        ("https://a", "", "on", 0),
        ("https://a", "o1:n", "", 0),
    ]
    .into_iter()
    .map(|(origin, org, name, generation)| {
        derived_key(origin, org, name, generation).expect("a key").to_string()
    })
    .collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all);
}

#[test]
fn a_name_is_good_only_where_its_first_use_is_known() {
    let now = at("2026-11-20T12:00:00Z");
    let here = |ci: bool, attempt: Option<&str>, created: Option<&str>| Surroundings {
        ci,
        run_attempt: attempt.map(str::to_owned),
        run_id: Some("4711".to_owned()),
        pipeline_created: created.map(str::to_owned),
        pipeline_id: None,
        fleet: None,
    };
    let ask = |since: Option<&str>, surroundings: Surroundings| {
        first_use("4711-refill", since.map(at), &surroundings, now, LIFE)
    };
    let proven = FirstUse { since: None, proven: true };
    assert_eq!(ask(None, here(false, None, None)).ok(), Some(proven), "a person's own machine");
    assert_eq!(ask(None, here(true, Some("1"), None)).ok(), Some(proven), "the first attempt");
    for (since, surroundings) in [
        (None, here(true, Some("2"), None)),
        (None, here(true, None, None)),
        (None, here(true, Some("nonsense"), None)),
        (Some("2026-11-19T12:59:59Z"), here(true, None, None)),
        (None, here(true, None, Some("2026-11-19T12:59:59Z"))),
    ] {
        let refused = ask(since, surroundings.clone()).expect_err("refused");
        assert_eq!(refused.class(), Class::OutcomeUnknown, "{surroundings:?}");
    }
    for surroundings in [here(true, Some("2"), None), here(false, None, None)] {
        let aged = ask(Some("2026-11-20T10:00:00Z"), surroundings).expect("known age");
        assert_eq!(aged, FirstUse { since: Some(at("2026-11-20T10:00:00Z")), proven: false });
    }
    let pipeline =
        ask(None, here(true, None, Some("2026-11-20T11:00:00+00:00"))).expect("known age");
    assert_eq!(pipeline, FirstUse { since: Some(at("2026-11-20T11:00:00Z")), proven: false });
    let future =
        ask(Some("2026-11-20T13:00:00Z"), here(false, None, None)).expect_err("the future");
    assert_eq!(future.class(), Class::Usage);
    assert_eq!(future.parts().charged, Some(Charged::Unknown), "one of the clocks is wrong");
    assert!(future.parts().message.contains("--once-since"), "{future:?}");
    let pipeline =
        ask(None, here(true, None, Some("2026-11-20T13:00:00Z"))).expect_err("the future");
    assert!(pipeline.parts().message.contains("CI_PIPELINE_CREATED_AT"), "{pipeline:?}");
}

#[test]
fn a_pipeline_tells_the_age_of_names_that_carry_its_id_alone() {
    let now = at("2026-11-20T12:00:00Z");
    let created = "2026-11-20T11:00:00Z";
    let pipeline = Surroundings {
        ci: true,
        pipeline_created: Some(created.to_owned()),
        pipeline_id: Some("815".to_owned()),
        ..Surroundings::default()
    };
    let its_own = first_use("815-refill", None, &pipeline, now, LIFE).expect("known age");
    assert_eq!(its_own, FirstUse { since: Some(at(created)), proven: false });
    // Another name may be older than the pipeline.
    let other = first_use("refill", None, &pipeline, now, LIFE).expect_err("of any age");
    assert_eq!(other.class(), Class::OutcomeUnknown);
    // What the first attempt of a run proves, no pipeline makes less sure.
    let (run_attempt, run_id) = (Some("1".to_owned()), Some("4711".to_owned()));
    let both = Surroundings { run_attempt, run_id, ..pipeline };
    let first = first_use("4711-815", None, &both, now, LIFE).expect("the first attempt");
    assert_eq!(first, FirstUse { since: None, proven: true });
}

#[test]
fn in_a_journal_that_all_share_a_name_is_new_unless_its_run_may_be_older() {
    let now = at("2026-11-30T12:00:00Z");
    let decide = |surroundings: &Surroundings, since| {
        first_use("4711-refill", since, surroundings, now, LIFE)
    };
    let fleet = |made: &str| Some(Fleet { since: Some(at(made)) });
    let desk = Surroundings { fleet: fleet("2026-11-30T11:59:00Z"), ..Surroundings::default() };
    let proven = Ok(FirstUse { since: None, proven: true });
    let said = |decided: Result<FirstUse>| decided.map_err(|error| error.class());
    assert_eq!(said(decide(&desk, None)), proven);
    let ci = Surroundings { ci: true, ..desk };
    assert!(!ci.come_and_go(), "one journal is one machine");
    assert_eq!(said(decide(&ci, None)), Err(Class::OutcomeUnknown), "the run may be older");
    assert_eq!(said(decide(&ci, Some(at("2026-11-30T11:59:30Z")))), proven);
    let old = Surroundings { fleet: fleet("2026-10-01T00:00:00Z"), ..ci.clone() };
    assert_eq!(said(decide(&old, None)), proven, "no run is older than a month");
    let first =
        Surroundings { run_attempt: Some("1".into()), run_id: Some("4711".into()), ..ci.clone() };
    assert_eq!(said(decide(&first, None)), proven);
    let again = Surroundings { run_attempt: Some("2".into()), ..first };
    assert_eq!(said(decide(&again, None)), Err(Class::OutcomeUnknown));
    let again = Surroundings { fleet: fleet("2026-10-01T00:00:00Z"), ..again };
    assert_eq!(said(decide(&again, None)), proven, "no rule of attempts");
    let pipeline =
        |created: &str| Surroundings { pipeline_created: Some(created.into()), ..ci.clone() };
    assert_eq!(said(decide(&pipeline("2026-11-30T11:59:30Z"), None)), proven);
    // At the very moment in which the journal was made it was there already.
    let made = at("2026-11-30T11:59:00Z");
    assert_eq!(said(decide(&ci, Some(made))), proven);
    assert_eq!(said(decide(&pipeline("2026-11-30T11:59:00Z"), None)), proven);
    let second = Duration::from_secs(1);
    assert_ne!(said(decide(&ci, Some(made - second))), proven);
    assert_ne!(said(decide(&pipeline("2026-11-30T11:58:59Z"), None)), proven);
    let unasked = Surroundings { fleet: Some(Fleet { since: None }), ..ci.clone() };
    assert_eq!(said(decide(&unasked, None)), Err(Class::OutcomeUnknown));
}

#[test]
fn a_name_is_one_to_two_hundred_characters_without_blank_ends() {
    for name in ["a", "näme", "with spaces", &"ä".repeat(LONGEST_NAME)] {
        assert_eq!(check_name(name).as_deref(), Ok(name));
    }
    for name in ["", " a", "a ", "a\nb", "\u{7}", &"ä".repeat(LONGEST_NAME + 1)] {
        assert!(check_name(name).is_err(), "{name:?}");
    }
}

#[test]
fn a_key_is_good_to_the_last_second_of_its_life_and_a_little_is_forgiven() {
    let now = at("2026-11-20T12:00:00Z");
    let life = LIFE.manual_replay_max_age;
    let second = Duration::from_secs(1);
    let since = |since: Timestamp| aged(since, "--once-since", now, LIFE, false);
    assert_eq!(since(now - life).expect("known").since, Some(now - life));
    assert!(since(now - life - second).is_err());
    // It was not used after now.
    let ahead = Duration::from_secs(300);
    assert_eq!(since(now + ahead).expect("forgiven").since, Some(now));
    assert!(since(now + ahead + second).is_err());
}

#[test]
fn what_a_restored_journal_does_not_know_may_have_been_used_since_its_newest_row() {
    let now = at("2026-11-20T12:00:00Z");
    let life = LIFE.manual_replay_max_age;
    let (from, to) = (now - life, at("2026-11-20T11:00:00Z"));
    let second = Duration::from_secs(1);
    let doubt = JournalDoubt::Restored(Gap { from: Some(from), to: Some(to) });
    let new = FirstUse { since: None, proven: true };
    let ask = |first, once_since| first_use_in_doubt(first, &doubt, false, once_since, now, LIFE);
    let since = |since| FirstUse { since: Some(since), proven: false };
    assert_eq!(ask(new, None).expect("known"), since(from));
    assert_eq!(ask(new, Some(to)).expect("known"), since(from), "at the very end of it");
    assert_eq!(ask(new, Some(to + second)).expect("after it"), new);
    // The earlier of both is what it may be.
    let older = since(from - second);
    assert_eq!(ask(older, None).expect("known").since, older.since);
    assert_eq!(ask(since(to), None).expect("known").since, Some(from));
    let long_ago = Gap { from: Some(from - second), to: Some(to) };
    let doubt = JournalDoubt::Restored(long_ago);
    assert!(first_use_in_doubt(new, &doubt, false, None, now, LIFE).is_err());
    assert_eq!(first_use_in_doubt(new, &doubt, true, None, now, LIFE).expect("proves itself"), new);
}

#[test]
fn a_name_is_used_here_alone_on_a_machine_that_stays_or_where_it_proves_itself() {
    let ci = Surroundings { ci: true, run_id: Some("4711".into()), ..Surroundings::default() };
    let first = Surroundings { run_attempt: Some("1".into()), ..ci.clone() };
    for (surroundings, name, is_only_here) in [
        (Surroundings::default(), "refill", true),
        (ci, "4711-refill", false),
        (first.clone(), "4711-refill", true),
        (first, "refill", false),
    ] {
        assert_eq!(surroundings.is_only_here(name), is_only_here, "{surroundings:?} {name}");
    }
    let attempt = |text: &str| {
        let (run_attempt, run_id) = (Some(text.to_owned()), Some(" 4711 ".to_owned()));
        Surroundings { run_attempt, run_id, ..Surroundings::default() }.attempt()
    };
    let run = |attempt| RunAttempt { run: "4711".into(), attempt };
    assert_eq!(attempt("1"), Some(run(1)));
    assert_eq!(attempt(" 2 "), Some(run(2)));
    assert_eq!((attempt("0"), attempt("-1"), attempt("x")), (None, None, None));
}
