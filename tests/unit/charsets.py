#!/usr/bin/python3
"""charsets.py CLIENT [OPTION...] > tests/unit/charsets.txt

Asks a server what each code of each of its character sets means, through a mysql or mariadb client.
A line a set: its name; of sets of one byte the characters of 0x00 to 0xff that it gives a meaning
to, in hex of UTF-8, with "-" for the others; of the others how many codes mean something and the
CRC-32 of all of them, code and UTF-8 in turn, in the order of their length and value.
"""

import subprocess
import sys
import zlib

SKIP = {"binary", "utf8mb4", "utf8mb3", "utf8", "ascii", "ucs2", "utf16", "utf16le", "utf32"}
GB18030 = "UNHEX(CONCAT(HEX(0x81 + n DIV 12600), HEX(0x30 + n DIV 1260 MOD 10), HEX(0x81 + n DIV 10 MOD 126), HEX(0x30 + n MOD 10)))"


def ask(sql):
    done = subprocess.run(
        [*sys.argv[1:], "-N", "-B", "--raw", "-D", "mysql", "-e", sql],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("\t") for line in done.stdout.splitlines()]


mariadb = "MariaDB" in ask("SELECT VERSION()")[0][0]


def numbers(first, last):
    if mariadb:
        return f"(SELECT seq n FROM seq_{first}_to_{last})"
    return f"(WITH RECURSIVE r AS (SELECT {first} n UNION ALL SELECT n + 1 FROM r WHERE n < {last}) SELECT n FROM r)"


def meanings(charset, code, first, last):
    """Codes that are one character and that it, as UTF-8. What has none comes back empty, NULL, as
    question marks or as U+FFFD."""
    before = "SET sql_mode = '';" + (
        "" if mariadb else "SET SESSION cte_max_recursion_depth = 2000000;"
    )
    rows = ask(
        before
        + f"SELECT HEX(s), HEX(CONVERT(CONVERT(s USING {charset}) USING utf8mb4)) FROM (SELECT "
          f"{code} s FROM {numbers(first, last)} q) z"
    )
    for hex_code, hex_text in rows:
        key, text = bytes.fromhex(hex_code), bytes.fromhex("" if hex_text == "NULL" else hex_text)
        if (
            (b"?" not in text or key == b"?")
            and len(text.decode()) == 1
            and text.decode() != "\ufffd"
        ):
            yield key, text


def fixed(width):
    return f"UNHEX(LPAD(HEX(n), {2 * width}, '0'))"


def long_codes(charset, singles):
    for key, text in meanings(charset, fixed(2), 0x8000, 0xffff):
        if key[:1] not in singles:
            yield key, text
    if charset in ("ujis", "eucjpms"):
        yield from meanings(charset, fixed(3), 0x8f8000, 0x8fffff)
    if charset == "gb18030":
        yield from meanings(charset, GB18030, 0, 126 * 12600 - 1)


for charset, longest in ask(
    "SELECT character_set_name, maxlen FROM information_schema.character_sets ORDER BY 1"
):
    if charset in SKIP:
        continue
    singles = dict(meanings(charset, fixed(1), 0, 255))
    if longest == "1":
        print(charset, " ".join(singles.get(bytes([i]), b"").hex() or "-" for i in range(256)))
        continue
    count, crc = 0, 0
    for key, text in [*singles.items(), *long_codes(charset, singles)]:
        count, crc = count + 1, zlib.crc32(key + text, crc)
    print(charset, count, f"{crc:08x}")
