//! Promise: the manual can be read without being installed, fits a terminal, and its pages lead to
//! each other.

use crate::books::has_program;
use crate::examples::blocks;
use crate::support::User;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use topup::cli::manual::TOPICS;

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let mut pages: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the manual")
        .map(|page| page.expect("a page").path())
        .collect();
    pages.sort();
    assert!(pages.len() > TOPICS.len());
    pages
}

/// `name(section)` of a page.
fn name_of(page: &Path) -> String {
    let name = page.file_name().and_then(|name| name.to_str()).expect("a name");
    let (name, section) = name.rsplit_once('.').expect("a section");
    format!("{name}({section})")
}

#[test]
fn every_page_is_sound_roff() {
    if has_program("groff", "groff") {
        let mut groff = Command::new("groff");
        groff.args(["-Kutf8", "-Tutf8", "-man", "-ww", "-z"]);
        let output = groff.args(pages()).output().expect("groff");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.is_empty(), "{told}");
    }
    if has_program("mandoc", "mandoc") {
        let mut mandoc = Command::new("mandoc");
        let output = mandoc.args(["-T", "lint", "-W", "warning"]).args(pages()).output();
        let told = String::from_utf8(output.expect("mandoc").stdout).expect("text");
        // There is no date on purpose, and the lists of values are set like that by clap_mangen.
        let expected = ["missing date", "br before sp", "br after sp"];
        let wrong: Vec<&str> = told
            .lines()
            .filter(|line| !expected.iter().any(|known| line.contains(known)))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn every_page_leads_on_and_no_reference_leads_nowhere() {
    let known: BTreeSet<String> = pages().iter().map(|page| name_of(page)).collect();
    let mut led_to = BTreeSet::new();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page").replace('\\', "");
        let name = name_of(&page);
        let (_, related) = text.split_once(".SH \"SEE ALSO\"\n").expect(&name);
        let mut count = 0;
        for reference in related.lines().next().unwrap_or_default().split(", ") {
            let reference = reference.replace("fB", "").replace("fR", "");
            assert!(known.contains(&reference), "{name} leads to {reference}");
            assert_ne!(reference, name);
            led_to.insert(reference);
            count += 1;
        }
        assert!(count >= 2, "{name} leads to {count} pages");
    }
    let lonely: Vec<&String> = known.difference(&led_to).collect();
    assert!(lonely.is_empty(), "nothing leads to {lonely:?}");
}

#[test]
fn wherever_one_document_is_promised_the_event_line_of_login_is_named() {
    let mut promises = 0;
    for page in crate::examples::pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let parts = text.split("\n\n").flat_map(|part| part.split("\n- "));
        for part in parts.filter(|part| part.contains("one document, on success")) {
            let name = page.display();
            assert!(part.contains("login") && part.contains("--no-events"), "{name}: {part}");
            promises += 1;
        }
        let others = ["exactly one document", "gives one document", "one JSON document"];
        for other in others {
            let all = text.matches(other).count();
            let named = text.matches(&format!("{other}, on success")).count();
            assert_eq!(all, named, "{}: '{other}' without login", page.display());
        }
    }
    assert!(promises >= 2, "README and scripting");
    let user = User::on_sandbox();
    let login = ["login", "--json", "--no-browser", "--approve"];
    let lines = |more: &[&str]| user.run(&[&login[..], more].concat()).code(0).out.lines().count();
    assert_eq!((lines(&[]), lines(&["--no-events"])), (2, 1));
}

#[test]
fn what_is_to_be_copied_fits_a_terminal_of_80_columns() {
    for block in blocks().iter().filter(|block| block.place.starts_with("src/cli/manual/")) {
        for line in block.text.lines() {
            // `man` sets it in by 11 columns.
            assert!(line.chars().count() <= 69, "{}: {line}", block.place);
        }
    }
}

#[test]
fn the_pages_about_ideas_can_be_read_without_being_installed() {
    let user = User::new();
    for topic in TOPICS {
        let shown = user.run(&["explain", topic.name]).code(0).out;
        assert!(shown.starts_with(&format!("{}\n\n", topic.summary)), "{shown}");
        for line in shown.lines() {
            assert!(line.chars().count() <= 80 || line.starts_with("    "), "{line}");
            assert!(!line.contains("<!--") && !line.contains("```"), "{line}");
        }
        let document = user.run(&["explain", "--json", topic.name]).code(0).json();
        assert_eq!(document["data"]["topic"]["name"], topic.name);
        let text = document["data"]["topic"]["text"].as_str().expect("its text");
        assert!(shown.ends_with(text), "{text}");
        user.run(&["explain", &format!("topup-{}", topic.name)]).code(0).prints(topic.summary);
    }
    assert!(user.run(&["explain", "20", "--json"]).code(0).json()["data"]["topic"].is_null());
    let unknown = user.run(&["explain", "exactly-twice"]).code(2);
    unknown.says("Topics are: exactly-once, exit-codes,");
    // The tables come from where the code keeps them.
    for (topic, words) in [
        ("exit-codes", ["51 outcome_unknown", "143 terminated"]),
        ("configuration", ["max_per_month", "TOPUP_SMTP_URL"]),
        ("configuration", ["journal.db", "credential_command"]),
        ("sandbox", ["token-life", "settle-after"]),
    ] {
        let shown = user.run(&["explain", topic]).code(0).out;
        assert!(words.iter().all(|word| shown.contains(word)), "{words:?} in {shown}");
    }
}

#[test]
fn every_verb_with_examples_shows_them_in_its_page() {
    let page = fs::read_to_string("man/topup-buy.1").expect("a page").replace('\\', "");
    let (_, examples) = page.split_once(".SH EXAMPLES\n").expect("examples");
    let shown = "fBtopup buy 25 --yes --once nightly-42fR\nnever twice under this name";
    assert!(examples.contains(shown), "{examples}");
    assert!(page.contains(".SH SYNOPSIS\nfBtopup buyfR [OPTIONS] [AMOUNT]\n"), "{page}");
    // What is not given leaves its place: the version is not the date.
    assert!(page.contains("\n.TH topup-buy 1 \"\" \"topup "), "{page}");
}
