//! Promise: what a person reads is plain. Sentences that newcomers stumbled over do not come back.

use crate::rooms::files;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::fs;
use std::path::Path;

/// The heart of each sentence that stopped a reader. What is said instead stands in the code; that a
/// refusal which sent nothing says so in words is held by `ci_names`.
const STUMBLED_OVER: [&str; 40] = [
    "nothing here says when",
    "proves itself on the first",
    "machines that come and go cannot see",
    "found again: nothing was sent now",
    "Wait as long as is printed",
    "' is no time",
    "can have been used first",
    "Begin another one even",
    "a portal of your own",
    "Use the portal inside",
    "Mean the portal inside",
    "the one of a login counts before it",
    "for one answer of the system or of",
    "Say when to colour",
    "When to colour",
    "On a terminal that wants it",
    "what came in and what was used",
    "compared with nobody",
    "nothing names another",
    "Make a mandate, or change",
    "Name the cost, with the markup",
    "nobody was told",
    "(not said)",
    "is lost (1 times)",
    "No fault waits",
    "begins anew",
    "is forgotten here",
    "has lost its verb",
    "leads nobody out",
    "who names it, means it",
    "the most that is sold",
    "the least that is sold",
    "a mistake of its own",
    "is spoken",
    "goes beside --retry-declined",
    "behind your back",
    "replays its outcome",
    "by the portal's preview",
    "of credits are on their way",
    "what mends",
];

/// Words that leave open who does something, or when.
const RIDDLES: [&str; 4] = ["whoever", "nobody", "somebody", "anew"];

/// The literals of this code in one piece each, without those of its tests and without comments.
fn literals(code: TokenStream, found: &mut Vec<String>) {
    let mut tokens = code.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                // That of a whole file has a `!` before it.
                let is_bang = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == '!');
                let _ = tokens.next_if(is_bang);
                let Some(TokenTree::Group(attribute)) =
                    tokens.next_if(|next| matches!(next, TokenTree::Group(_)))
                else {
                    continue;
                };
                let words = attribute.stream().to_string();
                if words == "cfg (test)" || words == "cfg(test)" {
                    // The item that it stands before.
                    let ends = |token: &TokenTree| match token {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        TokenTree::Punct(sign) => sign.as_char() == ';',
                        _ => false,
                    };
                    let _ = tokens.by_ref().find(ends);
                } else if !words.starts_with("doc") {
                    literals(attribute.stream(), found);
                }
            }
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push(text.value());
                }
            }
            _ => {}
        }
    }
}

/// Every text of the program that a person may read, with the file that it stands in.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = Vec::new();
    files(&root.join("src"), &mut code);
    let mut all = Vec::new();
    for file in code {
        let name = file.strip_prefix(root).expect("below it").display().to_string();
        let text = fs::read_to_string(&file).expect("a source file");
        let mut found = Vec::new();
        let tokens = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        literals(tokens, &mut found);
        all.extend(found.into_iter().map(|text| (name.clone(), text)));
    }
    let pages = fs::read_dir(root.join("src/cli/manual")).expect("the manual").flatten();
    let pages =
        pages.map(|page| page.path()).filter(|page| page.extension() == Some("md".as_ref()));
    // Help and descriptions are written as comments of the code: they are read where they are printed.
    let help = fs::read_dir(root.join("man")).expect("the pages of man").flatten();
    let help = help.map(|page| page.path()).filter(|page| page.extension() == Some("1".as_ref()));
    let named = ["README.md", "CONTRIBUTING.md", "src/cli/verbs/schema/definitions.tsv"];
    for page in pages.chain(help).chain(named.map(|name| root.join(name))) {
        let text = fs::read_to_string(&page).expect("a page");
        all.push((page.display().to_string(), text));
    }
    // Where a line ends says nothing.
    let in_one = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    all.into_iter().map(|(name, text)| (name, in_one(text))).collect()
}

#[test]
fn no_sentence_that_stopped_a_reader_comes_back() {
    let texts = texts();
    assert!(texts.len() > 5000, "{} texts", texts.len());
    let found: Vec<String> = texts
        .iter()
        .filter_map(|(name, text)| {
            let phrase = STUMBLED_OVER.iter().find(|phrase| text.contains(**phrase))?;
            Some(format!("{name}: '{phrase}'"))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_text_leaves_open_who_acts() {
    let mut found = Vec::new();
    for (name, text) in texts() {
        for word in text.to_lowercase().split(|letter: char| !letter.is_alphabetic()) {
            // A word that stands alone is a value.
            if RIDDLES.contains(&word) && text.contains(' ') {
                found.push(format!("{name}: '{word}' in '{text:.200}'"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
