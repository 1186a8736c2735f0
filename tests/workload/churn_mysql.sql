-- churn.sql for MySQL and MariaDB, after SET @many: four tables of @many rows, read in each of the ways there are, and a procedure that
-- changes their rows at random: updates, deletes, key changes, inserts, rollbacks. The last table cannot be cut (its key is a DOUBLE).
CREATE TABLE ids (id bigint AUTO_INCREMENT PRIMARY KEY);
CREATE TABLE running (i int PRIMARY KEY);
INSERT INTO running VALUES (1);
CREATE TABLE digits (i int PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE many AS SELECT 1 + a.i + 10 * b.i + 100 * c.i + 1000 * d.i + 10000 * e.i + 100000 * f.i AS i
  FROM digits a, digits b, digits c, digits d, digits e, digits f HAVING i <= @many;
CREATE TABLE t_number (id bigint PRIMARY KEY, n int, v text, made datetime(6), amount decimal(12,2));
CREATE TABLE t_parts (id bigint PRIMARY KEY, n int, v varchar(200)) PARTITION BY HASH (id) PARTITIONS 3;
CREATE TABLE t_two (a varchar(40), b int, n int, v longtext, PRIMARY KEY (a, b));
CREATE TABLE t_whole (id double PRIMARY KEY, n int, v varchar(200));
INSERT INTO t_number SELECT i, 0, IF(i % 3, 'near', REPEAT(SHA2(i, 256), 20)), '2000-01-01' + INTERVAL i SECOND, i / 7 FROM many;
INSERT INTO t_parts SELECT i, 0, SHA2(i, 256) FROM many;
INSERT INTO t_two SELECT LEFT(SHA2(i DIV 10, 256), 32), i % 10, 0, JSON_OBJECT('v', i) FROM many;
INSERT INTO t_whole SELECT i / 2, 0, SHA2(i, 256) FROM many WHERE i % 10 = 0;
INSERT INTO ids VALUES (@many);
DELIMITER //
CREATE PROCEDURE fresh_id(OUT id bigint) BEGIN INSERT INTO ids VALUES (NULL); SET id = LAST_INSERT_ID(); END //
-- Until running is empty.
CREATE PROCEDURE churn(many bigint) BEGIN
  DECLARE statements int; DECLARE what double; DECLARE lo, new bigint; DECLARE t, picked, moved text;
  DECLARE CONTINUE HANDLER FOR 1213, 1205 BEGIN END;      -- a deadlock: its transaction is undone
  WHILE (SELECT COUNT(*) FROM running) > 0 DO
    SET statements = 1 + RAND() * 5;
    START TRANSACTION;
    WHILE statements > 0 DO
      SET t = ELT(1 + FLOOR(RAND() * 4), 't_number', 't_parts', 't_two', 't_whole'), lo = 1 + RAND() * many, what = RAND(), statements = statements - 1;
      SET picked = CASE t WHEN 't_two' THEN CONCAT('a = ''', LEFT(SHA2(lo DIV 10, 256), 32), '''') ELSE CONCAT('id BETWEEN ', lo, ' AND ', lo + 5) END;
      CALL fresh_id(new);
      SET moved = IF(t = 't_two', CONCAT('a = ''', LEFT(SHA2(new, 256), 32), ''''), CONCAT('id = id - ', lo, ' + 10 * ', new));
      SET @s = CASE WHEN what < 0.6 THEN CONCAT('UPDATE ', t, ' SET n = n + 1 WHERE ', picked)
        WHEN what < 0.7 THEN CONCAT('UPDATE ', t, ' SET v = JSON_OBJECT(''v'', REPEAT(SHA2(n, 256), IF(RAND() < 0.5, 2, 1))) WHERE ', picked)
        WHEN what < 0.8 THEN CONCAT('DELETE FROM ', t, ' WHERE ', picked)
        WHEN what < 0.9 THEN CONCAT('UPDATE ', t, ' SET ', moved, ' WHERE ', picked)
        WHEN t = 't_two' THEN CONCAT('INSERT INTO t_two VALUES (LEFT(SHA2(', new, ', 256), 32), 100, 1, ''{}'')')
        ELSE CONCAT('INSERT INTO ', t, ' (id, n, v) VALUES (10 * ', new, ' + 9, 1, SHA2(RAND(), 256))') END;
      PREPARE p FROM @s; EXECUTE p; DEALLOCATE PREPARE p;
    END WHILE;
    IF RAND() < 0.05 THEN ROLLBACK; ELSE COMMIT; END IF;
    DO SLEEP(0.01);
  END WHILE;
END //
DELIMITER ;
