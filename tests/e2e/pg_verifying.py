"""A table whose topic is verified, and what writes to it meanwhile."""
import time
import psycopg
import verifying

ROWS = 50_000
TABLE = """CREATE TABLE t (id int PRIMARY KEY, name text, note text, n numeric(12,2),
                made timestamptz DEFAULT now());
INSERT INTO t SELECT i, 'name ' || i, CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN 'note' END, i / 7.0
  FROM generate_series(1, {}) i"""


class Load(verifying.Load):
    """Inserts, updates, deletes and key changes of rows 20001 to 40000 and new ones."""

    def write(self):
        with psycopg.connect(self.f.dsn, autocommit=True) as s:
            while not self.over:
                with s.transaction():
                    for _ in range(5):
                        n = self.writes
                        self.change(s.execute, 20_001 + n % 20_000, 2 * ROWS + n)
                        self.writes += 1
                time.sleep(0.01)        # or a fast machine writes more than the table has rows

    def change(self, run, old, new):
        run("UPDATE t SET name = name || 'x', n = n + 1 WHERE id = %s", (old,))
        run("INSERT INTO t VALUES (%s, 'new', NULL, 1)", (new,))
        run("DELETE FROM t WHERE id = %s", (new - 50 - 50 * (new % 2),))
        run("UPDATE t SET id = -id WHERE id = %s", (new - 7,))
