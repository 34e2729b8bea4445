//! What one answer says, by the row that says where: numbers, never floats; what is missing, null
//! or no number is an error and never nothing.

use super::number::Exact;
use super::row::{AmountPlace, Counted, Failing, FindId, Flag, LimitRow, Number, Pointer, RowLook};
use super::state::{AmountLeft, LimitLeft};
use crate::core::escape;
use crate::core::money::Money;
use crate::core::secret::Secret;
use crate::provider::Unit;
use jiff::Timestamp;
use serde_json::Value;

/// No system reports more amounts side by side.
const MOST_ENTRIES: usize = 100;

/// What is wrong with an answer, as a phrase that follows its host.
pub type ReadingFault = String;

/// What is known beside the answer.
pub struct Beside<'a> {
    /// The key: whatever repeats it is cut out.
    pub secret: &'a Secret,
    /// The region of the account, where the system has regions.
    pub region: Option<&'a str>,
    /// What the profile says under a key about the account.
    pub account_value: &'a dyn Fn(&str) -> Option<&'a str>,
}

/// What one answer says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reading {
    /// The balance, where the answer has one.
    pub balance: Option<AmountLeft>,
    /// Every amount, where there are several or none of them is the balance.
    pub several: Vec<AmountLeft>,
    /// Nothing limits it.
    pub unlimited: bool,
    /// Whether anything can be used, where the system says so.
    pub usable: Option<bool>,
    /// The limit beside the balance.
    pub limit: Option<LimitLeft>,
    /// Further numbers: their names, and what they are.
    pub figures: Vec<(&'static str, Money)>,
    /// The name of the account.
    pub account: Option<String>,
    /// When the count starts again.
    pub resets_at: Option<Timestamp>,
}

/// Why an answer with status 200 is a failure all the same.
pub fn failing(answer: &Value, rules: &[Failing]) -> Option<Pointer> {
    rules.iter().find_map(|rule| {
        let (at, fails) = match *rule {
            Failing::UnlessTrue(at) => (at, answer.pointer(at) != Some(&Value::Bool(true))),
            Failing::UnlessZero(at) => (
                at,
                match answer.pointer(at) {
                    None => false,
                    Some(found) => number(found).is_none_or(|found| found != Exact::ZERO),
                },
            ),
            Failing::IfListed(at) => (
                at,
                match answer.pointer(at) {
                    None | Some(Value::Null) => false,
                    Some(Value::Array(list)) => !list.is_empty(),
                    Some(_) => true,
                },
            ),
        };
        fails.then_some(at)
    })
}

/// Reads the answer of this request.
///
/// # Errors
/// What is wrong with it.
pub fn read(look: &RowLook, answer: &Value, beside: &Beside<'_>) -> Result<Reading, ReadingFault> {
    let limit = match &look.limit {
        Some(limit) => read_limit(limit, answer, beside)?,
        None => None,
    };
    let mut reading = Reading {
        balance: None,
        several: Vec::new(),
        unlimited: false,
        usable: look.usable.map(|flag| read_flag(flag, answer)).transpose()?.flatten(),
        limit,
        figures: figures(look.figures, answer)?,
        account: look.account.and_then(|at| words(answer, at, beside.secret)),
        resets_at: look.resets.and_then(|at| seconds(answer, at)),
    };
    match look.amount {
        AmountPlace::None => {}
        AmountPlace::One(number, counted) => {
            reading.balance = Some(held(&number, counted, answer, beside)?);
        }
        AmountPlace::Each { list, number, unit, name } => {
            reading.several = entries(answer, list, &number, unit, name, beside.secret)?;
            if let [only] = reading.several.as_slice() {
                reading.balance = Some(only.clone());
            }
        }
        AmountPlace::ByWord { word, cases } => {
            let chosen = answer.pointer(word).and_then(Value::as_str);
            for (case, number, counted) in cases {
                let read = held(number, *counted, answer, beside)?;
                if chosen == Some(case) {
                    reading.balance = Some(read.clone());
                }
                reading.several.push(read);
            }
        }
        AmountPlace::LeftOfLimit => match &reading.limit {
            None => reading.unlimited = true,
            Some(limit) => {
                reading.balance = limit.remaining.map(|amount| AmountLeft {
                    balance: amount,
                    unit: limit.unit.clone(),
                    name: None,
                });
            }
        },
    }
    Ok(reading)
}

/// The id that an answer holds; none where it holds none that can be meant.
///
/// # Errors
/// What is wrong with it, or that several could be meant.
pub fn find_id(find: &FindId, answer: &Value) -> Result<String, ReadingFault> {
    if let Some((at, word)) = find.when
        && answer.pointer(at).and_then(Value::as_str) != Some(word)
    {
        return Err(format!("names no {}: {at} is not {word}", find.key));
    }
    let entry = match find.list {
        None => answer,
        Some(list) => match answer.pointer(list).and_then(Value::as_array).map(Vec::as_slice) {
            Some([only]) => only,
            Some(several) => {
                return Err(format!("has {} of them to choose from", several.len()));
            }
            None => return Err(format!("has no list at {list}")),
        },
    };
    let found = entry.pointer(find.at).and_then(Value::as_str).filter(|id| is_id(id));
    found.map(str::to_owned).ok_or_else(|| format!("has no usable {} at {}", find.key, find.at))
}

/// Whether a text can stand in a path as an id: one plain word.
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:@".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('.')
}

/// A text of the answer for people: cut, and without the key.
pub fn words(answer: &Value, at: Pointer, secret: &Secret) -> Option<String> {
    let text = answer.pointer(at)?.as_str().filter(|text| !text.trim().is_empty())?;
    Some(without(text, secret))
}

/// A text without the key, wherever it stands in it, and no longer than anything that is shown.
pub fn without(text: &str, secret: &Secret) -> String {
    let cut = if secret.is_empty() {
        text.to_owned()
    } else {
        text.replace(secret.expose(), "[cut out]")
    };
    escape::cut(&cut).to_owned()
}

/// A number of cents, as dollars; none where nothing sensible stands there.
pub fn cents(value: &Value) -> Option<Money> {
    number(value)?.divided_by(100)?.money()
}

/// A number of JSON, or a text that holds one.
pub fn number(value: &Value) -> Option<Exact> {
    match value {
        Value::Number(number) => Exact::parse(&number.to_string()),
        Value::String(text) => Exact::parse(text),
        _ => None,
    }
}

/// What stands at a place instead of a number.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "no number that can be counted with",
        Value::String(_) => "a text that is not a number",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The number at the first of these places that is there and not null; none where the last of them
/// is null.
fn first(places: &[Pointer], answer: &Value) -> Result<Option<Exact>, ReadingFault> {
    let mut last = None;
    for at in places {
        match answer.pointer(at) {
            Some(Value::Null) => last = Some(Ok(None)),
            Some(value) => {
                return number(value).map(Some).ok_or_else(|| format!("{at} is {}", kind(value)));
            }
            None => last = Some(Err(format!("{at} is missing"))),
        }
    }
    last.unwrap_or(Ok(None))
}

/// A number in the unit that is shown; none where it is null.
fn optional(row: &Number, answer: &Value) -> Result<Option<Exact>, ReadingFault> {
    let Some(mut value) = first(row.from, answer)? else { return Ok(None) };
    if row.negative {
        value = value.negated();
    }
    let beyond = || "the numbers cannot be counted with".to_owned();
    for term in row.minus {
        let taken = first(&[term.at], answer)?.ok_or_else(|| format!("{} is null", term.at))?;
        let taken = if term.at_least_zero { taken.at_least_zero() } else { taken };
        value = value.minus(taken).ok_or_else(beyond)?;
    }
    value.divided_by(row.scale).ok_or_else(beyond).map(Some)
}

fn money(value: Exact) -> Result<Money, ReadingFault> {
    value.money().ok_or_else(|| "the number is larger than money can be".to_owned())
}

fn required(row: &Number, answer: &Value) -> Result<Exact, ReadingFault> {
    let place = row.from.last().copied().unwrap_or_default();
    optional(row, answer)?.ok_or_else(|| format!("{place} is null"))
}

fn held(
    number: &Number,
    counted: Counted,
    answer: &Value,
    beside: &Beside<'_>,
) -> Result<AmountLeft, ReadingFault> {
    let value = required(number, answer)?;
    let (unit, scale) = unit(counted, answer, beside)?;
    let value = value.divided_by(scale).ok_or("the number cannot be counted with")?;
    Ok(AmountLeft { balance: money(value)?, unit, name: None })
}

/// What is counted, and what the number has to be divided by for it.
fn unit(
    counted: Counted,
    answer: &Value,
    beside: &Beside<'_>,
) -> Result<(Unit, u64), ReadingFault> {
    Ok(match counted {
        Counted::Currency(code) => (Unit::for_currency(code), 1),
        Counted::Things(name) => (Unit::Things(name), 1),
        Counted::Stated(at) => (currency(answer, at)?, 1),
        Counted::ByRegion(regions) => {
            let region = beside.region.unwrap_or_default();
            match regions.iter().find(|(word, _)| *word == region).or(regions.first()) {
                Some((_, code)) => (Unit::for_currency(code), 1),
                None => (Unit::Unknown, 1),
            }
        }
        Counted::Unknown(key) => match (beside.account_value)(key) {
            Some("usd" | "dollars") => (Unit::Usd, 1),
            Some("cents") => (Unit::Usd, 100),
            _ => (Unit::Unknown, 1),
        },
    })
}

/// The currency whose code stands there.
fn currency(answer: &Value, at: Pointer) -> Result<Unit, ReadingFault> {
    let value = answer.pointer(at).ok_or_else(|| format!("{at} is missing"))?;
    let code = value.as_str().filter(|code| is_currency(code));
    code.map(|code| Unit::for_currency(&code.to_ascii_uppercase()))
        .ok_or_else(|| format!("{at} is not the code of a currency"))
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Every entry of a list of amounts.
fn entries(
    answer: &Value,
    list: Pointer,
    number: &Number,
    unit: Pointer,
    name: Option<Pointer>,
    secret: &Secret,
) -> Result<Vec<AmountLeft>, ReadingFault> {
    let found = answer.pointer(list).ok_or_else(|| format!("{list} is missing"))?;
    let found = found.as_array().ok_or_else(|| format!("{list} is {}", kind(found)))?;
    if found.is_empty() || found.len() > MOST_ENTRIES {
        return Err(format!("{list} has {} entries", found.len()));
    }
    found
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let wrong = |why: ReadingFault| format!("entry {at} of {list}: {why}");
            let amount = required(number, entry).and_then(money).map_err(wrong)?;
            let word = entry.pointer(unit).and_then(Value::as_str).unwrap_or_default();
            let unit = counted_word(word)
                .ok_or_else(|| wrong(format!("{unit} does not say what is counted")))?;
            Ok(AmountLeft {
                balance: amount,
                unit,
                name: name.and_then(|at| words(entry, at, secret)),
            })
        })
        .collect()
}

/// What a word of an answer says is counted: a currency, or things with a plain name.
fn counted_word(word: &str) -> Option<Unit> {
    if is_currency(word) {
        return Some(Unit::for_currency(&word.to_ascii_uppercase()));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' ';
    let fits = (1..=32).contains(&word.len()) && word.bytes().all(plain);
    fits.then(|| Unit::Named(word.to_ascii_lowercase()))
}

fn read_flag(flag: Flag, answer: &Value) -> Result<Option<bool>, ReadingFault> {
    match answer.pointer(flag.at) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(said)) => Ok(Some(*said == flag.good)),
        Some(other) => Err(format!("{} is {}, and not true or false", flag.at, kind(other))),
    }
}

fn figures(
    rows: &[(&'static str, Number)],
    answer: &Value,
) -> Result<Vec<(&'static str, Money)>, ReadingFault> {
    let mut read = Vec::new();
    for (name, row) in rows {
        // A number beside the balance may be left out, and is never made up.
        let there = row.from.iter().any(|at| answer.pointer(at).is_some());
        if there && let Some(value) = optional(row, answer)? {
            read.push((*name, money(value)?));
        }
    }
    Ok(read)
}

/// The limit of an answer; none where there is no limit.
fn read_limit(
    row: &LimitRow,
    answer: &Value,
    beside: &Beside<'_>,
) -> Result<Option<LimitLeft>, ReadingFault> {
    if let Some(at) = row.on {
        match answer.pointer(at) {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Ok(None),
            _ => return Err(format!("{at} does not say whether there is a limit")),
        }
    }
    let (limit, used, left) = match &row.left {
        // What is left says whether there is a limit: the limit itself may be another layer's.
        Some(left) => {
            let Some(left) = optional(left, answer)? else { return Ok(None) };
            let limit = optional(&row.limit, answer).unwrap_or_default();
            let used = limit.and_then(|limit| limit.minus(left));
            (limit, used, Some(left))
        }
        None => {
            let Some(limit) = optional(&row.limit, answer)? else { return Ok(None) };
            let used = match &row.used {
                Some(used) => Some(required(used, answer)?),
                None => None,
            };
            let left =
                used.map(|used| limit.minus(used).ok_or("the numbers cannot be counted with"));
            (Some(limit), used, left.transpose()?)
        }
    };
    let text = |at: Option<Pointer>| at.and_then(|at| words(answer, at, beside.secret));
    Ok(Some(LimitLeft {
        scope: row.scope,
        limit: limit.map(money).transpose()?,
        used: used.map(money).transpose()?,
        remaining: left.map(money).transpose()?,
        unit: unit(row.counted, answer, beside)?.0,
        window: text(row.window),
        resets_at: text(row.resets).and_then(|time| {
            let time: Timestamp = time.parse().ok()?;
            Some(time.to_string())
        }),
    }))
}

/// A time in seconds since 1970; none where nothing sensible stands there.
fn seconds(answer: &Value, at: Pointer) -> Option<Timestamp> {
    answer.pointer(at)?.as_i64().and_then(|second| Timestamp::from_second(second).ok())
}
