//! What a tick is: a step of a process, or something that befalls it, its computer or the job.

use super::super::Sabotage;
use super::super::portal::{HOUR, MINUTE};
use super::{Process, World, body_of};
use topup::core::class::Class;
use topup::purchase::record::{JournalRow, Stamp};
use topup::purchase::steps::Action;
use uuid::Uuid;

impl World {
    pub(super) fn tick(&mut self) {
        // The age is looked at directly before the request; a machine that falls asleep with the
        // request half sent finds its connection dead.
        if let Some(at) = self
            .processes
            .iter()
            .position(|process| process.event.is_none() && process.action == Action::Post)
        {
            return if self.dice.percent(4) { self.kill(at) } else { self.advance(at) };
        }
        if self.shared.is_some() && self.dice.percent(3) {
            return self.trouble_store();
        }
        if self.restores && self.dice.percent(2) {
            return self.restore_journal();
        }
        match self.dice.below(100) {
            _ if self.processes.is_empty() => self.start(),
            0..78 => {
                let at = self.dice.index(self.processes.len());
                self.advance(at);
            }
            78..86 => self.start(),
            86..90 => {
                let at = self.dice.index(self.processes.len());
                self.kill(at);
            }
            90..92 => self.move_on(),
            92..95 => {
                let wait = self.dice.pick(&[1_000, MINUTE, 20 * MINUTE, HOUR / 2, 2 * HOUR]);
                self.pass(wait);
            }
            95..97 if self.portal.rules.kind.has_evidence() && self.dice.percent(40) => {
                self.disturb();
            }
            95..98 if !self.shown.is_empty() && self.dice.percent(50) => {
                let id = self.shown[self.dice.index(self.shown.len())].clone();
                self.happened("a person pays what they were shown");
                self.tell(|| format!("a person pays {id}"));
                self.portal.person_pays(self.now, &id);
            }
            95..97 if self.upgrades && self.dice.percent(30) => {
                let body = body_of(self.dice.pick(&["25", "50"]), true);
                self.happened("somebody else upgrades");
                self.tell(|| format!("somebody else upgrades: {body}"));
                self.portal.somebody_upgrades(self.now, body);
            }
            95..97 => self.power_cut(),
            97..98 => {
                let on = self.dice.index(self.computers.len());
                self.happened("a machine sleeps for a day");
                self.tell(|| format!("computer {on} sleeps for 25 hours"));
                self.slept[on] += 25 * HOUR;
                self.pass(25 * HOUR);
            }
            _ => self.turn_clock(),
        }
    }

    /// Somebody else buys for the account, or its sum changes: never where the profile vouches that
    /// nobody does.
    fn disturb(&mut self) {
        let dollars = if self.dice.percent(50) { 50 } else { 25 };
        self.disturbed = true;
        self.tell(|| "somebody else buys, or is granted something".to_owned());
        if self.sole_buyer {
            // A promotion or an expiry may still come, of no amount that anybody buys.
            let granted = if self.dice.percent(50) { 7 } else { -7 };
            self.happened("somebody else is granted something");
            self.portal.grant(self.now, granted);
        } else if self.dice.percent(50) {
            self.happened("somebody else is granted something");
            self.portal.grant(self.now, dollars);
        } else {
            self.happened("somebody else buys");
            let body = body_of(if dollars == 50 { "50" } else { "25" }, false);
            self.portal.somebody_buys(self.now, body, &mut self.dice);
        }
    }

    fn turn_clock(&mut self) {
        let on = self.dice.index(self.computers.len());
        let hours: i64 = if self.clocks_go_back {
            -self.dice.pick(&[1, 25, 8760])
        } else {
            self.dice.pick(&[1, 25, 87_600])
        };
        self.happened(if hours < 0 {
            "a wall clock jumps back"
        } else {
            "a wall clock jumps ahead"
        });
        self.tell(|| format!("the wall clock of computer {on} jumps by {hours} hours"));
        self.computers[on].wall_off += hours * i64::try_from(HOUR).expect("small");
    }

    /// A job is run again elsewhere: what the first machine was doing ends. Its disk may be met
    /// again.
    fn move_on(&mut self) {
        if self.on + 1 >= self.computers.len() {
            return;
        }
        if self.on == 0 {
            // The first attempt of a run is over before there is a second one.
            self.processes.clear();
        }
        self.on += 1;
        let on = self.on;
        self.happened("a job runs again on another machine");
        self.tell(|| format!("the job runs again on computer {on}"));
    }

    fn power_cut(&mut self) {
        let on = self.dice.index(self.computers.len());
        let off = self.dice.pick(&[1_000, 10 * MINUTE, HOUR, 25 * HOUR]);
        self.happened("power is cut");
        self.tell(|| format!("computer {on} loses power, for {} minutes", off / MINUTE));
        let (gone, left) =
            std::mem::take(&mut self.processes).into_iter().partition(|process| process.on == on);
        self.processes = left;
        self.abandon(gone);
        if self.shared.is_none() {
            let unsynced = self.journals[on].unsynced();
            let kept = self.dice.index(unsynced + 1);
            if kept < unsynced {
                self.happened("power is cut, and takes rows away");
            }
            self.journals[on].lose_power(kept);
        }
        self.pass(off);
        self.computers[on].start_again(on, self.now);
    }

    fn kill(&mut self, at: usize) {
        let process = self.processes.remove(at);
        self.happened("a process is killed");
        self.tell(|| format!("killed on computer {} at {:?}", process.on, process.action));
        self.end_killed(&process);
        self.abandon(vec![process]);
    }

    fn end_killed(&mut self, process: &Process) {
        // What it was doing may have happened all the same.
        if process.event.is_none() && self.dice.percent(50) {
            match &process.action {
                Action::Record(stamp, row) => {
                    if self.dice.percent(50) {
                        let _ = self.put(process, stamp, row);
                    } else {
                        self.put_unsynced(process, stamp, row);
                    }
                }
                Action::Post => {
                    self.happened("a process is killed with its request half sent");
                    let request = self.request(process);
                    let now = self.now;
                    self.judge.posted.push(process.id);
                    self.portal.take_late(now, request, &mut self.dice);
                }
                _ => {}
            }
        }
    }

    pub(super) fn write(
        &mut self,
        on: usize,
        id: Uuid,
        stamp: &Stamp,
        row: &JournalRow,
        synced: bool,
    ) {
        self.tell(|| format!("computer {on} notes {row:?}"));
        let computer = &self.computers[on];
        let truly = computer.booted_at + stamp.monotonic_ms.unwrap_or_default();
        match row {
            JournalRow::Intent(_) => self.asked_at.push((id, truly)),
            JournalRow::Sending { .. } => self.sent_at.push((id, truly)),
            _ => {}
        }
        if self.shared.is_none() && row.moves_position() {
            self.begin_position(on);
        }
        let home = self.home(on);
        // Some rows of a file become durable with the next one.
        let synced = (synced && !row.may_wait()) || self.shared.is_some();
        self.journals[home].write((id, stamp.clone(), row.clone()), synced);
    }

    /// Writes a row of a process, durable when it returns. In a shared journal what begins or decides
    /// is written by the newest holder alone; what a seller has answered is taken from any, and
    /// kept on the machine while the store is away.
    pub(super) fn put(
        &mut self,
        process: &Process,
        stamp: &Stamp,
        row: &JournalRow,
    ) -> Result<(), Class> {
        process.wrote_at.set(self.now);
        let (on, id) = (process.on, process.id);
        if self.shared.is_none() {
            let synced = self.sabotage != Sabotage::NoSync;
            self.write(on, id, stamp, row, synced);
            if row.moves_position() {
                self.note_position(on);
            }
            return Ok(());
        }
        if row.is_fenced() {
            if !self.write_spooled(on) {
                return Err(Class::Timeout);
            }
            if !self.may_write(process) {
                self.happened("a row of a lost lease is refused");
                return Err(Class::InProgress);
            }
        } else if self.is_away() || !self.computers[on].spool.is_empty() {
            self.happened("a row is kept until the store is back");
            self.tell(|| format!("computer {on} keeps {row:?}"));
            self.computers[on].spool.push((id, stamp.clone(), row.clone()));
            return Ok(());
        }
        self.write(on, id, stamp, row, true);
        Ok(())
    }

    /// The same where it is not told that it is durable.
    pub(super) fn put_unsynced(&mut self, process: &Process, stamp: &Stamp, row: &JournalRow) {
        let may = self.shared.is_none()
            || (!self.is_away() && (!row.is_fenced() || self.may_write(process)));
        if may {
            self.write(process.on, process.id, stamp, row, false);
        }
    }

    fn may_write(&self, process: &Process) -> bool {
        let locks = self.journals[0].locks.borrow();
        match self.sabotage {
            Sabotage::NoFencing => true,
            Sabotage::AccountNotFenced => locks.has(process.number, process.id),
            _ => locks.has_all(process.number),
        }
    }

    /// Writes what this computer kept while the store was away; false while it still is.
    pub(super) fn write_spooled(&mut self, on: usize) -> bool {
        if self.is_away() {
            return false;
        }
        for (id, stamp, row) in std::mem::take(&mut self.computers[on].spool) {
            self.happened("a row that was kept is written");
            self.write(on, id, &stamp, &row, true);
        }
        true
    }

    pub(super) fn keep_alive(&self, process: &Process) {
        if self.shared.is_some() && !self.is_away() {
            self.journals[0].locks.borrow_mut().keep_alive(process.number, self.now);
        }
    }

    /// Processes that end without a word: where a connection led to the store it ends with them,
    /// else what they held lasts until its time is over.
    pub(super) fn abandon(&mut self, gone: Vec<Box<Process>>) {
        if self.shared.is_some_and(|store| !store.direct) {
            let mut locks = self.journals[0].locks.borrow_mut();
            for process in &gone {
                locks.abandon(process.number);
            }
        }
        drop(gone);
    }

    /// The store goes away for a while, or a connection to it is cut.
    fn trouble_store(&mut self) {
        let is_direct = self.shared.is_some_and(|store| store.direct);
        if is_direct && !self.processes.is_empty() && self.dice.percent(60) {
            let at = self.dice.index(self.processes.len());
            let number = self.processes[at].number;
            self.happened("a connection to the store is cut");
            self.tell(|| format!("the connection of process {number} is cut"));
            self.journals[0].locks.borrow_mut().cut(number);
            return;
        }
        let time = self.dice.pick(&[1_000, MINUTE, 10 * MINUTE]);
        let until = self.now + time;
        self.happened("the store is away");
        self.tell(|| format!("the store is away for {} s", time / 1_000));
        if let Some(store) = &mut self.shared {
            store.away_until = until;
        }
    }
}
