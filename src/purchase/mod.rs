//! A purchase that was asked for once is charged at most once, and the tool knows whether it was.
//!
//! - [`record`]: what a purchase is: the fold of rows that are only ever appended (`row`), each with
//!   a reading of all clocks (`clocks`); `baseline` is what one of them keeps.
//! - [`machine`]: the rules, pure: `(purchase, event) → (purchase, action)`. How a system sells is
//!   data to it, a [`Seller`](crate::provider::Seller).
//! - [`steps`]: what goes in and out of it: options, actions, events, report.
//! - [`evidence`]: what a seller's own list or sum says of a purchase whose answer was lost.
//! - [`driver`]: performs the actions of the machine, one after the other, in a [`driver::World`].
//! - [`world`]: that world as it is: journal, session, system, clocks.
//! - [`journal`]: the rows, durable before anything that depends on them; [`place`]: in a file of
//!   this machine, or on a server that machines share; [`position`]: what a journal lacks that was
//!   restored or copied.
//! - [`request`]: a purchase as it is asked for; [`find_or_create`]: which one that means, a new one
//!   or one of the journal; [`key`]: keys from names, and what proves a name's first use.
//! - [`delivery`]: an outcome that was shown to its caller.
//! - [`mark`]: what a person found and recorded.
//! - [`moving`]: a journal that moves to a server or back.
//! - [`guards`]: the local spending limits; [`lock`]: one process at a time for each purchase.

pub mod baseline;
mod clocks;
pub(crate) mod delivery;
pub(crate) mod driver;
pub mod evidence;
pub mod find_or_create;
pub mod guards;
pub(crate) mod journal;
pub mod key;
pub(crate) mod lock;
pub mod machine;
pub(crate) mod mark;
pub(crate) mod moving;
pub(crate) mod place;
pub mod position;
pub mod record;
pub mod request;
mod row;
#[cfg(test)]
mod scripted;
pub mod steps;
pub(crate) mod world;

pub use journal::Journal;
pub use place::JournalPlace;
