//! `brv` itself on this machine: which provider it uses, and whether it is running. Both stand in
//! files of the user that are only read. Contract: byterover, seen since.

use crate::core::env;
use crate::core::environment::Variables;
use crate::core::files::read_plain;
use crate::provider::wire;
use jiff::Timestamp;
use std::path::PathBuf;

/// The folder of `brv` in the folders of the user.
const FOLDER: &str = "brv";
/// Which provider it uses.
const PROVIDERS: &str = "providers.json";
/// Who is running.
const DAEMON: &str = "daemon.json";
/// The time in milliseconds, written anew as long as it runs.
const HEARTBEAT: &str = "heartbeat";
/// `brv` itself takes an older heartbeat for a daemon that is gone, in milliseconds.
const STALE_MS: i64 = 15_000;
/// No file of its settings comes near this size.
const LONGEST_FILE: u64 = 1024 * 1024;
/// The provider under which ByteRover itself is billed.
const OWN: &str = "byterover";

/// The provider that `brv` uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Active {
    /// ByteRover: teams and free credits are billed.
    Own,
    /// Another one.
    Other(String),
    /// None, and why: for `brv` that is another provider as well.
    None(String),
}

/// Reads which provider `brv` uses. What it cannot read counts as none for it, so it does here.
pub fn active_provider(variables: &Variables) -> Active {
    let Some(file) = config_folder(variables).map(|folder| folder.join(PROVIDERS)) else {
        return Active::None("there is no home folder with settings of brv".into());
    };
    let shown = file.display();
    let text = match read_plain(&file, LONGEST_FILE) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Active::None(format!("{shown} is missing"));
        }
        Err(cause) => return Active::None(format!("{shown} cannot be read: {cause}")),
    };
    let Some(map) = wire::object(text.as_bytes()) else {
        return Active::None(format!("{shown} is not a JSON object"));
    };
    let has_providers = map.get("providers").is_some_and(serde_json::Value::is_object);
    match wire::field::<String>(&map, "activeProvider") {
        Some(name) if name == OWN && has_providers => Active::Own,
        Some(name) if !name.is_empty() && has_providers => Active::Other(name),
        Some(_) if has_providers => Active::None(format!("{shown} names none")),
        _ => Active::None(format!("{shown} lacks 'activeProvider' or 'providers'")),
    }
}

/// The folder of `brv` in a folder of the user: one that a variable names, or one of the home.
fn folder(variables: &Variables, variable: &str, of_the_home: &str) -> Option<PathBuf> {
    const MAC: &str = "Library/Application Support";
    let named = |name| variables.set(name).map(PathBuf::from);
    let of_the_home = if cfg!(target_os = "macos") { MAC } else { of_the_home };
    // On a Mac it knows one folder, these variables have no effect.
    let user = named(variable).filter(|_| !cfg!(target_os = "macos"));
    let user = user.or_else(|| named("HOME").map(|home| home.join(of_the_home)))?;
    Some(user.join(FOLDER))
}

fn config_folder(variables: &Variables) -> Option<PathBuf> {
    folder(variables, "XDG_CONFIG_HOME", ".config")
}

fn data_folder(variables: &Variables) -> Option<PathBuf> {
    let named = variables.set(env::BRV_DATA).map(PathBuf::from);
    named.or_else(|| folder(variables, "XDG_DATA_HOME", ".local/share"))
}

/// The number of the process of a running `brv`: it keeps the pin of a project in memory.
pub fn daemon(variables: &Variables, now: Timestamp) -> Option<u32> {
    let folder = data_folder(variables)?;
    let map = wire::object(read_plain(&folder.join(DAEMON), LONGEST_FILE).ok()?.as_bytes())?;
    let pid: u32 = wire::field(&map, "pid").filter(|pid| *pid > 0)?;
    let beat: i64 = read_plain(&folder.join(HEARTBEAT), 64).ok()?.trim().parse().ok()?;
    let age = now.as_millisecond().checked_sub(beat)?;
    (age <= STALE_MS && is_alive(pid)).then_some(pid)
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        // It is there, and belongs to somebody else.
        Err(cause) => cause == rustix::io::Errno::PERM,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A home with the folders of `brv` in it.
    fn home() -> (tempfile::TempDir, Variables) {
        let home = crate::core::scratch::tempdir().expect("a folder");
        let variables = Variables::new([("HOME", home.path())]);
        for folder in [config_folder(&variables), data_folder(&variables)] {
            fs::create_dir_all(folder.expect("a folder")).expect("made");
        }
        (home, variables)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn its_folders_are_those_of_the_user_unless_a_variable_names_others() {
        let both = |pairs: &[(&str, &str)]| {
            let variables = Variables::new(pairs.iter().copied());
            (config_folder(&variables), data_folder(&variables))
        };
        let path = |text: &str| Some(PathBuf::from(text));
        let usual = [("HOME", "/h"), ("XDG_CONFIG_HOME", "")];
        assert_eq!(both(&usual), (path("/h/.config/brv"), path("/h/.local/share/brv")));
        let moved = [("HOME", "/h"), ("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "/d")];
        assert_eq!(both(&moved), (path("/c/brv"), path("/d/brv")));
        assert_eq!(both(&[("XDG_DATA_HOME", "/d"), ("BRV_DATA_DIR", "/b")]), (None, path("/b")));
    }

    #[test]
    fn only_a_whole_file_that_names_it_is_byterover() {
        let (_home, variables) = home();
        let why = |active: Active| match active {
            Active::None(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(why(active_provider(&variables)).ends_with("providers.json is missing"));
        let file = config_folder(&variables).expect("a folder").join(PROVIDERS);
        let read = |text: &str| {
            fs::write(&file, text).expect("written");
            active_provider(&variables)
        };
        assert_eq!(read(r#"{"activeProvider":"byterover","providers":{}}"#), Active::Own);
        assert_eq!(
            read(r#"{"activeProvider":"anthropic","providers":{"anthropic":{}}}"#),
            Active::Other("anthropic".into())
        );
        for (text, reason) in [
            (r#"{"activeProvider":"","providers":{}}"#, "names none"),
            (r#"{"activeProvider":"byterover"}"#, "lacks"),
            (r#"{"activeProvider":7,"providers":{}}"#, "lacks"),
            ("{}", "lacks"),
            ("", "is not a JSON object"),
            ("{\"activeProvider\":\"byte", "is not a JSON object"),
        ] {
            assert!(why(read(text)).contains(reason), "{text}");
        }
        assert!(matches!(active_provider(&Variables::default()), Active::None(_)));
    }

    #[test]
    fn a_daemon_is_running_while_its_process_lives_and_its_heart_beats() {
        let (_home, variables) = home();
        let folder = data_folder(&variables).expect("a folder");
        let daemon = || daemon(&variables, Timestamp::from_second(1_760_000_100).expect("a time"));
        assert_eq!(daemon(), None);
        let own = std::process::id();
        let write = |pid: &str| {
            let text = format!("{{\"pid\":{pid},\"port\":37847,\"startedAt\":1}}");
            fs::write(folder.join(DAEMON), text).expect("written");
        };
        let beat = |text: &str| {
            fs::write(folder.join(HEARTBEAT), text).expect("written");
        };
        write(&own.to_string());
        assert_eq!(daemon(), None, "no heartbeat");
        beat("1760000090000\n");
        assert_eq!(daemon(), Some(own));
        for no_process in ["0", "-1", "4194304000", "\"x\""] {
            write(no_process);
            assert_eq!(daemon(), None, "{no_process}");
        }
        write(&own.to_string());
        for stopped in ["1760000080000", "x", ""] {
            beat(stopped);
            assert_eq!(daemon(), None, "{stopped}");
        }
    }
}
