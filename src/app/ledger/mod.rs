//! What the verbs of the prepaid ledger do, with the parts that they are handed: the ledger, a clock,
//! what sends a notice, what starts a command. Contract: poweron.

pub mod accounts;
pub mod books;
pub mod budget;
pub mod dry_run;
pub mod providers;
pub mod run;
#[cfg(test)]
mod tests;
