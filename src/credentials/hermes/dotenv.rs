//! A `.env` file, as `python-dotenv` reads it for Hermes: a name and a value on each line, with
//! `export` before it or not, quoted or not. A quoted value may go over several lines.

use crate::core::environment::Variables;

/// The names and values of a text, in their order. What is none of it is passed over. `${NAME}` is
/// what was set before in the text, else the variable of that name.
pub(super) fn parse(text: &str, variables: &Variables) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() {
        rest = rest.trim_start();
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
            rest = below;
            continue;
        };
        let name = name.trim();
        let name = name.strip_prefix("export ").map_or(name, str::trim_start);
        let behind = &rest[line.len() - value.len()..];
        let (value, after) = read_value(behind);
        if let Some(value) =
            value.filter(|_| !name.is_empty() && !name.contains(char::is_whitespace))
        {
            let value = expand(&value, &found, variables);
            found.push((name.to_owned(), value));
        }
        rest = after;
    }
    found
}

/// The value at the beginning of this text, and what is behind its line; none where a quote is not
/// closed.
fn read_value(text: &str) -> (Option<String>, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let behind_line = |text: &str| text.find('\n').map_or(text.len(), |end| end + 1);
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '\'' | '"')) {
        let read = read_quoted(&text[1..], quote);
        let after = &text[read.as_ref().map_or(0, |(_, end)| 1 + end)..];
        return (read.map(|(inside, _)| inside), &after[behind_line(after)..]);
    }
    let (line, after) = text.split_at(behind_line(text));
    // A comment begins behind a space.
    let end = line.find(" #").or_else(|| line.find("\t#")).unwrap_or(line.len());
    (Some(line[..end].trim().to_owned()), after)
}

/// The inside of a quoted value, and where it ends behind its closing quote; none without one.
fn read_quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inside = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                let (_, escaped) = characters.next()?;
                match (quote, escaped) {
                    (_, '\\' | '\'') | ('"', '"') => inside.push(escaped),
                    ('"', 'n') => inside.push('\n'),
                    ('"', 't') => inside.push('\t'),
                    ('"', 'r') => inside.push('\r'),
                    (_, other) => inside.extend(['\\', other]),
                }
            }
            _ if character == quote => return Some((inside, at + 1)),
            _ => inside.push(character),
        }
    }
    None
}

fn expand(text: &str, before: &[(String, String)], variables: &Variables) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((literal, reference)) = rest.split_once("${") {
        let Some((name, after)) = reference.split_once('}') else { break };
        whole.push_str(literal);
        let (name, usual) = name.split_once(":-").unwrap_or((name, ""));
        let set = before.iter().rev().find(|(known, _)| known == name);
        let set = set.map(|(_, value)| value.clone());
        let value = set.or_else(|| variables.text_or_none(name));
        whole.push_str(value.as_deref().unwrap_or(usual));
        rest = after;
    }
    whole.push_str(rest);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_hermes_reads_them() {
        let text = "\u{feff}# a comment\nA=1\nexport B = two words # not this\nC='a#b ${A}'\n\
            D=\"a\\\"b\nsecond ${A}\"\nE=\nnonsense\nF=~/x\nG=${B}/${HOME}/${NO:-usual}\nA=2\nH='open\n";
        let variables = Variables::new([("HOME", "/home/me")]);
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a#b 1"),
            ("D", "a\"b\nsecond 1"),
            ("E", ""),
            ("F", "~/x"),
            ("G", "two words//home/me/usual"),
            ("A", "2"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(text, &variables), expected);
    }
}
