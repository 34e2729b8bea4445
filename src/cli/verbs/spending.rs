//! What a verb may do to the money of who runs it, known before it runs.

/// What a verb may do to the money of who runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// Nothing.
    None,
    /// It needs permission to spend and charges nothing: it arranges what is charged later.
    Later,
    /// It needs no such permission to look, and may go on with an earlier purchase.
    Earlier,
    /// It needs permission to spend, and may make a charge.
    Now,
}

impl Spending {
    /// Whether a charge can be made, of its own or by going on with an earlier one.
    pub fn may_charge(self) -> bool {
        matches!(self, Self::Earlier | Self::Now)
    }

    /// Whether a login without permission to spend is refused.
    pub fn needs_permission(self) -> bool {
        matches!(self, Self::Later | Self::Now)
    }
}
