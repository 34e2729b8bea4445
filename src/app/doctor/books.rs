//! What `doctor` checks in the books: the journal of purchases and the ledger of the profile.
//! Both are opened for reading only.

use super::checkup::{CheckStatus, Checkup, HealthCheck};
use crate::app::buying::site::Site;
use crate::app::settings;
use crate::core::class::Class;
use crate::core::command::Command;
use crate::core::duration::show;
use crate::core::env;
use crate::core::failure::Result;
use crate::core::target;
use crate::ledger;
use crate::purchase::journal::{self, Backlog, Journal, JournalDoubt, JournalHealth, Unchecked};
use crate::purchase::place::JournalPlace;
use crate::sandbox::store;
use crate::store::log;
use crate::store::postgres::NOT_GRANTED;
use crate::store::state::{StoreHealth, VERSION};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How far the clock of a shared journal may be from the one here.
const MOST_APART: Duration = Duration::from_secs(30);

/// What mends a journal that another program keeps in another mode.
const STOP_IT: &str = "Stop that program; 'topup journal backup FILE' copies the journal.";

/// Whether the journal can be used, and what in it waits for somebody.
pub fn journal(round: &Checkup<'_>) -> [HealthCheck; 2] {
    let Ok(paths) = round.setup.paths() else {
        return ["journal", "purchases"]
            .map(|name| HealthCheck::skipped(name, "there is no place for the journal"));
    };
    match round.setup.journal() {
        Ok(place @ JournalPlace::Shared { .. }) => return shared(round, place),
        Ok(JournalPlace::Files { .. }) => {}
        // A configuration that cannot be read has a check of its own.
        Err(_) if round.setup.settings().is_err() => {}
        Err(error) => {
            return [
                HealthCheck::from_failure("journal", &error),
                HealthCheck::skipped("purchases", "the place of the journal is not known"),
            ];
        }
    }
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
            if let Some(moved) = moved_away(round, &paths.journal_file()) {
                return [moved, purchases(round, &health)];
            }
            let old = if health.is_old { ", which the next purchase updates" } else { "" };
            let line = match unchecked(&health) {
                None => format!("{shown} is whole, version {}{old}", health.version),
                Some(what) => format!("{shown}, version {}{old}: {what}", health.version),
            };
            let check = HealthCheck::ok("journal", line);
            let check = with_foreign_logs(check, &health.foreign_logs);
            let check = match &health.doubt {
                None => check,
                Some(doubt) => in_doubt(&check.message, doubt),
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
            "it came from another machine or another version: until the first purchase from here, topup cannot prove that a refused --once name was not charged before"
                .to_owned(),
            Command::new(["history"]),
        ),
    };
    HealthCheck::warning("journal", format!("{told}, but {what}")).fix(fix)
}

/// The same check where logs lie beside the file that are not of it.
fn with_foreign_logs(check: HealthCheck, logs: &[PathBuf]) -> HealthCheck {
    let Some(log) = logs.first() else { return check };
    let [said, mend] = log::foreign_log(log, "it");
    HealthCheck::warning(check.name, format!("{}; {said}", check.message)).fix(mend)
}

/// The journal that machines share: its server, and what in it waits for somebody.
fn shared(round: &Checkup<'_>, place: JournalPlace) -> [HealthCheck; 2] {
    let shown = place.shown();
    let here = round.setup.now();
    let looked = round.bounded(move || {
        let JournalPlace::Shared { store, .. } = &place else { return Ok(None) };
        let health = store.health()?;
        Journal::open(&place)?.waiting().map(|waiting| Some((health, waiting)))
    });
    let (health, waiting) = match looked.and_then(|looked| looked) {
        Ok(Some(looked)) => looked,
        Ok(None) => return ["journal", "purchases"].map(|name| HealthCheck::skipped(name, "")),
        Err(error) => {
            return [
                HealthCheck::from_failure("journal", &error),
                HealthCheck::skipped("purchases", "the journal cannot be read"),
            ];
        }
    };
    let counted = JournalHealth {
        version: VERSION,
        is_old: false,
        purchases: health.purchases,
        waiting,
        unchecked: Unchecked::default(),
        doubt: None,
        foreign_logs: Vec::new(),
        is_held: false,
    };
    let check = server(&shown, &health, here);
    let left = journal_left_here(round).filter(|_| check.status != CheckStatus::Wrong);
    let check = left.map_or(check, |file| {
        let message = format!(
            "{shown} lacks the purchases of {}: names and limits do not count them",
            file.display()
        );
        HealthCheck::warning("journal", message).fix(Command::new(["journal", "import"]))
    });
    [check, purchases(round, &counted)]
}

/// The journal in the files of this machine, where it has purchases that were never moved.
fn journal_left_here(round: &Checkup<'_>) -> Option<PathBuf> {
    let file = round.setup.paths().ok()?.journal_file();
    let journal = Journal::glance(&file)?;
    let is_left = journal.moved().ok()?.is_none() && !journal.page_behind(None).ok()?.is_empty();
    is_left.then_some(file)
}

/// Where the purchases of the files of this machine went, if they are elsewhere.
fn moved_away(round: &Checkup<'_>, file: &Path) -> Option<HealthCheck> {
    if round.setup.is_sandbox().unwrap_or(round.setup.options.sandbox) {
        return None;
    }
    let moved = Journal::glance(file)?.moved().ok()??;
    let failure = moved.failure(&file.display().to_string());
    Some(HealthCheck::from_failure("journal", &failure))
}

/// How the server of a shared journal stands.
fn server(shown: &str, health: &StoreHealth, here: Timestamp) -> HealthCheck {
    const NAME: &str = "journal";
    let apart = Duration::try_from(health.now.duration_since(here).abs()).unwrap_or_default();
    if health.is_standby {
        let message = format!("{shown} is a replica and takes no writes: nothing is bought");
        return HealthCheck::wrong(NAME, Class::Timeout, message).fix(format!(
            "Name the server that takes writes in {}, or all of them with target_session_attrs=read-write.",
            env::STATE_URL
        ));
    }
    if !health.may_write {
        let message = format!("the role at {shown} may read but not write: nothing is bought");
        return HealthCheck::wrong(NAME, Class::Config, message).fix(NOT_GRANTED.to_owned());
    }
    if apart > MOST_APART {
        let message = format!("the clock of {shown} and the one here are {} apart", show(apart));
        return HealthCheck::warning(NAME, message)
            .fix("Let both take their time from a time server.");
    }
    if health.may_lose_commits {
        let message = format!(
            "{shown} does not wait for its replicas: if one of them takes over, the last purchases can be missing; at sellers without idempotency keys nothing is bought"
        );
        return HealthCheck::warning(NAME, message)
            .fix("Name the replicas in synchronous_standby_names of the server.");
    }
    if !health.is_on_disk {
        let message = format!(
            "{shown} does not write what it commits to its disk (fsync is off): after a power cut the last purchases are not in it"
        );
        return HealthCheck::warning(NAME, message).fix("Set fsync = on at the server.");
    }
    let way = if health.is_direct {
        "reached directly: what a killed process held is free at once"
    } else {
        "reached through a pooler: what a killed process held is free after 90 s"
    };
    HealthCheck::ok(NAME, format!("{shown}, shared, version {VERSION}; {way}"))
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
            format!("{untold} final and not reported yet: the same command reports that before it buys again")
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
        Ok(None) => HealthCheck::ok(NAME, "none is set up"),
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
                    let check = HealthCheck::ok(NAME, format!("{} can be read", look.place));
                    with_foreign_logs(check, &look.foreign_logs)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn health() -> StoreHealth {
        StoreHealth {
            now: "2026-11-30T12:00:00Z".parse().expect("a time"),
            is_direct: true,
            is_standby: false,
            may_lose_commits: false,
            is_on_disk: true,
            may_write: true,
            purchases: 3,
        }
    }

    #[test]
    fn what_is_wrong_with_the_server_of_a_shared_journal_has_words_of_its_own() {
        let here: Timestamp = "2026-11-30T12:00:00Z".parse().expect("a time");
        let said = |health: &StoreHealth, here| {
            let check = server("the store", health, here);
            serde_json::to_value(&check).expect("JSON").to_string()
        };
        for (health, word) in [
            (health(), "reached directly"),
            (StoreHealth { is_direct: false, ..health() }, "through a pooler"),
            (StoreHealth { is_standby: true, ..health() }, "takes no writes"),
            (StoreHealth { may_lose_commits: true, ..health() }, "synchronous_standby_names"),
            (StoreHealth { is_on_disk: false, ..health() }, "fsync"),
            (StoreHealth { may_write: false, ..health() }, "may read but not write"),
        ] {
            assert!(said(&health, here).contains(word), "{word}: {}", said(&health, here));
        }
        let later = here + jiff::SignedDuration::from_hours(1);
        assert!(said(&health(), later).contains("apart"), "{}", said(&health(), later));
    }
}
