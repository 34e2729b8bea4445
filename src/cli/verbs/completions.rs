//! `topup completions`: a completion script for a shell; and what such a script asks for.
//!
//! The scripts of bash, zsh, fish, elvish and Nushell ask this program what can stand at the cursor,
//! so that they complete what only this machine knows, such as ids and profiles, and are the same in
//! every version. That of PowerShell knows verbs and flags only: it would have to run a line that
//! nobody has entered yet.

pub mod values;

use super::Cli;
use super::install::{self, Installed};
use crate::cli::invocation::Invocation;
use crate::core::class::Class;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::output::{self, Answer, Plain};
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::engine::{CompletionCandidate, complete};
use std::ffi::OsString;
use std::panic;
use std::path::PathBuf;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup completions bash --install     write it where bash looks for it
  topup completions bash >topup.bash   then: source topup.bash";

/// The arguments of `topup completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// Which shell [default with --install: that of SHELL]
    #[arg(value_name = "SHELL", required_unless_present = "install")]
    shell: Option<CompletionShell>,
    /// Write the script where the shell of this user looks for it
    #[arg(long)]
    install: bool,
}

/// The shells there are scripts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompletionShell {
    /// Bourne Again SHell.
    Bash,
    /// Elvish.
    Elvish,
    /// Friendly Interactive SHell.
    Fish,
    /// Nushell.
    Nushell,
    /// PowerShell.
    #[value(name = "powershell")]
    PowerShell,
    /// Z SHell.
    Zsh,
}

impl Completions {
    /// Prints the script, which touches neither disk nor network, or writes it to its place.
    ///
    /// # Errors
    /// Class `usage` when it is not known for which shell, `config` when the file cannot be written.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let shell = match self.shell {
            Some(shell) => shell,
            None => shell_of(invocation)?,
        };
        let script = script(shell)?;
        if !self.install {
            return Ok(Answer::new(Plain { text: script }));
        }
        let (file, then) = place(shell, invocation)?;
        Installed::default().write(&file, &script)?;
        let then = match then {
            None => "A new shell completes topup.".to_owned(),
            Some(line) => {
                format!("Add this to the start file of the shell, then begin a new one:\n{line}")
            }
        };
        Ok(Answer::new(Plain { text: format!("Written: {}\n{then}\n", file.display()) }))
    }
}

/// The shell that this user has, by SHELL.
fn shell_of(invocation: &Invocation) -> Result<CompletionShell> {
    let path = invocation.setup.variable(env::SHELL)?.unwrap_or_default();
    match path.rsplit('/').next().unwrap_or_default() {
        "bash" => Ok(CompletionShell::Bash),
        "elvish" => Ok(CompletionShell::Elvish),
        "fish" => Ok(CompletionShell::Fish),
        "nu" => Ok(CompletionShell::Nushell),
        "pwsh" => Ok(CompletionShell::PowerShell),
        "zsh" => Ok(CompletionShell::Zsh),
        _ => Err(Failure::usage("SHELL names no shell that there is a completion for")
            .hint("Name it, as in 'topup completions bash --install'.")),
    }
}

/// Where a shell looks for a script of this user, and the line for its start file where it looks
/// nowhere by itself.
fn place(shell: CompletionShell, invocation: &Invocation) -> Result<(PathBuf, Option<String>)> {
    let below = |folder: Result<PathBuf>, path: &str| folder.map(|folder| folder.join(path));
    let data = || install::data_folder(invocation);
    let config = || install::config_folder(invocation);
    Ok(match shell {
        CompletionShell::Bash => (below(data(), "bash-completion/completions/topup")?, None),
        CompletionShell::Fish => (below(config(), "fish/completions/topup.fish")?, None),
        CompletionShell::Nushell => (below(data(), "nushell/vendor/autoload/topup.nu")?, None),
        CompletionShell::Elvish => {
            (below(config(), "elvish/lib/topup.elv")?, Some("use topup".to_owned()))
        }
        CompletionShell::Zsh => {
            let line = "fpath=(~/.zfunc $fpath); autoload -Uz compinit && compinit";
            (below(install::home(invocation), ".zfunc/_topup")?, Some(line.to_owned()))
        }
        CompletionShell::PowerShell => {
            let file = below(config(), "powershell/topup.ps1")?;
            let line = format!(". '{}'", file.display());
            (file, Some(line))
        }
    })
}

/// Asks for the word at the cursor. What comes back is one harmless word a line.
const BASH: &str = r#"# Completion of topup for bash: topup itself is asked.
_topup() {
    local IFS=$'\n' words=("${COMP_WORDS[@]}") word
    [[ $2 ]] && words[COMP_CWORD]=$2
    COMPREPLY=($(TOPUP_COMPLETE=bash TOPUP_COMPLETE_AT=$COMP_CWORD topup -- "${words[@]}" 2>/dev/null))
    if [[ ${COMPREPLY-} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    # Files stand behind a redirection and in the command behind `--` alone.
    if [[ ${COMP_WORDS[COMP_CWORD-1]} == [\<\>]* ]]; then
        compopt -o default 2>/dev/null
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ $word == -- ]]; then
            compopt -o bashdefault -o default 2>/dev/null
        fi
    done
}
complete -o nosort -F _topup topup 2>/dev/null || complete -F _topup topup
"#;

/// The same; the file is found by its name in a folder of functions, or sourced.
const ZSH: &str = r#"#compdef topup
# Completion of topup for zsh: topup itself is asked.
_topup() {
    local -a found folders others
    found=("${(@f)$(TOPUP_COMPLETE=zsh topup -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    folders=(${(M)found:#*/})
    others=(${${found:#*/}:#})
    if (( $#folders + $#others == 0 )); then
        # Files stand in the command behind `--` alone.
        (( ${words[(i)--]} < CURRENT )) && _files
        return
    fi
    (( $#folders )) && compadd -S '' -- $folders
    (( $#others )) && _describe -V topup others
}
if [[ $funcstack[1] == _topup ]]; then
    _topup "$@"
else
    compdef _topup topup
fi
"#;

/// The same; behind `--` stands a command of somebody else, which files are part of.
const FISH: &str = r"# Completion of topup for fish: topup itself is asked.
complete --command topup --no-files --keep-order --arguments '(TOPUP_COMPLETE=fish topup -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null)'
complete --command topup --force-files --condition 'contains -- -- (commandline --current-process --tokenize --cut-at-cursor)'
";

/// The same.
const ELVISH: &str = r"# Completion of topup for elvish: topup itself is asked.
set edit:completion:arg-completer[topup] = {|@words|
    try { env TOPUP_COMPLETE=elvish topup -- $@words 2>/dev/null } catch { }
}
";

/// The same; Nushell offers files for `null`, which is for the command behind `--`.
const NUSHELL: &str = r#"# Completion of topup for Nushell, 0.108 or later: topup itself is asked.
def "nu-complete topup" [words: list<string>] {
    let told = with-env { TOPUP_COMPLETE: nushell } { ^topup -- ...$words e> /dev/null }
    let found = $told | lines | split column "\t" value description
    if ($found | is-empty) and ("--" in $words) { null } else { $found }
}

# Buys, watches and meters prepaid AI credits, and never pays twice
@complete "nu-complete topup"
export extern topup [...words: string]
"#;

/// The completion script of a shell.
///
/// # Errors
/// Class `internal` when it is no text.
pub fn script(shell: CompletionShell) -> Result<String> {
    match shell {
        CompletionShell::Bash => Ok(BASH.to_owned()),
        CompletionShell::Zsh => Ok(ZSH.to_owned()),
        CompletionShell::Fish => Ok(FISH.to_owned()),
        CompletionShell::Elvish => Ok(ELVISH.to_owned()),
        CompletionShell::PowerShell => knowing(clap_complete::Shell::PowerShell),
        CompletionShell::Nushell => Ok(NUSHELL.to_owned()),
    }
}

/// A script that knows by itself what there was when it was made.
fn knowing(shell: impl clap_complete::Generator) -> Result<String> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "topup", &mut bytes);
    text_of(bytes)
}

fn text_of(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|cause| {
        Failure::internal("the completion script is no text").because(anyhow::Error::new(cause))
    })
}

/// The shell whose script asks. Nothing else begins with `--`: a variable that was left behind by
/// somebody turns no other command into this.
pub fn asking_shell(argv: &[OsString]) -> Option<String> {
    let asks = argv.get(1).is_some_and(|word| word == "--");
    std::env::var(env::COMPLETE).ok().filter(|_| asks)
}

/// Answers a script, with whatever can be found out without a word to anybody: nobody has asked for
/// a message in the middle of a line.
pub fn answer(shell: &str, argv: Vec<OsString>) -> u8 {
    panic::set_hook(Box::new(|_| {}));
    let shell = shell.to_owned();
    let told = panic::catch_unwind(move || {
        let mut words: Vec<OsString> = argv.into_iter().skip(2).collect();
        let last = words.len().saturating_sub(1);
        let at = std::env::var(env::COMPLETE_AT).ok().and_then(|at| at.parse().ok());
        let mut at: usize = at.unwrap_or(last);
        // Some shells leave out the word that has no letter yet.
        if at == words.len() {
            words.push(OsString::new());
        }
        let mut before = 0;
        if shell == "bash" {
            (words, at, before) = joined(words, at);
        }
        let is_flag = words.get(at).is_some_and(|word| word.as_encoded_bytes().starts_with(b"-"));
        let folder = std::env::current_dir().ok();
        let found = complete(&mut Cli::command(), words, at, folder.as_deref()).unwrap_or_default();
        written_for(&shell, &found, is_flag, before)
    });
    let _ = output::write_out(&told.unwrap_or_default());
    Class::Success.code()
}

/// bash takes `--name=value` for three words: puts them together again. Gives the words, which of
/// them is asked for, and how many bytes of it stand before the one that bash means.
fn joined(words: Vec<OsString>, at: usize) -> (Vec<OsString>, usize, usize) {
    let mut whole: Vec<OsString> = Vec::new();
    let (mut asked, mut before, mut is_open) = (at, 0, false);
    for (number, word) in words.into_iter().enumerate() {
        let is_sign = word == "=";
        let goes_on = match whole.last() {
            Some(last) if is_sign => last.as_encoded_bytes().starts_with(b"--"),
            Some(_) => is_open,
            None => false,
        };
        if goes_on && let Some(last) = whole.last_mut() {
            let length = last.len();
            last.push(&word);
            if number == at {
                asked = whole.len() - 1;
                before = if is_sign { length + 1 } else { length };
            }
        } else {
            whole.push(word);
            if number == at {
                asked = whole.len() - 1;
            }
        }
        is_open = goes_on && is_sign;
    }
    (whole, asked, before)
}

/// The candidates as the script of this shell reads them, without the bytes that it has `before`
/// them. Flags are for whoever has begun one, unless there is nothing else.
fn written_for(shell: &str, found: &[CompletionCandidate], is_flag: bool, before: usize) -> String {
    let found = found.iter().filter_map(|one| {
        let value = one.get_value().to_str().filter(|value| is_harmless(value))?;
        let help = one.get_help().map(ToString::to_string).unwrap_or_default();
        let help: String = help.lines().next().unwrap_or_default().replace('\\', "");
        Some((value.get(before..)?, help.replace(char::is_control, " ")))
    });
    let found: Vec<(&str, String)> = found.filter(|(value, _)| !value.is_empty()).collect();
    let has_values = found.iter().any(|(value, _)| !value.starts_with('-'));
    let lines = found.iter().filter(|(value, _)| is_flag || !has_values || !value.starts_with('-'));
    let lines = lines.map(|(value, help)| match shell {
        "zsh" if !help.is_empty() => format!("{}:{help}", value.replace(':', "\\:")),
        "zsh" => value.replace(':', "\\:"),
        "fish" | "nushell" if !help.is_empty() => format!("{value}\t{help}"),
        _ => (*value).to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether every shell takes it for text and for one word, wherever it comes from: an id of a
/// system, a name in a journal, a file in somebody's folder.
fn is_harmless(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=+,@%".contains(&byte);
    !value.is_empty() && value.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shell_gets_anything_that_it_could_run() {
        let hostile = [
            "$(touch x)",
            "`x`",
            "a;b",
            "a b",
            "a\nb",
            "a\u{1b}[2J",
            "a\tb",
            "a'b",
            "a\"b",
            "*",
            "~x",
            "a|b",
            "a>b",
            "a&b",
            "{a,b}",
            "a\\b",
            "#a",
            "!a",
            "é",
            "a\u{202e}b",
            "",
        ];
        let mut all: Vec<CompletionCandidate> =
            hostile.iter().map(|text| CompletionCandidate::new(*text)).collect();
        let help = "one\\ line\u{7}\nand another";
        all.push(CompletionCandidate::new("ch_1-2").help(Some(help.into())));
        for (shell, written) in [
            ("bash", "ch_1-2"),
            ("elvish", "ch_1-2"),
            ("zsh", "ch_1-2:one line"),
            ("fish", "ch_1-2\tone line"),
            ("unknown", "ch_1-2"),
        ] {
            assert_eq!(written_for(shell, &all, false, 0), written, "{shell}");
        }
    }

    #[test]
    fn what_bash_takes_apart_is_put_together_again() {
        let words = |typed: &str| typed.split(' ').map(OsString::from).collect::<Vec<_>>();
        for (typed, at, whole, asked, before) in [
            ("topup state", 1, "topup state", 1, 0),
            ("topup --profile = wo", 3, "topup --profile=wo", 1, 10),
            ("topup --profile =", 2, "topup --profile=", 1, 10),
            ("topup --profile = wo sta", 4, "topup --profile=wo sta", 2, 0),
            ("topup a = b", 3, "topup a = b", 3, 0),
        ] {
            assert_eq!(joined(words(typed), at), (words(whole), asked, before), "{typed}");
        }
    }

    #[test]
    fn flags_are_for_whoever_has_begun_one() {
        let all = ["--wait", "ch_1"].map(CompletionCandidate::new);
        assert_eq!(written_for("bash", &all, false, 0), "ch_1");
        assert_eq!(written_for("bash", &all[..1], false, 0), "--wait");
        assert_eq!(written_for("bash", &all[..1], true, 0), "--wait");
    }
}
