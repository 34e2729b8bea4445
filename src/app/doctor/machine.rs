//! What `doctor` checks on this machine: the files, who may touch them, and what they lie on.

use super::checkup::{Checkup, HealthCheck, edit};
use crate::config::ConfigFile;
use crate::core::class::Class;
use crate::core::counted::counted;
use crate::core::disk;
use crate::core::env;
use crate::core::files::{home_inside, quoted};
use crate::credentials::CredentialDocument;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// With less room than this, in bytes, a purchase may not be able to be written down.
const TOO_LITTLE: u64 = 2 * 1024 * 1024;
/// From this on there is room for a while.
const ENOUGH: u64 = 64 * 1024 * 1024;

/// Which program this is.
pub fn version() -> HealthCheck {
    let program = std::env::current_exe().map(|path| format!(", {}", path.display()));
    HealthCheck::ok(
        "version",
        format!(
            "topup {} for {} {}{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            program.unwrap_or_default()
        ),
    )
}

/// What is wrong with who may touch something: why, and the command.
type Wrong = (String, String);

/// Whether somebody else could change it.
fn changed_by_others(path: &Path, metadata: &fs::Metadata) -> Option<Wrong> {
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us && metadata.uid() != 0 {
        let why = format!("{} belongs to another user", path.display());
        return Some((why, format!("sudo chown \"$(id -u)\" {}", quoted(path))));
    }
    // In a sticky folder such as /tmp a user cannot swap the files of another one.
    if metadata.mode() & 0o022 != 0 && metadata.mode() & 0o1000 == 0 {
        let why = format!("others can write to {}", path.display());
        let is_ours = metadata.uid() == us;
        let mend = if is_ours || !metadata.is_dir() {
            format!("chmod go-w {}", quoted(path))
        } else {
            home_inside(path)
        };
        return Some((why, mend));
    }
    None
}

/// What names a home: below that of the user, where there is one.
fn name_home(round: &Checkup<'_>) -> String {
    let has_home = round.setup.variables().set("HOME").is_some();
    format!("export {}={}", env::HOME, if has_home { "~/.topup" } else { "/var/lib/topup" })
}

/// `config.toml`: there or not, whose, and whether it is understood.
pub fn configuration(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "configuration";
    let file = match round.setup.paths() {
        Ok(paths) => paths.config_file(),
        Err(error) => {
            return HealthCheck::from_failure(NAME, &error).fix(name_home(round));
        }
    };
    let looked = round.bounded(move || look_at_configuration(&file));
    looked.unwrap_or_else(|error| HealthCheck::from_failure(NAME, &error))
}

fn look_at_configuration(file: &Path) -> HealthCheck {
    const NAME: &str = "configuration";
    let shown = file.display();
    let metadata = fs::metadata(file);
    let names = match ConfigFile::read(file) {
        Ok(config) => config.profiles(),
        Err(error) => {
            let mend = match &metadata {
                Ok(found) if found.is_file() && fs::File::open(file).is_err() => {
                    format!("chmod u+r {}", quoted(file))
                }
                Ok(found) if !found.is_file() => format!("mv {0} {0}.old", quoted(file)),
                _ => edit(file),
            };
            return HealthCheck::from_failure(NAME, &error).fix(mend);
        }
    };
    let Ok(metadata) = metadata else {
        return HealthCheck::ok(NAME, format!("{shown} does not exist: the defaults apply"));
    };
    if let Some((why, mend)) = changed_by_others(file, &metadata) {
        // It can name a program to run and a place to send a token to.
        return HealthCheck::wrong(NAME, Class::Config, why).fix(mend);
    }
    let has_password = fs::read_to_string(file).is_ok_and(|text| text.contains("ledger_url"));
    if has_password && metadata.mode() & 0o077 != 0 {
        let why = format!("others can read {shown}, and the ledger_url in it may have a password");
        return HealthCheck::warning(NAME, why).fix(format!("chmod 600 {}", quoted(file)));
    }
    HealthCheck::ok(NAME, format!("{shown}, profiles: {}", names.join(", ")))
}

/// The folders of this user.
pub fn folders(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "folders";
    let paths = match round.setup.paths() {
        Ok(paths) => paths,
        Err(error) => {
            return HealthCheck::from_failure(NAME, &error).fix(name_home(round));
        }
    };
    let mut folders: Vec<PathBuf> = [paths.config_file(), paths.journal_file()]
        .iter()
        .filter_map(|file| file.parent().map(Path::to_owned))
        .collect();
    folders.dedup();
    let looked = round.bounded(move || {
        let wrong = folders.iter().find_map(|folder| wrong_with_folder(folder));
        let shown: Vec<String> =
            folders.iter().map(|folder| folder.display().to_string()).collect();
        match wrong {
            Some((why, mend)) => HealthCheck::wrong(NAME, Class::Config, why).fix(mend),
            None => HealthCheck::ok(NAME, shown.join(" and ")),
        }
    });
    looked.unwrap_or_else(|error| HealthCheck::from_failure(NAME, &error))
}

fn wrong_with_folder(folder: &Path) -> Option<Wrong> {
    let elsewhere = || format!("export {}=~/.topup", env::HOME);
    // What is not there yet will be made in the nearest one that is.
    let there = folder.ancestors().find(|part| part.exists())?;
    let found = match fs::metadata(there) {
        Ok(found) => found,
        Err(cause) => return Some((format!("{}: {cause}", there.display()), elsewhere())),
    };
    if !found.is_dir() {
        return Some((format!("{} is not a folder", there.display()), elsewhere()));
    }
    if there == folder
        && let Some(wrong) = changed_by_others(folder, &found)
    {
        return Some(wrong);
    }
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    if let Err(cause) = rustix::fs::access(there, access) {
        let why = format!("{} cannot be written to: {cause}", there.display());
        let ours = found.uid() == rustix::process::geteuid().as_raw();
        let mend = if ours && cause == rustix::io::Errno::ACCESS {
            format!("chmod u+rwx {}", quoted(there))
        } else {
            elsewhere()
        };
        return Some((why, mend));
    }
    None
}

/// The logins: there, ours alone, and understood.
pub fn credentials(round: &mut Checkup<'_>) -> HealthCheck {
    const NAME: &str = "credentials";
    // Settings that cannot be read name no program that keeps the logins; the file is looked at.
    let store = match round.setup.store() {
        Ok(store) => store,
        Err(error) => match round.setup.paths() {
            Ok(paths) => crate::credentials::Store::new(paths.credentials_file()),
            Err(_) => {
                return HealthCheck::skipped(NAME, format!("there is no place for them: {error}"));
            }
        },
    };
    let (shown, readers) = match store.shared_store() {
        Some(place) => (format!("encrypted in {place}"), "readable with the key of this machine"),
        None if store.is_shared() => {
            ("kept by the credential command".to_owned(), "readable by everyone who may run it")
        }
        None => (store.path().display().to_string(), "readable by you alone"),
    };
    if store.has_no_place() {
        return HealthCheck::skipped(NAME, "there is no place for them");
    }
    let looked = round.bounded(move || store.read());
    match looked.and_then(|read| read) {
        Ok(contents) => {
            let check = HealthCheck::ok(NAME, format!("{shown}: {}", count_of(&contents, readers)));
            round.contents = Some(contents);
            check
        }
        Err(error) => HealthCheck::from_failure(NAME, &error),
    }
}

fn count_of(contents: &CredentialDocument, readers: &str) -> String {
    match contents.logins.len() + contents.hermes.len() {
        0 => "no login yet".to_owned(),
        count => format!("{}, {readers}", counted(count as u64, "login")),
    }
}

/// What kind of disk the journal is on.
pub fn disk(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "disk";
    let Ok(paths) = round.setup.paths() else {
        return HealthCheck::skipped(NAME, "there is no place for the journal");
    };
    let file = paths.journal_file();
    let looked = round.bounded(move || match disk::doubt(&file) {
        Some(doubt) => HealthCheck::warning(NAME, format!("the journal is on {doubt}"))
            .fix(format!("export {}=/a/folder/on/a/disk/of/this/machine", env::HOME)),
        None => HealthCheck::ok(NAME, "the journal is on a disk that survives a restart"),
    });
    looked.unwrap_or_else(|error| HealthCheck::from_failure(NAME, &error))
}

/// Room for what has to be written down before anything is sent.
pub fn space(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "space";
    let Ok(paths) = round.setup.paths() else {
        return HealthCheck::skipped(NAME, "there is no place for the journal");
    };
    let file = paths.journal_file();
    let looked = round.bounded(move || {
        let there = file.ancestors().find(|part| part.exists()).unwrap_or(Path::new("/"));
        let Ok(found) = rustix::fs::statvfs(there) else {
            return HealthCheck::skipped(NAME, "the system does not say");
        };
        judge_space(there, found.f_bavail.saturating_mul(found.f_frsize), || {
            found.f_files > 0 && found.f_favail == 0
        })
    });
    looked.unwrap_or_else(|error| HealthCheck::from_failure(NAME, &error))
}

fn judge_space(there: &Path, bytes: u64, has_no_names: impl Fn() -> bool) -> HealthCheck {
    const NAME: &str = "space";
    let mend = format!("df -h {}", quoted(there));
    let shown = format!("{} MiB are free at {}", bytes / 1024 / 1024, there.display());
    if has_no_names() {
        let why = format!("no more files can be created at {}", there.display());
        return HealthCheck::wrong(NAME, Class::Config, why).fix(mend.replace("-h", "-i"));
    }
    match bytes {
        ..TOO_LITTLE => HealthCheck::wrong(NAME, Class::Config, shown).fix(mend),
        TOO_LITTLE..ENOUGH => HealthCheck::warning(NAME, shown).fix(mend),
        _ => HealthCheck::ok(NAME, shown),
    }
}

/// Where the shells of people look for completion scripts; `~` is the home.
const COMPLETIONS: &[(&str, &[&str])] = &[
    (
        "bash",
        &[
            "~/.local/share/bash-completion/completions/topup",
            "/etc/bash_completion.d/topup",
            "/usr/local/share/bash-completion/completions/topup",
            "/usr/share/bash-completion/completions/topup",
        ],
    ),
    (
        "fish",
        &[
            "~/.config/fish/completions/topup.fish",
            "/usr/local/share/fish/vendor_completions.d/topup.fish",
            "/usr/share/fish/vendor_completions.d/topup.fish",
        ],
    ),
    (
        "zsh",
        &[
            "~/.zfunc/_topup",
            "/usr/local/share/zsh/site-functions/_topup",
            "/usr/share/zsh/site-functions/_topup",
            "/usr/share/zsh/vendor-completions/_topup",
        ],
    ),
];

/// Whether the shell of this user completes commands. Missing, it is nothing wrong.
pub fn completion(round: &Checkup<'_>) -> HealthCheck {
    const NAME: &str = "completion";
    let shell = round.setup.variable(env::SHELL).ok().flatten().unwrap_or_default();
    let shell = shell.rsplit('/').next().unwrap_or_default().to_owned();
    let Some((shell, places)) = COMPLETIONS.iter().find(|(name, _)| *name == shell) else {
        return HealthCheck::skipped(
            NAME,
            "no completion exists for this shell; 'topup help completions' lists the shells",
        );
    };
    let home = round.setup.variable("HOME").ok().flatten().unwrap_or_default();
    let looked = round.bounded(move || {
        let there = places.iter().find(|place| Path::new(&place.replacen('~', &home, 1)).exists());
        match there {
            Some(place) => HealthCheck::ok(NAME, format!("for {shell}, in {place}")),
            None => HealthCheck::ok(NAME, format!("none for {shell} in the usual folders"))
                .fix(format!("topup completions {shell} --install")),
        }
    });
    looked.unwrap_or_else(|error| HealthCheck::from_failure(NAME, &error))
}

#[cfg(test)]
mod tests {
    use super::super::checkup::CheckStatus;
    use super::*;

    #[test]
    fn room_is_judged_by_what_a_purchase_needs() {
        let judged = |bytes, none| judge_space(Path::new("/x"), bytes, || none).status;
        assert_eq!(judged(0, false), CheckStatus::Wrong);
        assert_eq!(judged(TOO_LITTLE, false), CheckStatus::Warning);
        assert_eq!(judged(ENOUGH, false), CheckStatus::Ok);
        assert_eq!(judged(ENOUGH, true), CheckStatus::Wrong);
    }
}
