//! Words as a shell reads and writes them: the line before the cursor taken apart, and a candidate
//! quoted for the place where the shell inserts it.

/// The line before the cursor.
#[derive(Debug, PartialEq, Eq)]
pub struct TypedLine {
    /// Its words without their quotes; the last is the one that is completed.
    pub words: Vec<String>,
    /// How many bytes of that word stand before the place where the shell inserts.
    pub before: usize,
    /// The quote that is open there.
    pub quote: Option<char>,
}

impl TypedLine {
    /// As bash and its line editor read it. A word is inserted behind the last of the `breaks` that
    /// stands in it without a quote, and behind the last quote.
    pub fn parse(line: &str, breaks: &str) -> Self {
        let (mut words, mut word) = (Vec::new(), String::new());
        let (mut before, mut quote, mut has_word) = (0, None, false);
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match (quote, letter) {
                (Some(open), letter) if letter == open => {
                    quote = None;
                    before = word.len();
                }
                (Some('"'), '\\') => match letters.next() {
                    Some(next @ ('$' | '`' | '"' | '\\')) => word.push(next),
                    Some(next) => word.extend(['\\', next]),
                    None => {}
                },
                (Some(_), letter) => word.push(letter),
                (None, '\'' | '"') => {
                    (quote, has_word) = (Some(letter), true);
                    before = word.len();
                }
                (None, '\\') => {
                    word.extend(letters.next());
                    has_word = true;
                }
                (None, ' ' | '\t' | '\n' | '<' | '>' | '|' | '&' | ';' | '(' | ')') => {
                    if has_word {
                        words.push(std::mem::take(&mut word));
                    }
                    (before, has_word) = (0, false);
                }
                (None, letter) => {
                    word.push(letter);
                    has_word = true;
                    if breaks.contains(letter) {
                        before = word.len();
                    }
                }
            }
        }
        words.push(word);
        Self { words, before, quote }
    }
}

/// Text as bash takes it for one word, or for a part of one inside the quote that is open.
pub fn quoted_for_bash(text: &str, quote: Option<char>) -> String {
    match quote {
        Some('\'') => text.replace('\'', r"'\''"),
        Some(_) => text.chars().fold(String::new(), |mut quoted, letter| {
            if matches!(letter, '$' | '`' | '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(letter);
            quoted
        }),
        None => text.chars().fold(String::new(), |mut quoted, letter| {
            if !letter.is_alphanumeric() && !"-_./:=+,@%".contains(letter) {
                quoted.push('\\');
            }
            quoted.push(letter);
            quoted
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What bash has in `COMP_WORDBREAKS` as it comes.
    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    #[test]
    fn a_line_is_taken_apart_as_bash_does() {
        for (line, words, before, quote) in [
            ("topup sta", &["topup", "sta"][..], 0, None),
            ("topup  state ", &["topup", "state", ""], 0, None),
            ("topup --profile=wo", &["topup", "--profile=wo"], 10, None),
            ("topup --profile=", &["topup", "--profile="], 10, None),
            ("topup --once team:ni", &["topup", "--once", "team:ni"], 5, None),
            (r"topup --once a\ b", &["topup", "--once", "a b"], 0, None),
            (r"topup --once a\:b", &["topup", "--once", "a:b"], 0, None),
            ("topup --once \"a b:c", &["topup", "--once", "a b:c"], 0, Some('"')),
            ("topup --once 'a \"b", &["topup", "--once", "a \"b"], 0, Some('\'')),
            ("topup --once \"a\\\"b\\c", &["topup", "--once", "a\"b\\c"], 0, Some('"')),
            ("topup --once x:\"a b", &["topup", "--once", "x:a b"], 2, Some('"')),
            ("topup --once 'a b'c", &["topup", "--once", "a bc"], 3, None),
            ("topup '' x", &["topup", "", "x"], 0, None),
            ("topup --once für", &["topup", "--once", "für"], 0, None),
            ("topup completions bash >on", &["topup", "completions", "bash", "on"], 0, None),
            (r"topup a\", &["topup", "a"], 0, None),
            ("", &[""], 0, None),
        ] {
            let found = TypedLine::parse(line, BREAKS);
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(found, TypedLine { words, before, quote }, "{line}");
        }
        assert_eq!(TypedLine::parse("topup a:b", " \t\n").before, 0);
    }

    #[test]
    fn what_is_quoted_is_read_as_it_was() {
        for text in
            ["plain", "a b", "it's", "say \"hi\"", "a:b", "für $x `y` \\z", "x=1,2", "a&b;c"]
        {
            for (open, quote) in [("", None), ("\"", Some('"')), ("'", Some('\''))] {
                let line = format!("{open}{}{open}", quoted_for_bash(text, quote));
                assert_eq!(TypedLine::parse(&line, "").words, [text], "{line}");
            }
        }
    }
}
