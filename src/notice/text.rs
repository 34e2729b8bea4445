//! What a notice says, in English and in German: one set of words for each language, from which
//! the text part, the HTML part and the lines of the webhook are made. Names come from the caller
//! of an operation and may be hostile: they are cleaned here before anything is made of them.

use super::tidings::{Tidings, Words};
use crate::core::escape;
use crate::core::language::Language;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 120;

const STYLE: &str = "
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 36rem; padding: 1rem }
h1 { font-size: 1.25rem }
section + section { border-top: 1px solid #888; margin-top: 1.5rem; padding-top: .5rem }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; overflow-wrap: anywhere }
code { overflow-wrap: anywhere }
";

/// The text part: English, then German.
pub fn plain(notice: &dyn Tidings) -> String {
    let [english, german] = [Language::English, Language::German].map(|language| {
        let words = notice.words(language);
        let mut out = format!("{}\n\n{}\n\n", words.heading, words.lead);
        for (label, value) in &words.rows {
            out.push_str(&format!("{label}: {value}\n"));
        }
        out.push_str(&format!("\n{}\n  {}\n", words.todo, words.command));
        if let Some(next) = &words.next {
            out.push_str(&format!("\n{next}\n"));
        }
        out
    });
    format!("{english}\n* * *\n\n{german}")
}

/// The HTML part: the same, with nothing from elsewhere in it.
pub fn page(notice: &dyn Tidings) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (notice.subject()) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (section(&notice.words(Language::English)))
                (section(&notice.words(Language::German)))
            }
        }
    };
    page.into_string()
}

fn section(words: &Words) -> Markup {
    html! {
        section lang=(words.tag) {
            h1 { (words.heading) }
            p { (words.lead) }
            table {
                @for (label, value) in &words.rows {
                    tr { th scope="row" { (label) } td { (value) } }
                }
            }
            p { (words.todo) br; code { (words.command) } }
            @if let Some(next) = &words.next {
                p { small { (next) } }
            }
        }
    }
}

/// The whole notice on one line.
pub fn line(notice: &dyn Tidings, language: Language) -> String {
    notice.one_line(language, &clean)
}

/// Both languages for a chat: names stand there as code, so that none of them calls people or
/// makes a link. Chats read `<`, `>` and `&` as their own marks even in code.
pub fn for_chat(notice: &dyn Tidings) -> String {
    let code = |name: &str| {
        let name = clean(name).replace('`', "'");
        format!("`{}`", name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    };
    let lines =
        [Language::English, Language::German].map(|language| notice.one_line(language, &code));
    lines.join("\n")
}

/// A name on one line, with nothing in it that cannot be seen, and not endless.
pub fn clean(name: &str) -> String {
    let mut seen = name.chars().filter(|character| escape::is_plain(*character));
    let mut out: String = seen.by_ref().take(LONGEST_NAME).collect();
    if seen.next().is_some() {
        out.push('…');
    }
    let out = out.trim();
    if out.is_empty() { "?".to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::notice;
    use super::*;
    use crate::notice::Notice;
    use std::time::Duration;

    #[test]
    fn both_languages_say_what_happened_and_what_to_do() {
        let notice = notice();
        for text in [plain(&notice), page(&notice)] {
            for part in [
                "The shared pool is used up",
                "Das gemeinsame Guthaben ist aufgebraucht",
                "acme",
                "CHF 0.30",
                "CHF 1.00",
                "ada@example.com",
                "2026-11-20 12:00 UTC",
                "topup ledger credit AMOUNT --mandate acme",
                "topup ledger credit BETRAG --mandate acme",
                "in 1h at the earliest",
                "frühestens in 1h",
            ] {
                assert!(text.contains(part), "no '{part}' in\n{text}");
            }
        }
        assert_eq!(
            line(&notice, Language::English),
            "The shared pool of mandate acme is used up: CHF 0.30 is left, CHF 1.00 was needed by \
             ada@example.com. To add credit: topup ledger credit AMOUNT --mandate acme"
        );
        let unknown = Notice { triggered_by: None, cooldown: Duration::ZERO, ..notice };
        let text = plain(&unknown);
        for absent in ["Triggered by", "Ausgelöst", "earliest", "frühestens"] {
            assert!(!text.contains(absent), "{absent} in\n{text}");
        }
        assert!(line(&unknown, Language::German).contains("CHF 1.00 wurden gebraucht."));
    }

    #[test]
    fn hostile_names_are_shown_as_text_and_nothing_else() {
        let hostile = Notice {
            mandate: "<script>x</script>\r\nBcc: eve@example.com\u{202e}".into(),
            triggered_by: Some("`@channel <!here> \u{7}\"&".into()),
            currency: "CHF\n".into(),
            ..notice()
        };
        assert_eq!(hostile.subject().lines().count(), 1);
        let page = page(&hostile);
        assert!(!page.contains("<script>") && !page.contains("<!here>"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
        let text = plain(&hostile);
        assert!(!text.contains("\nBcc") && !text.contains('\u{202e}'), "{text}");
        assert!(!text.contains('\u{7}') && !text.contains('\r'), "{text}");
        let chat = for_chat(&hostile);
        assert!(
            !chat.contains('<') && chat.contains("`'@channel &lt;!here&gt; \"&amp;`"),
            "{chat}"
        );
        assert!(clean(&"x".repeat(5000)).chars().count() <= LONGEST_NAME + 1);
        assert_eq!(clean("\n"), "?");
    }
}
