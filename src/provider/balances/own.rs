//! Systems of one's own: `[systems.NAME]` of the user's `config.toml` becomes a row like any other.
//! What is wrong in it is named by its key, with what is allowed.

use super::number::is_scale;
use super::row::{
    AmountPlace, BalanceRow, Counted, Failing, Flag, LimitRow, Number, Pointer, RowLook, Scope,
    Term,
};
use super::table::ROWS;
use crate::core::base_url;
use crate::core::env;
use crate::core::failure::{Failure, Result};
use crate::core::system::{AccountKey, System, SystemFacts};
use crate::http::Presented;
use std::sync::{Mutex, PoisonError};
use toml::{Table, Value};

/// A field of a row.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it takes, as a phrase.
    pub takes: &'static str,
}

macro_rules! fields {
    ($($name:literal $takes:literal;)*) => {
        /// The fields of `[systems.NAME]`, in the order in which they are explained.
        pub const FIELDS: &[Field] = &[$(Field { name: $name, takes: $takes },)*];
    };
}

fields! {
    "base_url" "where the system is, such as https://billing.example/api";
    "path" "the path below it, such as /v1/balance; {account_id}, {team}, {team_id} and {project_id} stand for the keys of the profile";
    "balance" "where the number is: a JSON pointer such as /data/balance, or a list of them (the first that is there)";
    "title" "the name that people know it by";
    "body" "the JSON body of a POST that only reads; a GET without";
    "auth" "the word before the key in Authorization, such as Bearer (the default), Token or Key";
    "header" "the header that holds the bare key instead, such as x-api-key";
    "headers" "a table of fixed headers, such as { x-api-version = \"2\" }";
    "token_variables" "a list of variables that hold its key, where no login is stored";
    "minus" "a list of JSON pointers whose numbers are subtracted from the balance";
    "scale" "what the number is divided by, such as 100 for cents; no prime factors but 2 and 5";
    "negative" "true where money that is there is shown as a negative number";
    "currency" "the code of a currency such as USD (the default), or the JSON pointer where it stands";
    "unit" "what is counted instead of a currency, such as credits";
    "list" "the JSON pointer of a list of amounts; balance and currency are pointers in its entries then";
    "scope" "account (the default), key, user, team or pool";
    "usable" "the JSON pointer of a flag that has to be true, or nothing can be used";
    "blocked" "the JSON pointer of a flag that is true where nothing can be used";
    "success" "the JSON pointer of a flag without which an answer is a failure";
    "code" "the JSON pointer of a number that is 0 unless the answer is a failure";
    "errors" "the JSON pointer of a list that is empty unless the answer is a failure";
    "limit" "the JSON pointer of a limit beside the balance; null means none";
    "used" "the JSON pointer of what is used of the limit";
    "lags" "why the number may be too high for a while";
    "page" "the https page where a person tops up";
}

/// The keys of a profile that can stand in a path.
const IN_PATHS: &[AccountKey] = &[
    AccountKey { key: "account_id", variables: &[] },
    AccountKey { key: "team", variables: &[] },
    AccountKey { key: "team_id", variables: &[] },
    AccountKey { key: "project_id", variables: &[] },
];

/// The rows that were read, each once: a system is a handle on facts that last as long as the
/// program.
static KEPT: Mutex<Vec<(String, Table, &'static BalanceRow)>> = Mutex::new(Vec::new());

/// The row of a system that was made by [`from_row`]; the newest of its name.
pub fn find(name: &str) -> Option<&'static BalanceRow> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().rev().find(|(known, ..)| known == name).map(|(.., row)| *row)
}

/// The system of a row that a person wrote.
///
/// # Errors
/// Class `config`, naming the field and what is allowed.
pub fn from_row(name: &str, table: &Table) -> Result<System> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let known = kept.iter().find(|(known, read, _)| known == name && read == table);
    let row = match known {
        Some((.., row)) => *row,
        None => {
            let row: &'static BalanceRow = Box::leak(Box::new(read(name, table)?));
            kept.push((name.to_owned(), table.clone(), row));
            row
        }
    };
    Ok(System::new(&row.facts))
}

/// The fields of one row, and how a mistake in it is said.
struct Reader<'a> {
    name: &'a str,
    table: &'a Table,
}

fn read(name: &str, table: &Table) -> Result<BalanceRow> {
    let reader = Reader { name, table };
    reader.check_name()?;
    reader.check_fields()?;
    let row = BalanceRow {
        facts: reader.facts()?,
        source: "config.toml",
        auth: reader.auth()?,
        headers: reader.headers()?,
        failures: reader.failures()?,
        lags: reader.lags()?,
        page: reader.page()?,
        ..BalanceRow::new("", "", None, reader.look()?)
    };
    Ok(row)
}

impl Reader<'_> {
    fn wrong(&self, key: &str, why: &str) -> Failure {
        let error = Failure::config(format!("systems.{}.{key}: {why}", self.name.escape_debug()));
        match FIELDS.iter().find(|field| field.name == key) {
            Some(field) => error.hint(format!("It takes {}.", field.takes)),
            None => {
                let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
                error.hint(format!("Available: {}.", names.join(", ")))
            }
        }
    }

    fn check_name(&self) -> Result<()> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=32).contains(&self.name.len()) && self.name.bytes().all(plain);
        if fits && !self.name.starts_with('-') && ROWS.iter().all(|row| row.facts.name != self.name)
        {
            return Ok(());
        }
        let name = self.name.escape_debug();
        Err(Failure::config(format!("systems.{name}: the name cannot be used")).hint(
            "A name is at most 32 small letters, digits and hyphens, and no system that there is.",
        ))
    }

    fn check_fields(&self) -> Result<()> {
        let known = |key: &str| FIELDS.iter().any(|field| field.name == key);
        match self.table.keys().find(|key| !known(key)) {
            Some(key) => Err(self.wrong(key, "there is no such field")),
            None => Ok(()),
        }
    }

    fn text(&self, key: &str) -> Result<Option<&'static str>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(kept(text))),
            Some(_) => Err(self.wrong(key, "it is not text, or an empty one")),
        }
    }

    fn needed(&self, key: &str) -> Result<&'static str> {
        self.text(key)?.ok_or_else(|| self.wrong(key, "it is missing"))
    }

    fn flag(&self, key: &str) -> Result<bool> {
        match self.table.get(key) {
            None => Ok(false),
            Some(Value::Boolean(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "it is neither true nor false")),
        }
    }

    /// A text, or a list of texts; nothing where it is not there.
    fn texts(&self, key: &str) -> Result<&'static [&'static str]> {
        let texts = match self.table.get(key) {
            None => return Ok(&[]),
            Some(Value::String(text)) => vec![kept(text)],
            Some(Value::Array(list)) => list
                .iter()
                .map(|entry| entry.as_str().map(kept))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| self.wrong(key, "an entry of the list is not text"))?,
            Some(_) => return Err(self.wrong(key, "it is neither a text nor a list of texts")),
        };
        if texts.is_empty() || texts.iter().any(|text| text.is_empty()) {
            return Err(self.wrong(key, "it is empty"));
        }
        Ok(Box::leak(texts.into_boxed_slice()))
    }

    fn checked_pointer(&self, key: &str, text: &'static str) -> Result<Pointer> {
        if text.starts_with('/') && !text.chars().any(char::is_control) {
            return Ok(text);
        }
        Err(self.wrong(
            key,
            &format!("'{}' is not a JSON pointer: it begins with /", text.escape_debug()),
        ))
    }

    fn pointer(&self, key: &str) -> Result<Option<Pointer>> {
        self.text(key)?.map(|text| self.checked_pointer(key, text)).transpose()
    }

    fn pointers(&self, key: &str) -> Result<&'static [Pointer]> {
        let texts = self.texts(key)?;
        for text in texts {
            self.checked_pointer(key, text)?;
        }
        Ok(texts)
    }

    fn facts(&self) -> Result<SystemFacts> {
        let base = self.needed("base_url")?;
        base_url::base_url(base, true)
            .map_err(|error| self.wrong("base_url", &error.to_string()))?;
        let variables = self.texts("token_variables")?;
        if let Some(name) = variables.iter().find(|name| !env::is_name(name)) {
            let why = format!("'{}' is not the name of a variable", name.escape_debug());
            return Err(self.wrong("token_variables", &why));
        }
        let name = kept(self.name);
        let title = self.text("title")?.unwrap_or(name);
        Ok(SystemFacts {
            name,
            title,
            summary: title,
            usual_url: Some(base),
            key_variables: variables,
            account_keys: IN_PATHS,
            ..SystemFacts::BARE
        })
    }

    fn auth(&self) -> Result<Presented> {
        match (self.text("auth")?, self.text("header")?) {
            (Some(_), Some(_)) => Err(self.wrong("header", "it does not go with auth")),
            (_, Some(header)) => Ok(Presented::Header(self.header_name("header", header)?)),
            (None, None) => Ok(Presented::Bearer),
            (Some(word), None) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                if word.len() > 32 || !word.bytes().all(plain) {
                    return Err(self.wrong("auth", "it is not a plain word"));
                }
                Ok(Presented::Scheme(word))
            }
        }
    }

    fn header_name(&self, key: &str, name: &str) -> Result<&'static str> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let reserved =
            ["host", "content-length", "transfer-encoding", "connection", "authorization"];
        let small = name.to_ascii_lowercase();
        if !small.bytes().all(plain) || small.len() > 64 || reserved.contains(&small.as_str()) {
            let why = format!("'{}' can be no header here", name.escape_debug());
            return Err(self.wrong(key, &why));
        }
        Ok(kept(&small))
    }

    fn headers(&self) -> Result<&'static [(&'static str, &'static str)]> {
        let table = match self.table.get("headers") {
            None => return Ok(&[]),
            Some(Value::Table(table)) => table,
            Some(_) => return Err(self.wrong("headers", "it is not a table")),
        };
        let mut read = Vec::new();
        for (name, value) in table {
            let text = value
                .as_str()
                .filter(|text| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
            let text = text.ok_or_else(|| {
                self.wrong(
                    "headers",
                    &format!("the value of {} cannot be sent", name.escape_debug()),
                )
            })?;
            read.push((self.header_name("headers", name)?, kept(text)));
        }
        Ok(Box::leak(read.into_boxed_slice()))
    }

    fn failures(&self) -> Result<&'static [Failing]> {
        let read = [
            self.pointer("success")?.map(Failing::UnlessTrue),
            self.pointer("code")?.map(Failing::UnlessZero),
            self.pointer("errors")?.map(Failing::IfListed),
        ];
        let read: Vec<Failing> = read.into_iter().flatten().collect();
        Ok(Box::leak(read.into_boxed_slice()))
    }

    fn lags(&self) -> Result<Option<&'static str>> {
        match self.table.get("lags") {
            Some(Value::Boolean(true)) => Ok(Some("the system says so")),
            Some(Value::Boolean(false)) => Ok(None),
            _ => self.text("lags"),
        }
    }

    fn page(&self) -> Result<Option<&'static str>> {
        let Some(page) = self.text("page")? else { return Ok(None) };
        let url = url::Url::parse(page)
            .ok()
            .filter(|url| matches!(url.scheme(), "https" | "http") && url.host().is_some());
        match url {
            Some(url) => Ok(Some(kept(url.as_str()))),
            None => Err(self.wrong("page", "it is not a link")),
        }
    }

    fn scope(&self) -> Result<Scope> {
        let scopes = [Scope::Account, Scope::Key, Scope::User, Scope::Team, Scope::Pool];
        let Some(word) = self.text("scope")? else { return Ok(Scope::Account) };
        let found = scopes.into_iter().find(|scope| scope.word() == word);
        found.ok_or_else(|| self.wrong("scope", &format!("there is no '{}'", word.escape_debug())))
    }

    fn scale(&self) -> Result<u64> {
        match self.table.get("scale") {
            None => Ok(1),
            Some(Value::Integer(scale)) => {
                u64::try_from(*scale).ok().filter(|scale| is_scale(*scale)).ok_or_else(|| {
                    self.wrong("scale", &format!("{scale} would have to be rounded by"))
                })
            }
            Some(_) => Err(self.wrong("scale", "it is not a whole number")),
        }
    }

    fn number(&self) -> Result<Number> {
        let from = self.pointers("balance")?;
        if from.is_empty() {
            return Err(self.wrong("balance", "it is missing"));
        }
        let minus: Vec<Term> = self.pointers("minus")?.iter().map(|at| Term::at(at)).collect();
        Ok(Number {
            from,
            minus: Box::leak(minus.into_boxed_slice()),
            scale: self.scale()?,
            negative: self.flag("negative")?,
        })
    }

    fn counted(&self) -> Result<Counted> {
        match (self.text("unit")?, self.text("currency")?) {
            (Some(_), Some(_)) => Err(self.wrong("unit", "it does not go with currency")),
            (Some(unit), None) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_ -".contains(&byte);
                if unit.len() > 32 || !unit.bytes().all(plain) {
                    return Err(self.wrong("unit", "it is not a plain word"));
                }
                Ok(Counted::Things(unit))
            }
            (None, None) => Ok(Counted::Currency("USD")),
            (None, Some(pointer)) if pointer.starts_with('/') => Ok(Counted::Stated(pointer)),
            (None, Some(code)) => {
                if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                    Ok(Counted::Currency(code))
                } else {
                    Err(self.wrong("currency", "it is neither three capital letters nor a pointer"))
                }
            }
        }
    }

    fn amount(&self) -> Result<AmountPlace> {
        let number = self.number()?;
        let Some(list) = self.pointer("list")? else {
            return Ok(AmountPlace::One(number, self.counted()?));
        };
        match self.counted()? {
            Counted::Stated(unit) => Ok(AmountPlace::Each { list, number, unit, name: None }),
            _ => Err(self.wrong("currency", "in a list it is the pointer where an entry says it")),
        }
    }

    fn usable(&self) -> Result<Option<Flag>> {
        match (self.pointer("usable")?, self.pointer("blocked")?) {
            (Some(_), Some(_)) => Err(self.wrong("blocked", "it does not go with usable")),
            (Some(at), None) => Ok(Some(Flag { at, good: true })),
            (None, Some(at)) => Ok(Some(Flag { at, good: false })),
            (None, None) => Ok(None),
        }
    }

    fn limit(&self, scope: Scope) -> Result<Option<LimitRow>> {
        let Some(limit) = self.pointer("limit")? else {
            return match self.pointer("used")? {
                Some(_) => Err(self.wrong("used", "it says nothing without limit")),
                None => Ok(None),
            };
        };
        let scale = self.scale()?;
        let at = |pointer: Pointer| -> Number {
            Number::at(Box::leak(Box::new([pointer]))).scaled(scale)
        };
        Ok(Some(LimitRow {
            scope,
            on: None,
            limit: at(limit),
            used: self.pointer("used")?.map(at),
            left: None,
            counted: self.counted()?,
            window: None,
            resets: None,
        }))
    }

    fn look(&self) -> Result<RowLook> {
        let path = self.needed("path")?;
        let fits = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits || path.contains(['#', '\\']) || path.split(['/', '?']).any(|part| part == "..") {
            return Err(
                self.wrong("path", "it is not a path: it begins with / and has no .. in it")
            );
        }
        for place in path.split('{').skip(1) {
            let key = place.split_once('}').map(|(key, _)| key);
            if !key.is_some_and(|key| IN_PATHS.iter().any(|known| known.key == key)) {
                return Err(self.wrong("path", "what stands in braces is not a key of a profile"));
            }
        }
        let body = self.text("body")?;
        if body.is_some_and(|body| serde_json::from_str::<serde_json::Value>(body).is_err()) {
            return Err(self.wrong("body", "it is not JSON"));
        }
        let scope = self.scope()?;
        Ok(RowLook {
            body,
            scope,
            amount: self.amount()?,
            usable: self.usable()?,
            limit: self.limit(scope)?,
            ..RowLook::get(path)
        })
    }
}

/// A text that lasts as long as the program.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

#[cfg(test)]
#[path = "own_tests.rs"]
mod tests;
