//! Takes one key out of the text of a TOML file and leaves every other byte as it is: a key in a line
//! of its own goes with its line, one of an inline table with its comma, and a comment stays.

use std::ops::Range;
use toml_edit::{Document, InlineTable, TableLike};

/// The text without the key at this path; none where it is not there.
pub(super) fn without(text: &str, path: &[&str]) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let (name, parents) = path.split_last()?;
    let mut table: &dyn TableLike = document.as_table();
    let mut inline: Option<&InlineTable> = None;
    for parent in parents {
        let item = table.get(parent)?;
        inline = match item.as_inline_table() {
            // A dotted key is written in the table around it.
            Some(inner) if inner.is_dotted() => inline,
            inner => inner,
        };
        table = item.as_table_like()?;
    }
    let (key, item) = table.get_key_value(name)?;
    let value = item.as_value()?.span()?;
    match inline {
        Some(inline) => out_of_inline_table(text, inline, &value),
        None => Some(cut_line(text, key.span()?.start, value.end)),
    }
}

/// Cuts the line that begins before `start` with what stands up to `end`. A comment behind it keeps
/// the line.
fn cut_line(text: &str, start: usize, end: usize) -> String {
    let begin = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = blanks(&text[begin..]);
    let behind = end + blanks(&text[end..]);
    let next = text[behind..].find('\n').map_or(text.len(), |newline| behind + newline + 1);
    if text[behind..].starts_with('#') {
        return [&text[..begin + indent], &text[behind..]].concat();
    }
    [&text[..begin], &text[next..]].concat()
}

/// Cuts the entry with this value out of an inline table.
fn out_of_inline_table(text: &str, table: &InlineTable, value: &Range<usize>) -> Option<String> {
    let open = table.span()?.start + 1;
    let ends = table.get_values().into_iter().filter_map(|(_, value)| Some(value.span()?.end));
    let before = ends.filter(|end| *end <= value.start).max();
    // Behind the entry before it stand a comma and the key, with blanks and comments around them.
    let comma_before = before.map(|end| end + skipped(&text[end..]));
    let from = comma_before.map_or(open, |comma| comma + 1);
    let start = from + skipped(&text[from..]);
    let behind = value.end + skipped(&text[value.end..]);
    if !text[behind..].starts_with(',') {
        let Some(comma) = comma_before else {
            let end = value.end + blanks(&text[value.end..]);
            return Some([&text[..start], &text[end..]].concat());
        };
        let between = &text[comma + 1..start];
        let kept = if between.contains('#') { between } else { "" };
        return Some([&text[..comma], kept, &text[value.end..]].concat());
    }
    let end = behind + 1;
    if text[value.end..behind].contains('#') {
        return Some([&text[..start], &text[value.end..behind], &text[end..]].concat());
    }
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let rest = &text[end + blanks(&text[end..])..];
    if text[line..start].trim().is_empty() && rest.starts_with(['\n', '\r', '#']) {
        return Some(cut_line(text, start, end));
    }
    Some([&text[..start], rest].concat())
}

/// The length of the blanks at the beginning.
fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// The length of what means nothing at the beginning: blanks, ends of lines, and comments.
fn skipped(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if !rest.starts_with('#') {
            return text.len() - rest.len();
        }
        rest = rest.find('\n').map_or("", |newline| &rest[newline..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_with_its_line_and_everything_else_stays() {
        const PATH: &[&str] = &["profiles", "p", "key"];
        for (before, after) in [
            ("[profiles.p]\nkey = 1\n", "[profiles.p]\n"),
            ("[profiles.p]\nkey = 1", "[profiles.p]\n"),
            ("[profiles.p]\r\nkey = 1\r\nb = 2\r\n", "[profiles.p]\r\nb = 2\r\n"),
            (
                "# a\n[profiles.p]\n# why\nkey = 1\n\n# b\nb = 2\n",
                "# a\n[profiles.p]\n# why\n\n# b\nb = 2\n",
            ),
            ("[profiles.p]\nkey = 1\n# the end\n", "[profiles.p]\n# the end\n"),
            (
                "[profiles.p]\n  key = 1 # mine, all\nb = 2\n",
                "[profiles.p]\n  # mine, all\nb = 2\n",
            ),
            ("[profiles.p]\nkey = [ # one\n  1,\n]\nb = 2\n", "[profiles.p]\nb = 2\n"),
            ("[profiles.p]\nkey = '''\n# x\n'''\nb = 2\n", "[profiles.p]\nb = 2\n"),
            ("[profiles]\np.key = 1\np.b = 2\n", "[profiles]\np.b = 2\n"),
            ("profiles.p.b = 2\nprofiles . 'p' . key = 1\n# c\n", "profiles.p.b = 2\n# c\n"),
            (
                "[profiles.p]\nb = 2\n\"key\" = 1\n[profiles.q]\n",
                "[profiles.p]\nb = 2\n[profiles.q]\n",
            ),
        ] {
            assert_eq!(without(before, PATH).as_deref(), Some(after), "{before}");
        }
        for absent in
            ["", "[profiles.p]\n", "key = 1\n", "profiles = { p = { q = { key = 1 } } }\n"]
        {
            assert_eq!(without(absent, PATH), None, "{absent}");
        }
        assert_eq!(without("# a\nkey = 1\n", &["key"]).as_deref(), Some("# a\n"));
    }

    #[test]
    fn an_inline_table_keeps_its_form() {
        const PATH: &[&str] = &["profiles", "p", "key"];
        for (before, after) in [
            ("{ key = 1, b = 2 }", "{ b = 2 }"),
            ("{ a = 1, key = 1, b = 2 }", "{ a = 1, b = 2 }"),
            ("{a=1,key=1,b=2}", "{a=1,b=2}"),
            ("{ a = 1, key = 1 }", "{ a = 1 }"),
            ("{ a = ',', key = '}' }", "{ a = ',' }"),
            ("{ key = 1 }", "{ }"),
            ("{key = 1}", "{}"),
            ("{ a.b = 1, key = 1 }", "{ a.b = 1 }"),
            ("{ a = 1, key = 1 } # mine", "{ a = 1 } # mine"),
        ] {
            for (head, tail) in [("[profiles]\np = ", "\nb = 2\n"), ("profiles.p = ", "\n")] {
                let text = |table: &str| format!("# one\n{head}{table}{tail}");
                assert_eq!(without(&text(before), PATH), Some(text(after)), "{before}");
            }
        }
        let nested = "profiles = { 'o,p' = { key = 1 }, p = { key = 1, b = 2 }, q = {} }\n";
        let expected = "profiles = { 'o,p' = { key = 1 }, p = { b = 2 }, q = {} }\n";
        assert_eq!(without(nested, PATH).as_deref(), Some(expected));
        let dotted = "profiles = { p.b = 2, p . 'key' = 1 }\n";
        assert_eq!(without(dotted, PATH).as_deref(), Some("profiles = { p.b = 2 }\n"));
        // Lines and comments inside are TOML 1.1.
        for (before, after) in [
            ("{\n  a = 1,\n  key = 1, # mine\n  b = 2,\n}", "{\n  a = 1,\n  # mine\n  b = 2,\n}"),
            ("{\n  a = 1,\n  key = 1,\n}", "{\n  a = 1,\n}"),
            ("{\n  a = 1,\n  # why\n  key = 1\n}", "{\n  a = 1\n  # why\n  \n}"),
            ("{\n  a = 1, # one, two\n  key = 1\n}", "{\n  a = 1 # one, two\n  \n}"),
        ] {
            let text = |table: &str| format!("[profiles]\np = {table}\n");
            assert_eq!(without(&text(before), PATH), Some(text(after)), "{before}");
            assert!(text(after).parse::<toml_edit::DocumentMut>().is_ok(), "{after}");
        }
    }
}
