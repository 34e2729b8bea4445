//! Promise: what people see, at 80 and at 120 columns, changes only when somebody meant it to. What
//! is run stands in `tests/snapshots/scenes.txt`, what it showed beside it;
//! `INSTA_UPDATE=always cargo test --test all snapshots` writes it anew, and the diff of the commit
//! shows what changed.

use crate::support::{Ran, User, at_once, topup};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What differs from run to run, and what stands in its place: as wide, so that tables stay tables.
const VARYING: &[(&str, &str)] = &[
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "0f6a1c52-8a34-4a0e-9d5b-3f1f0c6b7a21",
    ),
    (r"\b[0-9a-f]{8}…", "0f6a1c52…"),
    (r"[0-9a-f]{8}-[0-9a-f-]+…", "0f6a1c52-8a34…"),
    (r"\b(ch|pi|pc|in|pur)_[0-9a-f]{1,23}…", "${1}_5f0c2a91d3…"),
    (r"\b(ch|pi|pc|in|pur)_[0-9a-f]{24}", "${1}_5f0c2a91d3b84e6f9a17c0de"),
    (r"\borg_[0-9a-f]{12}", "org_6f43b6140e30"),
    (r"127\.0\.0\.1:\d{4,5}\b", "127.0.0.1:44550"),
    (r"\d{2}:\d{2}:\d{2}\.\d{1,9}Z", "09:30:00.000Z"),
    (r"\d{4}-\d{2}-\d{2}", "2026-11-29"),
    (r"\d{2}:\d{2}:\d{2}", "09:30:00"),
    (r"Try again in [0-9hms ]+\.", "Try again in 59m 55s."),
    (r"is whole, version \d+", "is whole, version 6"),
    (r"(ensure [0-9-]+) (am|pm),", "$1 pm,"),
    (r"\b1[789]\d{8}\b", "1796000000"),
    (r"sent \d[0-9.]*(ms|s|m) ago", "sent 1s ago"),
    (r"\b[A-Z]{4}-[A-Z]{4}\b", "WDJB-MJHT"),
    (r"/tmp/\.tmp\w{6}", "/home/you/topup"),
    (r"topup \d+\.\d+\.\d+ for [^,]+,\s+\S+", "topup 1.2.3 for linux x86_64, /usr/bin/topup"),
    (r"\d+ MiB are free", "12345 MiB are free"),
];

/// A scene of the table: its name, whether it is without the sandbox, and its lines.
#[derive(Debug)]
struct Scene {
    name: String,
    bare: bool,
    lines: Vec<String>,
}

fn scenes() -> Vec<Scene> {
    let table = fs::read_to_string("tests/snapshots/scenes.txt").expect("the table");
    let mut scenes: Vec<Scene> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = line.strip_prefix('[') {
            let (name, how) = heading.split_once(']').expect("a heading");
            scenes.push(Scene { name: name.into(), bare: how == " bare", lines: Vec::new() });
        } else {
            scenes.last_mut().expect("a heading first").lines.push(line.to_owned());
        }
    }
    scenes
}

/// Runs a line as a shell does.
fn shell(user: &User, line: &str) -> Ran {
    let folder = Path::new(topup()).parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = user.program("sh");
    command.args(["-c", line]).env("PATH", format!("{folder}:{path}"));
    user.finish(&[line], command.spawn().expect("a shell"))
}

/// What a scene shows at this width.
fn page(scene: &Scene, columns: &str) -> String {
    let user = if scene.bare { User::new() } else { User::on_sandbox() }.with("COLUMNS", columns);
    let mut page = String::new();
    for line in &scene.lines {
        let Some(typed) = line.strip_prefix("$ ") else {
            shell(&user, line).code(0);
            continue;
        };
        let Ran { code, out, err, .. } = shell(&user, typed);
        page += &format!("$ {typed}\n{out}");
        if !err.is_empty() {
            page += &format!("-- on standard error\n{err}");
        }
        if code != 0 {
            page += &format!("-- exit {code}\n");
        }
        page.push('\n');
    }
    page
}

#[test]
fn what_people_see_is_what_was_meant() {
    let scenes = scenes();
    let widths = ["80", "120"].iter();
    let pages: Vec<_> =
        widths.flat_map(|columns| scenes.iter().map(move |scene| (scene, *columns))).collect();
    at_once(&pages, |(scene, columns)| {
        let page = page(scene, columns);
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path("snapshots");
        for (pattern, instead) in VARYING {
            settings.add_filter(pattern, *instead);
        }
        settings.bind(|| insta::assert_snapshot!(format!("{}-{columns}", scene.name), page));
    });
}

#[test]
fn no_page_is_left_of_a_scene_that_is_gone() {
    let files = fs::read_dir("tests/snapshots").expect("the folder");
    let names = files.map(|file| file.expect("one").file_name().into_string().expect("text"));
    let present: BTreeSet<String> =
        names.filter(|name| name != "scenes.txt" && !name.contains(".snap.new")).collect();
    let pages = scenes().into_iter().flat_map(|Scene { name, .. }| {
        ["80", "120"].map(|columns| format!("{name}-{columns}.snap"))
    });
    assert_eq!(present, pages.collect());
}
