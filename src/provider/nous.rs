//! Nous Portal terminal billing. Contract: nous.
