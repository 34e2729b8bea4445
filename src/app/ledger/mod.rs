//! What the verbs of the prepaid ledger do, with the parts that they are handed: the ledger, a clock,
//! what sends a notice, what starts a command. Contract: poweron.

pub(crate) mod accounts;
pub(crate) mod books;
pub(crate) mod budget;
pub(crate) mod dry_run;
pub(crate) mod providers;
pub(crate) mod run;
#[cfg(test)]
mod tests;
