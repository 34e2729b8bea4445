//! The server as it may be shown, and what it is there for.

use super::purpose::Purpose;
use std::fmt::{self, Display};

/// A server and a database as a person may see them, without the password, and what is kept there.
#[derive(Clone, Debug)]
pub struct ServerPlace {
    /// `postgres://host/database`.
    pub name: String,
    /// What is kept there.
    pub purpose: &'static Purpose,
}

impl Display for ServerPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the {} {}", self.purpose.noun, self.name)
    }
}
