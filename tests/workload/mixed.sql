-- Twenty tables and a procedure that changes them at random: inserts of one and of many rows, updates, deletes,
-- key changes, rollbacks. Each table has another mix of types; t_20 has no primary key but a unique index.
DO $$
BEGIN
  CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
  FOR i IN 1..19 LOOP
    EXECUTE format('CREATE TABLE t_%s (id bigint PRIMARY KEY, n int, small smallint, big bigint, amount numeric(12,2),
      free numeric, ratio double precision, flag boolean NOT NULL DEFAULT false, name text, code varchar(20), tag char(3), doc jsonb,
      day date, at_time time, made timestamp, seen timestamptz(3), token uuid, raw bytea, feeling mood, nums int[], words text[])', i);
  END LOOP;
  CREATE TABLE t_20 (id bigint NOT NULL, n int, name text, UNIQUE (id));
  ALTER TABLE t_20 REPLICA IDENTITY USING INDEX t_20_id_key;
  ALTER TABLE t_18 REPLICA IDENTITY FULL;
  ALTER TABLE t_19 REPLICA IDENTITY FULL;
END $$;
CREATE SEQUENCE ids;

CREATE FUNCTION some_rows(tab int, many int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF tab = 20 THEN
    EXECUTE 'INSERT INTO t_20 SELECT nextval(''ids''), (random() * 1e6)::int, md5(random()::text) FROM generate_series(1, $1)' USING many;
  ELSE
    EXECUTE format('INSERT INTO t_%s SELECT nextval(''ids''), (random() * 2e9 - 1e9)::int, (random() * 6e4 - 3e4)::int,
      (random() * 9e18 - 4e18)::bigint, (random() * 2e9 - 1e9)::numeric(12,2),
      CASE WHEN random() < 0.9 THEN (random() * 1e9)::numeric * 10 ^ (random() * 20)::int END, random() * 1e10 - 5e9,
      random() < 0.5, CASE WHEN random() < 0.8 THEN md5(random()::text) || repeat(''ä'', (random() * 20)::int) END,
      left(md5(random()::text), 12), ''x'', jsonb_build_object(''a'', random(), ''b'', md5(random()::text)),
      date ''2000-01-01'' + (random() * 20000)::int, time ''00:00'' + random() * interval ''24 hours'',
      timestamp ''2000-01-01'' + random() * interval ''30 years'', timestamptz ''1990-01-01'' + random() * interval ''40 years'',
      gen_random_uuid(), decode(md5(random()::text), ''hex''), (ARRAY[''sad'', ''ok'', ''happy'', NULL])[1 + (random() * 3)::int]::mood,
      ARRAY[(random() * 100)::int, NULL, 3], ARRAY[md5(random()::text), ''a "q" b'', NULL]
      FROM generate_series(1, $1)', tab) USING many;
  END IF;
END $$;

-- About `changes` row changes in transactions of 1 to 400 rows.
CREATE PROCEDURE mixed(changes bigint) LANGUAGE plpgsql AS $$
DECLARE done bigint := 0; tab int; many int; what float; statements int; got bigint; top bigint;
BEGIN
  WHILE done < changes LOOP
    statements := 1 + (random() * 4)::int;
    FOR i IN 1..statements LOOP
      tab := 1 + (random() * 19)::int;
      many := CASE WHEN random() < 0.5 THEN 1 + (random() * 3)::int ELSE 1 + (random() * 120)::int END;
      what := random();
      SELECT last_value INTO top FROM ids;
      IF what < 0.45 THEN
        PERFORM some_rows(tab, many); got := many;
      ELSIF what < 0.80 THEN
        EXECUTE format('UPDATE t_%s SET n = (random() * 1e6)::int, name = md5(random()::text) WHERE id IN
          (SELECT id FROM t_%1$s WHERE id > (random() * %s)::bigint ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)', tab, top, many);
        GET DIAGNOSTICS got = ROW_COUNT;
      ELSIF what < 0.95 THEN
        EXECUTE format('DELETE FROM t_%s WHERE id IN
          (SELECT id FROM t_%1$s WHERE id > (random() * %s)::bigint ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)', tab, top, many);
        GET DIAGNOSTICS got = ROW_COUNT;
      ELSE
        IF tab IN (18, 19) THEN tab := 1; END IF;   -- so that a key change shows by its message alone
        EXECUTE format('UPDATE t_%s SET id = nextval(''ids'') WHERE id IN
          (SELECT id FROM t_%1$s WHERE id > (random() * %s)::bigint ORDER BY id LIMIT 5 FOR UPDATE SKIP LOCKED)', tab, top);
        GET DIAGNOSTICS got = ROW_COUNT;
      END IF;
      done := done + got;
    END LOOP;
    IF random() < 0.03 THEN ROLLBACK; ELSE COMMIT; END IF;
  END LOOP;
END $$;
