//! The command of this run with a name that the CI system around it can vouch for, as a line for
//! its shell.

use crate::core::command::Shell;
use crate::core::env;
use crate::purchase::key::Surroundings;

/// What a purchase is called that was given no name: the purpose, behind the id of the run.
const PURPOSE: &str = "refill";

/// Flags that the line brings itself, and their value.
const REPLACED: &[&str] = &["--once", "--once-since"];

/// The CI system, as far as it tells something about names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CiSystem {
    /// The id of a run and the number of its attempt: the first attempt proves a name.
    GitHubFirst,
    /// A later attempt proves nothing, but GitHub knows when the run began.
    GitHubAgain,
    /// The id and the age of a pipeline.
    GitLab,
    /// Nothing: a day is in the name, and proves that the name is no older.
    Other,
}

impl CiSystem {
    fn new(surroundings: &Surroundings) -> Self {
        match surroundings.attempt() {
            Some(run) if run.attempt == 1 => Self::GitHubFirst,
            Some(_) => Self::GitHubAgain,
            None if surroundings.pipeline_id.is_some()
                && surroundings.pipeline_created.is_some() =>
            {
                Self::GitLab
            }
            None => Self::Other,
        }
    }

    /// What stands before the purpose, as a shell expands it within double quotes.
    fn id(self) -> String {
        match self {
            Self::GitHubFirst | Self::GitHubAgain => format!("${}", env::GITHUB_RUN_ID),
            Self::GitLab => format!("${}", env::PIPELINE_ID),
            Self::Other => "$(date -u +%F)".to_owned(),
        }
    }

    /// The value of `--once-since`, where it takes one.
    fn since(self) -> Option<&'static str> {
        match self {
            Self::GitHubFirst | Self::GitLab => None,
            Self::GitHubAgain => Some(
                "\"$(gh run view \"$GITHUB_RUN_ID\" --repo \"$GITHUB_REPOSITORY\" --json createdAt --jq .createdAt)\"",
            ),
            Self::Other => Some("\"$(date -u +%F)T00:00:00Z\""),
        }
    }

    /// What else the line takes, or how far it reaches.
    fn remark(self) -> Option<&'static str> {
        match self {
            Self::GitHubFirst | Self::GitLab => None,
            Self::GitHubAgain => Some(
                "gh asks GitHub when the run began: give the step 'GH_TOKEN: ${{ github.token }}' and the job 'permissions: actions: read'.",
            ),
            Self::Other => Some(
                "The name is that of one day: between 23:00 and 24:00 UTC nothing is bought under it.",
            ),
        }
    }
}

/// The line and what it takes.
pub(super) struct NamedCommand {
    /// For `sh`.
    pub line: String,
    /// A sentence about it.
    pub remark: Option<&'static str>,
}

impl NamedCommand {
    /// These words, typed behind `topup`, under a name that holds here; `given` is the name that
    /// was typed.
    pub fn new(words: &[String], given: Option<&str>, surroundings: &Surroundings) -> Self {
        let system = CiSystem::new(surroundings);
        let id = match system {
            CiSystem::GitHubFirst | CiSystem::GitHubAgain => surroundings.run_id.as_deref(),
            CiSystem::GitLab => surroundings.pipeline_id.as_deref(),
            CiSystem::Other => None,
        };
        let mut name = format!("--once \"{}\"", name(given, id.map(str::trim), &system.id()));
        if let Some(since) = system.since() {
            name.push_str(&format!(" --once-since {since}"));
        }
        let (options, rest) = without_name(words);
        let quoted = |word: &&str| Shell::Posix.quote(word);
        let mut line = vec!["topup".to_owned()];
        line.extend(options.iter().map(quoted));
        line.push(name);
        line.extend(rest.iter().map(quoted));
        Self { line: line.join(" "), remark: system.remark() }
    }
}

/// The words before `--` and from it on, the old name left out.
fn without_name(words: &[String]) -> (Vec<&str>, Vec<&str>) {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let mut options = Vec::new();
    let mut rest = words[..end].iter().map(String::as_str);
    while let Some(word) = rest.next() {
        let (flag, value) = word.split_once('=').unzip();
        if !REPLACED.contains(&flag.unwrap_or(word)) {
            options.push(word);
        } else if value.is_none() {
            rest.next();
        }
    }
    (options, words[end..].iter().map(String::as_str).collect())
}

/// The name within double quotes: the id in its place where the name carries it, else before it.
fn name(given: Option<&str>, id: Option<&str>, expression: &str) -> String {
    let given = given.unwrap_or(PURPOSE);
    match id.filter(|id| !id.is_empty()).and_then(|id| given.split_once(id)) {
        Some((before, after)) => {
            [in_double_quotes(before), braced(expression, after), in_double_quotes(after)].concat()
        }
        None => format!("{expression}-{}", in_double_quotes(given)),
    }
}

/// The variable in braces where the text behind it would lengthen its name.
fn braced(expression: &str, after: &str) -> String {
    let goes_on = after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    match expression.strip_prefix('$') {
        Some(name) if goes_on && !name.starts_with('(') => format!("${{{name}}}"),
        _ => expression.to_owned(),
    }
}

fn in_double_quotes(text: &str) -> String {
    let mut quoted = String::new();
    for character in text.chars() {
        if matches!(character, '\\' | '"' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn github(attempt: &str) -> Surroundings {
        Surroundings {
            ci: true,
            run_id: Some("4711".into()),
            run_attempt: Some(attempt.into()),
            ..Surroundings::default()
        }
    }

    #[test]
    fn each_system_gets_the_name_that_it_can_vouch_for() {
        let line = |surroundings: &Surroundings| {
            let ensure = words("ensure --at-least 20 --buy 25 --yes");
            NamedCommand::new(&ensure, None, surroundings).line
        };
        let begin = "topup ensure --at-least 20 --buy 25 --yes --once";
        assert_eq!(line(&github("1")), format!("{begin} \"$GITHUB_RUN_ID-refill\""));
        assert!(line(&github("2")).contains("-refill\" --once-since \"$(gh run view"));
        let gitlab = Surroundings {
            ci: true,
            pipeline_id: Some("815".into()),
            pipeline_created: Some("2026-11-20T12:00:00Z".into()),
            ..Surroundings::default()
        };
        assert_eq!(line(&gitlab), format!("{begin} \"$CI_PIPELINE_ID-refill\""));
        let other = Surroundings { ci: true, ..Surroundings::default() };
        assert_eq!(
            line(&other),
            format!("{begin} \"$(date -u +%F)-refill\" --once-since \"$(date -u +%F)T00:00:00Z\"")
        );
    }

    #[test]
    fn the_name_that_was_typed_is_the_purpose_and_foreign_text_stays_text() {
        let line = |typed: &str, name: &str| {
            NamedCommand::new(&words(typed), Some(name), &github("1")).line
        };
        assert_eq!(
            line("buy --once nightly --yes --once-since=2026-11-20T12:00:00Z -- 25", "nightly"),
            "topup buy --yes --once \"$GITHUB_RUN_ID-nightly\" -- 25"
        );
        assert_eq!(
            line("buy 25 --once=a-4711-b", "a-4711-b"),
            "topup buy 25 --once \"a-$GITHUB_RUN_ID-b\""
        );
        assert_eq!(
            line("buy 25 --once=4711b", "4711b"),
            "topup buy 25 --once \"${GITHUB_RUN_ID}b\""
        );
        assert_eq!(
            line("buy $(id) --once x", "`id`\"$HOME"),
            "topup buy '$(id)' --once \"$GITHUB_RUN_ID-\\`id\\`\\\"\\$HOME\""
        );
    }
}
