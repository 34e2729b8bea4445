//! Automatic purchases, at an account of the test's own.

use super::account::{FakeAccount, reload};
use super::shop::{FakeShop, PORTAL, amount, failed, money};
use crate::app::auto_reload::{ReloadDryRun, ReloadWish, Reloads, auto_reload, dry_run};
use crate::app::dry_run::WouldChange;
use crate::app::questions::Questions;
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::provider::{AutoReload, AutoReloadChange, Card, DollarState, Organisation, State};

fn on() -> AutoReload {
    reload(true, Some((amount("20"), amount("100"))))
}

fn wish() -> ReloadWish {
    ReloadWish::On { below: amount("20"), to: amount("100") }
}

/// What comes of it for this person, or for a script that has said `--yes`.
fn run(account: &FakeAccount, person: &FakeShop, wish: ReloadWish) -> Result<Reloads> {
    let questions = Questions { ask: person, report: person, assume_yes: person.yes };
    auto_reload(account, wish, &questions)
}

#[test]
fn it_is_shown_without_a_question() {
    let answer = run(&FakeAccount::with_reload(Some(on())), &FakeShop::new(), ReloadWish::Show);
    let answer = answer.expect("shown");
    assert_eq!((answer.changed, answer.portal_url.as_str()), (false, PORTAL));
    assert_eq!(answer.auto_reload.map(|reload| reload.enabled), Some(true));
}

#[test]
fn a_script_says_yes_and_a_person_is_asked() {
    let account = FakeAccount::with_reload(None);
    let mut script = FakeShop::new();
    script.yes = false;
    let refused = failed(run(&account, &script, wish()), Class::ConfirmationRequired);
    assert!(refused.to_string().starts_with("nothing was changed"), "{refused}");
    let person = FakeShop::at_prompt(&[false, true]);
    failed(run(&account, &person, wish()), Class::ConfirmationRequired);
    assert!(account.changes.borrow().is_empty());
    assert!(run(&account, &person, wish()).expect("changed").changed);
    let question = "Buy automatically with the saved card: below $20.00, up to $100.00?";
    assert_eq!(*person.asked.borrow(), [question, question]);
    assert_eq!(account.changes.borrow().len(), 1);
}

#[test]
fn the_card_in_the_question_is_the_one_that_is_charged() {
    let label = "Mastercard ····5100".to_owned();
    let card = Some(Card { brand: None, last4: None, label, resolved_via: None });
    let account = FakeAccount::with_reload(Some(AutoReload { card, ..on() }));
    let person = FakeShop::at_prompt(&[true]);
    run(&account, &person, wish()).expect("changed");
    let question = "Buy automatically with Mastercard ····5100: below $20.00, up to $100.00?";
    assert_eq!(*person.asked.borrow(), [question]);
}

#[test]
fn switching_off_keeps_the_amounts_and_changes_nothing_that_is_off() {
    let account = FakeAccount::with_reload(Some(on()));
    assert!(run(&account, &FakeShop::new(), ReloadWish::Off).expect("off").changed);
    let (below, to) = (amount("20"), amount("100"));
    assert_eq!(*account.changes.borrow(), [AutoReloadChange::Off { below, to }]);
    assert!(!run(&account, &FakeShop::new(), ReloadWish::Off).expect("off").changed);
    assert_eq!(account.changes.borrow().len(), 1);
    // An account that never had amounts gets some.
    let account = FakeAccount::with_reload(None);
    assert!(run(&account, &FakeShop::new(), ReloadWish::Off).expect("off").changed);
    let (below, to) = (amount("10"), amount("25"));
    assert_eq!(*account.changes.borrow(), [AutoReloadChange::Off { below, to }]);
}

#[test]
fn a_lost_answer_is_checked_before_it_is_reported() {
    for (trouble, class) in [
        ((Class::Timeout, false), Class::Timeout),
        ((Class::Interrupted, false), Class::Interrupted),
        ((Class::RoleRequired, false), Class::RoleRequired),
    ] {
        let account = FakeAccount::with_reload(None);
        account.trouble.set(Some(trouble));
        let failure = failed(run(&account, &FakeShop::new(), wish()), class);
        let is_open =
            failure.parts().hints.iter().any(|hint| hint.to_string().contains("may have"));
        assert_eq!(is_open, class != Class::RoleRequired, "{failure:?}");
    }
    let account = FakeAccount::with_reload(None);
    account.trouble.set(Some((Class::Timeout, true)));
    let answer = run(&account, &FakeShop::new(), wish()).expect("it is in force");
    assert!(answer.changed);
    // Another setting than the one asked for is no success.
    let other = reload(true, Some((amount("5"), amount("10"))));
    let account = FakeAccount::with_reload(Some(other));
    account.trouble.set(Some((Class::Timeout, false)));
    failed(run(&account, &FakeShop::new(), wish()), Class::Timeout);
}

#[test]
fn a_change_that_cannot_be_read_again_is_still_a_change() {
    let account = FakeAccount::with_reload(None);
    account.is_readable_after.set(false);
    let shop = FakeShop::new();
    let answer = run(&account, &shop, wish()).expect("changed");
    let holds = answer.auto_reload.expect("known");
    assert_eq!((answer.changed, holds.to_usd), (true, Some(money("100"))));
    assert!(shop.said.borrow()[0].starts_with("It was changed"), "{:?}", shop.said);
}

#[test]
fn what_is_not_seen_to_be_off_does_not_pass_for_off() {
    let gate = |reload: Option<AutoReload>| {
        run(&FakeAccount::with_reload(reload), &FakeShop::new(), ReloadWish::RequireOff)
    };
    assert!(gate(Some(reload(false, None))).is_ok());
    let is_on = failed(gate(Some(on())), Class::SpendGuard);
    assert_eq!(is_on.parts().details["to_usd"], "100.00");
    assert_eq!(is_on.parts().data["auto_reload"]["to_usd"], "100.00");
    failed(gate(None), Class::RoleRequired);
}

#[test]
fn where_it_is_changed_on_a_page_alone_the_page_is_named() {
    let account = FakeAccount { is_changeable: false, ..FakeAccount::with_reload(Some(on())) };
    assert!(run(&account, &FakeShop::new(), ReloadWish::Show).is_ok());
    let refused = failed(run(&account, &FakeShop::new(), ReloadWish::Off), Class::Unsupported);
    assert_eq!(refused.parts().portal_url.as_deref(), Some(PORTAL));
    let uses = FakeAccount::with_uses(3);
    failed(run(&uses, &FakeShop::new(), ReloadWish::Show), Class::Unsupported);
}

/// What it would come to, for a script that has not said `--yes`.
fn rehearsed(account: &FakeAccount, wish: ReloadWish) -> Result<ReloadDryRun> {
    let mut shop = FakeShop::new();
    shop.yes = false;
    let questions = Questions { ask: &shop, report: &shop, assume_yes: false };
    dry_run(account, wish, &shop, &questions)
}

/// An account whose state is changed like this.
fn account_with(change: impl FnOnce(&mut DollarState)) -> FakeAccount {
    let account = FakeAccount::with_reload(None);
    if let State::Dollars(state) = &mut *account.state.borrow_mut() {
        state.can_charge = true;
        let label = "Visa ····4242".to_owned();
        state.card = Some(Card { brand: None, last4: None, label, resolved_via: None });
        change(state);
    }
    account
}

#[test]
fn a_dry_run_says_what_would_hold_and_changes_nothing() {
    let account = account_with(|_| {});
    let would = rehearsed(&account, wish()).expect("foreseen");
    assert_eq!((would.would, would.auto_reload_after.enabled), (WouldChange::Change, true));
    assert_eq!(would.auto_reload_after.below_usd, Some(money("20.00")));
    let account = account_with(|state| state.auto_reload = Some(on()));
    let would = rehearsed(&account, ReloadWish::Off).expect("foreseen");
    assert_eq!((would.would, would.auto_reload_after.enabled), (WouldChange::Change, false));
    let off = AutoReload { enabled: false, ..on() };
    let account = account_with(|state| state.auto_reload = Some(off));
    assert_eq!(rehearsed(&account, ReloadWish::Off).expect("off").would, WouldChange::Nothing);
    failed(rehearsed(&account, ReloadWish::Show), Class::Usage);
    assert!(account.changes.borrow().is_empty());
}

#[test]
fn a_dry_run_refuses_what_the_account_shows_to_be_refused() {
    let refused = |class, change: fn(&mut DollarState)| {
        let account = account_with(change);
        failed(rehearsed(&account, wish()), class);
        assert!(account.changes.borrow().is_empty());
    };
    refused(Class::NoPaymentMethod, |state| state.card = None);
    refused(Class::BillingDisabled, |state| state.billing_enabled = Some(false));
    refused(Class::RoleRequired, |state| {
        state.can_charge = false;
        let org = Organisation { id: "o".into(), slug: None, name: None, role: None };
        state.org = Some(Organisation { role: Some("MEMBER".into()), ..org });
    });
}
