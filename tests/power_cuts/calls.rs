//! What `strace` has recorded of a process, call by call.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// One call of a recorded process: its name, its arguments (strings as their bytes) and its result.
pub struct Call {
    pub name: String,
    pub arguments: Vec<Argument>,
    pub result: i64,
}

pub enum Argument {
    Bytes(Vec<u8>),
    /// The path of a handle.
    Handle(PathBuf),
    Other(String),
}

impl Call {
    /// One line of strace, whose strings are all in hexadecimal: they hold no comma and no bracket.
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim_start_matches(|digit: char| digit.is_ascii_digit()).trim_start();
        let (name, rest) = line.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(") = ").or_else(|| rest.rsplit_once(" = "))?;
        let arguments = arguments.trim_end().trim_end_matches(')');
        let number = result.trim().split(['<', ' ']).next()?;
        let argument = |text: &str| {
            let text = text.trim();
            if let Some(text) = text.strip_prefix('"') {
                return Argument::Bytes(bytes(text.trim_end_matches('"')));
            }
            match text.split_once('<') {
                Some((_, path)) => Argument::Handle(path_of(bytes(path.trim_end_matches('>')))),
                None => Argument::Other(text.to_owned()),
            }
        };
        Some(Self {
            name: name.to_owned(),
            arguments: arguments.split(", ").map(argument).collect(),
            result: number.parse().ok()?,
        })
    }

    pub fn bytes(&self, at: usize) -> &[u8] {
        match self.arguments.get(at) {
            Some(Argument::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    pub fn path(&self, at: usize) -> PathBuf {
        match self.arguments.get(at) {
            Some(Argument::Handle(path)) => path.clone(),
            Some(Argument::Bytes(bytes)) => path_of(bytes.clone()),
            _ => PathBuf::new(),
        }
    }

    pub fn number(&self, at: usize) -> usize {
        match self.arguments.get(at) {
            Some(Argument::Other(text)) => text.parse().expect("a number"),
            _ => panic!("no number in {}", self.name),
        }
    }

    pub fn has(&self, at: usize, word: &str) -> bool {
        matches!(self.arguments.get(at), Some(Argument::Other(text)) if text.contains(word))
    }
}

fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8(bytes).expect("a path").into()
}

pub fn bytes(text: &str) -> Vec<u8> {
    let byte = |hex: &str| u8::from_str_radix(hex, 16).expect("hexadecimal");
    text.split("\\x").skip(1).map(byte).collect()
}

/// The calls in the order in which they ended; those that others came between are put together.
pub fn calls(log: &str) -> Vec<Call> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let process = line.split(' ').next().unwrap_or_default();
        if let Some(first) = line.strip_suffix("<unfinished ...>") {
            begun.insert(process, first);
        } else if let Some((_, rest)) = line.split_once("resumed>") {
            let first = begun.remove(process).expect("begun");
            calls.extend(Call::parse(&format!("{first}{rest}")));
        } else {
            calls.extend(Call::parse(line));
        }
    }
    calls.retain(|call| call.result >= 0);
    calls
}
