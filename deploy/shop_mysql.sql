-- shop.sql for MySQL and MariaDB.
CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL, country char(2) NOT NULL,
  joined timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), settings json);
CREATE TABLE products (sku varchar(12) PRIMARY KEY, title varchar(100) NOT NULL, price decimal(10,2) NOT NULL, stock int NOT NULL);
CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer int NOT NULL REFERENCES customers (id),
  state enum('new','paid') NOT NULL DEFAULT 'new', placed timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6));
CREATE TABLE order_items (order_id bigint, sku varchar(12), quantity int NOT NULL, price decimal(10,2) NOT NULL, PRIMARY KEY (order_id, sku));

INSERT INTO products WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 50)
  SELECT CONCAT('SKU-', i), CONCAT('Product no. ', i), 1 + RAND() * 200, 100000 FROM n;
INSERT INTO customers (name, country, settings) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  SELECT CONCAT('Customer ', i), ELT(1 + i % 4, 'DE', 'FR', 'IT', 'NL'), JSON_OBJECT('newsletter', i % 3 = 0) FROM n;

-- Orders placed one a transaction; some paid, some cancelled and deleted, prices changed now and then.
DELIMITER //
CREATE PROCEDURE trade(many int) BEGIN
  DECLARE o bigint;
  DECLARE one varchar(12);
  DECLARE CONTINUE HANDLER FOR 1213 BEGIN END;      -- two traders in each other's way
  WHILE many > 0 DO
    START TRANSACTION;
    INSERT INTO orders (customer) VALUES (1 + FLOOR(RAND() * 200));
    SET o = LAST_INSERT_ID();
    INSERT INTO order_items SELECT o, sku, 1 + FLOOR(RAND() * 4), price FROM products ORDER BY RAND() LIMIT 3;
    UPDATE products p JOIN order_items i ON i.order_id = o AND p.sku = i.sku SET p.stock = p.stock - i.quantity;
    COMMIT;
    START TRANSACTION;
    IF RAND() < 0.7 THEN UPDATE orders SET state = 'paid' WHERE id = o; END IF;
    IF RAND() < 0.1 THEN DELETE FROM order_items WHERE order_id = o; DELETE FROM orders WHERE id = o; END IF;
    SET one = CONCAT('SKU-', 1 + FLOOR(RAND() * 50));      -- a WHERE would roll the dice for each row
    IF RAND() < 0.02 THEN UPDATE products SET price = price * 1.01 WHERE sku = one; END IF;
    COMMIT;
    SET many = many - 1;
  END WHILE;
END //
DELIMITER ;
