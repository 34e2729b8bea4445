//! What only this machine knows, for completion: read in passing from the files that are there.
//! Nothing is asked of a network, waited for, written or complained of; what does not work gives
//! nothing.

use crate::app::summary::PurchaseStatus;
use crate::cli::manual::TOPICS;
use crate::config::paths::Paths;
use crate::config::{AskedSettings, ConfigFile, Settings, keys};
use crate::core::class::TABLE;
use crate::core::env;
use crate::core::environment::Variables;
use crate::core::time::Period;
use crate::ledger;
use crate::provider::plans::Item;
use crate::purchase::journal::Journal;
use crate::purchase::record::Purchase;
use crate::sandbox::settings;
use clap_complete::CompletionCandidate;
use std::path::{Path, PathBuf};

/// More is too much to choose from, and to wait for.
const MOST: u32 = 50;

/// The newest purchases: by the id of the system where there is one, else by that of the journal.
pub fn purchases() -> Vec<CompletionCandidate> {
    let found = || {
        let journal = Journal::glance(&paths()?.journal_file())?;
        let purchases = journal.newest(&Period::default(), MOST).ok()?.into_iter();
        let purchases = purchases.filter_map(|id| journal.load(id).ok());
        Some(purchases.map(|purchase| candidate(&purchase)).collect())
    };
    found().unwrap_or_default()
}

fn candidate(purchase: &Purchase) -> CompletionCandidate {
    let id = match purchase.charges.first() {
        Some(charge) => charge.to_string(),
        None => purchase.intent.id.to_string(),
    };
    let day = purchase.asked.wall.strftime("%Y-%m-%d");
    let what = match purchase.intent.item {
        Item::Pack => "pack".to_owned(),
        Item::Credits | Item::Plan(_) => format!("{} USD", purchase.intent.amount),
    };
    let help = format!("{day} {what} {}", PurchaseStatus::from_purchase(purchase).word());
    CompletionCandidate::new(id).help(Some(help.into()))
}

/// The names that `--once` was given.
pub fn names() -> Vec<CompletionCandidate> {
    let found = || Journal::glance(&paths()?.journal_file())?.names(MOST).ok();
    as_typed(found().unwrap_or_default())
}

/// The systems there are, and those of the configuration.
pub fn systems() -> Vec<CompletionCandidate> {
    let known = crate::provider::catalogue();
    let known = known.all().map(|system| {
        CompletionCandidate::new(system.name()).help(Some(system.facts().summary.into()))
    });
    let own = configuration().map(|file| file.own_systems()).unwrap_or_default();
    known.chain(as_typed(own)).collect()
}

/// The profiles of the configuration.
pub fn profiles() -> Vec<CompletionCandidate> {
    as_typed(configuration().map(|file| file.profiles()).unwrap_or_default())
}

fn configuration() -> Option<ConfigFile> {
    ConfigFile::read(&paths()?.config_file()).ok()
}

/// The mandates of the ledger, where that is a file.
pub fn mandates() -> Vec<CompletionCandidate> {
    as_typed(ledger_file().map(|file| ledger::glance(&file)).unwrap_or_default())
}

/// The file that the ledger would be in, as the settings say it.
fn ledger_file() -> Option<PathBuf> {
    let paths = paths()?;
    let set = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    if env::is_on(env::SANDBOX) {
        return Some(paths.sandbox_ledger_file());
    }
    let profile = || {
        let asked = AskedSettings { profile: set(env::PROFILE), ..AskedSettings::default() };
        let systems = crate::provider::catalogue();
        Settings::resolve(asked, &systems, &configuration()?, None).ok()?.ledger_url
    };
    match set(env::LEDGER_URL).or_else(profile) {
        None => Some(paths.ledger_file()),
        // What is no file of this machine is not asked.
        Some(url) if url.starts_with("postgres") => None,
        Some(url) => Some(Path::new(url.strip_prefix("sqlite://").unwrap_or(&url)).to_owned()),
    }
}

/// Every class, every exit code and every topic.
pub fn classes() -> Vec<CompletionCandidate> {
    let names =
        TABLE.iter().map(|row| CompletionCandidate::new(row.name).help(Some(row.meaning.into())));
    let codes = TABLE
        .iter()
        .map(|row| CompletionCandidate::new(row.code.to_string()).help(Some(row.name.into())));
    names.chain(codes).chain(topics()).collect()
}

/// Every topic of the manual.
pub fn topics() -> impl Iterator<Item = CompletionCandidate> {
    TOPICS.iter().map(|topic| CompletionCandidate::new(topic.name).help(Some(topic.summary.into())))
}

/// The keys of the configuration.
pub fn keys() -> Vec<CompletionCandidate> {
    let candidate =
        |key: &keys::ConfigKey| CompletionCandidate::new(key.name).help(Some(key.meaning.into()));
    keys::all().map(candidate).collect()
}

/// The settings of the sandbox, each with the sign that its value follows.
pub fn sandbox_settings() -> Vec<CompletionCandidate> {
    let candidate = |setting: &settings::SandboxSetting| {
        CompletionCandidate::new(format!("{}=", setting.name)).help(Some(setting.values.into()))
    };
    settings::SETTINGS.iter().map(candidate).collect()
}

fn paths() -> Option<Paths> {
    Paths::find(&Variables::from_process()).ok()
}

/// Names that people gave: one that begins like a flag is no help.
fn as_typed(names: Vec<String>) -> Vec<CompletionCandidate> {
    let is_value = |name: &String| !name.starts_with('-');
    names.into_iter().filter(is_value).map(CompletionCandidate::new).collect()
}
