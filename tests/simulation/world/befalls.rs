//! What a tick is: a step of a process, or something that befalls it, its computer or the job.

use super::super::portal::{HOUR, MINUTE};
use super::{World, body_of};
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
                self.tell(|| format!("a person pays {id}"));
                self.portal.person_pays(self.now, &id);
            }
            95..97 if self.upgrades && self.dice.percent(30) => {
                let body = body_of(self.dice.pick(&["25", "50"]), true);
                self.tell(|| format!("somebody else upgrades: {body}"));
                self.portal.somebody_upgrades(self.now, body);
            }
            95..97 => self.power_cut(),
            97..98 => {
                let on = self.dice.index(self.computers.len());
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
            self.portal.grant(self.now, granted);
        } else if self.dice.percent(50) {
            self.portal.grant(self.now, dollars);
        } else {
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
        self.tell(|| format!("the job runs again on computer {on}"));
    }

    fn power_cut(&mut self) {
        let on = self.dice.index(self.computers.len());
        let off = self.dice.pick(&[1_000, 10 * MINUTE, HOUR, 25 * HOUR]);
        self.tell(|| format!("computer {on} loses power, for {} minutes", off / MINUTE));
        self.processes.retain(|process| process.on != on);
        let computer = &mut self.computers[on];
        let unsynced = computer.rows.len() - computer.synced;
        let kept = self.dice.index(unsynced + 1);
        computer.rows.truncate(computer.synced + kept);
        computer.synced = computer.rows.len();
        self.pass(off);
        let now = self.now;
        let computer = &mut self.computers[on];
        computer.boot += 1;
        computer.booted_at = now;
    }

    fn kill(&mut self, at: usize) {
        let process = self.processes.remove(at);
        self.tell(|| format!("killed on computer {} at {:?}", process.on, process.action));
        // What it was doing may have happened all the same.
        if process.event.is_none() && self.dice.percent(50) {
            match &process.action {
                Action::Record(stamp, row) => {
                    let synced = self.dice.percent(50);
                    self.write(process.on, process.id, stamp, row, synced);
                }
                Action::Post => {
                    let request = self.request(&process);
                    let now = self.now;
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
        let computer = &mut self.computers[on];
        let truly = computer.booted_at + stamp.monotonic_ms.unwrap_or_default();
        match row {
            JournalRow::Intent(_) => drop(self.asked_at.insert(id, truly)),
            JournalRow::Sending { .. } => drop(self.sent_at.entry(id).or_insert(truly)),
            _ => {}
        }
        computer.rows.push((id, stamp.clone(), row.clone()));
        if synced {
            computer.synced = computer.rows.len();
        }
    }
}
