//! The tables of what machines share: purchases, leases, logins, watches. In a schema of their own,
//! with a version of their own.

use crate::core::failure::Failure;
use crate::store::postgres::Purpose;
use crate::store::sql::for_postgres;

/// The version of the tables. Before 4 triggers derived what is in `standing` and `spent`.
pub const VERSION: i64 = 4;

/// Nothing of a purchase is ever changed or taken away. `entry.row_id` is chosen by who writes: a row that
/// is written again after a lost answer is there once. Before version 4 it was `id`: a program of then,
/// which would derive nothing of a row, adds none.
const TABLES: &str = "
    CREATE TABLE state_version (version BIGINT NOT NULL, made_ms BIGINT NOT NULL);
    CREATE TABLE purchase (
        id TEXT PRIMARY KEY, origin TEXT NOT NULL, organisation TEXT, naming TEXT NOT NULL,
        name TEXT, generation BIGINT NOT NULL, idempotency_key TEXT NOT NULL,
        amount TEXT NOT NULL, asked_ms BIGINT NOT NULL, plan TEXT
    );
    CREATE INDEX purchase_by_name ON purchase (origin, name, generation);
    CREATE INDEX purchase_by_key ON purchase (origin, idempotency_key);
    CREATE INDEX purchase_by_time ON purchase (asked_ms);
    CREATE INDEX purchase_by_origin ON purchase (origin, asked_ms);
    CREATE TABLE entry (
        seq COUNTING, row_id TEXT NOT NULL UNIQUE, purchase TEXT NOT NULL REFERENCES purchase (id),
        kind TEXT NOT NULL, ended TEXT, charge_id TEXT, cost TEXT, stamp TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX entry_by_purchase ON entry (purchase, seq);
    CREATE INDEX entry_by_charge ON entry (charge_id) WHERE charge_id IS NOT NULL;
    CREATE TABLE lease (
        entity TEXT PRIMARY KEY, fence BIGINT NOT NULL, holder TEXT NOT NULL,
        until_ms BIGINT NOT NULL, by_session BIGINT NOT NULL
    );
    CREATE TABLE login (
        profile TEXT PRIMARY KEY, version BIGINT NOT NULL, document TEXT NOT NULL,
        changed_ms BIGINT NOT NULL
    );
    CREATE TABLE crossing (id TEXT PRIMARY KEY, body TEXT NOT NULL, changed_ms BIGINT NOT NULL);
";

const STAYS: &str = "
    CREATE FUNCTION state_append_only() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
    CREATE TRIGGER purchase_stays BEFORE UPDATE OR DELETE ON purchase
        FOR EACH ROW EXECUTE FUNCTION state_append_only();
    CREATE TRIGGER purchase_lasts BEFORE TRUNCATE ON purchase
        FOR EACH STATEMENT EXECUTE FUNCTION state_append_only();
    CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON entry
        FOR EACH ROW EXECUTE FUNCTION state_append_only();
    CREATE TRIGGER entry_lasts BEFORE TRUNCATE ON entry
        FOR EACH STATEMENT EXECUTE FUNCTION state_append_only();
";

/// Where the purchases are, once they were moved out, and which moves have brought some.
const MOVES: &str = "
    CREATE TABLE moved (
        id TEXT PRIMARY KEY, place TEXT NOT NULL, at_ms BIGINT NOT NULL, done BIGINT NOT NULL
    );
    CREATE TABLE received (id TEXT PRIMARY KEY);
";

/// Whoever begins something where the purchases no longer are is refused by the server itself. A server
/// that has just been connected to takes a millisecond to load its procedural language: what is asked of
/// every purchase is in plain SQL.
const HAS_MOVED: &str = "
    CREATE FUNCTION state_is_left() RETURNS boolean LANGUAGE sql
        AS $$ SELECT EXISTS (SELECT 1 FROM moved) $$;
    CREATE FUNCTION state_has_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE away TEXT;
        BEGIN
        SELECT place INTO away FROM moved LIMIT 1;
        IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'TU001', MESSAGE = away; END IF;
        RETURN NEW; END $$;
    CREATE TRIGGER purchase_has_moved BEFORE INSERT ON purchase
        FOR EACH ROW WHEN (state_is_left()) EXECUTE FUNCTION state_has_moved();
    CREATE TRIGGER entry_has_moved BEFORE INSERT ON entry
        FOR EACH ROW WHEN (NEW.kind IN ('recovered', 'sending', 'reopened') AND state_is_left())
        EXECUTE FUNCTION state_has_moved();
";

/// How each purchase stands, and how much was bought of each portal on each UTC day, which guards read.
/// None of it is a fact of its own: [`crate::purchase::journal`] derives `standing` in the statement that
/// appends a row, and `spent` follows.
///
/// `waits` says for what a purchase waits: its end, that it is reported, or that its key is free. As in a
/// file a sum is so many cents, or so many of a cost that is not written in whole cents.
const STANDING: &str = "
    CREATE TABLE standing (
        purchase TEXT PRIMARY KEY, origin TEXT NOT NULL, waits TEXT, cost TEXT NOT NULL,
        counts BOOLEAN NOT NULL,
        unit TEXT NOT NULL GENERATED ALWAYS AS (CASE WHEN IN_CENTS THEN '0.01' ELSE cost END) STORED,
        units BIGINT NOT NULL GENERATED ALWAYS AS (CASE WHEN NOT counts THEN 0
            WHEN IN_CENTS THEN CAST(replace(cost, '.', '') AS BIGINT) ELSE 1 END) STORED
    );
    CREATE INDEX standing_waits ON standing (origin, waits) WHERE waits IS NOT NULL;
    CREATE TABLE spent (
        origin TEXT NOT NULL, day BIGINT NOT NULL, unit TEXT NOT NULL, units BIGINT NOT NULL,
        PRIMARY KEY (origin, day, unit)
    );
    CREATE FUNCTION state_counts_otherwise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO spent AS s SELECT p.origin, p.asked_ms / 86400000, v.unit, SUM(v.units)
            FROM purchase p CROSS JOIN
                (VALUES (OLD.unit, -OLD.units), (NEW.unit, NEW.units)) AS v (unit, units)
            WHERE p.id = NEW.purchase GROUP BY p.id, v.unit ORDER BY v.unit
            ON CONFLICT (origin, day, unit) DO UPDATE SET units = s.units + EXCLUDED.units;
        RETURN NULL; END $$;
    CREATE TRIGGER counts_otherwise AFTER UPDATE ON standing
        FOR EACH ROW WHEN ((OLD.unit, OLD.units) IS DISTINCT FROM (NEW.unit, NEW.units))
        EXECUTE FUNCTION state_counts_otherwise();
";

/// A cost in whole cents, of which sums never overflow.
const IN_CENTS: &str = "cost ~ '^-?(0|[1-9][0-9]{0,11})[.][0-9][0-9]$'";

/// `standing` under the names that a journal in a file has for its parts.
const PARTS: &str = "
    CREATE VIEW unfinished AS SELECT purchase FROM standing WHERE waits = 'unfinished';
    CREATE VIEW untold AS SELECT purchase FROM standing WHERE waits = 'untold';
    CREATE VIEW kept AS SELECT purchase FROM standing WHERE waits = 'kept';
";

/// Fills `standing` and `spent` from what the versions before had.
const FILL: &str = "
    INSERT INTO standing (purchase, origin, waits, cost, counts) SELECT p.id, p.origin,
            CASE WHEN EXISTS (SELECT 1 FROM unfinished w WHERE w.purchase = p.id) THEN 'unfinished'
                WHEN EXISTS (SELECT 1 FROM untold w WHERE w.purchase = p.id) THEN 'untold'
                WHEN EXISTS (SELECT 1 FROM kept w WHERE w.purchase = p.id) THEN 'kept' END,
            COALESCE((SELECT e.cost FROM entry e WHERE e.purchase = p.id AND e.cost IS NOT NULL
                ORDER BY e.seq DESC LIMIT 1), p.amount),
            COALESCE((SELECT e.ended FROM entry e WHERE e.purchase = p.id
                    AND e.kind IN ('final', 'reopened') ORDER BY e.seq DESC LIMIT 1), 'open')
                NOT IN ('failed', 'refused', 'key_kept', 'never_sent', 'not_needed',
                    'marked_not_charged')
        FROM purchase p;
    INSERT INTO spent SELECT p.origin, p.asked_ms / 86400000, s.unit, SUM(s.units)
        FROM purchase p JOIN standing s ON s.purchase = p.id GROUP BY 1, 2, 3;
    DROP TABLE unfinished, untold, kept;
";

/// What derived them before, of each version that there was.
const FORMER: &str = "
    DROP TRIGGER IF EXISTS purchase_has_moved ON purchase;
    DROP TRIGGER IF EXISTS entry_has_moved ON entry;
    DROP TRIGGER IF EXISTS purchase_is_counted ON purchase;
    DROP TRIGGER IF EXISTS entry_is_counted ON entry;
    DROP TRIGGER purchase_begins ON purchase;
    DROP TRIGGER entry_counts ON entry;
    DROP FUNCTION IF EXISTS state_has_moved, state_purchase_is_counted, state_entry_is_counted,
        state_purchase_begins, state_entry_counts;
    DROP VIEW IF EXISTS counting;
    DROP TABLE IF EXISTS spent, counted;
    ALTER TABLE entry RENAME COLUMN id TO row_id;
";

/// What machines share.
pub static STATE: Purpose = Purpose {
    noun: "shared store",
    variable: crate::core::env::STATE_URL,
    untouched: "nothing was sent",
    unheard: "it may or may not have been written",
    after_unheard: "Run the command again: it goes on where this one stopped.",
    too_large: || Failure::usage("a number is too large for the shared store"),
    schema: Some("topup_state"),
    version_table: "state_version",
    made_column: Some("made_ms"),
    version: VERSION,
    tables,
    not_owner: "The role that has made the tables can bring them on to the version of this program: \
                let it run 'topup history' once.",
    holds_sessions: true,
    synchronous: true,
};

fn tables(found: Option<i64>) -> String {
    let version = format!(
        "INSERT INTO state_version VALUES
         ({VERSION}, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT));"
    );
    let standing = for_postgres(&STANDING.replace("IN_CENTS", IN_CENTS));
    let made: &[&str] = match found {
        None => &[&for_postgres(TABLES), STAYS, MOVES, HAS_MOVED, &standing, PARTS],
        Some(1) => &[FORMER, MOVES, HAS_MOVED, &standing, FILL, PARTS],
        Some(_) => &[FORMER, HAS_MOVED, &standing, FILL, PARTS],
    };
    made.concat() + &version
}
