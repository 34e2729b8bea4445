//! The promises of `topup`, through the real binary.
