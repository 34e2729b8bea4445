//! The accounts as Prometheus reads them: text for a textfile collector, which the parsers of
//! Prometheus and of OpenMetrics both take.
//!
//! Everything is a gauge, since a balance falls and rises, and the two parsers want names of
//! counters that contradict each other. What was not read now has no balance here: an old number
//! would pass for one of now. `topup_up` says which those are.

use super::overview::OverviewRow;
use crate::core::failure::{Failure, Result};
use crate::core::money::Money;
use crate::ledger::Ledger;
use crate::ledger::values::LedgerAccount;
use crate::provider::State;
use crate::provider::balances::LimitLeft;
use crate::purchase::journal::Journal;
use crate::purchase::place::JournalPlace;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What is written about besides the rows.
#[derive(Default)]
pub struct Books {
    /// The accounts of the prepaid ledger with their currencies; none where there is no ledger.
    pub ledger: Vec<(LedgerAccount, String)>,
    /// Purchases that are not final; none where there is no journal.
    pub open_purchases: Option<i64>,
}

impl Books {
    /// What the journal and the ledger hold, as far as they are there.
    ///
    /// # Errors
    /// Class `config` when one of them cannot be read.
    pub fn read(journal: Option<&JournalPlace>, ledger: Option<Ledger>) -> Result<Self> {
        let journal = journal.map(Journal::open_to_list).transpose()?.flatten();
        let open_purchases = match journal {
            None => None,
            Some(journal) => Some(journal.waiting()?.iter().map(|one| one.open).sum()),
        };
        let mut accounts = Vec::new();
        if let Some(mut ledger) = ledger {
            for mandate in ledger.mandates()? {
                for account in ledger.accounts(Some(&mandate.mandate))? {
                    accounts.push((account, mandate.currency.clone()));
                }
            }
        }
        Ok(Self { ledger: accounts, open_purchases })
    }
}

/// A label that a person gives to every sample, to tell the files of two users or homes apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    name: String,
    value: String,
}

/// The labels that samples have of their own.
const OWN_LABELS: &[&str] = &["profile", "provider", "unit", "scope", "mandate", "user"];

impl Label {
    /// The label that is written as `NAME=VALUE`.
    ///
    /// # Errors
    /// Class `usage` when there is no `=`, the name is none for Prometheus, the name is one that the
    /// samples have of their own, or the value is empty, which Prometheus takes for no label.
    pub fn parse(text: &str) -> Result<Self> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Failure::usage(format!(
                "'{}' is not NAME=VALUE, such as team=ops",
                text.escape_debug()
            )));
        };
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
                && !name.starts_with("__")
        };
        if !is_name(name) {
            return Err(Failure::usage(format!(
                "'{}' is not a label's name: letters, digits and _, no digit and no __ first",
                name.escape_debug()
            )));
        }
        if OWN_LABELS.contains(&name) {
            return Err(Failure::usage(format!("the samples have a label '{name}' of their own")));
        }
        if value.is_empty() {
            return Err(Failure::usage(format!("the label '{name}' has no value")));
        }
        Ok(Self { name: name.into(), value: value.into() })
    }

    /// The labels, when each name stands once.
    ///
    /// # Errors
    /// Class `usage` with the name that stands twice.
    pub fn check_names(labels: &[Self]) -> Result<()> {
        let mut names = BTreeSet::new();
        match labels.iter().find(|label| !names.insert(&label.name)) {
            None => Ok(()),
            Some(label) => {
                Err(Failure::usage(format!("the label '{}' is given twice", label.name)))
            }
        }
    }
}

/// The families, in the order in which they are written. A text never changes: of two files in one
/// folder node_exporter leaves out the samples whose text is not that of the first.
const FAMILIES: &[(&str, &str)] = &[
    ("topup_up", "Whether the account could be read now."),
    ("topup_read_timestamp_seconds", "When the account was read last."),
    ("topup_balance", "What is left, in the unit of its label."),
    ("topup_balance_lags", "Whether the balance may be too high for a while."),
    ("topup_balance_usable", "Whether the system says that something can be used."),
    ("topup_limit_remaining", "What is left of a limit, in the unit of its label."),
    ("topup_auto_reload_enabled", "Whether auto-reload is on."),
    ("topup_auto_reload_may_charge", "The most that auto-reload may still charge this month."),
    (
        "topup_auto_reload_other_card",
        "Whether auto-reload charges another card than the one on file.",
    ),
    (
        "topup_ledger_balance",
        "What is on an account of the prepaid ledger, without what is held back.",
    ),
    ("topup_open_purchases", "Purchases in the journal that are not final."),
];

/// Samples by their family; each set of labels once.
struct Samples<'a> {
    families: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// What every sample has behind its own.
    labels: &'a [Label],
}

impl Samples<'_> {
    fn add(&mut self, family: &'static str, labels: &[(&str, &str)], value: impl Into<String>) {
        let given = self.labels.iter().map(|label| (label.name.as_str(), label.value.as_str()));
        let text: Vec<String> = (labels.iter().copied().chain(given))
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        // The first of two with the same labels is the tighter one.
        self.families
            .entry(family)
            .or_default()
            .entry(text.join(","))
            .or_insert_with(|| value.into());
    }
}

/// The whole text; every sample has `labels` behind its own.
pub fn text(rows: &[OverviewRow], books: &Books, labels: &[Label]) -> String {
    let mut samples = Samples { families: BTreeMap::new(), labels };
    for row in rows {
        add_row(&mut samples, row);
    }
    for (account, currency) in &books.ledger {
        let user = account.user.as_deref().unwrap_or_default();
        let labels = [
            ("mandate", account.mandate.as_str()),
            ("user", user),
            ("unit", &currency.to_ascii_lowercase()),
        ];
        samples.add("topup_ledger_balance", &labels, number(account.available()));
    }
    if let Some(open) = books.open_purchases {
        samples.add("topup_open_purchases", &[], open.to_string());
    }
    let mut written = String::new();
    for (family, help) in FAMILIES {
        let Some(found) = samples.families.get(family) else { continue };
        let _ = writeln!(written, "# HELP {family} {help}\n# TYPE {family} gauge");
        for (labels, value) in found {
            let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
            let _ = writeln!(written, "{family}{labels} {value}");
        }
    }
    // The end, which only one of the two parsers wants and the other takes for a comment.
    written.push_str("# EOF\n");
    written
}

fn add_row(samples: &mut Samples<'_>, row: &OverviewRow) {
    let provider = row.system.map_or("", |system| system.name());
    let base = [("profile", row.profile.as_str()), ("provider", provider)];
    let flag = |value: bool| if value { "1" } else { "0" };
    samples.add("topup_up", &base, flag(row.state.is_some()));
    let read_at = match (&row.state, &row.last) {
        (Some(_), _) => Some(row.at),
        (None, last) => last.as_ref().map(|last| last.at),
    };
    if let Some(at) = read_at {
        samples.add("topup_read_timestamp_seconds", &base, seconds(at));
    }
    let Some(state) = &row.state else { return };
    let scope = state.scope().word();
    let with = |unit: &str, scope: &str, samples: &mut Samples<'_>, family, value: Money| {
        let labels = [base[0], base[1], ("unit", unit), ("scope", scope)];
        samples.add(family, &labels, number(value));
    };
    match (state.balance().filter(|balance| !balance.unlimited), state) {
        (Some(balance), _) => {
            with(&balance.unit.to_string(), scope, samples, "topup_balance", balance.amount);
        }
        (None, State::Row(account)) => {
            for one in &account.balances {
                with(&one.unit.to_string(), scope, samples, "topup_balance", one.balance);
            }
        }
        (None, _) => {}
    }
    samples.add("topup_balance_lags", &base, flag(state.lags()));
    let usable = match state {
        State::Row(account) => account.usable,
        other => Some(other.stopped().is_none()),
    };
    if let Some(usable) = usable {
        samples.add("topup_balance_usable", &base, flag(usable));
    }
    if let Some(reload) = state.auto_reload() {
        samples.add("topup_auto_reload_enabled", &base, flag(reload.enabled));
        let is_other = reload.warning().is_some();
        samples.add("topup_auto_reload_other_card", &base, flag(is_other));
        if let Some(most) = reload.may_charge_usd {
            with("usd", scope, samples, "topup_auto_reload_may_charge", most);
        }
    }
    match state {
        State::Dollars(account) => {
            if let Some(limit) = &account.monthly_limit {
                with("usd", "account", samples, "topup_limit_remaining", limit.remaining_usd);
            }
        }
        State::Row(account) => {
            for LimitLeft { scope, remaining, unit, .. } in &account.limits {
                if let Some(left) = remaining {
                    let unit = unit.to_string();
                    with(&unit, scope.word(), samples, "topup_limit_remaining", *left);
                }
            }
        }
        _ => {}
    }
}

/// A number as both parsers read it.
fn number(amount: Money) -> String {
    amount.0.normalize().to_string()
}

fn seconds(at: Timestamp) -> String {
    at.as_second().to_string()
}

/// A value of a label: what would end it is escaped, what no line can hold is replaced.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for sign in value.chars() {
        match sign {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            sign if sign.is_control() => text.push('\u{fffd}'),
            sign => text.push(sign),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::class::Class;
    use crate::core::command::TargetFlags;
    use crate::provider::balances::RowState;
    use crate::provider::packs::UsesState;
    use crate::provider::{AutoReload, CIRIS, NOUS, Unit};

    fn row(profile: &str, state: Option<State>, failure: Option<Failure>) -> OverviewRow {
        OverviewRow {
            profile: profile.into(),
            system: Some(if state.is_some() { CIRIS } else { NOUS }),
            target: TargetFlags::default(),
            state,
            failure,
            last: None,
            at: Timestamp::from_second(1_790_000_000).expect("a time"),
        }
    }

    #[test]
    fn automatic_purchases_are_series_of_their_own() {
        let reload = AutoReload::example();
        let account = |reload: AutoReload| {
            let mut state = RowState::with_balance(Money::parse("5").expect("money"), Unit::Usd);
            state.auto_reload = Some(reload);
            text(&[row("work", Some(State::Row(Box::new(state))), None)], &Books::default(), &[])
        };
        let label = r#"{profile="work",provider="ciris"}"#;
        let on = account(reload.clone());
        for line in [
            format!("topup_auto_reload_enabled{label} 1"),
            format!("topup_auto_reload_other_card{label} 0"),
            r#"topup_auto_reload_may_charge{profile="work",provider="ciris",unit="usd",scope="account"} 480"#
                .to_owned(),
        ] {
            assert!(on.lines().any(|shown| shown == line), "no {line} in\n{on}");
        }
        let off = account(AutoReload { enabled: false, may_charge_usd: None, ..reload });
        assert!(off.contains(&format!("topup_auto_reload_enabled{label} 0")), "{off}");
        assert!(!off.contains("topup_auto_reload_may_charge"), "{off}");
    }

    fn uses(left: i64) -> State {
        State::Uses(Box::new(UsesState::with_left(left)))
    }

    #[test]
    fn each_account_is_written_and_what_was_not_read_has_no_number() {
        let rows = [
            row("a\"b\\c\nd", Some(uses(5)), None),
            row("down", None, Some(Failure::new(Class::Network, "down"))),
        ];
        let account = LedgerAccount {
            mandate: "acme".into(),
            user: None,
            balance: Money::parse("19.70").expect("money"),
            reserved: Money::parse("0.50").expect("money"),
        };
        let books = Books { ledger: vec![(account, "CHF".into())], open_purchases: Some(2) };
        let text = text(&rows, &books, &[]);
        for line in [
            r#"topup_up{profile="a\"b\\c\nd",provider="ciris"} 1"#,
            r#"topup_up{profile="down",provider="nous"} 0"#,
            r#"topup_balance{profile="a\"b\\c\nd",provider="ciris",unit="uses",scope="account"} 5"#,
            r#"topup_ledger_balance{mandate="acme",user="",unit="chf"} 19.2"#,
            "topup_open_purchases 2",
            "# TYPE topup_balance gauge",
        ] {
            assert!(text.lines().any(|shown| shown == line), "no {line} in\n{text}");
        }
        assert!(!text.contains(r#"topup_balance{profile="down""#), "{text}");
        assert!(text.ends_with("# EOF\n"));
        // Each family stands together, behind its two lines.
        let mut families: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(['{', ' ']).next().expect("a name"))
            .collect();
        families.dedup();
        let mut once = families.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), families.len(), "{text}");
    }

    #[test]
    fn a_label_that_is_given_stands_on_every_sample() {
        let labels = ["team=ops", "note=a \"b\""].map(|text| Label::parse(text).expect("a label"));
        Label::check_names(&labels).expect("two names");
        let books = Books { open_purchases: Some(2), ..Books::default() };
        let text = text(&[row("work", Some(uses(5)), None)], &books, &labels);
        assert!(
            text.contains("topup_open_purchases{team=\"ops\",note=\"a \\\"b\\\"\"} 2"),
            "{text}"
        );
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.contains("team=\"ops\",note=\"a \\\"b\\\"\"}"), "{line}");
        }
    }

    #[test]
    fn a_label_that_prometheus_would_not_take_is_named() {
        for (text, what) in [
            ("team", "'team' is not NAME=VALUE"),
            ("=ops", "'' is not a label's name"),
            ("1team=ops", "'1team' is not a label's name"),
            ("te-am=ops", "'te-am' is not a label's name"),
            ("__team=ops", "'__team' is not a label's name"),
            ("profile=ops", "have a label 'profile' of their own"),
            ("team=", "the label 'team' has no value"),
        ] {
            let failure = Label::parse(text).expect_err(text);
            assert_eq!(failure.class(), Class::Usage);
            assert!(failure.to_string().contains(what), "{failure}");
        }
        let twice = ["a=1", "b=1", "a=2"].map(|text| Label::parse(text).expect("a label"));
        let failure = Label::check_names(&twice).expect_err("a twice");
        assert!(failure.to_string().contains("'a' is given twice"), "{failure}");
    }

    #[test]
    fn no_family_and_no_text_of_one_ever_changes() {
        let promised = include_str!("../../tests/families.txt");
        let promised: Vec<&str> = promised.lines().filter(|line| !line.starts_with('#')).collect();
        let families: Vec<String> =
            FAMILIES.iter().map(|(family, help)| format!("{family} {help}")).collect();
        assert_eq!(families, promised, "a new family is a new line; none is changed");
    }
}
