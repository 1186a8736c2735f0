INSERT INTO t_json_more VALUES (@base + 1, JSON_OBJECT('d', CAST('2024-02-29' AS date), 'dt', CAST('2024-02-29 12:34:56.789' AS datetime(3)), 't', CAST('-12:34:56.5' AS time(1)), 'y', 1.0, 'n', CAST(1.50 AS decimal(10,2)), 'f', 1.5e0, 'big', CAST(12345678901234567890.123456789 AS decimal(40,10)))),
  (@base + 2, JSON_ARRAY(1e0, 1.0e20, 1.5e-7, 0.1e0, 123456789012345680e0, 1e15, 1e16, 1e17, -0e0, 3.0, 1.10)), (@base + 3, CAST(CAST('2024-01-01 00:00:00' AS datetime) AS json)),
  (@base + 4, JSON_OBJECT('a', true, 'b', CAST('[1, {"x": null}]' AS json))), (@base + 5, CAST(18446744073709551615 AS json)), (@base + 6, JSON_QUOTE('text')), (@base + 7, CAST('1.7976931348623157e308' AS json)), (@base + 8, '{"dup": 1, "dup": 2}'), (@base + 9, concat(repeat('[', 99), repeat(']', 99)));
INSERT INTO t_vector VALUES (@base + 1, TO_VECTOR('[1,2.5,-3]'), TO_VECTOR('[0.1,1e10,0,-1e-10]')), (@base + 2, NULL, TO_VECTOR('[1,2]'));
INSERT INTO t_charset_mysql VALUES (@base + 1, '中文🙂'), (@base + 2, NULL);
INSERT INTO t_geo_srid VALUES (@base + 1, ST_GeomFromText('POINT(3 4)', 4326), ST_GeomFromText('POLYGON((0 0,2 0,2 2,0 0))')), (@base + 2, NULL, ST_GeomFromText('POLYGON((0 0,2 0,2 2,0 0),(0.5 0.1,1 0.1,1 0.2,0.5 0.1))'));
INSERT INTO t_gipk VALUES (1, 'a'), (2, 'b'); INSERT INTO t_functional VALUES (@base + 1, '{"tags": [1, 2]}', 'B'); INSERT INTO t_check (id, a) VALUES (@base + 1, 5), (@base + 2, NULL);
INSERT INTO t_year_zero VALUES (@base + 1, 0, 0, 0, 0), (@base + 2, NULL, 2024, 2024, 2024); INSERT INTO t_year_zero (id, b) VALUES (@base + 3, '0');
