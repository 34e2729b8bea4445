//! What a run answers: the summary where the purchase is paid, else a failure with the same summary
//! in it.

use super::explain::{explain, explain_payment};
use super::payment::PaymentSummary;
use super::{AnySummary, RunFacts, Summary};
use crate::core::class::{Class, Recovery};
use crate::core::failure::{Charged, Failure, Result};
use crate::provider::Seller;
use crate::provider::plans::Item;
use crate::purchase::record::Purchase;
use crate::purchase::steps::PurchaseReport;
use serde_json::Value;

/// The answer about a purchase of credits or of a plan.
///
/// # Errors
/// The class of the report.
pub fn conclude(
    purchase: &Purchase,
    report: PurchaseReport,
    run: RunFacts,
    seller: &Seller,
    portal_url: &str,
) -> Result<Summary> {
    let summary = Summary::from_purchase(purchase, run);
    if report.class == Class::Success {
        return Ok(summary);
    }
    let (message, hints) = explain(purchase, &report, seller);
    let mut error = Failure::new(report.class, message);
    error.parts_mut().hints = hints;
    Err(complete(error, purchase, report, Some(portal_url)).with_data_of(&summary))
}

/// The answer about a payment; `summary` is what is known of it.
///
/// # Errors
/// The class of the report.
pub fn conclude_payment(
    purchase: &Purchase,
    report: PurchaseReport,
    summary: PaymentSummary,
) -> Result<PaymentSummary> {
    if report.class == Class::Success {
        return Ok(summary);
    }
    let (message, hints) = explain_payment(purchase, &report, &summary);
    let mut error = Failure::new(report.class, message);
    error.parts_mut().hints = hints;
    if report.class == Class::ActionRequired {
        error = error.recovery(Recovery::Portal);
    }
    let error = complete(error, purchase, report, summary.portal_url.as_deref());
    Err(summary.into_data(error))
}

/// The answer about a purchase of any kind; `here` turns a page into one that can be opened from
/// here.
///
/// # Errors
/// The class of the report.
pub fn conclude_any(
    purchase: &Purchase,
    report: PurchaseReport,
    run: RunFacts,
    seller: &Seller,
    portal_url: &str,
    here: &dyn Fn(&str) -> String,
) -> Result<AnySummary> {
    if purchase.intent.item == Item::Pack {
        let summary =
            PaymentSummary::from_purchase(purchase, report.reading.as_ref(), portal_url, run)
                .with_page(here);
        let concluded = conclude_payment(purchase, report, summary)?;
        return Ok(AnySummary::Payment(Box::new(concluded)));
    }
    let concluded = conclude(purchase, report, run, seller, portal_url)?;
    Ok(AnySummary::Charge(Box::new(concluded)))
}

/// What the report knows besides.
fn complete(
    error: Failure,
    purchase: &Purchase,
    report: PurchaseReport,
    portal_url: Option<&str>,
) -> Failure {
    let failure = report.failure.as_ref();
    let mut error = error.charged(report.charged).retry_after(report.retry_after);
    if !report.may_have_charged_now && report.charged != Charged::No {
        error = error.charged_now(Charged::No);
    }
    if error.class() == Class::IdempotencyConflict && report.charged == Charged::Yes {
        // The charge under this key may be of another machine.
        error = error.charged_now(Charged::Unknown);
    }
    if let Some(recovery) = report.recovery {
        error = error.recovery(recovery);
    }
    if failure.is_some_and(|failure| failure.class.is_login_trouble()) {
        error = error.recovery(Recovery::Login);
    }
    let parts = error.parts_mut();
    parts.hints.extend(report.hints);
    parts.code = failure.and_then(|failure| failure.code.clone());
    parts.status = failure.and_then(|failure| failure.status);
    let page = failure.and_then(|failure| failure.portal_url.clone());
    parts.portal_url = page.or_else(|| portal_url.map(ToOwned::to_owned));
    parts.details = report.details;
    if purchase.charges.len() > 1 {
        let ids: Vec<Value> = purchase.charges.iter().map(|id| id.as_str().into()).collect();
        parts.details.insert("charge_ids".into(), Value::Array(ids));
    }
    error
}
