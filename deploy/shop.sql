-- A small shop, and a procedure that trades in it.
CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL,
  joined timestamptz NOT NULL DEFAULT now(), settings jsonb);
CREATE TABLE products (sku varchar(12) PRIMARY KEY, title text NOT NULL, price numeric(10,2) NOT NULL, stock int NOT NULL);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES customers,
  state text NOT NULL DEFAULT 'new', placed timestamptz NOT NULL DEFAULT now());
CREATE TABLE order_items (order_id bigint REFERENCES orders ON DELETE CASCADE, sku varchar(12) REFERENCES products,
  quantity int NOT NULL, price numeric(10,2) NOT NULL, PRIMARY KEY (order_id, sku));

INSERT INTO products SELECT 'SKU-' || i, 'Product no. ' || i, (1 + random() * 200)::numeric(10,2), 100000 FROM generate_series(1, 50) i;
INSERT INTO customers (name, country, settings)
  SELECT 'Customer ' || i, (ARRAY['DE', 'FR', 'IT', 'NL'])[1 + i % 4], jsonb_build_object('newsletter', i % 3 = 0)
  FROM generate_series(1, 200) i;

-- Orders placed one a transaction; some paid, some cancelled and deleted, prices changed now and then.
CREATE PROCEDURE trade(many int) LANGUAGE plpgsql AS $$
DECLARE
  o bigint;
  one varchar;
BEGIN
  FOR i IN 1..many LOOP
    INSERT INTO orders (customer) SELECT id FROM customers ORDER BY random() LIMIT 1 RETURNING id INTO o;
    INSERT INTO order_items SELECT o, sku, 1 + (random() * 4)::int, price FROM products ORDER BY random() LIMIT 1 + (random() * 3)::int;
    PERFORM FROM products p JOIN order_items i USING (sku) WHERE i.order_id = o ORDER BY sku FOR NO KEY UPDATE OF p;   -- no deadlock
    UPDATE products p SET stock = stock - quantity FROM order_items i WHERE i.order_id = o AND p.sku = i.sku;
    COMMIT;
    IF random() < 0.7 THEN UPDATE orders SET state = 'paid' WHERE id = o; END IF;
    IF random() < 0.1 THEN DELETE FROM orders WHERE id = o; END IF;
    one := 'SKU-' || (1 + (random() * 49)::int);      -- a WHERE would roll the dice for each row
    IF random() < 0.02 THEN UPDATE products SET price = (price * 1.01)::numeric(10,2) WHERE sku = one; END IF;
    COMMIT;
  END LOOP;
END $$;
