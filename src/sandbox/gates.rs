//! Who calls, and whether they may: token, scope, role, switch, in the order of the real portal.
//! Contract: nous, errors.

use super::account;
use super::faults::usual_error;
use super::store::StoreWork;
use super::token;
use super::wire::{Call, SandboxReply};
use crate::core::failure::Result;

/// The scope that may spend.
pub const BILLING: &str = "billing:manage";

/// What a session may do, as its access token says and the portal still allows.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The session.
    pub session: String,
    /// The scopes of the token.
    pub scopes: Vec<String>,
    /// Whether spending was cut off for it.
    pub spending_revoked: bool,
}

/// Who calls, or the refusal that says why the call is not accepted. Contract: nous, errors.
///
/// # Errors
/// Class `config` when the state cannot be read.
pub fn caller(work: &StoreWork<'_>, call: &Call) -> Result<Result<Caller, SandboxReply>> {
    let invalid = || Err(SandboxReply::error(401, "invalid_token", "Authentication required."));
    let secret = work.text("secret").unwrap_or_default();
    let Some(claims) = call.bearer.as_deref().and_then(|token| token::verify(&secret, token))
    else {
        return Ok(invalid());
    };
    let standing = work.row(
        "SELECT revoked, spending_revoked FROM session WHERE id = ?1",
        [&claims.sid],
        |row| Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?)),
    )?;
    let spending_revoked = match standing {
        Some((true, _)) => {
            return Ok(Err(SandboxReply::error(
                401,
                "session_revoked",
                "This session was logged out.",
            )));
        }
        Some((false, spending_revoked)) => spending_revoked,
        None => return Ok(invalid()),
    };
    if claims.exp <= work.now().as_second() {
        return Ok(invalid());
    }
    let scopes = claims.scope.split_whitespace().map(str::to_owned).collect();
    Ok(Ok(Caller { session: claims.sid, scopes, spending_revoked }))
}

/// Token, scope, role, switch: what every call that spends or changes has to pass.
///
/// # Errors
/// Class `config`.
pub fn may_spend(work: &StoreWork<'_>, call: &Call) -> Result<Result<Caller, SandboxReply>> {
    let caller = match caller(work, call)? {
        Ok(caller) => caller,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Some(refused) = no_permission(&caller) {
        return Ok(Err(refused));
    }
    if caller.spending_revoked {
        let more = [("actor", "admin".into()), ("recovery", "reconnect".into())];
        return Ok(Err(SandboxReply::refusal(
            403,
            "remote_spending_revoked",
            "Spending from this terminal was cut off.",
            &more,
        )));
    }
    if !account::may_charge(&account::role(work)) {
        return Ok(Err(SandboxReply::refusal(
            403,
            "role_required",
            "An owner or admin has to do this.",
            &[],
        )));
    }
    if !account::switch(work) {
        let more = [("code", "remote_spending_disabled".into())];
        return Ok(Err(SandboxReply::refusal(
            403,
            "cli_billing_disabled",
            "Remote Spending is switched off.",
            &more,
        )));
    }
    if let Some(word) = work.text("refuse") {
        return Ok(Err(SandboxReply::refusal(403, &word, "Spending is refused.", &[])));
    }
    Ok(Ok(caller))
}

/// The refusal of a token that may not spend.
pub fn no_permission(caller: &Caller) -> Option<SandboxReply> {
    let (error, message) = usual_error(403);
    let allowed = caller.scopes.iter().any(|scope| scope == BILLING);
    (!allowed).then(|| SandboxReply::refusal(403, error, message, &[]))
}
