//! What a row can say of a system whose balance one request reads: where, with which key, at which
//! places of the answer, in which unit and with which sign. Contract: balances.

use crate::core::system::{AccountKey, SystemFacts};
use crate::http::Presented;
use schemars::JsonSchema;
use serde::Serialize;

/// Places in an answer, as JSON pointers.
pub type Pointer = &'static str;

/// What a number is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that the account has.
    Account,
    /// What this key may use of it.
    Key,
    /// What a team has.
    Team,
    /// A pool that several share.
    Pool,
    /// What a user may use of it.
    User,
}

impl Scope {
    /// Its word in documents.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Key => "key",
            Self::Team => "team",
            Self::Pool => "pool",
            Self::User => "user",
        }
    }
}

/// A system whose balance is read by this row.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct BalanceRow {
    /// What is known of it as of every system.
    pub facts: SystemFacts,
    /// Where these facts come from, and of when they are.
    pub source: &'static str,
    /// The page where a person tops up.
    pub page: Option<&'static str>,
    /// How the key is shown to the system.
    pub auth: Presented,
    /// Headers that every request carries.
    pub headers: &'static [(&'static str, &'static str)],
    /// The request is about the second service of the system.
    pub at_gateway: bool,
    /// What makes a failure of an answer with status 200.
    pub failures: &'static [Failing],
    /// The request that tells the balance.
    pub look: RowLook,
    /// The request whose answer is read where the first is refused.
    pub instead: Option<&'static Instead>,
    /// Further budgets that bind as well: the least counts.
    pub also: &'static [Also],
    /// The request that tells the limit, where it is not that of the balance.
    pub limit_look: Option<&'static RowLook>,
    /// How an id is found that neither the profile nor a variable says.
    pub find_id: Option<&'static FindId>,
    /// Why the number may be too high for a while.
    pub lags: Option<&'static str>,
    /// What a key needs that was refused.
    pub needs: Option<&'static str>,
    /// What is worth knowing beside every number.
    pub note: Option<&'static str>,
}

/// One request, and where its answer says what.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct RowLook {
    /// Below the base URL; `{key}` stands for what the profile says of the account.
    pub path: &'static str,
    /// The body of a POST; a GET without.
    pub body: Option<&'static str>,
    /// What the number is about.
    pub scope: Scope,
    /// The amount.
    pub amount: AmountPlace,
    /// A flag that says whether anything can be used.
    pub usable: Option<Flag>,
    /// A limit beside the balance.
    pub limit: Option<LimitRow>,
    /// Further numbers worth showing, by their names in documents; none of them is a balance.
    pub figures: &'static [(&'static str, Number)],
    /// The name of the account.
    pub account: Option<Pointer>,
    /// When the count starts again, in seconds since 1970.
    pub resets: Option<Pointer>,
}

/// Where the amount of an answer is.
#[derive(Clone, Copy, Debug)]
pub enum AmountPlace {
    /// It tells none.
    None,
    /// One number.
    One(Number, Counted),
    /// A list of numbers, each with what it counts: they are never added.
    Each {
        /// The list.
        list: Pointer,
        /// The number, in an entry.
        number: Number,
        /// What it counts, in an entry.
        unit: Pointer,
        /// The name of an entry, where it has one.
        name: Option<Pointer>,
    },
    /// One of several numbers, by a word of the answer. With another word all of them are shown,
    /// and none of them the balance.
    ByWord {
        /// The word.
        word: Pointer,
        /// The words, and the number of each.
        cases: &'static [(&'static str, Number, Counted)],
    },
    /// What is left of the limit of the same answer, and no limit where that is null.
    LeftOfLimit,
}

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// A currency, by its code in capital letters.
    Currency(&'static str),
    /// Things, as several of them are called.
    Things(&'static str),
    /// The code of a currency stands there.
    Stated(Pointer),
    /// It follows from the region: the word of each and its currency.
    ByRegion(&'static [(&'static str, &'static str)]),
    /// The answer does not say; a person may, under this key of the profile: dollars or cents.
    Unknown(&'static str),
}

/// A number of an answer, in the unit that is shown.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// Where it is: the first place that is there and not null.
    pub from: &'static [Pointer],
    /// What is taken away from it.
    pub minus: &'static [Term],
    /// What the number is divided by: 100 for cents.
    pub scale: u64,
    /// Money that is there is shown as a negative number.
    pub negative: bool,
}

/// A number that is taken away from another.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// Where it is.
    pub at: Pointer,
    /// What is below zero takes nothing away.
    pub at_least_zero: bool,
}

/// A flag that says whether anything can be used.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Where it is; where it is missing, nothing is said.
    pub at: Pointer,
    /// What it says when something can be used.
    pub good: bool,
}

/// A limit beside the balance. Where the limit itself is null there is none.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct LimitRow {
    /// Whose it is.
    pub scope: Scope,
    /// The flag that says that there is one; without a flag the limit itself says so.
    pub on: Option<Pointer>,
    /// The limit.
    pub limit: Number,
    /// What is used of it.
    pub used: Option<Number>,
    /// What is left of it; the difference of the two where it is not reported.
    pub left: Option<Number>,
    /// What it counts.
    pub counted: Counted,
    /// How often it starts again, as the system says it.
    pub window: Option<Pointer>,
    /// When it starts again: RFC 3339.
    pub resets: Option<Pointer>,
}

/// What makes a failure of an answer with status 200.
#[derive(Clone, Copy, Debug)]
pub enum Failing {
    /// Anything but `true` stands there.
    UnlessTrue(Pointer),
    /// A number that is not 0 stands there.
    UnlessZero(Pointer),
    /// A list that is not empty stands there.
    IfListed(Pointer),
}

/// The request whose answer is read where the first is refused.
#[derive(Clone, Copy, Debug)]
pub struct Instead {
    /// The status that refuses the first one.
    pub status: u16,
    /// The request.
    pub look: RowLook,
    /// What a person has to know about its number.
    pub note: &'static str,
    /// What makes the first one work.
    pub hint: &'static str,
}

/// A further budget that binds.
#[derive(Clone, Copy, Debug)]
pub struct Also {
    /// The request; its path holds `{id}`.
    pub look: RowLook,
    /// Where the first answer says the id; there is no such budget where it is null.
    pub id: Pointer,
}

/// How an id is found that neither the profile nor a variable says.
#[derive(Clone, Copy, Debug)]
pub struct FindId {
    /// The key that it is for.
    pub key: &'static str,
    /// The request.
    pub path: &'static str,
    /// Where the id is, in the answer or in the one entry of the list.
    pub at: Pointer,
    /// The list that has to hold one entry.
    pub list: Option<Pointer>,
    /// A place that has to say this word.
    pub when: Option<(Pointer, &'static str)>,
}

impl Number {
    /// The number at this place, as it stands there.
    pub const fn at(from: &'static [Pointer]) -> Self {
        Self { from, minus: &[], scale: 1, negative: false }
    }

    /// Divided by this.
    pub const fn scaled(self, scale: u64) -> Self {
        Self { scale, ..self }
    }

    /// With these taken away.
    pub const fn minus(self, minus: &'static [Term]) -> Self {
        Self { minus, ..self }
    }

    /// With the other sign.
    pub const fn negative(self) -> Self {
        Self { negative: true, ..self }
    }
}

impl LimitRow {
    /// A limit of which nothing else is stated.
    pub const fn new(scope: Scope, limit: Number, counted: Counted) -> Self {
        Self { scope, on: None, limit, used: None, left: None, counted, window: None, resets: None }
    }

    /// What is used of it is reported.
    pub const fn used(self, used: Number) -> Self {
        Self { used: Some(used), ..self }
    }

    /// How often it starts again, and when, is reported.
    pub const fn window(self, window: Pointer, resets: Option<Pointer>) -> Self {
        Self { window: Some(window), resets, ..self }
    }
}

impl Term {
    /// The number at this place.
    pub const fn at(at: Pointer) -> Self {
        Self { at, at_least_zero: false }
    }
}

/// US dollars.
pub const USD: Counted = Counted::Currency("USD");

impl RowLook {
    /// A GET whose answer tells nothing yet.
    pub const fn get(path: &'static str) -> Self {
        Self {
            path,
            body: None,
            scope: Scope::Account,
            amount: AmountPlace::None,
            usable: None,
            limit: None,
            figures: &[],
            account: None,
            resets: None,
        }
    }

    /// A POST that only reads.
    pub const fn post(path: &'static str, body: &'static str) -> Self {
        Self { body: Some(body), ..Self::get(path) }
    }

    /// Its number is about this.
    pub const fn scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// The amount is this number.
    pub const fn one(self, number: Number, counted: Counted) -> Self {
        Self { amount: AmountPlace::One(number, counted), ..self }
    }

    /// The amount is where this says.
    pub const fn amount(self, amount: AmountPlace) -> Self {
        Self { amount, ..self }
    }

    /// Nothing can be used unless this says so.
    pub const fn usable(self, at: Pointer, good: bool) -> Self {
        Self { usable: Some(Flag { at, good }), ..self }
    }

    /// There is this limit.
    pub const fn limit(self, limit: LimitRow) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// These numbers are shown as well.
    pub const fn figures(self, figures: &'static [(&'static str, Number)]) -> Self {
        Self { figures, ..self }
    }

    /// The account has a name there.
    pub const fn account(self, at: Pointer) -> Self {
        Self { account: Some(at), ..self }
    }

    /// The count starts again at this time.
    pub const fn resets(self, at: Pointer) -> Self {
        Self { resets: Some(at), ..self }
    }
}

impl BalanceRow {
    /// The row of a system whose balance this request tells.
    #[expect(clippy::large_types_passed_by_value, reason = "the compiler makes the rows")]
    pub const fn new(
        name: &'static str,
        title: &'static str,
        base: Option<&'static str>,
        look: RowLook,
    ) -> Self {
        Self {
            facts: SystemFacts {
                name,
                title,
                summary: title,
                usual_url: base,
                ..SystemFacts::BARE
            },
            source: "",
            page: None,
            auth: Presented::Bearer,
            headers: &[],
            at_gateway: false,
            failures: &[],
            look,
            instead: None,
            also: &[],
            limit_look: None,
            find_id: None,
            lags: None,
            needs: None,
            note: None,
        }
    }

    /// The variables that hold its key, and no other system's.
    pub const fn key(self, key_variables: &'static [&'static str]) -> Self {
        Self { facts: SystemFacts { key_variables, ..self.facts }, ..self }
    }

    /// The variables that hold its key, or another system's.
    pub const fn shared_key(self, shared_key_variables: &'static [&'static str]) -> Self {
        Self { facts: SystemFacts { shared_key_variables, ..self.facts }, ..self }
    }

    /// How the key is shown, where it is no bearer token.
    pub const fn auth(self, auth: Presented) -> Self {
        Self { auth, ..self }
    }

    /// What says which account is meant.
    pub const fn account_keys(self, account_keys: &'static [AccountKey]) -> Self {
        Self { facts: SystemFacts { account_keys, ..self.facts }, ..self }
    }

    /// Its regions, with a base URL each; the first is the usual one.
    pub const fn regions(self, regions: &'static [(&'static str, &'static str)]) -> Self {
        Self { facts: SystemFacts { regions, ..self.facts }, ..self }
    }

    /// The base URL of its second service, which the balance is read at.
    pub const fn gateway(self, url: &'static str) -> Self {
        let facts = SystemFacts { gateway_url: Some(url), ..self.facts };
        Self { facts, at_gateway: true, ..self }
    }

    /// The variables that name its base URL.
    pub const fn base_variables(self, variables: &'static [&'static str]) -> Self {
        Self { facts: SystemFacts { variables, ..self.facts }, ..self }
    }

    /// Every request carries these headers.
    pub const fn headers(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    /// An answer with status 200 is a failure where one of these says so.
    pub const fn failures(self, failures: &'static [Failing]) -> Self {
        Self { failures, ..self }
    }

    /// Where the first request is refused, another one is made.
    pub const fn instead(self, instead: &'static Instead) -> Self {
        Self { instead: Some(instead), ..self }
    }

    /// Further budgets bind as well.
    pub const fn also(self, also: &'static [Also]) -> Self {
        Self { also, ..self }
    }

    /// The limit is read by another request.
    pub const fn limit_look(self, look: &'static RowLook) -> Self {
        Self { limit_look: Some(look), ..self }
    }

    /// An id that nothing says is found like this.
    pub const fn find_id(self, find: &'static FindId) -> Self {
        Self { find_id: Some(find), ..self }
    }

    /// The number may be too high for a while, for this reason.
    pub const fn lags(self, why: &'static str) -> Self {
        Self { lags: Some(why), ..self }
    }

    /// What a key needs that was refused.
    pub const fn needs(self, what: &'static str) -> Self {
        Self { needs: Some(what), ..self }
    }

    /// What is worth knowing beside every number.
    pub const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    /// The page where a person tops up.
    pub const fn page(self, page: &'static str) -> Self {
        Self { page: Some(page), ..self }
    }

    /// Where the facts come from.
    pub const fn source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }
}
