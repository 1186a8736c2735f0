-- The shop that the consumers read. This much is there when the feed begins: its snapshot.
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, country char(2), born date, joined timestamptz NOT NULL DEFAULT now(),
  newsletter boolean, token uuid, settings jsonb);
CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, state text NOT NULL DEFAULT 'new', total numeric(10,2),
  placed timestamptz(3), note text, receipt bytea);
CREATE TABLE order_items (order_id bigint, line int, token uuid NOT NULL, quantity int NOT NULL, price numeric(10,2) NOT NULL,
  shipped date, extra jsonb, PRIMARY KEY (order_id, line));
ALTER TABLE orders REPLICA IDENTITY FULL, ALTER note SET STORAGE EXTERNAL;   -- long notes are TOAST: not in the log when unchanged
ALTER TABLE order_items REPLICA IDENTITY FULL;

CREATE FUNCTION some_customers(first int, last int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO customers SELECT i, (ARRAY['Zoë Ångström', '李小龍', 'Δημήτρης', 'O''Brien "Bob"', 'Иван 🚀', ''])[1 + i % 6] || ' ' || i,
    CASE WHEN i % 5 > 0 THEN (ARRAY['DE', 'FR', 'N'])[1 + i % 3] END,
    CASE WHEN i % 4 > 0 THEN date '1969-12-25' + i * 97 * (1 - i % 3) END,
    timestamptz '2024-02-29 23:59:58.5+05:30' + i * interval '1 hour 0.001001 s',
    CASE WHEN i % 7 > 0 THEN i % 2 = 0 END, CASE WHEN i % 3 > 0 THEN md5(i::text)::uuid END,
    CASE WHEN i % 6 > 0 THEN jsonb_build_object('n', i, 'ü', ARRAY['a', NULL, '"'], 'deep', jsonb_build_object('x', i / 8.0)) END
  FROM generate_series(first, last) i $$;
CREATE FUNCTION some_orders(first int, last int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO orders SELECT 9007199254740992 + i, 1 + i % 40, 'new',     -- beyond what a double can count
    (ARRAY[NULL, 0, -0.01, 99999999.99, i * 1.1, 1.5])[1 + i % 6],
    CASE WHEN i % 5 > 0 THEN timestamptz '2025-01-01 00:00:00Z' + i * interval '12345.678 s' END,
    CASE WHEN i % 4 > 0 THEN repeat('längere Notiz ' || i || E'\n', i % 4 * i * 3) END,
    CASE WHEN i % 3 > 0 THEN decode(repeat(lpad(to_hex(i), 2, '0') || '00ff', i % 3 * 4 - 4), 'hex') END
  FROM generate_series(first, last) i;
  INSERT INTO order_items SELECT 9007199254740992 + i, line, md5(i || ' ' || line)::uuid, line * i, (i + line) / 8.0,
    CASE WHEN line > 1 THEN date '2025-01-01' + i END, CASE WHEN line <> 2 THEN to_jsonb(i) END
  FROM generate_series(first, last) i, generate_series(1, 3) line $$;
SELECT some_customers(1, 40), some_orders(1, 60);
