//! The promises of `topup`, through the real binary: one file per kind of promise, which it begins
//! with. Those that begin with none are what the others use.
//!
//! Fast first: `cargo test --lib` takes ten seconds. Slow here are `kills` and `ledger_kills` (a
//! traced process for each point), `simulation` (two hundred thousand schedules), `browser_journeys`
//! and `browser_looks` (Chromium) and `examples` (everything that is shown is run). All but those:
//! `cargo test --test all -- --skip kills --skip simulation --skip browser --skip examples`.

#![allow(clippy::print_stdout, reason = "tests tell their figures")]

mod action;
mod answers;
mod bad_input;
mod balances;
mod books;
mod browser;
mod browser_journeys;
mod browser_looks;
mod budgets;
mod bugs;
mod buying;
mod byterover;
mod chaos;
mod charts;
mod ci_names;
mod circles;
mod ciris;
mod claims;
mod completing;
mod configuration;
mod delays;
mod dependencies;
mod disks;
mod doctor;
mod dry_runs;
mod ensure;
mod examples;
mod faults;
mod first_steps;
mod fleet;
mod fleet_balanced;
mod fleet_faults;
mod fleet_kills;
mod fleet_moves;
mod fleet_versions;
mod generated;
mod github;
mod hermes;
mod installing;
mod journal;
mod jumping_clocks;
mod kept_logins;
mod keys;
mod kills;
mod ledger;
mod ledger_crowds;
mod ledger_disks;
mod ledger_durable;
mod ledger_export;
mod ledger_kills;
mod ledger_month;
mod ledger_refusals;
mod ledger_runs;
mod ledger_streams;
mod lengths;
mod logins;
mod lost;
mod manual;
mod money_keys;
mod names;
mod next_steps;
mod notices;
mod packages;
mod peers;
mod picture;
mod pipelines;
mod places;
mod plans;
mod pools;
mod portal;
#[path = "../src/ledger/suite/proxy.rs"]
mod postgres_proxy;
#[path = "../src/ledger/suite/server.rs"]
mod postgres_server;
mod power_cuts;
mod prompts;
mod properties;
mod races;
mod readers;
mod rooms;
mod schedules;
mod scripted;
mod scripts;
mod sellers;
mod simulation;
mod sleeps;
mod smtp;
mod snapshots;
mod support;
mod syncs;
mod type_names;
mod typed_words;
mod watching;
mod words;
