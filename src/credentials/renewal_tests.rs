//! Each rule of a renewal by itself: what was met, what is done about it, and when it is over.

use super::RenewalAction::{Claim, Done, Find, Keep, Note, Refuse, Send, Withdraw};
use super::RenewalEvent::{
    Claimed, Conflict, Dead, Failed, Found, Lost, NotRenewable, NotThere, Pair, Unused, Woke,
    Written,
};
use super::*;

const WAIT: RenewalAction = RenewalAction::Wait(PAUSE);

/// One machine, whose clocks a test turns.
struct Walk {
    machine: RenewalMachine,
    now: RenewalMoment,
    last: RenewalAction,
}

impl Walk {
    fn begin(kept_in: KeptIn, renews_early: bool) -> Self {
        let now =
            RenewalMoment { wall: Timestamp::UNIX_EPOCH, monotonic: Duration::from_secs(1000) };
        let (machine, last) = RenewalMachine::new(kept_in, renews_early, now);
        assert_eq!(last, Find, "a login is read under its locks before anything else");
        Self { machine, now, last }
    }

    fn pass(&mut self, time: Duration) {
        self.now.wall += time;
        self.now.monotonic += time;
    }

    fn meet(&mut self, event: RenewalEvent) -> RenewalAction {
        self.last = self.machine.step(self.now, event);
        self.last
    }

    /// Each event, and what it has to be answered with.
    fn steps(&mut self, steps: &[(RenewalEvent, RenewalAction)]) {
        for (event, action) in steps {
            assert_eq!(self.meet(*event), *action, "after {event:?} in {steps:?}");
        }
    }

    /// A run that has sent the request, of a login that may or may not be used as it is.
    fn sent(kept_in: KeptIn, renews_early: bool, is_usable: bool) -> Self {
        let mut walk = Self::begin(kept_in, renews_early);
        let found = LoginFound { is_usable, ..old() };
        walk.steps(&[(Found(found), Claim), (Claimed, Note), (Written, Send)]);
        walk
    }
}

/// A login whose access token has run out, and that can be renewed.
fn old() -> LoginFound {
    LoginFound {
        is_wanted: true,
        is_usable: false,
        can_be_renewed: true,
        is_refused: false,
        inflight: None,
        is_others: false,
    }
}

const EVERYWHERE: [KeptIn; 3] = [KeptIn::Files, KeptIn::Command, KeptIn::Vault];

#[test]
fn a_new_pair_is_claimed_noted_sent_for_and_kept_in_this_order() {
    for kept_in in EVERYWHERE {
        let mut walk = Walk::sent(kept_in, true, false);
        walk.steps(&[(Pair, Keep), (Written, Done(RenewalEnd::Renewed))]);
    }
}

#[test]
fn what_is_stored_is_used_where_a_renewal_is_not_wanted_or_not_possible() {
    let found = |found: LoginFound| Walk::begin(KeptIn::Files, true).meet(Found(found));
    assert_eq!(found(LoginFound { is_wanted: false, ..old() }), Done(RenewalEnd::Stored));
    let nothing_to_send = LoginFound { can_be_renewed: false, ..old() };
    let refused = LoginFound { is_refused: true, ..old() };
    for (login, end) in
        [(nothing_to_send, RenewalEnd::NothingToSend), (refused, RenewalEnd::Refused)]
    {
        assert_eq!(found(login), Done(end));
        let lives = LoginFound { is_usable: true, ..login };
        assert_eq!(found(lives), Done(RenewalEnd::Stored), "{end:?}");
    }
    assert_eq!(Walk::begin(KeptIn::Files, true).meet(NotThere), Done(RenewalEnd::NoLogin));
    // Of another program, whose session it would end.
    for (is_usable, end) in [(true, RenewalEnd::Stored), (false, RenewalEnd::Trouble)] {
        let mut walk = Walk::begin(KeptIn::Files, false);
        let login = LoginFound { is_usable, ..old() };
        walk.steps(&[(Found(login), Claim), (NotRenewable, Done(end))]);
    }
}

#[test]
fn a_lost_renewal_is_not_risked_again_while_the_token_lives() {
    let noted = LoginFound { inflight: Some(Timestamp::UNIX_EPOCH), ..old() };
    for kept_in in EVERYWHERE {
        let lives = LoginFound { is_usable: true, ..noted };
        assert_eq!(Walk::begin(kept_in, true).meet(Found(lives)), Done(RenewalEnd::Stored));
    }
    // Dead: nothing is left to lose. In files the locks say that its process is gone.
    assert_eq!(Walk::begin(KeptIn::Files, true).meet(Found(noted)), Claim);
}

#[test]
fn the_note_of_another_machine_is_waited_for_a_minute_from_when_it_was_first_seen() {
    let since = Timestamp::UNIX_EPOCH;
    let noted = LoginFound { inflight: Some(since), ..old() };
    // In a fleet's store a lost one ends it; by a command it is sent once more.
    for (kept_in, then) in
        [(KeptIn::Command, Claim), (KeptIn::Vault, Done(RenewalEnd::LostSince(since)))]
    {
        let mut walk = Walk::begin(kept_in, true);
        walk.pass(Duration::from_secs(5));
        walk.steps(&[(Found(noted), WAIT)]);
        walk.pass(LONGEST_WAIT.saturating_sub(Duration::from_millis(1)));
        walk.steps(&[(Woke, Find), (Found(noted), WAIT)]);
        walk.pass(Duration::from_millis(1));
        walk.steps(&[(Woke, Find), (Found(noted), then)]);
        // Another one has begun meanwhile: it has a minute of its own.
        let mut walk = Walk::begin(kept_in, true);
        walk.steps(&[(Found(noted), WAIT)]);
        walk.pass(LONGEST_WAIT);
        let anew = LoginFound { inflight: Some(walk.now.wall), ..old() };
        walk.steps(&[(Woke, Find), (Found(anew), WAIT), (Woke, Find)]);
        // And it has ended.
        let kept = LoginFound { is_wanted: false, ..old() };
        walk.steps(&[(Found(kept), Done(RenewalEnd::Stored))]);
    }
}

#[test]
fn a_note_that_is_old_by_more_than_clocks_differ_is_of_a_dead_process() {
    let farthest = LONGEST_WAIT + CLOCKS_DIFFER;
    let second = Duration::from_secs(1);
    for (apart, waits) in [(farthest.saturating_sub(second), true), (farthest, false)] {
        // The clock of the machine that wrote it may be behind as well as ahead.
        for since in [Timestamp::UNIX_EPOCH - apart, Timestamp::UNIX_EPOCH + apart] {
            let noted = LoginFound { inflight: Some(since), ..old() };
            let expected = if waits { WAIT } else { Claim };
            let mut walk = Walk::begin(KeptIn::Command, true);
            assert_eq!(walk.meet(Found(noted)), expected, "{since}");
        }
    }
}

#[test]
fn nothing_is_sent_under_a_note_that_others_may_not_wait_for_any_more() {
    let noted_after = |kept_in, took| {
        let mut walk = Walk::begin(kept_in, true);
        // How long it took to find it does not count: the note was not there yet.
        walk.pass(Duration::from_secs(30));
        walk.steps(&[(Found(old()), Claim), (Claimed, Note)]);
        walk.pass(took);
        walk.meet(Written);
        walk
    };
    let moment = Duration::from_millis(1);
    for kept_in in [KeptIn::Command, KeptIn::Vault] {
        assert_eq!(noted_after(kept_in, NOTE_LASTS).last, Send);
        for taken_back in [Written, Conflict, Failed] {
            let mut walk = noted_after(kept_in, NOTE_LASTS + moment);
            assert_eq!(walk.last, Withdraw);
            assert_eq!(walk.meet(taken_back), Done(RenewalEnd::TooSlow));
        }
    }
    let slept = noted_after(KeptIn::Files, Duration::from_secs(3600));
    assert_eq!(slept.last, Send, "locks keep the others out for as long as it takes");
}

#[test]
fn a_machine_that_noted_first_is_waited_for_a_minute_and_no_longer() {
    let mut walk = Walk::begin(KeptIn::Vault, true);
    let meets = [(Found(old()), Claim), (Claimed, Note), (Conflict, WAIT), (Woke, Find)];
    walk.steps(&meets);
    walk.pass(LONGEST_WAIT.saturating_sub(Duration::from_millis(1)));
    walk.steps(&meets);
    walk.pass(Duration::from_millis(1));
    walk.steps(&meets[..2]);
    assert_eq!(walk.meet(Conflict), Done(RenewalEnd::Conflict));
}

#[test]
fn a_refused_token_is_noted_so_unless_another_process_has_stored_what_it_got() {
    let dead = || {
        let mut walk = Walk::sent(KeptIn::Files, true, true);
        assert_eq!(walk.meet(Dead), Find);
        walk
    };
    let others = LoginFound { is_others: true, ..old() };
    assert_eq!(dead().meet(Found(others)), Done(RenewalEnd::Stored));
    assert_eq!(dead().meet(NotThere), Done(RenewalEnd::NoLogin));
    for noted in [Written, Conflict, Failed] {
        dead().steps(&[(Found(old()), Refuse), (noted, Done(RenewalEnd::Refused))]);
    }
}

#[test]
fn trouble_stops_nothing_where_a_living_token_was_renewed_early() {
    for (renews_early, is_usable, end) in [
        (true, true, RenewalEnd::Stored),
        (true, false, RenewalEnd::Trouble),
        (false, true, RenewalEnd::Trouble),
        (false, false, RenewalEnd::Trouble),
    ] {
        let sent = || Walk::sent(KeptIn::Vault, renews_early, is_usable);
        // Its note stays: whether it was used is not known.
        assert_eq!(sent().meet(Lost), Done(end));
        for taken_back in [Written, Conflict, Failed] {
            sent().steps(&[(Unused, Withdraw), (taken_back, Done(end))]);
        }
    }
}

#[test]
fn a_new_pair_is_written_over_what_other_machines_changed_a_few_times() {
    let unkept = || {
        let mut walk = Walk::sent(KeptIn::Vault, true, false);
        walk.steps(&[(Pair, Keep), (Conflict, Find)]);
        walk
    };
    let others = LoginFound { is_others: true, ..old() };
    for gone in [Found(others), NotThere] {
        assert_eq!(unkept().meet(gone), Done(RenewalEnd::Renewed), "it is not theirs to keep it");
    }
    let mut walk = unkept();
    for _ in 1..MOST_CONFLICTS {
        walk.steps(&[(Found(old()), Keep), (Conflict, Find)]);
    }
    walk.steps(&[(Found(old()), Keep), (Conflict, Done(RenewalEnd::Unkept))]);
    let mut walk = unkept();
    walk.steps(&[(Found(old()), Keep), (Written, Done(RenewalEnd::Renewed))]);
}

#[test]
fn what_cannot_be_done_ends_it() {
    let ways: [&[RenewalEvent]; 7] = [
        &[],
        &[Found(old())],
        &[Found(old()), Claimed],
        &[Found(old()), Claimed, Written],
        &[Found(old()), Claimed, Written, Dead],
        &[Found(old()), Claimed, Written, Pair],
        &[Found(old()), Claimed, Written, Pair, Conflict],
    ];
    for way in ways {
        let mut walk = Walk::begin(KeptIn::Files, true);
        for event in way {
            walk.meet(*event);
        }
        assert_eq!(walk.meet(Failed), Done(RenewalEnd::Trouble), "{way:?}");
    }
}
