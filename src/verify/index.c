/* Keeps what a topic holds of each key (index.h). The only file that knows SQLite. */
#include "verify/index.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"

enum { VERSION = 2, OLD_MS = 20 * 3600 * 1000 };

enum statement {
    S_NEXT,
    S_SET_NEXT,
    S_PUT,
    S_EMPTY,
    S_TRUNCATE,
    S_GET,
    S_COUNT,
    S_EACH,
    S_WAIT,
    S_WAITS,
    S_NO_MORE,
    S_CHUNK,
    S_SETTLED,
    S_SETTLE,
    S_SETTLE_END,
    S_DIFFER,
    S_DIFFERENCES,
    S_EXTRAS,
    S_EACH_DIFFERENCE,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [S_NEXT] = "SELECT next FROM part WHERE part = ?1",
    [S_SET_NEXT] = "INSERT INTO part VALUES (?1, ?2) ON CONFLICT (part) DO UPDATE SET next = ?2",
    [S_PUT] =
        "INSERT INTO rec (key, part, off, ms, lsn, schema, row, place)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT (key) DO UPDATE SET"
        " part = ?2, off = ?3, ms = ?4, lsn = ?5, schema = ?6, row = ?7, place = ?8"
        " WHERE (part = ?2 AND off < ?3) OR (part <> ?2 AND ms <= ?4)",
    [S_EMPTY] = "UPDATE rec SET row = NULL WHERE part = ?1",
    [S_TRUNCATE] = "UPDATE rec SET row = NULL WHERE lsn < ?1 AND ms <= ?2",
    [S_GET] = "SELECT id, part, off, ms, lsn, schema, row, place FROM rec WHERE key = ?1",
    [S_COUNT] = "SELECT count(*) FROM rec WHERE row IS NOT NULL",
    [S_EACH] =
        "SELECT id, part, off, ms, lsn, schema, row, place, key FROM rec WHERE row IS NOT NULL",
    [S_WAIT] = "INSERT OR REPLACE INTO temp.cand VALUES (?1, ?2, ?3, ?4)",
    [S_WAITS] = "SELECT row FROM temp.cand WHERE key = ?1",
    [S_NO_MORE] = "DELETE FROM temp.cand WHERE key = ?1",
    [S_CHUNK] = "INSERT OR REPLACE INTO temp.place VALUES (?1, ?2)",
    [S_SETTLED] = "SELECT DISTINCT range FROM temp.cand WHERE chunk <= ?1",
    [S_SETTLE] =
        "INSERT INTO temp.diff"
        " SELECT c.key, CASE WHEN r.row IS NULL THEN ?3 ELSE ?4 END, c.row, ?2, ?2, p.place"
        " FROM temp.cand c LEFT JOIN rec r ON r.key = c.key"
        " LEFT JOIN temp.place p ON p.chunk = c.chunk WHERE c.chunk <= ?1"
        " ON CONFLICT (key) DO UPDATE SET kind = excluded.kind, row = excluded.row, last = ?2,"
        " place = excluded.place",
    [S_SETTLE_END] = "DELETE FROM temp.cand WHERE chunk <= ?1",
    [S_DIFFER] = ("INSERT INTO temp.diff VALUES (?1, ?2, ?3, ?4, ?4, NULL)"
                  " ON CONFLICT (key) DO UPDATE SET kind = ?2, row = ?3, last = ?4"),
    [S_DIFFERENCES] = "SELECT count(*) FROM temp.diff WHERE first = ?1 AND last = ?2",
    [S_EXTRAS] = "SELECT count(*) FROM temp.diff WHERE kind = ?1",
    [S_EACH_DIFFERENCE] =
        "SELECT key, kind, row, place FROM temp.diff WHERE first < ?1 AND last = ?1 ORDER BY key",
};

struct index {
    sqlite3 *db;
    const char *path;           /* for errors */
    char *file;                 /* NULL: a temporary file */
    sqlite3_stmt *st[STATEMENTS];
    int64_t waiting;
    int64_t truncated, truncated_ms;    /* the last TRUNCATE: its LSN and its record's time */
};

static int fail(const struct index *x, struct err *err)
{
    int rc = sqlite3_errcode(x->db), class = rc == SQLITE_BUSY ? ERR_CONFIG : ERR_RETRY;
    const char *todo = rc == SQLITE_BUSY ? ": another run has it"
                       : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB
                           ? " -> delete it: it is made anew"
                       : rc == SQLITE_FULL || rc == SQLITE_IOERR ? " -> is there room on that disk?"
                                                                 : "";
    if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_CANTOPEN ||
        rc == SQLITE_READONLY)
        class = ERR_CONFIG;
    return err_set(err, (enum err_class) class, "index %s: %s%s", x->path, sqlite3_errmsg(x->db),
                   todo);
}

/* ---- statements ---- */

static void bind(sqlite3_stmt *s, int at, struct slice b)
{
    if (b.p)
        sqlite3_bind_blob64(s, at, b.p, b.n, SQLITE_STATIC);
    else
        sqlite3_bind_null(s, at);
}

static struct slice column(sqlite3_stmt *s, int at)
{
    if (sqlite3_column_type(s, at) == SQLITE_NULL)
        return (struct slice){ NULL, 0 };
    const void *p = sqlite3_column_blob(s, at);
    return slice_of(p ? p : "", (size_t)sqlite3_column_bytes(s, at));
}

/* 1: a row is there; 0: there is none, and the statement is ready for its next use. */
static int step(struct index *x, enum statement which, struct err *err)
{
    int rc = sqlite3_step(x->st[which]);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        fail(x, err);
    sqlite3_reset(x->st[which]);
    return rc == SQLITE_DONE ? 0 : -1;
}

static sqlite3_stmt *begin(struct index *x, enum statement which)
{
    sqlite3_reset(x->st[which]);
    return x->st[which];
}

/* Runs a statement that gives no rows. */
static int once(struct index *x, enum statement which, struct err *err)
{
    return step(x, which, err) < 0 ? -1 : 0;
}

static int number(struct index *x, enum statement which, int64_t *ret, struct err *err)
{
    int rc = step(x, which, err);
    *ret = rc > 0 ? sqlite3_column_int64(x->st[which], 0) : 0;
    sqlite3_reset(x->st[which]);
    return rc < 0 ? -1 : 0;
}

static int run(const struct index *x, const char *text, struct err *err)
{
    return sqlite3_exec(x->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(x, err);
}

/* ---- the file ---- */

static int text_value(void *arg, int n, char **values, char **names)
{
    (void)names;
    if (n && values[0])
        buf_str(arg, values[0]);
    return 0;
}

static int about(const struct index *x, const char *query, struct buf *ret, struct err *err)
{
    return sqlite3_exec(x->db, query, text_value, ret, NULL) == SQLITE_OK ? 0 : fail(x, err);
}

static int note(const struct index *x, const char *name, const char *value, struct err *err)
{
    char *text = sqlite3_mprintf("INSERT OR REPLACE INTO about VALUES (%Q, %Q)", name, value);
    int rc = text ? run(x, text, err) : err_set(err, ERR_RETRY, "out of memory");
    sqlite3_free(text);
    return rc;
}

int index_was_read(struct index *x, int64_t at_ms, struct err *err)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)at_ms);
    return note(x, "read", text, err);
}

static bool is_old(struct buf *read)
{
    return clock_wall_ns() / 1000000 - strtoll(buf_cstr(read), NULL, 10) > OLD_MS;
}

static int make(struct index *x, const char *made_of, struct err *err)
{
    struct buf of = { 0 }, truncated = { 0 }, read = { 0 };
    char *end = NULL;
    int rc = run(
        x,
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "PRAGMA cache_size = -65536; PRAGMA temp_store = FILE; PRAGMA wal_autocheckpoint = 16384;"
        "BEGIN IMMEDIATE;"
        "CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS part (part INTEGER PRIMARY KEY, next INTEGER NOT NULL);"
        "CREATE TABLE IF NOT EXISTS rec"
        " (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, part, off, ms,"
        " lsn, schema, row BLOB, place);"
        "CREATE TEMP TABLE cand (key BLOB PRIMARY KEY, chunk, range, row BLOB) WITHOUT ROWID;"
        "CREATE TEMP TABLE place (chunk INTEGER PRIMARY KEY, place);"
        "CREATE TEMP TABLE diff (key BLOB PRIMARY KEY, kind, row BLOB, first, last, place)"
        " WITHOUT ROWID",
        err);
    if (!rc)
        rc = about(x, "SELECT value FROM about WHERE name = 'made of'", &of, err);
    if (!rc)
        rc = about(x, "SELECT value FROM about WHERE name = 'read'", &read, err);
    if (!rc && (!slice_eq(buf_slice(&of), slice_str(made_of)) || is_old(&read)))
        rc = index_begin_anew(x, err) || note(x, "made of", made_of, err) ? -1 : 0;
    if (!rc)
        rc = run(x, "DELETE FROM rec WHERE row IS NULL", err) ||
             about(x, "SELECT value FROM about WHERE name = 'truncated'", &truncated, err) ? -1 : 0;
    x->truncated = strtoll(buf_cstr(&truncated), &end, 10);
    x->truncated_ms = strtoll(end, NULL, 10);
    buf_done(&of);
    buf_done(&truncated);
    buf_done(&read);
    return rc;
}

static int prepare(struct index *x, struct err *err)
{
    for (int i = 0; i < STATEMENTS; i++)
        if (sqlite3_prepare_v3(x->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &x->st[i], NULL) !=
            SQLITE_OK)
            return fail(x, err);
    return 0;
}

static int open_file(struct index *x, struct err *err)
{
    mode_t old = umask(077);    /* the file holds rows */
    int rc = sqlite3_open_v2(x->file ? x->file : "", &x->db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    umask(old);
    if (rc == SQLITE_OK)
        return 0;
    return x->db ? fail(x, err) : err_set(err, ERR_RETRY, "index %s: out of memory", x->path);
}

struct index *index_open(const char *folder, const char *name, const char *made_of, struct err *err)
{
    struct index *x = xcalloc(1, sizeof *x);
    struct buf path = { 0 }, of = { 0 };
    if (folder) {
        buf_printf(&path, "%s/%s.sqlite", folder, name);
        x->file = xstrdup(buf_cstr(&path));
    }
    x->path = x->file ? x->file : "(temporary)";
    buf_printf(&of, "%d %s", VERSION, made_of);
    int rc = open_file(x, err) || make(x, buf_cstr(&of), err) || prepare(x, err) ? -1 : 0;
    buf_done(&path);
    buf_done(&of);
    if (!rc)
        return x;
    index_close(x);
    return NULL;
}

void index_close(struct index *x)
{
    if (!x)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(x->st[i]);
    sqlite3_close(x->db);
    free(x->file);
    free(x);
}

int index_begin_anew(struct index *x, struct err *err)
{
    x->truncated = x->truncated_ms = 0;
    return run(x, "DELETE FROM rec; DELETE FROM part; DELETE FROM about WHERE name = 'truncated'",
               err) || index_was_read(x, clock_wall_ns() / 1000000, err) ? -1 : 0;
}

int index_commit(struct index *x, struct err *err)
{
    return run(x, "COMMIT; BEGIN IMMEDIATE", err);
}

/* ---- records ---- */

int index_next(struct index *x, int32_t partition, int64_t *ret, struct err *err)
{
    sqlite3_bind_int(begin(x, S_NEXT), 1, partition);
    return number(x, S_NEXT, ret, err);
}

int index_set_next(struct index *x, int32_t partition, int64_t next, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_SET_NEXT);
    sqlite3_bind_int(s, 1, partition);
    sqlite3_bind_int64(s, 2, next);
    return once(x, S_SET_NEXT, err);
}

int index_put(struct index *x, struct slice key, const struct kept *k, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_PUT);
    bool older = k->lsn && k->lsn < x->truncated && k->time_ms <= x->truncated_ms;
    bool is = k->is && !older;
    bind(s, 1, key);
    sqlite3_bind_int(s, 2, k->partition);
    sqlite3_bind_int64(s, 3, k->offset);
    sqlite3_bind_int64(s, 4, k->time_ms);
    sqlite3_bind_int64(s, 5, k->lsn);
    sqlite3_bind_int(s, 6, k->schema);
    bind(s, 7, is ? k->row : (struct slice){ NULL, 0 });
    bind(s, 8, k->place);
    return once(x, S_PUT, err);
}

int index_empty(struct index *x, int32_t partition, struct err *err)
{
    sqlite3_bind_int(begin(x, S_EMPTY), 1, partition);
    return once(x, S_EMPTY, err);
}

bool index_is_unordered(const struct index *x)
{
    return x->truncated < 0;
}

int index_unordered(struct index *x, struct err *err)
{
    x->truncated = -1;
    return note(x, "truncated", "-1 0", err);
}

int index_truncate(struct index *x, int64_t lsn, int64_t time_ms, struct err *err)
{
    char text[48];
    if (index_is_unordered(x))
        return 0;
    if (lsn <= x->truncated && time_ms <= x->truncated_ms)
        return 0;
    x->truncated = lsn;
    x->truncated_ms = time_ms;
    snprintf(text, sizeof text, "%lld %lld", (long long)lsn, (long long)time_ms);
    sqlite3_stmt *s = begin(x, S_TRUNCATE);
    sqlite3_bind_int64(s, 1, lsn);
    sqlite3_bind_int64(s, 2, time_ms);
    return once(x, S_TRUNCATE, err) || note(x, "truncated", text, err) ? -1 : 0;
}

static void read_kept(sqlite3_stmt *s, struct kept *ret)
{
    *ret = (struct kept){ .id = sqlite3_column_int64(s, 0),
                          .partition = sqlite3_column_int(s, 1),
                          .offset = sqlite3_column_int64(s, 2),
                          .time_ms = sqlite3_column_int64(s, 3),
                          .lsn = sqlite3_column_int64(s, 4),
                          .schema = sqlite3_column_int(s, 5),
                          .is = sqlite3_column_type(s, 6) != SQLITE_NULL,
                          .row = column(s, 6),
                          .place = column(s, 7) };
}

int index_get(struct index *x, struct slice key, struct kept *ret, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_GET);
    bind(s, 1, key);
    int rc = step(x, S_GET, err);
    if (rc > 0)
        read_kept(s, ret);
    return rc;
}

int index_count(struct index *x, int64_t *ret, struct err *err)
{
    begin(x, S_COUNT);
    return number(x, S_COUNT, ret, err);
}

int index_each(struct index *x, index_fn *each, void *arg, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_EACH);
    int rc;
    struct kept k;
    while ((rc = step(x, S_EACH, err)) > 0) {
        read_kept(s, &k);
        if (each(arg, column(s, 8), &k, err)) {
            sqlite3_reset(s);
            return -1;
        }
    }
    return rc;
}

/* ---- candidates ---- */

int index_wait(struct index *x, struct slice key, struct slice row, int64_t chunk, int64_t range,
               struct err *err)
{
    struct slice none;
    int there = index_waits(x, key, &none, err);
    sqlite3_stmt *s = begin(x, S_WAIT);
    bind(s, 1, key);
    sqlite3_bind_int64(s, 2, chunk);
    sqlite3_bind_int64(s, 3, range);
    bind(s, 4, row);
    x->waiting += there == 0;
    return there < 0 ? -1 : once(x, S_WAIT, err);
}

int index_chunk(struct index *x, int64_t chunk, struct slice place, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_CHUNK);
    sqlite3_bind_int64(s, 1, chunk);
    bind(s, 2, place);
    return once(x, S_CHUNK, err);
}

int64_t index_waiting(const struct index *x)
{
    return x->waiting;
}

int index_waits(struct index *x, struct slice key, struct slice *ret_row, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_WAITS);
    bind(s, 1, key);
    int rc = step(x, S_WAITS, err);
    *ret_row = rc > 0 ? column(s, 0) : (struct slice){ NULL, 0 };
    return rc;
}

int index_wait_no_more(struct index *x, struct slice key, struct err *err)
{
    begin(x, S_WAITS);          /* S_WAITS may still read the row that is deleted */
    bind(begin(x, S_NO_MORE), 1, key);
    x->waiting--;
    return once(x, S_NO_MORE, err);
}

int index_settle(struct index *x, int64_t chunk, int look, index_range_fn *suspect, void *arg,
                 struct err *err)
{
    begin(x, S_WAITS);
    sqlite3_stmt *s = begin(x, S_SETTLED);
    int rc;
    sqlite3_bind_int64(s, 1, chunk);
    while ((rc = step(x, S_SETTLED, err)) > 0)
        suspect(arg, sqlite3_column_int64(s, 0));
    s = begin(x, S_SETTLE);
    sqlite3_bind_int64(s, 1, chunk);
    sqlite3_bind_int(s, 2, look);
    sqlite3_bind_int(s, 3, DIFF_MISSING);
    sqlite3_bind_int(s, 4, DIFF_DIFFERENT);
    sqlite3_bind_int64(begin(x, S_SETTLE_END), 1, chunk);
    if (rc || once(x, S_SETTLE, err) || once(x, S_SETTLE_END, err))
        return -1;
    x->waiting -= sqlite3_changes64(x->db);
    return 0;
}

int index_forget(struct index *x, bool all, struct err *err)
{
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_reset(x->st[i]);
    x->waiting = 0;
    return run(x, all ? "DELETE FROM temp.cand; DELETE FROM temp.diff" : "DELETE FROM temp.cand",
               err);
}

/* ---- differences ---- */

int index_differ(struct index *x, const struct diff *d, int look, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_DIFFER);
    bind(s, 1, d->key);
    sqlite3_bind_int(s, 2, d->kind);
    bind(s, 3, d->row);
    sqlite3_bind_int(s, 4, look);
    return once(x, S_DIFFER, err);
}

int index_differences(struct index *x, int first, int last, int64_t *ret, struct err *err)
{
    sqlite3_stmt *s = begin(x, S_DIFFERENCES);
    sqlite3_bind_int(s, 1, first);
    sqlite3_bind_int(s, 2, last);
    return number(x, S_DIFFERENCES, ret, err);
}

int index_extras(struct index *x, int64_t *ret, struct err *err)
{
    sqlite3_bind_int(begin(x, S_EXTRAS), 1, DIFF_EXTRA);
    return number(x, S_EXTRAS, ret, err);
}

int index_each_difference(struct index *x, int last, index_diff_fn *each, void *arg,
                          struct err *err)
{
    sqlite3_stmt *s = begin(x, S_EACH_DIFFERENCE);
    int rc;
    sqlite3_bind_int(s, 1, last);
    while ((rc = step(x, S_EACH_DIFFERENCE, err)) > 0) {
        struct diff d = { (enum diff_kind)sqlite3_column_int(s, 1), column(s, 0), column(s, 2),
                          column(s, 3) };
        if (each(arg, &d, err)) {
            sqlite3_reset(s);
            return -1;
        }
    }
    return rc;
}
