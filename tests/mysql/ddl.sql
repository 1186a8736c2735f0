create table types (a tinyint(1), b tinyint(1) unsigned, c tinyint zerofill, d int(5) zerofill, e float zerofill, f float(7,4) unsigned, g double precision(10,2), h real, i decimal unsigned zerofill, j bit, k year, l year(4), m bool default true, n float(24), o float(25), p dec(5), q numeric(0), r int2, s middleint, t int8 unsigned, u fixed(5,2) default 1, v int signed, w double unsigned zerofill, x int1, y int3, z int4, aa float4, ab float8, ac boolean not null default false, ad integer(11), ae bigint(20) unsigned, af decimal(0), ag numeric(65,30), ah float(53), ai float(0), aj bit(64), ak bit(1))

create table texts (a char, b binary, c national char(5), d nchar varying(6), e long, f long varbinary, g long varchar character set latin1, h char(5) byte, i varchar(5) character set binary, j text character set binary, k char(3) ascii, l char(3) unicode, m char(3) binary, n char(3) character set latin1 binary, o text(100), p blob(70000), q enum('a ','b''c','d\\e') default 'A', r set('x','y') character set latin1 default 'y,x', t geometry, u point, v geometrycollection, w text(20000), x tinytext collate utf8mb4_bin, y char byte, z nvarchar(3), aa national varchar(4), ab national character varying(5), ac character varying(6), ad varcharacter(7), ae character(8), af nchar(9), ag char varying(3), ah char(0), ai varchar(0), aj tinyblob, ak mediumblob, al longblob, am blob, an mediumtext, ao longtext, ap long character varying, aq long char varying)

create table times (a date, b time, c time(0), d time(6), e datetime, f datetime(3), g timestamp null, h timestamp(6) null, i year)

create table shapes (a point, b linestring, c polygon, d multipoint, e multilinestring, f multipolygon, g geometrycollection, h geometry not null)

create table labels (a enum('x'), b enum('a','B','c,d','e)f','g"h','tab	x') not null default 'c,d', c set('one','two','three') default 'THREE,one', d enum('ä','ö','€') charset utf8mb4, e enum('l1') charset latin1 collate latin1_bin, f set("dq1","dq''2"), g enum('x','y') character set binary, h enum(x'41',0x42), i enum('new\nline','q\'uote'))

create table defaults (a int default '005', b decimal(6,3) default '1.5', c float default 1.50, d datetime default '2020-1-2', e datetime(3) default '2020-01-02 3:4:5', f time default '1:2', g date default '20200102', h year default 70, i bit(5) default b'101', j varchar(10) default 5, k char(4) default x'41', m int default 1.6, n varchar(20) default _utf8mb4'ä', o timestamp null default '2020-01-01', p int default -3, q bigint default 0x10, r double default 1e3, s varchar(10) default 'a''b', t int not null default 0, x timestamp default current_timestamp on update current_timestamp, y datetime(3) default now(3) on update current_timestamp(3), z varchar(4) default true)

create table more_defaults (a binary(5) default 'ab', b varbinary(9) default x'4142', c varbinary(3) default 5, e bit(8) default 5, i varchar(5) default 'a  ', k float default 1e20, l double default 1.5e-7, m double default 123456789.125, o float default 0.1, p time default 10203, q decimal(10,3) default 1e2, r int default 1e2, s int default +7, t int default '  8', u decimal(4,1) default -0.04, v decimal(5,2) default .5, w float(6,2) default 1, x double(8,3) default '2.5', y char(10) default '', z int default null, aa varchar(9) default N'nat', ab varchar(30) default 'a' 'b' 'c', ac date default '2021-2-3', ad datetime default 20210203040506, ae datetime(2) default '2021-02-03 04:05:06.789', af time(3) default '-12:34:56.7', ag year default '05', ah year default '2155', ai bit(3) default 7, aj tinyint(1) default '1', ak smallint unsigned default 65535, al bigint unsigned default 18446744073709551615, am bigint default -9223372036854775808)

create table keys1 (a int, b int, unique(b), key(b), unique b2(b), c int not null unique, d varchar(20) not null, unique(d(5)), primary key(a,c), key(d,a), unique `PRIMARY2` (c,a))

create table keys2 (id serial, name varchar(30) character set utf8mb4 comment 'the ''name''', key using btree (name(10) desc), constraint uq unique key (name), constraint unique (name, id), index i2 (name) comment 'c' , fulltext key ft (name)) comment 'a ''comment''' engine InnoDB

create table keys3 (a int key, b int unique key, c int unique, d int not null, e text, unique index x (d, c), unique y (d), key (e(20)), spatial index (g), g point not null)

create table keys4 (a varchar(10) not null, b char(5) not null, unique (a(10)), unique (b(2)), unique (a, b))

alter table keys1 modify a int not null first, add unique (b), drop index b2

alter table keys1 rename index b to bb, add key (b), add unique key named (b, d(3))

alter table keys1 drop primary key, add primary key (c)

alter table keys1 drop primary key

alter table keys1 drop key c, drop index `PRIMARY2`, drop column c

create table moves (a int, b int, c int, d int)

alter table moves add x int after a, add y int after x, drop b, add z int first, add z2 int first

alter table moves change a a2 int, add q int after a2

alter table moves modify d int first, change y y2 int after d

alter table moves rename column d to e, add d int after e

alter table moves change d e int, change e d int

alter table moves rename column x to w, modify y2 int after w

alter table moves modify column c bigint comment 'moved' after z2, modify z2 int unsigned after c, add column (n1 int, n2 varchar(3) not null, index (n1)), add n3 int after n2

alter table moves drop n1, drop column n2, add n1 varchar(5) default 'x' first

alter table moves alter a2 set default 5, alter column q set default '7', alter w drop default

alter table moves alter a2 drop default, rename to moves2

alter table moves2 rename as moves, comment 'c1'

alter table moves rename = moves2, comment='c2', engine=innodb

alter table ddl_check.moves2 rename ddl_check.moves

alter table moves order by a2, q desc, c

alter table moves add zz int, order by a2, q desc

alter table moves force, algorithm=copy, lock=shared

alter table moves disable keys

alter table moves enable keys

alter table moves engine = InnoDB row_format=dynamic comment='spaced options'

alter table moves add constraint chk check (zz > 0 and (q <> 'a,b)' or 1)), add aa int check (aa > 1), add ab int default 1 comment 'x, y' after aa

alter table moves drop constraint chk

alter table moves change column ab `ab c` int not null

alter table moves change `ab c` `ab``c` int not null default '3'

alter table moves rename column `ab``c` to ABC

alter table moves modify abc bigint unsigned

create table sets (a varchar(10), b text, c tinytext, d enum('x'), e varchar(10) collate latin1_bin, f varchar(5) character set utf8mb3, g blob) charset latin1

alter table sets default charset utf8mb4, add h varchar(5), modify f varchar(6)

alter table sets convert to character set utf8mb4, add i varchar(5) character set latin1

alter table sets convert to character set latin1 collate latin1_bin

alter table sets collate utf8mb4_general_ci

alter table sets character set = ucs2, add j varchar(3) collate ucs2_bin, add k varchar(3)

alter table sets convert to charset utf8 collate utf8_unicode_ci

alter table sets convert to character set default

alter table sets default collate = latin1_general_cs

create table sets2 (a varchar(3), b varchar(3) charset utf8, c varchar(3) collate utf8_bin, d char(4) character set koi8r, e text charset gbk, f text(40000) charset sjis, g varchar(5) binary) default character set=cp1251 collate=cp1251_bin

create table sets3 (a varchar(3), b text, c blob) collate utf8mb4_czech_ci

create table sets4 like sets3

create table sets5 (like sets2)

create table if not exists sets5 (a int)

create table byttes (a char(5), b varchar(6), c text, d enum('e')) charset binary

@backslash
create table slashes (a varchar(10) default 'a\', b enum('x\','y') comment 'c\')

@ansi
create table "quoted ""names""" ("a b" int default '1', "c" varchar(5) default 'it''s', primary key ("a b")) comment 'ansi'

@ansi
alter table "quoted ""names""" add "d" int first, rename column "c" to "C d"

drop table `quoted "names"`

create table `weird ``name``` (`a.b` int, `select` int, `ключ` int, имя varchar(20), $dollar int, _under int, `1digit` int, 2nd int, e1 int, `1e5` int, key(имя), unique (`a.b`))

alter table `weird ``name``` drop имя, drop `ключ`, add naïve int after 2nd, change e1 `e 2` int

rename table `weird ``name``` to plain, keys1 to keys_one, plain to plainer

rename table keys2 to k_tmp, keys3 to keys2, k_tmp to keys3

rename table keys2 to k_tmp, keys3 to keys2, k_tmp to keys3

/* a comment */ create /* another */ table -- until the end of the line
 commented # this too
 (a int /* inside */, b int -- b
 , c varchar(30) default '-- no comment' comment '/* nor this */')

create table executable (a int /*!50100 not null */, b int /*!999999 nonsense */, c int /*! default 5 */) /*!50100 partition by hash (a) partitions 2 */

/*!50000 alter table executable add d int after a */

create table `numbers` (a int default 1, b decimal(3,1) default 1.5) auto_increment=5 avg_row_length=100 checksum=0 max_rows=10 min_rows=1 pack_keys=default stats_persistent=1

create table generated1 (a int, b int as (a + 1), c int generated always as (a * 2) stored, d varchar(30) as (concat('x,', a, ')')) virtual comment 'g', unique (c))

alter table generated1 add f int generated always as (a - 1) virtual after a, modify d varchar(40) as (concat('y', a))

alter table generated1 drop f, change c cc int as (a * 2) stored

create table parts (id int not null, d date not null, v varchar(9), primary key (id, d)) engine=InnoDB default charset=latin1 partition by range (to_days(d)) (partition p0 values less than (to_days('2020-01-01')) comment = 'old, (first)', partition p1 values less than maxvalue)

alter table parts reorganize partition p1 into (partition p1 values less than (to_days('2021-01-01')), partition p2 values less than maxvalue)

alter table parts add index (v), comment='x'

alter table parts truncate partition p0, p1

alter table parts drop partition p0, p1

alter table parts remove partitioning

alter table parts add column w int after id partition by hash (id) partitions 3

create table parent (id int primary key, code char(3) not null, unique (code))

create table child (id int primary key auto_increment, pid int, code char(3), constraint fk_p foreign key (pid) references parent (id) on delete set null on update cascade, foreign key (code) references parent(code), self int references child(id))

alter table child drop foreign key fk_p, drop index fk_p

alter table child add constraint fk2 foreign key my_index (pid) references parent (id) on delete no action, add pcode int not null default 0

alter table child drop foreign key fk2

create index i_name on keys2 (name)

create unique index u_name using btree on keys2 (name(7), id) comment 'made alone'

drop index i_name on keys2

create fulltext index ft2 on keys2 (name)

drop index ft2 on ddl_check.keys2

truncate table keys4

truncate keys4

drop table if exists nothing_there, keys4

create database ddl_other character set latin1 collate latin1_german1_ci

create table ddl_other.t (a varchar(5))

rename table ddl_other.t to from_other

alter table from_other add b varchar(5)

alter table from_other rename ddl_other.t

alter database ddl_other default character set = utf8mb4

create table ddl_other.t2 (a varchar(5))

alter table ddl_other.t2 rename t2_here

drop database ddl_other

create schema if not exists ddl_other collate utf16_bin

create table ddl_other.t (a varchar(5), b varchar(5) charset latin1)

alter table ddl_other.t rename to ddl_check.utf16_one

drop schema ddl_other

alter database character set latin1

create table after_default (a varchar(5))

alter database ddl_check collate utf8mb4_unicode_ci

create table by_default (a varchar(3)) charset koi8r

alter table by_default convert to character set default, add b char(2)

alter table by_default charset koi8r

@mariadb
alter table by_default default charset default, add c text

create table after_default2 (a varchar(5), b varchar(5) charset utf8mb4)

@implicit
create table ts1 (a timestamp, b timestamp, c timestamp null, d timestamp(3), e timestamp default current_timestamp, f timestamp not null)

@implicit
alter table ts1 add g timestamp

@implicit
create table ts2 (a int, b timestamp null, c timestamp, d timestamp on update current_timestamp)

@implicit
create table ts3 (a int)

@implicit
alter table ts3 add d timestamp, add e timestamp, add f timestamp null default null

create table ts4 (a timestamp, b timestamp not null default '2020-01-01', c timestamp(2) default now(2) on update now(2), d datetime not null default current_timestamp(), e datetime default localtime, f datetime default localtimestamp())

create procedure p_ignored () begin create table if not exists not_made (a int); alter table moves add nothing int; end

create view v_ignored as select * from moves

create trigger t_ignored before insert on moves for each row set new.zz = 1

drop trigger t_ignored

drop view v_ignored

drop procedure p_ignored

create temporary table temp1 (a int)

drop temporary table temp1

analyze table moves

create table wide (a varchar(16000) charset utf8mb4, b varchar(10)) charset latin1

create table case1 (Id int PRIMARY KEY, NAME VarChar(5) NOT NULL DEFAULT 'X', UNIQUE KEY Name_Key (name))

alter table case1 modify ID bigint, drop index NAME_KEY, add key (nAME)

alter table case1 change name Name varchar(6)

create table inline_refs (a int not null references parent (id) on delete cascade, b int comment 'ü€' default 3 not null unique)

create table many (a int not null default 1 comment 'first' unique, b int unique not null comment 'second' default 2, c varchar(10) collate latin1_bin not null default 'c' comment 'third', d varchar(9) not null collate utf8mb4_bin comment 'fourth')

create table dup (a int, `a_2` int, key (a), key (a), key (`a_2`), unique (a), unique (a_2))

drop tables dup, many

@mysql
create table my1 (a int invisible, b int visible, c int, primary key (c), key k ((a + 1)), key ((b * 2), c), key k3 (c) invisible, unique k4 ((lower(d))), d varchar(10), v vector(3), w vector, j json default (json_array()), gc geomcollection srid 0, x int not secondary)

@mysql
alter table my1 alter column b set invisible, alter column a set visible, alter index k3 visible

@mysql
alter table my1 rename column x to bb, algorithm=inplace

@mysql
alter table my1 drop index k, drop index k4, drop c

@mysql
create table my2 (a int default (1 + 1), b varchar(40) default (uuid()), c date default (curdate()), d int default (5), e text default ('abc'), f json default (_utf8mb4'{"a": "b,)"}'), g point default (point(1,2)), h blob default (x'01'), i varchar(5) default ('a'), k int as (json_extract(f, '$.a')) virtual)

@mysql
alter table my2 alter a set default (3 + 4), alter b drop default, alter column c set default '2020-02-03', alter d set default 6

@mysql
create table my3 (a int column_format fixed storage disk, b int, c int check (c > 1) not enforced, d int constraint named check (d > 2), constraint chk2 check (a < b) enforced)

@mysql
alter table my3 alter check named not enforced, drop check chk2

@mysql
alter table my3 drop column a, drop column c, algorithm=instant, rename to my4

@mysql
create table my6 (a varchar(10) character set utf8mb4 collate utf8mb4_0900_as_cs, b varchar(10) character set utf8mb4, c varchar(10) charset latin1) default charset=utf8mb4 collate=utf8mb4_ja_0900_as_cs

@mysql
alter table my6 modify b varchar(11), modify c varchar(12) charset utf8mb4

@mysql
alter table my6 convert to character set latin1

@mariadb
create table ma1 (a int default (1 + 1), b varchar(40) default uuid(), c date default curdate(), d int default (5), e text default 'abc', f json, g uuid, h inet6, i inet4, j varchar(9) compressed, k text compressed=zlib, l int invisible, m json default '{}', n longtext check (json_valid(n)), o longtext check (json_valid(o) and o <> ''), p int default (a + 1) comment 'x', q varchar(30) default concat('a', ',', b) not null, r int default (-(a)), s datetime default (now() + interval 1 day), t blob default 'x', u int default (3 + 4) not null, v int default abs(-1) unique comment 'abs')

@mariadb
create table ma2 (a int primary key, b int as (a + 1) persistent, `c` int generated always as (a) virtual)

@mariadb
alter table ma2 add column if not exists b int, add column if not exists e int first, drop column if exists nothing, modify column if exists nothing2 int, change column if exists nothing3 nothing4 int, drop index if exists nothing5, add index if not exists ie (e), add key if not exists ie (a), add unique if not exists ue (e)

@mariadb
alter table if exists ma2 add column f int, rename column if exists f2 to f3

@mariadb
alter online table ma2 nowait add g int

@mariadb
alter table ma2 wait 5 drop g

@mariadb
create or replace table ma2 (x int, y int, period for p (s, e), s date, e date)

@mariadb
create or replace index ix on ma2 (x)

@mariadb
create index if not exists ix on ma2 (y)

@mariadb
create or replace index ix on ma2 (y, x)

@mariadb
drop index if exists nothing on ma2

@mariadb
create table versions1 (id int primary key, v int) with system versioning

@mariadb
alter table versions1 drop system versioning

@mariadb
alter table versions1 add w int first, add system versioning

@mariadb
create table versions2 (id int primary key, v int without system versioning, s timestamp(6) generated always as row start, e timestamp(6) generated always as row end, period for system_time (s, e), unique (v)) with system versioning

@mariadb
create table versions3 (id int primary key, v int with system versioning)

@mariadb
create table versions4 (id int primary key, s timestamp(6) as row start invisible, e timestamp(6) as row end invisible, period for system_time (s, e)) with system versioning partition by system_time (partition p0 history, partition p1 current)

@mariadb
rename table if exists nothing to nothing2, versions3 to versions5

@mariadb
rename table versions5 nowait to versions6

@mariadb
drop table if exists versions6 wait 3

@mariadb
create table ma3 (a varchar(5) collate uca1400_ai_ci, b varchar(5) character set utf8mb3 collate uca1400_as_ci, c varchar(6)) charset utf8mb4 collate uca1400_ai_ci

@mariadb
alter table ma3 convert to character set utf8mb4 collate uca1400_german2_ai_ci

@mariadb
create table ma4 (a int /*M!100201 default 7 */, b int /*!50701 not null */, c int /*M!999999 x */, d int /*!100300 not null */)

@mariadb
create table ma5 (a int, b int, index i1 (a) ignored, key i2 (b) not ignored, constraint c1 check (a > b))

@mariadb
alter table ma5 alter index i1 not ignored, drop constraint if exists c1

@mariadb
create or replace database ddl_third charset cp1250

@mariadb
drop database ddl_third

@mysql
create table my8 (a int, e int as (a) virtual not null, f int as (a) stored comment 'x' unique)

@mysql
create table my9 (a int not null, b varchar(5), c int, unique ((a + 1)), unique (c, b), primary key (a), key (b desc, a asc), key mv ((cast(j as unsigned array))), j json)

@mysql
alter table my9 drop b, rename column c to d, add unique ((d * 2)), drop primary key

@mysql
alter table my9 add primary key (d), rename index functional_index to f1

@mysql
create table my10 (a point srid 4326 not null, b geometry, spatial index (a))

@refused
create table select1 as select 1 as a

@refused
create table select2 (x int) select 1 as a

drop table select1, select2

create table bins (a int, b int) charset latin1

alter table bins add o text binary, add p varchar(5) binary, modify a varchar(4) binary, convert to character set gbk

alter table bins add r text binary, modify a varchar(4) binary, convert to character set utf8mb4 collate utf8mb4_czech_ci

create table c_plain (a int, /* see /pages/* for why */ b int /*/ or not */)

/* path: /api/* */ alter table c_plain add `Ärger` int, add d int /*!99999 , add e int /* x */ , add f int */

alter table c_plain modify `äRGER` bigint first, rename column d to `GröSSe`

alter table c_plain change `gröSSe` x int, drop a

create table d_bytes (a varchar(5) character set latin1 default x'e4', b varchar(5) default _latin1 x'e4', c varchar(5) character set gbk default x'd6d0', d varchar(5) character set utf16 default x'e4', e char(5) character set utf32 default 0xe4, f varbinary(4) default x'ff01', g enum(x'e9', 'b') character set latin1 default x'e9')

create table d_rounded (a decimal(5,2) default '1.005', b decimal(3,1) default 9.95, c decimal(4,1) default -0.05, d double(6,3) default -1.0005, e double(8,1) default 0.25, f char(3) default 'ab ', g varchar(9) default 1e3, h varchar(9) default .5, i time default '1 10:00:00', j time(2) default '-1 2:3:4.567', k time default '23:59:59.9', l datetime(1) default '2024-12-31 23:59:59.96', m date default '2024-01-01 23:59:59.9')

create table p_late (id int primary key, v int)

alter table p_late add w int partition by hash (id) partitions 2

create table k_type (id int primary key, v int, key k type btree (v))

create table c_long (a int comment 'x') comment 'y'

alter table c_long drop a, add a bigint

@mysql
create table s_null (id serial null, v int)

@mariadb
set statement max_statement_time=9, lock_wait_timeout = 1 + (2) for alter table c_long add b int

@mariadb
set statement sql_mode='' for set statement lock_wait_timeout=5 for alter table c_long add c varchar(5) default "x"

@mariadb
create table v_two (id int, s date, e date, ts timestamp(6) generated always as row start, te timestamp(6) generated always as row end, period for p (s, e), period for system_time (ts, te), unique (id, p without overlaps)) with system versioning

@mariadb
create table p_out (id int primary key, v int) partition by range (id) (partition a values less than (10), partition b values less than (20))

@mariadb
alter table p_out convert partition b to table p_in

@mariadb
alter table p_out convert table p_in to partition c values less than (20)

@mariadb11
create sequence q_int as int unsigned

@mariadb11
create or replace sequence q_int start 5

@mariadb
create table q_own (q_own.a int, b oracle_schema.date)

@mariadb
alter table q_own modify q_own.a bigint

@mariadb
create table d_address (a inet6 default '::0', b inet6 default '2001:DB8:0:0:0:0:0:1', c inet6 default '::FFFF:192.0.2.1', d inet4 default '192.0.2.1', e inet6 default '1:0:0:2:0:0:0:3')

@mariadb11
create table d_uuid (a uuid default '123E4567-E89B-12D3-A456-426655440000', b uuid default '123e4567e89b12d3a456426655440000')

create table k_own (id serial primary key, v int)

create table k_both (a int not null unique key comment 'x', b int unique not null primary key)

alter table k_both drop primary key

alter table k_both add c int primary key unique

alter table k_both modify a bigint unique

create table k_apart (a int not null unique, primary key (a))

alter table k_apart drop primary key

create table d_set (a int, b varchar(9), c int, d int, e int default 3, f int, g int, h datetime, i int default (2))

alter table d_set alter a set default (2), alter b set default ('x'), alter c set default (2+1), alter d set default (-1), alter e set default (null), alter f set default ((7)), alter g set default (true), alter h set default ('2024-01-01 10:00:00')

alter table d_set alter a set default (+2), alter column b set default (x'4142'), alter i set default 4, alter c set default ( ( ( '5' ) ) )

create table d_escapes (a varchar(30) default 'a''b\\c\nd\te\"f\'g', b varchar(9) default 'a\rb\Zc\bd', c varbinary(9) default 'a\nb')

create table x_more (id int primary key, v int)

@mariadb
alter table x_more add x int, modify x bigint after id

@mariadb
alter table x_more add y int, add z int after y, modify y bigint after z, alter z set default 3

@mariadb
alter table x_more add q int unique, modify q varchar(5) not null first, drop v

@mariadb
alter table x_more add w datetime default now() on update now(), add w2 datetime on update now(), add w3 datetime default now() on update now()

@mariadb
alter table x_more alter w drop default, alter w2 set default '2020-01-01', alter w3 set default (now())

create table d_bits (a bit(8) default 'a', b bit(16) default 'ab', c bit(8) default x'61', d bit(8) default '1', e bit(64) default 'abcdefgh', f bit(8) default 97)

create table d_cased (a enum('a', 'A', 'b') collate utf8mb4_bin default 'A')

@mariadb
create table a_null (a tinyint auto_increment null unique key)

@mariadb
create table a_first (a tinyint null auto_increment unique key)

create table v_digits (a int default /*!000001 2*/, b int default /*!00000 12*/, c int)

@mysql
create table v_digits6 (a int default /*!000007*/, b int default /*!0000012*/, c int)

@mariadb
create table v_digits6 (a int default /*!0000012*/, b int default /*M!0000012*/, c int)

@mariadb
create table g_both (a int, k int, key k (k))

@mariadb
alter table g_both add b int, add column if not exists b bigint, add column if not exists (a text, c int, c text), add d int after b

@mariadb
alter table g_both drop d, add column if not exists d text

@mariadb
alter table g_both drop column if exists c, drop column if exists c, add e int, modify column if exists e bigint, change column if exists f g int

@mariadb
alter table g_both add key if not exists kb (b), add key if not exists kb (e), add index if not exists (b), add index if not exists (b), add unique if not exists k (a)

@mariadb
alter table g_both drop index if exists k, add index if not exists k (a), add unique if not exists (e), add unique if not exists e (b)

@mariadb
alter table g_both add primary key if not exists (a), add column if not exists b int unique, add constraint u2 unique (b)

@mariadb
alter table g_both drop constraint primary key

@mariadb
alter table g_both add primary key (b), drop constraint if exists u2, drop constraint if exists nothing

@mariadb
alter table g_both drop primary key, add column if not exists f int primary key, add column if not exists f int unique

@mariadb
alter table g_both add primary key (f)

@mariadb
alter table g_both drop constraint `PRIMARY`, add constraint chk_b check (b > 0)

@mariadb
alter table g_both drop constraint chk_b, add constraint chk_b unique (a, b)

@mariadb
alter table g_both drop constraint if exists chk_b

@mariadb
create table t_packed (a varchar(10) compressed default 'x', b text compressed default 'ab', c blob compressed not null, d varchar(10) compressed not null, e varbinary(10) compressed default 'abc' not null, f text compressed default (concat('a', 'b')), g tinytext compressed not null default 'é', h varchar(5) compressed character set latin1 not null)

@mariadb
alter table t_packed modify a varchar(10) not null, modify d varchar(10), alter b set default 'cd', alter e drop default, alter h drop default, add i mediumblob compressed default x'00ff'

@mariadb
alter table t_packed convert to character set latin1

@mariadb
create table t_filename (a varchar(10) character set filename, b text character set filename collate filename, c int)

@mariadb
alter table t_filename add d char(3) character set filename, default character set latin1

create table t_merged1 (a int not null, b varchar(5), key (a)) engine=myisam

create table t_merged2 like t_merged1

create table t_merge (a int not null, b varchar(5), key (a)) engine=merge union=(t_merged1, t_merged2) insert_method=last

alter table t_merge union=(t_merged1)

alter table t_merge union=()

@mariadb
create table d_forms (a text default X'41', b text default 0x4142, c text default _latin1'x', d text default N'nn', e text default 'a' 'b', g text default b'01000001', h blob default b'01000001', i text default true, j text default -1.5, k text default date'2020-01-01', l blob default 1e3, m text default (('x')), n text character set latin1 default x'e4', o blob default _latin1'x', p blob default N'nn', q text default 'a\'b\\c', r text default null, s blob default (1), t blob default 1.50, u text default (1.50), v varchar(9) default (12), w varbinary(9) default 12)

@mariadb
alter table d_forms alter a set default 0x42, alter h set default (x'0102'), modify s mediumtext default 7, alter u set default time'10:11:12'

@implicit
create table d_empty (a text default '' not null, b blob default '', c varchar(9) default '' not null, e mediumtext default "")

@mysql implicit
alter table d_empty modify c text default '', add f longblob not null default ''

@mariadb
create table d_packed (a inet6 default 0x00000000000000000000000000000001, b inet6 default x'20010db8000000000000000000000001', c inet4 default x'7f000001')

@mariadb11
create table d_packed_uuid (a uuid default x'123e4567e89b12d3a456426655440000', b uuid default 0x123e4567e89b12d3a456426655440001)

create table d_blanks (a enum(' ', 'a', 'b ') not null default 'b ', b enum('', 'x') default ' ', c set('x', 'y ') default 'y,x  ')

@mariadb oracle
create table o_blobs (a blob(100), b blob, c blob(65536))

@mariadb implicit
create table t_long (a char(205), b char(204), c char(255)) character set filename

@mariadb
create table k_shape (a int not null, b linestring not null, unique key b (b(12)), unique key a (a))

create table d_none (a varbinary(2) not null default '', b binary(2) default '', c varbinary(3))

@mariadb
create table v_own (a int, b int, s timestamp(6) generated always as row start invisible, e timestamp(6) generated always as row end invisible, period for system_time (s, e)) with system versioning

@mariadb
set statement system_versioning_alter_history=keep for alter table v_own change a a int with system versioning, add primary key (a), add unique (b)

@mysql
create table c_seen (a int, b int invisible visible, c int visible invisible)

@mariadb
create table y_two (a year(2) default 70, b year(2) default '05', c year(4) default 5, d year(2))

@mariadb
alter table y_two modify c year(2) not null, add e year

create table l_lacks (a enum('é日','x') character set ascii, b set('日','é','x') character set latin1, c enum('a😀b') character set utf8mb3, d enum('é日','x') character set sjis, e enum('é日','x') character set euckr, f enum('é','日') character set gb2312, g enum('é日','x') character set ucs2, h enum('é😀') character set ucs2, i enum('€','ü'), j enum('é','ä日') character set swe7, k enum(0xFFFF,'x') character set ascii, l enum(0xFFFF,'x'), m enum(0xE4,'x') character set utf16, n enum('é日') character set eucjpms, o enum('é日') character set utf16le, p enum('é日') character set utf32)

@mariadb
create table l_filename (a enum('日本') character set filename)

create table l_nul (a enum('',0x0000,'b\0c','d\r\n') character set latin1, b set('b\0c'), c enum('x',0x00,0x0041) character set ucs2)

create table l_blanks (a enum('a','a ') character set binary, b set('a ','b  ') character set binary, c enum('a ','b ') collate utf8mb4_bin default 'b')

@mariadb
create table l_blanks_default (a enum('a','a ') character set binary default 'a ', b set('a ','b  ') character set binary default 'b  ,a ')

create table l_bytes1 (a enum('é','x','日') character set utf8mb4 default 'x', b enum('é','x') character set latin1, c set('é','ü') character set latin1) character set utf8mb4

alter table l_bytes1 convert to character set greek

create table l_bytes2 (a enum('é','x') character set latin1, b set('日本','x') character set gbk, c enum('é') character set utf8mb4, d enum('日本') character set sjis, e varchar(10) character set latin1)

alter table l_bytes2 convert to character set utf8mb4

alter table l_bytes2 convert to character set utf8mb4 collate utf8mb4_bin

create table l_bytes3 (a enum('日本','x') character set utf8mb4, b enum('é','ü') character set utf8mb4)

alter table l_bytes3 modify b enum('é','ü'), convert to character set latin1

alter table l_bytes3 modify a enum('日本','é') character set ascii

create table l_bytes4 (a enum('b','é') character set ucs2, c enum('日本') character set gbk)

alter table l_bytes4 convert to character set utf16

create table n_zero (a int(0), b bigint(0) unsigned, c tinyint(0), d smallint(0) unsigned, g decimal(0), h float(0), i char(0), j text(0), k blob(0), m varchar(0), n binary(0), o timestamp(0) null, p time(0), q int(0) zerofill, t decimal(0,0))

@mariadb
create table n_year (r double(0,0), s float(0,0), l bit(0), d year(3), e year(0), f year(99999999999999999999999), g year(4294967296))

create table r_parts (a int, b int) partition by hash (a)

alter table r_parts add c int remove partitioning

alter table r_parts partition by hash (a)

alter table r_parts comment 'x', modify c bigint remove partitioning

@mariadb
create table p_guarded (x date, y date)

@mariadb
alter table p_guarded add period if not exists for app (x, y)

@mariadb
alter table p_guarded drop period if exists for app, modify x date

@mariadb implicit
create table i_null (a timestamp default null)

@mysql
create table k_hidden (my_row_id bigint unsigned not null auto_increment invisible primary key, a int, b int)

@mysql
alter table k_hidden add c int first

@mysql
alter table k_hidden modify b int first, add d int first, alter column my_row_id set visible

@mysql
alter table k_hidden add e int first

@mysql
create table k_hidden2 (my_row_id bigint unsigned not null auto_increment invisible, a int, primary key (my_row_id, a))

@mysql
alter table k_hidden2 add c int first

@mariadb
create table p_later (id int, x date, y date, period for app (x, y))

@mariadb
alter table p_later add unique u (id, app without overlaps)

@mariadb
alter table p_later drop index u, modify x date not null comment 'from' after y, add z int first

@mariadb
alter table p_later add primary key (id, app without overlaps)

@mariadb
alter table p_later drop primary key, modify y date after z, add unique (z, app without overlaps)

@mariadb
create table p_copy like p_later

@mariadb
alter table p_copy drop index z, add unique z2 (id, app without overlaps)

@mariadb
create unique index c on p_copy (z, id, app without overlaps)

@mariadb
create table p_ends (id int, x datetime, y datetime, u datetime, v datetime)

@mariadb
alter table p_ends add period for app (x, y), add unique (id, app without overlaps)

@mariadb
alter table p_ends drop index id, drop period for app

@mariadb
alter table p_ends add period for app (u, v), modify x datetime null

@mariadb
alter table p_ends add unique (id, app without overlaps)

@mysql utf8=utf8mb4
create table u_mb4 (a varchar(10) character set utf8, b varchar(10) collate utf8_bin, c national char(3), d text, e enum('a') character set utf8mb3, f varchar(3) default _utf8'a') character set utf8

@mysql utf8=utf8mb4
alter table u_mb4 add g varchar(3), add h text character set utf8

@mysql
alter table u_mb4 add i text character set utf8

@mysql utf8=utf8mb4
alter table u_mb4 convert to character set utf8

@mysql
create table l_hex (a enum(x'ff','b') character set utf8mb3, c enum(x'ff', x'00c3a4', x'c3a4', 'x', x'f09f9880') character set binary default x'ff', d enum(x'ff','a') character set latin1)

@mysql
alter table l_hex add e int first, add f enum(x'c3', x'c3a4', x'c328', x'ff20', 'q') character set utf8mb3, add g enum('😀') character set utf8mb3

@mysql
alter table l_hex modify c enum(x'ffc3') character set binary, rename column a to aa

@mysql
create table l_hex2 like l_hex

@mysql
alter table l_hex2 convert to character set latin1

create table f_parent (a int primary key, b int unique)

@mariadb
create table f_names (a int not null, b int, unique x (a), unique y (b), unique z (a, b), constraint X foreign key (a) references f_parent (a), foreign key y (b) references f_parent (b))

@mariadb
alter table f_names drop constraint x, drop constraint if exists z

@mariadb
create table f_like like f_names

@mariadb
alter table f_like drop constraint y

@mariadb
alter table f_names drop constraint y

@mariadb
alter table f_names drop constraint y

@mariadb
alter table f_names add constraint z foreign key (b) references f_parent (b)

@mariadb
alter table f_names drop foreign key z, add unique y (a, b)

@mariadb
alter table f_names drop constraint x

@mariadb
create table f_none (a int not null, unique x (a), constraint x foreign key (a) references f_parent (a)) engine=myisam

@mariadb
alter table f_none drop constraint x

create table v_moments (a datetime(1) default '2000-01-02  03:04:05', b datetime(1) default '2000!01@02 03#04%05', c datetime(1) default '2000-01-02.03:04:05', d date default '99-1-2.5', e datetime default '000102030405', f datetime default '20000102T030405', g datetime(6) default '2000-01-01 23:59:59.9999994', h datetime default 102030405, i date default 101, j datetime default 691231, k datetime(1) default 20000102030405.6)

create table v_times (a time(1) default '1  2:3:4', b time default '2000-01-02 10:11:12', c time(1) default '20000102101112.5', d time default '-0', e time default '990102101112', f time default 20000102101112, g time default '-0:0:0.0')

@mysql
create table v_cut (a datetime(6) default '2000-01-01 23:59:59.9999995', b time(6) default '1:2:3.9999996')

create table v_numbers (a year default '0', b year default 0, c year default 1.6, d year default '1.6', e varchar(9) default -0, f varchar(9) default -0.0, g float default -0, h double default -0.0, i float(7,3) default -0.0001, j int default 1.49999999999999999999, k int default 2.5e0, l int default '2.5e0', m int default 3.5e0, n int default 2.5, o varbinary(9) default -0, p double default -0e0, q float(7,3) default '-0', r varchar(9) default -0e0, s year default 0.5)

@mariadb
create table p_versions (id int, x date, y date, period for app (x, y), primary key (id, app without overlaps), unique plain (id, y, x))

@mariadb
alter table p_versions add column s bigint unsigned as row start, add column e bigint unsigned as row end, add period for system_time (s, e), with system versioning

@mariadb
create table c_own (a char(2) character set latin1 collate default, b char(2) collate default, c char(2)) character set utf8mb3 collate utf8mb3_bin

@mariadb
alter table c_own modify b char(3) collate default, convert to character set latin1 collate latin1_bin

@mariadb
alter table c_own collate default, add d text collate default

@mariadb
alter table c_own convert to character set latin1 collate default

@mysql
create table m_masked (a varchar(20) default 'x' masking policy p1 comment 'm', b int masking policy `p2`)

@mysql
alter table m_masked alter column a drop masking policy, alter b set masking policy p3, add c int not null masking policy p1 after a

@mysql
create table `🐬` (`a🐬` int comment '🐬🐬ä', index `🐬i` (`a🐬`), unique (`a🐬`)) comment '🐬'

@mysql
alter table `🐬` add column `b🐬` int comment '🐬', rename index `🐬i` to i

@mysql
rename table `🐬` to `🐬2`

create table m_comment (a int comment '🐬x', index i (a) comment '🐬') comment '🐬t'
