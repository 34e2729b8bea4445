//! The answers of an agent as they come, bare or wrapped. Contract: ciris, calls.

use super::UNIT;
use crate::core::money::Money;
use crate::core::secret::Secret;
use crate::provider::packs::{
    OpenedPack, PackMode, PackOffer, PaymentReading, PaymentStatus, Price, UsesState,
};
use crate::provider::transactions::{Transaction, TransactionPage};
use crate::provider::wire::{field, text, words};
use crate::provider::{ChargeId, SignedIn};
use serde_json::{Map, Value};

/// What an agent without any credit provider says that is left.
const UNCOUNTED: i64 = 999;

/// `{"data": {…}}` and `{…}` are the same answer.
pub fn unwrapped(mut map: Map<String, Value>) -> Map<String, Value> {
    match map.get_mut("data") {
        Some(Value::Object(inner)) => std::mem::take(inner),
        _ => map,
    }
}

/// A whole number, sent as a number or as text of digits; a fraction or a word counts as missing.
fn whole(map: &Map<String, Value>, key: &str) -> Option<i64> {
    let value = field::<Money>(map, key)?.0;
    if value.fract().is_zero() { i64::try_from(value).ok() } else { None }
}

fn count(map: &Map<String, Value>, key: &str) -> Option<u64> {
    whole(map, key).and_then(|number| u64::try_from(number).ok())
}

/// Three letters, as everybody writes them.
fn currency(map: &Map<String, Value>) -> Option<String> {
    text(map, "currency")
        .map(|word| word.to_ascii_uppercase())
        .filter(|word| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Reads `GET credits`; none when nothing in it is about uses.
pub fn credits(map: &Map<String, Value>) -> Option<UsesState> {
    let credits_remaining = whole(map, "credits_remaining");
    let free_uses_remaining = whole(map, "free_uses_remaining");
    let daily_free_uses_remaining = whole(map, "daily_free_uses_remaining");
    let has_credit: Option<bool> = field(map, "has_credit");
    if credits_remaining.or(free_uses_remaining).is_none() && has_credit.is_none() {
        return None;
    }
    let plan_name = text(map, "plan_name");
    let purchase_required: Option<bool> = field(map, "purchase_required");
    let offer = field::<Map<String, Value>>(map, "purchase_options").and_then(|map| {
        Some(PackOffer {
            price_minor: count(&map, "price_minor")?,
            uses: count(&map, "uses"),
            currency: currency(&map)?,
        })
    });
    // Agents that sell nothing offer no uses for no money once the free ones are used up. A free
    // plan without an offer is a new account of an agent that sells.
    let sells_nothing = offer.as_ref().is_some_and(|offer| offer.price_minor == 0);
    let purchase_options = offer.filter(|offer| offer.price_minor > 0);
    let plan =
        |word: &str| plan_name.as_deref().is_some_and(|plan| plan.eq_ignore_ascii_case(word));
    let mode = if plan("unlimited") && credits_remaining == Some(UNCOUNTED) {
        PackMode::Unlimited
    } else if plan("free") && sells_nothing && purchase_required != Some(true) {
        PackMode::FreeOnly
    } else {
        PackMode::Paid
    };
    Some(UsesState {
        has_credit,
        credits_remaining,
        free_uses_remaining,
        daily_free_uses_remaining,
        total_uses: whole(map, "total_uses"),
        plan_name,
        purchase_required,
        purchase_options,
        mode,
        portal_url: String::new(),
        unit: UNIT,
        sandbox: false,
    })
}

/// Reads the answer of `initiate`; none when the payment or its price is not clear.
///
/// The page is the one that was sent, unless the secret stands in it, as it does in links that the
/// card processor makes: then it is the usual one. What holds the secret is kept nowhere.
pub fn opened(map: &Map<String, Value>, named: String, usual: String) -> Option<OpenedPack> {
    let secret = text(map, "client_secret");
    let holds_secret = |text: &str| secret.as_deref().is_some_and(|secret| text.contains(secret));
    let page = if holds_secret(&named) { usual } else { named };
    Some(OpenedPack {
        payment_id: ChargeId::parse(&text(map, "payment_id")?).ok()?,
        price: Price { minor: count(map, "amount_minor")?, currency: currency(map)? },
        uses: count(map, "uses_purchased"),
        publishable_key: text(map, "publishable_key")
            .filter(|key| is_word(key) && !holds_secret(key)),
        client_secret: secret.filter(|secret| is_word(secret)).map(Secret::new),
        page,
    })
}

/// One word of visible characters: what a script can put into a command.
fn is_word(text: &str) -> bool {
    text.len() <= 512 && text.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
}

/// Reads a payment's status; none when there is no word.
pub fn looked(map: &Map<String, Value>) -> Option<PaymentReading> {
    let word = words(map, "status")?;
    Some(PaymentReading {
        status: PaymentStatus::from_word(&word),
        credit_seen: false,
        credits_added: whole(map, "credits_added"),
        balance_after: whole(map, "balance_after"),
        word: Some(word),
    })
}

/// Reads a page of transactions; none when there is no list.
pub fn transactions(map: &Map<String, Value>) -> Option<TransactionPage> {
    let list: Vec<Value> = field(map, "transactions")?;
    let transactions = list
        .into_iter()
        .filter_map(|entry| match entry {
            Value::Object(entry) => Some(transaction(&entry)),
            _ => None,
        })
        .collect();
    Some(TransactionPage {
        transactions,
        total_count: count(map, "total_count"),
        has_more: field(map, "has_more").unwrap_or(false),
    })
}

/// Whether the entries of a list have a place for the id of a payment, whatever is in it.
pub fn names_payments(map: &Map<String, Value>) -> bool {
    let list: Vec<Value> = field(map, "transactions").unwrap_or_default();
    list.iter().any(|entry| entry.get("external_transaction_id").is_some())
}

fn transaction(map: &Map<String, Value>) -> Transaction {
    Transaction {
        transaction_id: text(map, "transaction_id"),
        kind: text(map, "type"),
        amount_minor: whole(map, "amount_minor"),
        amount: None,
        currency: currency(map),
        description: text(map, "description"),
        created_at: text(map, "created_at"),
        balance_after: whole(map, "balance_after"),
        balance: None,
        metadata: field(map, "metadata"),
        transaction_type: text(map, "transaction_type"),
        external_transaction_id: text(map, "external_transaction_id"),
    }
}

/// Whether an agent has been set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentSetup {
    /// It has no user yet who could log in.
    pub is_required: bool,
}

/// Reads `GET /v1/setup/status`; none where it does not say.
pub fn setup(map: &Map<String, Value>) -> Option<AgentSetup> {
    Some(AgentSetup { is_required: field(map, "setup_required")? })
}

/// Reads the answer of a login; none without a token that could be sent.
pub fn signed_in(map: &Map<String, Value>, username: &str) -> Option<SignedIn> {
    let access_token = Secret::new(text(map, "access_token")?);
    access_token.is_sendable().then(|| SignedIn {
        access_token,
        expires_in: whole(map, "expires_in").filter(|seconds| *seconds > 0),
        account: text(map, "user_id").unwrap_or_else(|| username.to_owned()),
        role: text(map, "role"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::wire::object;

    fn map(text: &str) -> Map<String, Value> {
        object(text.as_bytes()).expect("an object")
    }

    #[test]
    fn bare_and_wrapped_are_one_answer() {
        let bare = r#"{"has_credit":true,"credits_remaining":50}"#;
        let wrapped = format!(r#"{{"data":{bare},"metadata":{{}}}}"#);
        assert_eq!(unwrapped(map(&wrapped)), unwrapped(map(bare)));
        assert_eq!(unwrapped(map(r#"{"data":7}"#)).len(), 1);
    }

    #[test]
    fn the_modes_are_told_from_the_credits() {
        for (text, mode, left) in [
            (
                r#"{"has_credit":true,"credits_remaining":50,"free_uses_remaining":5,"total_uses":45,"plan_name":"Standard","purchase_required":false,"purchase_options":null}"#,
                PackMode::Paid,
                Some(55),
            ),
            (
                r#"{"has_credit":false,"credits_remaining":0,"free_uses_remaining":0,"daily_free_uses_remaining":2,"plan_name":"free","purchase_required":true}"#,
                PackMode::Paid,
                Some(2),
            ),
            (
                r#"{"has_credit":true,"credits_remaining":0,"free_uses_remaining":1,"plan_name":"free","purchase_required":false}"#,
                PackMode::Paid,
                Some(1),
            ),
            (
                r#"{"has_credit":false,"credits_remaining":0,"free_uses_remaining":0,"plan_name":"free","purchase_required":false,"purchase_options":{"price_minor":0,"uses":0,"currency":"USD"}}"#,
                PackMode::FreeOnly,
                Some(0),
            ),
            (
                r#"{"has_credit":true,"credits_remaining":999,"free_uses_remaining":999,"plan_name":"unlimited"}"#,
                PackMode::Unlimited,
                Some(1998),
            ),
            (r#"{"has_credit":true}"#, PackMode::Paid, None),
        ] {
            let state = credits(&map(text)).expect("credits");
            assert_eq!((state.mode, state.left()), (mode, left), "{text}");
        }
        for senseless in [r"{}", r#"{"credits_remaining":"many"}"#, r#"{"status":"ok"}"#] {
            assert!(credits(&map(senseless)).is_none(), "{senseless}");
        }
    }

    #[test]
    fn a_wrong_type_costs_its_own_field() {
        let state = credits(&map(
            r#"{"has_credit":"yes","credits_remaining":"7","free_uses_remaining":1.5,"plan_name":7,
                "purchase_options":{"price_minor":500,"uses":"100","currency":"usd"}}"#,
        ))
        .expect("credits");
        assert_eq!((state.has_credit, state.credits_remaining), (None, Some(7)));
        assert_eq!((state.free_uses_remaining, state.plan_name), (None, None));
        let offer = state.purchase_options.expect("an offer");
        assert_eq!((offer.price().to_string().as_str(), offer.uses), ("$5.00", Some(100)));
    }

    #[test]
    fn a_payment_without_a_clear_id_or_price_is_none() {
        let opened = |map: &Map<String, Value>| {
            let page = || "https://agent.example".to_owned();
            opened(map, page(), page())
        };
        let whole = r#"{"payment_id":"pi_1","client_secret":"pi_1_secret_x","amount_minor":500,"currency":"usd","uses_purchased":100,"publishable_key":"pk_test"}"#;
        let opened_one = opened(&map(whole)).expect("a payment");
        assert_eq!(opened_one.price, Price { minor: 500, currency: "USD".into() });
        assert!(!format!("{opened_one:?}").contains("secret_x"));
        for broken in [
            r#"{"amount_minor":500,"currency":"USD"}"#,
            r#"{"payment_id":"../x","amount_minor":500,"currency":"USD"}"#,
            r#"{"payment_id":"pi_1","amount_minor":-5,"currency":"USD"}"#,
            r#"{"payment_id":"pi_1","amount_minor":5.5,"currency":"USD"}"#,
            r#"{"payment_id":"pi_1","amount_minor":500,"currency":"dollars"}"#,
            r#"{"payment_id":"pi_1","amount_minor":500}"#,
        ] {
            assert!(opened(&map(broken)).is_none(), "{broken}");
        }
        let hostile = r#"{"payment_id":"pi_1","client_secret":"x\ny","amount_minor":500,"currency":"USD","publishable_key":"a b"}"#;
        let opened_one = opened(&map(hostile)).expect("a payment");
        assert!(opened_one.client_secret.is_none() && opened_one.publishable_key.is_none());
    }

    #[test]
    fn a_secret_in_another_place_is_kept_no_more_than_in_its_own() {
        let told = r#"{"payment_id":"pi_1","client_secret":"pi_1_secret_x","amount_minor":500,"currency":"USD","publishable_key":"pi_1_secret_x"}"#;
        let link = "https://agent.example/pay?payment_intent_client_secret=pi_1_secret_x";
        let payment =
            opened(&map(told), link.into(), "https://agent.example".into()).expect("a payment");
        assert_eq!(
            (payment.page.as_str(), payment.publishable_key),
            ("https://agent.example", None)
        );
        assert!(payment.client_secret.is_some());
    }

    #[test]
    fn a_status_is_read_with_whatever_is_told_beside_it() {
        let look =
            looked(&map(r#"{"status":"succeeded","credits_added":null,"balance_after":null}"#))
                .expect("a status");
        assert_eq!((look.status, look.credits_added), (PaymentStatus::Paid, None));
        assert!(looked(&map(r#"{"status":7}"#)).is_none());
    }
}
