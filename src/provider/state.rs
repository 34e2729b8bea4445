//! The account as `state` shows it: one kind for each unit that systems count in.

use super::account::AccountState;
use super::balances::{self, Scope};
use super::budget::BudgetState;
use super::dollars::DollarState;
use super::{packs, teams};
use crate::core::money::Money;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Deref;

/// What every kind of account answers beside its own keys.
#[derive(Serialize, JsonSchema)]
struct Common {
    /// What is there; null where the system states no one number.
    balance: Option<Money>,
    /// What the number is about: `account`, `key`, `user`, `team` or `pool`.
    scope: Scope,
    /// Whether the number may be too high for a while.
    lags: bool,
}

macro_rules! kinds {
    ($($(#[$attribute:meta])* $variant:ident($kind:ty),)*) => {
        /// The account as `state` shows it: each kind with keys of its own beside the common ones.
        #[derive(Clone, Debug)]
        pub enum State {
            $($(#[$attribute])* $variant(Box<$kind>),)*
        }

        impl State {
            /// The keys of its own kind.
            fn own_keys(&self) -> serde_json::Result<Value> {
                match self {
                    $(Self::$variant(state) => serde_json::to_value(state),)*
                }
            }
        }

        impl JsonSchema for State {
            fn schema_name() -> Cow<'static, str> {
                "State".into()
            }

            fn json_schema(make: &mut SchemaGenerator) -> Schema {
                let common = make.subschema_for::<Common>();
                let kinds = [$(make.subschema_for::<$kind>(),)*];
                let kinds: Vec<Schema> = kinds
                    .into_iter()
                    .map(|kind| json_schema!({"allOf": [kind, common.clone()]}))
                    .collect();
                json_schema!({"anyOf": kinds})
            }
        }

        /// Every kind has what all kinds have in common.
        impl Deref for State {
            type Target = dyn AccountState;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$variant(state) => state.as_ref(),)*
                }
            }
        }
    };
}

kinds! {
    /// Counted in dollars.
    Dollars(DollarState),
    /// Counted in credits of teams.
    Teams(teams::TeamState),
    /// Counted in uses.
    Uses(packs::UsesState),
    /// A budget of the prepaid ledger.
    Budget(BudgetState),
    /// Read by a row.
    Row(balances::RowState),
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let common = Common {
            balance: self.balance().filter(|balance| !balance.unlimited).map(|there| there.amount),
            scope: self.scope(),
            lags: self.lags(),
        };
        let keys = |value: serde_json::Result<Value>| match value {
            Ok(Value::Object(keys)) => Ok(keys),
            Ok(_) => Err(S::Error::custom("an account is an object")),
            Err(cause) => Err(S::Error::custom(cause)),
        };
        let mut all = keys(self.own_keys())?;
        for (key, value) in keys(serde_json::to_value(common))? {
            // What a kind says itself is the more exact.
            all.entry(key).or_insert(value);
        }
        all.serialize(to)
    }
}
