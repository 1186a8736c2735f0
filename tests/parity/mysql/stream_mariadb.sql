UPDATE unseen.t_versioned SET v = 9 WHERE id = 101; DELETE FROM unseen.t_versioned WHERE id = 102; UPDATE t_uuid_key SET k = '123e4567-e89b-12d3-a456-426614174999' WHERE k = '123e4567-e89b-12d3-a456-426614174100'; DELETE FROM t_uuid WHERE id = 101;
UPDATE unseen.t_period FOR PORTION OF app FROM '2024-03-01' TO '2024-04-01' SET v = 2 WHERE id = 101; DELETE FROM unseen.t_period FOR PORTION OF app FROM '2024-06-01' TO '2024-07-01' WHERE id = 101;
SELECT NEXTVAL(unseen.numbers); ALTER SEQUENCE unseen.numbers RESTART 100; INSERT INTO t_sequence (v) VALUES (3); 
-- It keeps the old table at CREATE OR REPLACE.
CREATE OR REPLACE TABLE unseen.made (id int PRIMARY KEY); INSERT INTO unseen.made VALUES (1); CREATE OR REPLACE TABLE unseen.made (id int PRIMARY KEY, w int); INSERT INTO unseen.made VALUES (2, 3); DROP TABLE unseen.made;
INSERT INTO r_plain VALUES (740, 'returning', 1, NULL) RETURNING id; DELETE FROM r_plain WHERE id = 740 RETURNING id; SET STATEMENT max_statement_time = 100 FOR INSERT INTO r_plain VALUES (741, 'set statement', 1, NULL);
ALTER TABLE t_aria ADD COLUMN IF NOT EXISTS w int, ADD COLUMN IF NOT EXISTS v varchar(10); INSERT INTO t_aria VALUES (201, 'b', 1); ALTER TABLE t_aria DROP COLUMN IF EXISTS w; INSERT INTO t_aria VALUES (202, 'c');
START TRANSACTION; INSERT INTO r_plain VALUES (511, 'lost', 1, NULL); INSERT INTO t_myisam VALUES (511, 'kept'); ROLLBACK;
