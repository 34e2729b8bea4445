//! The billing systems behind one trait of capabilities.
//!
//! A command never asks which system it talks to: it asks for a capability, and a system that
//! does not have it answers `None`, which becomes class `unsupported` with the page where it is
//! done. Each system is one file that follows one contract page; wire types stay private there
//! and what comes out are the plain values of this room.

pub mod balances;
pub(crate) mod byterover;
pub(crate) mod ciris;
pub(crate) mod cloudflare;
pub(crate) mod ledger;
pub(crate) mod nous;
pub mod packs;
pub mod plans;
pub(crate) mod teams;
pub(crate) mod transactions;
pub(crate) mod vercel;
pub(crate) mod wire;

mod account;
mod budget;
mod capabilities;
mod charge_outcome;
mod charges;
mod dollars;
mod evidence;
mod ids;
mod refusal;
mod seller;
mod standing;
mod state;
mod system;
mod unit;

pub use account::{AccountState, Balance, Holder};
pub use budget::BudgetState;
pub use capabilities::{
    Account, Accounts, AutoReloadChange, AutoReloading, BalanceLimits, Finding, PasswordLogin,
    PortalPage, Provider, SignedIn,
};
pub use charge_outcome::{Bill, ChargeResponse, ChargeStatus, Paid};
pub use charges::Charges;
pub use dollars::{
    AutoReload, Bounds, Card, DollarAccount, DollarState, MonthlyLimit, Organisation,
};
pub use evidence::{
    EvidenceAnswer, EvidenceReading, EvidenceSource, ListedPurchase, ListedStanding, ShownPurchase,
};
pub use ids::{ChargeId, IdempotencyKey};
pub use refusal::ProviderError;
pub use seller::{AutoReloadSight, Evidence, KeyLife, Payer, Repeat, Seller, Total};
pub use standing::{Access, CreditParts};
pub use state::State;
pub(crate) use system::word;
pub use system::{BYTEROVER, CIRIS, LEDGER, NOUS, catalogue, connect, find};
pub use unit::{Credits, Unit, dollars};
