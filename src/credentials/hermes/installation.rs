//! Where Hermes keeps its login on this machine, found as Hermes itself finds it: its home, its
//! active profile, its `.env` and that of an administrator. Contract: nous, a Hermes login used in
//! place (seen with 0.19).

use super::dotenv;
use crate::config::paths::folder_in;
use crate::core::env;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use crate::core::files::read_plain;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file of a home that holds its logins.
const AUTH_FILE: &str = "auth.json";
/// The file that holds the copy which all homes share.
const SHARED_FILE: &str = "nous_auth.json";
/// The folder of the homes of profiles, in the root.
const PROFILES: &str = "profiles";
/// The file of the root that names the profile which is used where none is named.
const ACTIVE_PROFILE: &str = "active_profile";
/// Names the folder of an administrator's settings, instead of the usual one.
const MANAGED: &str = "HERMES_MANAGED_DIR";
/// The usual folder of an administrator's settings.
const MANAGED_FOLDER: &str = "/etc/hermes";
/// No file of settings of Hermes comes near this size.
const LONGEST_FILE: u64 = 1024 * 1024;

/// The two files that can hold a login of Hermes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `auth.json` of one home.
    pub auth: PathBuf,
    /// `nous_auth.json`, the copy that all homes share.
    pub shared: PathBuf,
}

/// What Hermes would use here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The files of the home that is meant.
    pub files: Files,
    /// The file of the root's own login, which a profile without one falls back to; none where the
    /// home is the root.
    pub root_auth: Option<PathBuf>,
    /// The portal that the settings of Hermes name, before what a login says.
    pub portal_url: Option<String>,
}

impl Installation {
    /// Finds it. Reads the settings of Hermes and no login.
    ///
    /// # Errors
    /// Class `config` for a folder that cannot be one, for settings that cannot be read, or when
    /// there is no home.
    pub fn find(variables: &Variables) -> Result<Self> {
        let named = folder_in(variables, env::HERMES_HOME)?;
        let usual = match folder_in(variables, "HOME")? {
            Some(folder) => folder.join(".hermes"),
            None => named.clone().ok_or_else(|| {
                Failure::config("there is no home folder that Hermes could be in: HOME is not set")
                    .hint_with("Set {} to the home of Hermes.", &[&env::HERMES_HOME])
            })?,
        };
        let home = match active_profile(named.as_deref(), &usual)? {
            Some(home) => Some(home),
            None => named,
        };
        let settings = Settings::read(variables, home.as_deref().unwrap_or(&usual), &usual)?;
        // What its settings name as home counts once they are read.
        let home = match settings.folder_in_files(env::HERMES_HOME)? {
            Some(home) => home,
            None => home.unwrap_or_else(|| usual.clone()),
        };
        let root = root_of(&home, &usual);
        let shared = settings.folder(env::HERMES_SHARED)?.unwrap_or_else(|| root.join("shared"));
        let is_root = resolved(&home) == resolved(&root);
        Ok(Self {
            files: Files { auth: home.join(AUTH_FILE), shared: shared.join(SHARED_FILE) },
            root_auth: (!is_root).then(|| root.join(AUTH_FILE)),
            portal_url: settings.text(env::HERMES_PORTAL).or(settings.text(env::NOUS_PORTAL)),
        })
    }
}

/// The root of a home: homes of profiles lie below it, and the shared copy does.
fn root_of(home: &Path, usual: &Path) -> PathBuf {
    if resolved(home).starts_with(resolved(usual)) {
        return usual.to_owned();
    }
    let folder = home.parent().filter(|folder| folder.ends_with(PROFILES));
    folder.and_then(Path::parent).unwrap_or(home).to_owned()
}

/// The path without links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The home of the profile that was chosen with `hermes profile use`. A home that is named and is
/// one of a profile counts before it.
fn active_profile(named: Option<&Path>, usual: &Path) -> Result<Option<PathBuf>> {
    if named.and_then(Path::parent).is_some_and(|folder| folder.ends_with(PROFILES)) {
        return Ok(None);
    }
    let root = root_of(named.unwrap_or(usual), usual);
    let file = root.join(ACTIVE_PROFILE);
    // What cannot be read is passed over by Hermes too.
    let name = read_plain(&file, LONGEST_FILE).unwrap_or_default().trim().to_lowercase();
    if name.is_empty() || name == "default" {
        return Ok(None);
    }
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let home = root.join(PROFILES).join(&name);
    if !name.bytes().all(plain) || !home.is_dir() {
        return Err(Failure::config(format!(
            "the active profile of Hermes, '{}' in {}, does not exist",
            name.escape_debug(),
            file.display()
        ))
        .hint("Choose one that does with 'hermes profile use NAME', or set HERMES_HOME."));
    }
    Ok(Some(home))
}

/// The variables as Hermes sees them once it has read its files: an administrator's file counts
/// before the one of the home, and that one before the environment.
struct Settings {
    layers: [Vec<(String, String)>; 2],
    variables: Variables,
    user_home: Option<PathBuf>,
}

impl Settings {
    fn read(variables: &Variables, home: &Path, usual: &Path) -> Result<Self> {
        let managed = match variables.text_or_none(MANAGED) {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(MANAGED_FOLDER),
        };
        let layers = [read_env_file(&managed, variables)?, read_env_file(home, variables)?];
        let user_home = usual.parent().map(Path::to_owned);
        Ok(Self { layers, variables: variables.clone(), user_home })
    }

    /// What one of the files says.
    fn in_files(&self, name: &str) -> Option<&str> {
        let said = self.layers.iter().find_map(|layer| {
            // Of two lines the later one counts.
            layer.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.trim())
        });
        said.filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.in_files(name).map(str::to_owned).or_else(|| self.variables.text_or_none(name))
    }

    fn folder(&self, name: &str) -> Result<Option<PathBuf>> {
        match self.folder_in_files(name)? {
            Some(folder) => Ok(Some(folder)),
            None => folder_in(&self.variables, name),
        }
    }

    /// A folder as Hermes takes it from its files, with `~` for the home of the user.
    fn folder_in_files(&self, name: &str) -> Result<Option<PathBuf>> {
        let Some(value) = self.in_files(name) else { return Ok(None) };
        let folder = match (value.strip_prefix("~"), &self.user_home) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/'))
            }
            _ => PathBuf::from(value),
        };
        folder_in(&Variables::new([(name, folder)]), name)
    }
}

fn read_env_file(folder: &Path, variables: &Variables) -> Result<Vec<(String, String)>> {
    let file = folder.join(".env");
    match read_plain(&file, LONGEST_FILE) {
        Ok(text) => Ok(dotenv::parse(&text, variables)),
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(cause) => Err(Failure::config(format!(
            "the settings of Hermes in {} cannot be read: {cause}",
            file.display()
        ))
        .because(anyhow::Error::new(cause))
        .hint("They can say where its logins are. Make the file readable, then run the command again.")),
    }
}
