//! Auto-reload: when it fires, and what holds it back.

use super::*;

/// Spends ten dollars; gives the amounts of all charges so far.
fn after_spending(bench: &SandboxBench) -> Vec<String> {
    bench.portal.spend(Amount::parse("10").expect("an amount")).expect("spent");
    let charges = bench.portal.charges().expect("charges");
    charges.into_iter().map(|charge| charge.amount_usd).collect()
}

#[test]
fn auto_reload_fires_below_its_threshold_and_not_twice_at_once() {
    let bench = bench();
    bench.set("auto-reload=50:200");
    let amount = |text: &str| Amount::parse(text).expect("an amount");
    bench.portal.spend(amount("90")).expect("spent");
    assert!(bench.portal.charges().expect("none").is_empty(), "52.5 are enough");
    bench.portal.spend(amount("10")).expect("spent");
    bench.portal.spend(amount("10")).expect("spent");
    let charges = bench.portal.charges().expect("one");
    assert_eq!(
        charges.iter().map(|charge| charge.amount_usd.as_str()).collect::<Vec<_>>(),
        ["157.5"]
    );
    bench.set("clock=+1m");
    assert_eq!(bench.get("/api/billing/state").body["balanceUsd"], "190");
}

#[test]
fn auto_reload_is_held_back_by_the_switch_the_card_and_itself() {
    for (held_back, freed) in [
        ("switch=off", "switch=on"),
        ("card=none", "card=visa"),
        ("auto-reload=off", "auto-reload=500:600"),
    ] {
        let bench = bench();
        bench.set("auto-reload=500:600");
        bench.set(held_back);
        assert!(after_spending(&bench).is_empty(), "{held_back}");
        bench.set(freed);
        assert_eq!(after_spending(&bench), ["477.5"], "{freed}");
    }
}

#[test]
fn auto_reload_never_passes_the_monthly_limit() {
    let bench = bench();
    bench.set("auto-reload=140:200");
    bench.set("limit=67.49");
    assert!(after_spending(&bench).is_empty(), "67.50 are wanted");
    bench.set("limit=77.50");
    assert_eq!(after_spending(&bench), ["77.5"], "the whole of it");
    assert_eq!(bench.charge("key-00001", "10").status, 403, "it counts");
    // The portal's own ceiling holds as well.
    let other = self::bench();
    other.set("auto-reload=140:200");
    other.set("spent=950");
    assert!(after_spending(&other).is_empty());
    other.set("spent=900");
    assert_eq!(after_spending(&other), ["77.5"]);
}

#[test]
fn auto_reload_that_failed_is_tried_again_and_takes_no_turn_of_a_terminal() {
    let bench = bench();
    bench.set("settle-after=0s");
    bench.set("auto-reload=140:200");
    bench.set("card=declined");
    assert_eq!(after_spending(&bench), ["67.5"]);
    assert_eq!(after_spending(&bench), ["77.5", "67.5"], "nothing is on its way");
    bench.set("card=visa");
    assert_eq!(after_spending(&bench), ["87.5", "77.5", "67.5"]);
    for n in 0..5 {
        assert_eq!(bench.charge(&format!("key-0000{n}"), "10").status, 202, "{n}");
    }
    assert_eq!(bench.charge("key-00005", "10").status, 429);
}

#[test]
fn auto_reload_reaches_more_than_it_waits_for_and_nothing_is_set_too_large() {
    let bench = bench();
    for bad in [
        "auto-reload=20:10",
        "auto-reload=0:0",
        "auto-reload=10:10",
        "auto-reload=0:10",
        "auto-reload=20:79228162514264337593543950335",
        "balance=-79228162514264337593543950335",
        "spent=1000000000000",
        "limit=1000000000000",
    ] {
        let refused = bench.portal.work(|work| assign(work, bad)).expect_err(bad);
        assert_eq!(refused.class(), crate::core::class::Class::Usage, "{refused}");
    }
    for most in ["balance=-999999999999", "auto-reload=999999999998:999999999999", "spent=999"] {
        bench.set(most);
    }
    assert!(after_spending(&bench).is_empty(), "more than the month leaves");
}
