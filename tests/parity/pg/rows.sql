-- :base sets this run's keys apart.
INSERT INTO t_int VALUES (:base + 1, 1, 2, 3, 4, 5, 6, true, false), (:base + 2, -32768, -2147483648, -9223372036854775808, 32767,
  9223372036854775807, 4294967295, false, true), (:base + 3, NULL, NULL, NULL, 0, 0, NULL, NULL, false);
INSERT INTO t_float VALUES (:base + 1, 1.5, 0.1, 3.4028235e38, 1.7976931348623157e308), (:base + 2, 'NaN', 'NaN', 'Infinity', '-Infinity'),
  (:base + 3, NULL, NULL, -0.0, 1e-300), (:base + 4, 16777217, 5.610000133514404, 1e-45, 0.1);
INSERT INTO t_numeric VALUES (:base + 1, 1.2345678901234567890123456789, 12345678.90, 99999, 1234567890.0123456789, -0.01, 0, 1.5, -2.25),
  (:base + 2, -1e30, -0.01, -1, 0, 0, 1e-20, '-92233720368547758.08', 0), (:base + 3, NULL, NULL, NULL, NULL, 1, 100, NULL, 1),
  (:base + 4, 'NaN', 'NaN', NULL, NULL, 1, 1.10, NULL, 1), (:base + 5, 'Infinity', NULL, NULL, NULL, 1, 128, NULL, 1),
  (:base + 6, 0, 0, 0, 0, 0, 0.00, 0, 0);
INSERT INTO t_numeric_odd VALUES (:base + 1, 12300, 0.00123, 1.5), (:base + 2, NULL, NULL, NULL);
INSERT INTO t_text VALUES (:base + 1, 'plain', 'short', 'ab', 'v', 'c', 'CiText', 'n', 'bp'), (:base + 2, '', '', '', '', '', '', '', ''),
  (:base + 3, NULL, NULL, NULL, NULL, NULL, NULL, E'quote '' " \\ \n tab\t', NULL),
  (:base + 4, 'äöü € 日本 🙂', 'ünïcödé', 'é', repeat('x', 3000), 'z', 'É', '𝄞', 'a  ');
INSERT INTO t_name VALUES (:base + 1, 'a_name');
INSERT INTO t_bytes VALUES (:base + 1, '\x00ff10', '\x', '1', '10101', '1011', '111100001', repeat('10', 20)::bit(40)),
  (:base + 2, NULL, '\xdeadbeef', NULL, NULL, NULL, NULL, repeat('0', 40)::bit(40)),
  (:base + 3, '\x', '\x00', '0', '00001', '', '1', repeat('1', 40)::bit(40));
INSERT INTO t_date VALUES (:base + 1, '2024-02-29', '1970-01-01'), (:base + 2, NULL, '1969-12-31'), (:base + 3, '0001-01-01', '9999-12-31'),
  (:base + 4, '1582-10-10', '1500-03-01');
INSERT INTO t_date VALUES (:base + 10, '0044-03-15 BC', '5000-01-01'), (:base + 11, 'infinity', '2000-01-01'), (:base + 12, '-infinity', '2000-01-01');
INSERT INTO t_time VALUES (:base + 1, '12:34:56.789012', '12:34:56', '12:34:56.789', '23:59:59.999999', '12:34:56.5+02', '01:02:03.456-07', '00:00', '00:00+00'),
  (:base + 2, NULL, NULL, NULL, NULL, NULL, NULL, '23:59:59', '23:59:59-12:30');
INSERT INTO t_time VALUES (:base + 10, '24:00:00', '24:00:00', '24:00:00', '24:00:00', '24:00:00+00', '24:00:00+00', '24:00:00', '24:00:00+00');
INSERT INTO t_timestamp VALUES (:base + 1, '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.78',
  '2024-02-29 12:34:56.789012+02', '2024-02-29 12:34:56+00', '2024-02-29 12:34:56.5-05', '1970-01-01', '1970-01-01+00'),
  (:base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '1969-12-31 23:59:59.999999', '1900-01-01 00:00:00+00'),
  (:base + 3, '0001-01-01', '0099-12-31', '9999-12-31 23:59:59.999', '1582-10-10', '0001-01-01 00:00:00+00', '9999-12-31 23:59:59+00', '1582-10-10+00', '1500-02-28', '1582-10-04+00');
INSERT INTO t_timestamp VALUES (:base + 10, 'infinity', '-infinity', 'infinity', '-infinity', 'infinity', '-infinity', 'infinity', '2000-01-01', '2000-01-01+00');
INSERT INTO t_timestamp VALUES (:base + 11, '0044-03-15 BC', NULL, '0044-03-15 BC', NULL, '0044-03-15 00:00+00 BC', NULL, NULL, '2000-01-01', '2000-01-01+00'),
  (:base + 12, '294276-12-31 23:59:59', NULL, '294276-12-31 23:59:59', NULL, '12024-01-01 00:00+00', NULL, NULL, '2000-01-01', '2000-01-01+00');
INSERT INTO t_precision SELECT :base + 1, t, t, t, t, t, t, t, z, z, z, z, z, z, z, s, s, s, s, s, s, s, y, y, y, y, y, y, y FROM (VALUES ('23:59:58.123456'::time,
  '23:59:58.654321+05:30'::timetz, '2024-02-29 23:59:58.123456'::timestamp, '2024-02-29 23:59:58.654321+05:30'::timestamptz)) v(t, z, s, y);
INSERT INTO t_precision SELECT :base + 2, t, t, t, t, t, t, t, z, z, z, z, z, z, z, s, s, s, s, s, s, s, y, y, y, y, y, y, y FROM (VALUES ('12:00:00.1'::time,
  '12:00:00-08'::timetz, '1969-12-31 12:00:00.1'::timestamp, '1969-12-31 12:00:00-08'::timestamptz)) v(t, z, s, y);
INSERT INTO t_precision (id) VALUES (:base + 3);
INSERT INTO t_interval VALUES (:base + 1, '1 year 2 months 3 days 04:05:06.5', '0', '1 day 00:00:01.5'), (:base + 2, NULL, '-1 month -1 day -00:00:01', NULL),
  (:base + 3, '100 years', '1 microsecond', '999 hours');
INSERT INTO t_interval VALUES (:base + 10, '1.235 seconds', '-0.001 seconds', NULL);
INSERT INTO t_interval VALUES (:base + 11, 'P1Y2M3DT4H5M6.5S', '@ 1 year 2 mons 3 days 4 hours 5 mins 6.5 secs ago', '3 4:05:06.789'),
  (:base + 12, '1-2', '-1-2 +3 -4:05:06', '-00:00:00.001'), (:base + 13, 'PT0.000001S', '178000000 years', '-178000000 years'),
  (:base + 14, '1 week', '2 centuries 1 decade', '1.5 days');
INSERT INTO t_interval_kinds VALUES (:base + 1, '2 years', '1-2', '3 days', '04:05', '6.5 seconds', '7.654321 seconds', '8 months'),
  (:base + 2, NULL, NULL, NULL, NULL, NULL, NULL, '0');
INSERT INTO t_misc VALUES (:base + 1, '123e4567-e89b-12d3-a456-426614174000', '{"a":  1, "b": [1,2]}', '{"z": 1, "a": "ü"}', '<a b="1">x</a>', '10.1.2.3', '10.0.0.0/8',
  '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'happy', '00000000-0000-0000-0000-000000000000', '[]', 'sad'),
  (:base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null', 'so, so'),
  (:base + 3, NULL, '1', '"text"', '', '2001:db8::1/64', '2001:db8::/32', NULL, NULL, 'so, so', '123e4567-e89b-12d3-a456-426614174001', '1.50', 'ok');
INSERT INTO t_array VALUES (:base + 1, '{1,2,3}', '{a,"b,c","d\"e",""}', '{1.5,-2.25}', '{2024-01-01 00:00:00+00}', '{123e4567-e89b-12d3-a456-426614174000}', '{t,f}', '{1}', '{1}',
  '{1.5}', '{2.5}', '{2024-01-01}', '{abc}', '{sad,"so, so"}', '{"{\"a\": 1}"}', '{"\\x00ff"}', '{9}', '{2024-01-01 01:02:03}', '{01:02:03}', '{10.0.0.1}', '{a}'),
  (:base + 2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
  (:base + 3, '{1,NULL}', '{NULL,x}', '{NULL}', '{NULL}', '{NULL}', '{NULL,t}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', NULL, '{NULL}', '{NULL}', '{1,NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}'),
  (:base + 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', NULL, NULL, NULL, NULL);
INSERT INTO t_array_more VALUES (:base + 1, '{1.5}', '{n}', '{1 day}', '{101}', '{<a/>}', '{01:02:03+02}', '{10.0.0.0/8}', '{08:00:2b:01:02:03}', '{7}',
  '{101}', '{"{\"a\":  1}"}', '{"\"a\"=>\"1\""}', '{C}', '{"[1,2)"}', '{2.5}', '{q}', '{"''a'':1"}', '{a.b}', '{01:02:03.5}', '{2024-01-01 01:02:03.5}',
  '{b}', '{1.50,NULL,1e3}', '{08:00:2b:01:02:03:04:05}', '{1}', '{"[2024-01-01 00:00:00+00,)"}', '{v}'); INSERT INTO t_array_more (id) VALUES (:base + 2);
INSERT INTO t_array_more VALUES (:base + 3, '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL,01:02:03.5+02}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}',
  '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}', '{NULL}');
INSERT INTO t_array_range VALUES (:base + 1, '{"[1,2)",NULL}', '{"[1.5,2]"}', '{"[2024-01-01,2024-02-01)"}', '{"[2024-01-01 01:02:03,)"}', '{101,NULL,11}',
  '{01:02:03.45+02,NULL}', '[2:3]={1,2}', '{2024-01-01 00:00:00+00}');
INSERT INTO t_array_range (id) VALUES (:base + 2);
INSERT INTO t_vector VALUES (:base + 1, '[1,2.5,-3]', '[0.1]', '[1e10]', '[1,0.1]', '{1:1.5,4:-2}/5', '{"[1,2]"}'), (:base + 2, NULL, NULL, '[0]', NULL, NULL, NULL);
INSERT INTO t_geo VALUES (:base + 1, 'POINT(1 2)', 'SRID=4326;POINT(3 4)', 'POINT(5 6)', 'LINESTRING(0 0,1 1,2 3)', 'POLYGON((0 0,1 0,1 1,0 0))', ARRAY['POINT(1 2)'::geometry], 'BOX(0 0,1 1)'),
  (:base + 2, NULL, NULL, NULL, 'SRID=3857;POINT EMPTY', 'POLYGON((0 0,2 0,2 2,0 0))', NULL, NULL);
INSERT INTO t_array_deep VALUES (:base + 1, '{{1,2},{3,4}}', '{{a},{b}}');
INSERT INTO t_array_deeper VALUES (:base + 1, '{{1,2},{3,4}}', '{{1},{2}}', '{{t},{f}}', '{{1.5},{2}}', '{{1.5},{2}}', '{{1.5},{2}}',
  '{{123e4567-e89b-12d3-a456-426614174000}}', '{{2024-01-01}}', '{{2024-01-01}}', '{{2024-01-01 00:00+00}}', '{{sad},{ok}}', '{{1},{2}}', '{{"\\x00"}}', '{{10.0.0.1}}', '{{a},{b}}',
  '{{01:02:03}}', '{{a}}');
INSERT INTO t_multirange VALUES (:base + 1, '{[1,2)}', '{[1,2)}', '{[1,2)}', '{[2024-01-01,2024-01-02)}', '{[2024-01-01,2024-01-02)}', '{[2024-01-01,2024-01-02)}',
  '{"{[1,2)}"}', 'kept'), (:base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t_range VALUES (:base + 1, '[1,5]', '(,9]', '(1.50,2.5]', '[2024-01-01,2024-02-01]', '[2024-01-01 01:02:03.5,2024-02-01)', '[2024-01-01 01:02:03+02,)', 'empty'),
  (:base + 2, NULL, NULL, NULL, NULL, NULL, NULL, '(,)'), (:base + 3, 'empty', 'empty', 'empty', '[-infinity,infinity]', '(,)', 'empty', '[1,2)');
INSERT INTO t_search VALUES (:base + 1, to_tsvector('english', 'The quick brown fox''s jump'), 'a.b.c', 'a=>1, bb=>NULL', $$'a''b':1A,2B,3 'c\\d'$$, '"c \"d"=>"e\\f", "ü"=>""', 'x'),
  (:base + 2, NULL, NULL, NULL, '', '', '');
INSERT INTO t_unknown VALUES (:base + 1, '(1,two)', '{[1,2),[5,6)}', 'a & b', '$.a', '0/1', '(1,1),(0,0)', '{1,2,3}', '[(0,0),(1,1)]', '[(0,0),(1,1)]',
  '((0,0),(1,1))', '<(0,0),1>', '{"(1,two)"}', 'pg_class', '1:2:', 'kept'), (:base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'kept too');
INSERT INTO t_system VALUES (:base + 1, 'postgres=r/postgres', '7', '7', '7', '(0,1)', 'now', 'abs(integer)', 'pg_catalog.||/', '+(integer,integer)', 'integer',
  'postgres', 'public', 'english', 'simple', '"C"', '1:2:', '1 2', '3 4', 'a.*', 'a & b', 'BOX3D(0 0 0,1 1 1)', 'SPHEROID["WGS 84",6378137,298.257223563]',
  '{(1,1),(0,0)}', '{"<(0,0),1>"}', '{a}', '{0/1}', '{1,NULL}', '{pg_class}', '{"[1,2]"}', ARRAY['POINT(1 2)'::geography], '{$.a}', '{"[(0,0),(1,1)]"}',
  '{"((0,0),(1,1))"}', '{"{[1,2)}"}', 'kept'); INSERT INTO t_system (id) VALUES (:base + 2);
INSERT INTO t_long_names_of_which_the_last_part_is_cut_by_the_server_itself VALUES (:base + 1, 'x');
INSERT INTO "tabelle_ä😀.x" VALUES (:base + 1, 'a', 'b', 'c');
INSERT INTO t_domain VALUES (:base + 1, 1.5, 2.125, 'w'), (:base + 2, NULL, NULL, '');
INSERT INTO t_domain_more VALUES (:base + 1, '{1,NULL}', '2024-01-01 01:02:03.5', 7, '{a,NULL}'), (:base + 2, NULL, NULL, 0, NULL);
INSERT INTO t_default_expr DEFAULT VALUES; INSERT INTO t_default_expr (a, b, c, d, e, f, g, h, i, j, k, n, o, p, q, r, s, t, u, v, w) VALUES
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t_default DEFAULT VALUES;
INSERT INTO t_default (i_lit, s_lit, b_lit, n_lit, f_lit, d_lit, c_lit, ts_lit, tz_lit, now_fn, md_fn, u_fn, e_lit, j_lit, sm, r, t_lit) VALUES
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t_default_more DEFAULT VALUES; INSERT INTO t_default_more (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, ac) VALUES
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t_generated (id, a, z) VALUES (:base + 1, 21, 'z'), (:base + 2, NULL, NULL);
INSERT INTO t_short VALUES (:base + 1, 'abc', 'abc', 'abc', 'ü€🙂'), (:base + 2, NULL, NULL, NULL, ''), (:base + 3, '0123456789', '01234567', repeat('long ', 50), '1');
INSERT INTO t_point VALUES (:base + 1, '(1.5,-2.25)', '(0,0)', '{"(1,2)"}'), (:base + 2, NULL, '(1e300,NaN)', NULL), (:base + 3, '(-0,Infinity)', '(3,4)', '{}');
INSERT INTO t_columns (id, c1, c1599) VALUES (:base + 1, 1, 2);
INSERT INTO ddl_calm VALUES (:base + 1, 1);
INSERT INTO t_identity (v) VALUES ('a'), ('b');
INSERT INTO t_wide_key VALUES ('x', :base + 1, '123e4567-e89b-12d3-a456-426614174000', 'v'), ('y', :base + 1, '123e4567-e89b-12d3-a456-426614174000', 'v');
INSERT INTO t_keyless VALUES (:base + 1, 'one'), (:base + 2, 'two');
INSERT INTO t_unique VALUES (1, :base + 1, 1), (NULL, :base + 2, 2);
INSERT INTO r_default SELECT :base + i, 'v' || i, i, '2024-01-01+00' FROM generate_series(1, 5) i;
INSERT INTO r_full SELECT :base + i, 'v' || i, i, '2024-01-01+00' FROM generate_series(1, 5) i;
INSERT INTO r_index SELECT :base + i, 'v' || i, i FROM generate_series(1, 5) i;
INSERT INTO r_index_two SELECT :base + i, 'b' || i, 'v' || i FROM generate_series(1, 4) i;
INSERT INTO r_index_pk SELECT :base + i, :base + 10 * i, 'v' || i FROM generate_series(1, 4) i;
INSERT INTO r_nothing SELECT :base + i, 'v' || i FROM generate_series(1, 2) i;
INSERT INTO r_keyless_full SELECT :base + i, 'v' || i FROM generate_series(1, 3) i;
INSERT INTO toast SELECT :base + i, i, repeat('a', 9000), jsonb_build_object('k', repeat('b', 9000)), convert_to(repeat('c', 9000), 'UTF8'),
  ARRAY[repeat('d', 9000)], (SELECT array_agg(x) FROM generate_series(1, 3000) x),
  (SELECT array_agg('123e4567-e89b-12d3-a456-426614174000'::uuid) FROM generate_series(1, 600)), repeat('g', 9000), hstore('k', repeat('h', 9000)),
  (SELECT array_to_tsvector(array_agg('lexeme' || x)) FROM generate_series(1, 900) x), ('<x>' || repeat('j', 9000) || '</x>')::xml,
  (SELECT array_agg(x / 8.0) FROM generate_series(1, 1500) x)::vector, (SELECT ST_MakeLine(ST_MakePoint(x, x)) FROM generate_series(1, 600) x),
  to_json(repeat('m', 9000)), repeat('n', 9000) FROM generate_series(1, 2) i;
INSERT INTO toast_more SELECT :base + i, i, repeat('123456789', 600)::numeric, (SELECT array_agg(x) FROM generate_series(1, 200) x), (SELECT array_agg('2024-01-01'::timestamp)
  FROM generate_series(1, 200)), (SELECT array_agg('2024-01-01+00'::timestamptz) FROM generate_series(1, 200)), repeat('10', 4000)::varbit,
  (SELECT array_agg('2024-01-01'::date) FROM generate_series(1, 300)), ARRAY[convert_to(repeat('g', 3000), 'UTF8')], (SELECT array_agg(x) FROM generate_series(1, 200) x),
  (SELECT array_agg(x) FROM generate_series(1, 200) x), (SELECT array_agg(true) FROM generate_series(1, 900)), (SELECT array_agg('01:02:03'::time) FROM generate_series(1, 200)),
  (SELECT array_agg('1 day'::interval) FROM generate_series(1, 200)), (SELECT array_agg('10.0.0.1'::inet) FROM generate_series(1, 200)),
  ARRAY[to_jsonb(repeat('o', 3000))], (SELECT array_agg('sad'::mood) FROM generate_series(1, 400)), (SELECT array_agg(x::smallint) FROM generate_series(1, 900) x),
  (SELECT array_agg(x) FROM generate_series(1, 400) x), ARRAY[repeat('s', 3000)], ARRAY[to_json(repeat('t', 3000))], (SELECT string_agg('label' || x, '.')::ltree
  FROM generate_series(1, 200) x), (SELECT array_agg('v'::bpchar) FROM generate_series(1, 400)), (SELECT array_agg(x / 8.0) FROM generate_series(1, 200) x), convert_to(repeat('x', 3000), 'UTF8'),
  (SELECT array_agg(x) FROM generate_series(1, 400) x), repeat('z', 3000) FROM generate_series(1, 2) i;
INSERT INTO toast_rest SELECT :base + i, i, repeat('a', 2000), numrange(repeat('1', 3000)::numeric, NULL), repeat('10', 20000)::bit(40000), repeat('d', 3000),
  (SELECT array_agg(x % 100) FROM generate_series(1, 1500) x)::halfvec, (SELECT array_agg(x) FROM generate_series(1, 600) x)::vector::sparsevec,
  (SELECT ST_MakeLine(ST_MakePoint(x / 10.0, 1)) FROM generate_series(1, 200) x)::geography, array_fill('1.50'::money, ARRAY[300]), array_fill('n'::name, ARRAY[50]),
  array_fill('7'::oid, ARRAY[500]), array_fill('08:00:2b:01:02:03'::macaddr, ARRAY[300]), array_fill('10.0.0.0/8'::cidr, ARRAY[300]), array_fill('01:02:03+02'::timetz, ARRAY[200]),
  array_fill('101'::varbit, ARRAY[300]), array_fill('101'::bit(3), ARRAY[300]), array_fill('<a/>'::xml, ARRAY[300]), array_fill('a=>1'::hstore, ARRAY[200]),
  array_fill('C'::citext, ARRAY[400]), array_fill('[1,2)'::int4range, ARRAY[200]), array_fill('q'::"char", ARRAY[3000]), array_fill('a.b'::ltree, ARRAY[200]),
  array_fill('a:1'::tsvector, ARRAY[200]), array_fill('08:00:2b:01:02:03:04:05'::macaddr8, ARRAY[300]), array_fill('[2024-01-01 00:00:00+00,)'::tstzrange, ARRAY[200]),
  array_fill('(1,2)'::point, ARRAY[200]), array_fill('[1,2]'::vector, ARRAY[200]), array_fill('POINT(1 2)'::geometry, ARRAY[100]), array_fill('2.5'::price, ARRAY[300]),
  array_fill(1, ARRAY[700]) FROM generate_series(1, 2) i;
INSERT INTO toast_full SELECT :base + i, i, repeat('a', 9000), convert_to(repeat('b', 9000), 'UTF8') FROM generate_series(1, 2) i;
INSERT INTO ddl_mid VALUES (:base + 1, 'before');
INSERT INTO ddl VALUES (:base + 1, 'before');
INSERT INTO truncated VALUES (:base + 1); INSERT INTO truncated_too VALUES (:base + 1);
INSERT INTO part VALUES (:base + 1, '2024-06-01', 'old'), (:base + 2, '2025-06-01', 'new');
INSERT INTO "Mixed Case" VALUES (:base + 1, 'ß', 1, 2);
INSERT INTO other.r_full VALUES (:base + 1, 1);
