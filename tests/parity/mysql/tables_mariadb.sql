-- What MariaDB alone has.
CREATE TABLE t_uuid (id int PRIMARY KEY, a uuid, b uuid NOT NULL, c inet6, d inet4, e inet6 NOT NULL DEFAULT '::1', f uuid DEFAULT '123e4567-e89b-12d3-a456-426614174000');
CREATE TABLE t_uuid_key (k uuid PRIMARY KEY, v int);
CREATE TABLE t_compressed (id int PRIMARY KEY, a varchar(1000) COMPRESSED, b text COMPRESSED, c blob COMPRESSED, d varbinary(1000) COMPRESSED NOT NULL, e mediumtext COMPRESSED);
CREATE TABLE t_versioned (id int PRIMARY KEY, v int) WITH SYSTEM VERSIONING;
CREATE TABLE t_versioned_columns (id int PRIMARY KEY, v int, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING;
CREATE TABLE t_period (id int, a date, b date, v int, PERIOD FOR app (a, b), PRIMARY KEY (id, app WITHOUT OVERLAPS));
CREATE TABLE t_aria (id int PRIMARY KEY, v varchar(10)) ENGINE = Aria TRANSACTIONAL = 1;
CREATE SEQUENCE numbers START WITH 10; CREATE TABLE t_sequence (id int DEFAULT (NEXTVAL(numbers)) PRIMARY KEY, v int);
CREATE TABLE t_without_check (id int PRIMARY KEY, a longtext CHECK (json_valid(a)), b json NOT NULL DEFAULT '{}');
