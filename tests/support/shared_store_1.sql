-- The tables of the store that machines share as version 1 has made them. Never to be changed: a test
-- brings them on to what they are now.
CREATE TABLE state_version (version BIGINT NOT NULL, made_ms BIGINT NOT NULL);
CREATE TABLE purchase (
    id TEXT COLLATE "C" PRIMARY KEY, origin TEXT COLLATE "C" NOT NULL, organisation TEXT COLLATE "C", naming TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C", generation BIGINT NOT NULL, idempotency_key TEXT COLLATE "C" NOT NULL,
    amount TEXT COLLATE "C" NOT NULL, asked_ms BIGINT NOT NULL, plan TEXT COLLATE "C"
);
CREATE INDEX purchase_by_name ON purchase (origin, name, generation);
CREATE INDEX purchase_by_key ON purchase (origin, idempotency_key);
CREATE INDEX purchase_by_time ON purchase (asked_ms);
CREATE INDEX purchase_by_origin ON purchase (origin, asked_ms);
CREATE TABLE entry (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT COLLATE "C" NOT NULL UNIQUE, purchase TEXT COLLATE "C" NOT NULL REFERENCES purchase (id),
    kind TEXT COLLATE "C" NOT NULL, ended TEXT COLLATE "C", charge_id TEXT COLLATE "C", cost TEXT COLLATE "C", stamp TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL
);
CREATE INDEX entry_by_purchase ON entry (purchase, seq);
CREATE INDEX entry_by_charge ON entry (charge_id) WHERE charge_id IS NOT NULL;
CREATE TABLE unfinished (purchase TEXT COLLATE "C" PRIMARY KEY REFERENCES purchase (id));
CREATE TABLE untold (purchase TEXT COLLATE "C" PRIMARY KEY REFERENCES purchase (id));
CREATE TABLE kept (purchase TEXT COLLATE "C" PRIMARY KEY REFERENCES purchase (id));
CREATE TABLE lease (
    entity TEXT COLLATE "C" PRIMARY KEY, fence BIGINT NOT NULL, holder TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL, by_session BIGINT NOT NULL
);
CREATE TABLE login (
    profile TEXT COLLATE "C" PRIMARY KEY, version BIGINT NOT NULL, document TEXT COLLATE "C" NOT NULL,
    changed_ms BIGINT NOT NULL
);
CREATE TABLE crossing (id TEXT COLLATE "C" PRIMARY KEY, body TEXT COLLATE "C" NOT NULL, changed_ms BIGINT NOT NULL);
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
INSERT INTO state_version VALUES (1, 1764500000000);
