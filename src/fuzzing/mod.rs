//! Foreign bytes, tried out: every reader of what a system, a file, a variable or a person gives,
//! under any bytes at all. Only in tests and for the fuzzer; nothing of it is in the program.
//!
//! Each [`FuzzTarget`] is one reader and what must hold for every input: it ends, it does not
//! panic, what it says is safe to show, and what it takes for a success is one by a second opinion.
//! `tests/fuzz/main.rs` hangs a coverage-guided fuzzer in front of them, and `tests/fuzz/corpus`
//! keeps what has taught something; the tests here read all of it again, and bend it at random.

mod answers;
mod checks;
mod files;
mod words;

/// One reader of foreign bytes.
#[derive(Clone, Copy)]
pub struct FuzzTarget {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// Reads the bytes.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[FuzzTarget] = &[
    FuzzTarget { name: "nous", run: answers::nous },
    FuzzTarget { name: "ciris", run: answers::ciris },
    FuzzTarget { name: "byterover", run: answers::byterover },
    FuzzTarget { name: "login", run: answers::login },
    FuzzTarget { name: "headers", run: answers::headers },
    FuzzTarget { name: "config", run: files::config },
    FuzzTarget { name: "credentials", run: files::credentials },
    FuzzTarget { name: "hermes", run: files::hermes },
    FuzzTarget { name: "pin", run: files::pin },
    FuzzTarget { name: "cost", run: files::cost },
    FuzzTarget { name: "amount", run: words::amount },
    FuzzTarget { name: "money", run: words::money },
    FuzzTarget { name: "link", run: words::link },
    FuzzTarget { name: "base_url", run: words::base_url },
    FuzzTarget { name: "shown", run: words::shown },
    FuzzTarget { name: "ids", run: words::ids },
    FuzzTarget { name: "duration", run: words::duration },
    FuzzTarget { name: "places", run: words::places },
    FuzzTarget { name: "command_line", run: words::command_line },
];

#[cfg(test)]
mod tests;
