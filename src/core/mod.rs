//! What every room may use: classes and failures, money, time, secrets, files, signals, and the
//! system that a run talks to.

pub mod base_url;
pub mod browser;
pub mod child;
pub mod class;
pub mod clock;
pub mod command;
pub mod dialog;
pub mod disk;
pub mod duration;
pub mod env;
pub mod environment;
pub mod escape;
pub mod failure;
pub mod files;
pub mod language;
pub mod link;
pub mod lock;
pub mod money;
pub mod process;
pub mod secret;
pub mod signals;
pub mod system;
pub mod target;
pub mod time;
pub mod wait;
