//! What every room may use: classes and failures, money, time, secrets, files, signals, and the
//! system that a run talks to.

pub(crate) mod base_url;
pub(crate) mod browser;
pub(crate) mod child;
pub mod class;
pub(crate) mod clock;
pub mod command;
pub(crate) mod counted;
pub(crate) mod dialog;
pub(crate) mod disk;
pub(crate) mod duration;
pub mod env;
pub mod environment;
pub(crate) mod escape;
pub mod failure;
pub(crate) mod files;
pub(crate) mod language;
pub(crate) mod likeness;
pub(crate) mod link;
pub(crate) mod lock;
pub mod money;
pub(crate) mod process;
#[cfg(test)]
pub(crate) mod scratch;
pub(crate) mod secret;
pub mod signals;
pub mod system;
pub mod target;
pub(crate) mod time;
pub(crate) mod trust;
pub(crate) mod wait;
