//! What a journal of each kind finds: names, other purchases of an account, and what waits.

use super::tests::{add, intent, on_each, sending, settled};
use super::*;
use crate::purchase::record::{Intent, KeyOrigin, Reporter};

const HOURS: [&str; 4] = [
    "2026-11-20T12:00:00Z",
    "2026-11-20T13:00:00Z",
    "2026-11-20T14:00:00Z",
    "2026-11-20T15:00:00Z",
];

fn named(name: &str, generation: u32) -> Intent {
    intent("25", KeyOrigin::Once { name: name.into(), generation })
}

#[test]
fn names_come_newest_first_and_each_once() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("a journal");
        for (made, at) in
            [named("old", 0), named("new", 0), named("old", 1), intent("25", KeyOrigin::Random)]
                .iter()
                .zip(HOURS)
        {
            add(&mut journal, made, at, &[]);
        }
        assert_eq!(journal.names(10).expect("read"), ["old", "new"]);
        assert_eq!(journal.names(2).expect("read"), ["old"], "of the two newest purchases");
        assert_eq!(journal.names(0).expect("read"), [""; 0]);
    });
}

#[test]
fn the_others_of_an_account_are_those_of_its_organisation_without_itself() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("a journal");
        let [first, second, elsewhere, nobodys] = [(); 4].map(|()| intent("25", KeyOrigin::Random));
        let elsewhere = Intent { organisation: Some("other".into()), ..elsewhere };
        let nobodys = Intent { organisation: None, ..nobodys };
        for (made, at) in [&first, &second, &elsewhere, &nobodys].into_iter().zip(HOURS) {
            add(&mut journal, made, at, &[]);
        }
        let others = |of: &Intent| {
            let purchase = journal.load(of.id).expect("read");
            let others = journal.others_of_account(&purchase).expect("read");
            others.into_iter().map(|one| one.intent.id).collect::<Vec<_>>()
        };
        assert_eq!(others(&first), [second.id]);
        assert_eq!(others(&second), [first.id]);
        assert_eq!((others(&elsewhere), others(&nobodys)), (vec![], vec![]));
        let since = |at: &str| journal.since(at.parse().expect(at)).expect("read");
        assert_eq!(since(HOURS[2]), [elsewhere.id, nobodys.id], "oldest first");
        assert!(since("2026-11-20T15:00:01Z").is_empty());
    });
}

#[test]
fn what_waits_is_counted_portal_by_portal() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("a journal");
        assert!(journal.waiting().expect("read").is_empty());
        let reported = JournalRow::Reported { by: Reporter::Buy };
        let there = |rows: &[JournalRow], journal: &mut Journal| {
            add(journal, &intent("25", KeyOrigin::Random), HOURS[0], rows);
        };
        there(&[], &mut journal);
        there(&[sending()], &mut journal);
        there(&[sending(), settled()], &mut journal);
        there(&[settled()], &mut journal);
        there(&[sending(), settled(), reported], &mut journal);
        let abroad = intent("25", KeyOrigin::Random);
        let abroad = Intent { origin: "https://other.example".into(), ..abroad };
        add(&mut journal, &abroad, HOURS[1], &[sending()]);
        let mut waiting = journal.waiting().expect("read");
        waiting.sort_by(|one, other| one.origin.cmp(&other.origin));
        let counted: Vec<_> =
            waiting.iter().map(|one| (one.origin.as_str(), one.open, one.untold)).collect();
        assert_eq!(counted, [("https://other.example", 1, 0), ("https://portal.example", 2, 2)]);
        assert_eq!(waiting[1].profile.as_deref(), Some("default"));
        assert_eq!(waiting[1].base_url.as_deref(), Some("https://portal.example/base"));
    });
}

#[test]
fn the_beginning_of_an_id_is_four_letters_of_its_alphabet_at_least() {
    on_each(|place| {
        let mut journal = Journal::open(place).expect("a journal");
        let mut made = intent("25", KeyOrigin::Random);
        made.id = Uuid::from_u128(0xabcd_0123 << 96);
        add(&mut journal, &made, HOURS[0], &[]);
        for (word, found) in [
            ("abcd", true),
            ("ABCD0", true),
            ("abcd0123-0000", true),
            ("abc", false),
            ("abcx", false),
            ("abcd%", false),
            ("abce", false),
        ] {
            let expected = if found { vec![made.id] } else { Vec::new() };
            assert_eq!(journal.matching(word).expect("looked"), expected, "{word}");
        }
    });
}
