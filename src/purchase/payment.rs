//! A payment that a person finishes in a browser: what is kept of it, and where it stands.
//!
//! Opening one moves no money and has no idempotency key. What keeps it from being paid twice is
//! that nobody is shown its page before its row is durable: a payment whose row is missing can be
//! paid by nobody, and one whose row is there is found again and gone on with. Contract: ciris.

use crate::core::class::Class;
use crate::core::failure::Charged;
use crate::provider::ChargeId;
use crate::provider::packs::{Looked, Opened, Price};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One payment: the fold of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id in the journal.
    pub id: Uuid,
    /// The system's identity.
    pub origin: String,
    /// Who is to pay, where the login says so.
    pub account: Option<String>,
    /// When it was asked for.
    pub asked: Timestamp,
    /// The system's side of it, once it was opened.
    pub opened: Option<OpenedPayment>,
    /// How it ended, and when that was found.
    pub ended: Option<(Timestamp, Ended)>,
    /// The caller has the end.
    pub delivered: bool,
}

/// What is kept of an opened payment: everything but its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedPayment {
    /// The system's id.
    pub payment_id: ChargeId,
    /// What the pack costs.
    pub price: Price,
    /// How many uses are in it.
    pub uses: Option<u64>,
    /// What a page needs to take the card; no secret.
    pub publishable_key: Option<String>,
    /// Where a person pays.
    pub page: String,
}

impl OpenedPayment {
    /// `$5.00 for 100 uses`.
    pub fn pack(&self) -> String {
        pack(&self.price, self.uses)
    }
}

/// `$5.00 for 100 uses`.
pub fn pack(price: &Price, uses: Option<u64>) -> String {
    uses.map_or_else(|| price.to_string(), |uses| format!("{price} for {uses} uses"))
}

impl From<&Opened> for OpenedPayment {
    fn from(opened: &Opened) -> Self {
        Self {
            payment_id: opened.payment_id.clone(),
            price: opened.price.clone(),
            uses: opened.uses,
            publishable_key: opened.publishable_key.clone(),
            page: opened.page.clone(),
        }
    }
}

/// A row of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum Entry {
    /// It is about to be opened.
    Asked,
    /// It was opened; somebody may be shown its page from here on.
    Opened(OpenedPayment),
    /// It is final.
    Ended(Ended),
    /// The caller has the end.
    Delivered,
}

/// How a payment ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Ended {
    /// Paid.
    Settled {
        /// The system's own word.
        word: String,
        /// Uses that were added, where told.
        credits_added: Option<i64>,
        /// Uses afterwards, where told.
        balance_after: Option<i64>,
    },
    /// Not paid.
    Failed {
        /// The system's own word.
        word: String,
    },
    /// The system refused to open it.
    Refused {
        /// Why.
        class: Class,
    },
    /// Whether it was opened is not known, and nobody was shown it.
    NeverShown,
    /// A person says that it was paid.
    MarkedCharged,
    /// A person says that it was not.
    MarkedNotCharged,
}

impl Ended {
    /// The word for the journal's index.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Settled { .. } => "settled",
            Self::Failed { .. } => "failed",
            Self::Refused { .. } => "refused",
            Self::NeverShown => "never_shown",
            Self::MarkedCharged => "marked_charged",
            Self::MarkedNotCharged => "marked_not_charged",
        }
    }

    /// Whether money moved.
    pub fn is_charged(&self) -> bool {
        matches!(self, Self::Settled { .. } | Self::MarkedCharged)
    }

    /// What a final look comes to.
    pub fn settled(looked: &Looked) -> Self {
        Self::Settled {
            word: looked.word.clone(),
            credits_added: looked.credits_added,
            balance_after: looked.balance_after,
        }
    }
}

impl Entry {
    /// The word for the journal's index.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Opened(_) => "opened",
            Self::Ended(_) => "ended",
            Self::Delivered => "delivered",
        }
    }
}

impl Payment {
    /// One that is asked for now.
    pub fn new(id: Uuid, origin: String, account: Option<String>, asked: Timestamp) -> Self {
        Self { id, origin, account, asked, opened: None, ended: None, delivered: false }
    }

    /// Takes a row in.
    pub fn apply(&mut self, at: Timestamp, entry: &Entry) {
        match entry {
            Entry::Asked => {}
            Entry::Opened(kept) => self.opened = Some(kept.clone()),
            Entry::Ended(ended) => self.ended = Some((at, ended.clone())),
            Entry::Delivered => self.delivered = true,
        }
    }

    /// How it ended.
    pub fn end(&self) -> Option<&Ended> {
        self.ended.as_ref().map(|(_, ended)| ended)
    }

    /// Whether money moved, as far as the rows say. An open payment may be paid at any moment.
    pub fn charged(&self) -> Charged {
        match (self.end(), &self.opened) {
            (Some(ended), _) if ended.is_charged() => Charged::Yes,
            (Some(_), _) | (None, None) => Charged::No,
            (None, Some(_)) => Charged::Unknown,
        }
    }
}
