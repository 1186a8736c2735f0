-- What MariaDB alone has. COMPRESSED columns are not here: Debezium dies of their type in any database of the stream (tests/e2e has them).
CREATE TABLE t_uuid (id int PRIMARY KEY, a uuid, b uuid NOT NULL, f uuid DEFAULT '123e4567-e89b-12d3-a456-426614174000');
CREATE TABLE t_uuid_key (k uuid PRIMARY KEY, v int);
-- Rows have two columns more than its table.
CREATE TABLE unseen.t_versioned (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING;
CREATE TABLE unseen.t_versioned_columns (id int PRIMARY KEY, v int, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING;
-- Its parser does not know the syntax.
CREATE TABLE unseen.t_inet (id int PRIMARY KEY, c inet6, d inet4, e inet6 NOT NULL DEFAULT '::1');
CREATE TABLE unseen.t_period (id int, a date, b date, v int, PERIOD FOR app (a, b), PRIMARY KEY (id, app WITHOUT OVERLAPS));
CREATE TABLE t_aria (id int PRIMARY KEY, v varchar(10)) ENGINE = Aria TRANSACTIONAL = 1;
-- It streams a sequence's rows, of whose shape it knows nothing.
CREATE SEQUENCE unseen.numbers START WITH 10; CREATE TABLE t_sequence (id int DEFAULT (NEXTVAL(unseen.numbers)) PRIMARY KEY, v int);
CREATE TABLE t_without_check (id int PRIMARY KEY, a longtext CHECK (json_valid(a)), b json NOT NULL DEFAULT '{}');
-- Its driver: IllegalArgumentException at YEAR 0.
CREATE TABLE unseen.t_year_zero (id int PRIMARY KEY, a year, b year NOT NULL, c year DEFAULT 0, d year NOT NULL DEFAULT 0);
