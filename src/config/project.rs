//! `.topup.toml` of a project: it chooses a system or a profile, and nothing else.

use super::file::parse;
use crate::core::failure::{Failure, Result};
use crate::core::files::read_plain;
use serde::Deserialize;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Two lines fill the file of a project; a larger one, in bytes, is refused.
const LARGEST_PROJECT_FILE: u64 = 64 * 1024;

/// `.topup.toml` of a project: it may choose, and may neither redirect tokens nor loosen limits.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectFile {
    pub provider: Option<String>,
    pub profile: Option<String>,
}

/// The nearest `.topup.toml`, from the working folder upwards, of any file type.
pub(super) fn find_project_file(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .map(|folder| folder.join(".topup.toml"))
        .find(|file| fs::symlink_metadata(file).is_ok())
}

/// Reads the file of a project. Anybody may have written it: it is read only if it is a small file,
/// and of one that lies elsewhere nothing is repeated.
pub(super) fn read_project(file: &Path) -> Result<ProjectFile> {
    let refused = |why: &str| {
        Failure::config(format!("{} {why}", file.display()))
            .hint("Move it away, or write provider and profile into it and nothing else.")
    };
    let failed =
        |cause: std::io::Error| refused(&format!("cannot be read: {cause}")).because(cause);
    let text = read_plain(file, LARGEST_PROJECT_FILE).map_err(|cause| match cause.kind() {
        ErrorKind::FileTooLarge => refused("is too large for what may stand in it"),
        _ => failed(cause),
    })?;
    let is_link = fs::symlink_metadata(file).is_ok_and(|found| found.is_symlink());
    parse(file, &text).map_err(|error| {
        if is_link {
            refused("is a link to something else than the file of a project")
        } else {
            error
        }
    })
}
