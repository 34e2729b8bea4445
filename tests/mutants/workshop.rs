//! The copy of the project in which every change stands behind its switch, and its builds.

use crate::rewrite::{Mutant, rewrite};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The switch: which change is on comes from the environment, or from a file where a test starts
/// the program with an environment of its own. Each change that is reached is noted once where
/// that is wanted.
const SWITCH: &str = r#"//! The change that is on.
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

struct Chosen {
    number: Option<usize>,
    trace: Option<std::path::PathBuf>,
    reached: Vec<AtomicBool>,
}

static CHOSEN: OnceLock<Chosen> = OnceLock::new();

pub(crate) fn on(number: usize) -> bool {
    let chosen = CHOSEN.get_or_init(|| {
        let text = |name: &str| {
            std::env::var(name)
                .ok()
                .or_else(|| std::fs::read_to_string(std::path::Path::new(FOLDER).join(name)).ok())
        };
        Chosen {
            number: text("MUTANT_NUMBER").and_then(|text| text.trim().parse().ok()),
            trace: text("MUTANT_TRACE").map(|text| text.trim().into()),
            reached: (0..COUNT).map(|_| AtomicBool::new(false)).collect(),
        }
    });
    if let Some(trace) = &chosen.trace
        && !chosen.reached[number].swap(true, Ordering::Relaxed)
    {
        use std::io::Write;
        let file = std::fs::OpenOptions::new().append(true).create(true).open(trace);
        let _ = file.and_then(|mut file| file.write_all(format!("{number}\n").as_bytes()));
    }
    chosen.number == Some(number)
}
"#;

/// What the copy has besides: it is no member of another workspace, and what is built of it has a name
/// of its own beside what is built of the project.
const APART: &str = "
[workspace]
[profile.dev.package.topup]
debug = false
";

/// The project.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The target folder of the project.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("below the target folder").to_owned()
}

/// Where everything is made that belongs to this.
pub fn folder() -> PathBuf {
    target().join("mutants")
}

/// Every change of the chosen files, and the text of each file with them.
///
/// # Panics
/// When a source file cannot be read, or is no Rust.
pub fn all(
    files: &[PathBuf],
    left_out: &BTreeSet<String>,
) -> (Vec<Mutant>, BTreeMap<PathBuf, String>) {
    let mut mutants = Vec::new();
    let mut texts = BTreeMap::new();
    let mut first = 0;
    for file in files {
        let source = fs::read_to_string(project().join(file)).expect("a source file");
        let done = rewrite(&file.display().to_string(), &source, first, left_out)
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        first = done.mutants.last().map_or(first, |last| last.number + 1);
        mutants.extend(done.mutants);
        texts.insert(file.clone(), done.text);
    }
    (mutants, texts)
}

/// A build of the changed project.
#[derive(Debug)]
pub struct Build {
    /// The changes that it has.
    pub mutants: Vec<Mutant>,
    /// The tests of the library.
    pub fast: PathBuf,
    /// The tests through the program, when they were asked for.
    pub slow: Option<PathBuf>,
}

/// Copies and builds. A change that does not compile is left out, and the build is made again.
///
/// # Errors
/// What the file system says.
///
/// # Panics
/// When the copy does not compile for another reason than one of its changes.
pub fn build(files: &[PathBuf], with_slow: bool) -> io::Result<Build> {
    // What did not compile the last time is not tried again as long as its file is the same.
    let known = folder().join("left_out");
    let kept = fs::read_to_string(&known).unwrap_or_default();
    let mut left_out: BTreeSet<String> =
        kept.lines().filter_map(|line| still_left_out(line).map(str::to_owned)).collect();
    loop {
        let (mutants, texts) = all(files, &left_out);
        copy(&mutants, &texts)?;
        match compile(with_slow)? {
            Ok((fast, slow)) => return Ok(Build { mutants, fast, slow }),
            Err(places) => {
                // Where the message points at; what else it speaks of only where nothing is changed there.
                let broken = [true, false]
                    .into_iter()
                    .map(|is_primary| broken(&places, is_primary, &mutants, &texts))
                    .find(|broken| !broken.is_empty())
                    .unwrap_or_default();
                assert!(!broken.is_empty(), "it does not compile: {places:#?}");
                println!("{} changes do not compile and are left out", broken.len());
                left_out.extend(broken);
                let lines = left_out.iter().map(|name| format!("{} {name}\n", digest_of(name)));
                fs::write(&known, lines.collect::<String>())?;
            }
        }
    }
}

/// The name in a line of what was left out, if the file that it names is as it was.
fn still_left_out(line: &str) -> Option<&str> {
    let (digest, name) = line.split_once(' ')?;
    (digest == digest_of(name)).then_some(name)
}

/// What tells the text of the file of this change from others.
fn digest_of(name: &str) -> String {
    let file = name.split(' ').next().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    fs::read(project().join(file)).unwrap_or_default().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn copy(mutants: &[Mutant], texts: &BTreeMap<PathBuf, String>) -> io::Result<()> {
    let copy = folder().join("project");
    for name in ["Cargo.lock", "README.md", "tests", "man", "completions"] {
        let to = copy.join(name);
        if fs::symlink_metadata(&to).is_err() {
            fs::create_dir_all(&copy)?;
            std::os::unix::fs::symlink(project().join(name), to)?;
        }
    }
    // What is only a habit of this project's text is no error of a change.
    let manifest = fs::read_to_string(project().join("Cargo.toml"))?;
    let kept: String = sections(&manifest)
        .filter(|section| {
            !["[lints", "[[bench", "[[example"].iter().any(|name| section.starts_with(name))
        })
        .collect();
    write(&copy.join("Cargo.toml"), &(kept + APART))?;
    let files = below(project(), Path::new("src"));
    // What was moved or removed since the last run.
    for gone in below(&copy, Path::new("src")).iter().filter(|file| !files.contains(file)) {
        fs::remove_file(copy.join(gone))?;
    }
    for file in files {
        let text = match texts.get(&file) {
            Some(changed) => changed.clone(),
            None => fs::read_to_string(project().join(&file))?,
        };
        let text = if file == Path::new("src/lib.rs") { text + "\nmod mutants;\n" } else { text };
        write(&copy.join(&file), &text)?;
    }
    let count = mutants.last().map_or(0, |last| last.number + 1);
    let constants = format!(
        "\nconst COUNT: usize = {count};\nconst FOLDER: &str = {:?};\n",
        folder().display().to_string()
    );
    write(&copy.join("src/mutants.rs"), &(SWITCH.to_owned() + &constants))
}

/// The parts of a manifest, each with its heading.
fn sections(manifest: &str) -> impl Iterator<Item = &str> {
    let mut rest = manifest;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest[1..].find("\n[").map_or(rest.len(), |at| at + 2);
        let (section, after) = rest.split_at(end);
        rest = after;
        Some(section)
    })
}

/// Only what differs, so that the compiler does no work twice.
fn write(file: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::create_dir_all(file.parent().expect("a folder"))?;
    fs::write(file, text)
}

/// Every Rust file below this folder of the project.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let is_rust = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "rs");
    below(project(), folder).into_iter().filter(is_rust).collect()
}

/// Every file below a folder of this root.
fn below(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            found.extend(below(root, &path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A line that does not compile: file and line, and whether it is where the message points at.
type Place = (PathBuf, usize, bool);

/// The programs, or the lines that do not compile with what the compiler says.
type Compiled = Result<(PathBuf, Option<PathBuf>), BTreeMap<Place, String>>;

fn compile(with_slow: bool) -> io::Result<Compiled> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--no-run", "--locked", "--offline", "--message-format=json", "--lib"]);
    if with_slow {
        cargo.args(["--bin", "topup", "--test", "all"]);
    }
    // The tests of the library lie beside the project's own and find its libraries built. A program
    // would take the place of the one that the other tests start: it is built apart.
    let target = if with_slow { folder().join("target") } else { target() };
    cargo.env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS");
    // What cargo says to the program that it runs is about this package: libraries that look at it
    // would be built anew, now and again by the next cargo.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|of| name.to_string_lossy().starts_with(of))
        {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(folder().join("project"));
    let output = cargo.stderr(std::process::Stdio::inherit()).output()?;
    let mut places = BTreeMap::new();
    let (mut fast, mut slow) = (None, None);
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: serde_json::Value = serde_json::from_slice(line)?;
        if message["reason"] == "compiler-message" && message["message"]["level"] == "error" {
            for span in message["message"]["spans"].as_array().into_iter().flatten() {
                let line = span["line_start"].as_u64().and_then(|line| usize::try_from(line).ok());
                if let (Some(file), Some(line)) = (span["file_name"].as_str(), line) {
                    let said = message["message"]["message"].to_string();
                    places.insert((file.into(), line, span["is_primary"] == true), said);
                }
            }
        }
        if message["reason"] == "compiler-artifact"
            && let Some(program) = message["executable"].as_str()
        {
            match message["target"]["name"].as_str() {
                Some("all") => slow = Some(program.into()),
                // The library's tests, not the program's, which has none.
                Some("topup")
                    if message["profile"]["test"] == true
                        && message["target"]["kind"][0] != "bin" =>
                {
                    fast = Some(program.into());
                }
                _ => {}
            }
        }
    }
    Ok(match fast {
        Some(fast) if output.status.success() => Ok((fast, slow)),
        _ => Err(places),
    })
}

/// The changes whose switches stand on the lines that do not compile.
fn broken(
    places: &BTreeMap<Place, String>,
    primary: bool,
    mutants: &[Mutant],
    texts: &BTreeMap<PathBuf, String>,
) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (file, line, _) in places.keys().filter(|(_, _, is_primary)| *is_primary == primary) {
        let Some(text) = texts.get(file) else { continue };
        let text = text.lines().nth(line - 1).unwrap_or_default();
        for mutant in mutants.iter().filter(|mutant| Path::new(&mutant.file) == file) {
            if text.contains(&format!("mutants::on({})", mutant.number)) {
                names.insert(mutant.name.clone());
            }
        }
    }
    names
}
