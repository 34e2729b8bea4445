//! Plans of a subscription: what there is, what a change would do, and the change itself. A change
//! for the end of the cycle moves no money and may be repeated; an upgrade charges at once, and is
//! a purchase like every other. Contract: nous, subscription.

use super::{ChargeResponse, IdempotencyKey, Organisation, ProviderError};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::credentials::Token;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Plans that are chosen, changed and paid from a terminal.
pub trait Plans {
    /// The present plan and those that there are.
    ///
    /// # Errors
    /// What kept it from being read.
    fn read(&self) -> Result<Subscription>;

    /// What a change to this plan would do now.
    ///
    /// # Errors
    /// What kept it from being known; nothing was changed.
    fn preview(&self, tier_id: &str) -> Result<Preview>;

    /// Schedules a change for the end of the cycle, or takes one back. Sent twice it is one
    /// change, and it never charges. Gives the system's own words about it.
    ///
    /// # Errors
    /// What the system refused it with, or what kept the outcome from being known.
    fn schedule(&self, change: PlanChange<'_>) -> Result<Option<String>>;

    /// The exact bytes of the request for an upgrade to this plan.
    fn upgrade_body(&self, tier_id: &str) -> Vec<u8>;

    /// Sends an upgrade once, on a fresh connection, with no retry of any kind.
    fn upgrade(&self, token: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse;

    /// Checks once whether this plan is in force. That does not prove who paid for it.
    fn look(&self, token: &Token, tier_id: &str) -> PlanSeen;
}

/// What one check of the plan showed.
#[derive(Debug)]
pub enum PlanSeen {
    /// It is in force; who paid for it is not known.
    InForce,
    /// Another one is.
    NotInForce,
    /// The check itself failed.
    Trouble {
        /// Why.
        refusal: ProviderError,
        /// The token was not accepted.
        unauthorized: bool,
    },
}

/// A change that is made at the end of the cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanChange<'a> {
    /// To the plan with this id.
    To(&'a str),
    /// The subscription ends.
    Cancel,
    /// A scheduled change is taken back.
    Keep,
}

/// What a purchase is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Credits.
    #[default]
    Credits,
    /// A larger plan.
    Plan(PlanName),
    /// A pack of uses that a person pays for on a page.
    Pack,
}

/// A plan, by its id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanName {
    /// The system's id.
    pub tier_id: String,
    /// What people call it.
    pub tier_name: String,
}

impl Item {
    /// The plan, where it is one.
    pub fn plan(&self) -> Option<&PlanName> {
        match self {
            Self::Credits | Self::Pack => None,
            Self::Plan(plan) => Some(plan),
        }
    }
}

impl PlanName {
    /// Whether this word means it: its id, or its name in upper or lower case.
    pub fn is_called(&self, word: &str) -> bool {
        self.tier_id == word || same(&self.tier_name, word)
    }
}

/// Names are compared as people type them.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// The day of a time as the portal writes it, for a field of its own.
pub fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

/// The same for a sentence, which may be a question: only what is a day has a place in it.
pub fn on_day(time: Option<&str>) -> String {
    let date = time.and_then(|time| day(time).parse::<jiff::civil::Date>().ok());
    date.map_or_else(
        || "at the end of the month that is paid for".to_owned(),
        |date| format!("on {date}"),
    )
}

/// The present plan and those that there are; `data` of `plan show`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Subscription {
    /// The organisation that is billed.
    pub org: Option<Organisation>,
    /// Whose subscription it is, in the system's own word: `personal` or `team`.
    pub context: Option<String>,
    /// Whether this login's role may change it.
    pub can_change: bool,
    /// The plan in force; null without a subscription.
    pub current: Option<CurrentPlan>,
    /// The plans that there are, from the smallest up.
    pub tiers: Vec<Tier>,
    /// The page where it is changed in a browser.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// The plan in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CurrentPlan {
    /// Its id.
    pub tier_id: Option<String>,
    /// Its name.
    pub tier_name: Option<String>,
    /// Credits that come each month.
    pub monthly_credits: Option<Money>,
    /// Credits of this month that are left.
    pub credits_remaining: Option<Money>,
    /// When the month that is paid for ends.
    pub cycle_ends_at: Option<String>,
    /// The change that is scheduled, if one is.
    pub pending: Option<PendingChange>,
}

/// A change that is scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingChange {
    /// `tier_change` or `cancellation`.
    pub kind: PendingKind,
    /// The plan that comes then; null where the subscription ends.
    pub tier_name: Option<String>,
    /// When.
    pub effective_at: Option<String>,
}

/// What is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PendingKind {
    /// Another plan.
    TierChange,
    /// No plan any more.
    Cancellation,
}

/// A plan that there is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tier {
    /// Its id.
    pub tier_id: String,
    /// Its name.
    pub name: String,
    /// What it costs a month, in dollars, where that is a plain amount.
    pub monthly_price_usd: Option<Money>,
    /// What it costs, as the system writes it.
    pub price_display: Option<String>,
    /// Credits that come each month.
    pub monthly_credits: Option<Money>,
    /// Whether it is the one in force.
    pub is_current: bool,
    /// Whether it can be chosen.
    pub is_enabled: bool,
}

impl Tier {
    fn called(&self) -> PlanName {
        PlanName { tier_id: self.tier_id.clone(), tier_name: self.name.clone() }
    }
}

impl Subscription {
    /// The plan that this word means: an id, or a name that only one plan has.
    ///
    /// # Errors
    /// Class `usage`, naming the plans there are.
    pub fn find(&self, word: &str) -> Result<PlanName> {
        let by_id = self.tiers.iter().find(|tier| tier.tier_id == word);
        let named: Vec<&Tier> = self.tiers.iter().filter(|tier| same(&tier.name, word)).collect();
        let shown = word.escape_debug();
        match (by_id, named.as_slice()) {
            (Some(tier), _) => Ok(tier.called()),
            (None, [tier]) => Ok(tier.called()),
            (None, []) => {
                let error = Failure::usage(format!("there is no plan '{shown}'"));
                Err(match self.names(|_| true) {
                    Some(names) => error.hint(format!("Available: {names}.")),
                    None => error.hint("The portal names no plans at all."),
                })
            }
            (None, several) => Err(Failure::usage(format!(
                "{} plans are called '{shown}'",
                several.len()
            ))
            .hint(format!(
                "Name one by its id: {}.",
                several.iter().map(|tier| tier.tier_id.as_str()).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// The plans as one line.
    fn names(&self, which: impl Fn(&Tier) -> bool) -> Option<String> {
        let names: Vec<String> = self
            .tiers
            .iter()
            .filter(|tier| which(tier))
            .map(|tier| {
                if same(&tier.name, &tier.tier_id) {
                    tier.name.clone()
                } else {
                    format!("{} ({})", tier.name, tier.tier_id)
                }
            })
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Whether this plan is the one in force.
    pub fn is_on(&self, tier_id: &str) -> bool {
        match self.current.as_ref().and_then(|current| current.tier_id.as_deref()) {
            Some(current) => current == tier_id,
            None => self.tiers.iter().any(|tier| tier.is_current && tier.tier_id == tier_id),
        }
    }

    /// The change that is scheduled, if one is.
    pub fn pending(&self) -> Option<&PendingChange> {
        self.current.as_ref().and_then(|current| current.pending.as_ref())
    }

    /// Checks that this is the organisation that a token acts for, as far as both say so.
    ///
    /// # Errors
    /// Class `protocol` when it is another one's.
    pub fn check_is_of(&self, organisation: Option<&str>) -> Result<()> {
        Organisation::check(self.org.as_ref(), organisation)
    }
}

/// What a change would do; `data` of `plan preview`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// `charge_now`, `scheduled`, `no_op` or `blocked`.
    pub effect: PlanEffect,
    /// The system's own words about it, where it gave some.
    pub reason: Option<String>,
    /// The id of the plan in force.
    pub current_tier_id: Option<String>,
    /// The name of the plan in force.
    pub current_tier_name: Option<String>,
    /// The id of the plan that was asked about.
    pub target_tier_id: String,
    /// Its name.
    pub target_tier_name: String,
    /// How many more credits come each month; less than zero for fewer.
    pub monthly_credits_delta: Option<Money>,
    /// What would be charged now, in dollars; null where the system does not say.
    pub amount_due_now_usd: Option<Money>,
    /// When it would happen, where that is not now.
    pub effective_at: Option<String>,
    /// The page where it is done in a browser.
    #[schemars(with = "Option<String>")]
    pub portal_url: String,
    /// Present and true on the sandbox: nothing of this is real money.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandbox: bool,
}

/// What a change would do, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanEffect {
    /// Charge the saved card and change at once.
    ChargeNow,
    /// Change at the end of the cycle; nothing is charged now.
    Scheduled,
    /// Nothing: it is so already.
    NoOp,
    /// It cannot be done from here.
    Blocked,
}

impl Preview {
    /// Refuses what cannot be done from here.
    ///
    /// # Errors
    /// Class `unsupported`, with the page where it is done.
    pub fn check_not_blocked(&self) -> Result<()> {
        if self.effect != PlanEffect::Blocked {
            return Ok(());
        }
        let why = self.reason.as_ref().map(|reason| format!("; the portal says: {reason}"));
        Err(Failure::new(
            Class::Unsupported,
            format!(
                "nothing was sent: the portal does not change to {} from a terminal{}",
                self.target_tier_name,
                why.unwrap_or_default()
            ),
        )
        .detail("effect", "blocked")
        .hint("'topup plan show' lists the plans; {page} shows what can be done:")
        .link(self.portal_url.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(tiers: &[(&str, &str)]) -> Subscription {
        Subscription {
            org: None,
            context: None,
            can_change: true,
            current: None,
            tiers: tiers
                .iter()
                .map(|(id, name)| Tier {
                    tier_id: (*id).to_owned(),
                    name: (*name).to_owned(),
                    monthly_price_usd: None,
                    price_display: None,
                    monthly_credits: None,
                    is_current: false,
                    is_enabled: true,
                })
                .collect(),
            portal_url: String::new(),
            sandbox: false,
        }
    }

    #[test]
    fn a_plan_is_meant_by_its_id_or_by_a_name_that_only_one_has() {
        let there =
            subscription(&[("t1", "Plus"), ("t2", "Super"), ("t3", "super"), ("Plus", "X")]);
        let found = |word: &str| there.find(word).map(|plan| plan.tier_id);
        assert_eq!(found("t1").expect("by id"), "t1");
        assert_eq!(found("Plus").expect("an id goes first"), "Plus");
        assert_eq!(found(" plus ").expect("by name"), "t1");
        let twice = found("SUPER").expect_err("two have it");
        assert_eq!(twice.class(), Class::Usage);
        assert!(twice.parts().hints[0].to_string().contains("t2, t3"), "{twice:?}");
        let none = found("gold").expect_err("none has it");
        assert!(none.parts().hints[0].to_string().contains("Plus (t1), Super (t2)"), "{none:?}");
        assert!(subscription(&[]).find("x").is_err());
    }
}
