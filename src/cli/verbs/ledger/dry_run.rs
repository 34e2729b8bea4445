//! How the dry runs of the ledger look to a person, and how a program is found for one.

use super::options::in_currency;
use crate::app::ledger::dry_run::{BookedDryRun, LedgerRunDryRun, ProgramFinder, WouldBook};
use crate::app::ledger::run::cannot_be_started;
use crate::core::environment::Variables;
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::values::Kind;
use crate::output::Show;
use crate::output::page::{Page, Tone};
use rustix::fs::{Access, access};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Where the system looks for programs when nothing else is set.
const USUAL_PATH: &str = "/bin:/usr/bin";

/// The folders of `PATH`.
pub struct Folders<'v>(pub &'v Variables);

impl ProgramFinder for Folders<'_> {
    fn check(&self, program: &OsStr) -> Result<()> {
        if program.as_bytes().contains(&b'/') {
            return can_be_run(Path::new(program))
                .map_err(|cause| cannot_be_started(program, cause));
        }
        let folders = self.0.set("PATH").unwrap_or(OsStr::new(USUAL_PATH));
        let mut why = io::Error::from(rustix::io::Errno::NOENT);
        for folder in std::env::split_paths(folders) {
            match can_be_run(&folder.join(program)) {
                Ok(()) => return Ok(()),
                Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => why = cause,
                Err(_) => {}
            }
        }
        Err(cannot_be_started(program, why))
    }
}

fn can_be_run(program: &Path) -> io::Result<()> {
    access(program, Access::EXEC_OK)?;
    if program.is_dir() { Err(rustix::io::Errno::ACCESS.into()) } else { Ok(()) }
}

impl Show for BookedDryRun {
    fn show(&self, page: &mut Page) {
        let money = |amount| in_currency(&self.currency, amount);
        let amount = self.amount.map(money).unwrap_or_default();
        let now = money(self.balance);
        let text = match (self.would, self.kind) {
            (WouldBook::Book, Some(Kind::Credit)) => format!("Would credit {amount}."),
            (WouldBook::Book, _) => format!("Would record {amount}."),
            (WouldBook::Replay, _) => {
                format!("{amount} was booked before: the balance would stay {now}.")
            }
            (WouldBook::Nothing, _) => {
                format!("It costs nothing: the balance would stay {now}.")
            }
        };
        page.line(Tone::Strong, &format!("{text} Nothing was booked."));
        if self.would == WouldBook::Book {
            page.field("balance now", Tone::Plain, &now);
            page.field("afterwards", Tone::Plain, &money(self.balance_after));
        }
        if let Some(transaction) = &self.transaction {
            page.field("transaction", Tone::Dim, &transaction.id);
        }
    }
}

impl Show for LedgerRunDryRun {
    fn show(&self, page: &mut Page) {
        let money = |amount| in_currency(&self.currency, amount);
        page.line(Tone::Strong, "Would run the command. Nothing was run and nothing was booked.");
        page.field("command", Tone::Plain, &self.command.join(" "));
        page.field("estimate", Tone::Plain, &money(self.estimated_price));
        if self.held != Money::ZERO {
            page.field("held back", Tone::Plain, &money(self.held));
        }
        page.field("balance now", Tone::Plain, &money(self.balance));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;

    #[test]
    fn a_program_is_found_where_the_system_finds_it() {
        let variables = Variables::new([("PATH", "/nowhere:/bin")]);
        let folders = Folders(&variables);
        for there in ["sh", "/bin/sh"] {
            assert!(folders.check(OsStr::new(there)).is_ok(), "{there}");
        }
        for missing in ["no-such-program", "/bin/no-such-program", "/bin", "/etc/passwd"] {
            let refused = folders.check(OsStr::new(missing)).expect_err("refused");
            assert_eq!(refused.class(), Class::Usage, "{missing}");
        }
    }
}
