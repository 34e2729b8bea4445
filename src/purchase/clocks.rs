//! When a row was written, by all clocks at once, and how old a key is by them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Which start of a machine a monotonic clock counts from. Each row of a journal carries it, and so
/// does each reading of the clocks: they share its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct BootId(Arc<str>);

impl From<&str> for BootId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<String> for BootId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl From<BootId> for String {
    fn from(id: BootId) -> Self {
        id.0.as_ref().to_owned()
    }
}

/// Which attempt of a run of a CI system this is, where the system tells it: a clock that no machine
/// can turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAttempt {
    /// The id of the run, which all its attempts share.
    pub run: String,
    /// Counts from 1.
    pub attempt: u32,
}

impl RunAttempt {
    /// Whether this name or key carries the id of the run.
    pub fn is_carried_by(&self, name: &str) -> bool {
        carries(name, &self.run)
    }
}

/// Whether a name or key carries this id of a run, as a whole: `4711-refill` says nothing of the run
/// 471.
pub fn carries(name: &str, id: &str) -> bool {
    let id = id.trim();
    let ends = |next: Option<char>| next.is_none_or(|next| !next.is_alphanumeric());
    !id.is_empty()
        && name.match_indices(id).any(|(at, _)| {
            let (before, after) = (&name[..at], &name[at + id.len()..]);
            ends(before.chars().next_back()) && ends(after.chars().next())
        })
}

/// A reading of all clocks at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock: may jump.
    pub wall: Timestamp,
    /// Which start of the machine the monotonic clock counts from.
    pub boot: Option<BootId>,
    /// Time since that start, sleep included.
    pub monotonic: Duration,
    /// The server's clock, where an answer of this run carried it.
    pub server: Option<Timestamp>,
    /// The attempt of the CI run that this is.
    pub attempt: Option<RunAttempt>,
}

/// When a row was written, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The wall clock.
    pub wall: Timestamp,
    /// Which start of the machine `monotonic_ms` counts from.
    pub boot: Option<BootId>,
    /// Milliseconds since that start, sleep included.
    pub monotonic_ms: Option<u64>,
    /// The server's clock, where known.
    pub server: Option<Timestamp>,
    /// The attempt of the CI run that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<RunAttempt>,
}

impl From<&Moment> for Stamp {
    fn from(moment: &Moment) -> Self {
        Self {
            wall: moment.wall,
            boot: moment.boot.clone(),
            monotonic_ms: u64::try_from(moment.monotonic.as_millis()).ok(),
            server: moment.server,
            attempt: moment.attempt.clone(),
        }
    }
}

/// What all clocks show at once, of a row or of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    wall: Timestamp,
    boot: Option<BootId>,
    monotonic: Option<Duration>,
    server: Option<Timestamp>,
}

impl From<&Stamp> for Reading {
    fn from(stamp: &Stamp) -> Self {
        Self {
            wall: stamp.wall,
            boot: stamp.boot.clone(),
            monotonic: stamp.monotonic_ms.map(Duration::from_millis),
            server: stamp.server,
        }
    }
}

impl From<&Moment> for Reading {
    fn from(moment: &Moment) -> Self {
        Self {
            wall: moment.wall,
            boot: moment.boot.clone(),
            monotonic: Some(moment.monotonic),
            server: moment.server,
        }
    }
}

impl Reading {
    /// The server's clock, where it is known.
    pub(super) fn server(&self) -> Option<Timestamp> {
        self.server
    }

    /// Whether both were read within one start of the machine; none where that is not known.
    fn is_of_start_of(&self, other: &Self) -> Option<bool> {
        Some(self.boot.as_ref()? == other.boot.as_ref()?)
    }

    /// Whether the monotonic clock knows the time between both: within one start of the machine.
    fn shares_monotonic(&self, other: &Self) -> bool {
        let both = self.monotonic.is_some() && other.monotonic.is_some();
        both && self.is_of_start_of(other) == Some(true)
    }

    /// That time; none where it is not known, or went backwards, which that clock never does.
    fn awake_until(&self, later: &Self) -> Option<Duration> {
        self.shares_monotonic(later).then_some(())?;
        later.monotonic?.checked_sub(self.monotonic?)
    }

    /// The time that the machine has run when the later one was read, where it was started in
    /// between. It may be another machine, which has run for long: so it counts only where no
    /// server's clock is known.
    fn started_between(&self, later: &Self) -> Option<Duration> {
        let restarted = self.is_of_start_of(later) == Some(false) && later.server.is_none();
        later.monotonic.filter(|_| restarted)
    }

    /// The time until the later one by the server's clock, where both know it.
    fn by_server_until(&self, later: &Self) -> Option<Duration> {
        forward(self.server?, later.server?)
    }

    /// The time until the later one.
    ///
    /// The server's clock decides where it is known at both ends, and it is not less than the
    /// monotonic clock says within one start of the machine. Else it is the largest that any clock
    /// tells. Within one start a wall clock that went backwards tells nothing: it was ahead before,
    /// or is behind now. Over a restart only wall clocks tell, and one that went backwards makes it
    /// none: it may be any time.
    pub(super) fn until(&self, later: &Self) -> Option<Duration> {
        let one_start = self.shares_monotonic(later);
        let least = if one_start {
            self.awake_until(later)?
        } else {
            self.started_between(later).unwrap_or_default()
        };
        let by_wall = match (self.server, later.server) {
            (Some(then), Some(now)) => forward(then, now)?,
            // Whichever clock is wrong now, or has been all the time, the other one may be right.
            (_, server) if one_start => {
                let by_ours = forward(self.wall, later.wall).unwrap_or_default();
                let by_server = server.map(|server| forward(self.wall, server).unwrap_or_default());
                by_server.map_or(by_ours, |by_server| by_server.min(by_ours))
            }
            _ => forward(self.wall, later.wall)?,
        };
        Some(by_wall.max(least))
    }

    /// The same, and not less than our clock then and the server's now tell, unless ours was ahead.
    fn age(&self, now: &Self) -> Option<Duration> {
        let by_server = now.server.filter(|_| self.server.is_none());
        let least = by_server.and_then(|server| forward(self.wall, server)).unwrap_or_default();
        Some(self.until(now)?.max(least))
    }
}

impl Stamp {
    /// One of which only the wall clock is known.
    pub(super) fn from_wall(wall: Timestamp) -> Self {
        Self { wall, boot: None, monotonic_ms: None, server: None, attempt: None }
    }

    /// How long ago this was: the largest of what the clocks tell together. None when only a wall
    /// clock could tell, and went backwards, which means: too old for anything.
    pub fn age(&self, now: &Moment) -> Option<Duration> {
        Reading::from(self).age(&now.into())
    }

    /// How long after this the other was at least, by clocks that are not set: the monotonic one
    /// within one start of the machine, else the server's, where both know it.
    pub fn until_at_least(&self, later: &Self) -> Option<Duration> {
        let (then, later) = (Reading::from(self), Reading::from(later));
        then.awake_until(&later).or_else(|| then.by_server_until(&later))
    }

    /// The wall clock that is the best known: the server's, where it is.
    pub(super) fn best_wall(&self) -> Timestamp {
        self.server.unwrap_or(self.wall)
    }
}

/// The time since a row of a purchase, by that row and along the rows after it.
///
/// The rows of one start of the machine are measured from the first of them, which they share the
/// monotonic clock with: a process whose wall clock was wrong in between changes nothing. From start
/// to start only the wall clock leads, and must not fall behind what the monotonic clock has seen
/// of the start before: a machine that was set back while it was off betrays itself only there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Elapsed {
    first: Reading,
    /// The first row of the present start of the machine, and the time until it.
    start: Reading,
    until_start: KeyAge,
    /// The time in this start, by the monotonic clock.
    awake: Duration,
    /// The wall clock at its newest row, as the row saw it that saw it lowest.
    left: Timestamp,
    /// The first row that knew the server's clock, and the time until it.
    known: Option<(Reading, KeyAge)>,
}

impl Elapsed {
    /// No time since this row.
    pub(super) fn since(first: &Reading) -> Self {
        let none = KeyAge::Known(Duration::ZERO);
        Self {
            start: first.clone(),
            until_start: none,
            awake: Duration::ZERO,
            left: first.wall,
            known: first.server.is_some().then(|| (first.clone(), none)),
            first: first.clone(),
        }
    }

    /// Takes in the next row.
    pub(super) fn go_on(&mut self, next: &Reading) {
        if self.known.is_none() && next.server.is_some() {
            let until = self.at(next);
            self.known = matches!(until, KeyAge::Known(_)).then(|| (next.clone(), until));
        }
        match self.start.awake_until(next) {
            Some(awake) => {
                let carried = self.left.checked_add(awake.saturating_sub(self.awake));
                self.left = carried.unwrap_or(Timestamp::MAX).min(next.wall);
                self.awake = self.awake.max(awake);
            }
            None => {
                self.until_start = self.along_the_rows(next);
                self.start = next.clone();
                (self.awake, self.left) = (Duration::ZERO, next.wall);
            }
        }
    }

    /// The time until now by the server's clock; none where it was not known or is not now.
    fn by_server(&self, now: &Reading) -> Option<KeyAge> {
        let (known, until) = self.known.as_ref()?;
        known.by_server_until(now)?;
        let age = until.and(known.until(now));
        // Not less than the monotonic clock says.
        let awake = self.first.awake_until(now);
        Some(age.older(awake.map_or(KeyAge::Unused, KeyAge::Known)))
    }

    /// The same, or within the start of the machine that the first row was written in: by clocks
    /// that are not set.
    pub(super) fn exactly(&self, now: &Reading) -> Option<KeyAge> {
        self.by_server(now).or_else(|| {
            let age = self.first.shares_monotonic(now).then(|| self.first.age(now))?;
            Some(age.map_or(KeyAge::Unreadable, KeyAge::Known))
        })
    }

    /// The time until now, by the best clocks there are.
    pub(super) fn at(&self, now: &Reading) -> KeyAge {
        self.exactly(now).unwrap_or_else(|| self.over_starts(now))
    }

    fn over_starts(&self, now: &Reading) -> KeyAge {
        let by_server = now.server.and_then(|server| forward(self.first.wall, server));
        let least = by_server.or(self.first.started_between(now)).unwrap_or_default();
        self.along_the_rows(now).older(KeyAge::Known(least))
    }

    fn along_the_rows(&self, now: &Reading) -> KeyAge {
        if self.start.shares_monotonic(now) {
            return self.until_start.and(self.start.until(now));
        }
        self.until_start.and(Some(self.awake)).and(forward(self.left, now.wall))
    }
}

/// How far a clock may seem to go backwards without having done so: a server's `Date` counts
/// whole seconds, and wall clocks are corrected by a little all the time.
const JITTER: Duration = Duration::from_secs(2);

pub(super) fn forward(then: Timestamp, now: Timestamp) -> Option<Duration> {
    let gone = now.duration_since(then);
    match Duration::try_from(gone) {
        Ok(gone) => Some(gone),
        Err(_) if gone.unsigned_abs() <= JITTER => Some(Duration::ZERO),
        Err(_) => None,
    }
}

/// How old an idempotency key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAge {
    /// It was never sent.
    Unused,
    /// This old, at least.
    Known(Duration),
    /// A clock went backwards: it may be of any age.
    Unreadable,
}

impl KeyAge {
    /// This age, so much later.
    pub(super) fn and(self, step: Option<Duration>) -> Self {
        match (self, step) {
            (Self::Unused, _) => Self::Unused,
            (Self::Known(age), Some(step)) => {
                age.checked_add(step).map_or(Self::Unreadable, Self::Known)
            }
            (Self::Known(_) | Self::Unreadable, _) => Self::Unreadable,
        }
    }

    /// The smaller of two, each of which is enough.
    pub(super) fn younger(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(one), Self::Known(two)) => Self::Known(one.min(two)),
            (Self::Unreadable, age) | (age, Self::Unreadable) => age,
            (Self::Unused, _) | (_, Self::Unused) => Self::Unused,
        }
    }

    /// The more careful of two.
    pub(super) fn older(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unreadable, _) | (_, Self::Unreadable) => Self::Unreadable,
            (Self::Unused, age) | (age, Self::Unused) => age,
            (Self::Known(one), Self::Known(two)) => Self::Known(one.max(two)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 3600;

    /// A row: by the wall clock, the time since this start of the machine, and the server's clock.
    fn at(boot: &str, wall: u64, awake: u64, server: Option<u64>) -> Stamp {
        let second = |second| Timestamp::UNIX_EPOCH + Duration::from_secs(second);
        let (boot, monotonic_ms) = (Some(boot.into()), Some(awake * 1000));
        let server = server.map(second);
        Stamp { wall: second(wall), boot, monotonic_ms, server, attempt: None }
    }

    /// How long ago the first of these rows was, at the last of them.
    fn elapsed(rows: &[Stamp]) -> KeyAge {
        let (now, rows) = rows.split_last().expect("now");
        let mut elapsed = Elapsed::since(&(&rows[0]).into());
        for row in &rows[1..] {
            elapsed.go_on(&row.into());
        }
        elapsed.at(&now.into())
    }

    fn known(seconds: u64) -> KeyAge {
        KeyAge::Known(Duration::from_secs(seconds))
    }

    #[test]
    fn the_servers_clock_counts_from_the_first_row_that_knew_it() {
        // Our own is an hour ahead since the machine was started anew.
        let ahead = || at("b", 7200, 5, Some(3600));
        let first = [at("a", 0, 100, Some(0)), at("a", 30, 130, None), ahead()];
        assert_eq!(elapsed(&first), known(3600), "a row that does not know it changes nothing");
        let second = [at("a", 0, 100, None), at("a", 30, 130, Some(30)), ahead()];
        assert_eq!(elapsed(&second), known(3600), "the monotonic clock leads to the row that does");
        // One that told an earlier time in between changes nothing either.
        let back = [at("a", 0, 100, Some(1000)), at("a", 30, 130, Some(500))];
        let now = at("b", 7200, 5, Some(4600));
        assert_eq!(elapsed(&[&back[..], &[now]].concat()), known(3600));
        // Where it is not known now the rows betray that our own was set back.
        let silent = at("b", 3600, 5, None);
        let set_back = [at("a", 0, 100, Some(0)), at("a", 20 * 3600, 72_100, None), silent];
        assert_eq!(elapsed(&set_back), KeyAge::Unreadable);
    }

    #[test]
    fn each_start_of_the_machine_is_measured_from_its_own_first_row() {
        let seen_ahead = [at("a", 0, 100, None), at("b", 3600, 5, None), at("b", DAY, 35, None)];
        let now = at("b", 3660, 65, None);
        assert_eq!(elapsed(&[&seen_ahead[..], &[now]].concat()), known(3660));
        let twice = [
            at("a", 0, 100, None),
            at("a", 600, 700, None),
            at("b", 3600, 5, None),
            at("c", 7200, 5, None),
        ];
        assert_eq!(elapsed(&twice), known(7200), "what was seen of the first counts once");
    }

    #[test]
    fn a_row_that_does_not_know_how_long_the_machine_had_run_is_measured_by_the_wall() {
        let unknown = Stamp { monotonic_ms: None, ..at("a", 0, 0, None) };
        let later = at("a", 50, 150, None);
        let until = |then: &Stamp, later: &Stamp| Reading::from(then).until(&later.into());
        assert_eq!(until(&unknown, &later), Some(Duration::from_secs(50)));
        assert_eq!(until(&at("a", 0, 100, None), &Stamp { monotonic_ms: None, ..later }), {
            Some(Duration::from_secs(50))
        });
    }

    #[test]
    fn two_seconds_backwards_are_no_time_and_more_is_a_clock_that_went_back() {
        let then = at("a", 10, 0, None).wall;
        for (back, expected) in [(2000, Some(Duration::ZERO)), (2001, None)] {
            assert_eq!(forward(then, then - Duration::from_millis(back)), expected, "{back}");
        }
    }

    #[test]
    fn a_name_carries_an_id_as_a_whole_or_not_at_all() {
        for (name, id, is_carried) in [
            ("4711-refill", "4711", true),
            ("refill_4711", "4711", true),
            ("4711", " 4711 ", true),
            ("a 4711.b", "4711", true),
            ("4711-refill", "471", false),
            ("4711-refill", "711", false),
            ("x4711", "4711", false),
            ("4711x", "4711", false),
            ("44711-4711", "4711", true),
            ("ä4711", "4711", false),
            ("471-1", "4711", false),
            ("refill", "", false),
            ("refill", " ", false),
        ] {
            assert_eq!(carries(name, id), is_carried, "'{id}' in '{name}'");
            let attempt = RunAttempt { run: id.to_owned(), attempt: 1 };
            assert_eq!(attempt.is_carried_by(name), is_carried, "'{id}' in '{name}'");
        }
    }
}
