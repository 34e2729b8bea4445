//! Promise: the picture of a terminal in the README is what a terminal shows.
//! `INSTA_UPDATE=always cargo test --test all picture` draws it anew.

use crate::prompts::at_a_terminal;
use crate::support::User;
use anstyle::{Color, RgbColor};
use anstyle_svg::Term;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Where it stands.
const PICTURE: &str = ".github/terminal.svg";

/// What differs from run to run, by the word that its line begins with, and what stands there.
const VARYING: &[(&str, &str)] = &[
    ("charge", "ch_5f0c2a91d3b84e6f9a17c0de"),
    ("purchase", "0f6a1c52-8a34-4a0e-9d5b-3f1f0c6b7a21"),
    ("settled", "2026-11-29T09:30:00Z"),
    ("change it", "http://127.0.0.1:4455/billing?limit=open"),
];

#[test]
fn the_picture_of_the_readme_is_what_a_terminal_shows() {
    let user = User::on_sandbox().with("LANG", "C.UTF-8").with("COLUMNS", "76");
    let mut shown = String::new();
    for (arguments, question) in [(&["buy", "25"][..], true), (&["limit"], false)] {
        writeln!(shown, "\u{1b}[1m$ topup {}\u{1b}[0m", arguments.join(" ")).expect("written");
        shown.push_str(&session(&user, arguments, question));
    }
    let drawn = draw(&shown);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(PICTURE);
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::write(&file, &drawn).expect("written");
    }
    let present = fs::read_to_string(&file).unwrap_or_default();
    assert!(present == drawn, "{PICTURE} shows something else: see the first lines of this file");
    let readme = fs::read_to_string("README.md").expect("the README");
    assert!(readme.contains(&format!("]({PICTURE})")), "it stands in the README");
    assert!(readme.len() <= 12 * 1024, "the README has {} bytes", readme.len());
}

/// A picture with a background of its own: it can be read on a light page and on a dark one.
fn draw(shown: &str) -> String {
    let rgb = |red, green, blue| Color::Rgb(RgbColor(red, green, blue));
    let term = Term::new().fg_color(rgb(0xd0, 0xd7, 0xde)).bg_color(rgb(0x16, 0x1b, 0x22));
    let drawn = term.min_width_px(680).render_svg(shown);
    // What is dim has to be readable as well.
    drawn.replace(".dimmed { opacity: 0.4; }", ".dimmed { opacity: 0.7; }")
}

/// What stands on a terminal after a command, with the answer to its question.
fn session(user: &User, arguments: &[&str], question: bool) -> String {
    let mut session = at_a_terminal(user, arguments);
    let mut shown = String::new();
    if question {
        shown = session.exp_string("[y/N] ").expect("the question") + "[y/N] y\n";
        session.send_line("y").expect("typed");
    }
    shown += &session.exp_eof().expect("the end");
    // The reader of this terminal takes each byte for a character.
    let bytes = shown.chars().map(|byte| u8::try_from(u32::from(byte)).expect("a byte"));
    let text = String::from_utf8(bytes.collect()).expect("text");
    let lines = text.lines().map(|line| {
        // The line of progress is rubbed out before the next one is written.
        let line = line.rsplit("\u{1b}[2K").next().unwrap_or_default().trim_end_matches('\r');
        let plain = line.replace("\u{1b}[2m", "");
        match VARYING.iter().find(|(word, _)| plain.starts_with(word)) {
            Some((_, instead)) => {
                let (name, _) = line.rsplit_once(' ').expect("a name and a value");
                format!("{name} {instead}\n")
            }
            None => format!("{line}\n"),
        }
    });
    lines.filter(|line| !line.trim().is_empty()).collect()
}
