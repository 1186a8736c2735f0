-- Four tables of :rows rows, read in each of the ways there are, and a procedure that changes their rows at random: updates
-- (most leave the value that is kept out of line alone), deletes, key changes, inserts, rollbacks.
CREATE TABLE by_key (id bigint PRIMARY KEY, n int, v text);
ALTER TABLE by_key ALTER v SET STORAGE EXTERNAL;
CREATE TABLE by_block (id bigint PRIMARY KEY, n int, v text);
CREATE TABLE by_two (a text, b int, n int, v text, PRIMARY KEY (a, b));
ALTER TABLE by_two ALTER v SET STORAGE EXTERNAL;
CREATE TABLE in_parts (id bigint PRIMARY KEY, n int, v text) PARTITION BY HASH (id);
CREATE TABLE in_parts_0 PARTITION OF in_parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE in_parts_1 PARTITION OF in_parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE FUNCTION far() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT repeat(md5(random()::text), 80) $$;
INSERT INTO by_key SELECT i, 0, CASE WHEN i % 3 = 0 THEN far() ELSE 'near' END FROM generate_series(1, :rows) i;
INSERT INTO by_block SELECT i, 0, md5(i::text) FROM generate_series(1, :rows) i;
INSERT INTO by_two SELECT md5((i / 10)::text), i % 10, 0, CASE WHEN i % 3 = 0 THEN far() ELSE 'near' END FROM generate_series(1, :rows) i;
INSERT INTO in_parts SELECT i, 0, md5(i::text) FROM generate_series(1, :rows) i;
CREATE SEQUENCE ids;
SELECT setval('ids', :rows);
CREATE TABLE stop_churning ();
ANALYZE;

-- Until stop_churning is gone.
CREATE PROCEDURE churn(many bigint) LANGUAGE plpgsql AS $$
DECLARE tab text; what float; lo bigint; range text;
BEGIN
  WHILE to_regclass('stop_churning') IS NOT NULL LOOP
    BEGIN   -- two of these may meet, and PostgreSQL ends one of them: what it changed is undone
    FOR i IN 1..1 + (random() * 5)::int LOOP
      tab := (ARRAY['by_key', 'by_block', 'by_two', 'in_parts'])[1 + (random() * 3)::int];
      lo := 1 + (random() * many)::bigint;
      range := CASE WHEN tab = 'by_two' THEN format('a = %L', md5((lo / 10)::text)) ELSE format('id BETWEEN %s AND %s', lo, lo + 5) END;
      what := random();
      IF what < 0.6 THEN
        EXECUTE format('UPDATE %s SET n = n + 1 WHERE %s', tab, range);
      ELSIF what < 0.7 THEN
        EXECUTE format('UPDATE %s SET v = CASE WHEN random() < 0.5 THEN far() ELSE ''near'' END WHERE %s', tab, range);
      ELSIF what < 0.8 THEN
        EXECUTE format('DELETE FROM %s WHERE %s', tab, range);
      ELSIF what < 0.9 THEN
        -- a new key and a new value: the stream says nothing of the old value's bytes under another key
        EXECUTE format('UPDATE %s SET %s, v = ''moved'' WHERE %s', tab,
          CASE WHEN tab = 'by_two' THEN 'a = md5(nextval(''ids'')::text)' ELSE 'id = nextval(''ids'')' END, range);
      ELSIF tab = 'by_two' THEN
        INSERT INTO by_two SELECT md5(nextval('ids')::text), 1, 1, far();
      ELSE
        EXECUTE format('INSERT INTO %s SELECT nextval(''ids''), 1, md5(random()::text)', tab);
      END IF;
    END LOOP;
    EXCEPTION WHEN serialization_failure OR deadlock_detected THEN NULL;
    END;
    IF random() < 0.05 THEN ROLLBACK; ELSE COMMIT; END IF;
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;
