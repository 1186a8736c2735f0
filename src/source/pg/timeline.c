/* Where a server's log comes from: reads its timelines from the replication connection. */
#include "source/pg/timeline.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/xalloc.h"
#include "source/pg/position.h"
#include "source/pg/slot.h"

static void add(struct pg_history *h, uint32_t id, uint64_t end)
{
    uint64_t begin = h->n ? h->list[h->n - 1].end : 0;
    h->list = xrealloc(h->list, h->n + 1, sizeof *h->list);
    h->list[h->n++] = (struct pg_timeline){ id, begin, end };
}

/* Later timelines have higher numbers, and begin no earlier than those before them. */
static int parse_line(struct pg_history *h, const char *line, uint32_t current, struct err *err)
{
    char *rest, lsn[32];
    unsigned long id = strtoul(line, &rest, 10);
    uint64_t end;
    if (sscanf(rest, " %31s", lsn) != 1 || pg_lsn_read(lsn, &end, err) || !id || id >= current ||
        (h->n && (id <= h->list[h->n - 1].id || end < h->list[h->n - 1].end)))
        return err_set(err, ERR_FATAL, "the history of timeline %u cannot be read: \"%.60s\"",
                       current, line);
    add(h, (uint32_t)id, end);
    return 0;
}

int pg_history_parse(struct slice text, uint32_t current, struct pg_history *ret, struct err *err)
{
    *ret = (struct pg_history){ 0 };
    int rc = 0;
    for (const uint8_t *p = text.p, *end = text.p + text.n; p < end && !rc;) {
        const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((nl ? nl : end) - p);
        char line[128];
        snprintf(line, sizeof line, "%.*s", n < sizeof line ? (int)n : (int)sizeof line - 1,
                 (const char *)p);
        p += n + (nl != NULL);
        if (line[strspn(line, " \t\r")] && line[0] != '#')
            rc = parse_line(ret, line, current, err);
    }
    add(ret, current, UINT64_MAX);
    if (rc)
        pg_history_done(ret);
    return rc;
}

const struct pg_timeline *pg_history_find(const struct pg_history *h, uint32_t id)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->list[i].id == id)
            return &h->list[i];
    return NULL;
}

const struct pg_timeline *pg_history_at(const struct pg_history *h, uint64_t lsn)
{
    size_t i = h->n - 1;
    while (i && h->list[i].begin >= lsn)
        i--;
    return &h->list[i];
}

void pg_history_done(struct pg_history *h)
{
    free(h->list);
    *h = (struct pg_history){ 0 };
}

static int read_history(PGconn *repl, uint32_t timeline, struct pg_history *ret, struct err *err)
{
    if (timeline == 1)      /* the first timeline has no file */
        return pg_history_parse((struct slice){ NULL, 0 }, timeline, ret, err);
    char command[48];
    snprintf(command, sizeof command, "TIMELINE_HISTORY %u", timeline);
    PGresult *r = pg_exec(repl, command, PGRES_TUPLES_OK, err);
    if (!r)
        return err_wrap(err, "the server cannot tell where timeline %u comes from", timeline);
    struct slice text = slice_of((const uint8_t *)pg_cell(r, 0, 1), (size_t)PQgetlength(r, 0, 1));
    int rc = pg_history_parse(text, timeline, ret, err);
    PQclear(r);
    return rc;
}

/*
 * Asks for the end first: what was replayed before the timeline was asked for lies on that timeline
 * or before it.
 */
int pg_place_read(PGconn *repl, PGconn *sql, struct pg_place *ret, struct err *err)
{
    pg_history_done(&ret->history);
    return pg_server_end(sql, &ret->end, err) || pg_identify(repl, sql, &ret->server, err) ||
           read_history(repl, ret->server.timeline, &ret->history, err) ? -1 : 0;
}
