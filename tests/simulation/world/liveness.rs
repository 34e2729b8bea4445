//! What has to be final once everything is well: what is young by the clocks that are right, what was
//! accepted, and what the seller shows.

use super::super::Sabotage;
use super::super::portal::{Charge, HOUR, Kind, MINUTE};
use super::{BEGIN, World, timestamp};
use std::time::Duration;
use topup::core::class::Class;
use topup::purchase::record::{JournalRow, KeyAge, Purchase, Stamp};
use uuid::Uuid;

impl World {
    pub(super) fn became_final(&mut self, on: usize, before: &Purchase) {
        let after = self.journal(on).load(before.intent.id).clone();
        if after.outcome.is_some() {
            return;
        }
        let last = after.attempts.last().and_then(|attempt| attempt.failure.as_ref());
        let has_to = match self.portal.rules.kind {
            Kind::ByKey => self.has_to_end_by_key(on, before, &after),
            Kind::List { .. } | Kind::Sum => self.has_to_end_by_evidence(&after),
            // A person may pay it at any time.
            Kind::Person => after.charges.is_empty() && after.intent.first_use_proven,
        };
        if has_to {
            self.judge.wrong(format!(
                "healed and young, and not final after {} requests: {:?}",
                after.attempts.len(),
                last.map(|told| told.class)
            ));
        }
    }

    fn has_to_end_by_key(&self, on: usize, before: &Purchase, after: &Purchase) -> bool {
        // Whether a restored journal lacks its request only a person can tell.
        if !self.named && after.attempts.is_empty() && !after.intent.first_use_proven {
            return false;
        }
        let now = self.moment(on, self.portal.rules.tells_time.then_some((0, 0)));
        let is_young =
            |age: Duration| age + Duration::from_secs(300) < self.life.manual_replay_max_age;
        let young = match before.key_age(&now) {
            KeyAge::Unused => true,
            KeyAge::Known(age) => is_young(age),
            KeyAge::Unreadable => false,
        };
        let truly_young = !self.named
            && first_of(&self.sent_at, before.intent.id).is_some_and(|sent| {
                is_young(Duration::from_millis(self.now - sent))
                    && self.was_right_until_it_knew(on, before, sent)
            });
        let truly_young = truly_young || self.has_to_be_known_as_young(on, before);
        let truly_young = truly_young && !self.restored;
        let last = after.attempts.last().and_then(|attempt| attempt.failure.as_ref());
        // The portal holds on to what it answered once, or the key means another amount.
        let stuck = last.is_some_and(|told| {
            matches!(
                told.class,
                Class::MonthlyCapExceeded
                    | Class::RateLimited
                    | Class::NoPaymentMethod
                    | Class::TemporarilyUnavailable
                    | Class::RoleRequired
                    | Class::ServerError
            ) || (told.class == Class::IdempotencyConflict && self.sabotage != Sabotage::FreshBytes)
        });
        // A person has to finish the upgrade, whatever was sent after it.
        let waits = after.waits_for_person().is_some()
            && !self.portal.is_in_force(self.now, &after.intent.body);
        let stuck = stuck || waits;
        let is_charge = |charge: &&Charge| after.charges.contains(&charge.id);
        let ours = self.portal.charges.iter().find(is_charge);
        let two_amounts =
            after.charges.len() == 1 && ours.is_some_and(|charge| charge.body != after.intent.body);
        let is_checked = ours.and_then(|charge| charge.confirmed).is_some_and(|at| at > self.now);
        let accepted = !before.charges.is_empty();
        (young || truly_young || accepted) && !stuck && !two_amounts && !is_checked
    }

    /// Whether the age has to be known: by the portal's clock, or by the monotonic one of a machine
    /// that runs on. Whatever wall clock a process saw in between, and was ahead.
    fn has_to_be_known_as_young(&self, on: usize, purchase: &Purchase) -> bool {
        let Some(asked) = first_of(&self.asked_at, purchase.intent.id) else { return false };
        // A name may be as old as the first attempt of the job.
        let first = if self.since().is_some() { BEGIN } else { asked };
        let young = Duration::from_millis(self.now - first) + Duration::from_secs(300)
            < self.life.manual_replay_max_age;
        let stamp = &purchase.asked;
        let runs_on = stamp.boot == self.moment(on, None).boot
            && stamp.wall >= timestamp(asked.saturating_sub(MINUTE));
        young && self.portal.rules.tells_time && (stamp.server.is_some() || runs_on)
    }

    /// A wrong clock makes no key too old for good, where the portal's own was known before it went
    /// wrong: in the start of the machine that the request was sent in, or over restarts with the
    /// true time.
    fn was_right_until_it_knew(&self, on: usize, purchase: &Purchase, sent: u64) -> bool {
        let rows = &self.journal(on).rows;
        let ours = || rows.iter().filter(|(id, ..)| *id == purchase.intent.id);
        let is_sending = |row: &JournalRow| matches!(row, JournalRow::Sending { .. });
        let stamps: Vec<&Stamp> =
            ours().skip_while(|(_, _, row)| !is_sending(row)).map(|(_, stamp, _)| stamp).collect();
        let Some(known) = stamps.iter().position(|stamp| stamp.server.is_some()) else {
            return false;
        };
        let until = &stamps[..=known];
        let (first, last) = (until[0], until[known]);
        let is_true = |wall: jiff::Timestamp, truth: jiff::Timestamp| {
            wall.duration_since(truth).unsigned_abs() < Duration::from_secs(60)
        };
        let was_not_behind = first.wall >= timestamp(sent.saturating_sub(MINUTE));
        let went_on = until.windows(2).all(|pair| pair[0].wall <= pair[1].wall);
        let was_true = is_true(first.wall, timestamp(sent))
            && last.server.is_some_and(|server| is_true(last.wall, server));
        (first.boot == last.boot && was_not_behind) || (went_on && was_true)
    }

    /// What the seller shows, and nothing else could be, is concluded.
    fn has_to_end_by_evidence(&self, after: &Purchase) -> bool {
        let key = after.intent.key.as_str();
        let made = self.portal.charges.iter().find(|charge| charge.key == key);
        let has_id = !after.charges.is_empty();
        match (self.portal.rules.kind, made) {
            // Whatever a restored journal lacks may be meant as well.
            _ if self.restored => false,
            _ if after.attempts.is_empty() => true,
            (Kind::List { documented, .. }, None) => {
                let sent = after.unclear().map(|attempt| attempt.sent.wall);
                let is_time = |sent: jiff::Timestamp| {
                    (400..22 * 3600).contains(&timestamp(self.now).duration_since(sent).as_secs())
                };
                let knows_time = self.portal.rules.tells_time && self.clocks_are_right();
                let undisturbed = !self.disturbed && self.journals.len() == 1;
                documented && knows_time && undisturbed && sent.is_some_and(is_time)
            }
            (Kind::List { .. }, Some(charge)) => {
                let listed = self.now - charge.at < 23 * HOUR;
                listed
                    && (has_id
                        || (self.sole_buyer && self.clocks_are_right() && self.is_alone(after)))
            }
            // What another purchase adds to the sum hides this one.
            (Kind::Sum, Some(charge)) => {
                let is_sure = self.sole_buyer && !self.disturbed && self.clocks_are_right();
                charge.settles && is_sure && self.is_alone(after)
            }
            _ => false,
        }
    }

    /// No other purchase was sent in the minutes around it, and none is open.
    fn is_alone(&self, purchase: &Purchase) -> bool {
        // Over a restart only the portal's clock tells how far apart they were.
        let Some(ours) = purchase.unclear().filter(|_| self.portal.rules.tells_time) else {
            return false;
        };
        let mut others =
            self.journals[0].all().iter().filter(|other| other.intent.id != purchase.intent.id);
        !others.any(|other| {
            let is_open = other.outcome.is_none() && other.may_have_charged();
            is_open
                || other.attempts.iter().any(|attempt| {
                    let apart = attempt.sent.wall.duration_since(ours.sent.wall).unsigned_abs();
                    apart < Duration::from_secs(600) || attempt.sent.wall > ours.sent.wall
                })
        })
    }

    fn clocks_are_right(&self) -> bool {
        !self.was_ahead && self.computers.iter().all(|computer| computer.wall_off == 0)
    }
}

/// The first time that is noted of this purchase.
fn first_of(times: &[(Uuid, u64)], id: Uuid) -> Option<u64> {
    times.iter().find(|(of, _)| *of == id).map(|(_, time)| *time)
}
