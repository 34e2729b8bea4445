//! Credits, uses, what they leave behind, and how it is found again.

use super::{all, credit, decimal, on_each, price, recorded, used};
use crate::core::class::Class;
use crate::core::money::Money;
use crate::core::time::Period;
use crate::ledger::book;
use crate::ledger::service::{Credit, Used};
use crate::ledger::stats::SumBy;
use crate::ledger::values::{Change, Filter, Kind, Labels, Model, Posting, Reference};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

#[test]
fn money_goes_in_and_out_and_the_balance_is_its_sum() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayMandate);
        assert_eq!(ledger.account(&mandate, None).expect("unused").balance.0, Decimal::ZERO);
        let posted = ledger.credit("org", None, &credit("10.50", None)).expect("credited");
        assert_eq!((posted.balance.to_string().as_str(), posted.replayed), ("10.50", false));
        assert_eq!(posted.transaction.reference, Reference::Payment);
        let change = Change { markup: Some(decimal("50")), ..Change::default() };
        let mandate = ledger.change("org", &change).expect("changed");
        let booked = ledger.record("org", &used("3", Some("anna"), None)).expect("recorded");
        assert_eq!(booked.balance.to_string(), "6.00");
        let booked = booked.posted.expect("a transaction").transaction;
        assert_eq!((booked.kind, booked.amount.to_string().as_str()), (Kind::Debit, "4.50"));
        assert_eq!(booked.description, "AI usage: llm");
        assert_eq!(booked.base_price, Some(price("3")));
        assert_eq!(booked.markup_percent, Some(Money(decimal("50"))));
        assert_eq!((booked.user.as_deref(), &booked.account_user), (Some("anna"), &None));
        let listed = all(&mut ledger);
        assert_eq!(listed[0], booked, "it is read as it was written");
        assert_eq!(listed[1], posted.transaction);
        let account = ledger.account(&mandate, Some("anna")).expect("an account");
        assert_eq!((account.balance.to_string().as_str(), account.user), ("6.00", None));
        assert_eq!(store.check_books(), 2);
        // What costs nothing is not booked, and what is too much is refused.
        let nothing = ledger.record("org", &used("0", None, None)).expect("looked at");
        assert!(nothing.posted.is_none());
        assert_eq!(nothing.balance.to_string(), "6.00");
        for refused in ["0", "-1", "0.0000001"] {
            let refused = ledger.credit("org", None, &credit(refused, None)).expect_err(refused);
            assert_eq!(refused.class(), Class::Usage);
        }
        let most = "9000000000000";
        ledger.credit("org", None, &credit(most, None)).expect("it fits");
        let refused = ledger.credit("org", None, &credit(most, None)).expect_err("too much");
        assert_eq!(refused.class(), Class::Usage, "{refused}");
        assert_eq!(store.check_books(), 3);
    });
}

#[test]
fn a_use_that_rounds_to_nothing_is_counted_and_keeps_its_base_price() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("1", None)).expect("credited");
        for cost in ["1.65e-07", "0.0000005", "5e-324", ".0000004999999999999999999999999999999999"]
        {
            let booked = recorded(ledger.record("org", &used(cost, Some("anna"), None)));
            assert_eq!(booked.amount.to_string(), "0.00");
            assert_eq!(booked.base_price, Some(price(cost)));
            assert_eq!(all(&mut ledger)[0], booked, "it is read as it was written");
        }
        let booked = recorded(ledger.record("org", &used("0.0000165", Some("anna"), None)));
        assert_eq!(booked.amount.to_string(), "0.000016", "half to even");
        let sums = ledger
            .stats("org", SumBy::User, &TimeZone::UTC, &Filter::default())
            .expect("summed up");
        assert_eq!((sums[0].count, sums[0].total.to_string().as_str()), (5, "0.000016"));
        assert_eq!(store.check_books(), 6);
    });
}

#[test]
fn a_transaction_is_taken_back_once_and_lowers_what_was_spent() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let markup = Change { markup: Some(decimal("50")), ..Change::default() };
        ledger.change("org", &markup).expect("changed");
        let credited = ledger.credit("org", None, &credit("10", Some("k"))).expect("credited");
        let booked = recorded(ledger.record("org", &used("2", Some("anna"), None)));
        ledger.record("org", &used("1", Some("anna"), None)).expect("recorded");
        let first = ledger.reverse("org", &booked.id, "booked twice").expect("reversed");
        assert_eq!((first.balance.to_string().as_str(), first.replayed), ("8.50", false));
        let reversal = &first.transaction;
        assert_eq!((reversal.kind, reversal.amount), (Kind::Credit, booked.amount));
        assert_eq!(reversal.reverses.as_ref(), Some(&booked.id));
        assert_eq!(reversal.description, "booked twice");
        assert_eq!(reversal.labels(), booked.labels());
        assert_eq!(all(&mut ledger)[0], *reversal, "it is read as it was written");
        for reason in ["booked twice", "said otherwise"] {
            let again = ledger.reverse("org", &booked.id, reason).expect("reversed before");
            assert_eq!((&again.transaction, again.replayed), (reversal, true));
        }
        let sums = ledger
            .stats("org", SumBy::Provider, &TimeZone::UTC, &Filter::default())
            .expect("summed up");
        assert_eq!((sums[0].count, sums[0].total.to_string().as_str()), (1, "1.50"));
        // A reversal is a transaction like any other, and so is a credit.
        let back = ledger.reverse("org", &reversal.id, "it was right").expect("reversed");
        assert_eq!(
            (back.transaction.kind, back.balance.to_string().as_str()),
            (Kind::Debit, "5.50")
        );
        let sums = ledger
            .stats("org", SumBy::Provider, &TimeZone::UTC, &Filter::default())
            .expect("summed up");
        assert_eq!((sums[0].count, sums[0].total.to_string().as_str()), (2, "4.50"));
        let taken = ledger.reverse("org", &credited.transaction.id, "bounced").expect("reversed");
        assert_eq!(taken.transaction.reference, Reference::Payment);
        assert_eq!(taken.balance.to_string(), "-4.50");
        let again = ledger.credit("org", None, &credit("10", Some("k"))).expect("replayed");
        assert!(again.replayed, "its key is used all the same");
        let other = Change { model: Some(Model::PrepayMandate), ..Change::default() };
        ledger.change("other", &other).expect("a mandate");
        for (mandate, id) in [("other", booked.id.as_str()), ("org", "nothing")] {
            let refused = ledger.reverse(mandate, id, "no").expect_err("not there");
            assert_eq!(refused.class(), Class::Usage);
        }
        assert_eq!(store.check_books(), 6);
    });
}

#[test]
fn a_use_runs_a_pool_below_zero_and_the_next_check_refuses() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("1", None)).expect("credited");
        let allows = |ledger: &mut super::Ledger, cost| {
            ledger.check(&mandate, Some("anna"), decimal(cost)).expect("checked").allowed
        };
        assert!(allows(&mut ledger, "1") && !allows(&mut ledger, "1.000001"));
        let booked = ledger.record("org", &used("2.5", Some("anna"), None)).expect("recorded");
        assert_eq!(booked.balance.to_string(), "-1.50");
        assert!(!allows(&mut ledger, "0"));
        ledger.credit("org", None, &credit("1.5", None)).expect("credited");
        assert!(!allows(&mut ledger, "0"), "an empty pool allows nothing, not even for nothing");
        store.check_books();
    });
}

#[test]
fn each_model_has_its_accounts() {
    on_each(|store| {
        let (mut ledger, mandate) = store.with(Model::PrepayUser);
        let unnamed = ledger.credit("org", None, &credit("1", None)).expect_err("nobody named");
        assert_eq!(unnamed.class(), Class::Usage);
        assert!(ledger.check(&mandate, None, Decimal::ONE).is_err());
        assert!(ledger.record("org", &used("1", None, None)).is_err());
        ledger.credit("org", Some("anna"), &credit("5", None)).expect("credited");
        ledger.credit("org", Some("Bert"), &credit("7", None)).expect("credited");
        let booked = recorded(ledger.record("org", &used("2", Some("anna"), None)));
        assert_eq!(booked.account_user.as_deref(), Some("anna"));
        let check = |ledger: &mut super::Ledger, user: &str, cost: &str| {
            ledger.check(&mandate, Some(user), decimal(cost)).expect("checked").allowed
        };
        assert!(check(&mut ledger, "anna", "3") && !check(&mut ledger, "anna", "4"));
        assert!(check(&mut ledger, "Bert", "7") && !check(&mut ledger, "carl", "0"));
        let listed = ledger.accounts(Some("org")).expect("listed");
        let users: Vec<_> = listed.iter().filter_map(|account| account.user.clone()).collect();
        assert_eq!(users, ["Bert", "anna"], "in the order of their bytes, everywhere");
        assert!(ledger.accounts(Some("other")).expect("listed").is_empty());
        assert_eq!(ledger.accounts(None).expect("listed"), listed);

        let free = Change { model: Some(Model::Unlimited), ..Change::default() };
        let free = ledger.change("free", &free).expect("a mandate");
        assert!(ledger.check(&free, None, decimal("1000")).expect("checked").allowed);
        let booked = ledger.record("free", &used("2", None, None)).expect("recorded");
        assert_eq!(booked.balance.to_string(), "-3.00", "it is recorded all the same");
        assert_eq!(store.check_books(), 4);
    });
}

#[test]
fn a_key_and_an_id_book_once() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let first = ledger.credit("org", None, &credit("10", Some("k"))).expect("credited");
        let again = ledger.credit("org", None, &credit("10", Some("k"))).expect("replayed");
        assert_eq!((&again.transaction, again.replayed), (&first.transaction, true));
        let other = ledger.credit("org", None, &credit("11", Some("k"))).expect_err("another");
        assert_eq!(other.class(), Class::IdempotencyConflict);
        let other = ledger.record("org", &used("10", None, Some("k"))).expect_err("a use");
        assert_eq!(other.class(), Class::IdempotencyConflict);
        let use_once = used("1", Some("anna"), Some("u"));
        let first = recorded(ledger.record("org", &use_once));
        let dearer = Change { markup: Some(decimal("100")), ..Change::default() };
        ledger.change("org", &dearer).expect("changed");
        let again = ledger.record("org", &use_once).expect("replayed");
        assert_eq!(again.balance.to_string(), "9.00");
        let again = again.posted.expect("a transaction");
        assert_eq!((again.transaction, again.replayed), (first, true), "at the first price");
        // It names one request, whatever of that is asked for otherwise.
        let mut others: Vec<(Used, [&str; 3])> = Vec::new();
        let mut other = |change: &dyn Fn(&mut Used), told| {
            let mut asked = use_once.clone();
            change(&mut asked);
            others.push((asked, told));
        };
        other(&|asked| asked.base_price = price("1.5"), ["base price", "'1'", "'1.5'"]);
        other(&|asked| asked.labels.provider = Some("tts".into()), ["provider", "'llm'", "'tts'"]);
        other(&|asked| asked.labels.user = None, ["user", "'anna'", "none"]);
        other(&|asked| asked.labels.feature_code = Some("f".into()), ["feature", "none", "'f'"]);
        other(&|asked| asked.labels.workflow_id = Some("w".into()), ["workflow", "none", "'w'"]);
        other(
            &|asked| asked.labels.feature_instance_id = Some("i".into()),
            ["feature instance", "none", "'i'"],
        );
        other(
            &|asked| asked.description = Some("why".into()),
            ["description", "'AI usage: llm'", "'why'"],
        );
        for (asked, told) in &others {
            let refused = ledger.record("org", asked).expect_err("another");
            assert_eq!(refused.class(), Class::IdempotencyConflict);
            let message = refused.to_string();
            assert!(message.contains("the key 'u'"), "{message}");
            assert!(told.iter().all(|word| message.contains(word)), "{told:?}: {message}");
            let details = &refused.parts().details;
            let differs = details["differs"].as_object().expect("what differs");
            assert!(differs.contains_key(&told[0].replace(' ', "_")), "{differs:?}");
        }
        for other in [
            Credit { description: "another".into(), ..credit("10", Some("k")) },
            Credit { reference: Reference::Admin, ..credit("10", Some("k")) },
        ] {
            let refused = ledger.credit("org", None, &other).expect_err("another");
            assert_eq!(refused.class(), Class::IdempotencyConflict, "{refused}");
        }
        // Another mandate has keys of its own.
        let change = Change { model: Some(Model::PrepayMandate), ..Change::default() };
        ledger.change("other", &change).expect("a mandate");
        assert!(!ledger.credit("other", None, &credit("3", Some("k"))).expect("new").replayed);
        assert_eq!(store.check_books(), 3);

        let mut database = store.database();
        let posting = Posting::new("org", Kind::Credit, Decimal::ONE, database.now());
        for _ in 0..2 {
            let mut posted = None;
            let write = database.write(&mut |sql| {
                posted = Some(book::post(sql, &posting)?);
                Ok(())
            });
            write.expect("posted");
            let posted = posted.expect("posted");
            assert_eq!((posted.replayed, posted.balance.to_string().as_str()), (false, "10.00"));
        }
        assert_eq!(store.check_books(), 4);
    });
}

#[test]
fn work_that_fails_leaves_nothing_behind() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let mut database = store.database();
        let refused = database.write(&mut |sql| {
            let posting = Posting::new("org", Kind::Credit, Decimal::ONE, Timestamp::UNIX_EPOCH);
            book::post(sql, &posting)?;
            Err(crate::core::failure::Failure::usage("no"))
        });
        assert_eq!(refused.expect_err("refused").to_string(), "no");
        let refused = database.write(&mut |sql| {
            sql.run("UPDATE ledger_mandate SET currency = 'EUR'", &[])?;
            sql.run("SELECT nothing FROM nowhere", &[]).map(|_| ())
        });
        assert_eq!(refused.expect_err("no table").class(), Class::Config);
        assert_eq!(store.check_books(), 0);
        assert_eq!(ledger.mandate(None).expect("there").currency, "CHF");
        for attempt in
            ["DELETE FROM ledger_transaction", "UPDATE ledger_transaction SET amount = 1"]
        {
            ledger.credit("org", None, &credit("1", None)).expect("credited");
            let refused = database.write(&mut |sql| sql.run(attempt, &[]).map(|_| ()));
            assert!(refused.expect_err(attempt).to_string().contains("append only"));
        }
        assert_eq!(store.check_books(), 2);
    });
}

#[test]
fn pages_stay_as_they_are_while_others_write() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        let mut writer = store.ledger();
        for number in 1..=7 {
            ledger.credit("org", None, &credit(&number.to_string(), None)).expect("credited");
        }
        let mut seen = Vec::new();
        let mut filter = Filter::default();
        loop {
            let (page, more) = ledger.transactions("org", &filter, 3).expect("a page");
            seen.extend(page.iter().map(|found| found.amount.shown()));
            writer.credit("org", None, &credit("100", None)).expect("credited");
            if !more {
                break;
            }
            let last = page.last().expect("not empty");
            filter.before = Some(ledger.place_of("org", &last.id).expect("a place"));
            assert_eq!(filter.before, Some(last.seq));
        }
        assert_eq!(seen, ["7.00", "6.00", "5.00", "4.00", "3.00", "2.00", "1.00"]);
        assert!(ledger.place_of("org", "nothing").is_err());
        let newest = all(&mut ledger).remove(0).id;
        assert!(ledger.place_of("other", &newest).is_err(), "it is of another mandate");
        let later = Filter { period: since(ledger.now() + jiff::Span::new().hours(1)), ..filter };
        assert!(ledger.transactions("org", &later, 3).expect("a page").0.is_empty());
        // Of one user: what they used, and what is on their account.
        ledger.record("org", &used("1", Some("anna"), None)).expect("recorded");
        let of = |user: &str| Filter { user: Some(user.into()), ..Filter::default() };
        assert_eq!(ledger.transactions("org", &of("anna"), 9).expect("a page").0.len(), 1);
        assert_eq!(ledger.transactions("org", &of("bert"), 9).expect("a page").0.len(), 0);
    });
}

fn since(at: Timestamp) -> Period {
    Period { since: Some(at), until: None }
}

#[test]
fn uses_are_summed_up() {
    on_each(|store| {
        let (mut ledger, _) = store.with(Model::PrepayMandate);
        ledger.credit("org", None, &credit("100", None)).expect("credited");
        let mut database = store.database();
        for (at, provider, user, feature, cost) in [
            ("2026-01-31T23:59:59.999Z", Some("llm"), Some("anna"), Some("chat"), "1"),
            ("2026-02-01T00:00:00Z", Some("llm"), Some("bert"), None, "2"),
            ("2026-02-01T12:00:00Z", Some("tts"), None, Some("chat"), "4"),
            ("2026-02-28T12:00:00Z", None, Some("anna"), Some("voice"), "0.5"),
        ] {
            let at: Timestamp = at.parse().expect("a time");
            let mut posting =
                Posting::new("org", Kind::Debit, decimal(cost), at).because(Reference::Usage, "");
            posting.usage = Some(crate::ledger::values::Usage {
                base_price: price(cost),
                markup: Decimal::ZERO,
                labels: Labels {
                    provider: provider.map(Into::into),
                    user: user.map(Into::into),
                    feature_code: feature.map(Into::into),
                    ..Labels::default()
                },
            });
            database.write(&mut |sql| book::post(sql, &posting).map(|_| ())).expect("posted");
        }
        let mut sums = |by, filter: &Filter| -> String {
            let lines = ledger.stats("org", by, &TimeZone::UTC, filter).expect("summed up");
            let shown = lines.iter().map(|line| {
                let key = line.key.as_deref().unwrap_or("-");
                format!("{key} {} {}", line.count, line.total)
            });
            shown.collect::<Vec<_>>().join(", ")
        };
        let every = Filter::default();
        assert_eq!(
            sums(SumBy::Day, &every),
            "2026-01-31 1 1.00, 2026-02-01 2 6.00, 2026-02-28 1 0.50"
        );
        assert_eq!(sums(SumBy::Month, &every), "2026-01 1 1.00, 2026-02 3 6.50");
        assert_eq!(sums(SumBy::Provider, &every), "tts 1 4.00, llm 2 3.00, - 1 0.50");
        assert_eq!(sums(SumBy::User, &every), "- 1 4.00, bert 1 2.00, anna 2 1.50");
        assert_eq!(sums(SumBy::Feature, &every), "chat 2 5.00, - 1 2.00, voice 1 0.50");
        let period = since("2026-02-01T00:00:00Z".parse().expect("a time"));
        let late = Filter { period, user: Some("anna".into()), ..Filter::default() };
        assert_eq!(sums(SumBy::Provider, &late), "- 1 0.50");
        let until = Some("2026-02-01T00:00:00Z".parse().expect("a time"));
        let early = Filter { period: Period { since: None, until }, ..Filter::default() };
        assert_eq!(sums(SumBy::Day, &early), "2026-01-31 1 1.00");
        // What costs the same: what has no name comes first, on every database.
        let mut posting = Posting::new("org", Kind::Debit, decimal("3.5"), Timestamp::UNIX_EPOCH)
            .because(Reference::Usage, "");
        posting.usage =
            Some(crate::ledger::values::Usage { base_price: price("3.5"), ..Default::default() });
        posting.usage.as_mut().expect("a use").labels.provider = None;
        database.write(&mut |sql| book::post(sql, &posting).map(|_| ())).expect("posted");
        assert_eq!(sums(SumBy::Provider, &every), "- 2 4.00, tts 1 4.00, llm 2 3.00");
        // In another zone the last moment of January is in February.
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let mut in_zone = |by| -> String {
            let lines = ledger.stats("org", by, &zone, &every).expect("summed up");
            let shown = lines.iter().map(|line| format!("{:?} {}", line.key, line.total));
            shown.collect::<Vec<_>>().join(", ").replace("Some(\"", "").replace("\")", "")
        };
        assert_eq!(in_zone(SumBy::Month), "1970-01 3.50, 2026-02 7.50");
        assert_eq!(in_zone(SumBy::Day), "1970-01-01 3.50, 2026-02-01 7.00, 2026-02-28 0.50");
    });
}
