//! The rules of renewing a login, pure: no clock, disk or network in here. One event in, one action
//! out; `refresh` performs the action and answers with the next event.
//!
//! A refresh token works a single time, and using it twice revokes the whole session. So one process
//! renews at a time: find the login under its locks and adopt what another process got, claim the
//! disk space, note durably that a renewal is under way, send it once, keep the new pair before
//! anything else, and only then use it.
//!
//! **Where the note of an earlier renewal is found** its process died, or never got its answer. The
//! refresh token may be used up, or may never have left the machine. Sending it again either works
//! (it never arrived) or revokes the session (it did). As long as the access token lives, the session
//! is worth more than a fresh token: it is used as it is. Once it is dead there is nothing left to
//! lose: without a renewal a person has to log in, and with a failed one just the same; so it is sent
//! once more. What the system refuses by a word is noted too, and never sent again.
//!
//! **Where several machines share a login** the note is what keeps them apart: only one of them can
//! write it over the same version, and only that one sends. The others wait for what it got, by their
//! own monotonic clocks: those of the machines may differ. In the store of a fleet a lost one is not
//! sent again: it would end the session of all of them, and it is not for one of many to try.

use jiff::Timestamp;
use std::time::Duration;

/// How long to wait for another machine that is renewing the same login.
pub const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Between two looks whether it is done.
const PAUSE: Duration = Duration::from_millis(500);
/// How far the clocks of machines that share a login may differ.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);
/// How old a note may be when its request leaves: who waits for it has to see its end.
const NOTE_LASTS: Duration = Duration::from_secs(10);
/// How often the new pair is written again when another machine was faster.
const MOST_CONFLICTS: usize = 5;

/// Where a login is kept, and so who else may be at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptIn {
    /// In files of this machine, whose locks keep every other process out.
    Files,
    /// By a command, for several machines.
    Command,
    /// In the store of a fleet.
    Vault,
}

/// What a run found of the login that it is to renew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginFound {
    /// The reason for the renewal still holds.
    pub is_wanted: bool,
    /// The access token may be used where it cannot be renewed.
    pub is_usable: bool,
    /// There is something to exchange.
    pub can_be_renewed: bool,
    /// The system has refused what would be sent.
    pub is_refused: bool,
    /// When a renewal was begun whose end is not noted.
    pub inflight: Option<Timestamp>,
    /// It is another pair than the one that this run has sent.
    pub is_others: bool,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalAction {
    /// Read the login again, under its locks.
    Find,
    /// Claim the room for a new pair: a full disk must fail before anything is sent.
    Claim,
    /// Note durably that a renewal is under way, over what was read.
    Note,
    /// Send the request, once.
    Send,
    /// Put the new pair in the place of the old one, durably.
    Keep,
    /// Take the note back: nothing was used.
    Withdraw,
    /// Note durably what the system refused.
    Refuse,
    /// Wait by the monotonic clock: another machine is at it.
    Wait(Duration),
    /// Nothing more to do.
    Done(RenewalEnd),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalEvent {
    /// There is a login.
    Found(LoginFound),
    /// There is none.
    NotThere,
    /// The room is claimed.
    Claimed,
    /// It must not be renewed in its place: that would end the session of another program.
    NotRenewable,
    /// It is written, durably.
    Written,
    /// Another machine has written since it was read: nothing was changed.
    Conflict,
    /// The request gave a new pair.
    Pair,
    /// The system's word that what was sent is of no use any more.
    Dead,
    /// A refusal, or trouble, that left the login as it was.
    Unused,
    /// Whether what was sent was used is not known.
    Lost,
    /// It could not be done, or not be proved to be done.
    Failed,
    /// The wait is over.
    Woke,
}

/// How a renewal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalEnd {
    /// The access token that is stored is used.
    Stored,
    /// The one of the new pair is.
    Renewed,
    /// There is no login.
    NoLogin,
    /// It has run out, and there is nothing to exchange.
    NothingToSend,
    /// The system has refused it.
    Refused,
    /// A renewal was begun then, its answer is lost, and it is not sent again.
    LostSince(Timestamp),
    /// Other machines kept changing the login; nothing was sent.
    Conflict,
    /// They did, and the new pair is not kept.
    Unkept,
    /// Noting it took so long that others may not wait for it any more; nothing was sent.
    TooSlow,
    /// What was done last has failed, and says why.
    Trouble,
}

/// The clocks of the machine.
#[derive(Clone, Copy, Debug)]
pub struct RenewalMoment {
    /// The wall clock.
    pub wall: Timestamp,
    /// Time that never jumps, sleep included.
    pub monotonic: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Finding,
    Claiming,
    Noting,
    Sending,
    /// The note is taken back: of a request that used nothing, or that was not sent at all.
    Withdrawing {
        unsent: bool,
    },
    /// What was sent is of no use: another process may have used it, and stored what it got.
    Adopting,
    Refusing,
    Keeping,
    /// Another machine wrote before the new pair was kept.
    FindingToKeep,
    Waiting,
    Over,
}

/// One renewal of one login.
#[derive(Clone, Debug)]
pub struct RenewalMachine {
    kept_in: KeptIn,
    /// A token is renewed long before it ends: trouble with that stops nothing.
    renews_early: bool,
    state: State,
    began: Duration,
    /// When the room for the new pair was claimed.
    claimed: Duration,
    /// The note of another run, and when it was first seen.
    waits_for: Option<(Timestamp, Duration)>,
    is_usable: bool,
    conflicts: usize,
}

impl RenewalMachine {
    /// A renewal that begins now, and its first action.
    pub fn new(kept_in: KeptIn, renews_early: bool, now: RenewalMoment) -> (Self, RenewalAction) {
        let machine = Self {
            kept_in,
            renews_early,
            state: State::Finding,
            began: now.monotonic,
            claimed: now.monotonic,
            waits_for: None,
            is_usable: false,
            conflicts: 0,
        };
        (machine, RenewalAction::Find)
    }

    /// One event in, the next action out.
    pub fn step(&mut self, now: RenewalMoment, event: RenewalEvent) -> RenewalAction {
        use RenewalEvent as Event;
        let state = std::mem::replace(&mut self.state, State::Over);
        match (state, event) {
            (State::Finding, Event::Found(found)) => self.found(now, found),
            (State::Finding | State::Adopting, Event::NotThere) => done(RenewalEnd::NoLogin),
            (State::Claiming, Event::Claimed) => {
                self.claimed = now.monotonic;
                self.go(State::Noting, RenewalAction::Note)
            }
            (State::Claiming, Event::NotRenewable) => self.unless_usable(RenewalEnd::Trouble),
            (State::Noting, Event::Written) if self.is_note_old(now) => {
                // The machine slept: who waits may take the note for that of a dead process.
                self.go(State::Withdrawing { unsent: true }, RenewalAction::Withdraw)
            }
            (State::Noting, Event::Written) => self.go(State::Sending, RenewalAction::Send),
            (State::Noting, Event::Conflict) if self.may_wait(now) => self.wait(),
            (State::Noting, Event::Conflict) => done(RenewalEnd::Conflict),
            (State::Sending, Event::Pair) => self.go(State::Keeping, RenewalAction::Keep),
            (State::Sending, Event::Dead) => self.go(State::Adopting, RenewalAction::Find),
            (State::Sending, Event::Unused) => {
                self.go(State::Withdrawing { unsent: false }, RenewalAction::Withdraw)
            }
            (State::Sending, Event::Lost) => self.trouble_with_the_system(),
            // A note that stays costs one early renewal, or the wait for it.
            (State::Withdrawing { unsent: true }, _) => done(RenewalEnd::TooSlow),
            (State::Withdrawing { unsent: false }, _) => self.trouble_with_the_system(),
            (State::Adopting, Event::Found(found)) if found.is_others => done(RenewalEnd::Stored),
            (State::Adopting, Event::Found(_)) => self.go(State::Refusing, RenewalAction::Refuse),
            // Without this note what was refused would be sent again by the next command, no more.
            (State::Refusing, _) => done(RenewalEnd::Refused),
            (State::Keeping, Event::Written) => done(RenewalEnd::Renewed),
            (State::Keeping, Event::Conflict) if self.conflicts == MOST_CONFLICTS => {
                done(RenewalEnd::Unkept)
            }
            (State::Keeping, Event::Conflict) => {
                self.conflicts += 1;
                self.go(State::FindingToKeep, RenewalAction::Find)
            }
            // Another machine changed something beside it, or somebody has logged in anew.
            (State::FindingToKeep, Event::Found(found)) if !found.is_others => {
                self.go(State::Keeping, RenewalAction::Keep)
            }
            (State::FindingToKeep, Event::Found(_) | Event::NotThere) => done(RenewalEnd::Renewed),
            (State::Waiting, Event::Woke) => self.go(State::Finding, RenewalAction::Find),
            (_, Event::Failed) => done(RenewalEnd::Trouble),
            (state, event) => {
                debug_assert!(false, "{state:?} cannot be answered with {event:?}");
                done(RenewalEnd::Trouble)
            }
        }
    }

    /// What is to be done about a login as it was found.
    fn found(&mut self, now: RenewalMoment, found: LoginFound) -> RenewalAction {
        self.is_usable = found.is_usable;
        if !found.is_wanted {
            return done(RenewalEnd::Stored);
        }
        if !found.can_be_renewed {
            return self.unless_usable(RenewalEnd::NothingToSend);
        }
        if found.is_refused {
            return self.unless_usable(RenewalEnd::Refused);
        }
        if let Some(since) = found.inflight {
            if self.is_usable {
                return done(RenewalEnd::Stored);
            }
            if self.kept_in != KeptIn::Files && self.may_still_come(since, now) {
                return self.wait();
            }
            if self.kept_in == KeptIn::Vault {
                return done(RenewalEnd::LostSince(since));
            }
        }
        self.go(State::Claiming, RenewalAction::Claim)
    }

    fn go(&mut self, state: State, action: RenewalAction) -> RenewalAction {
        self.state = state;
        action
    }

    fn wait(&mut self) -> RenewalAction {
        self.go(State::Waiting, RenewalAction::Wait(PAUSE))
    }

    fn may_wait(&self, now: RenewalMoment) -> bool {
        now.monotonic.saturating_sub(self.began) < LONGEST_WAIT
    }

    /// Whether the owner of this note may still keep what it gets: it is waited for from when it was
    /// first seen, however long this run has waited for others.
    fn may_still_come(&mut self, note: Timestamp, now: RenewalMoment) -> bool {
        let seen = match self.waits_for {
            Some((known, seen)) if known == note => seen,
            _ => now.monotonic,
        };
        self.waits_for = Some((note, seen));
        is_recent(note, now.wall) && now.monotonic.saturating_sub(seen) < LONGEST_WAIT
    }

    fn is_note_old(&self, now: RenewalMoment) -> bool {
        self.kept_in != KeptIn::Files && now.monotonic.saturating_sub(self.claimed) > NOTE_LASTS
    }

    fn unless_usable(&self, end: RenewalEnd) -> RenewalAction {
        done(if self.is_usable { RenewalEnd::Stored } else { end })
    }

    fn trouble_with_the_system(&self) -> RenewalAction {
        if self.renews_early {
            self.unless_usable(RenewalEnd::Trouble)
        } else {
            done(RenewalEnd::Trouble)
        }
    }
}

fn done(end: RenewalEnd) -> RenewalAction {
    RenewalAction::Done(end)
}

/// Whether a note is so young that its owner may still be waiting for the answer, as far as the
/// clocks of two machines can tell.
fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since).unsigned_abs() < LONGEST_WAIT + CLOCKS_DIFFER
}

#[cfg(test)]
#[path = "renewal_tests.rs"]
mod tests;
