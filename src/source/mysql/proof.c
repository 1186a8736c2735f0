/*
 * Compares the GTIDs that a server has with those of a stored position (proof.h). server.c reads
 * them and acts on the verdict.
 */
#include "source/mysql/proof.h"

void mysql_evidence_done(struct mysql_evidence *e)
{
    gtid_done(&e->purged);
    gtid_done(&e->has);
    gtid_done(&e->applied);
}

bool mysql_evidence_deleted(const struct mysql_evidence *e, uint32_t domain)
{
    for (size_t i = 0; i < e->ndeleted; i++)
        if (e->deleted[i] == domain)
            return true;
    return false;
}

static void say(const struct gtid_entry *g, struct buf *missing)
{
    buf_str(missing, missing->n ? "," : "");
    gtid_write_maria(g->domain, g->server, g->number, missing);
}

static bool same(const struct gtid_entry *a, const struct gtid_entry *b)
{
    return a && b && a->domain == b->domain && a->server == b->server && a->number == b->number;
}

/* The last transaction of a server in a domain; NULL: none. *ret_any: the state has the domain. */
static const struct gtid_entry *state_of(const struct gtid_set *state, uint32_t domain,
                                         uint32_t server, bool *ret_any)
{
    const struct gtid_entry *found = NULL;
    *ret_any = false;
    for (uint32_t i = 0; i < state->n; i++) {
        *ret_any |= state->entries[i].domain == domain;
        if (state->entries[i].domain == domain && state->entries[i].server == server)
            found = &state->entries[i];
    }
    return found;
}

/*
 * Does the log know this transaction? Or does it lack the domain, while the server stands exactly
 * at this transaction?
 */
static bool known(const struct mysql_evidence *e, const struct gtid_entry *g)
{
    bool any;
    const struct gtid_entry *last = state_of(&e->has, g->domain, g->server, &any);
    if (last && last->number >= g->number)
        return true;
    return !any && same(gtid_domain(&e->applied, g->domain), g);
}

/* Finds what was not read and is no longer there. */
static void find_lost(const struct mysql_evidence *e, const struct gtid_set *from,
                      struct buf *missing)
{
    for (uint32_t i = 0; i < e->purged.n; i++) {
        const struct gtid_entry *begins = &e->purged.entries[i],
                                *g = gtid_domain(from, begins->domain);
        /* if it is another server's, the dump tells */
        bool passed = g && (g->server == begins->server ? g->number >= begins->number : true);
        if (!passed && !mysql_evidence_deleted(e, begins->domain))
            say(begins, missing);
    }
    for (uint32_t i = 0; i < e->applied.n; i++) {
        const struct gtid_entry *g = &e->applied.entries[i];
        bool any;
        (void)state_of(&e->has, g->domain, g->server, &any);
        if (!any && !gtid_domain(from, g->domain) && !mysql_evidence_deleted(e, g->domain))
            say(g, missing);
    }
}

static enum mysql_proof proof_maria(const struct mysql_evidence *e, const struct gtid_set *from,
                                    const struct gtid_set *done, struct buf *missing)
{
    for (uint32_t i = 0; e->reset && i < from->n; i++)
        if (from->entries[i].server == e->server_id)
            say(&from->entries[i], missing);
    if (missing->n)
        return PROOF_RESET;
    find_lost(e, from, missing);
    if (missing->n)
        return PROOF_LOST;
    for (uint32_t i = 0; i < done->n; i++)
        if (!known(e, &done->entries[i]))
            say(&done->entries[i], missing);
    for (uint32_t i = 0; i < from->n; i++)
        if (!same(gtid_domain(done, from->entries[i].domain), &from->entries[i]) &&
            !known(e, &from->entries[i]))
            say(&from->entries[i], missing);
    return missing->n ? PROOF_LACKS : PROOF_HOLDS;
}

enum mysql_proof mysql_proof(const struct mysql_evidence *e, const struct gtid_set *from,
                             const struct gtid_set *done, struct buf *missing)
{
    if (from->mariadb)
        return proof_maria(e, from, done, missing);
    gtid_write_missing(&e->purged, from, missing);
    if (missing->n)
        return PROOF_LOST;
    gtid_write_missing(done, &e->has, missing);
    return missing->n ? PROOF_LACKS : PROOF_HOLDS;
}
