-- What happens to the shop while the feed streams.
SELECT some_customers(41, 50);
UPDATE customers SET name = name || ' é', born = NULL WHERE id % 10 = 1;
DELETE FROM customers WHERE id % 10 = 2;
UPDATE customers SET id = id + 1000 WHERE id % 10 = 3;
ALTER TABLE customers ADD COLUMN phone text;
SELECT some_customers(51, 60);
UPDATE customers SET phone = '+49 ' || id, settings = NULL WHERE id % 10 IN (1, 4);
DELETE FROM customers WHERE id % 10 = 5;
UPDATE customers SET id = id - 500 WHERE id > 1030;

SELECT some_orders(61, 80);
UPDATE orders SET state = 'paid', total = total + 0.01 WHERE id % 3 = 0 AND total < 1000;
UPDATE orders SET placed = placed + interval '1 ms', receipt = '\x00' WHERE id % 7 = 0;
UPDATE orders SET id = id + 1000 WHERE id % 10 = 0;
UPDATE order_items SET order_id = order_id + 1000, quantity = -quantity WHERE order_id % 10 = 0;
UPDATE order_items SET extra = '{"k": [1, {"z": null}]}', shipped = NULL WHERE line = 3;
DELETE FROM order_items WHERE line = 2 AND order_id % 4 = 0;
DELETE FROM orders WHERE id % 8 = 1;

-- One transaction that changes the same rows many times, ends where it began for some, and one that never happened.
BEGIN;
DELETE FROM customers WHERE id = 7;
SELECT some_customers(7, 7);
UPDATE customers SET name = 'once', newsletter = NULL WHERE id = 7;
UPDATE customers SET name = 'twice' WHERE id = 7;
INSERT INTO customers (id, name) VALUES (70, 'came and went');
DELETE FROM customers WHERE id = 70;
COMMIT;
BEGIN;
DELETE FROM orders;
UPDATE customers SET name = 'nobody';
ROLLBACK;
