//! The pin file: nothing of others is lost, moved or rewritten, whatever it holds and whichever
//! program writes at the same time.

use super::*;
use crate::core::class::Class;
use std::fs::File;

fn project() -> (tempfile::TempDir, Project) {
    let folder = crate::core::scratch::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(".brv")).expect("made");
    fs::write(folder.path().join(".brv/config.json"), "{}").expect("written");
    let project = Project::around(folder.path()).expect("readable").expect("a project");
    (folder, project)
}

fn pin(project: &Project, team: Option<&str>) -> Result<bool> {
    project.pin_with(team, &Interrupt::default(), &mut |_| {})
}

/// The pin, without a pause.
fn read_pin(project: &Project) -> Result<Option<String>> {
    project.pinned_with(&mut |_| {})
}

fn held(project: &Project) -> Option<String> {
    read_pin(project).expect("read")
}

fn text(project: &Project) -> String {
    fs::read_to_string(project.pin_file()).expect("a file")
}

#[test]
fn every_key_keeps_its_place_its_digits_and_its_layout() {
    for (before, pinned, unpinned) in [
        (
            "{\n    \"z\": 1.50,\n    \"billing\": {\n        \"x\": 1e+400,\n        \"pinnedTeamId\": \"old\",\n        \"y\": 12345678901234567890123\n    },\n    \"a\": [\n        null\n    ]\n}\n",
            "{\n    \"z\": 1.50,\n    \"billing\": {\n        \"x\": 1e+400,\n        \"pinnedTeamId\": \"new\",\n        \"y\": 12345678901234567890123\n    },\n    \"a\": [\n        null\n    ]\n}\n",
            "{\n    \"z\": 1.50,\n    \"billing\": {\n        \"x\": 1e+400,\n        \"y\": 12345678901234567890123\n    },\n    \"a\": [\n        null\n    ]\n}\n",
        ),
        (
            "{\"b\":1,\"billing\":{\"pinnedTeamId\":\"old\"},\"a\":2,\"c\":3}",
            "{\"b\":1,\"billing\":{\"pinnedTeamId\":\"new\"},\"a\":2,\"c\":3}",
            "{\"b\":1,\"a\":2,\"c\":3}",
        ),
        (
            "{\n\t\"b\": null\n}",
            "{\n\t\"b\": null,\n\t\"billing\": {\n\t\t\"pinnedTeamId\": \"new\"\n\t}\n}",
            "{\n\t\"b\": null\n}",
        ),
        (
            "{\"billing\":null,\"a\":1}",
            "{\"billing\":{\"pinnedTeamId\":\"new\"},\"a\":1}",
            "{\"a\":1}",
        ),
        (
            "{\r\n  \"a\": \"one\\ntwo\"\r\n}\r\n",
            "{\r\n  \"a\": \"one\\ntwo\",\r\n  \"billing\": {\r\n    \"pinnedTeamId\": \"new\"\r\n  }\r\n}\r\n",
            "{\r\n  \"a\": \"one\\ntwo\"\r\n}\r\n",
        ),
        ("{}\n", "{\n  \"billing\": {\n    \"pinnedTeamId\": \"new\"\n  }\n}\n", "{}\n"),
    ] {
        let (_folder, project) = project();
        fs::write(project.pin_file(), before).expect("written");
        assert!(pin(&project, Some("new")).expect("pinned"));
        assert_eq!(text(&project), pinned);
        assert_eq!(held(&project).as_deref(), Some("new"));
        assert!(!pin(&project, Some("new")).expect("pinned already"));
        assert!(pin(&project, None).expect("unpinned"));
        assert_eq!(text(&project), unpinned);
        assert!(!pin(&project, None).expect("unpinned already"));
    }
}

#[test]
fn a_file_is_made_where_there_is_none_and_nothing_is_left_beside_it() {
    let (folder, project) = project();
    assert!(!pin(&project, None).expect("nothing to take out"));
    assert!(!project.pin_file().exists(), "nothing was made for nothing");
    assert!(pin(&project, Some("t1")).expect("pinned"));
    assert_eq!(text(&project), "{\n  \"billing\": {\n    \"pinnedTeamId\": \"t1\"\n  }\n}\n");
    let names: Vec<_> = fs::read_dir(folder.path().join(".brv"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    let mut names = names;
    names.sort();
    assert_eq!(names, [FILE, "config.json"]);
}

#[test]
fn a_file_that_makes_no_sense_is_told_and_never_written_to() {
    for bad in [
        "",
        " \n",
        "{\"billing\":{\"pinnedTeamId\":\"t1\"",
        "{not json",
        "[]",
        "null",
        "{\"a\":1,\"a\":2}",
        "\u{feff}{}",
        "{\"billing\":7}",
        "{\"billing\":{\"pinnedTeamId\":7}}",
        "{} x",
    ] {
        let (_folder, project) = project();
        fs::write(project.pin_file(), bad).expect("written");
        let refused = read_pin(&project).expect_err(bad);
        assert_eq!(refused.class(), Class::Config, "{bad}");
        assert!(refused.to_string().contains(FILE), "{refused}");
        for team in [Some("t2"), None] {
            assert_eq!(pin(&project, team).expect_err(bad).class(), Class::Config, "{bad}");
        }
        assert_eq!(text(&project), bad, "it is as it was");
    }
    let (_folder, project) = project();
    fs::create_dir(project.pin_file()).expect("made");
    assert_eq!(pin(&project, Some("t2")).expect_err("a folder").class(), Class::Config);
}

#[test]
fn a_file_that_is_being_written_is_read_again_and_then_told() {
    let (_folder, project) = project();
    for unfinished in ["", "{\"billing\":{\"pinned"] {
        fs::write(project.pin_file(), unfinished).expect("written");
        let mut pauses = 0;
        let whole = project.pinned_with(&mut |_| {
            pauses += 1;
            if pauses == 3 {
                fs::write(project.pin_file(), "{\"billing\":{\"pinnedTeamId\":\"t1\"}}")
                    .expect("written");
            }
        });
        assert_eq!(whole.expect("whole in the end").as_deref(), Some("t1"));
        assert_eq!(pauses, 3);
        fs::write(project.pin_file(), unfinished).expect("written");
        let mut waited = Duration::ZERO;
        let refused = project.pinned_with(&mut |pause| waited += pause).expect_err("refused");
        assert_eq!(waited, Duration::from_millis(200));
        assert_eq!(refused.parts().recovery, Some(Recovery::RetryLater));
    }
    // What is whole and makes no sense is reported at once.
    fs::write(project.pin_file(), "[]").expect("written");
    let refused = project.pinned_with(&mut |_| panic!("no pause")).expect_err("refused");
    assert_eq!(refused.parts().recovery, Some(Recovery::FixInput));
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, project) = project();
    let mode = |file: &Path| fs::metadata(file).expect("a file").permissions().mode() & 0o777;
    fs::write(project.pin_file(), "{\"a\":1}").expect("written");
    for bits in [0o600, 0o640, 0o664] {
        fs::set_permissions(project.pin_file(), fs::Permissions::from_mode(bits)).expect("set");
        assert!(pin(&project, Some(&format!("{bits:o}"))).expect("pinned"));
        assert_eq!(mode(&project.pin_file()), bits);
    }
    let shared = folder.path().join("shared.json");
    fs::rename(project.pin_file(), &shared).expect("moved");
    symlink("../shared.json", project.pin_file()).expect("linked");
    assert!(pin(&project, Some("through the link")).expect("pinned"));
    assert!(is_link(&project.pin_file()), "it is still a link");
    assert!(fs::read_to_string(&shared).expect("a file").contains("through the link"));
    assert_eq!(mode(&shared), 0o664);
    fs::remove_file(&shared).expect("removed");
    let refused = pin(&project, Some("nowhere")).expect_err("leads nowhere");
    assert_eq!(refused.class(), Class::Config);
    assert_eq!(read_pin(&project).expect_err("leads nowhere").class(), Class::Config);
    assert!(!shared.exists());
}

#[test]
fn of_many_writers_none_undoes_what_another_wrote() {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 25;
    let (_folder, project) = project();
    fs::write(project.pin_file(), "{\"kept\":{\"n\":1.0}}").expect("written");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let project = &project;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let id = format!("{writer}-{round}");
                    pin(project, Some(&id)).expect("pinned");
                    // Whole at every moment, and never without the keys of others.
                    let (settings, _) =
                        read(&project.pin_file(), &mut |_| {}).expect("sense").expect("a file");
                    assert_eq!(settings["kept"]["n"].to_string(), "1.0");
                    assert!(settings["billing"]["pinnedTeamId"].is_string());
                }
            });
        }
    });
}

#[test]
fn of_many_that_ask_for_the_same_one_changes_it() {
    let (_folder, project) = project();
    for round in 0..40 {
        let id = round.to_string();
        let changed: usize = std::thread::scope(|scope| {
            let writers: Vec<_> =
                (0..8).map(|_| scope.spawn(|| pin(&project, Some(&id)).expect("pinned"))).collect();
            writers.into_iter().map(|writer| usize::from(writer.join().expect("ended"))).sum()
        });
        assert_eq!(changed, 1, "each reads what the one before it wrote");
    }
}

#[test]
fn whoever_is_reading_keeps_the_old_file_whole() {
    let (_folder, project) = project();
    fs::write(project.pin_file(), "{\"a\":1}").expect("written");
    let mut reader = File::open(project.pin_file()).expect("opened");
    assert!(pin(&project, Some("t1")).expect("pinned"));
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("read");
    assert_eq!(text, "{\"a\":1}", "it was replaced, not written over");
}

#[cfg(unix)]
#[test]
fn a_new_file_is_readable_by_whom_the_user_lets_read_new_files() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, project) = project();
    let usual = folder.path().join("usual");
    File::create(&usual).expect("made");
    assert!(pin(&project, Some("t1")).expect("pinned"));
    let mode = |file: &Path| fs::metadata(file).expect("a file").permissions().mode();
    assert_eq!(mode(&project.pin_file()), mode(&usual));
}
