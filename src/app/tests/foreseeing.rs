//! What the account shows to be impossible before anybody is asked.

use super::shop::FakeShop;
use crate::app::buying::foreseen;
use crate::core::class::Class;
use crate::core::money::{Amount, Money};
use crate::provider::{Bounds, DollarAccount as _, DollarState};

#[test]
fn what_the_account_shows_to_be_impossible_has_the_class_of_the_refusal() {
    let account = || {
        let mut state = FakeShop::new().read().expect("an account");
        let money = |text| Money::parse(text);
        state.bounds = Some(Bounds { min_usd: money("10"), max_usd: money("1000") });
        state.org.as_mut().expect("an organisation").role = Some("MEMBER".to_owned());
        state
    };
    let check = |state: &DollarState, amount: &str| {
        let amount = Amount::parse(amount).expect("an amount");
        foreseen::check(state, amount, amount).map_err(|failure| failure.class())
    };
    let all_right = account();
    for (amount, found) in [
        ("10", Ok(())),
        ("9.99", Err(Class::AmountOutOfBounds)),
        ("1000.01", Err(Class::AmountOutOfBounds)),
        ("500", Ok(())),
        ("500.01", Err(Class::MonthlyCapExceeded)),
    ] {
        assert_eq!(check(&all_right, amount), found, "{amount}");
    }
    let off = DollarState { billing_enabled: Some(false), ..account() };
    assert_eq!(check(&off, "25"), Err(Class::BillingDisabled));
    let member = DollarState { can_charge: false, ..account() };
    assert_eq!(check(&member, "25"), Err(Class::RoleRequired));
    // Where the system does not say who this is, it decides.
    let mut unknown = member;
    unknown.org = None;
    assert_eq!(check(&unknown, "25"), Ok(()));
}
