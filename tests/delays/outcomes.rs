//! What holds after a pair, however the one was paused and the other came in between.

use super::*;

/// What both came to.
pub struct Both {
    pub first: Ran,
    pub beside: Vec<Ran>,
}

impl Both {
    pub fn all(&self) -> impl Iterator<Item = &Ran> {
        std::iter::once(&self.first).chain(&self.beside)
    }

    /// Each of them ended with one of these.
    #[track_caller]
    pub fn end_with(&self, codes: &[i32], what: &str) {
        for ran in self.all() {
            assert!(codes.contains(&ran.code), "{what}: {} {} {}", ran.code, ran.out, ran.err);
        }
    }
}

/// However many asked for it under one name, or to have so much, it was paid once.
pub fn one_charge(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0, 53], what);
    assert_eq!(both.first.code, 0, "{what}: {}", both.first.err);
    assert_eq!(ground.server().count_charges(), 1, "{what}");
    assert_eq!(ground.sent("POST /api/billing/charge"), 1, "{what}");
}

/// Purchases without a name: as many as were told, each by whoever made it.
pub fn each_told_its_own(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0, 53], what);
    let mut told = BTreeSet::new();
    let mut begun = 0;
    for ran in both.all().filter(|ran| ran.code == 0) {
        let data = ran.json()["data"].take();
        told.insert(data["charge_id"].as_str().expect("an id").to_owned());
        begun += usize::from(data["replayed"] == false && data["resumed"] == false);
    }
    assert!(begun <= told.len(), "{what}: {begun} began and {told:?} were told");
    assert_eq!(ground.server().count_charges(), i64::try_from(told.len()).expect("few"), "{what}");
}

/// A purchase with a name and one for a balance: the second may have been there first.
pub fn at_most_two(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0, 53], what);
    let charges = ground.server().count_charges();
    assert!((1..=2).contains(&charges), "{what}: {charges}");
}

pub fn one_upgrade(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0, 53], what);
    assert_eq!(ground.server().plan(), "plus", "{what}");
    let charges = ground.server().keeper().run(&["sandbox", "charges", "--json"]).code(0).json();
    assert_eq!(charges["data"]["plan_charges"].as_array().map(Vec::len), Some(1), "{what}");
}

/// An upgrade and a purchase of credits are two, and each is paid once.
pub fn one_of_each(ground: &Ground, both: &Both, what: &str) {
    one_upgrade(ground, both, what);
    assert_eq!(ground.sent("POST /api/billing/charge"), 1, "{what}");
}

/// The same, where both buy under one name.
pub fn one_renewal_and_charge(ground: &Ground, both: &Both, what: &str) {
    one_charge(ground, both, what);
    assert_eq!(ground.server().count_grants(), 2, "{what}");
}

/// The refresh token was sent once, and everybody goes on with what came for it.
pub fn one_renewal(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0], what);
    // One for the login, one for the renewal.
    assert_eq!(ground.server().count_grants(), 2, "{what}");
    assert!(ground.server().count_charges() <= 1, "{what}");
    ground.user.run(STATE).code(0);
}

pub fn reports(ground: &Ground) -> usize {
    fs::read_to_string(ground.user.file("reports")).unwrap_or_default().lines().count()
}

/// What fell once is reported once.
pub fn one_report(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0], what);
    assert_eq!(reports(ground), 1, "{what}");
}

/// It may be filled up before anybody looks.
pub fn at_most_one_report(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0], what);
    assert!(reports(ground) <= 1, "{what}");
    assert_eq!(ground.server().count_charges(), 1, "{what}");
}

pub fn each_run_once(ground: &Ground, both: &Both, what: &str) {
    both.end_with(&[0], what);
    charged_once(ground, what);
}

/// What began was charged what it cost, once each, and nothing is held back for it any more.
pub fn charged_once(ground: &Ground, what: &str) {
    let began = fs::read_to_string(ground.user.file("begun")).unwrap_or_default().lines().count();
    let book = check_book(&ground.user, "acme");
    let charged: Vec<&Value> = book.iter().filter(|one| one["type"] == "DEBIT").collect();
    assert_eq!(charged.len(), began, "{what}");
    for one in charged {
        assert_eq!(amount(&one["amount"]), Decimal::new(25, 2), "{what}: {one}");
    }
    assert_eq!(balance(&ground.user).1, "0.00", "{what}: nothing is held any more");
}
