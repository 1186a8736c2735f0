"""Databases that drifted apart by hand, one of each kind of difference."""
from place import database

OLD = """CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
    CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, total numeric(10,2), placed timestamp(3) NOT NULL DEFAULT now(), state mood
        DEFAULT 'ok', note varchar(40), old_code int, code char(3) DEFAULT 'EUR');
    COMMENT ON COLUMN orders.total IS 'net'; CREATE TABLE gone (id int PRIMARY KEY, x text);
    CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, email text);
    CREATE TABLE places (id int PRIMARY KEY, a int, b text, c date);
    CREATE TABLE ship_log (id int PRIMARY KEY, at timestamptz, what text, who text); CREATE TABLE same (id int PRIMARY KEY)"""
NEW = """CREATE TYPE mood AS ENUM ('sad', 'happy', 'great');
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(12,4) NOT NULL DEFAULT 0, placed timestamp(6) NOT NULL DEFAULT
        now(), state mood DEFAULT 'happy', note varchar(80), created date NOT NULL, "<script>alert(1)</script>" text, code text DEFAULT 'EUR',
        gross numeric GENERATED ALWAYS AS (total * 1.2) STORED);
    COMMENT ON COLUMN orders.total IS '<img src=x onerror=alert(1)>'; CREATE TABLE "fresh one" (id uuid PRIMARY KEY, tags text[], n numeric, d jsonb);
    CREATE TABLE customers (id bigint, name text, email text NOT NULL, PRIMARY KEY (id, email));
    CREATE TABLE places (id int PRIMARY KEY, c date, a int, b text);
    CREATE TABLE shipping_log (id int PRIMARY KEY, at timestamptz, what text, who text); CREATE TABLE same (id int PRIMARY KEY)"""
MYSQL_OLD = """CREATE TABLE orders (id bigint PRIMARY KEY AUTO_INCREMENT, customer int NOT NULL, total decimal(10,2), placed datetime(3) NOT NULL DEFAULT
        CURRENT_TIMESTAMP(3), state enum('new','paid','shipped') NOT NULL DEFAULT 'new', note varchar(40) COMMENT 'free', old_code int unsigned);
    CREATE TABLE ship_log (id int PRIMARY KEY, at timestamp(6) NULL, what text, who text); CREATE TABLE same (id int PRIMARY KEY, a int)"""
MYSQL_NEW = """CREATE TABLE orders (id bigint PRIMARY KEY AUTO_INCREMENT, customer_id int NOT NULL, total decimal(12,4) NOT NULL DEFAULT 0, placed
        datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), state enum('new','paid','sent') NOT NULL DEFAULT 'paid', note varchar(80) COMMENT 'text',
        created date NOT NULL, gross decimal(12,4) GENERATED ALWAYS AS (total * 1.2) STORED);
    CREATE TABLE shipping_log (id int PRIMARY KEY, at timestamp(6) NULL, what text, who text); CREATE TABLE same (id int PRIMARY KEY, a int)"""


def drift():
    return database(OLD), database(NEW)
