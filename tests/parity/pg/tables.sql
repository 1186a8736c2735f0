-- Tables of the comparison with Debezium; rows.sql fills them twice: for the snapshot, and for the stream.
-- What 3.6.1 does not survive is in tests/e2e (test_what_stops_the_reference): a domain over an enum, a refcursor, and others.
CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS vector; CREATE EXTENSION IF NOT EXISTS postgis;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
ALTER TYPE mood ADD VALUE 'so, so' BEFORE 'happy';
CREATE DOMAIN price AS numeric(8,3); CREATE DOMAIN vip_price AS price CHECK (VALUE > 0); CREATE DOMAIN word AS text;
CREATE DOMAIN numbers AS int[];

CREATE TABLE t_int (id int PRIMARY KEY, a smallint, b int, c bigint, d smallint NOT NULL, e bigint NOT NULL, f oid, g boolean,
  h boolean NOT NULL);
CREATE TABLE t_float (id int PRIMARY KEY, a real, b double precision, c real NOT NULL, d double precision NOT NULL);
CREATE TABLE t_numeric (id int PRIMARY KEY, a numeric, b numeric(10,2), c numeric(5,0), d numeric(38,10), e numeric(10,2) NOT NULL,
  f numeric NOT NULL, g money, h money NOT NULL);
CREATE TABLE t_numeric_odd (id int PRIMARY KEY, a numeric(5,-2), b numeric(3,5), c numeric(1000,500));
CREATE TABLE t_text (id int PRIMARY KEY, a text, b varchar(10), c char(5), d varchar, e "char", f citext, g text NOT NULL, h bpchar);
CREATE TABLE t_name (id int PRIMARY KEY, a name);
CREATE TABLE t_bytes (id int PRIMARY KEY, a bytea, b bytea NOT NULL, c bit(1), d bit(5), e varbit(20), f varbit, g bit(40) NOT NULL);
CREATE TABLE t_date (id int PRIMARY KEY, a date, b date NOT NULL);
CREATE TABLE t_time (id int PRIMARY KEY, a time, b time(0), c time(3), d time(6), e timetz, f timetz(3), g time NOT NULL,
  h timetz NOT NULL);
CREATE TABLE t_timestamp (id int PRIMARY KEY, a timestamp, b timestamp(0), c timestamp(3), d timestamp(6), e timestamptz,
  f timestamptz(0), g timestamptz(3), h timestamp NOT NULL, i timestamptz NOT NULL);
CREATE TABLE t_precision (id int PRIMARY KEY, t0 time(0), t1 time(1), t2 time(2), t3 time(3), t4 time(4), t5 time(5), t6 time(6),
  z0 timetz(0), z1 timetz(1), z2 timetz(2), z3 timetz(3), z4 timetz(4), z5 timetz(5), z6 timetz(6),
  s0 timestamp(0), s1 timestamp(1), s2 timestamp(2), s3 timestamp(3), s4 timestamp(4), s5 timestamp(5), s6 timestamp(6),
  y0 timestamptz(0), y1 timestamptz(1), y2 timestamptz(2), y3 timestamptz(3), y4 timestamptz(4), y5 timestamptz(5), y6 timestamptz(6));
CREATE TABLE t_interval (id int PRIMARY KEY, a interval, b interval NOT NULL, c interval day to second(3));
CREATE TABLE t_interval_kinds (id int PRIMARY KEY, a interval year, b interval year to month, c interval day, d interval hour to minute,
  e interval second(0), f interval(6), g interval month NOT NULL);
CREATE TABLE t_misc (id int PRIMARY KEY, a uuid, b json, c jsonb, d xml, e inet, f cidr, g macaddr, h macaddr8, i mood,
  j uuid NOT NULL, k jsonb NOT NULL, l mood NOT NULL);
CREATE TABLE t_array (id int PRIMARY KEY, a int[], b text[], c numeric(6,2)[], d timestamptz[], e uuid[], f boolean[], g bigint[],
  h smallint[], i real[], j double precision[], k date[], l varchar(5)[], m mood[], n jsonb[], o bytea[], p int[] NOT NULL,
  q timestamp[], r time[], s inet[], t char(3)[]);
CREATE TABLE t_array_more (id int PRIMARY KEY, a money[], b name[], c interval[], d varbit(5)[], e xml[], f timetz[], g cidr[], h macaddr[], i oid[],
  j bit(3)[], k json[], l hstore[], m citext[], n int4range[], o price[], p "char"[], q tsvector[], r ltree[], s time(3)[], t timestamp(3)[],
  u bpchar[], v numeric[], w macaddr8[], x bit[], y tstzrange[], z varchar[]);
CREATE TABLE t_vector (id int PRIMARY KEY, a vector(3), b vector, c vector NOT NULL, d halfvec(2), e sparsevec(5), f vector[]);
CREATE TABLE t_geo (id int PRIMARY KEY, a geometry, b geometry(Point, 4326), c geography, d geometry NOT NULL, e geography(Polygon) NOT NULL, f geometry[], g box2d);
CREATE TABLE t_array_range (id int PRIMARY KEY, a int8range[], b numrange[], c daterange[], d tsrange[], e bit varying[], f timetz(2)[],
  g smallint[], h timestamptz(0)[]);
CREATE TABLE t_array_deep (id int PRIMARY KEY, a int[], b text[]);
CREATE TABLE t_array_deeper (id int PRIMARY KEY, a bigint[], b smallint[], c boolean[], d real[], e double precision[], f numeric(6,2)[], g uuid[], h date[],
  i timestamp[], j timestamptz[], k mood[], l jsonb[], m bytea[], n inet[], o varchar(5)[], p time[], q char(3)[]);
CREATE TABLE t_multirange (id int PRIMARY KEY, a int4multirange, b int8multirange, c nummultirange, d datemultirange, e tsmultirange,
  f tstzmultirange, g int4multirange[], kept text);
CREATE TABLE t_range (id int PRIMARY KEY, a int4range, b int8range, c numrange, d daterange, e tsrange, f tstzrange, g int4range NOT NULL);
CREATE TABLE t_search (id int PRIMARY KEY, a tsvector, b ltree, c hstore, d tsvector NOT NULL, e hstore NOT NULL, f ltree NOT NULL);
CREATE TYPE pair AS (x int, y text);
CREATE TABLE t_unknown (id int PRIMARY KEY, a pair, b int4multirange, c tsquery, d jsonpath, e pg_lsn, f box, g line, h lseg, i path,
  j polygon, k circle, l pair[], m regclass, n txid_snapshot, kept text);
CREATE TABLE t_system (id int PRIMARY KEY, a aclitem, b cid, c xid, d xid8, e tid, g regproc, h regprocedure, i regoper, j regoperator, k regtype,
  l regrole, m regnamespace, n regconfig, o regdictionary, p regcollation, q pg_snapshot, r int2vector, s oidvector, t lquery, u ltxtquery, v box3d, w spheroid,
  x box[], y circle[], z tsquery[], aa pg_lsn[], ab xid8[], ac regclass[], ad halfvec[], ae geography[], af jsonpath[], ag path[], ah polygon[], ai nummultirange[],
  kept text);
CREATE TABLE t_long_names_of_which_the_last_part_is_cut_by_the_server_itself (id int PRIMARY KEY,
  a_column_whose_name_is_as_long_as_the_server_allows_it_to_be_12 text);
CREATE TABLE "tabelle_ä😀.x" (id int PRIMARY KEY, "😀" text, "a.b" text, "-" text);
CREATE DOMAIN at AS timestamp(3); CREATE DOMAIN must AS int NOT NULL;
CREATE TABLE t_domain (id int PRIMARY KEY, a price, b vip_price, c word NOT NULL);
CREATE TABLE t_domain_more (id int PRIMARY KEY, a numbers, b at, c must, d word[], e at NOT NULL DEFAULT '2020-01-02');
CREATE TABLE t_default (id serial PRIMARY KEY, i_lit int DEFAULT 42, s_lit text DEFAULT 'abc', b_lit boolean DEFAULT true,
  n_lit numeric(5,2) DEFAULT 1.50, f_lit double precision DEFAULT 2.5, d_lit date DEFAULT '2020-01-02', c_lit char(3) DEFAULT 'x',
  ts_lit timestamp DEFAULT '2020-01-02 03:04:05', tz_lit timestamptz DEFAULT '2020-01-02 03:04:05+00', now_fn timestamptz DEFAULT now(),
  md_fn text DEFAULT md5('x'), u_fn uuid DEFAULT gen_random_uuid(), i_not int NOT NULL DEFAULT 7, s_not text NOT NULL DEFAULT 'z',
  e_lit mood DEFAULT 'ok', j_lit jsonb DEFAULT '{"a": 1}', i_null int DEFAULT NULL, big bigint NOT NULL DEFAULT 9000000000,
  sm smallint DEFAULT 3, r real DEFAULT 1.5, t_lit time DEFAULT '01:02:03', v varchar(8) NOT NULL DEFAULT 'vc');
CREATE TABLE t_default_more (id serial PRIMARY KEY, a money DEFAULT '1.50', b citext DEFAULT 'C', c inet DEFAULT '10.0.0.1', d uuid DEFAULT
  '123e4567-e89b-12d3-a456-426614174000', e interval DEFAULT '1 day', f numeric DEFAULT 1.25, g bytea DEFAULT '\x00ff', h bit(5) DEFAULT B'10101',
  i int[] DEFAULT '{1,2}', j oid DEFAULT 7, k timetz DEFAULT '01:02:03+02', l timestamp(3) DEFAULT '2020-01-02 03:04:05.678', m time(0) DEFAULT '01:02:03',
  n json DEFAULT '[1]', o xml DEFAULT '<a/>', p "char" DEFAULT 'q', q varchar DEFAULT upper('up'), r int DEFAULT 1 + 1, s bigint DEFAULT -5,
  t text DEFAULT '', u text DEFAULT E'quote '' \\ " \n', v price DEFAULT 2.5, w text DEFAULT current_user, x date DEFAULT CURRENT_DATE, y bit(1) DEFAULT B'1',
  z hstore DEFAULT 'a=>1', aa text[] NOT NULL DEFAULT '{}', ab mood NOT NULL DEFAULT 'sad', ac point DEFAULT '(1,2)');
CREATE SEQUENCE counter;
CREATE TABLE t_default_expr (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a bigint DEFAULT nextval('counter'), b text DEFAULT 'a' || 'b', c numeric(5,2) DEFAULT -1.5,
  d int DEFAULT (-5), e numeric DEFAULT 'NaN', f date DEFAULT 'infinity', g double precision DEFAULT 1e10, h timestamp DEFAULT timezone('utc', now()),
  i timestamptz(3) DEFAULT CURRENT_TIMESTAMP(3), j time DEFAULT LOCALTIME, k jsonb DEFAULT '{}', l boolean NOT NULL DEFAULT false, m text DEFAULT NULL,
  n text DEFAULT current_database(), o int DEFAULT length('four'), p real DEFAULT 'NaN', q timestamp DEFAULT 'infinity', r interval DEFAULT '-1 month',
  s text DEFAULT 'semi;colon, -- "quoted"', t varchar(3) DEFAULT 'ü€', u timestamptz DEFAULT '-infinity', v date DEFAULT now()::date, w int DEFAULT ('1'::text)::int);
CREATE TABLE t_generated (id int PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, z text);
CREATE TABLE t_short (id int PRIMARY KEY, a varchar(10), b char(8), c text, d varchar(100) NOT NULL DEFAULT 'd');
CREATE TABLE t_point (id int PRIMARY KEY, a point, b point NOT NULL, c point[]);
SELECT 'CREATE TABLE t_columns (id int PRIMARY KEY, ' || string_agg('c' || i || ' int', ', ') || ')' FROM generate_series(1, 1599) i \gexec
CREATE TABLE t_identity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE t_wide_key (b text, a int, c uuid, v text, PRIMARY KEY (a, b, c));
CREATE TABLE t_keyless (a int, b text);
CREATE TABLE t_unique (a int, b int NOT NULL, c int NOT NULL, UNIQUE (c, b));
CREATE TABLE r_default (id int PRIMARY KEY, v text, n int NOT NULL DEFAULT 5, t timestamptz NOT NULL);
CREATE TABLE r_full (id int PRIMARY KEY, v text, n int NOT NULL, t timestamptz); ALTER TABLE r_full REPLICA IDENTITY FULL;
CREATE TABLE r_index (id int NOT NULL, v text, n int); CREATE UNIQUE INDEX r_index_id ON r_index (id);
ALTER TABLE r_index REPLICA IDENTITY USING INDEX r_index_id;
CREATE TABLE r_index_two (a int NOT NULL, b text NOT NULL, v text); CREATE UNIQUE INDEX r_index_two_ab ON r_index_two (b, a);
ALTER TABLE r_index_two REPLICA IDENTITY USING INDEX r_index_two_ab;
CREATE TABLE r_index_pk (id int PRIMARY KEY, k int NOT NULL, v text); CREATE UNIQUE INDEX r_index_pk_k ON r_index_pk (k);
ALTER TABLE r_index_pk REPLICA IDENTITY USING INDEX r_index_pk_k;
CREATE TABLE r_nothing (id int PRIMARY KEY, v text); ALTER TABLE r_nothing REPLICA IDENTITY NOTHING;
CREATE TABLE r_keyless_full (a int, b text); ALTER TABLE r_keyless_full REPLICA IDENTITY FULL;
CREATE TABLE toast (id int PRIMARY KEY, n int, a text, b jsonb, c bytea, d text[], e int[], f uuid[], g varchar, h hstore, i tsvector, j xml, k vector, l geometry,
  m json, n2 citext);
ALTER TABLE toast ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL, ALTER d SET STORAGE EXTERNAL,
  ALTER e SET STORAGE EXTERNAL, ALTER f SET STORAGE EXTERNAL, ALTER g SET STORAGE EXTERNAL, ALTER h SET STORAGE EXTERNAL, ALTER i SET STORAGE EXTERNAL, ALTER j SET STORAGE EXTERNAL, ALTER k SET STORAGE EXTERNAL,
  ALTER l SET STORAGE EXTERNAL, ALTER m SET STORAGE EXTERNAL, ALTER n2 SET STORAGE EXTERNAL;
CREATE TABLE toast_more (id int PRIMARY KEY, n int, a numeric, b double precision[], c timestamp[], d timestamptz[], e varbit, f date[], g bytea[], h bigint[],
  i numeric(9,2)[], j boolean[], k time[], l interval[], m inet[], o jsonb[], p mood[], q smallint[], r real[], s varchar[], t json[], u ltree, v char(3)[],
  w numeric[], x bytea, y int[] NOT NULL, z text NOT NULL) WITH (toast_tuple_target = 128);
SELECT format('ALTER TABLE toast_more ALTER %I SET STORAGE EXTERNAL', attname) FROM pg_attribute WHERE attrelid = 'toast_more'::regclass AND attnum > 2 \gexec
CREATE TABLE toast_rest (id int PRIMARY KEY, n int, a char(3000), b numrange, c bit(40000), d word, e halfvec, f sparsevec, g geography, h money[], i name[], j oid[],
  k macaddr[], l cidr[], m timetz[], n2 varbit[], o bit(3)[], p xml[], q hstore[], r citext[], s int4range[], t "char"[], u ltree[], v tsvector[], w macaddr8[],
  x tstzrange[], y point[], z vector[], aa geometry[], ab price[], ac numbers) WITH (toast_tuple_target = 128);
SELECT format('ALTER TABLE toast_rest ALTER %I SET STORAGE EXTERNAL', attname) FROM pg_attribute WHERE attrelid = 'toast_rest'::regclass AND attnum > 2 \gexec
CREATE TABLE toast_full (id int PRIMARY KEY, n int, a text, b bytea NOT NULL); ALTER TABLE toast_full REPLICA IDENTITY FULL;
ALTER TABLE toast_full ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL;
CREATE TABLE ddl_mid (id int PRIMARY KEY, v text);
CREATE TABLE ddl (id int PRIMARY KEY, v text);
CREATE TABLE truncated (id int PRIMARY KEY); CREATE TABLE truncated_far (id int PRIMARY KEY, at int REFERENCES truncated); CREATE TABLE truncated_too (id int PRIMARY KEY);
CREATE TABLE part (id int, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE part_2024 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE part_2025 PARTITION OF part FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE "Mixed Case" (id int PRIMARY KEY, "Straße" text, "a b" int, "1st" int);
CREATE SCHEMA other; CREATE TABLE other.r_full (id int PRIMARY KEY, w int);
COMMENT ON TABLE r_default IS 'a comment'; COMMENT ON COLUMN r_default.v IS 'another';
CREATE TABLE ddl_calm (id int PRIMARY KEY, a int);
CREATE TABLE parity_end (id int PRIMARY KEY);
