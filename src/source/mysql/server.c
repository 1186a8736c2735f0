/*
 * What a server is, where its binlog stands, and whether it still has what a position needs. All by
 * SQL on a catalog connection; the last part prepares the dump's session.
 */
#include "source/mysql/server.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "source/mysql/position.h"
#include "source/mysql/proof.h"

enum { MAX_DELETED = 64 };

/* ---- what it is ---- */

static const char variables[] = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', "
                                "'server_id', 'port', 'log_bin', 'log_slave_updates', "
                                "'log_replica_updates', 'gtid_mode', 'binlog_format', "
                                "'binlog_row_image', 'binlog_row_metadata', "
                                "'lower_case_table_names', 'collation_server', 'old_mode', "
                                "'wsrep_on', 'group_replication_group_name')";

static void take_variable(struct mysql_server *s, const char *name, const char *value, int *port)
{
    bool on = strcasecmp(value, "ON") == 0 || strcmp(value, "1") == 0;
    struct { const char *name; char *to; size_t size;
    } texts[] = {
        { "server_uuid", s->uuid, sizeof s->uuid },
        { "binlog_format", s->format, sizeof s->format },
        { "binlog_row_image", s->image, sizeof s->image },
        { "binlog_row_metadata", s->metadata, sizeof s->metadata },
        { "collation_server", s->collation, sizeof s->collation },
    };
    struct { const char *name; bool *to;
    } flags[] = {
        { "wsrep_on", &s->clustered },
        { "log_bin", &s->log_bin },
        { "log_slave_updates", &s->log_updates },
        { "log_replica_updates", &s->log_updates },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            snprintf(texts[i].to, texts[i].size, "%.*s", (int)texts[i].size - 1, value);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(name, flags[i].name) == 0)
            *flags[i].to = on;
    if (strcmp(name, "server_id") == 0)
        s->server_id = (uint32_t)strtoul(value, NULL, 10);
    if (strcmp(name, "port") == 0)
        *port = atoi(value);
    if (strcmp(name, "gtid_mode") == 0)
        s->gtid = strcasecmp(value, "ON") == 0 || strcasecmp(value, "ON_PERMISSIVE") == 0;
    if (strcmp(name, "lower_case_table_names") == 0)
        s->lower_case_names = strcmp(value, "0") != 0;
    if (strcmp(name, "group_replication_group_name") == 0)
        s->clustered = *value;
    if (strcmp(name, "old_mode") == 0)
        s->utf8_is_utf8mb4 = !strstr(value, "UTF8_IS_UTF8MB3");
}

static int read_variables(struct mysql_conn *c, struct mysql_server *s, struct err *err)
{
    const struct cell *v;
    int port = 0, got;
    struct mysql_rows *r = mysql_conn_query(c, variables, false, "vv", err);
    if (!r)
        return -1;
    while ((got = mysql_rows_next(r, &v, err)) == 1) {
        char name[64], value[512];
        snprintf(name, sizeof name, "%.*s", (int)v[0].n, (const char *)v[0].p);
        snprintf(value, sizeof value, "%.*s", (int)v[1].n, (const char *)v[1].p);
        take_variable(s, name, value, &port);
    }
    mysql_rows_free(r);
    if (s->mariadb)
        s->gtid = true;
    if (!*s->uuid)
        snprintf(s->uuid, sizeof s->uuid, "%u:%d", s->server_id, port);
    return got;
}

const char *mysql_server_role_sql(const struct mysql_server *s)
{
    return s->mariadb            ? "SHOW ALL SLAVES STATUS"
           : s->version >= 80022 ? "SHOW REPLICA STATUS"
                                 : "SHOW SLAVE STATUS";
}

/*
 * An account without the right (mysql_server_monitor()) is not told: then read_only is the best
 * sign.
 */
static int read_role(struct mysql_conn *c, struct mysql_server *s, struct err *err)
{
    struct err denied = { 0 };
    struct arena a;
    const struct cell *v;
    const char *read_only = NULL;
    struct mysql_rows *r = mysql_conn_query(c, mysql_server_role_sql(s), false, "", &denied);
    if (r) {
        int got = mysql_rows_next(r, &v, err);
        s->replica = got == 1;
        mysql_rows_free(r);
        return got < 0 ? -1 : 0;
    }
    s->guessed = true;
    arena_init(&a, 256);
    int rc = mysql_conn_value(c, &a, &read_only, err, "SELECT @@global.read_only");
    s->replica = read_only && strcmp(read_only, "0") != 0;
    arena_done(&a);
    return rc;
}

int mysql_server_read(struct mysql_conn *c, struct mysql_server *ret, struct err *err)
{
    *ret = (struct mysql_server){ 0 };
    snprintf(ret->version_text, sizeof ret->version_text, "%s",
             mysql_conn_version(c, &ret->mariadb, &ret->version));
    return read_variables(c, ret, err) || read_role(c, ret, err) ? -1 : 0;
}

int mysql_server_is_kind(const struct mysql_server *s, const struct mysql_options *opt,
                         struct err *err)
{
    return s->mariadb == opt->mariadb ? 0
        : err_set(err, ERR_CONFIG, "the server is %s (%s) -> set source.kind: %s",
                  s->mariadb ? "MariaDB" : "MySQL", s->version_text,
                  s->mariadb ? "mariadb" : "mysql");
}

const char *mysql_server_monitor(const struct mysql_server *s)
{
    return s->mariadb ? "SLAVE MONITOR" : "REPLICATION CLIENT";
}

static int no_primary(const struct mysql_server *s, struct err *err)
{
    if (s->guessed)
        return err_set(
            err, ERR_CONFIG,
            "the account may not see whether the server is a "
            "replica, and read_only is off there -> GRANT %s ON *.* TO the account, or set "
            "source.primary: allow",
            mysql_server_monitor(s));
    return err_set(err, ERR_CONFIG, "the server is a primary (it follows no other): reading it "
                   "would put load on the operational database -> read a replica, or set "
                   "source.primary: allow");
}

int mysql_server_usable(const struct mysql_server *s, const struct mysql_options *opt,
                        struct err *err)
{
    if (mysql_server_is_kind(s, opt, err))
        return -1;
    if (!s->log_bin)
        return err_set(err, ERR_CONFIG, "the server writes no binlog -> set log_bin there%s",
                       s->replica ? " and log_replica_updates" : "");
    if (s->replica && !s->log_updates)
        return err_set(err, ERR_CONFIG, "the replica does not write what it replicates into its "
                       "own binlog -> set log_replica_updates (log_slave_updates) there");
    if (strcasecmp(s->image, "FULL") != 0 && *s->image)
        return err_set(err, ERR_CONFIG, "binlog_row_image is %s: rows come with columns missing "
                       "-> STOP REPLICA; SET GLOBAL binlog_row_image = 'FULL'; START REPLICA "
                       "there, and set it on the primary", s->image);
    return s->replica || opt->allow_primary ? 0 : no_primary(s, err);
}

/* ---- where it stands ---- */

void mysql_place_copy(struct mysql_place *to, const struct mysql_place *from)
{
    gtid_copy(&to->gtid, &from->gtid);
    snprintf(to->file, sizeof to->file, "%s", from->file);
    to->pos = from->pos;
    to->born = from->born;
}

int mysql_server_file(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *ret,
                      struct err *err)
{
    const struct cell *v;
    const char *sql =
        !s->mariadb && s->version >= 80200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
    struct mysql_rows *r = mysql_conn_query(c, sql, false, "vv", err);
    if (!r)
        return err_wrap(err, "the account needs %s",
                        s->mariadb ? "BINLOG MONITOR" : "REPLICATION CLIENT");
    int got = mysql_rows_next(r, &v, err);
    if (got == 1) {
        char pos[32];
        snprintf(ret->file, sizeof ret->file, "%.*s", (int)v[0].n, (const char *)v[0].p);
        snprintf(pos, sizeof pos, "%.*s", (int)v[1].n, (const char *)v[1].p);
        ret->pos = strtoull(pos, NULL, 10);
    }
    mysql_rows_free(r);
    return got < 0 ? -1
           : got   ? 0
                   : err_set(err, ERR_CONFIG, "the server writes no binlog: set log_bin there");
}

int mysql_server_gtids(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *p,
                       struct err *err)
{
    struct arena a;
    const char *text = NULL;
    struct buf file = { 0 };
    arena_init(&a, 1024);
    mysql_put_literal(&file, slice_str(p->file));
    int rc = s->mariadb ? mysql_conn_value(c, &a, &text, err, "SELECT BINLOG_GTID_POS(%s, %llu)",
                                           buf_cstr(&file), (unsigned long long)p->pos)
             : s->gtid  ? mysql_conn_value(c, &a, &text, err, "SELECT @@global.gtid_executed")
                        : 0;
    if (!rc)
        rc = gtid_read(text ? text : "", s->mariadb, &p->gtid, err);
    arena_done(&a);
    buf_done(&file);
    return rc;
}

int mysql_server_end(struct mysql_conn *c, const struct mysql_server *s, struct mysql_place *ret,
                     struct err *err)
{
    return mysql_server_file(c, s, ret, err) || mysql_server_gtids(c, s, ret, err) ? -1 : 0;
}

bool mysql_server_same_place(struct mysql_conn *c, const struct mysql_server *s,
                             const struct mysql_place *p)
{
    struct err ignored = { 0 };
    struct mysql_place its = { .pos = p->pos };
    snprintf(its.file, sizeof its.file, "%s", p->file);
    bool same = s->mariadb && *p->file && !mysql_server_gtids(c, s, &its, &ignored) &&
                gtid_within(&its.gtid, &p->gtid) && gtid_within(&p->gtid, &its.gtid);
    mysql_place_done(&its);
    return same;
}

/* Reads "FILE:POSITION". MariaDB tells the GTIDs at that place; MySQL does not. */
static int file_place(struct mysql_conn *c, const struct mysql_server *s, const char *text,
                      struct mysql_place *ret, struct err *err)
{
    const char *colon = strrchr(text, ':');
    char *end = NULL;
    ret->pos = colon ? strtoull(colon + 1, &end, 10) : 0;
    if (!colon || colon == text || colon - text >= (int)sizeof ret->file || end == colon + 1 ||
        *end)
        return err_set(err, ERR_CONFIG,
                       "source.mysql.start is neither a GTID set nor FILE:POSITION: \"%s\"", text);
    snprintf(ret->file, sizeof ret->file, "%.*s", (int)(colon - text), text);
    if (!s->mariadb && s->gtid)
        return err_set(err, ERR_CONFIG,
                       "source.mysql.start: the server has GTIDs, and the ones before a file's "
                       "position cannot be told: set the GTID "
                       "set of what was read, not %s",
                       text);
    if (mysql_server_gtids(c, s, ret, err))
        return -1;
    return s->mariadb && gtid_empty(&ret->gtid)
               ? err_set(err, ERR_CONFIG, "source.mysql.start: the server has no %s in its binlog",
                         text)
               : 0;
}

int mysql_server_place(struct mysql_conn *c, const struct mysql_server *s, const char *text,
                       struct mysql_place *ret, struct err *err)
{
    struct err ignored = { 0 };
    bool is_set = !gtid_read(text, s->mariadb, &ret->gtid, &ignored) && !gtid_empty(&ret->gtid);
    if (!is_set)
        return file_place(c, s, text, ret, err);
    return s->gtid ? 0
                   : err_set(err, ERR_CONFIG,
                             "source.mysql.start is a GTID set, and the server has no GTIDs "
                             "(gtid_mode): set FILE:POSITION");
}

int mysql_server_same(struct mysql_conn *c, const struct mysql_server *s, struct err *err)
{
    struct mysql_server other = { .mariadb = s->mariadb };
    if (read_variables(c, &other, err))
        return -1;
    return strcmp(other.uuid, s->uuid) ? err_set(err, ERR_RETRY,
                                                 "two connections lead to different servers, %s "
                                                 "and %s: each must lead to the same one",
                                                 s->uuid, other.uuid)
                                       : 0;
}

/* ---- does it agree with what we handed out? ---- */

static int gtid_variable(struct mysql_conn *c, const char *name, bool mariadb, struct gtid_set *ret,
                         struct err *err)
{
    struct arena a;
    const char *text = NULL;
    arena_init(&a, 1024);
    int rc = mysql_conn_value(c, &a, &text, err, "SELECT @@global.%s", name);
    if (!rc)
        rc = gtid_read(text ? text : "", mariadb, ret, err);
    arena_done(&a);
    return rc;
}

int mysql_server_shown(struct mysql_conn *c, const struct mysql_server *s, struct gtid_set *ret,
                       struct err *err)
{
    const char *name = s->mariadb ? "gtid_binlog_pos" : "gtid_executed";
    return s->gtid ? gtid_variable(c, name, s->mariadb, ret, err) : 0;
}

static int binlog_state(struct mysql_conn *c, struct gtid_set *ret, struct err *err)
{
    struct arena a;
    const char *text = NULL;
    arena_init(&a, 1024);
    int rc = mysql_conn_value(c, &a, &text, err, "SELECT @@global.gtid_binlog_state");
    if (!rc)
        rc = gtid_read_state(text ? text : "", ret, err);
    arena_done(&a);
    return rc;
}

int mysql_server_purged(struct mysql_conn *c, struct gtid_set *ret, struct err *err)
{
    return gtid_variable(c, "gtid_purged", false, ret, err);
}

/*
 * Asks for gtid_slave_pos first: what is applied between the two queries is in the binlog by then.
 */
int mysql_server_outside(struct mysql_conn *c, struct gtid_set *ret, struct err *err)
{
    struct gtid_set state = { 0 };
    int rc =
        gtid_variable(c, "gtid_slave_pos", true, ret, err) || binlog_state(c, &state, err) ? -1 : 0;
    for (uint32_t i = 0; !rc && i < state.n; i++)
        gtid_drop_domain(ret, state.entries[i].domain);
    gtid_done(&state);
    return rc;
}

/* ---- deleted domains ---- */

bool mysql_domain_deleted(const struct mysql_options *opt, uint32_t domain)
{
    for (const char *const *d = opt->deleted_domains; d && *d; d++)
        if (strtoull(*d, NULL, 10) == domain)
            return true;
    return false;
}

static int has_nothing_of(struct mysql_conn *c, uint32_t domain, bool *ret, struct err *err)
{
    struct gtid_set state = { 0 };
    int rc = binlog_state(c, &state, err);
    *ret = true;
    for (uint32_t i = 0; !rc && i < state.n; i++)
        *ret &= state.entries[i].domain != domain;
    gtid_done(&state);
    return rc;
}

int mysql_server_forget_domains(struct mysql_conn *c, const struct mysql_options *opt,
                                struct gtid_set *p, struct err *err)
{
    for (const char *const *d = opt->deleted_domains; p->mariadb && d && *d; d++) {
        char *end;
        bool none = false;
        unsigned long long domain = strtoull(*d, &end, 10);
        if (end == *d || *end || **d == '-' || domain > UINT32_MAX)
            return err_set(err, ERR_CONFIG,
                           "source.mysql.deleted-domains: \"%s\" is no domain's number", *d);
        if (has_nothing_of(c, (uint32_t)domain, &none, err))
            return -1;
        if (none)
            gtid_drop_domain(p, (uint32_t)domain);
    }
    return 0;
}

/* ---- the evidence ---- */

/* The names of the oldest and the newest binlog file; *ret_listed: `file` is one of them. */
static int binlog_files(struct mysql_conn *c, const char *file, struct mysql_place *oldest,
                        struct mysql_place *newest, bool *ret_listed, struct err *err)
{
    const struct cell *v;
    struct mysql_rows *r = mysql_conn_query(c, "SHOW BINARY LOGS", false, "v", err);
    int got;
    if (!r)
        return err_wrap(err, "the account needs BINLOG MONITOR");
    for (*ret_listed = false; (got = mysql_rows_next(r, &v, err)) == 1;) {
        snprintf(newest->file, sizeof newest->file, "%.*s", (int)v[0].n, (const char *)v[0].p);
        if (!*oldest->file)
            snprintf(oldest->file, sizeof oldest->file, "%s", newest->file);
        *ret_listed |= strcmp(newest->file, file) == 0;
    }
    mysql_rows_free(r);
    return got < 0 ? -1
           : *oldest->file
               ? 0
               : err_set(err, ERR_CONFIG, "the server writes no binlog: set log_bin there");
}

int mysql_server_lists(struct mysql_conn *c, const char *file, bool *ret, struct err *err)
{
    struct mysql_place oldest = { 0 }, newest = { 0 };
    return binlog_files(c, file, &oldest, &newest, ret, err);
}

/*
 * *ret: at `from`'s file and position, the server's own transactions are others than those of
 * `from`.
 */
static int own_differ(struct mysql_conn *c, const struct mysql_server *s,
                      const struct mysql_place *from, bool *ret, struct err *err)
{
    struct mysql_place its = { .pos = from->pos };
    snprintf(its.file, sizeof its.file, "%s", from->file);
    *ret = false;
    if (from->pos > UINT32_MAX)     /* BINLOG_GTID_POS() takes 4 bytes for it */
        return 0;
    int rc = mysql_server_gtids(c, s, &its, err);
    for (uint32_t i = 0; !rc && i < from->gtid.n; i++) {
        const struct gtid_entry *g = &from->gtid.entries[i],
                                *there = gtid_domain(&its.gtid, g->domain);
        *ret |= g->server == s->server_id &&
                (!there || there->server != g->server || there->number != g->number);
    }
    mysql_place_done(&its);
    return rc;
}

static int evidence_maria(struct mysql_conn *c, const struct mysql_server *s,
                          const struct mysql_place *from, bool same, struct mysql_evidence *e,
                          struct err *err)
{
    struct mysql_place oldest = { .pos = 4 }, newest = { 0 };
    bool listed = false;
    if (binlog_files(c, from->file, &oldest, &newest, &listed, err) ||
        binlog_state(c, &e->has, err) ||
        gtid_variable(c, "gtid_slave_pos", true, &e->applied, err) ||
        mysql_server_gtids(c, s, &oldest, err))
        return -1;
    gtid_copy(&e->purged, &oldest.gtid);
    mysql_place_done(&oldest);
    if (!same || !*from->file)
        return 0;
    e->reset = !listed && mysql_file_order(newest.file, 0, from->file, 0) < 0;
    return listed ? own_differ(c, s, from, &e->reset, err) : 0;
}

static int evidence(struct mysql_conn *c, const struct mysql_server *s,
                    const struct mysql_place *from, bool same, struct mysql_evidence *e,
                    struct err *err)
{
    mysql_evidence_done(e);
    if (s->mariadb)
        return evidence_maria(c, s, from, same, e, err);
    return gtid_variable(c, "gtid_purged", false, &e->purged, err) ||
                   gtid_variable(c, "gtid_executed", false, &e->has, err)
               ? -1
               : 0;
}

/* May the server still get transactions from another one? Also if the account may not see that. */
static bool may_catch_up(const struct mysql_server *s)
{
    return s->replica || s->guessed || s->clustered;
}

static int say_lacks(const struct mysql_server *s, const char *missing, struct err *err)
{
    return err_set(err, ERR_FATAL,
                   "the server lacks transactions that were handed out already: %.300s. %s reset, "
                   "restored, or made primary "
                   "without them%s. " MYSQL_WAY_OUT,
                   missing,
                   may_catch_up(s) ? "It lags far behind, or it was"
                                   : "It replicates from no other, so they will not come: it was",
                   s->mariadb ? ". (If FLUSH BINARY LOGS DELETE_DOMAIN_ID took their domains: "
                                "source.mysql.deleted-domains)"
                              : "");
}

static int say_verdict(const struct mysql_server *s, enum mysql_proof proof, const char *missing,
                       struct err *err)
{
    switch (proof) {
    case PROOF_LOST:
        return err_set(
            err, ERR_FATAL,
            "the server has purged transactions that were not read yet%s %.300s. " MYSQL_WAY_OUT,
            s->mariadb ? ", or was rebuilt without them: its binlog begins after" : ":", missing);
    case PROOF_RESET:
        return err_set(err, ERR_FATAL,
                       "the server's binlog was reset: its transactions are counted anew, and "
                       "%.300s, read last, is gone. " MYSQL_WAY_OUT,
                       missing);
    case PROOF_LACKS:
        return say_lacks(s, missing, err);
    default:
        return 0;
    }
}

int mysql_server_agrees(struct mysql_conn *c, const struct mysql_server *s,
                        const struct mysql_options *opt, const struct mysql_place *from,
                        const struct gtid_set *done, bool same, bool patient, struct err *err)
{
    uint32_t deleted[MAX_DELETED];
    struct mysql_evidence e = { .server_id = s->server_id, .deleted = deleted };
    struct buf missing = { 0 };
    if (!s->gtid || gtid_empty(&from->gtid))
        return 0;
    for (const char *const *d = opt->deleted_domains; d && *d && e.ndeleted < MAX_DELETED; d++)
        deleted[e.ndeleted++] = (uint32_t)strtoul(*d, NULL, 10);
    int rc = evidence(c, s, from, same, &e, err);
    enum mysql_proof proof = rc ? PROOF_HOLDS : mysql_proof(&e, &from->gtid, done, &missing);
    if (!rc && proof == PROOF_LACKS && patient && may_catch_up(s))
        rc = err_set(err, ERR_RETRY,
                     "the server lacks transactions that were handed out already, %.300s: it lags, "
                     "or it has diverged",
                     buf_cstr(&missing));
    else if (!rc)
        rc = say_verdict(s, proof, buf_cstr(&missing), err);
    mysql_evidence_done(&e);
    buf_done(&missing);
    return rc;
}

/* ---- the dump's session ---- */

/* FNV-1a, 64 bits. */
static uint64_t hash(const char *text, uint64_t seed)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return h;
}

uint32_t mysql_server_our_id(const struct mysql_options *opt)
{
    return opt->server_id ? (uint32_t)opt->server_id
                          : (uint32_t)(hash(opt->feed, 0) & 0x3fffffff) | 0x40000000;
}

/*
 * Never semi-sync, which would make the source's commits wait for us. We do not ask for it and do
 * not register as a replica.
 */
int mysql_server_prepare_dump(struct mysql_conn *c, const struct mysql_options *opt,
                              const struct mysql_server *s, const struct gtid_set *from,
                              struct err *err)
{
    long long beat_ns = (long long)opt->heartbeat_ms * 1000000;
    unsigned long long a = hash(opt->feed, 1), b = hash(opt->feed, 2);
    if (mysql_conn_do(c, err,
                      "SET @master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32', "
                      "@master_heartbeat_period = %lld, "
                      "@source_heartbeat_period = %lld",
                      beat_ns, beat_ns))
        return -1;
    if (!s->mariadb)
        return mysql_conn_do(
            c, err,
            "SET @slave_uuid = '%08llx-%04llx-%04llx-%04llx-%012llx', @replica_uuid = @slave_uuid",
            a >> 32, a >> 16 & 0xffff, a & 0xffff, b >> 48, b & 0xffffffffffff);
    if (mysql_conn_do(c, err, "SET @mariadb_slave_capability = 4"))
        return -1;
    if (gtid_empty(from))
        return 0;
    struct buf text = { 0 };
    gtid_write(from, &text);
    int rc = mysql_conn_do(c, err,
                           "SET @slave_connect_state = '%s', @slave_gtid_strict_mode = 1, "
                           "@slave_gtid_ignore_duplicates = 0",
                           buf_cstr(&text));
    buf_done(&text);
    return rc;
}
