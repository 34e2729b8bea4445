//! Secrets that are read from standard input: one line each, never from an argument.

use crate::core::failure::{Failure, Result};
use std::io::{self, Read};

/// No token is longer.
const LONGEST_TOKEN: u64 = 64 * 1024;
/// No password is longer.
const LONGEST_PASSWORD: u64 = 4096;

/// The text that is there, for a token.
///
/// # Errors
/// Class `usage` when it cannot be read as text.
pub(super) fn token() -> Result<String> {
    let mut text = String::new();
    match io::stdin().take(LONGEST_TOKEN).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(_) => Err(Failure::usage("standard input does not hold a token: it is not text")
            .hint("Give it one line, as in: topup login --token-stdin < token-file")),
    }
}

/// One line with a password, without its end.
///
/// # Errors
/// Class `usage` for anything else.
pub(super) fn password() -> Result<String> {
    let mut text = String::new();
    let read = io::stdin().take(LONGEST_PASSWORD + 1).read_to_string(&mut text);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if read.is_err() || text.len() as u64 > LONGEST_PASSWORD || line.contains('\n') {
        return Err(Failure::usage("standard input does not hold one line with a password")
            .hint("Give it one line, as in: topup login --username NAME --password-stdin < file"));
    }
    Ok(line.to_owned())
}
