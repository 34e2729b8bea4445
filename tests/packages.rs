//! Promise: each package installs into a root that has nothing but what the package asks for, and buys
//! there on the sandbox; the Debian package brings everything to its place, leaves nothing behind and
//! gives lintian nothing to say; `cargo install` works as well.
//!
//! In folders of their own, never on the system itself. Ignored, because they want the packages, and
//! root: `.ci/package target/packages`, then `TOPUP_TEST_PACKAGES=$PWD/target/packages cargo test --test
//! all -- --ignored packages`.

use crate::books::has_program;
use crate::github::ROOT;
use crate::support::User;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
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

/// The packages that `.ci/package` has made.
fn folder_of_packages() -> PathBuf {
    PathBuf::from(
        std::env::var_os("TOPUP_TEST_PACKAGES").expect("TOPUP_TEST_PACKAGES is the folder"),
    )
}

/// The one package whose name ends like this.
fn package(end: &str) -> PathBuf {
    let files = fs::read_dir(folder_of_packages())
        .expect("a folder")
        .map(|file| file.expect("a file").path());
    let mut found: Vec<PathBuf> =
        files.filter(|file| file.to_string_lossy().ends_with(end)).collect();
    assert_eq!(found.len(), 1, "{end}: {found:?}");
    found.remove(0)
}

/// A root with a folder for what is temporary, the usual links, and nothing else.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().expect("a root"));
        for folder in ["tmp", "dev", "root", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin"] {
            fs::create_dir_all(root.path().join(folder)).expect("a folder");
        }
        for link in ["bin", "lib", "lib64", "sbin"] {
            symlink(format!("usr/{link}"), root.path().join(link)).expect("a link");
        }
        fs::write(root.path().join("dev/null"), "").expect("written");
        root
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// With these programs of the system and the libraries that they name.
    fn with_programs(self, programs: &[&str]) -> Self {
        for program in programs {
            let libraries = Command::new("ldd").arg(program).output().expect("ldd").stdout;
            let libraries = String::from_utf8(libraries).expect("text");
            let words = libraries.split_whitespace().filter(|word| word.starts_with('/'));
            for file in words.chain([*program]) {
                self.take(file);
            }
        }
        self
    }

    /// With this file or folder of the system, at the same place.
    fn take(&self, path: &str) {
        let mut parts = path.trim_start_matches('/').splitn(2, '/');
        let first = parts.next().unwrap_or_default();
        // The usual links lead there.
        let inside = match (first, parts.next()) {
            ("bin" | "lib" | "lib64" | "sbin", Some(rest)) => format!("usr/{first}/{rest}"),
            _ => path.trim_start_matches('/').to_owned(),
        };
        let to = self.path().join(inside);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        let mut copy = Command::new("cp");
        run(copy.args(["-rLn", "--preserve=mode"]).arg(path).arg(&to));
    }

    /// With this package in its first folder; gives its path there.
    fn with_package(&self, package: &Path) -> String {
        let name = package.file_name().expect("a name").to_str().expect("text");
        fs::copy(package, self.path().join(name)).expect("copied");
        format!("/{name}")
    }

    /// Runs a command inside it, with nothing of this environment.
    fn run(&self, words: &[&str]) -> String {
        let mut chroot = as_root("/usr/sbin/chroot");
        chroot.arg(self.path()).args(words).env_clear();
        run(chroot.env("PATH", "/usr/bin:/bin").env("HOME", "/root").env("LANG", "C.UTF-8"))
    }

    /// Buys on the sandbox with a program that is installed in it.
    fn buys_with(&self, program: &[&str]) {
        let version = self.run(&[program, &["--version"]].concat());
        assert_eq!(version.trim(), concat!("topup ", env!("CARGO_PKG_VERSION")));
        let bought = self.run(&[program, &["--sandbox", "buy", "25", "--yes"]].concat());
        assert!(bought.starts_with("Settled: $25.00"), "{bought}");
    }
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
#[ignore = "wants the packages and root"]
fn a_debian_package_brings_everything_to_its_place_and_leaves_nothing_behind() {
    if !has_program("dpkg-deb", "dpkg") || !has_program("man", "man-db") {
        return;
    }
    let made = package(".deb");
    let system = tempfile::tempdir().expect("a system");
    let root = system.path();
    for folder in ["info", "updates", "triggers"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).expect("a folder");
    }
    fs::write(root.join("var/lib/dpkg/status"), "").expect("written");
    let dpkg = |arguments: &[&str]| {
        let mut dpkg = as_root("dpkg");
        // It is no image that has been made small by leaving out the manual.
        dpkg.arg(format!("--root={}", root.display()));
        dpkg.arg("--path-include=/usr/share/*").args(arguments);
        run(&mut dpkg)
    };
    dpkg(&["--install", made.to_str().expect("text")]);

    // Nothing else is there, and it runs.
    let mut chroot = as_root("/usr/sbin/chroot");
    chroot.arg(root).args(["/usr/bin/topup", "--sandbox", "buy", "25", "--yes"]).env_clear();
    let bought = run(chroot.env("TOPUP_HOME", "/home"));
    assert!(bought.starts_with("Settled: $25.00"), "{bought}");
    run(as_root("rm").arg("-rf").arg(root.join("home")));
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
        COMP_LINE=\"topup bu\"; COMP_POINT=8; COMP_WORDS=(topup bu); COMP_CWORD=1; \
        _topup topup bu topup; echo \"${COMPREPLY[@]}\"";
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
#[ignore = "wants the packages"]
fn lintian_has_nothing_to_say_about_the_debian_package() {
    if !has_program("lintian", "lintian") {
        return;
    }
    let mut lintian = Command::new("lintian");
    lintian.args(["--pedantic", "--display-info", "--fail-on", "pedantic,info,warning,error"]);
    let told = run(lintian.arg("--allow-root").arg(package(".deb")));
    assert_eq!(told.trim(), "");
}

/// The most that the one static binary may weigh: what everybody downloads for every run of a pipeline.
const MOST_BYTES: u64 = 9_950_000;

#[test]
#[ignore = "wants the packages"]
fn the_binary_is_small() {
    let folder = tempfile::tempdir().expect("a folder");
    run(Command::new("tar")
        .arg("-xf")
        .arg(package("-linux-x86_64.tar.gz"))
        .arg("-C")
        .arg(folder.path()));
    let files = files_below(folder.path());
    let binary = files.iter().find(|file| file.ends_with("topup")).expect("a binary");
    let size = fs::metadata(folder.path().join(binary)).expect("a binary").len();
    assert!(size <= MOST_BYTES, "{size} bytes, more than {MOST_BYTES}");
}

#[test]
#[ignore = "wants the packages and root"]
fn the_tarball_needs_nothing_of_the_system() {
    let root = Root::new();
    let tarball = package("-linux-x86_64.tar.gz");
    run(Command::new("tar").arg("-xzf").arg(&tarball).arg("-C").arg(root.path()));
    let name = tarball.file_name().and_then(|name| name.to_str()).expect("a name");
    let name = name.trim_end_matches(".tar.gz");
    root.buys_with(&[&format!("/{name}/topup")]);
    root.run(&[&format!("/{name}/topup"), "ledger", "mandates"]);
    let unpacked = root.path().join(name);
    for file in ["README.md", "LICENSE", "man/man1/topup.1", "man/man7/topup-exactly-once.7"] {
        assert!(unpacked.join(file).is_file(), "{file}");
    }
    assert_eq!(files_below(&unpacked.join("completions")).len(), 6);
}

#[test]
#[ignore = "wants the packages and root"]
fn pip_installs_the_wheel_into_an_empty_environment() {
    let wheel = package(".whl");
    let name = wheel.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    assert!(name.contains("-py3-none-") && name.contains("manylinux"), "{name}");
    let python = fs::canonicalize("/usr/bin/python3").expect("python");
    let python = python.to_str().expect("text");
    let root = Root::new().with_programs(&[python]);
    let version = Path::new(python).file_name().and_then(|name| name.to_str()).expect("a name");
    root.take(&format!("/usr/lib/{version}"));
    // Where Debian keeps what a new environment gets.
    if Path::new("/usr/share/python-wheels").exists() {
        root.take("/usr/share/python-wheels");
    }
    for library in run(Command::new("sh").args([
        "-c",
        &format!(
            "ldd /usr/lib/{version}/lib-dynload/*.so | grep -o '/[^ ]*' | grep -v ':$' | sort -u"
        ),
    ]))
    .lines()
    {
        root.take(library);
    }
    root.run(&[python, "-m", "venv", "/venv"]);
    let wheel = root.with_package(&wheel);
    root.run(&["/venv/bin/pip", "install", "--no-index", "--no-cache-dir", &wheel]);
    root.buys_with(&["/venv/bin/topup"]);
    let files = root.run(&["/venv/bin/pip", "show", "--files", "topup"]);
    assert!(files.contains("bin/topup"), "{files}");
}

#[test]
#[ignore = "wants the packages and root"]
fn npm_and_npx_run_the_binary_of_the_npm_package() {
    let npm = fs::canonicalize("/usr/bin/npm").expect("npm");
    let node = fs::canonicalize("/usr/bin/node").expect("node");
    let node = node.to_str().expect("text");
    let root = Root::new().with_programs(&[node, "/bin/sh", "/usr/bin/env"]);
    // All of npm, wherever it is: its folder, or that of all packages of Debian.
    let folder = npm
        .ancestors()
        .find(|folder| folder.ends_with("node_modules/npm") || folder.ends_with("share/nodejs"));
    root.take(folder.and_then(Path::to_str).expect("the folder of npm"));
    let npm = npm.to_str().expect("text");
    let package = root.with_package(&package(".tgz"));
    root.run(&[node, npm, "install", "--global", "--offline", "--prefix=/usr", &package]);
    root.buys_with(&["/usr/bin/topup"]);
    root.run(&[node, npm, "uninstall", "--global", "--offline", "--prefix=/usr", "topup"]);
    assert!(!root.path().join("usr/bin/topup").exists());
    let npx = npm.replace("npm-cli", "npx-cli");
    root.buys_with(&[node, &npx, "--yes", "--offline", "--package", &package, "topup"]);
}

#[test]
#[ignore = "builds the release a second time"]
fn twice_the_same_commit_makes_the_same_packages() {
    let folder = tempfile::tempdir().expect("a folder");
    // Another place and nothing that was built before.
    let source = folder.path().join("source");
    run(Command::new("git").args(["clone", "--quiet", ROOT]).arg(&source));
    let packed = folder.path().join("packages");
    run(Command::new(source.join(".ci/package")).arg(&packed).env_remove("CARGO_TARGET_DIR"));
    let made = files_below(&folder_of_packages());
    assert_eq!(files_below(&packed), made);
    for file in made {
        let bytes = |folder: &Path| fs::read(folder.join(&file)).expect("a package");
        assert!(bytes(&packed) == bytes(&folder_of_packages()), "{} differs", file.display());
    }
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
