//! What a gate lets through, at accounts of the test's own.

use super::account::{FakeAccount, dollars, team};
use super::shop::{PORTAL, amount, failed, money};
use crate::app::check::{CheckOptions, check};
use crate::app::limit::{LimitOptions, Limited, limit};
use crate::app::state::{read, state};
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::provider::State;
use crate::provider::balances::Scope;
use crate::provider::teams::{Pot, Source, Which};
use std::path::Path;

fn gate(account: &FakeAccount, at_least: &str) -> Result<crate::app::check::GateResult> {
    let options = CheckOptions { at_least: amount(at_least), which: Which::default(), unit: None };
    check(account, &options)
}

#[test]
fn a_gate_opens_at_exactly_what_was_asked_for() {
    let account = FakeAccount::new(dollars(Some("10.00")));
    let passed = gate(&account, "10").expect("enough");
    assert_eq!((passed.balance, passed.balance_usd), (money("10"), Some(money("10"))));
    assert_eq!((passed.scope, passed.lags, passed.unlimited), (Scope::Account, false, false));
    let short = failed(gate(&account, "10.01"), Class::InsufficientBalance);
    assert_eq!(short.to_string(), "the balance is $10.00, less than the $10.01 asked for");
    assert_eq!(short.parts().details["required_usd"], "10.01");
    let known = &short.parts().data;
    assert_eq!((&known["balance"], &known["required"]), (&"10.00".into(), &"10.01".into()));
    assert_eq!((&known["unit"], &known["scope"]), (&"usd".into(), &"account".into()));
    assert_eq!(short.parts().portal_url.as_deref(), Some(PORTAL));
}

#[test]
fn a_balance_that_is_not_stated_opens_no_gate() {
    let unknown = FakeAccount::new(dollars(None));
    let refused = failed(gate(&unknown, "1"), Class::Protocol);
    assert_eq!(refused.parts().portal_url.as_deref(), Some(PORTAL));
    assert!(refused.parts().data.is_empty(), "{:?}", refused.parts().data);
}

#[test]
fn uses_are_counted_as_uses() {
    let passed = gate(&FakeAccount::with_uses(5), "5").expect("enough");
    assert_eq!((passed.balance_usd, passed.unit.to_string()), (None, "uses".to_owned()));
    let short = failed(gate(&FakeAccount::with_uses(4), "5"), Class::InsufficientBalance);
    assert_eq!(
        (&short.parts().details["balance"], &short.parts().details["unit"]),
        (&"4".into(), &"uses".into())
    );
    let other = CheckOptions { at_least: amount("1"), which: Which::default(), unit: Some("usd") };
    failed(check(&FakeAccount::with_uses(4), &other), Class::Usage);
}

#[test]
fn a_gate_on_a_team_says_which_and_leads_to_its_own_page() {
    let passed = gate(&FakeAccount::with_team(40), "40").expect("enough");
    assert_eq!(passed.source, Some(Source::Paid));
    assert_eq!(passed.team.map(|team| team.id).as_deref(), Some("a"));
    assert_eq!(passed.warnings.len(), 1);
    assert_eq!(passed.scope, Scope::Team);
    let short = failed(gate(&FakeAccount::with_team(39), "40"), Class::InsufficientBalance);
    let page = format!("{PORTAL}/team/a");
    assert_eq!(short.parts().portal_url.as_deref(), Some(page.as_str()));
    assert_eq!(short.parts().details["other_teams"][0]["name"], "Beta");
}

#[test]
fn a_team_that_may_not_be_used_opens_no_gate() {
    let mut suspended = team(500);
    suspended.pot = Pot { status: Some("SUSPENDED".into()), ..suspended.pot };
    let account = FakeAccount::new(State::Teams(Box::new(suspended)));
    failed(gate(&account, "1"), Class::BillingDisabled);
}

#[test]
fn a_project_or_team_is_asked_about_as_such_and_only_where_there_are_teams() {
    let account = FakeAccount::with_team(40);
    let which = Which { project: Some(Path::new("/p")), team: None };
    let shown = state(&account, which).expect("a state");
    let State::Teams(shown) = shown else { panic!("{shown:?}") };
    assert_eq!(shown.portal_url, format!("{PORTAL}/team/a"));
    let which = Which { project: None, team: Some("beta") };
    assert!(read(&account, which).is_ok());
    assert_eq!(*account.asked.borrow(), ["Some(\"/p\") None", "None Some(\"beta\")"]);
    failed(read(&FakeAccount::with_uses(1), which), Class::Unsupported);
}

fn left(account: &FakeAccount, require: Option<&str>) -> Result<Limited> {
    limit(account, &LimitOptions { require: require.map(amount), which: Which::default() })
}

#[test]
fn what_is_left_of_the_month_is_a_gate_of_its_own() {
    let account = FakeAccount::with_month(Some("20"));
    let Ok(Limited::Month(month)) = left(&account, Some("20")) else { panic!("not the month") };
    assert_eq!(month.monthly_limit.map(|limit| limit.remaining_usd), Some(money("20")));
    let short = failed(left(&account, Some("20.01")), Class::MonthlyCapExceeded);
    assert_eq!(short.parts().details["remaining_usd"], "20");
    assert_eq!(short.parts().data["monthly_limit"]["remaining_usd"], "20");
    assert_eq!(short.parts().portal_url.as_deref(), Some(PORTAL));
    // Without a gate a role that does not see it gets an answer; a gate proves nothing then.
    let unseen = FakeAccount::with_month(None);
    assert!(left(&unseen, None).is_ok());
    failed(left(&unseen, Some("1")), Class::RoleRequired);
}

#[test]
fn the_tightest_limit_of_a_row_is_the_gate() {
    let account = FakeAccount::with_row_limit(Some("4"));
    let Ok(Limited::Row(limits)) = left(&account, Some("4")) else { panic!("no limits of a row") };
    assert_eq!((limits.limit, limits.remaining), (Some(money("10")), Some(money("4"))));
    assert_eq!(limits.scope, Scope::Key);
    let short = failed(left(&account, Some("5")), Class::MonthlyCapExceeded);
    assert_eq!(short.parts().data["remaining"], "4");
    let unstated = failed(left(&FakeAccount::with_row_limit(None), Some("1")), Class::Protocol);
    assert!(unstated.parts().data["remaining"].is_null(), "{:?}", unstated.parts().data);
    assert_eq!(unstated.parts().data["scope"], "key");
    assert!(left(&FakeAccount::with_row_limit(None), None).is_ok());
}

#[test]
fn without_a_limit_beside_it_the_balance_is_what_is_left() {
    let account = FakeAccount::with_uses(5);
    assert!(matches!(left(&account, Some("5")), Ok(Limited::Uses(_))));
    let short = failed(left(&account, Some("6")), Class::MonthlyCapExceeded);
    assert_eq!(short.parts().details["remaining"], "5");
    assert_eq!(short.parts().data["unit"], "uses");
    failed(left(&FakeAccount::with_uses(0), Some("6")), Class::InsufficientBalance);
    let account = FakeAccount::with_team(40);
    assert!(matches!(left(&account, Some("40")), Ok(Limited::Teams(_))));
    failed(left(&account, Some("41")), Class::MonthlyCapExceeded);
    let which = Which { project: None, team: Some("beta") };
    let named = LimitOptions { require: None, which };
    failed(limit(&FakeAccount::with_uses(5), &named), Class::Unsupported);
}
