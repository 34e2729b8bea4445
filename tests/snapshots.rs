//! Promise: what people see, at 80 and at 120 columns, changes only when somebody meant it to. What
//! is run stands in `tests/snapshots/scenes.txt`, what it showed beside it;
//! `INSTA_UPDATE=always cargo test --test all snapshots` writes it anew, and the diff of the commit
//! shows what changed.

use crate::fleet::Fleet;
use crate::support::{Ran, Server, User, at_once, signal, topup, until};
use rustix::process::Signal;
use std::any::Any;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use topup::core::class::{Class, TABLE};

/// What differs from run to run, and what stands in its place: as wide, so that tables stay tables.
const VARYING: &[(&str, &str)] = &[
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "0f6a1c52-8a34-4a0e-9d5b-3f1f0c6b7a21",
    ),
    (r"\b[0-9a-f]{8}…", "0f6a1c52…"),
    (r"[0-9a-f]{8}-[0-9a-f-]+…", "0f6a1c52-8a34…"),
    (r"\borg_[0-9a-f]{12}", "org_6f43b6140e30"),
    (r"127\.0\.0\.1:\d{4,5}\b", "127.0.0.1:44550"),
    // One in a thousand has no fraction.
    (r#"(time: "?\S+T)\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z"#, "${1}09:30:00.000Z"),
    (r"\d{2}:\d{2}:\d{2}\.\d{1,9}Z", "09:30:00.000Z"),
    (r"\d{4}-\d{2}-\d{2}", "2026-11-29"),
    (r"\d{2}:\d{2}:\d{2}", "09:30:00"),
    (r"topup_test_\d+_\d+", "topup_test_1_0"),
    (r"moved to [^\s:/]+:/tmp/", "moved to desk:/tmp/"),
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

/// The ids of what is charged begin with one of these; tables cut them off at any width.
const CHARGED: &str = r"\b(ch|pi|pc|in|pur)_";
const ID: &str = "5f0c2a91d3b84e6f9a17c0de";

/// The classes that no scene ends with: there is no way to meet a defect of this program on purpose.
const WITHOUT_SCENE: &[Class] = &[Class::Internal];

/// A scene of the table: its name, what its user has, and its lines.
#[derive(Debug)]
struct Scene {
    name: String,
    place: String,
    lines: Vec<String>,
}

impl Scene {
    /// A new user of this scene, with what has to be kept while it runs; none where a program that
    /// it wants is not installed.
    fn user(&self) -> Option<(User, Box<dyn Any>)> {
        match self.place.as_str() {
            "" => Some((User::on_sandbox(), Box::new(()))),
            "bare" => Some((User::new(), Box::new(()))),
            "served" => {
                let server = Server::start(&[]);
                Some((server.user(), Box::new(server)))
            }
            "shared" => {
                let fleet = Fleet::new()?;
                let user = fleet.machine().with("TOPUP_TOKEN", &fleet.portal.token);
                Some((user, Box::new(fleet)))
            }
            unknown => panic!("{}: '{unknown}' is no place", self.name),
        }
    }
}

fn scenes() -> Vec<Scene> {
    let table = fs::read_to_string("tests/snapshots/scenes.txt").expect("the table");
    let mut scenes: Vec<Scene> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(heading) = line.strip_prefix('[') {
            let (name, place) = heading.split_once(']').expect("a heading");
            let (name, place) = (name.to_owned(), place.trim().to_owned());
            scenes.push(Scene { name, place, lines: Vec::new() });
        } else {
            scenes.last_mut().expect("a heading first").lines.push(line.to_owned());
        }
    }
    scenes
}

/// Runs a line as a shell does. A comment such as `# INT once CONDITION` sends it that signal as soon
/// as the condition, which is run again and again, ends with 0.
fn shell(user: &User, line: &str) -> Ran {
    let folder = Path::new(topup()).parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let start = |line: &str| {
        let mut command = user.program("sh");
        command.args(["-c", line]).env("PATH", format!("{folder}:{path}"));
        command.spawn().expect("a shell")
    };
    let Some((typed, (word, condition))) = line
        .split_once(" # ")
        .and_then(|(typed, comment)| Some((typed, comment.split_once(" once ")?)))
    else {
        return user.finish(&[line], start(line));
    };
    let child = start(&format!("exec {typed}"));
    until(condition, || user.finish(&[condition], start(condition)).code == 0);
    signal(child.id(), if word == "INT" { Signal::INT } else { Signal::TERM });
    user.finish(&[typed], child)
}

/// What a scene shows at this width; none where a program that it wants is not installed.
fn page(scene: &Scene, columns: &str) -> Option<String> {
    let (user, _kept) = scene.user()?;
    let user = user.with("COLUMNS", columns);
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
    Some(page)
}

#[test]
fn what_people_see_is_what_was_meant() {
    let scenes = scenes();
    let widths = ["80", "120"].iter();
    let pages: Vec<_> =
        widths.flat_map(|columns| scenes.iter().map(move |scene| (scene, *columns))).collect();
    at_once(&pages, |(scene, columns)| {
        let Some(page) = page(scene, columns) else { return };
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path("snapshots");
        for (pattern, instead) in VARYING {
            settings.add_filter(pattern, *instead);
        }
        settings.add_filter(&format!("{CHARGED}[0-9a-f]{{24}}"), format!("${{1}}_{ID}"));
        for width in 1..ID.len() {
            let cut = format!("{CHARGED}[0-9a-f]{{{width}}}…");
            settings.add_filter(&cut, format!("${{1}}_{}…", &ID[..width]));
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

#[test]
fn every_class_has_a_scene_that_ends_with_it() {
    let shown = |code: u8| {
        let end = format!("-- exit {code}\n");
        scenes().iter().any(|scene| {
            let page = format!("tests/snapshots/{}-80.snap", scene.name);
            fs::read_to_string(page).is_ok_and(|page| page.contains(&end))
        })
    };
    let failures = TABLE.iter().filter(|row| row.class != Class::Success);
    let without: Vec<Class> =
        failures.filter(|row| !shown(row.code)).map(|row| row.class).collect();
    assert_eq!(without, WITHOUT_SCENE);
}
