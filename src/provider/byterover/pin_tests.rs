//! The pin file: nothing of others is lost, moved or rewritten, whatever it holds and whoever
//! writes at the same time.

use super::*;
use crate::core::class::Class;
use std::fs::File;

fn project() -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join(FOLDER)).expect("made");
    let project = Project::around(folder.path()).expect("a project");
    (folder, project)
}

fn pin(project: &Project, team: Option<&str>) -> Result<bool> {
    project.pin(team, &Interrupt::default())
}

fn text(project: &Project) -> String {
    fs::read_to_string(project.file()).expect("a file")
}

#[test]
fn the_project_is_the_nearest_folder_upwards_or_the_one_that_is_named() {
    let (folder, project) = project();
    let deep = folder.path().join("a/b");
    fs::create_dir_all(&deep).expect("made");
    assert_eq!(Project::around(&deep).as_ref(), Some(&project));
    fs::create_dir(folder.path().join("a/.brv")).expect("made");
    assert_eq!(Project::around(&deep).expect("nearer").root(), folder.path().join("a"));
    for bad in ["", "no such folder"] {
        let refused = Project::find(Some(Path::new(bad))).expect_err("refused");
        assert_eq!(refused.class(), Class::Usage, "{bad}");
    }
    let named = Project::find(Some(folder.path())).expect("fine").expect("one");
    assert_eq!(named.root(), folder.path());
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
        fs::write(project.file(), before).expect("written");
        assert!(pin(&project, Some("new")).expect("pinned"));
        assert_eq!(text(&project), pinned);
        assert_eq!(project.choice().expect("read").team.as_deref(), Some("new"));
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
    assert!(!project.file().exists(), "nothing was made for nothing");
    assert!(pin(&project, Some("t1")).expect("pinned"));
    assert_eq!(text(&project), "{\n  \"billing\": {\n    \"pinnedTeamId\": \"t1\"\n  }\n}\n");
    let names: Vec<_> = fs::read_dir(folder.path().join(FOLDER))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, [FILE]);
    // A root that is named needs no `.brv` before.
    let bare = tempfile::tempdir().expect("a folder");
    let named = Project::find(Some(bare.path())).expect("fine").expect("one");
    assert!(!pin(&named, None).expect("nothing to take out"));
    assert!(!bare.path().join(FOLDER).exists());
    assert!(pin(&named, Some("t1")).expect("pinned"));
    assert_eq!(named.choice().expect("read").team.as_deref(), Some("t1"));
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
        fs::write(project.file(), bad).expect("written");
        let told = project.choice().expect_err(bad);
        assert_eq!(told.class(), Class::Config, "{bad}");
        assert!(told.to_string().contains(FILE), "{told}");
        for team in [Some("t2"), None] {
            assert_eq!(pin(&project, team).expect_err(bad).class(), Class::Config, "{bad}");
        }
        assert_eq!(text(&project), bad, "it is as it was");
    }
    let (_folder, project) = project();
    fs::create_dir(project.file()).expect("made");
    assert_eq!(pin(&project, Some("t2")).expect_err("a folder").class(), Class::Config);
}

#[test]
fn another_provider_is_told_and_its_own_is_none() {
    for (text, other) in [
        ("{\"activeProvider\":\"anthropic\"}", Some("anthropic")),
        ("{\"activeProvider\":\"byterover\"}", None),
        ("{\"activeProvider\":\"\"}", None),
        ("{\"activeProvider\":7}", None),
        ("{}", None),
    ] {
        let (_folder, project) = project();
        fs::write(project.file(), text).expect("written");
        assert_eq!(project.choice().expect("read").other_provider.as_deref(), other, "{text}");
    }
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, project) = project();
    let mode = |file: &Path| fs::metadata(file).expect("a file").permissions().mode() & 0o777;
    fs::write(project.file(), "{\"a\":1}").expect("written");
    for bits in [0o600, 0o640, 0o664] {
        fs::set_permissions(project.file(), fs::Permissions::from_mode(bits)).expect("set");
        assert!(pin(&project, Some(&format!("{bits:o}"))).expect("pinned"));
        assert_eq!(mode(&project.file()), bits);
    }
    let shared = folder.path().join("shared.json");
    fs::rename(project.file(), &shared).expect("moved");
    symlink("../shared.json", project.file()).expect("linked");
    assert!(pin(&project, Some("through the link")).expect("pinned"));
    assert!(is_link(&project.file()), "it is still a link");
    assert!(fs::read_to_string(&shared).expect("a file").contains("through the link"));
    assert_eq!(mode(&shared), 0o664);
    fs::remove_file(&shared).expect("removed");
    let refused = pin(&project, Some("nowhere")).expect_err("leads nowhere");
    assert_eq!(refused.class(), Class::Config);
    assert_eq!(project.choice().expect_err("leads nowhere").class(), Class::Config);
    assert!(!shared.exists());
}

#[test]
fn of_many_writers_none_undoes_what_another_wrote() {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 25;
    let (_folder, project) = project();
    fs::write(project.file(), "{\"kept\":{\"n\":1.0}}").expect("written");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let project = &project;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let id = format!("{writer}-{round}");
                    pin(project, Some(&id)).expect("pinned");
                    // Whole at every moment, and never without the keys of others.
                    let (settings, _) = read(&project.file()).expect("sense").expect("a file");
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
    fs::write(project.file(), "{\"a\":1}").expect("written");
    let mut reader = File::open(project.file()).expect("opened");
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
    assert_eq!(mode(&project.file()), mode(&usual));
}
