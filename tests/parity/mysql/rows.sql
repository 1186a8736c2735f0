-- @base sets this run's keys apart.
INSERT INTO t_int VALUES (@base + 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, true, true, false, 42, 1, 1, 2, 3, 4),
  (@base + 2, -128, 255, -32768, 65535, -8388608, 16777215, 4294967295, -9223372036854775808, 9223372036854775807, 127, 255, -128, 99999, -1, 4294967295, -2147483648, 9223372036854775807, 8388607),
  (@base + 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO t_unsigned VALUES (@base + 1, 18446744073709551615, 9223372036854775808, 7), (@base + 2, NULL, 0, 18446744073709551615), (@base + 3, 9223372036854775807, 1, 0);
INSERT INTO t_unsigned_key VALUES (18446744073709551515 + @base, 1), (@base, 2);
INSERT INTO t_float VALUES (@base + 1, 1.5, 0.1, 5.61, 1.234, 3.4028234e38, 1.7976931348623157e308, 0.1, 0.1, 1.25, 0.3, 1e100, 5.61, 0.1),
  (@base + 2, 0.1, 1e-300, -99999.99, -1234567.125, -1.1754944e-38, -0e0, NULL, NULL, NULL, NULL, NULL, -0.01, 1e10), (@base + 3, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL),
  (@base + 4, 123456.79, 123456789012345680, 0, 0, 1e-20, 1e15, 1e16, 1e17, 1e20, 1e-7, 123456789.125, 1, 9999999);
INSERT INTO t_float VALUES (@base + 10, 16777217, 0.1, 0.01, -0.001, 16777217, 0.1, 0.1, 0.1, 16777217, 0.1, 0.1, 0.01, 16777217);
INSERT INTO t_decimal VALUES (@base + 1, 12345678.90, 12345678901234567890123456789012345.123456789012345678901234567890, 99999, 1234567890, -0.01, 9999999999.0123456789,
  99999999999999999999999999999999999999999999999999999999999999999, 0.123456789012345678901234567890, 1.5, 0.123456789),
  (@base + 2, -0.01, -1, -1, -1, 0, 0, -99999999999999999999999999999999999999999999999999999999999999999, -0.000000000000000000000000000001, 0, -0.999999999),
  (@base + 3, NULL, NULL, NULL, NULL, 128, NULL, NULL, NULL, NULL, NULL), (@base + 4, 1.28, 1e-30, 128, 255, -1.28, 1, 32768, 0, 99999.9, 0);
INSERT INTO t_text VALUES (@base + 1, 'ab', 'short', 'tiny', 'text', 'medium', 'long', 'n', '', repeat('v', 2000), 'abc', 'abc', '', 'long', 'text', repeat('o', 255), repeat('p', 300)),
  (@base + 2, '', '', '', '', '', '', '', NULL, '', '', '', 'not null', '', '', '', ''), (@base + 3, NULL, NULL, NULL, NULL, NULL, NULL, 'q', NULL, NULL, NULL, NULL, 'q', NULL, NULL, NULL, NULL),
  (@base + 4, 'é', 'äöü€ 日本🙂', 'ß', 'quote '' " \\ \n tab\t nul\0 end', '𝄞', repeat('é', 40000), 'a  ', '', ' lead', 'ü', '日', ' ', repeat('x', 300), 'y', 'trail  ', repeat('€', 300));
INSERT INTO t_charset VALUES (@base + 1, 'é€Žœ', '中文', 'ｱ日本語', '日本🙂', 'Привет', '日本', 'Bin🙂', '日本', '🙂', '中文', '한국어', '日本語', '日本語', '中文', 'Привет', 'řžő', 'שלום', 'Ελλάδα', 'řžő', 'éñ', 'ascii', '日🙂', '日本語①', 'şığ', 'žņ', 'سلام',
  repeat('é', 300), '表ソ能', '日本🙂', '中文', 'é', 'ü'),
  (@base + 2, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
  (@base + 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'n'),
  (@base + 4, 'plain', 'plain', 'pl~ain\\', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain', 'plain',
  'plain', 'plain', 'plain', 'plain', 'plain', 'plain');
INSERT INTO t_charset_more VALUES (@base + 1, 'ąčę', 'Їжак', 'řžő', 'Привет', 'éñ', 'สวัสดี'), (@base + 2, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t_charset_table VALUES (@base + 1, 'é€', 'ü', 'ü'), (@base + 2, NULL, NULL, NULL);
INSERT INTO t_bytes VALUES (@base + 1, 'ab', 'v', 0x00ff, 0xdeadbeef, 'm', 'l', 'a', 'v', '', 0x00, 'ab', 'lv', 'm', 'n'), (@base + 2, '', '', '', '', '', '', '', '', NULL, '', '', '', '', ''),
  (@base + 3, NULL, NULL, NULL, NULL, NULL, NULL, 0x610000, 0x610000, NULL, 'j', NULL, NULL, NULL, NULL), (@base + 4, 0x00000000, 0x0000, 0x00, 0xff, 0x00, repeat(0xfe, 70000), 0x000000, 0x00, '', repeat('b', 3000), 0x20202020, 0x80, repeat('x', 255), repeat('y', 300));
INSERT INTO t_bit VALUES (@base + 1, b'1', b'10101', b'11110000', b'101010101', b'1000000000000000000000000000000000000000000000000000000000000001', b'1', b'10000000000000001', b'0'),
  (@base + 2, b'0', 0, 0, 0, 0, 0, 0, NULL), (@base + 3, NULL, NULL, NULL, NULL, NULL, 0, 1, b'1'), (@base + 4, 1, 31, 255, 511, 18446744073709551615, 1, 131071, 1);
INSERT INTO t_date VALUES (@base + 1, '2024-02-29', '1970-01-01'), (@base + 2, NULL, '1969-12-31'), (@base + 3, '1000-01-01', '9999-12-31'), (@base + 4, '1582-10-10', '1500-03-01'), (@base + 5, '0100-01-01', '1582-10-15');
INSERT INTO t_date VALUES (@base + 10, '0069-01-01', '0001-01-01');
INSERT INTO t_time VALUES (@base + 1, '12:34:56', '12:34:56.7', '12:34:56.78', '12:34:56.789', '12:34:56.7891', '12:34:56.78912', '12:34:56.789123', '00:00:00', '23:59:59.999999'),
  (@base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '23:59:59', '00:00:00.000001'), (@base + 3, '00:00:00', '00:00:00.5', '00:00:00.05', '00:00:00.005', '00:00:00.0005', '00:00:00.00005', '00:00:00.5', '00:00:00', '12:00:00.5');
INSERT INTO t_time VALUES (@base + 10, '-01:02:03', '-00:00:00.5', '-12:34:56.78', '-12:34:56.789', '-00:00:00.0001', '-23:59:59.99999', '-00:00:00.000001', '00:00:00', '00:00:00'),
  (@base + 11, '838:59:59', '24:00:00', '100:00:00.55', '838:59:58.999', '25:00:00', '48:00:00.00001', '838:59:58.999999', '00:00:00', '00:00:00'),
  (@base + 12, '-838:59:59', '-24:00:00', '-100:00:00.55', '-838:59:58.999', '-25:00:00', '-48:00:00.00001', '-838:59:58.999999', '00:00:00', '00:00:00');
INSERT INTO t_datetime VALUES (@base + 1, '2024-02-29 12:34:56', '2024-02-29 12:34:56.7', '2024-02-29 12:34:56.78', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.7891', '2024-02-29 12:34:56.78912', '2024-02-29 12:34:56.789123', '1970-01-01', '1969-12-31 23:59:59.999999'),
  (@base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '1900-01-01', '2100-01-01'), (@base + 3, '1000-01-01', '9999-12-31 23:59:59.9', '1500-02-28', '1582-10-04', '1582-10-15', '2024-03-31 02:30:00.5', '9999-12-31 23:59:59.999999', '0100-01-01', '1677-09-22');
INSERT INTO t_datetime VALUES (@base + 10, '1582-10-10', '1582-10-05', '1582-10-14', '1582-10-10 12:00:00', '1582-10-10', '1582-10-10', '1582-10-10 00:00:00.000001', '1970-01-01', '2000-01-01'),
  (@base + 11, '0069-01-01', '0001-01-01', '0099-12-31', '0070-06-01 12:00:00.5', NULL, NULL, NULL, '1970-01-01', '2000-01-01');
INSERT INTO t_timestamp VALUES (@base + 1, '2024-02-29 12:34:56', '2024-02-29 12:34:56.7', '2024-02-29 12:34:56.78', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.7891', '2024-02-29 12:34:56.78912', '2024-02-29 12:34:56.789123', '1970-01-01 02:00:01', '2038-01-19 05:14:07.999999'),
  (@base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-03-31 02:30:00', '2024-10-27 02:30:00.5'), (@base + 3, '2024-01-01 00:00:00', '2024-01-01 00:00:00', '2024-01-01 00:00:00.5', '2024-01-01 00:00:00.5', '2024-01-01 00:00:00.5', '2024-01-01', '2024-01-01 00:00:00.1', '2024-01-01', '2024-01-01');
INSERT INTO t_timestamp_key VALUES (timestamp('2024-01-01 00:00:00.500') + INTERVAL @base SECOND, 1), (timestamp('2024-01-02 00:00:00') + INTERVAL @base SECOND, 2);
INSERT INTO t_year VALUES (@base + 1, 2024, 1901), (@base + 2, NULL, 2155), (@base + 3, '70', '69');
SET sql_mode = '';
INSERT INTO t_zero (id, a, b, c, d, e, f, g, h) VALUES (@base + 1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00', '0000-00-00'),
  (@base + 2, '2024-00-00', '2024-00-00 12:34:56', NULL, '2024-01-00', '2024-00-15 01:02:03', '2024-01-01', '2024-01-00 00:00:00.5', NULL), (@base + 3, NULL, NULL, NULL, '0001-00-00', '0001-01-00', '2024-01-01', NULL, NULL);
INSERT INTO t_enum VALUES (@base + 11, 'none', 'none', 'x,none', '', 'none', 'none', 'none', '', '', 'none');
SET sql_mode = DEFAULT;
INSERT INTO t_enum VALUES (@base + 1, 'a', 'b', 'x,z', 'x,é', 'it''s', 'ß', '語', 'ä,ö', '0', 'lower'), (@base + 2, NULL, 'a', NULL, '', NULL, NULL, NULL, NULL, NULL, NULL),
  (@base + 3, 'é', 'a', '', 'é', '', 'ü', '日本', '', '2', 'UPPER'), (@base + 4, 'b', 'b', 'z,y,x', 'x', '"q"', 'ü', '語', 'ö', '1', 'lower'), (@base + 5, 'b', 'b', 'y', 'x', 'back\\slash', 'ü', '語', 'ö', '1', 'lower');
INSERT INTO t_enum_comma VALUES (@base + 1, 'a,b', 'x,y'), (@base + 2, NULL, 'x,y'), (@base + 3, 'c', 'x,y');
INSERT INTO t_json VALUES (@base + 1, '{"a":1,"b":[1,2]}', '[]'), (@base + 2, NULL, 'null'), (@base + 3, '"text ü🙂"', '{"z":1,"aa":2,"a":"ü","":null}'),
  (@base + 4, '[true,false,null,0,-1,1.5,1e10,18446744073709551615,-9223372036854775808,123456789012]', '"quote \\" \\\\ \\n \\u0001 \\/ é"'),
  (@base + 5, concat(repeat('[', 30), repeat(']', 30)), '{"a":{"b":{"c":{"d":[{},[],{"e":[[1]]}]}}}}'), (@base + 6, concat('{"k":"', repeat('v', 70000), '"}'), '1'), (@base + 7, '0.1', '-0.0'), (@base + 8, '1.0', '100.25');
INSERT INTO t_geo VALUES (@base + 1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(1.5 -2.25)'), ST_GeomFromText('LINESTRING(0 0,1 1,2 3)'), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), ST_GeomFromText('MULTIPOINT(0 0,1 1)'),
  ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'), ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'), ST_GeomFromText('POINT(0 0)')),
  (@base + 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ST_GeomFromText('POINT(1e300 -1)')),
  (@base + 3, ST_GeomFromText('POINT(3 4)', 4326), ST_GeomFromText('POINT(3 4)', 4326), ST_GeomFromText('LINESTRING(1 2,3 4)', 4326), NULL, NULL, NULL, NULL, NULL, ST_GeomFromText('POINT(5 6)', 3857));
INSERT INTO t_generated (id, a, z) VALUES (@base + 1, 21, 'z'), (@base + 2, NULL, NULL);
INSERT INTO t_invisible (id, a, b, c) VALUES (@base + 1, 1, 2, 'd'), (@base + 2, NULL, NULL, 'e'); INSERT INTO t_invisible VALUES (@base + 3, 7);
INSERT INTO t_comment VALUES (@base + 1, 1, 'a'), (@base + 2, NULL, 'b');
INSERT INTO t_default () VALUES ();
INSERT INTO t_default (i_lit, i_neg, s_lit, b_lit, n_lit, f_lit, r_lit, d_lit, c_lit, dt_lit, dt3_lit, dt6_lit, t_lit, t3_lit, y_lit, e_lit, st_lit, bit_lit, bit1_lit, sm, ti, ui, `empty`, i_text, dec_text, hx, uni) VALUES
  (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t_default_now VALUES (@base + 1, '2024-01-01', '2024-01-01', '2024-01-01', '2024-01-01', NULL, NULL), (@base + 2, NULL, NULL, '2024-01-01 00:00:00.5', '2024-01-01 00:00:00.5', '2024-01-01', '2024-01-01');
INSERT INTO t_default_ts (id) VALUES (@base + 1); INSERT INTO t_default_ts VALUES (@base + 2, '2024-07-01', NULL);
INSERT INTO t_default_expr VALUES (@base + 1, 2, '123e4567-e89b-12d3-a456-426614174000', '[]', 'expr', '2024-01-01', 'ab'), (@base + 2, NULL, NULL, NULL, NULL, NULL, 'x');
INSERT INTO t_default_more (id) VALUES (@base + 1); INSERT INTO t_default_more VALUES (@base + 2, NULL, NULL, NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO t_wide_key VALUES ('x', @base + 1, 'ab', 'v'), ('y', @base + 1, 0x61620000, 'v'), ('', @base + 1, '', '');
INSERT INTO t_prefix_key VALUES (concat(@base, 'abcdef'), 'blob', 1), (concat(@base, 'xbcdef'), 0x00ff, 2);
INSERT INTO t_text_key VALUES (concat('é', @base), 1); INSERT INTO t_enum_key VALUES (if(@base = 0, 'a', 'b'), 1);
INSERT INTO t_date_key VALUES ('2024-01-01', '12:00:00.5', timestamp('2024-01-01 00:00:00.25') + INTERVAL @base SECOND, 1); INSERT INTO t_decimal_key VALUES (@base + 1.5, 1), (-@base - 0.0001, 2);
INSERT INTO t_keyless VALUES (@base + 1, 'one'), (@base + 2, 'two');
INSERT INTO t_unique VALUES (1, @base + 1, 1), (NULL, @base + 2, 2); INSERT INTO t_unique_null VALUES (@base + 1, 'a'), (NULL, 'b'); INSERT INTO t_unique_two VALUES (@base + 1, @base + 2, 3);
INSERT INTO t_long_names_of_sixty_four_characters_which_is_all_that_there_ma VALUES (@base + 1, 1);
INSERT INTO `Mixed Case` VALUES (@base + 1, 'ß', 1, 2, 3, 4, 5, 6, 7); INSERT INTO `order` VALUES (@base + 1, 1); INSERT INTO `tabelle_ä€` VALUES (@base + 1, 1); INSERT INTO `Case` VALUES (@base + 1, 1);
INSERT INTO t_part VALUES (@base + 1, 1, 'old'), (@base + 2, 1000, 'new'); INSERT INTO t_myisam VALUES (@base + 1, 'a'), (@base + 2, 'b');
INSERT INTO unseen.t_zerofill VALUES (@base + 1, 99999.9, 1.5), (@base + 2, NULL, 0);
INSERT INTO r_plain VALUES (@base + 1, 'v1', 1, '2024-01-01'), (@base + 2, 'v2', 2, NULL), (@base + 3, 'v3', 3, '2024-01-01'), (@base + 4, 'v4', 4, '2024-01-01'), (@base + 5, 'v5', 5, '2024-01-01');
INSERT INTO r_other VALUES (@base + 1, 'o1'), (@base + 2, 'o2'), (@base + 3, 'o3'); INSERT INTO r_keyless VALUES (@base + 1, 'v1'), (@base + 2, 'v2'), (@base + 3, 'v2'), (@base + 3, 'v2');
INSERT INTO r_auto (u, v) VALUES (@base + 1, 'a'), (@base + 2, 'b');
INSERT INTO r_big VALUES (@base + 1, 1, repeat('a', 100000), repeat(0xfe, 100000));
INSERT INTO r_parent VALUES (@base + 1, 1), (@base + 2, 2); INSERT INTO r_child VALUES (@base + 11, @base + 1), (@base + 12, @base + 1), (@base + 13, @base + 2);
INSERT INTO r_watched VALUES (@base + 1, 1); INSERT INTO r_truncated VALUES (@base + 1); INSERT INTO r_truncated_too VALUES (@base + 1);
INSERT INTO ddl VALUES (@base + 1, 'before'); INSERT INTO swap VALUES (@base + 1, 1);
INSERT INTO other.r_plain VALUES (@base + 1, 1); INSERT INTO `Mixed-Case`.`r-plain` VALUES (@base + 1, 1);
