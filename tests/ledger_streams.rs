//! Promise: a list or a book of any length takes little memory, and a part of one is never taken for
//! the whole: neither where its reader goes away, nor where a disk is full, nor where the book cannot
//! be read any further.

use crate::books::with_pool;
use crate::support::{Ran, User};
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::process::Stdio;
use wait4::Wait4;

/// So many that what is kept of each would show.
const ROWS: u32 = 40_000;
/// What the lists of so many rows may take beyond those of a few, in KiB.
const MOST_KIB: u64 = 12 * 1024;

/// A user with a book of this many uses, written in bulk.
fn with_book(rows: u32) -> User {
    let user = with_pool("1000000");
    let db = rusqlite::Connection::open(user.file("ledger.db")).expect("a ledger");
    db.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after, reference,
             description, created_ms, provider, used_by, base_price, markup, workflow)
         SELECT printf('00000000-0000-4000-8000-%012x', i), 'acme', '', 'DEBIT', 1,
             1000000000000 - i, 'USAGE', printf('what the run %d has cost', i),
             1700000000000 + i * 60000, 'openai', printf('user%d', i % 100), '0.000001', '0',
             printf('workflow-%d', i) FROM n",
        [rows],
    )
    .expect("filled");
    user
}

/// Runs it with this for its standard output.
fn run_into(user: &User, arguments: &[&str], out: impl Into<Stdio>) -> Ran {
    let child = user.command(arguments).stdout(out).spawn().expect("it starts");
    user.finish(arguments, child)
}

const FORMS: [&[&str]; 6] = [
    &["ledger", "export"],
    &["ledger", "export", "--format", "beancount"],
    &["ledger", "export", "--json"],
    &["ledger", "transactions", "--limit", "100000", "--json"],
    &["ledger", "transactions", "--limit", "100000", "--csv"],
    &["ledger", "transactions", "--limit", "100000"],
];

#[test]
fn a_list_of_any_length_takes_as_much_memory_as_a_short_one() {
    let peak = |user: &User, arguments: &[&str]| {
        let out = File::create(user.file("out")).expect("a file");
        let child = user.command(arguments).stdout(out).spawn().expect("it starts");
        let used = { child }.wait4().expect("it ends");
        assert!(used.status.success(), "{arguments:?}");
        used.rusage.maxrss / 1024
    };
    let (short, long) = (with_book(10), with_book(ROWS));
    for form in FORMS {
        let (few, many) = (peak(&short, form), peak(&long, form));
        println!("{form:?}: {few} KiB, {many} KiB for {ROWS} rows");
        assert!(many < few + MOST_KIB, "{form:?}: {few} KiB, {many} KiB");
    }
    let listed: Value = {
        peak(&long, FORMS[3]);
        serde_json::from_reader(File::open(long.file("out")).expect("a file"))
            .expect("one document")
    };
    assert_eq!(listed["ok"], true);
    let rows = listed["data"]["transactions"].as_array().expect("rows");
    assert_eq!((rows.len(), &listed["data"]["has_more"]), (ROWS as usize + 1, &false.into()));
}

#[test]
fn a_reader_that_goes_away_and_a_full_disk_end_it_with_their_class() {
    let user = with_book(ROWS);
    for form in FORMS {
        let mut child = user.start(form);
        let mut first = [0; 10];
        child.stdout.take().expect("a pipe").read_exact(&mut first).expect("it begins");
        user.finish(form, child).code(4).says("could not be written to standard output");
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        run_into(&user, form, full).code(4).says("could not be written to standard output");
    }
}

#[test]
fn a_book_that_cannot_be_read_further_ends_a_document_that_is_not_ok() {
    let user = with_book(ROWS);
    // The leaf that holds a row in the middle, made unreadable.
    let file = user.file("ledger.db");
    let whole = fs::read(&file).expect("a ledger");
    let text = format!("what the run {} has cost", ROWS / 2);
    let at = whole.windows(text.len()).position(|at| at == text.as_bytes()).expect("its page");
    let mut disk = OpenOptions::new().write(true).open(&file).expect("a ledger");
    disk.seek(SeekFrom::Start(u64::try_from(at).expect("a place") / 4096 * 4096)).expect("a page");
    disk.write_all(&[0x55; 4096]).expect("damaged");
    let list = ["ledger", "transactions", "--limit", "100000"];
    let ran = user.run(&[&list[..], &["--json"]].concat()).code(4);
    let document: Value = serde_json::from_str(&ran.out).expect("one document");
    assert_eq!((&document["ok"], &document["error"]["class"]), (&false.into(), &"config".into()));
    let rows = document["data"]["transactions"].as_array().expect("rows");
    assert!((1_000..ROWS as usize / 2 + 100).contains(&rows.len()), "{}", rows.len());
    assert!(document["data"].get("has_more").is_none(), "it is not known");
    // Lines of text are those of whole rows, and the failure is reported behind them.
    let ran = user.run(&[&list[..], &["--csv"]].concat()).code(4).says("malformed");
    assert!(ran.out.lines().count() > 1_000);
    user.run(&["ledger", "export"]).code(4).says("malformed");
    // One value of it is none of a part.
    let ran = user.run(&[&list[..], &["--get", "transactions.0.id"]].concat()).code(4);
    assert_eq!(ran.out, "");
}
