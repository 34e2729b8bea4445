//! Who a login is. Contract: nous, `GET /api/oauth/account`.

use super::{Account, Accounts, Nous, verdict};
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::credentials::Token;
use crate::http::{Method, Request, Response};
use crate::provider::wire;
use crate::provider::{Access, CreditParts};
use serde_json::{Map, Value};

impl Accounts for Nous<'_> {
    fn account(&self, token: &Token) -> Result<Account> {
        let url = self.portal().url(&["api", "oauth", "account"]);
        let answer = self.session.send_once(token, Request::new(Method::GET, url))?;
        match (answer.status, wire::object(&answer.body)) {
            (200, Some(map)) => Ok(account(&map)),
            _ => Err(Failure::from(verdict::refusal(&answer, &self.portal().base))),
        }
    }
}

impl Nous<'_> {
    /// Whether this login may use paid services, and what its credits are made of.
    pub(super) fn standing(
        &self,
        answer: &Response,
    ) -> Result<(Option<Access>, Option<CreditParts>)> {
        let map = self.object(answer)?;
        Ok((access(&map), credits(&map)))
    }
}

/// An object inside this one; an empty one where there is none.
fn inner(map: &Map<String, Value>, key: &str) -> Map<String, Value> {
    wire::field(map, key).unwrap_or_default()
}

/// Without the word whether it is allowed, nothing is known.
fn access(map: &Map<String, Value>) -> Option<Access> {
    let access = inner(map, "paid_service_access");
    Some(Access {
        allowed: wire::field(&access, "allowed")?,
        reason: wire::words(&access, "reason"),
    })
}

fn credits(map: &Map<String, Value>) -> Option<CreditParts> {
    let (plan, access) = (inner(map, "subscription"), inner(map, "paid_service_access"));
    let amount = |map: &Map<String, Value>, key: &str| wire::field::<Money>(map, key);
    let parts = CreditParts {
        plan: wire::words(&plan, "plan"),
        subscription_usd: amount(&access, "subscription_credits_remaining")
            .or_else(|| amount(&plan, "credits_remaining")),
        rollover_usd: amount(&plan, "rollover_credits"),
        purchased_usd: amount(&access, "purchased_credits_remaining"),
        usable_usd: amount(&access, "total_usable_credits"),
        renews_at: wire::words(&plan, "current_period_end"),
    };
    Some(parts).filter(|parts| !parts.is_empty())
}

fn account(map: &Map<String, Value>) -> Account {
    let (user, organisation) = (inner(map, "user"), inner(map, "organisation"));
    Account {
        email: wire::text(&user, "email"),
        username: None,
        role: None,
        organisation_id: wire::text(&organisation, "id"),
        organisation_slug: wire::text(&organisation, "slug"),
        organisation_name: wire::text(&organisation, "name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_wrong_costs_only_itself() {
        let map = wire::object(
            br#"{"user":{"email":"a@b.example","x":1},"organisation":{"id":"org_acme","slug":7,"name":""},
                "subscription":null}"#,
        );
        let read = account(&map.expect("an object"));
        assert_eq!(read.email.as_deref(), Some("a@b.example"));
        assert_eq!(read.organisation_id.as_deref(), Some("org_acme"));
        assert_eq!((read.organisation_slug, read.organisation_name), (None, None));
        assert_eq!(account(&Map::new()).email, None);
    }

    #[test]
    fn whether_it_may_be_used_and_of_what_its_credits_are_made() {
        let map = wire::object(
            br#"{"subscription":{"plan":"Plus","tier":2,"current_period_end":"2026-12-24T00:00:00Z",
                "credits_remaining":21.120000000000001,"rollover_credits":"1.5"},
                "paid_service_access":{"allowed":false,"reason":"member_spend_cap_exceeded",
                "purchased_credits_remaining":12,"total_usable_credits":33.12}}"#,
        )
        .expect("an object");
        let access = access(&map).expect("access");
        assert_eq!(
            (access.allowed, access.reason.as_deref()),
            (false, Some("member_spend_cap_exceeded"))
        );
        let parts = credits(&map).expect("parts");
        let text = |amount: Option<Money>| amount.map(|amount| amount.to_string());
        assert_eq!(text(parts.subscription_usd).as_deref(), Some("21.120000000000001"));
        assert_eq!(text(parts.rollover_usd).as_deref(), Some("1.5"));
        assert_eq!(text(parts.purchased_usd).as_deref(), Some("12"));
        assert_eq!(parts.renews_at.as_deref(), Some("2026-12-24T00:00:00Z"));
        let odd = wire::object(br#"{"paid_service_access":{"allowed":"no"},"subscription":7}"#);
        let odd = odd.expect("an object");
        assert!(super::access(&odd).is_none() && credits(&odd).is_none());
    }
}
