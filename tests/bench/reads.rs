//! What reading much costs: books and journals of a million rows and more, written as text, as a
//! document, summed up, or looked through for a few rows. Each command is a whole process, beside the
//! `sqlite3` program at the same file or beside itself at a small one.

use crate::home::Home;
use crate::largest;
use crate::measure::{Goal, Table, any_end, is_there, make_cold, median, sample};
use rusqlite::Connection;

/// Runs of each command.
const RUNS: usize = 5;
/// Purchases of the journal.
const PURCHASES: u32 = 100_000;
/// The powers of ten of the sizes of books: what is written as text, and what is looked through and
/// summed up, as it is and where the largest sizes are asked for.
const WRITTEN: u32 = 6;
const READ: [u32; 2] = [6, 7];
/// Purchases of the journal that is checked, likewise.
const CHECKED: [u32; 2] = [PURCHASES, 1_000_000];

pub fn lines(table: &mut Table) {
    if is_there("sqlite3", "-version") {
        let size = usize::from(table.is_large);
        let read = largest(READ[size]);
        let written = Book::new(WRITTEN.min(read));
        texts(table, &written);
        let book = if read == written.power {
            written
        } else {
            drop(written);
            Book::new(read)
        };
        looks(table, &book);
        sums(table, &book);
        drop(book);
        history(table);
        checked(table, CHECKED[size]);
    }
}

/// A book of a power of ten of uses by a hundred users, and one by another; the last day has a hundred.
struct Book {
    home: Home,
    power: u32,
}

impl Book {
    fn new(power: u32) -> Self {
        Self { home: book(10_i64.pow(power)), power }
    }

    /// What is measured, and at which size.
    fn of(&self, what: &str) -> String {
        format!("{what}, 10^{}", self.power)
    }
}

/// The rows of a [`Book`]. Its indexes are made at the end: so the largest takes minutes.
fn book(rows: i64) -> Home {
    let home = Home::new();
    home.do_once(&["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"]);
    home.do_once(&["ledger", "credit", "1000000"]);
    let now = jiff::Timestamp::now().as_millisecond();
    let db = Connection::open(home.file("ledger.db")).expect("a ledger");
    let indexes: Vec<(String, String)> = db
        .prepare(
            "SELECT name, sql FROM sqlite_schema
             WHERE type = 'index' AND tbl_name = 'ledger_transaction' AND sql IS NOT NULL",
        )
        .and_then(|mut found| found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .expect("its indexes");
    drop(db);
    let unmade: String = indexes.iter().map(|(name, _)| format!("DROP INDEX {name};")).collect();
    let made: String = indexes.iter().map(|(_, made)| format!("{made};")).collect();
    let day = 86_400_000;
    home.fill(
        "ledger.db",
        &format!(
            "{unmade}
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
             INSERT INTO ledger_transaction (id, mandate, owner, kind, amount, balance_after,
                 reference, description, created_ms, provider, used_by, base_price, markup, workflow,
                 feature)
             SELECT printf('%08x-0000-4000-8000-%012x', i * 2654435761 % 4294967296, i), 'acme', '',
                 'DEBIT', 1, 1000000000000 - i, 'USAGE', 'AI usage: openai',
                 CASE WHEN i > {rows} - 100 THEN {now} - {rows} + i
                      ELSE {now} - 2 * {day} - ({rows} - i) * 1000 END,
                 'openai', CASE WHEN i = {rows} / 2 THEN 'rare' ELSE 'user' || (i % 100) END,
                 '0.000001', '0', 'workflow-' || (i % 1000), 'chat' FROM n;
             {made}"
        ),
    );
    home
}

/// A journal of so many purchases, one a second, each with the rows of one that was made.
fn journal(purchases: u32) -> Home {
    let home = Home::new();
    home.do_once(&["--sandbox", "sandbox", "set", "settle-after=0s"]);
    home.do_once(&["--sandbox", "buy", "25", "--yes"]);
    home.repeat_purchase(purchases, 1000);
    home
}

/// The bookings as the journal of hledger has them, by SQL alone.
const AS_JOURNAL: &str = "SELECT char(10) || date(created_ms / 1000, 'unixepoch') || ' * '
    || description || char(10) || '    ; id: ' || id || char(10) || '    ; time: '
    || strftime('%Y-%m-%dT%H:%M:%fZ', created_ms / 1000.0, 'unixepoch') || char(10)
    || '    ; user: ' || ifnull(used_by, '') || char(10) || '    ; base-price: '
    || ifnull(base_price, '') || char(10) || '    ; markup-percent: ' || ifnull(markup, '')
    || char(10) || '    ; workflow: ' || ifnull(workflow, '') || char(10) || '    ; feature: '
    || ifnull(feature, '') || char(10) || '    assets:prepaid:' || mandate || ':the pool of '
    || mandate || '  CHF ' || printf('%s%d.%06d', CASE kind WHEN 'DEBIT' THEN '-' ELSE '' END,
        amount / 1000000, amount % 1000000)
    || ' = CHF ' || printf('%d.%06d', balance_after / 1000000, balance_after % 1000000) || char(10)
    || '    expenses:ai:' || mandate || ':' || ifnull(provider, '') || ' for ' || mandate
    || '  CHF ' || printf('%d.%06d', amount / 1000000, amount % 1000000)
    FROM ledger_transaction WHERE mandate = 'acme' ORDER BY date(created_ms / 1000, 'unixepoch'), seq";

/// The sums by this key, by SQL alone.
fn as_sums(key: &str) -> String {
    format!(
        "SELECT {key}, sum(CASE kind WHEN 'DEBIT' THEN 1 ELSE -1 END),
             sum(CASE kind WHEN 'DEBIT' THEN amount ELSE -amount END)
         FROM ledger_transaction WHERE mandate = 'acme' AND reference = 'USAGE'
         GROUP BY 1 ORDER BY 1"
    )
}

/// What is known of every purchase, by SQL alone.
const AS_HISTORY: &str = "SELECT p.id, p.name, p.amount, p.idempotency_key,
        strftime('%Y-%m-%dT%H:%M:%fZ', p.asked_ms / 1000.0, 'unixepoch'), e.kind, e.ended, e.cost,
        e.stamp, json_extract(e.body, '$.with.system'), json_extract(e.body, '$.with.profile'),
        json_extract(e.body, '$.charge_id')
    FROM purchase p JOIN entry e ON e.purchase = p.id ORDER BY p.asked_ms DESC, e.seq";

fn texts(table: &mut Table, book: &Book) {
    let text = || sample(book.home.sqlite("ledger.db", AS_JOURNAL));
    for format in ["hledger", "beancount"] {
        let ours = || sample(book.home.topup(&["ledger", "export", "--format", format]));
        let name = book.of(&format!("ledger export, {format}"));
        table.compare(&name, RUNS, Goal::reading(120), ours, ("sqlite3", text));
    }
    let all =
        "SELECT * FROM ledger_transaction WHERE mandate = 'acme' ORDER BY seq DESC LIMIT 100000";
    for form in ["--json", "--csv"] {
        let arguments = ["ledger", "transactions", "--limit", "100000", form];
        let theirs = || {
            let mut command = book.home.sqlite("ledger.db", all);
            command.arg(form.replacen("--", "-", 1));
            sample(command)
        };
        let ours = || sample(book.home.topup(&arguments));
        // What bounds it is its memory.
        let name = book.of(&arguments[1..].join(" "));
        table.compare(&name, RUNS, Goal::reading(400), ours, ("sqlite3", theirs));
    }
}

/// A few rows of a large book, with what the system has read of it at hand, and without.
fn looks(table: &mut Table, book: &Book) {
    let small = Book::new(3);
    for filter in [["--user", "rare"], ["--since", "today"]] {
        let arguments = [&["ledger", "transactions", "--json"][..], &filter].concat();
        for (how, is_cold) in [("", false), (", cold", true)] {
            let look = |book: &Book| {
                if is_cold {
                    make_cold(&book.home.file("ledger.db"));
                }
                sample(book.home.topup(&arguments))
            };
            let name = format!("{}{how}", book.of(&arguments[1..].join(" ")));
            let (ours, theirs) = (|| look(book), || look(&small));
            table.compare(&name, 3 * RUNS, Goal::reading(150), ours, ("itself at 10^3", theirs));
        }
    }
}

fn sums(table: &mut Table, book: &Book) {
    for (by, key) in [("user", "used_by"), ("day", "created_ms / 86400000")] {
        let sums = as_sums(key);
        let theirs = || sample(book.home.sqlite("ledger.db", &sums));
        let ours = || sample(book.home.topup(&["ledger", "stats", "--json", "--by", by]));
        let name = book.of(&format!("ledger stats --by {by}"));
        table.compare(&name, RUNS, Goal::reading(100), ours, ("sqlite3", theirs));
    }
}

fn history(table: &mut Table) {
    let home = journal(PURCHASES);
    let query = || {
        let mut command = home.sqlite("journal.db", AS_HISTORY);
        command.arg("-csv");
        sample(command)
    };
    for form in ["--json", "--csv"] {
        let ours = || sample(home.topup(&["history", "--limit", "1000000", form]));
        let name = format!("history {form}, {PURCHASES} purchases");
        table.compare(&name, RUNS, Goal::reading(120), ours, ("sqlite3", query));
    }
    let small = journal(3600);
    let recent = ["history", "--since", "1h", "--limit", "1000000", "--csv"];
    let (ours, theirs) = (|| sample(home.topup(&recent)), || sample(small.topup(&recent)));
    let name = format!("history --since 1h, {PURCHASES} purchases");
    table.compare(&name, RUNS, Goal::reading(120), ours, ("itself at 3600", theirs));
}

/// Under two seconds, or it says what it has left out: what it is compared with is that time.
fn checked(table: &mut Table, purchases: u32) {
    let home = journal(purchases);
    let ours = || {
        let mut command = home.topup(&["doctor", "--offline"]);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        any_end(command)
    };
    let took = median((0..3).map(|_| ours().cpu)).as_millis();
    let name = format!("doctor --offline, {purchases} purchases, ms");
    table.counted(&name, took, ("two seconds", 2000), 100);
}
