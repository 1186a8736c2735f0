#ifndef TAILRACE_SINK_PARTS_H
#define TAILRACE_SINK_PARTS_H
#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <time.h>
#include "base/err.h"
#include "base/slice.h"

/*
 * The files of avro-file: <topic>/<second>-<n>.<feed>.avro, with .part until they are complete.
 * Names sort in the order in which the files were begun. All names are below `directory`.
 *
 * <feed>.position is the truth. It is replaced as a whole and holds
 *   parts  {name: bytes}: files being written, and how much of each the position covers;
 *   done   {name: bytes}: complete, but perhaps not renamed yet;
 *   last   the newest file's <second>-<n>.
 * A part that the position names must be there with at least those bytes. A part of this feed that
 * the position does not name holds nothing that counts. Other files are never touched.
 *
 * Errors: RETRY for a full or failing disk, FATAL for a part that is gone, else CONFIG.
 */
struct part {
    char *name;
    int fd;                     /* -1: closed for now */
    dev_t device;
    ino_t inode;
    int64_t bytes, stored;      /* written; covered by the stored position */
    int64_t opened_us;
    bool ended;                 /* takes no more records: complete with the next position */
    bool dirty;                 /* written to since it was last made durable */
    TAILQ_ENTRY(part) all, open;
};
TAILQ_HEAD(part_list, part);

struct parts {
    const char *directory, *feed;   /* borrowed */
    int dir, lock;                  /* -1: not open */
    struct part_list all, open;     /* open: parts with a descriptor, the last used one last */
    unsigned nopen, room;           /* descriptors in use, and how many there may be */
    time_t second;                  /* second and counter of the newest name */
    unsigned counter;
};

/* feed must be part of a file's name. */
void parts_init(struct parts *ps, const char *directory, const char *feed);
void parts_done(struct parts *ps);

/* Makes the directory and takes its lock. Does nothing if the lock is held already. */
int parts_open(struct parts *ps, struct err *err) must_check;

/* Checks that the lock is still ours. -1, ERR_RETRY: the lock was lost, and parts_open() has to
 * take it again. */
int parts_hold(struct parts *ps, struct err *err) must_check;

/* Forgets the parts in memory and completes on disk what the stored position covers. */
int parts_settle(struct parts *ps, struct err *err) must_check;

/* An empty part in its topic's folder; it lives until it is complete, or parts_settle(). NULL:
 * err. */
struct part *part_new(struct parts *ps, const char *topic, struct err *err) must_check;
int part_write(struct parts *ps, struct part *p, struct slice s, struct err *err) must_check;

/* Makes all that was written durable; then adds the parts to state and stores it. */
int parts_commit(struct parts *ps, json_t *state, struct err *err) must_check;

/* The stored state, to be freed; an empty object when nothing is stored. NULL: err. */
json_t *parts_stored(const struct parts *ps, struct err *err) must_check;
#endif
