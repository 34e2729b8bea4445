-- What version 3 of a shared store had besides version 2.

CREATE TABLE spent (
    origin TEXT COLLATE "C" NOT NULL, day BIGINT NOT NULL, unit TEXT COLLATE "C" NOT NULL, units BIGINT NOT NULL,
    PRIMARY KEY (origin, day, unit)
);
CREATE TABLE counted (
    purchase TEXT COLLATE "C" PRIMARY KEY REFERENCES purchase (id), unit TEXT COLLATE "C" NOT NULL,
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
INSERT INTO state_version VALUES (3, 1763640000000);
