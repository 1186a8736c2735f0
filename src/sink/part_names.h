#ifndef TAILRACE_SINK_PART_NAMES_H
#define TAILRACE_SINK_PART_NAMES_H
#include <jansson.h>
#include <stdbool.h>
#include <time.h>
#include "base/buf.h"
#include "base/err.h"

/* Names of avro-file's files: <topic>/<second>-<n>.<feed>.avro, and the same with .part. */

#define PART_SUFFIX ".part"

/* Whether a feed or a topic of that name can be a file's name, or the greater part of one. */
bool part_name_feed(const char *feed);
bool part_name_topic(const char *topic);

/* "20261129T151542Z-0003" */
char *part_stamp(time_t second, unsigned counter, char to[32]);
/* NULL or another text: both stay as they are. */
void part_stamp_read(const char *text, time_t *second, unsigned *counter);

/* The next name sorts behind all before it, also when the clock goes back or stands still. */
void part_name_next(time_t *second, unsigned *counter, time_t now);
void part_name_put(const char *topic, time_t second, unsigned counter, const char *feed, bool part,
                   struct buf *out);

/* The <topic>/<file>.part at the end of path; earlier versions stored whole paths. NULL: none. */
const char *part_name_below(const char *path);

/* A full or failing disk passes; for anything else somebody has to change something. */
enum err_class part_trouble(int e);

/* Removes the parts of this feed that `keep` does not name. dir: the open directory, path: its
 * name. */
int part_names_sweep(int dir, const char *path, const char *feed, json_t *keep, struct err *err)
    must_check;
#endif
