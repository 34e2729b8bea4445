//! A runner of GitHub Actions, as far as the steps of this project need one: each `run` step is
//! the script that the runner would make of it, run by the bash that it would take, with the files
//! that it would give; a step that uses an action of this repository runs the steps of that.

use crate::support::{topup, wait};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the repository, which a job has checked out.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Reads a YAML document. Every scalar is its text, which is what a runner makes of it.
pub fn read(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).unwrap_or_else(|cause| panic!("{cause}: {text}"));
    assert_eq!(documents.len(), 1, "one document: {text}");
    plain(&documents[0])
}

fn plain(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Sequence(list) => list.iter().map(plain).collect(),
        Yaml::Mapping(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.as_str().expect("a name").to_owned(), plain(value)))
                .collect::<Map<_, _>>(),
        ),
        Yaml::Value(Scalar::String(text)) => Value::String(text.to_string()),
        Yaml::Value(Scalar::Boolean(value)) => Value::String(value.to_string()),
        Yaml::Value(Scalar::Integer(value)) => Value::String(value.to_string()),
        Yaml::Value(Scalar::Null) => Value::String(String::new()),
        other => panic!("what is {other:?}?"),
    }
}

type Words = BTreeMap<String, String>;

/// A job: where it runs, and what its steps can name.
pub struct Job {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    /// `secrets.NAME`.
    pub secrets: Words,
    /// `steps.ID.outputs`.
    outputs: BTreeMap<String, Words>,
    /// The folders that it looks for programs in.
    path: String,
}

/// What a step came to.
pub struct Step {
    pub code: i32,
    /// Everything that the runner has put into its log.
    pub log: String,
    pub outputs: Words,
    pub summary: String,
}

impl Step {
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.log);
        self
    }

    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

impl Job {
    /// A first attempt on a fresh machine with topup on its path.
    pub fn new() -> Self {
        let mut job = Self::on_bare_machine();
        let programs = job.folder.path().join("bin");
        fs::create_dir(&programs).expect("a folder");
        std::os::unix::fs::symlink(topup(), programs.join("topup")).expect("a link");
        job.path = format!("{}:{}", programs.display(), job.path);
        job
    }

    /// The same without topup.
    pub fn on_bare_machine() -> Self {
        let folder = tempfile::tempdir().expect("a machine");
        for name in ["home", "temp"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned();
        let job = Self {
            folder,
            environment: Vec::new(),
            secrets: Words::new(),
            outputs: BTreeMap::new(),
            path,
        };
        job.with("GITHUB_RUN_ID", "1234567").with("GITHUB_RUN_ATTEMPT", "1")
    }

    /// With this in the environment of the job.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With these folders to look for programs in first.
    pub fn with_programs_in(mut self, folders: &str) -> Self {
        self.path = format!("{folders}:{}", self.path);
        self
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Runs steps until one of them fails; gives what each came to.
    pub fn run(&mut self, steps: &Value) -> Vec<Step> {
        let mut ran = Vec::new();
        let mut failed = false;
        for step in steps.as_array().expect("steps") {
            if !self.is_wanted(step, failed) {
                continue;
            }
            let scope = self.scope();
            let environment = named(&step["env"], &scope);
            let ended = match step["uses"].as_str() {
                Some(action) => self.act(action, &named(&step["with"], &scope), &environment),
                None => self.script(step, &environment, None, "bash -e"),
            };
            if let Some(id) = step["id"].as_str() {
                self.outputs.insert(id.to_owned(), ended.outputs.clone());
            }
            failed |= ended.code != 0 && step["continue-on-error"] != "true";
            ran.push(ended);
        }
        ran
    }

    /// Whether a step runs: `if: failure()`, `if: ID == 'word'`, or none.
    fn is_wanted(&self, step: &Value, failed: bool) -> bool {
        let Some(condition) = step["if"].as_str() else { return !failed };
        if condition == "failure()" {
            return failed;
        }
        let (name, word) = condition.split_once(" == '").expect("a comparison");
        let word = word.strip_suffix('\'').expect("its end");
        !failed && evaluate(&format!("${{{{ {name} }}}}"), &self.scope()) == word
    }

    /// Runs the steps of an action of this repository.
    pub fn act(&self, action: &str, with: &Words, environment: &Words) -> Step {
        let folder = Path::new(ROOT).join(action.strip_prefix("./").expect("one of our own"));
        let text = fs::read_to_string(folder.join("action.yml")).expect("the action");
        let action = read(&text);
        let given = action["inputs"].as_object().expect("inputs");
        let mut scope = Words::new();
        for (name, input) in given {
            let usual = input["default"].as_str().unwrap_or_default().to_owned();
            scope.insert(format!("inputs.{name}"), with.get(name).cloned().unwrap_or(usual));
        }
        assert!(with.keys().all(|name| given.contains_key(name)), "an input that is not there");
        let mut whole =
            Step { code: 0, log: String::new(), outputs: Words::new(), summary: String::new() };
        for step in action["runs"]["steps"].as_array().expect("steps") {
            assert_eq!(step["shell"], "bash", "an action has to name its shell");
            let mut own = environment.clone();
            own.extend(named(&step["env"], &scope));
            let shell = "bash --noprofile --norc -eo pipefail";
            let ended = self.script(step, &own, Some(&folder), shell);
            if let Some(id) = step["id"].as_str() {
                for (name, value) in &ended.outputs {
                    scope.insert(format!("steps.{id}.outputs.{name}"), value.clone());
                }
            }
            whole.log.push_str(&ended.log);
            whole.summary.push_str(&ended.summary);
            whole.code = ended.code;
            if ended.code != 0 {
                break;
            }
        }
        for (name, output) in action["outputs"].as_object().expect("outputs") {
            let value = evaluate(output["value"].as_str().expect("a value"), &scope);
            whole.outputs.insert(name.clone(), value);
        }
        whole
    }

    fn scope(&self) -> Words {
        let mut scope = Words::new();
        for (name, value) in &self.environment {
            if let Some(name) = name.strip_prefix("GITHUB_") {
                scope.insert(format!("github.{}", name.to_ascii_lowercase()), value.clone());
            }
        }
        for (name, secret) in &self.secrets {
            scope.insert(format!("secrets.{name}"), secret.clone());
        }
        for (id, outputs) in &self.outputs {
            for (name, value) in outputs {
                scope.insert(format!("steps.{id}.outputs.{name}"), value.clone());
            }
        }
        scope
    }

    fn script(&self, step: &Value, own: &Words, action: Option<&Path>, shell: &str) -> Step {
        let script = step["run"].as_str().expect("a script");
        assert!(!script.contains("${{"), "text of somebody else becomes a script: {script}");
        let temp = tempfile::tempdir_in(self.folder.path().join("temp")).expect("a folder");
        let file = temp.path().join("script.sh");
        fs::write(&file, script).expect("written");
        let mut words = shell.split(' ');
        let mut command = Command::new(words.next().expect("a shell"));
        command
            .args(words)
            .arg(&file)
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.home())
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("RUNNER_TEMP", self.folder.path().join("temp"))
            .env("GITHUB_WORKSPACE", self.home())
            .current_dir(self.home())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, kind) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")] {
            fs::write(temp.path().join(kind), "").expect("written");
            command.env(name, temp.path().join(kind));
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(action) = action {
            command.env("GITHUB_ACTION_PATH", action);
        }
        let output = wait(command.envs(own).spawn().expect("bash"));
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let told = |kind: &str| fs::read_to_string(temp.path().join(kind)).expect("a file");
        Step {
            code: output.status.code().unwrap_or(-1),
            log: format!("{}{}", text(&output.stdout), text(&output.stderr)),
            outputs: outputs(&told("output")),
            summary: told("summary"),
        }
    }
}

/// A mapping of names to values, their expressions evaluated.
fn named(map: &Value, scope: &Words) -> Words {
    let pairs = map.as_object().into_iter().flatten();
    pairs
        .map(|(name, value)| (name.clone(), evaluate(value.as_str().expect("text"), scope)))
        .collect()
}

/// Puts values in the place of `${{ name }}`. A step that has said nothing is empty.
fn evaluate(text: &str, scope: &Words) -> String {
    let mut parts = text.split("${{");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("the end of an expression");
        let name = name.trim();
        let value = scope.get(name).map(String::as_str);
        assert!(value.is_some() || name.starts_with("steps."), "there is no {name}");
        whole.push_str(value.unwrap_or_default());
        whole.push_str(rest);
    }
    whole
}

/// What a runner reads out of the file of outputs: `name=value`, or `name<<word`, lines, `word`.
fn outputs(text: &str) -> Words {
    let mut lines = text.lines();
    let mut read = Words::new();
    while let Some(line) = lines.next() {
        let (name, value) = match (line.split_once('='), line.split_once("<<")) {
            (Some((name, value)), None) => (name, value.to_owned()),
            (_, Some((name, end))) => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                (name, value.join("\n"))
            }
            (None, None) => panic!("no output: {line}"),
        };
        read.insert(name.to_owned(), value);
    }
    read
}
