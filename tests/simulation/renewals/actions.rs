//! What comes of an action of a renewal, and how one ends.

use super::{LATEST, LIFE, Login, MINUTE, Process, SECOND, Sabotage, World, timestamp};
use topup::renewal::{KeptIn, LoginFound, RenewalAction, RenewalEnd, RenewalEvent};

impl World {
    pub(super) fn perform(&mut self, process: &mut Process, action: RenewalAction) -> RenewalEvent {
        match action {
            RenewalAction::Find if self.fails() => self.trouble(process),
            RenewalAction::Find => self.find(process),
            RenewalAction::Claim if self.fails() => self.trouble(process),
            RenewalAction::Claim => RenewalEvent::Claimed,
            RenewalAction::Note if self.sabotage == Sabotage::NoNote => RenewalEvent::Written,
            RenewalAction::Note => {
                let wall = self.wall(process.on);
                self.write(process, |login| login.inflight = Some(wall))
            }
            RenewalAction::Withdraw => self.write(process, |login| login.inflight = None),
            RenewalAction::Refuse => self.write(process, |login| {
                (login.inflight, login.refused) = (None, true);
            }),
            RenewalAction::Send => self.send(process),
            RenewalAction::Keep if self.sabotage == Sabotage::NotKept => RenewalEvent::Written,
            RenewalAction::Keep => {
                let (got, ends) = (process.got.expect("a pair"), self.wall(process.on) + LIFE);
                let new = Login { pair: got, ends, ..Login::default() };
                self.write(process, |login| *login = new)
            }
            RenewalAction::Wait(_) => {
                self.events.happened("a process waits for another one's renewal");
                let time = self.dice.pick(&[500, 2 * SECOND, 8 * SECOND]);
                self.pass(time);
                RenewalEvent::Woke
            }
            RenewalAction::Done(_) => RenewalEvent::Failed,
        }
    }

    pub(super) fn fails(&mut self) -> bool {
        !self.healed && self.dice.percent(3)
    }

    pub(super) fn trouble(&mut self, process: &mut Process) -> RenewalEvent {
        process.troubled = true;
        self.events.happened("a step of a process fails");
        self.tell(|| "which fails".to_owned());
        RenewalEvent::Failed
    }

    fn find(&mut self, process: &mut Process) -> RenewalEvent {
        let login = self.store;
        process.seen = Some((login, self.version));
        let wall = self.wall(process.on);
        process.was_alive = process.rejected.is_none() && wall < login.ends;
        let is_wanted = match process.rejected {
            Some(pair) => login.pair == pair,
            None => login.ends < wall + 2 * MINUTE,
        };
        let hides_note = self.sabotage == Sabotage::SentAgain
            || (self.sabotage == Sabotage::LeaseIgnored && self.kept_in != KeptIn::Files);
        RenewalEvent::Found(LoginFound {
            is_wanted,
            is_usable: process.was_alive,
            can_be_renewed: true,
            is_refused: login.refused,
            inflight: login.inflight.filter(|_| !hides_note).map(timestamp),
            is_others: process.tried.is_some_and(|tried| login.pair != tried),
        })
    }

    /// Replaces the login while it is still of the version that was read: elsewhere than in files.
    fn write(&mut self, process: &mut Process, change: impl FnOnce(&mut Login)) -> RenewalEvent {
        let (seen, version) = process.seen.expect("it was read");
        let fails = self.fails();
        // What fails may be done all the same.
        if fails && self.dice.percent(50) {
            return self.trouble(process);
        }
        let is_shared = self.kept_in != KeptIn::Files;
        let ignored = self.sabotage == Sabotage::LeaseIgnored;
        if is_shared && !ignored && version != self.version {
            self.events.happened("a login was changed by another machine in between");
            return RenewalEvent::Conflict;
        }
        let mut login = seen;
        change(&mut login);
        self.store = login;
        self.version += 1;
        self.kept.push(login.pair);
        process.seen = Some((login, self.version));
        if fails { self.trouble(process) } else { RenewalEvent::Written }
    }

    fn send(&mut self, process: &mut Process) -> RenewalEvent {
        let (login, _) = process.seen.expect("it was read");
        let pair = login.pair;
        self.events.happened("a refresh token is sent");
        // Another process may know by now that it is of no use.
        let noted = self.store.inflight.is_some() || self.store.pair != pair || self.store.refused;
        if !noted {
            self.wrong("a request whose note is not durable");
        }
        let is_at_it = |other: &Process| other.is_at(pair, self.now);
        if !process.slept && self.processes.iter().any(is_at_it) {
            self.wrong("two processes send one refresh token at once");
        }
        if self.sent.contains(&pair) {
            self.events.happened("a token is sent again when nothing is left to lose");
            if process.was_alive || self.kept_in == KeptIn::Vault {
                self.wrong("a token whose answer was lost is sent again");
            }
        }
        process.tried = Some(pair);
        let fate = if self.healed { 0 } else { self.dice.below(100) };
        if fate >= 95 {
            // It never left, or was turned away unread.
            self.events.happened("a request is refused unread, or does not leave");
            return RenewalEvent::Unused;
        }
        self.sent.push(pair);
        if fate >= 85 {
            let at = self.now + 1 + self.dice.below(LATEST);
            if self.dice.percent(60) {
                self.events.happened("a request is worked on after its client has gone");
                self.late.push((at, pair));
            }
            self.pass(20 * SECOND);
            self.events.happened("an answer is lost");
            return RenewalEvent::Lost;
        }
        let new = self.portal.exchange(pair, self.now);
        if fate >= 75 {
            self.events.happened("an answer is lost");
            return RenewalEvent::Lost;
        }
        process.got = new;
        if new.is_some() {
            RenewalEvent::Pair
        } else {
            self.events.happened("a session ends for good");
            RenewalEvent::Dead
        }
    }

    pub(super) fn kill(&mut self, at: usize) {
        let mut process = self.processes.remove(at);
        self.tell(|| format!("process {} is killed at {:?}", process.number, process.action));
        self.events.happened("a process is killed");
        // What it was doing may have happened all the same.
        if process.event.is_none() && self.dice.percent(50) {
            match process.action {
                RenewalAction::Send => {
                    self.events.happened("a process is killed with its request half sent");
                    let pair = process.seen.map(|(login, _)| login.pair).expect("it was read");
                    let at = self.now + 1 + self.dice.below(LATEST);
                    self.sent.push(pair);
                    self.late.push((at, pair));
                }
                RenewalAction::Note
                | RenewalAction::Keep
                | RenewalAction::Withdraw
                | RenewalAction::Refuse => {
                    let action = process.action;
                    self.perform(&mut process, action);
                }
                _ => {}
            }
        }
        self.give_back(&process);
    }

    fn give_back(&mut self, process: &Process) {
        let lock = &mut self.machines[process.on].lock;
        *lock = lock.filter(|holder| *holder != process.number);
    }

    pub(super) fn ended(&mut self, process: &Process, end: RenewalEnd) {
        self.give_back(process);
        self.tell(|| format!("process {} ends: {end:?}", process.number));
        let login = self.store;
        match end {
            RenewalEnd::Renewed => {
                let got = process.got.expect("a pair");
                if !self.kept.contains(&got) && self.store.pair == process.tried.unwrap_or(got) {
                    self.wrong("a pair is used that is not kept");
                }
            }
            RenewalEnd::Stored if process.tried.is_some() => {
                self.events.happened("a pair that another process got is taken");
            }
            RenewalEnd::Refused | RenewalEnd::LostSince(_) | RenewalEnd::NothingToSend => {
                let is_at_it =
                    |other: &Process| other.is_at(login.pair, self.now) && !other.troubled;
                if self.processes.iter().any(is_at_it) && !process.slept {
                    self.wrong("a person is sent to log in while another process renews");
                }
                let is_whole = login.inflight.is_none() && !login.refused;
                let is_seen = process.seen.is_some_and(|(seen, _)| seen == login);
                if is_whole && is_seen && self.portal.is_good(login.pair) {
                    self.wrong("a person is sent to log in, and the login is good");
                }
            }
            RenewalEnd::Trouble | RenewalEnd::Unkept
                if process.got.is_some() && !process.troubled && !process.slept =>
            {
                self.wrong("a pair that came is not kept");
            }
            _ => {}
        }
    }
}
