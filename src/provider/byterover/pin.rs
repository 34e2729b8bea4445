//! The team that a project has pinned: `.brv/brv-provider.json`, key `billing.pinnedTeamId`.
//! Contract: byterover, the pin.
//!
//! Other programs keep settings of their own in the same file. What is not known here keeps its
//! place and its digits; a file that makes no sense is reported and never written to; and whoever
//! writes reads again under the lock first, so that of two writers none undoes the other. The lock
//! is the folder itself, held open: nothing is left behind in the project, and nobody deletes it.

use crate::core::failure::{Failure, Result};
use crate::core::files::{Access, is_link, open_plain, replace, sync_folder};
use crate::core::lock::Lock;
use crate::core::signals::Interrupt;
use crate::provider::wire;
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Value};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The folder that makes a folder a project.
const FOLDER: &str = ".brv";
/// The file in it.
const FILE: &str = "brv-provider.json";
/// No file of settings comes near this size.
const LONGEST_FILE: u64 = 1024 * 1024;
/// As any editor makes a file of a project: the umask decides.
const ACCESS: Access = Access::AsBefore { new: 0o666 };
/// The provider under which ByteRover itself is billed.
const OWN: &str = "byterover";

/// A project, by its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

/// What a project has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The id of the team that is pinned.
    pub team: Option<String>,
    /// The provider it uses, if that is another one.
    pub other_provider: Option<String>,
}

impl Project {
    /// The project that is named, or the one around the working directory.
    ///
    /// # Errors
    /// Class `usage` for a name that is empty or no folder.
    pub fn find(named: Option<&Path>) -> Result<Option<Self>> {
        match named {
            Some(folder) => Self::named(folder).map(Some),
            // Whoever stands in no folder stands in no project.
            None => Ok(std::env::current_dir().ok().and_then(|folder| Self::around(&folder))),
        }
    }

    fn named(folder: &Path) -> Result<Self> {
        let refuse = |why: &str| {
            Err(Failure::usage(format!("--project '{}' {why}", folder.display()))
                .hint("Name the root folder of the project; nothing was written."))
        };
        if folder.as_os_str().is_empty() {
            return refuse("is empty");
        }
        if !folder.is_dir() {
            return refuse("is no folder");
        }
        match std::path::absolute(folder) {
            Ok(root) => Ok(Self { root }),
            Err(cause) => refuse(&format!("cannot be used: {cause}")),
        }
    }

    /// The nearest folder from here upwards that is a project.
    pub fn around(folder: &Path) -> Option<Self> {
        folder
            .ancestors()
            .find(|folder| folder.join(FOLDER).is_dir())
            .map(|root| Self { root: root.to_owned() })
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file, which may not be there.
    pub fn file(&self) -> PathBuf {
        self.root.join(FOLDER).join(FILE)
    }

    /// What it has chosen; nothing where there is no file.
    ///
    /// # Errors
    /// Class `config` for a file that cannot be read or makes no sense.
    pub fn choice(&self) -> Result<Choice> {
        let file = self.file();
        let Some((settings, _)) = read(&file)? else { return Ok(Choice::default()) };
        Ok(Choice {
            team: pinned(&settings, &file)?,
            other_provider: wire::text(&settings, "activeProvider").filter(|name| name != OWN),
        })
    }

    /// Pins a team, or none; says whether that changed anything.
    ///
    /// # Errors
    /// Class `config`; the file is as it was then.
    pub fn pin(&self, team: Option<&str>, interrupt: &Interrupt) -> Result<bool> {
        let named = self.file();
        let folder = self.root.join(FOLDER);
        let cannot = |cause: io::Error| unwritable(&named, cause);
        if !folder.is_dir() {
            if team.is_none() {
                return Ok(false);
            }
            fs::create_dir(&folder).or_else(ignore_existing).map_err(cannot)?;
            sync_folder(&self.root).map_err(cannot)?;
        }
        // A link stays a link: what it leads to is what is written, and locked.
        let file = if is_link(&named) {
            fs::canonicalize(&named).map_err(|cause| {
                Failure::config(format!("{} leads nowhere: {cause}", named.display()))
                    .because(anyhow::Error::new(cause))
                    .hint("Mend or remove the link; nothing was written.")
            })?
        } else {
            named.clone()
        };
        let folder = file.parent().unwrap_or(&folder);
        let _lock = Lock::of_folder(folder, interrupt)?;
        let before = read(&file)?;
        let (mut settings, layout) = before.unwrap_or_default();
        let held = pinned(&settings, &file)?;
        if held.as_deref() == team {
            return Ok(false);
        }
        set(&mut settings, team);
        replace(&file, &layout.write(&settings)?, ACCESS).map_err(cannot)?;
        Ok(true)
    }
}

fn unwritable(file: &Path, cause: io::Error) -> Failure {
    Failure::config(format!("{} cannot be written: {cause}", file.display()))
        .because(anyhow::Error::new(cause))
        .hint("Make the file and its folder writable; the old contents are still there.")
}

fn ignore_existing(cause: io::Error) -> io::Result<()> {
    if cause.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(cause) }
}

/// The pin in these settings. What stands in its place and is none is not taken for no pin.
fn pinned(settings: &Map<String, Value>, file: &Path) -> Result<Option<String>> {
    let strange = |what: &str| {
        Err(Failure::config(format!("{what} in {} makes no sense", file.display()))
            .hint("Correct it by hand; nothing was written."))
    };
    let billing = match settings.get("billing") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(billing)) => billing,
        Some(_) => return strange("'billing'"),
    };
    match billing.get("pinnedTeamId") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Ok(Some(id.clone()).filter(|id| !id.is_empty())),
        Some(_) => strange("'billing.pinnedTeamId'"),
    }
}

/// Puts the pin in, or takes it out and `billing` with it when nothing else is in there. Nothing
/// else moves.
fn set(settings: &mut Map<String, Value>, team: Option<&str>) {
    if let Some(id) = team {
        let billing = settings.entry("billing").or_insert(Value::Null);
        match billing {
            Value::Object(map) => {
                map.insert("pinnedTeamId".into(), id.into());
            }
            other => *other = serde_json::json!({ "pinnedTeamId": id }),
        }
    } else if let Some(Value::Object(billing)) = settings.get_mut("billing") {
        // `remove` would put the last key into the gap.
        billing.shift_remove("pinnedTeamId");
        if billing.is_empty() {
            settings.shift_remove("billing");
        }
    }
}

/// How a file is laid out, so that only what was changed differs afterwards.
struct Layout {
    /// One level of it; none for everything on one line.
    indent: Option<String>,
    ends_in_newline: bool,
    /// Lines end as they do on Windows.
    has_returns: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { indent: Some("  ".into()), ends_in_newline: true, has_returns: false }
    }
}

impl Layout {
    fn of(text: &str) -> Self {
        let indent = text.split_once('\n').and_then(|(_, second)| {
            let rest = second.trim_start_matches([' ', '\t']);
            rest.starts_with('"').then(|| second[..second.len() - rest.len()].to_owned())
        });
        // Nothing in it yet, nothing to follow.
        let bare = text.trim().trim_matches(['{', '}']).trim().is_empty();
        Self {
            indent: if bare { Self::default().indent } else { indent },
            ends_in_newline: text.ends_with('\n'),
            has_returns: text.contains("\r\n"),
        }
    }

    fn write(&self, settings: &Map<String, Value>) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let written = match &self.indent {
            None => serde_json::to_writer(&mut bytes, settings),
            Some(indent) => {
                let formatter = PrettyFormatter::with_indent(indent.as_bytes());
                settings
                    .serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))
            }
        };
        written.map_err(|cause| {
            Failure::internal("the pin could not be written down").because(cause)
        })?;
        if self.ends_in_newline {
            bytes.push(b'\n');
        }
        if self.has_returns {
            // Inside a value a line end is written as an escape.
            bytes = bytes.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
        }
        Ok(bytes)
    }
}

/// Reads the settings and how they are laid out; none where there is no file.
fn read(file: &Path) -> Result<Option<(Map<String, Value>, Layout)>> {
    let unreadable = |why: String| {
        Failure::config(format!("{} cannot be read: {why}", file.display()))
            .hint("Mend the file by hand; nothing was written.")
    };
    let mut bytes = Vec::new();
    let read =
        open_plain(file).and_then(|opened| opened.take(LONGEST_FILE + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => {}
        // A link that leads nowhere is not the same as no file.
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && !is_link(file) => return Ok(None),
        Err(cause) => {
            return Err(unreadable(cause.to_string()).because(anyhow::Error::new(cause)));
        }
    }
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(unreadable("it is larger than 1 MiB".into()));
    }
    let settings = wire::object(&bytes).ok_or_else(|| unreadable(why_no_object(&bytes)))?;
    let layout = Layout::of(&String::from_utf8_lossy(&bytes));
    Ok(Some((settings, layout)))
}

fn why_no_object(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        _ if bytes.iter().all(u8::is_ascii_whitespace) => "there is nothing in it".into(),
        Err(cause) if cause.is_eof() => "it ends in the middle".into(),
        Err(cause) => {
            format!("it makes no sense at line {}, column {}", cause.line(), cause.column())
        }
        Ok(Value::Object(_)) => "a key stands there twice".into(),
        Ok(_) => "it is no JSON object".into(),
    }
}

#[cfg(test)]
#[path = "pin_tests.rs"]
mod tests;
