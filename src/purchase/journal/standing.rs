//! Which purchases and payments are open, and which have ended but were not reported: kept
//! beside the rows, so that a journal of any length is asked in the time that its open ones take.
//!
//! Nothing here is a fact of its own: triggers derive it from the rows in the transaction that
//! appends them.

/// What version 3 of the journal has besides, filled from the rows that are there.
pub(super) const TABLES: &str = "
    CREATE INDEX purchase_by_origin ON purchase (origin, asked_ms);
    CREATE TABLE unfinished (purchase TEXT PRIMARY KEY REFERENCES purchase (id)) STRICT, WITHOUT ROWID;
    CREATE TABLE untold (purchase TEXT PRIMARY KEY REFERENCES purchase (id)) STRICT, WITHOUT ROWID;
    INSERT INTO unfinished SELECT p.id FROM purchase p WHERE (SELECT e.ended FROM entry e
        WHERE e.purchase = p.id AND e.kind IN ('final', 'reopened') ORDER BY e.seq DESC LIMIT 1) IS NULL;
    INSERT INTO untold SELECT p.id FROM purchase p WHERE (SELECT e.ended FROM entry e
        WHERE e.purchase = p.id AND e.kind IN ('final', 'reopened') ORDER BY e.seq DESC LIMIT 1)
            IN ('settled', 'failed') AND NOT EXISTS
        (SELECT 1 FROM entry d WHERE d.purchase = p.id AND d.kind = 'delivered' AND d.seq >
            (SELECT MAX(f.seq) FROM entry f WHERE f.purchase = p.id AND f.kind = 'final'));
    CREATE TRIGGER purchase_begins AFTER INSERT ON purchase BEGIN
        INSERT INTO unfinished VALUES (NEW.id);
    END;
    CREATE TRIGGER purchase_ends AFTER INSERT ON entry WHEN NEW.kind = 'final' BEGIN
        DELETE FROM unfinished WHERE purchase = NEW.purchase;
        DELETE FROM untold WHERE purchase = NEW.purchase;
        INSERT INTO untold SELECT NEW.purchase WHERE NEW.ended IN ('settled', 'failed');
    END;
    CREATE TRIGGER purchase_reopens AFTER INSERT ON entry WHEN NEW.kind = 'reopened' BEGIN
        INSERT OR IGNORE INTO unfinished VALUES (NEW.purchase);
        DELETE FROM untold WHERE purchase = NEW.purchase;
    END;
    CREATE TRIGGER purchase_is_told AFTER INSERT ON entry WHEN NEW.kind = 'delivered' BEGIN
        DELETE FROM untold WHERE purchase = NEW.purchase;
    END;
    CREATE TABLE unfinished_payment (payment TEXT PRIMARY KEY REFERENCES payment (id)) STRICT, WITHOUT ROWID;
    CREATE TABLE untold_payment (payment TEXT PRIMARY KEY REFERENCES payment (id)) STRICT, WITHOUT ROWID;
    INSERT INTO unfinished_payment SELECT p.id FROM payment p WHERE NOT EXISTS
        (SELECT 1 FROM payment_entry e WHERE e.payment = p.id AND e.kind = 'ended');
    INSERT INTO untold_payment SELECT p.id FROM payment p WHERE (SELECT e.ended FROM payment_entry e
        WHERE e.payment = p.id AND e.kind = 'ended' ORDER BY e.seq DESC LIMIT 1)
            IN ('settled', 'failed') AND NOT EXISTS
        (SELECT 1 FROM payment_entry d WHERE d.payment = p.id AND d.kind = 'delivered');
    CREATE TRIGGER payment_begins AFTER INSERT ON payment BEGIN
        INSERT INTO unfinished_payment VALUES (NEW.id);
    END;
    CREATE TRIGGER payment_ends AFTER INSERT ON payment_entry WHEN NEW.kind = 'ended' BEGIN
        DELETE FROM unfinished_payment WHERE payment = NEW.payment;
        DELETE FROM untold_payment WHERE payment = NEW.payment;
        INSERT INTO untold_payment SELECT NEW.payment WHERE NEW.ended IN ('settled', 'failed')
            AND NOT EXISTS (SELECT 1 FROM payment_entry d
                WHERE d.payment = NEW.payment AND d.kind = 'delivered');
    END;
    CREATE TRIGGER payment_is_told AFTER INSERT ON payment_entry WHEN NEW.kind = 'delivered' BEGIN
        DELETE FROM untold_payment WHERE payment = NEW.payment;
    END;
";
