//! Changes one key of `config.toml` and nothing else in it: comments, order and what is not known
//! here stay as they are, byte for byte. A value is taken only if the parser of the file takes it.

use super::file::{ConfigFile, LARGEST_FILE};
use super::keys::{self, ConfigKey};
use super::removal::without;
use super::settings::{KnownSystems, Settings};
use crate::core::failure::{Failure, Result};
use crate::core::files::make_folder_of;
use crate::core::files::{self, FileAccess, read_plain};
use crate::core::lock::Lock;
use crate::core::signals::Interrupt;
use crate::core::system::Catalogue;
use std::io;
use std::path::Path;
use toml_edit::{Decor, DocumentMut, Item, Table, Value};

/// A new file is for its owner alone: a password may be in a `ledger_url`.
const ACCESS: FileAccess = FileAccess::AsBefore { new: 0o600 };

/// What a change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What stood there before, as it would be typed.
    pub was: Option<String>,
    /// Whether the file is another one now.
    pub changed: bool,
}

/// Puts a value under a key of this profile, or takes it out where there is none; the key
/// `default_profile` is of no profile. File and profile are made where they are missing.
///
/// # Errors
/// Class `usage` for a value that the key does not take, `config` for a file that cannot be read,
/// understood or replaced: it is as it was then.
pub fn change(
    systems: &Catalogue,
    file: &Path,
    profile: &str,
    key: &ConfigKey,
    words: Option<&[String]>,
    interrupt: &Interrupt,
) -> Result<Changed> {
    let value = words.map(|words| value_of(key, words)).transpose()?;
    if value.is_none() && !file.try_exists().unwrap_or(true) && !files::is_link(file) {
        return Ok(Changed { was: None, changed: false });
    }
    make_folder_of(file)?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    let _lock = Lock::for_folder(folder, interrupt)?;
    let text = read(file)?;
    // A file that cannot be parsed is reported with its line, and is not written to.
    ConfigFile::parse(file, &text)?;
    let mut document: DocumentMut = text.parse().map_err(|cause: toml_edit::TomlError| {
        Failure::config(format!("{} cannot be changed: {}", file.display(), cause.message()))
            .hint("Correct it by hand; nothing was changed in it.")
    })?;
    let was = found(&document, profile, key);
    let changed = match value {
        Some(value) => {
            put(&mut document, profile, key, value).ok_or_else(|| {
                Failure::config(format!("{}: there is no place for {}", file.display(), key.name))
            })?;
            spaced(document.to_string(), &text)
        }
        // What is left is not written anew: every byte of it stays.
        None => without(&text, &path_of(profile, key)).unwrap_or_else(|| text.clone()),
    };
    if changed == text {
        return Ok(Changed { was, changed: false });
    }
    check(systems, file, profile, key, &changed)?;
    files::replace(file, changed.as_bytes(), ACCESS).map_err(|cause| {
        Failure::config(format!("{} cannot be written: {cause}", file.display()))
            .because(anyhow::Error::new(cause))
            .hint("Make the file and its folder writable; the old contents are still there.")
    })?;
    Ok(Changed { was, changed: true })
}

/// A first line that is new is kept apart from the profiles behind it.
fn spaced(changed: String, before: &str) -> String {
    match changed.split_once('\n') {
        Some((line, rest)) if rest == before && rest.starts_with('[') => {
            format!("{line}\n\n{rest}")
        }
        _ => changed,
    }
}

/// What was typed, as a value of the file.
fn value_of(key: &ConfigKey, words: &[String]) -> Result<Value> {
    let made = keys::value_of(key.name, words).unwrap_or_else(|| match words {
        [name] => Ok(name.as_str().into()),
        _ => Err("it takes one value".to_owned()),
    });
    made.map_err(|why| refused(key, &why))
}

fn refused(key: &ConfigKey, why: &str) -> Failure {
    Failure::usage(format!("{}: {}", key.name, why.replace('\n', " ").trim()))
        .hint_with("Write it like 'topup config set {} {}'.", &[&key.name, &key.example])
}

/// The text of the file; nothing where there is none yet. A link is not followed: the rename would
/// put a file in its place.
fn read(file: &Path) -> Result<String> {
    let cannot =
        |why: String| Failure::config(format!("{} cannot be changed: {why}", file.display()));
    if files::is_link(file) {
        return Err(cannot("it is a symbolic link".into())
            .hint("Change the file that it leads to by hand, or put the file itself there."));
    }
    match read_plain(file, LARGEST_FILE) {
        Ok(text) => Ok(text),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(cause) => Err(cannot(cause.to_string())
            .because(anyhow::Error::new(cause))
            .hint("Make it readable, or move it away.")),
    }
}

/// Where a key stands.
fn path_of<'a>(profile: &'a str, key: &ConfigKey) -> Vec<&'a str> {
    if key.name == keys::DEFAULT_PROFILE_KEY.name {
        vec![key.name]
    } else {
        vec!["profiles", profile, key.name]
    }
}

/// What stands under a key, as it would be typed.
fn found(document: &DocumentMut, profile: &str, key: &ConfigKey) -> Option<String> {
    let mut item = document.as_item();
    for name in path_of(profile, key) {
        item = item.get(name)?;
    }
    item.as_value().map(as_typed)
}

/// Changes the document; none where what stands there is no table.
fn put(document: &mut DocumentMut, profile: &str, key: &ConfigKey, value: Value) -> Option<()> {
    let mut table = document.as_item_mut();
    if key.name != keys::DEFAULT_PROFILE_KEY.name {
        let profiles = table.as_table_like_mut()?.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            // Only its parts are written down.
            table.set_implicit(true);
            Item::Table(table)
        });
        if !profiles.as_table_like()?.contains_key(profile) {
            if profiles.is_inline_table() {
                insert(profiles, profile, toml_edit::InlineTable::new().into());
            } else {
                profiles.as_table_like_mut()?.insert(profile, Item::Table(Table::new()));
            }
        }
        table = profiles.as_table_like_mut()?.get_mut(profile)?;
    }
    match table.as_table_like_mut()?.get_mut(key.name).and_then(Item::as_value_mut) {
        Some(old) => {
            // What stands behind it in the line, a comment say, stays.
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => insert(table, key.name, value),
    }
    Some(())
}

/// Inserts a key at the end. In an inline table it takes over the blanks behind the one that was last.
fn insert(item: &mut Item, name: &str, mut value: Value) {
    if let Some(table) = item.as_inline_table_mut() {
        let blanks = table.iter_mut().last().and_then(|(_, last)| {
            let behind = last.decor().suffix()?.as_str()?.to_owned();
            if !behind.trim().is_empty() {
                return None;
            }
            last.decor_mut().set_suffix("");
            Some(behind)
        });
        if let Some(blanks) = blanks {
            *value.decor_mut() = Decor::new(" ", blanks);
        }
        table.insert(name, value);
    } else if let Some(table) = item.as_table_like_mut() {
        table.insert(name, Item::Value(value));
    }
}

fn as_typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        Value::Array(parts) => parts.iter().map(as_typed).collect::<Vec<_>>().join(" "),
        other => other.to_string().trim().to_owned(),
    }
}

/// The parser of the file has the last word, before anything is written.
fn check(
    systems: &Catalogue,
    file: &Path,
    profile: &str,
    key: &ConfigKey,
    text: &str,
) -> Result<()> {
    let parsed =
        ConfigFile::try_parse(file, text).map_err(|cause| refused(key, cause.message()))?;
    let keys = parsed.profile(profile).unwrap_or_default();
    let known = KnownSystems { systems, file: &parsed };
    let Err(error) = Settings::from_profile(profile.to_owned(), &keys, known) else {
        return Ok(());
    };
    // Another key of the profile may be what is wrong: this one can be put right all the same.
    let path = format!("{}: {}: ", file.display(), key.name);
    error.to_string().strip_prefix(&path).map_or(Ok(()), |why| Err(refused(key, why)))
}
