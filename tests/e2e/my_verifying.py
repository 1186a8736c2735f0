"""A table whose topic is verified, and what writes to it meanwhile."""
import subprocess, time
import verifying
from my_road import E, PORTS

ROWS = 20_000
DIGITS = "(SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)"
NUMBERS = ("(SELECT 1 + a.n + 5 * b.n + 25 * c.n + 125 * d.n + 625 * e.n + 3125 * f.n +"
           f" 15625 * g.n AS i FROM {DIGITS} a, {DIGITS} b, {DIGITS} c, {DIGITS} d, {DIGITS} e,"
           f" {DIGITS} f, {DIGITS} g) numbers")
TABLE = f"""CREATE TABLE t (id int PRIMARY KEY, name varchar(5000), note varchar(20),
                n decimal(12,2), made timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6));
INSERT INTO t (id, name, note, n) SELECT i, CONCAT('name ', i),
    CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN 'note' END, i / 7.0 FROM {NUMBERS} WHERE i <= """


class Load(verifying.Load):
    """Inserts, updates, deletes and key changes of rows 10001 to 20000, a hot one, and new ones."""

    def __enter__(self):
        self.cli = subprocess.Popen([*E["MYSQL_CLI"].split(), "-P", PORTS["primary"], "-N", "-B",
                                     "-n", self.f.name], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True, bufsize=1)
        return super().__enter__()

    def __exit__(self, *_):
        super().__exit__()
        self.cli.stdin.close()
        self.cli.wait(60)

    def write(self):
        while not self.over:
            text = "".join(self.change(self.writes + i) for i in range(5))
            self.cli.stdin.write(f"BEGIN; {text} COMMIT; SELECT 'done';\n")
            self.cli.stdin.flush()
            assert self.cli.stdout.readline() == "done\n"
            self.writes += 5
            time.sleep(0.01)        # or a fast machine writes more than the table has rows

    def change(self, n):
        old, new = 10_001 + n % 10_000, 2 * ROWS + n
        return (f"UPDATE t SET name = CONCAT(name, 'x'), n = n + 1 WHERE id = {old};"
                f"UPDATE t SET n = n + 1 WHERE id IN (9999, 10000);"
                f"INSERT INTO t (id, name, n) VALUES ({new}, 'new', 1);"
                f"DELETE FROM t WHERE id = {new - 50 - 50 * (new % 2)};"
                f"UPDATE t SET id = -id WHERE id = {new - 7};")
