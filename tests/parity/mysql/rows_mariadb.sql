INSERT INTO t_uuid VALUES (@base + 1, '123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'), (@base + 2, NULL, '123e4567-e89b-42d3-a456-426614170000', NULL),
  (@base + 3, '018f4567-e89b-7abc-8456-426614174000', '123e4567-e89b-42d3-a456-000000000000', '123e4567-e89b-12d3-a456-426614174000');
INSERT INTO unseen.t_inet VALUES (@base + 1, '2001:db8::1', '10.0.0.1', '::'), (@base + 2, NULL, NULL, '::ffff:10.0.0.0'), (@base + 3, '2001:db8:1:2:3:4:5:6', '0.0.0.0', 'fe80::');
INSERT INTO t_uuid_key VALUES (if(@base = 0, '123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174100'), 1);
INSERT INTO unseen.t_versioned VALUES (@base + 1, 1), (@base + 2, 2); INSERT INTO unseen.t_period VALUES (@base + 1, '2024-01-01', '2024-12-31', 1);
INSERT INTO t_aria VALUES (@base + 1, 'a'); INSERT INTO t_sequence (v) VALUES (1), (2); INSERT INTO t_without_check VALUES (@base + 1, '{"a":  1}', '[1, 2]'), (@base + 2, NULL, '{"k":"v"}');
SET @@timestamp = 1704067200 + @base; INSERT INTO unseen.t_versioned_columns (id, v) VALUES (@base + 1, 1); SET @@timestamp = DEFAULT;
INSERT INTO unseen.t_year_zero VALUES (@base + 1, 0, 0, 0, 0), (@base + 2, NULL, 2024, 2024, 2024); INSERT INTO unseen.t_year_zero (id, b) VALUES (@base + 3, '0');
