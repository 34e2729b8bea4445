//! Opens a page of a portal in a browser. The program that does it is never looked for in `PATH`
//! or in the working folder, where a repository may hold one of that name: it
//! lies in a folder of the system, or somebody has named it by its whole path. No shell reads the
//! link, and nothing of this program's secrets goes along.

use super::child::{Child, NoStatus};
use super::clock::SystemClock;
use super::env;
use super::signals::Interrupt;
use super::wait::WaitEnd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use url::Url;

/// Where programs are looked for: only the administrator writes there.
const FOLDERS: &[&str] =
    &["/usr/local/bin", "/usr/bin", "/bin", "/run/current-system/sw/bin", "/snap/bin"];
/// What opens a link in the user's browser.
const OPENERS: &[&[&str]] = if cfg!(target_os = "macos") {
    &[&["open"]]
} else {
    &[
        &["xdg-open"],
        &["gio", "open"],
        &["kde-open"],
        &["wslview"],
        &["sensible-browser"],
        &["x-www-browser"],
    ]
};
/// Browsers that need the terminal, for as long as somebody reads.
const TEXT_BROWSERS: &[&str] =
    &["w3m", "lynx", "links", "links2", "elinks", "browsh", "www-browser"];
/// How long an opener has to say that it cannot.
const SAYS_NO_WITHIN: Duration = Duration::from_millis(300);

/// Shows a link, which has to be one of http or https. `false`: there was nothing to show it with.
pub fn open(link: &str) -> bool {
    // Written anew by the parser: nothing in it is taken for a flag.
    let Some(link) = Url::parse(link).ok().filter(|link| matches!(link.scheme(), "http" | "https"))
    else {
        return false;
    };
    let chosen = std::env::var(env::BROWSER).unwrap_or_default();
    let chosen = chosen.split(':').map(|one| one.split(' ').filter(|word| !word.is_empty()));
    let usual = OPENERS.iter().map(|words| words.iter().copied());
    chosen
        .map(Iterator::collect::<Vec<&str>>)
        .chain(usual.map(Iterator::collect))
        .any(|words| open_with(&words, link.as_str()))
}

fn open_with(words: &[&str], link: &str) -> bool {
    let Some((program, fixed)) = words.split_first() else { return false };
    let Some(path) = found(program) else { return false };
    let mut arguments: Vec<String> = fixed.iter().map(|word| word.replace("%s", link)).collect();
    if !fixed.iter().any(|word| word.contains("%s")) {
        arguments.push(link.to_owned());
    }
    let mut command = Command::new(&path);
    // An opener searches for browsers itself, some in the working folder first.
    command.args(arguments).env("PATH", FOLDERS.join(":")).current_dir("/");
    for variable in env::VARIABLES {
        if variable.name == env::BROWSER || variable.name.starts_with("TOPUP_") {
            command.env_remove(variable.name);
        }
    }
    let name = path.file_name().unwrap_or_default();
    if TEXT_BROWSERS.iter().any(|known| name == *known) {
        return command.status().is_ok_and(|status| status.success());
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own: Ctrl-C at this terminal does not close a window.
    let Ok(mut child) = Child::start_group(&mut command) else { return false };
    match child.wait(SAYS_NO_WITHIN, &SystemClock::new(Interrupt::default())) {
        Ok(status) => status.success(),
        // It is a browser, and stays.
        Err(NoStatus::Ended(WaitEnd::Late)) => true,
        Err(_) => false,
    }
}

/// The program by its whole path: as it was named, or by a plain name in a folder of the system.
fn found(program: &str) -> Option<PathBuf> {
    let named = Path::new(program);
    if named.is_absolute() {
        return named.is_file().then(|| named.to_owned());
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte);
    if program.starts_with(['-', '.']) || !program.bytes().all(plain) {
        return None;
    }
    FOLDERS.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_a_whole_path_or_in_the_folders_of_the_system() {
        assert!(found("true").is_some_and(|path| path.is_absolute()));
        assert_eq!(found("/bin/sh"), Some(PathBuf::from("/bin/sh")));
        for no in ["./true", "../bin/true", "bin/true", "..", ".", "", "-true", "no such", "/bin"] {
            assert_eq!(found(no), None, "{no}");
        }
    }

    #[test]
    fn nothing_but_a_web_page_is_opened() {
        for no in ["file:///etc/passwd", "javascript:alert(1)", "--help", "vscode:x", "", "//x"] {
            assert!(!open(no), "{no}");
        }
    }
}
