//! Promise: money is kept digit for digit, every failure of every verb is one document of its
//! schema, and a flag wins over what the environment and the files say.
//!
//! For everything, not for examples.

use clap::CommandFactory;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use topup::cli::verbs::{Cli, schema};
use topup::config::{AskedSettings, Settings, SpendingLimits};
use topup::core::class::{Class, Recovery, TABLE};
use topup::core::failure::{Charged, Failure};
use topup::core::money::{Amount, Money};
use topup::core::system::System;
use topup::core::target::{PortalTarget, Sources};
use topup::output::document;
use topup::purchase::guards::{self, Spent};

/// No stray files: a failing case is printed, and small enough to become a test of its own.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The grammar of amounts, described a second time: an optional dollar sign and spaces, digits,
/// perhaps a point and one or two digits, and not nothing.
fn is_amount(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('$').map_or(text, |rest| rest.trim_start_matches(' '));
    let mut parts = digits.splitn(2, '.');
    let whole = parts.next().unwrap_or_default();
    let fraction = parts.next();
    let all_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if !all_digits(whole) || whole.len() > 12 {
        return None;
    }
    let cents = match fraction {
        None => 0,
        Some(part) if !all_digits(part) || part.len() > 2 => return None,
        Some(part) if part.len() == 1 => 10 * part.parse::<u64>().ok()?,
        Some(part) => part.parse::<u64>().ok()?,
    };
    Some(whole.parse::<u64>().ok()? * 100 + cents).filter(|cents| *cents > 0)
}

fn cents(amount: Amount) -> Decimal {
    amount.decimal() * Decimal::ONE_HUNDRED
}

fn amount() -> impl Strategy<Value = Amount> {
    (1_u64..100_000_000_000_000).prop_map(|cents| {
        Amount::parse(&format!("{}.{:02}", cents / 100, cents % 100)).expect("one")
    })
}

fn decimal_text() -> impl Strategy<Value = String> {
    ("-?", "(0|[1-9][0-9]{0,14})", option::of("[0-9]{1,12}")).prop_map(|(sign, whole, fraction)| {
        match fraction {
            Some(fraction) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{whole}"),
        }
    })
}

proptest! {
    #![proptest_config(config(4_000))]

    #[test]
    fn an_amount_is_read_exactly_where_the_grammar_says_so(
        text in prop_oneof![
            "\\PC{0,16}",
            r"\$? {0,2}[0-9]{0,14}\.?[0-9]{0,3}",
            r"[-+$0-9.,eE_ ]{0,10}",
            "[0-9]{1,3}[\\u{660}-\\u{669}\\u{ff10}-\\u{ff19}]?",
        ]
    ) {
        let read = Amount::parse(&text).ok().map(cents);
        prop_assert_eq!(read, is_amount(&text).map(Decimal::from));
    }

    #[test]
    fn an_amount_keeps_every_cent(amount in amount()) {
        let shown = amount.to_string();
        prop_assert_eq!(Amount::parse(&shown).ok(), Some(amount));
        prop_assert_eq!(Amount::from_decimal(amount.decimal()), Some(amount));
        // The request carries a JSON number of the same value, however it was typed.
        let number = amount.json_number();
        let read: serde_json::Number = serde_json::from_str(&number).expect("a JSON number");
        prop_assert_eq!(read.to_string(), number.as_str());
        prop_assert_eq!(Decimal::from_str_exact(&number).ok(), Some(amount.decimal()));
        prop_assert!(!number.ends_with('.'));
        prop_assert!(!number.contains('.') || !number.ends_with('0'));
    }

    #[test]
    fn money_keeps_every_digit_that_a_system_gave(text in decimal_text()) {
        let negative_zero = text.starts_with('-') && text.bytes().all(|b| b"-0.".contains(&b));
        let as_number: Money = serde_json::from_str(&text).expect("a JSON number");
        let as_text: Money = serde_json::from_str(&format!("{text:?}")).expect("a JSON string");
        prop_assert_eq!(as_number, as_text);
        if !negative_zero {
            prop_assert_eq!(as_text.to_string(), text.as_str());
            prop_assert_eq!(serde_json::to_string(&as_number).expect("text"), format!("{text:?}"));
        }
        let shown = Money::parse(&as_text.shown());
        prop_assert_eq!(shown, Some(as_text), "what people see is the same amount");
    }

    #[test]
    fn money_is_never_guessed_from_anything_else(text in "\\PC{0,12}") {
        if let Some(money) = Money::parse(&text) {
            let digits = text.trim_start_matches('-');
            prop_assert!(digits.starts_with(|c: char| c.is_ascii_digit()), "{:?}", text);
            prop_assert!(digits.chars().all(|c| c.is_ascii_digit() || c == '.'), "{:?}", text);
            prop_assert_eq!(Decimal::from_str_exact(&text).ok(), Some(money.0));
        }
    }

    #[test]
    fn a_limit_holds_to_the_cent(
        amount in amount(), limit in amount(), spent in 0_u64..200_000_000_000_000
    ) {
        let spent = Decimal::new(i64::try_from(spent).expect("small"), 2);
        let fits = spent + amount.decimal() <= limit.decimal();
        let day = SpendingLimits { per_day: Some(limit), ..SpendingLimits::default() };
        let today = Spent { today: spent, this_month: Decimal::ZERO };
        prop_assert_eq!(guards::check(amount, &day, today).is_ok(), fits);
        let month = SpendingLimits { per_month: Some(limit), ..SpendingLimits::default() };
        let this_month = Spent { today: Decimal::ZERO, this_month: spent };
        prop_assert_eq!(guards::check(amount, &month, this_month).is_ok(), fits);
        let each = SpendingLimits { per_purchase: Some(limit), ..SpendingLimits::default() };
        let alone = amount <= limit;
        prop_assert_eq!(guards::check(amount, &each, this_month).is_ok(), alone);
        prop_assert_eq!(guards::check_max(amount, Some(limit)).is_ok(), alone);
        // What was spent cannot overflow into a yes.
        let all = Spent { today: Decimal::MAX, this_month: Decimal::MAX };
        prop_assert_eq!(
            guards::check(amount, &day, all).expect_err("too much").class(), Class::SpendGuard
        );
    }
}

/// The verbs that answer with a document, all of them but those that write text; the ledger and
/// the plan have one for each of their own.
fn verbs() -> Vec<String> {
    let text = ["completions", "schema", "generate", "man", "help", "ledger export"];
    let cli = Cli::command();
    let (several, others): (Vec<_>, Vec<_>) = cli
        .get_subcommands()
        .partition(|verb| ["journal", "ledger", "plan"].contains(&verb.get_name()));
    let of_several = several.into_iter().flat_map(|verb| {
        let name = verb.get_name();
        verb.get_subcommands().map(move |part| format!("{name} {}", part.get_name()))
    });
    let others = others.into_iter().map(|verb| verb.get_name().to_owned());
    others.chain(of_several).filter(|name| !text.contains(&name.as_str())).collect()
}

fn recovery() -> impl Strategy<Value = Option<Recovery>> {
    let all: Vec<Option<Recovery>> = TABLE.iter().map(|row| row.recovery).collect();
    proptest::sample::select(all)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        vec(any::<String>(), 0..3).prop_map(Value::from),
    ]
}

prop_compose! {
    /// A failure with anything in it that a system or a disk may say.
    fn failure()(
        class in proptest::sample::select(TABLE).prop_map(|row| row.class),
        message in any::<String>(),
        hints in vec(any::<String>(), 0..3),
        code in option::of(any::<String>()),
        status in option::of(100_u16..600),
        portal_url in option::of(any::<String>()),
        retry_after in option::of(0_u64..3600),
        charged in option::of(prop_oneof![
            Just(Charged::No), Just(Charged::Yes), Just(Charged::Unknown)
        ]),
        recovery in recovery(),
        details in btree_map(any::<String>(), leaf(), 0..4),
        data in btree_map(any::<String>(), leaf(), 0..4),
    ) -> Failure {
        let mut error = Failure::new(class, message);
        let parts = error.parts_mut();
        parts.hints = hints.into_iter().map(topup::core::command::NextStep::text).collect();
        parts.code = code;
        parts.status = status;
        parts.portal_url = portal_url;
        parts.retry_after = retry_after;
        parts.charged = charged;
        parts.recovery = recovery;
        parts.details = details.into_iter().collect();
        parts.data = data.into_iter().collect();
        error
    }
}

#[test]
fn every_failure_of_every_verb_is_what_its_schema_says() {
    let verbs = verbs();
    assert!(verbs.len() > 12, "{verbs:?}");
    let validators: BTreeMap<&str, jsonschema::Validator> = verbs
        .iter()
        .map(|verb| {
            let schema =
                schema::for_command(verb).unwrap_or_else(|| panic!("'{verb}' has no schema"));
            (verb.as_str(), jsonschema::validator_for(&schema).expect("a schema"))
        })
        .collect();
    let check = |verb: &str, error: &Failure| {
        let document = document::failure(
            verb,
            Some(topup::provider::NOUS),
            error,
            topup::core::command::Shell::Posix,
        );
        // What is printed is what serde makes of it: one line, no bare control character.
        let line = document.to_string();
        assert!(
            !line
                .chars()
                .any(|c| c.is_control() && c != '\u{7f}' && !('\u{80}'..='\u{9f}').contains(&c)),
            "{line}"
        );
        let read: Value = serde_json::from_str(&line).expect("one document");
        assert_eq!(read["error"]["exit_code"], error.class().code());
        let wrong: Vec<String> =
            validators[verb].iter_errors(&read).map(|wrong| wrong.to_string()).collect();
        assert!(wrong.is_empty(), "{verb}: {wrong:?}\n{line}");
    };
    for verb in &verbs {
        for row in TABLE {
            check(verb, &Failure::new(row.class, "what happened"));
        }
    }
    let mut runner = proptest::test_runner::TestRunner::new(config(300));
    let cases = (proptest::sample::select(verbs.clone()), failure());
    runner
        .run(&cases, |(verb, error)| {
            check(&verb, &error);
            Ok(())
        })
        .unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[test]
fn a_value_is_picked_where_the_answer_has_it_and_refused_everywhere_else() {
    let data = serde_json::json!({"a": {"b": ["x", "y"], "n": 1}, "t": "text", "nothing": null});
    let there = [
        ("a.b.0", "x"),
        ("a.b.1", "y"),
        ("a.n", "1"),
        ("t", "text"),
        ("nothing", ""),
        ("a.b", r#"["x","y"]"#),
    ];
    for (path, value) in there {
        assert_eq!(document::pick(&data, path).expect(path), value);
    }
    let mut runner = proptest::test_runner::TestRunner::new(config(500));
    runner
        .run(&r"[abnt0-9.]{0,6}|\PC{0,6}", |path| {
            let pointer =
                format!("/{}", path.replace('~', "~0").replace('/', "~1").replace('.', "/"));
            let expected = data.pointer(&pointer).is_some();
            // A leading zero is no index to a JSON pointer; here it is one all the same.
            let zeros = path.split('.').any(|step| step.len() > 1 && step.starts_with('0'));
            if !zeros {
                let picked = document::pick(&data, &path);
                prop_assert_eq!(picked.is_ok(), expected, "{:?}", path);
                if let Err(error) = picked {
                    prop_assert_eq!(error.class(), Class::Usage);
                }
            }
            Ok(())
        })
        .unwrap_or_else(|wrong| panic!("{wrong}"));
}

const SYSTEMS: [System; 4] = [
    topup::provider::NOUS,
    topup::provider::CIRIS,
    topup::provider::BYTEROVER,
    topup::provider::LEDGER,
];

proptest! {
    #![proptest_config(config(200))]

    /// The flag (or its variable) beats the project, which beats the profile, which beats the
    /// default; and a profile is chosen in the same order.
    #[test]
    fn the_strongest_source_wins(
        asked in option::of(0_usize..4), project in option::of(0_usize..4),
        profile in option::of(0_usize..4), asked_profile in option::of(0_usize..2),
        project_profile in option::of(0_usize..2), default_profile in option::of(0_usize..2),
    ) {
        const NAMES: [&str; 2] = ["work", "home"];
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        let mut text = String::new();
        if let Some(at) = default_profile {
            text.push_str(&format!("default_profile = \"{}\"\n", NAMES[at]));
        }
        for (at, name) in NAMES.iter().enumerate() {
            text.push_str(&format!("[profiles.{name}]\nclient_id = \"{name}\"\n"));
            // Each profile names another system, so that the wrong one shows.
            if let Some(system) = profile {
                text.push_str(&format!("provider = \"{}\"\n", SYSTEMS[(system + at) % 4].name()));
            }
        }
        fs::write(&file, text).expect("written");
        let mut text = String::new();
        if let Some(system) = project {
            text.push_str(&format!("provider = \"{}\"\n", SYSTEMS[system].name()));
        }
        if let Some(at) = project_profile {
            text.push_str(&format!("profile = \"{}\"\n", NAMES[at]));
        }
        fs::write(folder.path().join(".topup.toml"), text).expect("written");
        let said = AskedSettings {
            provider: asked.map(|system| SYSTEMS[system].name().to_owned()),
            profile: asked_profile.map(|at| NAMES[at].to_owned()),
            portal_url: None,
            sandbox: None,
        };
        let file = topup::config::ConfigFile::read(&file).expect("a configuration");
        let systems = topup::provider::catalogue();
        let settings =
            Settings::resolve(said, &systems, &file, Some(folder.path())).expect("settings");
        let chosen = asked_profile.or(project_profile).or(default_profile);
        prop_assert_eq!(settings.profile.as_str(), chosen.map_or("default", |at| NAMES[at]));
        prop_assert_eq!(settings.client_id.as_deref(), chosen.map(|at| NAMES[at]));
        let of_profile = profile.zip(chosen).map(|(system, at)| SYSTEMS[(system + at) % 4]);
        let expected = asked.or(project).map(|system| SYSTEMS[system]).or(of_profile);
        prop_assert_eq!(settings.system, expected.unwrap_or(topup::provider::NOUS));
    }

    /// Flag or variable, then the variables that others know, then the stored login, then the
    /// profile, then the usual place; blank text counts as not said.
    #[test]
    fn the_strongest_base_url_wins(said in vec(option::of(any::<bool>()), 5)) {
        let url = |at: usize| match said[at] {
            None => None,
            Some(false) => Some("  ".to_owned()),
            Some(true) => Some(format!("https://number-{at}.example")),
        };
        let sources = Sources {
            asked: url(0),
            variables: [url(1), url(2)].into_iter().flatten().collect(),
            stored: url(3),
            profile: url(4),
            region: None,
        };
        let portal = PortalTarget::new(topup::provider::NOUS, sources, false).expect("a portal");
        let first = said.iter().position(|said| *said == Some(true));
        let expected = first.map_or_else(
            || "https://portal.nousresearch.com".to_owned(),
            |at| format!("https://number-{at}.example"),
        );
        prop_assert_eq!(portal.identity, expected);
    }
}
