-- Tables of the comparison with Debezium on MySQL and MariaDB; rows.sql fills them twice: for the snapshot, and for the stream.
-- What only one of them has is in tables_mysql.sql and tables_mariadb.sql. Debezium does not see the database unseen: it does not
-- survive its tables, and why is said there. Ours must still read them, in snapshot and stream alike.
CREATE DATABASE parity CHARACTER SET utf8mb4; CREATE DATABASE other CHARACTER SET latin1; CREATE DATABASE `Mixed-Case`; CREATE DATABASE unseen;
USE parity;
CREATE TABLE t_int (id int PRIMARY KEY, a tinyint, b tinyint unsigned, c smallint, d smallint unsigned, e mediumint, f mediumint unsigned,
  g int unsigned, h bigint, i bigint NOT NULL, j tinyint(1), k tinyint(1) unsigned, l boolean NOT NULL, m int(5) zerofill, n tinyint(4),
  o int unsigned NOT NULL, p integer, q int8, r middleint);
CREATE TABLE t_unsigned (id int PRIMARY KEY, a bigint unsigned, b bigint unsigned NOT NULL, c bigint(20) zerofill);
CREATE TABLE t_unsigned_key (k bigint unsigned PRIMARY KEY, v int);
CREATE TABLE t_float (id int PRIMARY KEY, a float, b double, c float(7,2), d double(10,3), e float NOT NULL, f double NOT NULL, g float(53),
  h real, i float unsigned, j double unsigned, k double precision, l float(7,2) NOT NULL, m float(24));
CREATE TABLE t_decimal (id int PRIMARY KEY, a decimal(10,2), b decimal(65,30), c decimal(5,0), d numeric, e decimal(10,2) NOT NULL,
  f decimal(20,10) unsigned, g decimal(65,0), h decimal(30,30), i dec(6,1), j fixed(9,9));
CREATE TABLE t_text (id int PRIMARY KEY, a char(5), b varchar(10), c tinytext, d text, e mediumtext, f longtext, g varchar(10) NOT NULL,
  h char(0), i varchar(3000), j national char(3), k nvarchar(3), l text NOT NULL, m long, n text(100), o char(255), p varchar(300));
CREATE TABLE t_charset (id int PRIMARY KEY, a varchar(20) CHARACTER SET latin1, b varchar(20) CHARACTER SET gbk, c varchar(20) CHARACTER SET sjis,
  d varchar(20) CHARACTER SET utf16, e varchar(20) CHARACTER SET cp1251, f varchar(20) CHARACTER SET utf8mb3, g varchar(20) COLLATE utf8mb4_bin,
  h varchar(20) CHARACTER SET ucs2, i varchar(20) CHARACTER SET utf32, j varchar(20) CHARACTER SET big5, k varchar(20) CHARACTER SET euckr,
  l varchar(20) CHARACTER SET ujis, m varchar(20) CHARACTER SET eucjpms, n varchar(20) CHARACTER SET gb2312, o varchar(20) CHARACTER SET koi8r,
  p varchar(20) CHARACTER SET latin2, q varchar(20) CHARACTER SET hebrew, r varchar(20) CHARACTER SET greek, s varchar(20) CHARACTER SET cp1250,
  t varchar(20) CHARACTER SET cp850, u varchar(20) CHARACTER SET ascii, v varchar(20) CHARACTER SET utf16le, w varchar(20) CHARACTER SET cp932,
  x varchar(20) CHARACTER SET latin5, y varchar(20) CHARACTER SET latin7, z varchar(20) CHARACTER SET cp1256,
  ta text CHARACTER SET latin1, tb longtext CHARACTER SET sjis, ca char(10) CHARACTER SET utf16, cb char(10) CHARACTER SET gbk,
  la varchar(20) CHARACTER SET latin1 COLLATE latin1_bin, lb varchar(20) CHARACTER SET latin1 NOT NULL);
CREATE TABLE t_charset_more (id int PRIMARY KEY, a varchar(20) CHARACTER SET cp1257, b varchar(20) CHARACTER SET koi8u, c varchar(20) CHARACTER SET cp852,
  d varchar(20) CHARACTER SET cp866, e varchar(20) CHARACTER SET macroman, f varchar(20) CHARACTER SET tis620);
CREATE TABLE t_charset_table (id int PRIMARY KEY, a varchar(20), b text, c enum('é','ü')) CHARACTER SET latin1;
CREATE TABLE t_bytes (id int PRIMARY KEY, a binary(4), b varbinary(10), c tinyblob, d blob, e mediumblob, f longblob, g binary(3) NOT NULL,
  h varbinary(5) NOT NULL, i binary(0), j blob NOT NULL, k char(4) CHARACTER SET binary, l long varbinary, m binary(255), n varbinary(300));
CREATE TABLE t_bit (id int PRIMARY KEY, a bit(1), b bit(5), c bit(8), d bit(9), e bit(64), f bit NOT NULL, g bit(17) NOT NULL, h bit);
CREATE TABLE t_date (id int PRIMARY KEY, a date, b date NOT NULL);
CREATE TABLE t_time (id int PRIMARY KEY, a time, b time(1), c time(2), d time(3), e time(4), f time(5), g time(6), h time NOT NULL, i time(6) NOT NULL);
CREATE TABLE t_datetime (id int PRIMARY KEY, a datetime, b datetime(1), c datetime(2), d datetime(3), e datetime(4), f datetime(5), g datetime(6),
  h datetime NOT NULL, i datetime(6) NOT NULL);
CREATE TABLE t_timestamp (id int PRIMARY KEY, a timestamp NULL, b timestamp(1) NULL, c timestamp(2) NULL, d timestamp(3) NULL, e timestamp(4) NULL,
  f timestamp(5) NULL, g timestamp(6) NULL, h timestamp NOT NULL DEFAULT '2020-01-01 00:00:00', i timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6));
CREATE TABLE t_timestamp_key (k timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) PRIMARY KEY, v int);
CREATE TABLE t_year (id int PRIMARY KEY, a year, b year NOT NULL);
SET sql_mode = '';
CREATE TABLE t_zero (id int PRIMARY KEY, a date, b datetime, c timestamp NULL, d date NOT NULL, e datetime NOT NULL, f timestamp NOT NULL DEFAULT '2020-01-01 01:02:03',
  g datetime(6), h timestamp(3) NULL, i date DEFAULT '0000-00-00', j timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', k datetime NOT NULL DEFAULT '0000-00-00 00:00:00');
SET sql_mode = DEFAULT;
CREATE TABLE t_enum (id int PRIMARY KEY, a enum('a','b','é'), b enum('a','b') NOT NULL, c set('x','y','z'), d set('x','é') NOT NULL,
  e enum('it''s','back\\slash','"q"','sp ace',''), f enum('ü','ß') CHARACTER SET latin1, g enum('日本','語') CHARACTER SET utf16, h set('ä','ö') CHARACTER SET latin1,
  i enum('1','0','2'), j enum('UPPER','lower') COLLATE utf8mb4_bin);
CREATE TABLE t_enum_comma (id int PRIMARY KEY, a enum('a,b','c','d,e'), b enum('x,y') NOT NULL);
CREATE TABLE t_json (id int PRIMARY KEY, a json, b json NOT NULL);
CREATE TABLE t_geo (id int PRIMARY KEY, a geometry, b point, c linestring, d polygon, e multipoint, f multilinestring, g multipolygon,
  h geometrycollection, i point NOT NULL);
CREATE TABLE t_generated (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) VIRTUAL, thrice int GENERATED ALWAYS AS (a * 3) STORED, z varchar(10));
CREATE TABLE t_invisible (id int PRIMARY KEY, a int, b int INVISIBLE, c varchar(5) NOT NULL DEFAULT 'c' INVISIBLE);
CREATE TABLE t_comment (id int PRIMARY KEY COMMENT 'the key', a int COMMENT 'with a ''quote'' and ü', b varchar(5) NOT NULL DEFAULT 'x' COMMENT '') COMMENT = 'a table''s comment';
CREATE TABLE t_default (id int AUTO_INCREMENT PRIMARY KEY, i_lit int DEFAULT 42, i_neg int DEFAULT -7, s_lit varchar(10) DEFAULT 'abc', b_lit boolean DEFAULT true,
  n_lit decimal(5,2) DEFAULT 1.5, f_lit double DEFAULT 2.5, r_lit float DEFAULT 1.5, d_lit date DEFAULT '2020-01-02', c_lit char(3) DEFAULT 'x',
  dt_lit datetime DEFAULT '2020-01-02 03:04:05', dt3_lit datetime(3) DEFAULT '2020-01-02 03:04:05.678', dt6_lit datetime(6) DEFAULT '2020-01-02 03:04:05.678901',
  t_lit time DEFAULT '01:02:03', t3_lit time(3) DEFAULT '01:02:03.5', y_lit year DEFAULT 2020, e_lit enum('a','b') DEFAULT 'b', st_lit set('x','y') DEFAULT 'x,y',
  bit_lit bit(5) DEFAULT b'10101', bit1_lit bit(1) DEFAULT b'1', big bigint NOT NULL DEFAULT 9000000000, i_not int NOT NULL DEFAULT 7,
  s_not varchar(5) NOT NULL DEFAULT 'z', i_null int DEFAULT NULL, sm smallint DEFAULT 3, ti tinyint DEFAULT 1, ui int unsigned DEFAULT 4000000000,
  `empty` varchar(5) DEFAULT '', empty_not varchar(5) NOT NULL DEFAULT '', i_text int DEFAULT '12', dec_text decimal(10,3) DEFAULT '1.25', hx int DEFAULT 0x1F,
  uni varchar(10) DEFAULT 'ü€', e_not enum('a','b') NOT NULL DEFAULT 'a', d_not date NOT NULL DEFAULT '1970-01-02', m decimal(10,0) NOT NULL DEFAULT 5);
CREATE TABLE t_default_now (id int PRIMARY KEY, a timestamp NULL DEFAULT CURRENT_TIMESTAMP, b datetime DEFAULT CURRENT_TIMESTAMP, c timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
  ON UPDATE CURRENT_TIMESTAMP(3), d datetime(6) NOT NULL DEFAULT NOW(6) ON UPDATE NOW(6), e datetime ON UPDATE CURRENT_TIMESTAMP, f datetime DEFAULT LOCALTIME);
CREATE TABLE t_default_ts (id int PRIMARY KEY, a timestamp NOT NULL DEFAULT '2020-01-02 12:34:56', b timestamp(3) NULL DEFAULT '2020-01-02 12:34:56.5');
CREATE TABLE t_default_expr (id int PRIMARY KEY, a int DEFAULT (1 + 1), b varchar(36) DEFAULT (uuid()), c json DEFAULT (json_array()), d text DEFAULT ('expr'),
  e date DEFAULT (current_date), f varchar(20) NOT NULL DEFAULT (concat('a', 'b')));
CREATE TABLE t_default_more (id int PRIMARY KEY, a bigint unsigned DEFAULT 18446744073709551615, b varchar(10) DEFAULT 'it''s', c binary(3) DEFAULT 'ab',
  d varbinary(5) DEFAULT 'v', e bigint unsigned NOT NULL DEFAULT 18446744073709551615, f varchar(20) DEFAULT 'back\\slash', g varchar(10) DEFAULT '"', h char(2) DEFAULT 'é', i time DEFAULT '-01:00:00',
  j year DEFAULT 2001, k double DEFAULT 1e10, l float(7,2) DEFAULT 5.61, m decimal(10,2) DEFAULT -0.5, n bit(64) DEFAULT b'1');
CREATE TABLE t_wide_key (b varchar(10), a int, c binary(4), v varchar(10), PRIMARY KEY (a, b, c));
CREATE TABLE t_prefix_key (b varchar(100), a blob, v int, PRIMARY KEY (b(3), a(4)));
CREATE TABLE t_text_key (k varchar(20) CHARACTER SET latin1 PRIMARY KEY, v int);
CREATE TABLE t_enum_key (k enum('a','b','c') PRIMARY KEY, v int);
CREATE TABLE t_date_key (k date, l time(2), m datetime(2), v int, PRIMARY KEY (k, l, m));
CREATE TABLE t_decimal_key (k decimal(20,4) PRIMARY KEY, v int);
CREATE TABLE t_keyless (a int, b varchar(10));
CREATE TABLE t_unique (a int, b int NOT NULL, c int NOT NULL, UNIQUE KEY (c, b));
CREATE TABLE t_unique_null (a int UNIQUE, b varchar(10));
CREATE TABLE t_unique_two (a int NOT NULL, b int NOT NULL, c int, UNIQUE KEY z (a), UNIQUE KEY y (b));
CREATE TABLE t_long_names_of_sixty_four_characters_which_is_all_that_there_ma (id int PRIMARY KEY, a_column_whose_name_is_as_long_as_the_server_allows_it_to_be_123 int);
CREATE TABLE `Mixed Case` (id int PRIMARY KEY, `Straße` varchar(10), `a b` int, `1st` int, `c.d` int, `-` int, `select` int, `e``f` int, `日本` int);
CREATE TABLE `order` (id int PRIMARY KEY, `key` int);
CREATE TABLE `tabelle_ä€` (id int PRIMARY KEY, v int); CREATE TABLE `Case` (id int PRIMARY KEY, Id2 int);
CREATE TABLE t_part (id int, at int, v varchar(10), PRIMARY KEY (id, at)) PARTITION BY RANGE (at) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE TABLE t_myisam (id int PRIMARY KEY, v varchar(10)) ENGINE = MyISAM;
-- Its driver: NegativeArraySizeException.
CREATE TABLE unseen.t_zerofill (id int PRIMARY KEY, a decimal(6,1) zerofill, b decimal(6,1) zerofill NOT NULL);
CREATE TABLE r_plain (id int PRIMARY KEY, v varchar(20), n int NOT NULL DEFAULT 5, t timestamp NULL);
CREATE TABLE r_other (id int PRIMARY KEY, v varchar(20));
CREATE TABLE r_keyless (a int, b varchar(20));
CREATE TABLE r_auto (id int AUTO_INCREMENT PRIMARY KEY, u int UNIQUE, v varchar(20));
CREATE TABLE r_big (id int PRIMARY KEY, n int, a longtext, b longblob);
CREATE TABLE r_parent (id int PRIMARY KEY, v int);
CREATE TABLE r_child (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES r_parent (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE r_watched (id int PRIMARY KEY, v int); CREATE TABLE r_log (id int AUTO_INCREMENT PRIMARY KEY, was int, now int);
CREATE TRIGGER r_watched_update AFTER UPDATE ON r_watched FOR EACH ROW INSERT INTO r_log (was, now) VALUES (OLD.v, NEW.v);
CREATE TABLE r_truncated (id int PRIMARY KEY); CREATE TABLE r_truncated_too (id int PRIMARY KEY);
CREATE VIEW r_view AS SELECT id, v FROM r_plain;
CREATE TABLE ddl (id int PRIMARY KEY, v varchar(10));
CREATE TABLE swap (id int PRIMARY KEY, v int);
CREATE TABLE other.r_plain (id int PRIMARY KEY, w int); CREATE TABLE `Mixed-Case`.`r-plain` (id int PRIMARY KEY, w int);
CREATE TABLE parity_end (id int PRIMARY KEY);
