//! A portal whose refresh tokens work once: the second use of one ends its session.

use super::{LIFE, Pair};

/// The portal: which session each pair is of, the newest pair of each session, and those that ended.
#[derive(Default)]
pub(super) struct Portal {
    session_of: Vec<usize>,
    issued: Vec<u64>,
    newest: Vec<Pair>,
    ended: Vec<bool>,
}

impl Portal {
    pub(super) fn log_in(&mut self, now: u64) -> Pair {
        self.newest.push(self.session_of.len());
        self.ended.push(false);
        self.issue(self.newest.len() - 1, now)
    }

    pub(super) fn issue(&mut self, session: usize, now: u64) -> Pair {
        let pair = self.session_of.len();
        self.session_of.push(session);
        self.issued.push(now);
        self.newest[session] = pair;
        pair
    }

    /// The next pair; none where this one was used before, which ends the session.
    pub(super) fn exchange(&mut self, pair: Pair, now: u64) -> Option<Pair> {
        let session = self.session_of[pair];
        if self.ended[session] || self.newest[session] != pair {
            self.ended[session] = true;
            return None;
        }
        Some(self.issue(session, now))
    }

    pub(super) fn is_good(&self, pair: Pair) -> bool {
        let session = self.session_of[pair];
        !self.ended[session] && self.newest[session] == pair
    }

    pub(super) fn accepts(&self, pair: Pair, now: u64) -> bool {
        !self.ended[self.session_of[pair]] && now < self.issued[pair] + LIFE
    }
}
