//! What programs on libpq find for a connection beside its URL, in the same places and in the same
//! order: a service (`service=`, PGSERVICE), PGPASSWORD, and a file of passwords (`passfile=`,
//! PGPASSFILE, `~/.pgpass`). Formats: PostgreSQL's documentation, "The Connection Service File" and
//! "The Password File".

use crate::core::env;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::core::files;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// No such file is larger, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Where Debian keeps the services of the whole machine.
const SYSTEM: &str = "/etc/postgresql-common";

/// The settings of the service that is named, by the URL or by PGSERVICE; nothing where none is.
///
/// # Errors
/// Class `config`: no file has it, or the file cannot be used.
pub fn service(
    named: Option<String>,
    url_variable: &str,
    variables: &Variables,
) -> Result<Vec<(String, String)>> {
    let named = match named {
        Some(named) => Some(named),
        None => variables.text(env::PG_SERVICE)?,
    };
    let Some(named) = named else { return Ok(Vec::new()) };
    let own = match variables.set(env::PG_SERVICE_FILE) {
        Some(file) => Some(PathBuf::from(file)),
        None => home(variables).map(|home| home.join(".pg_service.conf")),
    };
    let folder = variables.set(env::PG_SYSCONFDIR).map_or_else(|| SYSTEM.into(), PathBuf::from);
    let places: Vec<PathBuf> = own.into_iter().chain([folder.join("pg_service.conf")]).collect();
    for place in &places {
        let text = match files::read_plain(place, LARGEST) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => continue,
            Err(cause) => {
                let shown = place.display();
                return Err(Failure::config(format!("{shown} cannot be read: {cause}")));
            }
        };
        if let Some(settings) = section(&text, &named) {
            return Ok(settings);
        }
    }
    let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    let named = named.escape_debug();
    Err(Failure::config(format!("no service '{named}' is in {}", places.join(" or "))).hint_with(
        "Name one that is there in PGSERVICE, or name host and database in {0}.",
        &[&url_variable],
    ))
}

/// The settings below `[named]`; none where there is no such line.
fn section(text: &str, named: &str) -> Option<Vec<(String, String)>> {
    let mut found = None;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if found.is_some() {
                break;
            }
            found = (name == named).then(Vec::new);
        } else if let (Some(settings), Some((key, value))) = (&mut found, line.split_once('=')) {
            settings.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}

/// What a password is for.
#[derive(Debug)]
pub struct ServerLogin<'l> {
    /// The host as it is named; `localhost` for the usual socket.
    pub host: &'l str,
    /// Its port.
    pub port: u16,
    /// The database.
    pub database: &'l str,
    /// The user.
    pub user: &'l str,
}

/// What was found for a login.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Password {
    /// The password.
    pub found: Option<String>,
    /// A file of passwords that is not used, because others can read it.
    pub exposed: Option<PathBuf>,
}

/// The password for a login, from PGPASSWORD or from the file of passwords.
pub fn password(
    login: &ServerLogin<'_>,
    passfile: Option<&str>,
    variables: &Variables,
) -> Password {
    if let Some(password) = variables.set(env::PG_PASSWORD).and_then(|value| value.to_str()) {
        return Password { found: Some(password.to_owned()), exposed: None };
    }
    let file = match (passfile, variables.set(env::PG_PASSFILE)) {
        (Some(file), _) => Some(PathBuf::from(file)),
        (None, Some(file)) => Some(PathBuf::from(file)),
        (None, None) => home(variables).map(|home| home.join(".pgpass")),
    };
    let Some(file) = file else { return Password::default() };
    if is_exposed(&file) {
        return Password { found: None, exposed: Some(file) };
    }
    let text = files::read_plain(&file, LARGEST).unwrap_or_default();
    Password { found: text.lines().find_map(|line| of_line(line, login)), exposed: None }
}

fn is_exposed(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

/// The password of a line, where the line is about this login.
fn of_line(line: &str, login: &ServerLogin<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => fields.last_mut()?.extend(characters.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            other => fields.last_mut()?.push(other),
        }
    }
    let [host, port, database, user, password] = fields.as_slice() else { return None };
    let is = |field: &str, value: &str| field == "*" || field == value;
    let matches = is(host, login.host)
        && is(port, &login.port.to_string())
        && is(database, login.database)
        && is(user, login.user);
    matches.then(|| password.clone())
}

fn home(variables: &Variables) -> Option<PathBuf> {
    variables.set("HOME").map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};

    const LOGIN: ServerLogin<'_> =
        ServerLogin { host: "db.example", port: 5432, database: "pool", user: "jobs" };

    fn secret(folder: &Path, text: &str, mode: u32) -> PathBuf {
        let file = folder.join(".pgpass");
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, Permissions::from_mode(mode)).expect("set");
        file
    }

    #[test]
    fn a_line_is_about_a_login_or_is_not() {
        for (line, password) in [
            ("db.example:5432:pool:jobs:s3cret", Some("s3cret")),
            ("*:*:*:*:s3cret", Some("s3cret")),
            (r"db.example:*:*:jobs:with\:colon\\", Some(r"with:colon\")),
            ("db.example:5432:pool:jobs:a:b", Some("a:b")),
            ("db.example:5433:*:*:x", None),
            ("other:*:*:*:x", None),
            ("*:*:*:anna:x", None),
            ("*:*:other:*:x", None),
            ("# *:*:*:*:x", None),
            ("*:*:*", None),
            ("", None),
        ] {
            assert_eq!(of_line(line, &LOGIN).as_deref(), password, "{line}");
        }
    }

    #[test]
    fn the_variable_beats_the_file_and_a_file_that_others_can_read_is_left_out() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let file =
            secret(folder.path(), "other:*:*:*:no\n*:*:*:jobs:first\n*:*:*:*:second\n", 0o600);
        let home = folder.path().to_str().expect("text");
        let at_home = Variables::new([("HOME", home)]);
        assert_eq!(password(&LOGIN, None, &at_home).found.as_deref(), Some("first"));
        let both = Variables::new([("HOME", home), ("PGPASSWORD", "loud")]);
        assert_eq!(password(&LOGIN, None, &both).found.as_deref(), Some("loud"));
        let path = file.to_str().expect("text");
        let named = Variables::new([("PGPASSFILE", path), ("PGPASSWORD", "")]);
        assert_eq!(password(&LOGIN, None, &named).found.as_deref(), Some("first"));
        let nobody = Variables::default();
        assert_eq!(password(&LOGIN, Some(path), &nobody).found.as_deref(), Some("first"));
        assert_eq!(password(&LOGIN, None, &nobody), Password::default());
        secret(folder.path(), "*:*:*:*:x", 0o640);
        let exposed = password(&LOGIN, None, &at_home);
        assert_eq!(exposed, Password { found: None, exposed: Some(file) });
    }

    #[test]
    fn a_service_is_in_the_first_file_that_has_it() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let own = folder.path().join(".pg_service.conf");
        let text = "# ours\n[team]\nhost=db.example\n user = jobs \n\n[other]\nhost=x\n";
        fs::write(&own, text).expect("written");
        fs::write(folder.path().join("pg_service.conf"), "[all]\ndbname=pool\n").expect("written");
        let home = folder.path().to_str().expect("text");
        let variables = |more: &[(&str, &str)]| {
            Variables::new([&[("HOME", home), ("PGSYSCONFDIR", home)], more].concat())
        };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let read = |named: Option<&str>, more: &[(&str, &str)]| {
            service(named.map(ToOwned::to_owned), "X", &variables(more)).expect("settings")
        };
        let team = [pair("host", "db.example"), pair("user", "jobs")];
        assert_eq!(read(Some("team"), &[]), team);
        assert_eq!(read(None, &[("PGSERVICE", "team")]), team);
        assert_eq!(read(Some("all"), &[("PGSERVICE", "team")]), [pair("dbname", "pool")]);
        assert!(read(None, &[]).is_empty());
        let file = own.to_str().expect("text");
        assert_eq!(read(Some("other"), &[("PGSERVICEFILE", file)]), [pair("host", "x")]);
        let refused = service(Some("none".into()), "X", &variables(&[])).expect_err("no service");
        assert!(refused.to_string().contains(".pg_service.conf or "), "{refused}");
    }
}
