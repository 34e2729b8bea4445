//! The promises of `topup`, through the real binary: one file per kind of promise.

mod answers;
mod bad_input;
mod buying;
mod generated;
mod kills;
mod logins;
mod names;
mod portal;
mod prompts;
mod races;
mod simulation;
mod support;
