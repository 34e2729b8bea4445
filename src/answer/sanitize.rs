//! Foreign text made harmless: what a system says cannot move the cursor, recolour the line,
//! turn the reading direction or speak to a CI runner.

/// The most of a foreign text that is shown, in bytes.
const LONGEST: usize = 2_000;

/// One line of text with everything escaped that is not plain to see.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for character in text.chars() {
        if out.len() >= LONGEST {
            out.push('…');
            break;
        }
        if is_plain(character) {
            out.push(character);
        } else {
            out.extend(character.escape_unicode());
        }
    }
    // A runner of GitHub Actions takes a line that starts with `::` as an order.
    if out.trim_start().starts_with("::") {
        out = out.replacen("::", ":\u{a0}:", 1);
    }
    out
}

/// Whether it is seen as what it is: no control character, nothing invisible, no change of the
/// reading direction.
pub fn is_plain(character: char) -> bool {
    let invisible = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
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
    fn no_line_is_an_order_to_a_runner_and_none_is_endless() {
        assert!(!line("::set-output name=x::y").starts_with("::"));
        assert!(!line("  ::add-mask::x").trim_start().starts_with("::"));
        assert!(line(&"x".repeat(1_000_000)).len() < LONGEST + 8);
    }
}
