//! The prepaid ledger: where it is, and how it is opened.

use super::Setup;
use crate::config::paths::no_home;
use crate::core::dialog::Report;
use crate::core::env;
use crate::core::failure::Result;
use crate::ledger::runs::Runs;
use crate::ledger::service::Recording;
use crate::ledger::{self, Ledger};
use crate::store::log;
use std::path::PathBuf;
use std::time::Duration;

/// The longest wait for the answer whether there is a ledger at a server.
const LEDGER_LOOK: Duration = Duration::from_secs(10);

impl Setup {
    /// The prepaid ledger. What runs cost whose watchers were killed is recorded
    /// first, unless it can only be read.
    ///
    /// # Errors
    /// Class `config` when it cannot be used, `network` or `timeout` when its server cannot be
    /// reached.
    pub fn ledger(&self, report: &dyn Report) -> Result<Ledger> {
        self.ledger_to_record(report, None)
    }

    /// The same, for a use that is to be recorded in it: a server is asked on the way for what that
    /// rests on.
    ///
    /// # Errors
    /// As [`Setup::ledger`].
    pub fn ledger_to_record(
        &self,
        report: &dyn Report,
        next: Option<&Recording>,
    ) -> Result<Ledger> {
        let variables = &self.environment.variables;
        let (url, file) = self.ledger_place()?;
        let longest = self.ledger_timeout()?;
        let mut ledger = ledger::open_to_settle(url.as_deref(), &file, longest, variables, next)?;
        for aside in ledger.foreign_logs() {
            report.warn(&log::warning("ledger", &aside));
        }
        if !ledger.is_read_only() && self.paths_if_any()?.is_some() {
            for settled in self.runs()?.settle(&mut ledger)? {
                report.note(&settled.description().into());
            }
        }
        Ok(ledger)
    }

    /// The prepaid ledger, where there is one; nothing is made and nothing recorded.
    ///
    /// # Errors
    /// As [`Setup::ledger`].
    pub fn ledger_if_there(&self) -> Result<Option<Ledger>> {
        let Some((url, file)) = self.ledger_place_if_any()? else { return Ok(None) };
        let longest = self.ledger_timeout()?;
        let asked = longest.unwrap_or(LEDGER_LOOK);
        let variables = &self.environment.variables;
        match ledger::look(url.as_deref(), &file, Some(asked), variables)? {
            Some(look) if look.is_there => {
                ledger::open(url.as_deref(), &file, longest, variables).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The prepaid ledger for a dry run: as it is, or empty where there is none; nothing is made,
    /// recorded or kept.
    ///
    /// # Errors
    /// As [`Setup::ledger`].
    pub fn ledger_for_dry_run(&self) -> Result<Ledger> {
        let ledger = self.ledger_if_there()?.map_or_else(ledger::empty, Ok)?;
        Ok(ledger.for_dry_run())
    }

    /// Where the ledger is: what names it, and the file that is meant where nothing does.
    fn ledger_place(&self) -> Result<(Option<String>, PathBuf)> {
        self.ledger_place_if_any()?.ok_or_else(no_home)
    }

    /// The same; none where nothing names it and there is no home.
    fn ledger_place_if_any(&self) -> Result<Option<(Option<String>, PathBuf)>> {
        let paths = self.paths_if_any()?;
        if self.is_sandbox()? {
            return Ok(paths.map(|paths| (None, paths.sandbox_ledger_file())));
        }
        let url = match self.variable(env::LEDGER_URL)? {
            Some(url) => Some(url),
            None => self.settings()?.ledger_url.clone(),
        };
        // One that is named needs no home.
        Ok(match (&url, paths) {
            (Some(_), None) => Some((url, PathBuf::new())),
            (_, Some(paths)) => Some((url, paths.ledger_file())),
            (None, None) => None,
        })
    }

    /// The longest wait for the server of a ledger, where one was named for this run.
    fn ledger_timeout(&self) -> Result<Option<Duration>> {
        Ok(if self.is_sandbox()? { None } else { self.options.timeout })
    }

    /// The files of what the ledger runs now.
    ///
    /// # Errors
    /// Class `config` when there is no home.
    pub fn runs(&self) -> Result<Runs> {
        Ok(Runs::in_folder(self.paths()?.runs_folder()))
    }
}
