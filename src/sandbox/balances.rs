//! The systems whose balance one request reads, as the sandbox answers for them: each with a key, a
//! balance and the calls of its page. Contract: balances.
//!
//! It is written from the pages of the makers and shares nothing with the reader of these answers,
//! so that a mistake in one is not repeated in the other. A key is good for one system only, and
//! says which system a request is for: under one base URL many of them have the same paths.

mod table;

use super::gates::caller;
use super::sales;
use super::store::{StoreWork, random_word};
use super::wire::{Answered, Call, SandboxReply};
use crate::core::failure::Result;
use rust_decimal::Decimal;
use serde_json::json;
use table::SYSTEMS;

/// How a key comes with a request.
#[derive(Clone, Copy)]
enum KeyIn {
    /// `Authorization`, behind this word.
    Authorization(&'static str),
    /// A header of its own.
    Header(&'static str),
}

/// One system.
struct RowSystem {
    name: &'static str,
    /// What its real base URL has before the paths below.
    prefix: &'static str,
    key: KeyIn,
    calls: &'static [SystemCall],
}

/// One call of a system.
struct SystemCall {
    method: &'static str,
    /// Below the base URL; `*` stands for any segment.
    path: &'static str,
    answer: Answering,
}

/// How a call is answered.
#[derive(Clone, Copy)]
enum Answering {
    /// From what is left.
    Plainly(fn(&RowAccount<'_>) -> SandboxReply),
    /// By the rules of a system that sells.
    Selling(fn(&StoreWork<'_>, &Call) -> Answered),
}

/// What a call is answered from.
struct RowAccount<'a> {
    /// What is left.
    balance: Decimal,
    /// The key sees its own limit alone.
    ordinary_key: bool,
    call: &'a Call,
}

/// The systems that are served, in the order of the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    SYSTEMS.iter().map(|system| system.name)
}

/// The name as it stands here; none for a system that is not served.
pub fn named(word: &str) -> Option<&'static str> {
    names().find(|name| *name == word)
}

/// The key of a system; made at its first use.
///
/// # Errors
/// Class `config`.
pub fn key(work: &StoreWork<'_>, name: &str) -> Result<String> {
    let setting = format!("row-key:{name}");
    if let Some(key) = work.text(&setting) {
        return Ok(key);
    }
    let key = format!("sandbox-{name}-{}", random_word());
    work.set(&setting, Some(&key))?;
    Ok(key)
}

/// `sandbox set system=NAME:AMOUNT`: what a system has.
///
/// # Errors
/// What is wrong with it.
pub fn set_balance(work: &StoreWork<'_>, value: &str, amount: Decimal) -> Result<(), String> {
    let name = named(value).ok_or("there is no such system")?;
    // What was paid by now is in the old balance.
    sales::balance(work, name)
        .and_then(|_| sales::set_balance(work, name, amount))
        .map_err(|error| error.to_string())
}

/// The key that a request presents in this way.
fn presented(call: &Call, key: KeyIn) -> Option<&str> {
    match key {
        KeyIn::Authorization(word) => {
            let (scheme, key) = call.authorization.as_deref()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case(word).then(|| key.trim())
        }
        KeyIn::Header(name) => {
            call.key_headers.iter().find(|(known, _)| *known == name).map(|(_, key)| key.as_str())
        }
    }
}

/// The headers that hold a key of some system.
pub fn key_headers() -> impl Iterator<Item = &'static str> {
    SYSTEMS.iter().filter_map(|system| match system.key {
        KeyIn::Header(name) => Some(name),
        KeyIn::Authorization(_) => None,
    })
}

impl RowSystem {
    /// The call that a request makes; a path may stand below the prefix of the real base URL, too.
    fn call(&self, call: &Call) -> Option<&SystemCall> {
        let below = call.path.strip_prefix(self.prefix).unwrap_or(&call.path);
        self.calls.iter().find(|known| {
            known.method == call.method
                && [below, call.path.as_str()].iter().any(|path| fits(known.path, path))
        })
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (wanted, there) = (pattern.split('/'), path.split('/'));
    wanted.clone().count() == there.clone().count()
        && wanted
            .zip(there)
            .all(|(wanted, there)| wanted == there || (wanted == "*" && !there.is_empty()))
}

/// The answer of a system; none for a request that is not for one of them.
///
/// # Errors
/// Class `config`.
pub fn answer(work: &StoreWork<'_>, call: &Call) -> Result<Option<SandboxReply>> {
    let mut by_path: Vec<(&RowSystem, &SystemCall)> = Vec::new();
    for system in SYSTEMS {
        let Some(key_given) = presented(call, system.key) else { continue };
        let is_its_key =
            work.text(&format!("row-key:{}", system.name)).as_deref() == Some(key_given);
        match (is_its_key, system.call(call)) {
            (true, Some(known)) => return reply(work, system, known, call).map(Some),
            (true, None) => {
                return Ok(Some(SandboxReply::json(
                    404,
                    &json!({"error": {"message": "There is no such call."}}),
                )));
            }
            (false, Some(known)) => by_path.push((system, known)),
            (false, None) => {}
        }
    }
    // A token of the portal itself is good for every system that has a path alone.
    match by_path.as_slice() {
        [(system, known)] if caller(work, call)?.is_ok() => {
            reply(work, system, known, call).map(Some)
        }
        _ => Ok(None),
    }
}

fn reply(work: &StoreWork<'_>, system: &RowSystem, known: &SystemCall, call: &Call) -> Answered {
    match known.answer {
        Answering::Selling(answer) => answer(work, call),
        Answering::Plainly(answer) => Ok(answer(&RowAccount {
            balance: sales::balance(work, system.name)?,
            ordinary_key: work.is("openrouter-key", "ordinary"),
            call,
        })),
    }
}

/// Whether a path is one of a system: what is refused there is refused as an error of an API.
pub fn is_path(call: &Call) -> bool {
    SYSTEMS.iter().any(|system| system.call(call).is_some())
}
