//! Files that a verb puts where other programs of this user look for them.

use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, FileAccess};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What has been written.
#[derive(Debug, Default)]
pub struct Installed(Vec<PathBuf>);

impl Installed {
    /// Writes a file that everyone may read, and the folders above it.
    ///
    /// # Errors
    /// Class `config` when it cannot be written.
    pub fn write(&mut self, file: &Path, text: &str) -> Result<()> {
        let folder = file.parent().unwrap_or(file);
        fs::create_dir_all(folder).map_err(|cause| unwritable(folder, cause))?;
        files::replace(file, text.as_bytes(), FileAccess::AsBefore { new: 0o644 })
            .map_err(|cause| unwritable(file, cause))?;
        self.0.push(file.to_owned());
        Ok(())
    }

    /// How many files there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// The folder of this user for data of programs: `XDG_DATA_HOME`, or `~/.local/share`.
///
/// # Errors
/// Class `config` where there is no home.
pub fn data_folder(invocation: &Invocation) -> Result<PathBuf> {
    folder_of(invocation, "XDG_DATA_HOME", ".local/share")
}

/// The folder of this user for configuration of programs: `XDG_CONFIG_HOME`, or `~/.config`.
///
/// # Errors
/// Class `config` where there is no home.
pub fn config_folder(invocation: &Invocation) -> Result<PathBuf> {
    folder_of(invocation, "XDG_CONFIG_HOME", ".config")
}

fn folder_of(invocation: &Invocation, variable: &str, usual: &str) -> Result<PathBuf> {
    let variables = &invocation.setup.environment.variables;
    let absolute = |name| variables.set(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match absolute(variable) {
        Some(folder) => Ok(folder),
        None => Ok(home(invocation)?.join(usual)),
    }
}

/// The home of this user.
///
/// # Errors
/// Class `config` where there is none.
pub fn home(invocation: &Invocation) -> Result<PathBuf> {
    let home = invocation.setup.environment.variables.set("HOME").map(PathBuf::from);
    home.filter(|home| home.is_absolute()).ok_or_else(|| {
        Failure::config(
            "HOME is not set to an absolute path, so there is no folder to install into",
        )
    })
}

fn unwritable(path: &Path, cause: io::Error) -> Failure {
    Failure::config(format!("{} cannot be written: {cause}", path.display()))
        .because(anyhow::Error::new(cause))
}
