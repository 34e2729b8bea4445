//! What is sent when, as tables: minutes and balances go in, notices come out.

use super::*;
use AlertKind::{Low, Recovered, Reminder};

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).expect("a time")
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// The levels of these thresholds, the highest first.
fn levels(thresholds: &[u32], balance: u32) -> Vec<(String, bool)> {
    thresholds.iter().map(|limit| (limit.to_string(), balance < *limit)).collect()
}

/// Runs a watch over checks of (minute, balance); gives (minute, kind, threshold) of each notice.
/// Each is delivered where `works` says so.
fn sent(
    policy: AlertPolicy,
    thresholds: &[u32],
    checks: &[(i64, u32)],
    works: impl Fn(i64) -> bool,
) -> (Vec<(i64, AlertKind, u32)>, AlertState) {
    let mut state = AlertState::default();
    let mut sent = Vec::new();
    for (minute, balance) in checks {
        let levels = levels(thresholds, *balance);
        let decision = decide(&policy, &state, &levels, at(*minute));
        state = decision.state;
        if let Some(due) = decision.due {
            state.try_once(due, &levels, at(*minute));
            sent.push((*minute, due.kind, thresholds[due.level]));
            if works(*minute) {
                state.delivered(due, at(*minute));
            }
        }
        // What is kept is read again as it was.
        let text = serde_json::to_string(&state).expect("text");
        assert_eq!(serde_json::from_str::<AlertState>(&text).expect("a state"), state);
    }
    (sent, state)
}

#[test]
fn each_check_sends_what_is_due_and_nothing_else() {
    let plain = AlertPolicy::default();
    let recovery = AlertPolicy { recovery: true, ..plain };
    let cooldown = AlertPolicy { cooldown: minutes(60), ..recovery };
    let remind = AlertPolicy { remind: Some(minutes(60)), ..recovery };
    for (what, policy, thresholds, checks, expected) in [
        (
            "each fall once",
            plain,
            &[20][..],
            &[(0, 25), (5, 19), (10, 18), (15, 20), (20, 19), (25, 30), (30, 1)][..],
            &[(5, Low, 20), (20, Low, 20), (30, Low, 20)][..],
        ),
        ("low from the beginning", plain, &[20], &[(0, 3), (5, 3)], &[(0, Low, 20)]),
        (
            "a deeper fall is another one, and a fall through both is one",
            plain,
            &[20, 5],
            &[(0, 25), (5, 15), (10, 4), (15, 30), (20, 3), (25, 2)],
            &[(5, Low, 20), (10, Low, 5), (20, Low, 5)],
        ),
        (
            "a rise above the lower one arms it again, and is no recovery",
            recovery,
            &[20, 5],
            &[(0, 4), (5, 10), (10, 4), (15, 10), (20, 20)],
            &[(0, Low, 5), (10, Low, 5), (20, Recovered, 20)],
        ),
        (
            "a recovery is reported once, where the fall was",
            recovery,
            &[20],
            &[(0, 25), (5, 19), (10, 20), (15, 30), (20, 19), (25, 21)],
            &[(5, Low, 20), (10, Recovered, 20), (20, Low, 20), (25, Recovered, 20)],
        ),
        (
            "what flutters is reported once in the cooldown, with its recovery",
            cooldown,
            &[20],
            &[(0, 19), (5, 21), (10, 19), (15, 21), (20, 19), (59, 19), (60, 19), (65, 21)],
            &[(0, Low, 20), (5, Recovered, 20), (60, Low, 20), (65, Recovered, 20)],
        ),
        (
            "a deeper fall does not wait for the cooldown of a higher threshold",
            cooldown,
            &[20, 5],
            &[(0, 19), (5, 4), (10, 19), (15, 4), (64, 4), (65, 4)],
            &[(0, Low, 20), (5, Low, 5), (65, Low, 5)],
        ),
        (
            "a balance that stays low is reported again",
            remind,
            &[20, 5],
            &[(0, 19), (59, 19), (60, 19), (90, 4), (120, 4), (150, 4), (155, 25), (300, 25)],
            &[
                (0, Low, 20),
                (60, Reminder, 20),
                (90, Low, 5),
                (150, Reminder, 5),
                (155, Recovered, 20),
            ],
        ),
        (
            "a clock that is set back far holds nothing back for ever",
            remind,
            &[20],
            &[(1000, 19), (990, 19), (900, 19)],
            &[(1000, Low, 20), (900, Reminder, 20)],
        ),
    ] {
        let (found, _) = sent(policy, thresholds, checks, |_| true);
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn what_fails_is_tried_again_and_not_for_ever() {
    let checks: Vec<(i64, u32)> = (0..50).map(|minute| (minute, 1)).collect();
    let (found, state) = sent(AlertPolicy::default(), &[20], &checks, |_| false);
    assert_eq!(found.len(), MOST_TRIES as usize);
    assert_eq!((state.is_reported(), state.below_since()), (Some(false), Some(at(0))));
    let rose = decide(&AlertPolicy::default(), &state, &levels(&[20], 30), at(60));
    assert!(rose.rose_unreported && rose.due.is_none() && rose.state.is_reported().is_none());
    // A recovery that cannot be sent is given up as well, and a fall takes its place.
    let policy = AlertPolicy { recovery: true, ..AlertPolicy::default() };
    let checks: Vec<(i64, u32)> =
        std::iter::once((0, 1)).chain((1..40).map(|minute| (minute, 30))).collect();
    let (found, state) = sent(policy, &[20], &checks, |minute| minute == 0);
    assert_eq!(found.len(), 1 + MOST_TRIES as usize);
    let fell = decide(&policy, &state, &levels(&[20], 1), at(60));
    assert_eq!(fell.due, Some(DueAlert { kind: Low, level: 0 }));
    assert!(fell.fell && fell.state.recovery.is_none());
}

#[test]
fn a_reminder_tries_again_what_was_given_up() {
    let policy = AlertPolicy { remind: Some(minutes(100)), ..AlertPolicy::default() };
    let checks: Vec<(i64, u32)> = (0..220).map(|minute| (minute, 1)).collect();
    let (found, state) = sent(policy, &[20], &checks, |minute| minute >= 112);
    let tried: Vec<i64> = found.iter().map(|(minute, ..)| *minute).collect();
    let expected: Vec<i64> = (0..10).chain([109, 110, 111, 112, 212]).collect();
    assert_eq!(tried, expected);
    assert_eq!(state.is_reported(), Some(true));
}

#[test]
fn what_the_cooldown_held_back_was_not_lost() {
    let policy = AlertPolicy { cooldown: minutes(60), ..AlertPolicy::default() };
    let (_, state) = sent(policy, &[20], &[(0, 19), (5, 21), (10, 19)], |_| true);
    let rose = decide(&policy, &state, &levels(&[20], 30), at(15));
    assert!(!rose.rose_unreported);
}

#[test]
fn a_threshold_that_is_watched_no_longer_is_forgotten() {
    let policy = AlertPolicy { recovery: true, ..AlertPolicy::default() };
    let (_, state) = sent(policy, &[20, 5], &[(0, 4)], |_| true);
    let decision = decide(&policy, &state, &levels(&[5], 4), at(5));
    assert_eq!(decision.due, None);
    assert_eq!(decision.state.thresholds.len(), 1);
}
