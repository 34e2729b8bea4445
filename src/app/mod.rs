//! What each verb does: the use cases, free of arguments and of printing.

pub mod login;
pub mod metrics;
pub mod overview;
pub mod readings;
pub mod setup;
pub mod watch;
