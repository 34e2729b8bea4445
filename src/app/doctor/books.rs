//! What `doctor` checks in the books: the journal of purchases and the ledger of the profile.
//! Both are opened for reading only.

use super::{Checkup, HealthCheck};
use crate::app::buying::site::Site;
use crate::app::settings;
use crate::core::command::Command;
use crate::core::env;
use crate::core::failure::Result;
use crate::core::target;
use crate::ledger;
use crate::purchase::journal::{self, Backlog, JournalDoubt, JournalHealth, Unchecked};
use crate::sandbox::store;
use std::path::PathBuf;

/// What mends a journal that another program keeps in another mode.
const STOP_IT: &str = "Stop that program; 'topup journal backup FILE' copies the journal.";

/// Whether the journal can be used, and what in it waits for somebody.
pub fn journal(round: &Checkup<'_>) -> [HealthCheck; 2] {
    let Ok(paths) = round.setup.paths() else {
        return ["journal", "purchases"]
            .map(|name| HealthCheck::skipped(name, "there is no place for the journal"));
    };
    let file = paths.journal_file();
    let shown = file.display().to_string();
    let looked = round.bounded(move || journal::look(&file)).and_then(|looked| looked);
    match looked {
        Err(error) => [
            HealthCheck::from_failure("journal", &error),
            HealthCheck::skipped("purchases", "the journal cannot be read"),
        ],
        Ok(None) => [
            HealthCheck::ok("journal", format!("{shown} is not there: nothing was bought yet")),
            HealthCheck::ok("purchases", "none"),
        ],
        Ok(Some(health)) if health.is_held => {
            let error = journal::held(&paths.journal_file());
            [HealthCheck::from_failure("journal", &error).fix(STOP_IT), purchases(round, &health)]
        }
        Ok(Some(health)) => {
            let old = if health.is_old { ", which the next purchase brings on" } else { "" };
            let line = match unchecked(&health) {
                None => format!("{shown} is whole, version {}{old}", health.version),
                Some(what) => format!("{shown}, version {}{old}: {what}", health.version),
            };
            let check = match &health.doubt {
                None => HealthCheck::ok("journal", line),
                Some(doubt) => in_doubt(&line, doubt),
            };
            [check, purchases(round, &health)]
        }
    }
}

/// What of a large journal was left out.
fn unchecked(health: &JournalHealth) -> Option<String> {
    let Unchecked { pages, entries } = health.unchecked;
    let entries = (entries > 0).then(|| format!("its {entries} oldest entries"));
    let pages = pages.then(|| "all pages of the file".to_owned());
    let left_out: Vec<String> = [entries, pages].into_iter().flatten().collect();
    (!left_out.is_empty()).then(|| {
        let left_out = left_out.join(" and ");
        format!("no fault found; it is too large to check {left_out} here")
    })
}

/// What may be missing in a journal that is whole as a file.
fn in_doubt(told: &str, doubt: &JournalDoubt) -> HealthCheck {
    let (what, fix) = match doubt {
        JournalDoubt::Restored(gap) => (
            format!(
                "it was restored from an older copy and does not know what was bought {}; compare with the portal first",
                gap.shown()
            ),
            Command::new(["journal", "accept"]),
        ),
        JournalDoubt::Moved => (
            "it came from another machine or another version: until something was bought from here, a refusal under a name proves nothing"
                .to_owned(),
            Command::new(["history"]),
        ),
    };
    HealthCheck::warning("journal", format!("{told}, but {what}")).fix(fix)
}

fn purchases(round: &Checkup<'_>, health: &JournalHealth) -> HealthCheck {
    const NAME: &str = "purchases";
    let sandbox = round.setup.paths().ok().and_then(|paths| store::instance(&paths.sandbox_file()));
    let sandbox = sandbox.map(|instance| target::sandbox_identity(&instance));
    // What was open at a sandbox that was begun anew is gone with it.
    let is_there = |waiting: &&Backlog| {
        !target::is_sandbox(&waiting.origin) || sandbox.as_ref() == Some(&waiting.origin)
    };
    let waiting: Vec<&Backlog> = health.waiting.iter().filter(is_there).collect();
    if waiting.is_empty() {
        return HealthCheck::ok(
            NAME,
            format!("{}, all of them final and reported", health.purchases),
        );
    }
    let lines: Vec<String> = waiting.iter().map(|waiting| line_of(waiting)).collect();
    let Some(first) = waiting.iter().find(|waiting| waiting.open > 0) else {
        return HealthCheck::ok(NAME, lines.join("; "));
    };
    let site = Site {
        system: first.system,
        origin: first.origin.clone(),
        profile: first.profile.clone(),
        base_url: first.base_url.clone(),
    };
    // A flag of this run would keep 'resume' from what stands elsewhere.
    let is_meant = round.setup.means(&site);
    let fix = if is_meant { Command::new(["resume"]) } else { site.command(["resume"]) };
    HealthCheck::warning(NAME, lines.join("; ")).fix(fix)
}

fn line_of(waiting: &Backlog) -> String {
    let Backlog { origin, system, open, untold, .. } = waiting;
    let at = if target::is_sandbox(origin) { "the sandbox" } else { origin };
    let place = format!("{} at {at}", system.title());
    let parts: Vec<String> = [
        (*open > 0).then(|| format!("{open} not final")),
        (*untold > 0).then(|| {
            format!("{untold} ended that the same command reports once more before it buys again")
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("at {place} {}", parts.join(" and "))
}

/// The ledger, where one is named or there.
pub fn ledger(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "ledger";
    if round.setup.paths().is_err() {
        return HealthCheck::skipped(NAME, "there is no place for it");
    }
    match meant(round) {
        Err(error) => HealthCheck::from_failure(NAME, &error),
        Ok(None) => HealthCheck::ok(NAME, "none is named and none is there"),
        Ok(Some((url, file))) => {
            let server = (!round.offline).then(|| round.left());
            let variables = round.setup.environment.variables.clone();
            let looked = round
                .bounded(move || ledger::look(url.as_deref(), &file, server, &variables))
                .and_then(|it| it);
            match looked {
                Err(error) => HealthCheck::from_failure(NAME, &error),
                Ok(None) => HealthCheck::skipped(NAME, "its server is not asked: --offline"),
                Ok(Some(look)) if look.is_there => {
                    HealthCheck::ok(NAME, format!("{} can be read", look.place))
                }
                Ok(Some(look)) => HealthCheck::ok(
                    NAME,
                    format!("{} has none yet; its first use makes it", look.place),
                ),
            }
        }
    }
}

/// Whether a ledger is named, or lies in its usual place.
pub fn has_ledger(round: &Checkup<'_>) -> bool {
    meant(round).is_ok_and(|meant| meant.is_some())
}

/// Where it is, if anybody uses one.
fn meant(round: &Checkup<'_>) -> Result<Option<(Option<String>, PathBuf)>> {
    let setup = round.setup;
    let paths = setup.paths()?;
    let settings = setup.settings();
    if setup.is_sandbox().unwrap_or(setup.options.sandbox) {
        let file = paths.sandbox_ledger_file();
        return Ok(file.exists().then_some((None, file)));
    }
    let url = match settings {
        Ok(_) => settings::one(setup, "ledger_url")?.value,
        // The variable is stronger than what cannot be read.
        Err(_) => setup.variable(env::LEDGER_URL)?,
    };
    let file = paths.ledger_file();
    let used = url.is_some()
        || settings.is_ok_and(|settings| settings.system == crate::provider::LEDGER)
        || file.exists();
    Ok(used.then_some((url, file)))
}
