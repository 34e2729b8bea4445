-- What version 2 of a shared store had besides version 1.

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
INSERT INTO state_version VALUES (2, 1763640000000);
