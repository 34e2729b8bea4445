//! Foreign text made harmless: what a system says cannot move the cursor, recolour the line,
//! turn the reading direction or speak to a CI runner.

use std::borrow::Cow;

/// The most of a foreign text that is shown, in bytes.
pub const LONGEST: usize = 2_000;

/// No card's and no plan's name is longer, in characters.
const LONGEST_NAME: usize = 40;

/// One line of text with everything escaped that is not plain to see.
pub fn line(text: &str) -> String {
    escaped(text, LONGEST)
}

/// The same, and no wider than this many characters: for a place that a longer one would push
/// something else out of.
pub fn short(text: &str, characters: usize) -> String {
    let whole = line(text);
    if whole.chars().count() <= characters {
        return whole;
    }
    whole.chars().take(characters).chain(['…']).collect()
}

/// The same, and the whole of it: a value that a script has asked for by name.
pub fn value(text: &str) -> String {
    escaped(text, usize::MAX)
}

/// The same, and no copy where nothing is escaped.
pub fn value_of(text: &str) -> Cow<'_, str> {
    if is_harmless(text) && !text.trim_start().starts_with("::") {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(value(text))
    }
}

/// Whether it is plain ASCII and speaks to no runner in the middle of a line, which most text is.
fn is_harmless(text: &str) -> bool {
    let mut before = 0;
    text.bytes().all(|byte| {
        let doubled = before == b'#' && byte == b'#';
        before = byte;
        matches!(byte, b' '..=b'~') && !doubled
    })
}

/// The same as a JSON text of the same meaning: what is not visible stands in it by its
/// number. Such characters are in its strings only.
pub fn json(text: &str) -> String {
    if is_harmless(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        if is_plain(character) && (before, character) != ('#', '#') {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
        before = character;
    }
    out
}

/// The beginning of a foreign text, as long as anything of it is ever shown.
pub fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn escaped(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len().min(longest));
    for character in text.chars() {
        if out.len() >= longest {
            out.push('…');
            break;
        }
        if !is_plain(character) {
            out.extend(character.escape_unicode());
            continue;
        }
        // Runners take `##[…]` and `##vso[…]` as an order wherever they stand in a line.
        if character == '#' && out.ends_with('#') {
            out.push('\u{a0}');
        }
        out.push(character);
    }
    // A runner of GitHub Actions takes a line that starts with `::` as an order.
    if out.trim_start().starts_with("::") {
        out = out.replacen("::", ":\u{a0}:", 1);
    }
    out
}

/// Whether it can be the name of a card or a plan, as `Visa ····4242` is: short, and nothing in it
/// that could pass for a price, a question or its answer.
pub fn is_name(text: &str) -> bool {
    let in_names = |character: char| character.is_alphanumeric() || " ·.-&'+_".contains(character);
    text.chars().count() <= LONGEST_NAME && text.chars().all(in_names)
}

/// Whether it is seen as what it is: no control character, nothing invisible, no change of the
/// reading direction.
pub fn is_plain(character: char) -> bool {
    // What Unicode calls ignorable, the marks of direction, the separators of lines, and what is
    // as blank as a space without being one. The two that choose between a picture and a letter
    // stay: people have them in names.
    let invisible = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    !character.is_control() && !invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_lie_on_a_terminal_is_escaped() {
        for hostile in [
            "\u{1b}[2J",
            "\u{1b}]0;title\u{7}",
            "\u{9b}31m",
            "a\rb",
            "a\u{8}b",
            "a\nb",
            "\u{7f}",
            "\u{202e}evil",
            "\u{2066}x",
            "\u{200b}",
            "\u{e0041}",
            "\u{feff}",
            "\u{3164}",
            "\u{2800}",
            "\u{e0101}",
        ] {
            let shown = line(hostile);
            assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
            assert!(shown.contains("\\u{"), "{shown:?}");
        }
        assert_eq!(
            line("Pay $25.00 with Visa ····4242? é 日本"),
            "Pay $25.00 with Visa ····4242? é 日本"
        );
    }

    #[test]
    fn a_copy_is_spared_only_where_nothing_is_escaped() {
        for text in
            ["", "plain 1 # 2", "a##b", "::x", " ::x", "a\nb", "é", "\u{202e}", "\u{7f}", "~"]
        {
            assert_eq!(value_of(text), value(text), "{text:?}");
            assert_eq!(
                matches!(value_of(text), Cow::Borrowed(_)),
                value(text) == text && text != "é"
            );
        }
    }

    #[test]
    fn no_line_is_an_order_to_a_runner_and_none_is_endless() {
        assert!(!line("::set-output name=x::y").starts_with("::"));
        assert!(!line("  ::add-mask::x").trim_start().starts_with("::"));
        for order in ["x ##[add-mask]y", "##vso[task.setvariable variable=x]y", "###[group]"] {
            assert!(!line(order).contains("##") && !json(order).contains("##"), "{order}");
        }
        assert!(line(&"x".repeat(1_000_000)).len() < LONGEST + 8);
        assert!(cut(&"é".repeat(1_000_000)).len() <= LONGEST);
        assert_eq!(short("Visa ····4242", 40), "Visa ····4242");
        assert_eq!(short(&"x".repeat(50), 40).chars().count(), 41);
    }

    #[test]
    fn a_name_that_could_pass_for_the_question_is_none() {
        for name in ["Visa ····4242", "Plus", "Super 2.0", "Équipe & Co.", "Nous·Ultra_x+"] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(41);
        for name in [
            "Plus: pay $0.00 now? (y",
            "Plus\n",
            "a$1",
            "Plus [y/N]",
            "x\u{202e}y",
            "a?",
            long.as_str(),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_document_means_the_same_and_is_plain() {
        let text = "é \u{9b}31m \u{7f} \u{202e} \u{e0041} ##[add-mask]x \n";
        let shown = json(&serde_json::Value::from(text).to_string());
        assert!(shown.chars().all(is_plain) && !shown.contains("##"), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).expect("JSON"), text);
        assert_eq!(value(&"x".repeat(5_000)).len(), 5_000);
    }
}
