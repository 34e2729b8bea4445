//! What a notice says, in English or in German: one set of words for each language, from which
//! the text part, the HTML part and the lines of the webhook are made. Names come from the caller
//! of an operation and may be hostile: they are cleaned here before anything is made of them.

use super::tidings::{Marks, Tidings, Words};
use crate::core::escape;
use crate::core::language::Language;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 120;

const STYLE: &str = "
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 36rem; padding: 1rem }
h1 { font-size: 1.25rem }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; overflow-wrap: anywhere }
code, a { overflow-wrap: anywhere }
";

/// A line that is nothing but text.
pub const PLAIN: Marks = Marks { name: clean, text: clean, link: whole };

/// A language, as HTML calls it.
fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::German => "de",
    }
}

/// The text part.
pub fn plain(notice: &dyn Tidings) -> String {
    let words = notice.words(notice.language());
    let mut out = format!("{}\n\n{}\n\n", words.heading, words.lead);
    for (label, value) in &words.rows {
        out.push_str(&format!("{label}: {value}\n"));
    }
    if let Some((label, command)) = &words.command {
        out.push_str(&format!("\n{label}\n  {command}\n"));
    }
    if let Some((label, link)) = &words.link {
        out.push_str(&format!("\n{label} {}\n", whole(link)));
    }
    if let Some(next) = &words.next {
        out.push_str(&format!("\n{next}\n"));
    }
    out
}

/// The HTML part: the same, with nothing from elsewhere in it.
pub fn page(notice: &dyn Tidings) -> String {
    let words = notice.words(notice.language());
    let page = html! {
        (DOCTYPE)
        html lang=(tag(notice.language())) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (notice.subject()) }
                style { (PreEscaped(STYLE)) }
            }
            body { (section(&words)) }
        }
    };
    page.into_string()
}

fn section(words: &Words) -> Markup {
    html! {
        h1 { (words.heading) }
        p { (words.lead) }
        table {
            @for (label, value) in &words.rows {
                tr { th scope="row" { (label) } td { (value) } }
            }
        }
        @if let Some((label, command)) = &words.command {
            p { (label) br; code { (command) } }
        }
        @if let Some((label, link)) = &words.link {
            p {
                (label) br;
                @if is_web_page(link) {
                    a href=(whole(link)) { (whole(link)) }
                } @else {
                    (whole(link))
                }
            }
        }
        @if let Some(next) = &words.next {
            p { small { (next) } }
        }
    }
}

/// Whether a reader can be sent there by a click.
fn is_web_page(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

/// A link without anything that cannot be seen; never shortened, which would lead elsewhere.
fn whole(link: &str) -> String {
    link.chars().filter(|character| escape::is_plain(*character)).collect()
}

/// The whole notice on one line.
pub fn line(notice: &dyn Tidings, language: Language) -> String {
    notice.one_line(language, &PLAIN)
}

/// The line for a chat: names stand there as code, so that none of them calls people or makes a
/// link. Chats read `<`, `>` and `&` as their own marks even in code.
pub fn for_chat(notice: &dyn Tidings) -> String {
    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }
    let marks = Marks {
        name: |name| format!("`{}`", escaped(&clean(name).replace('`', "'"))),
        text: |text| escaped(&clean(text)),
        link: |link| escaped(&whole(link)),
    };
    notice.one_line(notice.language(), &marks)
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
    fn one_language_says_how_much_is_left_and_what_to_do() {
        let notice = notice();
        let german = Notice { language: Language::German, ..notice.clone() };
        let facts = ["acme", "CHF 0.30", "CHF 1.00", "ada@example.com", "2026-11-20 12:00 UTC"];
        for (notice, words, others) in [
            (
                &notice,
                [
                    "CHF 0.30 left in the shared pool of acme",
                    "Paid operations are refused",
                    "topup ledger credit AMOUNT --mandate acme",
                    "in 1h at the earliest",
                ],
                ["Guthaben", "BETRAG"],
            ),
            (
                &german,
                [
                    "Noch CHF 0.30 im gemeinsamen Guthaben von acme",
                    "Bezahlte Vorgänge werden abgelehnt",
                    "topup ledger credit BETRAG --mandate acme",
                    "frühestens in 1h",
                ],
                ["pool", "AMOUNT"],
            ),
        ] {
            assert_eq!(notice.subject(), format!("[topup] {}", words[0]));
            for text in [plain(notice), page(notice)] {
                for part in words.iter().chain(&facts) {
                    assert!(text.contains(part), "no '{part}' in\n{text}");
                }
                for absent in others {
                    assert!(!text.contains(absent), "'{absent}' in\n{text}");
                }
            }
        }
        assert!(page(&german).contains("<html lang=\"de\">"));
        assert_eq!(
            line(&notice, Language::English),
            "CHF 0.30 left in the shared pool of mandate acme; CHF 1.00 was asked for by \
             ada@example.com. To add credit: topup ledger credit AMOUNT --mandate acme"
        );
        let unknown = Notice { triggered_by: None, cooldown: Duration::ZERO, ..notice };
        let text = plain(&unknown);
        for absent in ["Triggered by", "earliest"] {
            assert!(!text.contains(absent), "{absent} in\n{text}");
        }
        assert!(line(&unknown, Language::German).contains("verlangt wurden CHF 1.00."));
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
