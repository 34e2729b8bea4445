//! Promise: the Debian package is the same bytes each time, brings everything to its place and
//! leaves nothing behind; `cargo install` works as well.
//!
//! In folders of their own, never on the system itself. Ignored, because they want a binary as it
//! is handed out, and root: `TOPUP_TEST_BINARY=$PWD/target/release/topup cargo test --test all --
//! --ignored packages`.

use crate::books::has_program;
use crate::github::ROOT;
use crate::support::{User, topup};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs it to its end, which is a good one; gives what it printed.
fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}\n{out}{err}");
    out.into_owned()
}

/// Makes the package of the binary under test.
fn package(folder: &Path) -> PathBuf {
    run(Command::new(Path::new(ROOT).join(".ci/package"))
        .arg(topup())
        .arg(folder)
        .current_dir("/"));
    let mut made = fs::read_dir(folder).expect("a folder");
    let package = made.next().expect("a package").expect("a package").path();
    assert!(made.next().is_none());
    package
}

/// A program of the package manager, with the rights that it needs.
fn as_root(program: &str) -> Command {
    if rustix::process::getuid().is_root() {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", program]);
    sudo
}

/// Every file below a folder, by its path in it.
fn files_below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(folder).expect("below").to_owned());
            }
        }
    }
    files
}

#[test]
#[ignore = "wants the release binary and root"]
fn a_debian_package_brings_everything_to_its_place_and_leaves_nothing_behind() {
    if !has_program("dpkg-deb", "dpkg") || !has_program("man", "man-db") {
        return;
    }
    let folders = [tempfile::tempdir().expect("one"), tempfile::tempdir().expect("another")];
    let made = folders.each_ref().map(|folder| package(folder.path()));
    let bytes = made.each_ref().map(|package| fs::read(package).expect("a package"));
    assert!(bytes[0] == bytes[1], "two packages of one binary differ");

    let system = tempfile::tempdir().expect("a system");
    let root = system.path();
    for folder in ["info", "updates", "triggers"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).expect("a folder");
    }
    fs::write(root.join("var/lib/dpkg/status"), "").expect("written");
    let dpkg = |arguments: &[&str]| {
        let mut dpkg = as_root("dpkg");
        // The system in the folder has no C library of its own, and is no image that has been made
        // small by leaving out the manual.
        dpkg.arg(format!("--root={}", root.display()));
        dpkg.args(["--force-depends", "--path-include=/usr/share/*"]).args(arguments);
        run(&mut dpkg)
    };
    dpkg(&["--install", made[0].to_str().expect("text")]);

    let installed = root.join("usr/bin/topup");
    let version = run(Command::new(&installed).arg("--version").env_clear());
    assert_eq!(version.trim(), concat!("topup ", env!("CARGO_PKG_VERSION")));
    // Every page is found by its name, in its section.
    let pages = root.join("usr/share/man");
    for section in ["1", "7"] {
        let end = format!(".{section}");
        let names: BTreeSet<String> = fs::read_dir(Path::new(ROOT).join("man"))
            .expect("the manual")
            .map(|page| page.expect("a page").file_name().into_string().expect("text"))
            .filter_map(|page| page.strip_suffix(&end).map(str::to_owned))
            .collect();
        let mut man = Command::new("man");
        let found = run(man.arg("-M").arg(&pages).args(["-w", section]).args(&names));
        for name in names {
            let file = format!("man{section}/{name}.{section}.gz\n");
            assert!(found.contains(&file), "{file} in {found}");
        }
    }
    let shown = run(Command::new("man").arg("-M").arg(&pages).arg("topup").env("MANWIDTH", "80"));
    assert!(shown.contains("SYNOPSIS") && shown.contains("topup-exactly-once(7)"), "{shown}");
    // The completion is where bash looks for that of a command, and works there.
    let asks = "source usr/share/bash-completion/completions/topup; \
        COMP_WORDS=(topup bu); COMP_CWORD=1; _topup topup bu topup; echo \"${COMPREPLY[@]}\"";
    let path = format!("{}:/usr/bin:/bin", root.join("usr/bin").display());
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", asks]).current_dir(root).env("PATH", path);
    let completed = run(&mut bash);
    assert_eq!(completed.trim(), "buy");
    for file in [
        "zsh/vendor-completions/_topup",
        "fish/vendor_completions.d/topup.fish",
        "doc/topup/copyright",
    ] {
        assert!(root.join("usr/share").join(file).is_file(), "{file}");
    }

    dpkg(&["--purge", "topup"]);
    let left: Vec<PathBuf> = files_below(root)
        .into_iter()
        .filter(|file| !file.starts_with("var/lib/dpkg") && !file.starts_with("var/log"))
        .collect();
    assert!(left.is_empty() && !root.join("usr").exists(), "{left:?}");
}

#[test]
#[ignore = "builds the program once more"]
fn cargo_installs_what_is_in_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cargo = Command::new(env!("CARGO"));
    // Without the long optimization: it is the way that is tried, not the binary.
    cargo.args(["install", "--quiet", "--locked", "--debug", "--path", ROOT, "--root"]);
    run(cargo.arg(folder.path()).env_remove("RUSTFLAGS"));
    let user = User::new();
    let installed = folder.path().join("bin/topup");
    let bought = run(Command::new(installed)
        .args(["--sandbox", "buy", "25", "--yes"])
        .env_clear()
        .env("HOME", user.home()));
    assert!(bought.starts_with("Settled: $25.00"), "{bought}");
}
