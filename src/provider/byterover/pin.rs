//! The team that a project has pinned: `.brv/brv-provider.json`, key `billing.pinnedTeamId`.
//! Contract: byterover, the pin.
//!
//! Other programs keep settings of their own in the same file. What is not known here keeps its
//! place and its digits; a file that makes no sense is reported and never written to; and each
//! writer reads again under the lock first, so that of two writers none undoes the other. The lock
//! is the folder itself, held open: nothing is left behind in the project.
//!
//! `brv` empties the file before it writes it. A file that is empty or ends in the middle is read
//! again for a moment before it counts as unreadable.

use super::project::Project;
use crate::core::class::Recovery;
use crate::core::failure::{Failure, Result};
use crate::core::files::{FileAccess, is_link, open_plain, replace};
use crate::core::lock::Lock;
use crate::core::signals::Interrupt;
use crate::provider::wire;
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Value};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file in the folder of a project.
const FILE: &str = "brv-provider.json";
/// No file of settings comes near this size.
const LONGEST_FILE: u64 = 1024 * 1024;
/// As any editor makes a file of a project: the umask decides.
const ACCESS: FileAccess = FileAccess::AsBefore { new: 0o666 };
/// How often a file that is being written is read, and how long between two times.
const READS: u32 = 11;
const BETWEEN: Duration = Duration::from_millis(20);

impl Project {
    /// The file, which may not be there.
    pub fn pin_file(&self) -> PathBuf {
        self.folder().join(FILE)
    }

    /// The id of the team that it has pinned; none where there is no file.
    ///
    /// # Errors
    /// Class `config` for a file that cannot be read or makes no sense.
    pub fn pinned(&self, interrupt: &Interrupt) -> Result<Option<String>> {
        self.pinned_with(&mut pauses(interrupt))
    }

    pub(crate) fn pinned_with(&self, pause: &mut dyn FnMut(Duration)) -> Result<Option<String>> {
        let file = self.pin_file();
        match read(&file, pause)? {
            Some((settings, _)) => pinned(&settings, &file),
            None => Ok(None),
        }
    }

    /// Pins a team, or none; says whether that changed anything.
    ///
    /// # Errors
    /// Class `config`; the file is as it was then.
    pub fn pin(&self, team: Option<&str>, interrupt: &Interrupt) -> Result<bool> {
        self.pin_with(team, interrupt, &mut pauses(interrupt))
    }

    pub(crate) fn pin_with(
        &self,
        team: Option<&str>,
        interrupt: &Interrupt,
        pause: &mut dyn FnMut(Duration),
    ) -> Result<bool> {
        let named = self.pin_file();
        // A link stays a link: what it leads to is what is written, and locked.
        let file = if is_link(&named) {
            fs::canonicalize(&named).map_err(|cause| {
                Failure::config(format!("{} leads nowhere: {cause}", named.display()))
                    .because(anyhow::Error::new(cause))
                    .hint("Fix or remove the link; nothing was written.")
            })?
        } else {
            named.clone()
        };
        let folder = self.folder();
        let _lock = Lock::for_folder(file.parent().unwrap_or(&folder), interrupt)?;
        let before = read(&file, pause)?;
        let (mut settings, layout) = before.unwrap_or_default();
        let held = pinned(&settings, &file)?;
        if held.as_deref() == team {
            return Ok(false);
        }
        set(&mut settings, team);
        replace(&file, &layout.write(&settings)?, ACCESS)
            .map_err(|cause| unwritable(&named, cause))?;
        Ok(true)
    }
}

/// Pauses that a signal cuts short: what is read then is judged as it is.
fn pauses(interrupt: &Interrupt) -> impl FnMut(Duration) {
    let interrupt = interrupt.clone();
    move |pause| {
        let _ = interrupt.sleep(pause);
    }
}

fn unwritable(file: &Path, cause: io::Error) -> Failure {
    Failure::config(format!("{} cannot be written: {cause}", file.display()))
        .because(anyhow::Error::new(cause))
        .hint("Make the file and its folder writable; the old contents are still there.")
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
    fn parse(text: &str) -> Self {
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

/// Reads the settings and how they are laid out; none where there is no file. One that is just
/// being written is read again after a pause.
fn read(
    file: &Path,
    pause: &mut dyn FnMut(Duration),
) -> Result<Option<(Map<String, Value>, Layout)>> {
    let unreadable = |why: String| {
        Failure::config(format!("{} cannot be read: {why}", file.display()))
            .hint("Correct the file by hand; nothing was written.")
    };
    for reads in 1.. {
        let Some(bytes) = bytes(file)
            .map_err(|cause| unreadable(cause.to_string()).because(anyhow::Error::new(cause)))?
        else {
            return Ok(None);
        };
        if bytes.len() as u64 > LONGEST_FILE {
            return Err(unreadable("it is larger than 1 MiB".into()));
        }
        if let Some(settings) = wire::object(&bytes) {
            let layout = Layout::parse(&String::from_utf8_lossy(&bytes));
            return Ok(Some((settings, layout)));
        }
        let unfinished = is_unfinished(&bytes);
        if !unfinished || reads == READS {
            let refused = unreadable(why_no_object(&bytes));
            // Another program may yet end what it has begun: a watch reads again.
            return Err(if unfinished { refused.recovery(Recovery::RetryLater) } else { refused });
        }
        pause(BETWEEN);
    }
    Ok(None)
}

/// What stands in the file, and one byte more than it may have; none where there is no file.
fn bytes(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match open_plain(file).and_then(|opened| opened.take(LONGEST_FILE + 1).read_to_end(&mut bytes))
    {
        Ok(_) => Ok(Some(bytes)),
        // A link that leads nowhere is not the same as no file.
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && !is_link(file) => Ok(None),
        Err(cause) => Err(cause),
    }
}

fn is_unfinished(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_err_and(|cause| cause.is_eof())
}

fn why_no_object(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        _ if bytes.iter().all(u8::is_ascii_whitespace) => "there is nothing in it".into(),
        Err(cause) if cause.is_eof() => "it ends in the middle".into(),
        Err(cause) => {
            format!("it makes no sense at line {}, column {}", cause.line(), cause.column())
        }
        Ok(Value::Object(_)) => "a key stands there twice".into(),
        Ok(_) => "it is not a JSON object".into(),
    }
}

#[cfg(test)]
#[path = "pin_tests.rs"]
mod tests;
