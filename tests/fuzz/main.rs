//! The fuzzer: one program for all targets of `topup::fuzzing`, guided by what code they reach.
//!
//! It builds with the stable compiler. `tests/fuzz/run` gives the flags, takes a target and a
//! number of seconds, begins from `tests/fuzz/corpus` and says what it found:
//!
//! ```sh
//! tests/fuzz/run nous 60
//! ```
//!
//! What it finds is put into the corpus, where every run of the tests reads it again. Built in any
//! other way this is an empty program.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(init: chosen(), |bytes: &[u8]| (chosen().run)(bytes));

/// The target that `TOPUP_FUZZ` names.
#[cfg(fuzzing)]
fn chosen() -> &'static topup::fuzzing::FuzzTarget {
    static CHOSEN: std::sync::OnceLock<&topup::fuzzing::FuzzTarget> = std::sync::OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("TOPUP_FUZZ").unwrap_or_default();
        topup::fuzzing::TARGETS
            .iter()
            .find(|target| target.name == name)
            .expect("TOPUP_FUZZ names a target of src/fuzzing/mod.rs")
    })
}

#[cfg(not(fuzzing))]
fn main() {}
