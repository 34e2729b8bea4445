//! Who a login is. Contract: nous, `GET /api/oauth/account`.

use super::{Account, Accounts, Nous, verdict};
use crate::core::failure::{Failure, Result};
use crate::credentials::Token;
use crate::http::{Method, Request};
use crate::provider::wire;
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

fn account(map: &Map<String, Value>) -> Account {
    let inner = |key: &str| wire::field::<Map<String, Value>>(map, key).unwrap_or_default();
    let (user, organisation) = (inner("user"), inner("organisation"));
    Account {
        email: wire::text(&user, "email"),
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
        let told = account(&map.expect("an object"));
        assert_eq!(told.email.as_deref(), Some("a@b.example"));
        assert_eq!(told.organisation_id.as_deref(), Some("org_acme"));
        assert_eq!((told.organisation_slug, told.organisation_name), (None, None));
        assert_eq!(account(&Map::new()).email, None);
    }
}
