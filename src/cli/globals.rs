//! The flags that every verb takes.

use super::verbs::completions::values;
use crate::core::duration;
use crate::core::env;
use crate::output::Color;
use clap::Args;
use clap::builder::FalseyValueParser;
use clap_complete::ArgValueCandidates;
use std::time::Duration;

/// The word of a system: one that there is, or the name of a row of the configuration, which is
/// read only where a verb needs it.
fn system_word(word: &str) -> Result<String, String> {
    if word.is_empty() || word.chars().any(char::is_whitespace) {
        return Err("it is the word of a billing system, such as nous".to_owned());
    }
    Ok(word.to_owned())
}

/// Flags that every verb takes. Each has an environment variable of the same name.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Choose the billing system; 'topup explain systems' lists them
    #[arg(long, global = true, hide_short_help = true, env = env::PROVIDER, hide_env = true, value_name = "SYSTEM", value_parser = system_word, add = ArgValueCandidates::new(values::systems))]
    pub provider: Option<String>,
    /// Choose a profile of the configuration
    #[arg(long, global = true, hide_short_help = true, env = env::PROFILE, hide_env = true, value_name = "NAME", add = ArgValueCandidates::new(values::profiles))]
    pub profile: Option<String>,
    /// Use the system at this base URL
    #[arg(long, global = true, hide_short_help = true, env = env::PORTAL_URL, hide_env = true, value_name = "URL")]
    pub portal_url: Option<String>,
    /// Use the built-in sandbox: no account, no real money
    #[arg(long, global = true, hide_short_help = true, env = env::SANDBOX, hide_env = true, value_parser = FalseyValueParser::new())]
    pub sandbox: bool,
    /// Answer with one JSON document, on failure too
    #[arg(long, global = true, hide_short_help = true, env = env::JSON, hide_env = true, value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Print one value of the answer, bare, such as balance_usd; several times for several lines
    #[arg(long, global = true, hide_short_help = true, env = env::GET, hide_env = true, value_name = "PATH")]
    pub get: Vec<String>,
    /// Print the portal link for this command and do nothing else
    #[arg(long, global = true, hide_short_help = true, env = env::LINK, hide_env = true, value_parser = FalseyValueParser::new())]
    pub link: bool,
    /// Go ahead without asking
    #[arg(long, short = 'y', alias = "assume-yes", global = true, hide_short_help = true, env = env::YES, hide_env = true, value_parser = FalseyValueParser::new())]
    pub yes: bool,
    /// Never ask anything
    #[arg(long, global = true, hide_short_help = true, env = env::NO_INPUT, hide_env = true, value_parser = FalseyValueParser::new())]
    pub no_input: bool,
    /// Show no progress and no notes
    #[arg(long, short = 'q', global = true, hide_short_help = true, env = env::QUIET, hide_env = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,
    /// Show each request with secrets cut out
    #[arg(long, short = 'v', global = true, hide_short_help = true, env = env::VERBOSE, hide_env = true, value_parser = FalseyValueParser::new())]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, global = true, hide_short_help = true, env = env::COLOR, hide_env = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Timeout for each request [default: 15s to 30s]
    #[arg(long, global = true, hide_short_help = true, env = env::TIMEOUT, hide_env = true, value_name = "DURATION", value_parser = duration::parse_some)]
    pub timeout: Option<Duration>,
    /// Accept a plain http portal that is not on this machine
    #[arg(long, global = true, hide_short_help = true, env = env::INSECURE_HTTP, hide_env = true, value_parser = FalseyValueParser::new())]
    pub insecure_http: bool,
}
