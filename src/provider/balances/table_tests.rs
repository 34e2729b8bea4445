//! What holds for every row of the table.

use super::*;
use crate::provider::balances::number::is_scale;
use std::collections::HashMap;

#[test]
fn a_variable_belongs_to_one_system_or_is_read_by_none() {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for row in ROWS {
        for name in row.facts.key_variables {
            let other = owners.insert(name, row.facts.name);
            assert_eq!(other, None, "{name} of {} is another's too", row.facts.name);
        }
    }
    for row in ROWS {
        for name in row.facts.shared_key_variables {
            assert!(!owners.contains_key(name), "{name} of {}", row.facts.name);
        }
    }
}

#[test]
fn every_row_can_be_asked_and_says_where_it_comes_from() {
    for row in ROWS {
        let name = row.facts.name;
        assert!(!row.source.is_empty(), "{name}");
        assert!(row.look.path.starts_with('/'), "{name}");
        if let Some(base) = row.facts.usual_url {
            let base = url::Url::parse(base).expect(name);
            assert_eq!(base.scheme(), "https", "{name}");
            assert!(row.look.path.len() > 1 && !base.as_str().ends_with("//"), "{name}");
        } else {
            assert!(!row.facts.variables.is_empty(), "{name}: nothing says where it is");
        }
        if let Some(page) = row.page {
            assert!(page.starts_with("https://"), "{name}");
        }
        if let AmountPlace::One(number, _) = row.look.amount {
            assert!(is_scale(number.scale), "{name}");
        }
        for (header, _) in row.headers {
            assert_eq!(*header, header.to_ascii_lowercase(), "{name}");
        }
        if matches!(row.look.amount, AmountPlace::LeftOfLimit) {
            assert!(row.look.limit.is_some(), "{name}");
        }
        for place in row.look.path.split('{').skip(1) {
            let key = place.split('}').next().expect(name);
            let known = row.facts.account_keys.iter().any(|account| account.key == key);
            assert!(known, "{name}: {key}");
        }
    }
}

#[test]
fn each_row_asks_as_its_page_says_where_another_request_reads_something_else() {
    let row = |name: &str| {
        ROWS.iter().find(|row| row.facts.name == name).unwrap_or_else(|| panic!("{name}"))
    };
    for (name, body, path) in [
        // Without it there are no credits in the answer.
        ("fal", None, "/account/billing?expand=credits"),
        ("deepinfra", None, "/payment/checklist?compute_owed=true"),
        ("crof", None, "/usage_api/"),
        // A POST that only reads.
        ("nanogpt", Some("{}"), "/check-balance"),
        ("runpod", row("runpod").look.body, "/graphql"),
    ] {
        let look = &row(name).look;
        assert_eq!((look.path, look.body), (path, body), "{name}");
    }
    assert!(row("runpod").look.body.is_some());
    assert_eq!(row("inference-sh").headers, [("x-api-version", "2")]);
    assert_eq!(row("novita").headers, [("content-type", "application/json")]);
    // The key is shown in a header alone.
    for look in std::iter::once(&row("litellm").look)
        .chain(row("litellm").also.iter().map(|also| &also.look))
    {
        assert!(!look.path.contains("key="), "{}", look.path);
    }
}
