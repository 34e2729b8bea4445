//! `topup completions`: a completion script for a shell. What it asks for is answered in
//! `cli::completing`.
//!
//! The scripts of bash, zsh, fish, elvish and Nushell ask this program what can stand at the cursor,
//! so that they complete what only this machine knows, such as ids and profiles, and are the same in
//! every version. That of PowerShell knows verbs and flags only: it would have to run a line that
//! has not been entered yet.

pub(crate) mod values;

use super::install::{self, Installed};
use crate::cli::invocation::Invocation;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::output::{Answer, Plain};
use clap::{Args, ValueEnum};
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
    /// Which shell [default with --install: your $SHELL]
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
        let script = script(shell, invocation.command_line)?;
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
        _ => Err(Failure::usage("SHELL names no shell that has a completion")
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

/// Asks for the word at the cursor, with the line as it is typed: bash gives no other way to know
/// quotes, and which words stand together. What comes back is one word a line, quoted.
const BASH: &str = r#"# Completion of topup for bash: topup itself is asked.
_topup() {
    local word
    COMPREPLY=()
    while IFS= read -r word || [[ $word ]]; do
        COMPREPLY+=("$word")
    done < <(TOPUP_COMPLETE=bash TOPUP_COMPLETE_BREAKS=$COMP_WORDBREAKS topup -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
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
    let answer = with-env { TOPUP_COMPLETE: nushell } { ^topup -- ...$words e> /dev/null }
    let found = $answer | lines | split column "\t" value description
    if ($found | is-empty) and ("--" in $words) { null } else { $found }
}

# Buys, watches and meters prepaid AI credits, and never pays twice
@complete "nu-complete topup"
export extern topup [...words: string]
"#;

/// The completion script of a shell, for this command line.
///
/// # Errors
/// Class `internal` when it is no text.
pub fn script(shell: CompletionShell, command_line: fn() -> clap::Command) -> Result<String> {
    match shell {
        CompletionShell::Bash => Ok(BASH.to_owned()),
        CompletionShell::Zsh => Ok(ZSH.to_owned()),
        CompletionShell::Fish => Ok(FISH.to_owned()),
        CompletionShell::Elvish => Ok(ELVISH.to_owned()),
        CompletionShell::PowerShell => knowing(clap_complete::Shell::PowerShell, command_line()),
        CompletionShell::Nushell => Ok(NUSHELL.to_owned()),
    }
}

/// A script that knows by itself what there was when it was made.
fn knowing(shell: impl clap_complete::Generator, mut command: clap::Command) -> Result<String> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command, "topup", &mut bytes);
    text_of(bytes)
}

fn text_of(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|cause| {
        Failure::internal("the completion script is not text").because(anyhow::Error::new(cause))
    })
}
