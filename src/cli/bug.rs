//! What a bug of this program ends with: an answer like that to any other failure, from whichever
//! thread it stops in and however far its verb has come.

use super::in_doubt;
use super::verbs::{Verb, ci};
use crate::core::failure::Failure;
use crate::core::system::System;
use crate::output::Output;
use std::mem;

/// What has to be known for that, settled before the verb begins.
pub struct BugAnswer {
    command: &'static str,
    system: Option<System>,
    may_charge: bool,
    decides: bool,
    output: Output,
}

impl BugAnswer {
    /// For this verb, whose answer goes there.
    pub fn new(verb: &Verb, output: &Output) -> Self {
        Self {
            command: verb.name(),
            system: verb.system(),
            may_charge: verb.spending().may_charge(),
            decides: verb.decides(),
            output: output.clone(),
        }
    }

    /// Gives it; the exit code of this process.
    pub fn give(&self, bug: Failure) -> u8 {
        let mut bug = in_doubt(bug, self.may_charge);
        for hint in &mut bug.parts_mut().hints {
            *hint = mem::take(hint).aimed(&self.output.target);
        }
        if self.decides {
            ci::publish_outcome(&self.output, Err(&bug));
        }
        self.output.report_bug(self.command, self.system, &bug)
    }
}
