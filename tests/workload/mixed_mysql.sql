-- mixed.sql for MySQL and MariaDB: twenty tables and a procedure that changes them at random.
CREATE TABLE ids (id bigint AUTO_INCREMENT PRIMARY KEY);
CREATE TABLE numbers (i int PRIMARY KEY);
INSERT INTO numbers WITH RECURSIVE x AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM x WHERE i < 399) SELECT i FROM x;
DELIMITER //
CREATE PROCEDURE tables() BEGIN
  DECLARE i int DEFAULT 1;
  WHILE i <= 20 DO
    SET @s = CONCAT('CREATE TABLE t_', i, ' (id bigint ', IF(i = 20, 'NOT NULL UNIQUE', 'PRIMARY KEY'), ', n int, name varchar(100), small smallint unsigned, big bigint, amount decimal(12,2),
      ratio double, flag tinyint(1) NOT NULL DEFAULT 0, code varchar(20) CHARACTER SET latin1, doc json, day date, at_time time(6), made datetime(6), seen timestamp(3) NULL,
      raw varbinary(16), feeling enum(''sad'',''ok'',''happy''), tags set(''a'',''b'',''c''), bits bit(10), born year, long_text text)');
    PREPARE p FROM @s; EXECUTE p; SET i = i + 1;
  END WHILE;
END //
CREATE PROCEDURE some_rows(tab int, many int) BEGIN
  INSERT INTO ids VALUES (NULL);
  SET @top = LAST_INSERT_ID() * 1000;
  SET @s = CONCAT('INSERT INTO t_', tab, ' SELECT @top + i, RAND() * 1e6, UUID(), RAND() * 65000, RAND() * 9e18 - 4e18, RAND() * 2e9 - 1e9, RAND() * 1e10 - 5e9, RAND() < 0.5,
    CONCAT(''é€'', LEFT(UUID(), 8)), JSON_OBJECT(''a'', FLOOR(RAND() * 1e6), ''b'', UUID()), ''2000-01-01'' + INTERVAL RAND() * 20000 DAY, SEC_TO_TIME(FLOOR(RAND() * 86400)),
    ''2000-01-01'' + INTERVAL RAND() * 9e8 SECOND, IF(RAND() < 0.9, ''1990-01-01'' + INTERVAL RAND() * 1e9 SECOND, NULL), UNHEX(REPLACE(UUID(), ''-'', '''')),
    1 + RAND() * 2, FLOOR(RAND() * 8), FLOOR(RAND() * 1024), 1970 + RAND() * 100, IF(RAND() < 0.8, REPEAT(''ä🙂'', RAND() * 40), NULL) FROM numbers WHERE i < ', many);
  PREPARE p FROM @s; EXECUTE p; DEALLOCATE PREPARE p;
END //
-- About `changes` row changes in transactions of 1 to 400 rows.
CREATE PROCEDURE mixed(changes bigint) BEGIN
  DECLARE done, got bigint DEFAULT 0; DECLARE tab, many, statements int; DECLARE what double;
  DECLARE CONTINUE HANDLER FOR 1213, 1205 BEGIN END;      -- a deadlock: its transaction is undone
  WHILE done < changes DO
    SET statements = 1 + RAND() * 4;
    START TRANSACTION;
    WHILE statements > 0 DO
      SET tab = 1 + FLOOR(RAND() * 20), many = IF(RAND() < 0.5, 1 + RAND() * 3, 1 + RAND() * 120), what = RAND(), got = 0, statements = statements - 1;
      IF what < 0.45 THEN CALL some_rows(tab, many); SET got = many;
      ELSE
        SET @from = (SELECT FLOOR(RAND() * MAX(id)) * 1000 FROM ids);
        SET @s = CASE WHEN what < 0.80 THEN CONCAT('UPDATE t_', tab, ' SET n = RAND() * 1e6, name = UUID() WHERE id >= @from ORDER BY id LIMIT ', many)
          WHEN what < 0.95 THEN CONCAT('DELETE FROM t_', tab, ' WHERE id >= @from ORDER BY id LIMIT ', many)
          ELSE CONCAT('UPDATE t_', tab, ' SET id = -id WHERE id >= @from ORDER BY id LIMIT ', LEAST(many, 5)) END;
        PREPARE p FROM @s; EXECUTE p; SET got = ROW_COUNT(); DEALLOCATE PREPARE p;
      END IF;
      SET done = done + GREATEST(got, 0);
    END WHILE;
    IF RAND() < 0.03 THEN ROLLBACK; ELSE COMMIT; END IF;
  END WHILE;
END //
DELIMITER ;
CALL tables();
