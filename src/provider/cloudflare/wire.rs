//! What Cloudflare's answers about billing say: invoices, the card, automatic purchases.

use super::{AutoReload, Card, Money, Value};
use crate::core::link::{self, Link};
use crate::core::target::PortalTarget;
use crate::provider::balances::{cents, exact};
use crate::provider::{Bill, ChargeId, ListedPurchase, ListedStanding, wire};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Map;

/// A list covers this much at least, or it is no evidence.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A time with so many digits before the point counts milliseconds: as seconds it is 30 centuries off.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// What is wrong with an answer, as a phrase that follows its host.
type WrongList = String;

/// The saved card, where there is one.
pub(super) fn card(answer: &Value) -> Option<Card> {
    let map = answer.pointer("/result/payment_method")?.as_object()?;
    let (brand, last4) = (wire::words(map, "brand"), wire::words(map, "last4"));
    let label = match (&brand, &last4) {
        (Some(brand), Some(last4)) => format!("{brand} ····{last4}"),
        (Some(brand), None) => brand.clone(),
        (None, Some(last4)) => format!("card ····{last4}"),
        (None, None) => return None,
    };
    Some(Card { brand, last4, label, resolved_via: None })
}

/// What automatic purchases are set to, and why they have stopped, where they have.
pub(super) fn auto_reload(answer: &Value) -> (Option<AutoReload>, Option<String>) {
    let Some(config) = answer.pointer("/result/topup_config").and_then(Value::as_object) else {
        return (None, None);
    };
    let amount = config.get("amount").and_then(cents);
    let below = config.get("threshold").and_then(cents);
    let trouble = wire::words(config, "disabledReason");
    let enabled = amount.is_some() && below.is_some() && trouble.is_none();
    let reload = AutoReload {
        enabled,
        below_usd: below,
        to_usd: None,
        amount_usd: amount,
        card: None,
        may_charge_usd: None,
    };
    (Some(reload), trouble)
}

/// The top-ups of an answer of `invoice-history`, all of the last 24 hours before `now` among them.
///
/// # Errors
/// What is wrong with it, or that it does not reach back that far.
pub(super) fn invoices(
    answer: &Value,
    now: Option<Timestamp>,
) -> Result<Vec<ListedPurchase>, WrongList> {
    let list = answer.pointer("/result/invoices").and_then(Value::as_array);
    let list = list.ok_or("/result/invoices is not a list")?;
    let has_more = answer.pointer("/result/pagination/has_more").and_then(Value::as_bool);
    let has_more = has_more.ok_or("it does not say whether the list goes on")?;
    let day_ago = now.and_then(|now| now.checked_sub(DAY).ok());
    let mut listed: Vec<ListedPurchase> = Vec::new();
    for (at, invoice) in list.iter().enumerate() {
        let invoice =
            invoice.as_object().ok_or_else(|| format!("invoice {at} is not an object"))?;
        let created_at = invoice.get("created").and_then(time);
        let id = wire::text(invoice, "id").and_then(|id| ChargeId::parse(&id).ok());
        match id {
            Some(id) => listed.push(purchase(invoice, id, created_at)),
            // Too old to matter.
            None if created_at < day_ago && created_at.is_some() => {}
            None => return Err(format!("invoice {at} has no usable id")),
        }
    }
    if has_more && !reaches_back(&listed, day_ago) {
        return Err("the list goes on, and there is no way to its next page: it does not show \
                    every top-up of the last 24 hours"
            .to_owned());
    }
    Ok(listed)
}

/// Whether a list that goes on is complete for a day all the same: newest first, and its last entry
/// older than that.
fn reaches_back(listed: &[ListedPurchase], day_ago: Option<Timestamp>) -> bool {
    let newest_first = listed
        .is_sorted_by(|one, next| one.created_at.is_some() && one.created_at >= next.created_at);
    let last = listed.last().and_then(|one| one.created_at);
    newest_first && last.is_some() && day_ago.is_some() && last < day_ago
}

fn purchase(
    invoice: &Map<String, Value>,
    id: ChargeId,
    created_at: Option<Timestamp>,
) -> ListedPurchase {
    let word = wire::words(invoice, "status");
    let standing = match word.as_deref() {
        Some("paid") => ListedStanding::Paid,
        Some("void" | "uncollectible") => ListedStanding::Failed,
        _ => ListedStanding::Open,
    };
    ListedPurchase { id, amount_usd: total(invoice), created_at, word, standing }
}

/// What an invoice comes to, where that is in dollars.
fn total(invoice: &Map<String, Value>) -> Option<Money> {
    let is_usd =
        wire::text(invoice, "currency").is_some_and(|code| code.eq_ignore_ascii_case("usd"));
    let amount = |key: &str| invoice.get(key).and_then(cents);
    amount("amount_due").max(amount("amount_paid")).filter(|_| is_usd)
}

/// What was charged by the invoice with this id, where the answer lists it. Its link is a page of the
/// web, or one of the portal itself.
pub(super) fn bill(answer: &Value, id: &ChargeId, portal: &PortalTarget) -> Option<Bill> {
    let list = answer.pointer("/result/invoices")?.as_array()?;
    let is_it = |invoice: &&Value| invoice["id"] == id.as_str();
    let invoice = list.iter().find(is_it)?.as_object()?;
    let given = wire::text(invoice, "invoice_pdf");
    let invoice_url = given.and_then(|given| match link::resolve(&portal.base, &given) {
        // The embedded sandbox is at another port in the next run.
        Link::Own(own) => Some(own).filter(|_| !portal.sandbox),
        Link::Foreign(other) => Some(other).filter(|other| link::is_web(other)),
    });
    Some(Bill { total_usd: total(invoice), tax_usd: None, invoice_url })
}

/// A moment as a number of seconds or milliseconds since 1970.
fn time(value: &Value) -> Option<Timestamp> {
    let whole = exact(value)?.money()?.0.trunc().to_i64()?;
    if whole.abs() >= MILLISECONDS_FROM {
        return Timestamp::from_millisecond(whole).ok();
    }
    Timestamp::from_second(whole).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_796_000_000;

    fn read(list: &Value, has_more: bool) -> Result<Vec<ListedPurchase>, WrongList> {
        let answer = json!({"result": {"invoices": list, "pagination": {"has_more": has_more}}});
        invoices(&answer, Timestamp::from_second(NOW).ok())
    }

    fn invoice(id: &str, age: i64) -> Value {
        json!({"id": id, "status": "paid", "currency": "usd", "amount_due": 2750,
               "amount_paid": 2750, "amount_remaining": 0, "created": NOW - age})
    }

    #[test]
    fn an_invoice_says_its_total_its_time_and_where_it_stands() {
        let listed = read(&json!([invoice("in_1", 60)]), false).expect("a list");
        assert_eq!(listed[0].amount_usd, Money::parse("27.50"));
        assert_eq!(listed[0].created_at, Timestamp::from_second(NOW - 60).ok());
        for (word, standing) in [
            ("paid", ListedStanding::Paid),
            ("void", ListedStanding::Failed),
            ("uncollectible", ListedStanding::Failed),
            ("draft", ListedStanding::Open),
            ("open", ListedStanding::Open),
            ("something new", ListedStanding::Open),
        ] {
            let mut one = invoice("in_1", 60);
            one["status"] = word.into();
            let listed = read(&json!([one]), false).expect("a list");
            assert_eq!(listed[0].standing, standing, "{word}");
        }
    }

    #[test]
    fn a_bill_has_the_total_and_a_link_that_may_be_shown() {
        let system = crate::provider::find("cloudflare").expect("a row");
        let base = url::Url::parse("https://api.cloudflare.com/client/v4").expect("a URL");
        let mut portal = PortalTarget::at(base, system);
        let id = |text| ChargeId::parse(text).expect("an id");
        let bill_at = |portal: &PortalTarget, link: Value| {
            let mut one = invoice("in_1", 60);
            one["invoice_pdf"] = link;
            let answer = json!({"result": {"invoices": [invoice("in_2", 90), one]}});
            assert!(bill(&answer, &id("in_3"), portal).is_none());
            bill(&answer, &id("in_1"), portal).expect("a bill")
        };
        for (given, shown) in [
            ("https://pay.stripe.com/invoice/x/pdf", Some("https://pay.stripe.com/invoice/x/pdf")),
            ("/invoices/1", Some("https://api.cloudflare.com/invoices/1")),
            ("http://elsewhere.example/x", None),
            ("javascript:alert(1)", None),
            ("https://me:word@pay.stripe.com/", None),
        ] {
            let told = bill_at(&portal, given.into());
            assert_eq!(told.invoice_url.as_deref(), shown, "{given}");
            assert_eq!((told.total_usd, told.tax_usd), (Money::parse("27.50"), None));
        }
        assert_eq!(bill_at(&portal, json!(7)).invoice_url, None);
        // The embedded sandbox is at another port when the link is followed.
        portal.sandbox = true;
        assert_eq!(bill_at(&portal, "/invoices/1".into()).invoice_url, None);
    }

    #[test]
    fn what_is_not_in_dollars_is_listed_without_an_amount() {
        let mut one = invoice("in_1", 60);
        one["currency"] = "eur".into();
        assert_eq!(read(&json!([one]), false).expect("a list")[0].amount_usd, None);
        let mut one = invoice("in_1", 60);
        one["amount_due"] = "much".into();
        one["amount_paid"] = Value::Null;
        assert_eq!(read(&json!([one]), false).expect("a list")[0].amount_usd, None);
    }

    #[test]
    fn a_moment_is_read_in_seconds_and_in_milliseconds() {
        let at = |value: Value| time(&value).map(Timestamp::as_second);
        assert_eq!(at(json!(NOW)), Some(NOW));
        assert_eq!(at(json!(NOW * 1000 + 5)), Some(NOW));
        assert_eq!(at(json!(1_796_000_000.75)), Some(NOW));
        assert_eq!((at(json!("soon")), at(Value::Null)), (None, None));
    }

    #[test]
    fn a_list_that_goes_on_is_evidence_only_where_it_reaches_back_a_day_newest_first() {
        let hour = 3600;
        let new = [invoice("in_2", hour), invoice("in_1", 2 * hour)];
        assert!(read(&json!(new), false).is_ok());
        assert!(read(&json!(new), true).is_err());
        let back = [invoice("in_2", hour), invoice("in_1", 25 * hour)];
        assert!(read(&json!(back), true).is_ok());
        let oldest_first = [invoice("in_1", 25 * hour), invoice("in_2", hour)];
        assert!(read(&json!(oldest_first), true).is_err());
        assert!(read(&json!([]), true).is_err());
        let answer = json!({"result": {"invoices": back, "pagination": {"has_more": true}}});
        assert!(invoices(&answer, None).is_err(), "without a clock nothing reaches back");
    }

    #[test]
    fn an_invoice_without_an_id_is_no_evidence_unless_it_is_old() {
        let mut one = invoice("in_1", 60);
        one["id"] = Value::Null;
        assert!(read(&json!([one]), false).is_err());
        one["created"] = (NOW - 90_000).into();
        assert_eq!(read(&json!([one]), false), Ok(Vec::new()));
        one["created"] = Value::Null;
        assert!(read(&json!([one]), false).is_err());
        for broken in [json!({"result": {"invoices": []}}), json!({"result": {}}), json!([])] {
            assert!(invoices(&broken, None).is_err(), "{broken}");
        }
    }

    #[test]
    fn automatic_purchases_are_on_only_where_everything_says_so() {
        let config = |config: Value| auto_reload(&json!({"result": {"topup_config": config}}));
        let (on, trouble) = config(json!({"amount": 1000, "threshold": 500}));
        let on = on.expect("told");
        assert!(on.enabled && trouble.is_none());
        assert_eq!((on.below_usd, on.amount_usd), (Money::parse("5.00"), Money::parse("10.00")));
        let (off, _) = config(json!({"amount": null, "threshold": null}));
        assert!(!off.expect("told").enabled);
        let stopped = json!({"amount": 1000, "threshold": 500, "disabledReason": "declined"});
        let (off, trouble) = config(stopped);
        assert!(!off.expect("told").enabled);
        assert_eq!(trouble.as_deref(), Some("declined"));
        assert!(auto_reload(&json!({"result": {}})).0.is_none());
    }
}
