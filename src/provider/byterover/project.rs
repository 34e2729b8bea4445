//! Which project a folder belongs to, by the rules of `brv`: the nearest `.brv` upwards decides. A
//! folder of that name with a `config.json` is a project, a file of that name points to one, and
//! anything else ends the search. Contract: byterover, seen since.

use crate::core::failure::{Failure, Result};
use crate::core::files::read_plain;
use crate::provider::wire;
use std::fs;
use std::path::{Path, PathBuf};

/// What makes a folder a project, or leads to one.
const MARK: &str = ".brv";
/// Without this file the folder of that name is no project.
const CONFIG: &str = "config.json";
/// No pointer comes near this size.
const LONGEST_POINTER: u64 = 64 * 1024;

/// A project, by its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

/// What is found at one folder.
enum Mark {
    /// A project.
    Project(Project),
    /// Something of that name that is none: the search ends here.
    Other,
    /// Nothing: the folder above is next.
    None,
}

impl Project {
    /// The project that is named, or the one around the working folder.
    ///
    /// # Errors
    /// Class `usage` for a name that is empty or no project, `config` for a pointer that cannot be
    /// followed.
    pub fn find(named: Option<&Path>, working_folder: Option<&Path>) -> Result<Option<Self>> {
        match (named, working_folder) {
            (Some(folder), _) => Self::named(folder, working_folder).map(Some),
            (None, Some(folder)) => Self::around(folder),
            (None, None) => Ok(None),
        }
    }

    fn named(folder: &Path, working_folder: Option<&Path>) -> Result<Self> {
        let refuse = |why: &str| {
            Err(Failure::usage(format!("--project '{}' {why}", folder.display())).hint(
                "Name the root folder of a project that brv has set up; nothing was written.",
            ))
        };
        if folder.as_os_str().is_empty() {
            return refuse("is empty");
        }
        let whole = working_folder.map_or_else(|| folder.to_owned(), |here| here.join(folder));
        let Ok(root) = fs::canonicalize(whole) else { return refuse("is not a folder") };
        if !root.is_dir() {
            return refuse("is not a folder");
        }
        match mark(&root)? {
            Mark::Project(project) => Ok(project),
            Mark::Other | Mark::None => {
                refuse("is not a ByteRover project: it has no .brv/config.json")
            }
        }
    }

    /// The project around this folder.
    ///
    /// # Errors
    /// Class `config` for a pointer that cannot be followed.
    pub fn around(folder: &Path) -> Result<Option<Self>> {
        let Ok(folder) = fs::canonicalize(folder) else { return Ok(None) };
        for folder in folder.ancestors() {
            match mark(folder)? {
                Mark::Project(project) => return Ok(Some(project)),
                Mark::Other => return Ok(None),
                Mark::None => {}
            }
        }
        Ok(None)
    }

    /// Its root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of its settings.
    pub fn folder(&self) -> PathBuf {
        self.root.join(MARK)
    }
}

fn is_project(folder: &Path) -> bool {
    folder.join(MARK).join(CONFIG).exists()
}

fn mark(folder: &Path) -> Result<Mark> {
    let place = folder.join(MARK);
    // A link of that name is neither a folder nor a file here, as for brv.
    let Ok(found) = fs::symlink_metadata(&place) else { return Ok(Mark::None) };
    if found.is_dir() && is_project(folder) {
        return Ok(Mark::Project(Project { root: folder.to_owned() }));
    }
    if found.is_file() {
        return follow(&place).map(Mark::Project);
    }
    Ok(Mark::Other)
}

/// The project that a pointer leads to.
fn follow(pointer: &Path) -> Result<Project> {
    let broken = |why: String| {
        let folder = pointer.parent().unwrap_or(pointer).display();
        Failure::config(format!("{} leads to no project: {why}", pointer.display())).hint_with(
            "Correct it, or run 'brv worktree remove' in {}; nothing was written.",
            &[&folder],
        )
    };
    let text = read_plain(pointer, LONGEST_POINTER)
        .map_err(|cause| broken(format!("it cannot be read: {cause}")))?;
    let target = wire::object(text.as_bytes())
        .and_then(|map| wire::text(&map, "projectRoot"))
        .ok_or_else(|| broken("it is not a JSON object with a 'projectRoot'".into()))?;
    let target = Path::new(&target);
    if !target.is_absolute() {
        return Err(broken(format!("'{}' is not an absolute path", target.display())));
    }
    match fs::canonicalize(target) {
        Ok(root) if is_project(&root) => Ok(Project { root }),
        _ => Err(broken(format!("{} has no .brv/config.json", target.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let root = fs::canonicalize(folder.path()).expect("a path");
        (folder, root)
    }

    fn set_up(root: &Path) {
        fs::create_dir_all(root.join(MARK)).expect("made");
        fs::write(root.join(MARK).join(CONFIG), "{}").expect("written");
    }

    #[test]
    fn the_nearest_mark_decides_and_without_a_config_it_is_no_project() {
        let (_folder, root) = folder();
        let deep = root.join("a/b");
        fs::create_dir_all(&deep).expect("made");
        assert_eq!(Project::around(&deep).expect("readable"), None);
        set_up(&root);
        assert_eq!(Project::around(&deep).expect("readable").expect("one").root(), root);
        // A nearer folder without a config ends the search: nothing is inherited past it.
        fs::create_dir(root.join("a/.brv")).expect("made");
        assert_eq!(Project::around(&deep).expect("readable"), None);
        set_up(&root.join("a"));
        assert_eq!(Project::around(&deep).expect("readable").expect("one").root(), root.join("a"));
        assert_eq!(Project::around(&root.join("gone")).expect("readable"), None);
        assert_eq!(Project::find(None, None).expect("readable"), None);
    }

    #[test]
    fn a_pointer_is_followed_and_one_that_leads_nowhere_is_never_skipped() {
        let (_folder, root) = folder();
        let (main, worktree) = (root.join("main"), root.join("worktree"));
        set_up(&root);
        set_up(&main);
        fs::create_dir_all(worktree.join("src")).expect("made");
        let pointer = worktree.join(MARK);
        let point = |text: &str| fs::write(&pointer, text).expect("written");
        point(&serde_json::json!({"projectRoot": main, "x": 1}).to_string());
        let found = Project::around(&worktree.join("src")).expect("readable").expect("one");
        assert_eq!(found.root(), main);
        let named = Project::find(Some(&worktree), None).expect("readable").expect("one");
        assert_eq!(named.root(), main);
        for bad in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"projectRoot":""}"#,
            r#"{"projectRoot":7}"#,
            r#"{"projectRoot":"main"}"#,
            r#"{"projectRoot":"/no/such/folder"}"#,
            &serde_json::json!({"projectRoot": worktree}).to_string(),
            &format!("{{\"projectRoot\":\"{}\"}}", "x".repeat(70_000)),
        ] {
            point(bad);
            let refused = Project::around(&worktree).expect_err("refused");
            assert_eq!(refused.class(), Class::Config, "{}", &bad[..bad.len().min(60)]);
            assert!(refused.to_string().contains(".brv leads to no project"), "{refused}");
            assert!(
                refused.parts().hints[0].to_string().contains("brv worktree remove"),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_named_folder_has_to_be_a_project() {
        let (_folder, root) = folder();
        fs::create_dir(root.join("bare")).expect("made");
        for bad in ["", "no such folder", "bare"] {
            let refused = Project::find(Some(Path::new(bad)), Some(&root)).expect_err("refused");
            assert_eq!(refused.class(), Class::Usage, "{bad}");
        }
        set_up(&root.join("bare"));
        let named = Project::find(Some(Path::new("bare")), Some(&root)).expect("fine");
        assert_eq!(named.expect("one").root(), root.join("bare"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_of_that_name_ends_the_search() {
        let (_folder, root) = folder();
        set_up(&root);
        fs::create_dir(root.join("a")).expect("made");
        std::os::unix::fs::symlink("../.brv", root.join("a/.brv")).expect("linked");
        assert_eq!(Project::around(&root.join("a")).expect("readable"), None);
    }
}
