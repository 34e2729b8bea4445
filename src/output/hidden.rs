//! What is typed and not shown: the terminal is quiet for one answer, and what ends this process in
//! the middle of it finds how the terminal was before.

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;
use std::sync::{Mutex, PoisonError};

/// How the terminal was before it became quiet.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// From now on the terminal does not show what is typed.
pub fn begin() {
    let before = tcgetattr(io::stdin()).ok();
    if let Some(before) = &before {
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO;
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &quiet);
    }
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = before;
}

/// From now on it does again; whether it did not.
pub fn end() -> bool {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = &before {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    }
    before.is_some()
}
