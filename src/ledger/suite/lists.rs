//! Lists and sums of a book in which clocks went back, users share a pool and mandates alternate: they
//! have what a look at each row has, whichever index gives it.

use super::*;
use crate::core::failure::Failure;
use crate::core::time::Period;
use crate::ledger::stats::SumBy;
use crate::ledger::values::Kind;
use jiff::tz::TimeZone;

/// More rows than are looked at before the times are used.
const ROWS: i64 = 2_600;
const HOUR_MS: i64 = 3_600_000;

/// Fills two books: mostly an hour from row to row, now and then with a clock that is far off.
fn fill(store: &LedgerStore) -> Ledger {
    let (mut ledger, _) = store.with(Model::PrepayUser);
    let change = Change { model: Some(Model::PrepayUser), ..Change::default() };
    ledger.change("other", &change).expect("a mandate");
    let users = ["anna", "bert", ""];
    let mut database = store.database();
    let insert = "INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
            reference, description, created_ms, provider, used_by, base_price, markup)
        VALUES ($1, $2, $3, $4, $5, 0, 'USAGE', '', $6, 'llm', $7, '1', '0')";
    let rows: Vec<Vec<Value>> = (0..ROWS)
        .map(|at| {
            let place = usize::try_from(at).expect("a place");
            let used_by = if place == 70 { "rare" } else { users[place % 3] };
            let owner = users[place / 3 % 3];
            let mandate = if place % 5 == 4 { "other" } else { "org" };
            let skew = if place % 97 == 0 { (at * 7919) % 900 - 450 } else { 0 };
            vec![
                format!("id-{at}").as_str().into(),
                mandate.into(),
                owner.into(),
                (if place % 11 == 0 { "CREDIT" } else { "DEBIT" }).into(),
                (at + 1).into(),
                ((at + skew) * HOUR_MS).into(),
                Some(used_by).filter(|user| !user.is_empty()).into(),
            ]
        })
        .collect();
    let accounts = "INSERT INTO ledger_account VALUES ($1, $2, 0)";
    let filled = database.write(&mut |sql| {
        for mandate in ["org", "other"] {
            for user in users {
                sql.run(accounts, &[mandate.into(), user.into()])?;
            }
        }
        let statements: Vec<_> = rows
            .iter()
            .map(|row| crate::ledger::sql::Statement::new(insert, row.clone()))
            .collect();
        sql.run_all(&statements).map(|_| ())
    });
    filled.expect("filled");
    ledger
}

fn moment(hours: i64) -> Timestamp {
    Timestamp::from_millisecond(hours * HOUR_MS).expect("a time")
}

/// Every kind of filter: nobody and each user, no time and parts of it at each end.
fn filters() -> Vec<Filter> {
    let periods = [
        (None, None),
        (Some(ROWS - 10), None),
        (Some(ROWS - 1_500), None),
        (Some(0), None),
        (Some(ROWS + 1_000), None),
        (None, Some(10)),
        (None, Some(ROWS)),
        (Some(100), Some(1_400)),
        (Some(700), Some(720)),
    ];
    let mut filters = Vec::new();
    for user in [None, Some("anna"), Some("rare"), Some("nobody")] {
        for (since, until) in periods {
            for before in [None, Some(1_000)] {
                let period = Period { since: since.map(moment), until: until.map(moment) };
                filters.push(Filter {
                    user: user.map(ToOwned::to_owned),
                    period,
                    before,
                    offset: 0,
                });
            }
        }
    }
    filters
}

fn is_meant(filter: &Filter, one: &Transaction) -> bool {
    let user = filter.user.as_ref();
    user.is_none_or(|_| one.user.as_ref() == user || one.account_user.as_ref() == user)
        && filter.period.since.is_none_or(|since| one.created_at >= since)
        && filter.period.until.is_none_or(|until| one.created_at < until)
        && filter.before.is_none_or(|before| one.seq < before)
}

#[test]
fn a_list_has_what_a_look_at_each_row_has() {
    on_each(|store| {
        let mut ledger = fill(store);
        let all = all(&mut ledger);
        assert_eq!(all.len(), usize::try_from(ROWS * 4 / 5).expect("a count"));
        for filter in filters() {
            let meant: Vec<&Transaction> =
                all.iter().filter(|one| is_meant(&filter, one)).collect();
            for limit in [1, 20, 10_000] {
                let mut listed = Vec::new();
                let more = ledger.each_transaction("org", &filter, limit, &mut |one| {
                    listed.push(one);
                    Ok(())
                });
                let more = more.expect("listed");
                let what = format!("{filter:?} {limit}");
                let wanted = usize::try_from(limit).expect("a count").min(meant.len());
                assert!(listed.iter().eq(meant[..wanted].iter().copied()), "{what}");
                assert_eq!(more, meant.len() > wanted, "{what}");
            }
        }
    });
}

#[test]
fn a_sum_has_what_a_look_at_each_row_has() {
    on_each(|store| {
        let mut ledger = fill(store);
        let all = all(&mut ledger);
        for filter in filters().into_iter().filter(|filter| filter.before.is_none()) {
            let mut sums = std::collections::BTreeMap::<Option<String>, (i64, Decimal)>::new();
            for one in all.iter().filter(|one| is_meant(&filter, one)) {
                let sum = sums.entry(one.user.clone()).or_default();
                let sign = if one.kind == Kind::Debit { 1 } else { -1 };
                sum.0 += sign;
                sum.1 += one.amount.0 * Decimal::from(sign);
            }
            let lines = ledger.stats("org", SumBy::User, &TimeZone::UTC, &filter).expect("sums");
            assert!(lines.is_sorted_by(|one, next| one.total.0 >= next.total.0), "{filter:?}");
            let found = lines.into_iter().map(|line| (line.key, (line.count, line.total.0)));
            assert_eq!(found.collect::<std::collections::BTreeMap<_, _>>(), sums, "{filter:?}");
            let days = ledger.stats("org", SumBy::Day, &TimeZone::UTC, &filter).expect("sums");
            assert!(days.is_sorted_by(|one, next| one.key < next.key), "{filter:?}");
            let total: Decimal = days.iter().map(|line| line.total.0).sum();
            assert_eq!(total, sums.values().map(|(_, total)| total).sum(), "{filter:?}");
        }
    });
}

#[test]
fn what_stops_a_list_is_its_end() {
    on_each(|store| {
        let mut ledger = fill(store);
        let mut taken = 0;
        let stopped = ledger.each_transaction("org", &Filter::default(), 10_000, &mut |_| {
            taken += 1;
            if taken == 1_500 { Err(Failure::config("no room")) } else { Ok(()) }
        });
        assert_eq!((stopped.expect_err("stopped").to_string().as_str(), taken), ("no room", 1_500));
        // The ledger is as good as before.
        assert_eq!(all(&mut ledger).len(), usize::try_from(ROWS * 4 / 5).expect("a count"));
    });
}
