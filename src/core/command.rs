//! What a person or a script can do next: a sentence whose commands and links are values. A command
//! is quoted once, where it is printed, and means the target of the run that printed it.

use std::fmt::{self, Debug, Display, Formatter, Write};

/// The word of this program.
const PROGRAM: &str = "topup";

/// The programs that literals name as commands.
const PROGRAMS: &[&str] = &[PROGRAM, "hermes", "brv", "chmod", "unset", "curl"];

/// Verbs that are about no system, or about the sandbox itself.
const ABOUT_NO_SYSTEM: &[&str] =
    &["sandbox", "help", "explain", "schema", "completions", "man", "config", "--version"];

/// How words are quoted: by the shell that the command is pasted into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shell {
    /// `sh` and its kin, zsh included.
    #[default]
    Posix,
    /// fish: inside single quotes a backslash escapes.
    Fish,
    /// PowerShell: a single quote is doubled.
    PowerShell,
}

impl Shell {
    /// The shell that `$SHELL` names, by its last part.
    pub fn from_path(path: &str) -> Self {
        match path.rsplit('/').next().unwrap_or_default().trim_end_matches(".exe") {
            "fish" => Self::Fish,
            "pwsh" | "powershell" => Self::PowerShell,
            _ => Self::Posix,
        }
    }

    /// The word as this shell takes it: itself where it is plain, else in single quotes.
    pub fn quote(self, word: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@=,+".contains(&byte);
        // A leading `=` is an expansion of zsh; a leading `@` splats in PowerShell.
        let starts_plain = !word.starts_with(['=', '@']);
        if !word.is_empty() && starts_plain && word.bytes().all(plain) {
            return word.to_owned();
        }
        let inside = match self {
            Self::Posix => word.replace('\'', r"'\''"),
            Self::Fish => word.replace('\\', r"\\").replace('\'', r"\'"),
            Self::PowerShell => word.replace('\'', "''"),
        };
        format!("'{inside}'")
    }
}

/// The flags that select the system, profile and portal of a run. They stand in no file and no
/// variable, so a command without them would use another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetFlags {
    /// `--sandbox`.
    pub sandbox: bool,
    /// `--provider`.
    pub provider: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--portal-url`.
    pub portal_url: Option<String>,
    /// A login at this target is approved by the command itself: no page outlives the run.
    pub approves_login: bool,
}

impl TargetFlags {
    fn words(&self, with_portal: bool) -> Vec<String> {
        let mut words = Vec::new();
        if self.sandbox {
            words.push("--sandbox".to_owned());
        }
        let portal = self.portal_url.as_ref().filter(|_| with_portal);
        for (flag, value) in [
            ("--provider", self.provider.as_ref()),
            ("--profile", self.profile.as_ref()),
            ("--portal-url", portal),
        ] {
            if let Some(value) = value {
                words.push(flag.to_owned());
                words.push(value.clone());
            }
        }
        words
    }
}

/// The global flags whose value is a word of its own when it is not joined by `=`. A test of the
/// arguments holds the list against the parser.
pub const VALUED_FLAGS: &[&str] =
    &["--provider", "--profile", "--portal-url", "--get", "--color", "--timeout"];

/// A command line: the words behind the program, without any quoting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    program: String,
    words: Vec<String>,
}

impl Command {
    /// `topup` with these words; each is one argument.
    pub fn new<Word: Into<String>>(words: impl IntoIterator<Item = Word>) -> Self {
        Self::from_program(PROGRAM, words)
    }

    /// Another program with these words.
    pub fn from_program<Word: Into<String>>(
        program: &str,
        words: impl IntoIterator<Item = Word>,
    ) -> Self {
        Self { program: program.to_owned(), words: words.into_iter().map(Into::into).collect() }
    }

    /// The program and its words, as an argv array.
    pub fn argv(&self) -> Vec<String> {
        std::iter::once(&self.program).chain(&self.words).cloned().collect()
    }

    /// The verb, where it is one of this program: the first word that is neither a flag nor the
    /// value of one.
    pub fn verb(&self) -> Option<&str> {
        if self.program != PROGRAM {
            return None;
        }
        let mut words = self.words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            if VALUED_FLAGS.contains(&word) {
                words.next();
            } else if !word.starts_with('-') {
                return Some(word);
            }
        }
        None
    }

    /// The command at this target, as a POSIX shell takes it: for a value of a document.
    pub fn shown_at(&self, target: &TargetFlags) -> String {
        let mut command = self.clone();
        command.aim(target);
        command.quoted(Shell::Posix)
    }

    /// The command as a shell takes it.
    pub fn quoted(&self, shell: Shell) -> String {
        self.argv().iter().map(|word| shell.quote(word)).collect::<Vec<_>>().join(" ")
    }

    /// Adds a word.
    pub fn push(&mut self, word: &str) {
        self.words.push(word.to_owned());
    }

    /// Adds a word unless it is there.
    pub fn add(&mut self, word: &str) {
        if !self.words.iter().any(|there| there == word) {
            self.words.push(word.to_owned());
        }
    }

    /// Makes it mean this target, unless it names one itself.
    pub fn aim(&mut self, target: &TargetFlags) {
        if self.program != PROGRAM {
            return;
        }
        let in_sandbox = self.words.first().is_some_and(|word| word == "--sandbox");
        let aimed = self.words.get(usize::from(in_sandbox));
        let names = |flag: &str| aimed.is_some_and(|word| word == flag);
        let is_login = self.verb() == Some("login");
        let about_none =
            self.words.first().is_some_and(|word| ABOUT_NO_SYSTEM.contains(&word.as_str()));
        if names("--profile") || names("--provider") || about_none {
            return;
        }
        let mut words = target.words(!in_sandbox);
        if in_sandbox {
            words.retain(|word| word != "--sandbox");
        }
        self.words.splice(0..0, words);
        // Those that no page approves, or no run that waits.
        let is_other = |word: &String| word == "--username" || word == "--no-wait";
        if is_login && target.approves_login && !self.words.iter().any(is_other) {
            self.add("--approve");
        }
    }
}

/// A part of a [`NextStep`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words between commands.
    Text(String),
    /// A command to run.
    Run(Command),
    /// A line for `sh`, where one command is not enough. What is foreign in it is quoted already.
    Shell(String),
    /// A page to open.
    Open(String),
    /// The page whose link is printed with the sentence.
    Page,
}

/// A sentence that says what to do next.
///
/// In a literal, `'topup …'` is a command: `"Run 'topup login', then try again."`, and `{page}` is the
/// page whose link is printed behind it: `"Do it on {page}:"`. Text that is
/// made while the program runs holds none, so that foreign words can never pass for a command.
#[derive(Clone)]
pub struct NextStep(Said);

/// What the sentence was made of. A literal is read when somebody wants to know what it says: most
/// failures are handled, and never shown.
#[derive(Clone)]
enum Said {
    Literal(&'static str),
    /// A literal, and what its places are filled with.
    Template(&'static str, Vec<String>),
    Parts(Vec<Part>),
}

impl Default for NextStep {
    fn default() -> Self {
        Self::of([])
    }
}

impl NextStep {
    fn of(parts: impl Into<Vec<Part>>) -> Self {
        Self(Said::Parts(parts.into()))
    }

    /// A sentence without a command, whatever is in it.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of([Part::Text(text.into())])
    }

    /// `Run '…'.`
    pub fn run(command: Command) -> Self {
        Self::of([Part::Text("Run ".into()), Part::Run(command), Part::Text(".".into())])
    }

    /// A line for `sh` behind some words: `Close it: chmod 600 file`.
    pub fn shell(before: &'static str, line: impl Into<String>) -> Self {
        Self::of([Part::Text(before.into()), Part::Shell(line.into())])
    }

    /// A page to open.
    pub fn open(link: impl Into<String>) -> Self {
        Self::of([Part::Open(link.into())])
    }

    /// The literal with an argument for each `{}`, one after the other, and for each `{0}`, `{1}`,
    /// … the one of that number. Inside a command an argument is one word, or a part of one,
    /// whatever is in it.
    pub fn filled(template: &'static str, arguments: &[&dyn Display]) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Self(Said::Template(template, arguments))
    }

    /// The sentence and another part behind it.
    #[must_use]
    pub fn then(self, part: Part) -> Self {
        let mut parts = self.into_parts();
        parts.push(part);
        Self(Said::Parts(parts))
    }

    /// The sentence and another one behind it.
    #[must_use]
    pub fn with(self, next: &Self) -> Self {
        let mut parts = self.into_parts();
        parts.push(Part::Text("; ".into()));
        parts.extend(next.parts());
        Self(Said::Parts(parts))
    }

    /// The sentence where the link of its page does not follow: these words stand for the page.
    #[must_use]
    pub fn without_link(self, page: &str) -> Self {
        let mut parts = self.into_parts();
        let mut has_page = false;
        for part in &mut parts {
            if *part == Part::Page {
                *part = Part::Text(page.to_owned());
                has_page = true;
            }
        }
        if has_page
            && let Some(Part::Text(last)) = parts.last_mut()
            && let Some(before) = last.strip_suffix(':')
        {
            *last = format!("{before}.");
        }
        Self(Said::Parts(parts))
    }

    /// The parts, in order.
    pub fn parts(&self) -> Vec<Part> {
        self.clone().into_parts()
    }

    fn into_parts(self) -> Vec<Part> {
        match self.0 {
            Said::Literal(literal) => read(literal),
            Said::Template(template, arguments) => {
                let mut parts = read(template);
                fill(&mut parts, &arguments);
                parts
            }
            Said::Parts(parts) => parts,
        }
    }

    /// The commands in it.
    pub fn commands(&self) -> Vec<Command> {
        let command = |part| if let Part::Run(command) = part { Some(command) } else { None };
        self.parts().into_iter().filter_map(command).collect()
    }

    /// Changes each command in it.
    #[must_use]
    pub fn with_each_command(self, change: impl Fn(&mut Command)) -> Self {
        let mut parts = self.into_parts();
        for part in &mut parts {
            if let Part::Run(command) = part {
                change(command);
            }
        }
        Self(Said::Parts(parts))
    }

    /// Makes each command mean this target.
    #[must_use]
    pub fn aimed(self, target: &TargetFlags) -> Self {
        self.with_each_command(|command| command.aim(target))
    }

    /// The sentence as a person reads it, each command quoted for this shell. Foreign text in it is
    /// not yet escaped.
    pub fn shown(&self, shell: Shell) -> String {
        let mut shown = String::new();
        for part in self.parts() {
            match part {
                Part::Text(text) | Part::Shell(text) | Part::Open(text) => shown.push_str(&text),
                Part::Page => shown.push_str("this page"),
                Part::Run(command) => {
                    let line = command.quoted(shell);
                    // A quote inside would end the quotes around it.
                    let around = if line.contains('\'') { '`' } else { '\'' };
                    let _ = write!(shown, "{around}{line}{around}");
                }
            }
        }
        shown
    }
}

impl PartialEq for NextStep {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for NextStep {}

impl Debug for NextStep {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_tuple("NextStep").field(&self.parts()).finish()
    }
}

/// Where the first command of a literal begins, at its quote.
fn first_command(literal: &str) -> Option<usize> {
    let is_command = |at: usize| {
        let program = literal[at + 1..].split_once(' ').map(|(program, _)| program);
        program.is_some_and(|program| PROGRAMS.contains(&program))
    };
    literal.match_indices('\'').map(|(at, _)| at).find(|at| is_command(*at))
}

/// Adds words of a literal without a command.
fn push_text(parts: &mut Vec<Part>, words: &str) {
    if !words.contains('{') {
        if !words.is_empty() {
            parts.push(Part::Text(words.to_owned()));
        }
        return;
    }
    for (at, text) in words.split("{page}").enumerate() {
        if at > 0 {
            parts.push(Part::Page);
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
    }
}

/// The parts of a literal.
fn read(literal: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = literal;
    while let Some(at) = first_command(rest) {
        let (before, quoted) = rest.split_at(at);
        let Some((line, after)) = quoted[1..].split_once('\'') else { break };
        push_text(&mut parts, before);
        let (program, words) = line.split_once(' ').unwrap_or((line, ""));
        parts.push(Part::Run(Command::from_program(program, words.split_whitespace())));
        rest = after;
    }
    push_text(&mut parts, rest);
    parts
}

/// Fills the places in these parts.
fn fill(parts: &mut [Part], arguments: &[String]) {
    let mut rest = arguments.iter();
    let mut fill = |text: &mut String| {
        let mut whole = String::new();
        let mut left = text.as_str();
        while let Some((before, behind)) = left.split_once('{') {
            whole.push_str(before);
            let (number, after) = behind.split_once('}').unwrap_or(("", behind));
            let argument = match number.parse::<usize>() {
                Ok(number) => arguments.get(number),
                Err(_) => rest.next(),
            };
            whole.push_str(argument.map_or("", String::as_str));
            left = after;
        }
        whole.push_str(left);
        *text = whole;
    };
    for part in parts {
        match part {
            Part::Text(text) | Part::Shell(text) | Part::Open(text) => fill(text),
            Part::Page => {}
            Part::Run(command) => command.words.iter_mut().for_each(&mut fill),
        }
    }
}

impl From<&'static str> for NextStep {
    fn from(literal: &'static str) -> Self {
        Self(Said::Literal(literal))
    }
}

impl From<String> for NextStep {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&String> for NextStep {
    fn from(text: &String) -> Self {
        Self::text(text.clone())
    }
}

impl Display for NextStep {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown(Shell::Posix))
    }
}

impl PartialEq<str> for NextStep {
    fn eq(&self, other: &str) -> bool {
        *self == other
    }
}

impl PartialEq<&str> for NextStep {
    fn eq(&self, other: &&str) -> bool {
        self.shown(Shell::Posix) == *other
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
