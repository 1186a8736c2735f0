-- What MySQL alone has.
CREATE TABLE t_json_more (id int PRIMARY KEY, a json); CREATE TABLE t_vector (id int PRIMARY KEY, a vector(3), b vector(4) NOT NULL);
CREATE TABLE t_charset_mysql (id int PRIMARY KEY, a varchar(20) CHARACTER SET gb18030);
CREATE TABLE t_geo_srid (id int PRIMARY KEY, a point SRID 4326, b polygon NOT NULL SRID 0);
SET sql_generate_invisible_primary_key = ON; CREATE TABLE t_gipk (a int, b varchar(5)); SET sql_generate_invisible_primary_key = DEFAULT;
CREATE TABLE t_functional (id int PRIMARY KEY, a json, b varchar(10), INDEX f ((lower(b))), INDEX m ((CAST(a->'$.tags' AS unsigned ARRAY))));
CREATE TABLE t_check (id int PRIMARY KEY, a int CHECK (a > 0), b varchar(5) NOT NULL DEFAULT (repeat('x', 2)), CONSTRAINT positive CHECK (a < 1000) NOT ENFORCED);
CREATE TABLE t_year_zero (id int PRIMARY KEY, a year, b year NOT NULL, c year DEFAULT 0, d year NOT NULL DEFAULT 0);
