//! The tables of what machines share: purchases, leases, logins, watches. In a schema of their own,
//! with a version of their own.

use crate::core::failure::Failure;
use crate::store::postgres::Purpose;
use crate::store::sql::for_postgres;

/// The version of the tables.
pub const VERSION: i64 = 3;

/// Version 1. Nothing of a purchase is ever changed or taken away. `entry.id` is chosen by who
/// writes: a row that is written again after a lost answer is there once. What is open, unreported
/// or kept is derived by triggers in the transaction that appends the rows, as in the file.
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
        seq COUNTING, id TEXT NOT NULL UNIQUE, purchase TEXT NOT NULL REFERENCES purchase (id),
        kind TEXT NOT NULL, ended TEXT, charge_id TEXT, cost TEXT, stamp TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX entry_by_purchase ON entry (purchase, seq);
    CREATE INDEX entry_by_charge ON entry (charge_id) WHERE charge_id IS NOT NULL;
    CREATE TABLE unfinished (purchase TEXT PRIMARY KEY REFERENCES purchase (id));
    CREATE TABLE untold (purchase TEXT PRIMARY KEY REFERENCES purchase (id));
    CREATE TABLE kept (purchase TEXT PRIMARY KEY REFERENCES purchase (id));
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

const TRIGGERS: &str = "
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
    CREATE FUNCTION state_purchase_begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO unfinished VALUES (NEW.id);
        RETURN NULL; END $$;
    CREATE TRIGGER purchase_begins AFTER INSERT ON purchase
        FOR EACH ROW EXECUTE FUNCTION state_purchase_begins();
    CREATE FUNCTION state_entry_counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM untold WHERE purchase = NEW.purchase;
        IF NEW.kind = 'delivered' THEN RETURN NULL; END IF;
        DELETE FROM kept WHERE purchase = NEW.purchase;
        IF NEW.kind = 'reopened' THEN
            INSERT INTO unfinished VALUES (NEW.purchase) ON CONFLICT DO NOTHING;
            RETURN NULL;
        END IF;
        DELETE FROM unfinished WHERE purchase = NEW.purchase;
        IF NEW.ended IN ('settled', 'failed', 'in_force') THEN
            INSERT INTO untold VALUES (NEW.purchase);
        ELSIF NEW.ended = 'key_kept' THEN
            INSERT INTO kept VALUES (NEW.purchase);
        END IF;
        RETURN NULL; END $$;
    CREATE TRIGGER entry_counts AFTER INSERT ON entry
        FOR EACH ROW WHEN (NEW.kind IN ('final', 'reopened', 'delivered'))
        EXECUTE FUNCTION state_entry_counts();
";

/// What version 2 has besides: where the purchases are, once they were moved out, and which moves have
/// brought some. Whoever begins something where they no longer are is refused by the server itself.
const MOVES: &str = "
    CREATE TABLE moved (
        id TEXT PRIMARY KEY, place TEXT NOT NULL, at_ms BIGINT NOT NULL, done BIGINT NOT NULL
    );
    CREATE TABLE received (id TEXT PRIMARY KEY);
    CREATE FUNCTION state_has_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE away TEXT;
        BEGIN
        SELECT place INTO away FROM moved LIMIT 1;
        IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'TU001', MESSAGE = away; END IF;
        RETURN NEW; END $$;
    CREATE TRIGGER purchase_has_moved BEFORE INSERT ON purchase
        FOR EACH ROW EXECUTE FUNCTION state_has_moved();
    CREATE TRIGGER entry_has_moved BEFORE INSERT ON entry
        FOR EACH ROW WHEN (NEW.kind IN ('recovered', 'sending', 'reopened'))
        EXECUTE FUNCTION state_has_moved();
";

/// What version 3 has besides: how much was bought of each portal on each UTC day, which guards read.
/// As in a file a sum is so many cents, or so many of a cost that is not written in whole cents.
///
/// Two rows of one purchase may be appended at once. So what a purchase has in its sum is kept beside
/// it, and whoever has locked that sees each row which was committed before.
const SPENT: &str = "
    CREATE TABLE spent (
        origin TEXT NOT NULL, day BIGINT NOT NULL, unit TEXT NOT NULL, units BIGINT NOT NULL,
        PRIMARY KEY (origin, day, unit)
    );
    CREATE TABLE counted (
        purchase TEXT PRIMARY KEY REFERENCES purchase (id), unit TEXT NOT NULL,
        units BIGINT NOT NULL
    );
    CREATE VIEW counting AS SELECT p.id, p.origin, p.asked_ms / 86400000 AS day,
            CASE WHEN k.is_cents THEN '0.01' ELSE k.cost END AS unit,
            CASE WHEN NOT k.counts THEN 0 WHEN k.is_cents THEN CAST(replace(k.cost, '.', '') AS BIGINT)
                ELSE 1 END AS units
        FROM purchase p CROSS JOIN LATERAL
            (SELECT c.cost, c.counts, c.cost ~ '^-?(0|[1-9][0-9]{0,11})[.][0-9][0-9]$' AS is_cents
             FROM (SELECT COALESCE(
                    (SELECT e.cost FROM entry e WHERE e.purchase = p.id AND e.cost IS NOT NULL
                        ORDER BY e.seq DESC LIMIT 1), p.amount) AS cost, COALESCE(
                    (SELECT e.ended FROM entry e WHERE e.purchase = p.id
                        AND e.kind IN ('final', 'reopened') ORDER BY e.seq DESC LIMIT 1), 'open')
                    NOT IN ('failed', 'refused', 'key_kept', 'never_sent', 'not_needed',
                        'marked_not_charged') AS counts OFFSET 0) AS c) AS k;
    CREATE FUNCTION state_purchase_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO counted SELECT id, unit, units FROM counting WHERE id = NEW.id;
        INSERT INTO spent AS s SELECT origin, day, unit, units FROM counting WHERE id = NEW.id
            ON CONFLICT (origin, day, unit) DO UPDATE SET units = s.units + EXCLUDED.units;
        RETURN NULL; END $$;
    CREATE TRIGGER purchase_is_counted AFTER INSERT ON purchase
        FOR EACH ROW EXECUTE FUNCTION state_purchase_is_counted();
    CREATE FUNCTION state_entry_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE had counted%ROWTYPE; has counting%ROWTYPE;
        BEGIN
        SELECT * INTO had FROM counted WHERE purchase = NEW.purchase FOR UPDATE;
        SELECT * INTO has FROM counting WHERE id = NEW.purchase;
        IF (had.unit, had.units) = (has.unit, has.units) THEN RETURN NULL; END IF;
        UPDATE counted SET unit = has.unit, units = has.units WHERE purchase = NEW.purchase;
        INSERT INTO spent AS s SELECT has.origin, has.day, v.unit, SUM(v.units)
            FROM (VALUES (had.unit, -had.units), (has.unit, has.units)) AS v (unit, units)
            GROUP BY v.unit ORDER BY v.unit
            ON CONFLICT (origin, day, unit) DO UPDATE SET units = s.units + EXCLUDED.units;
        RETURN NULL; END $$;
    CREATE TRIGGER entry_is_counted AFTER INSERT ON entry
        FOR EACH ROW WHEN (NEW.kind IN ('final', 'reopened') OR NEW.cost IS NOT NULL)
        EXECUTE FUNCTION state_entry_is_counted();
    INSERT INTO counted SELECT id, unit, units FROM counting;
    INSERT INTO spent SELECT origin, day, unit, SUM(units) FROM counting GROUP BY origin, day, unit;
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
    let spent = for_postgres(SPENT);
    match found {
        None => [&for_postgres(TABLES), TRIGGERS, MOVES, &spent, &version].concat(),
        Some(1) => [MOVES, &spent, &version].concat(),
        Some(_) => spent + &version,
    }
}
