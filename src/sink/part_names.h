#ifndef TAILRACE_SINK_PART_NAMES_H
#define TAILRACE_SINK_PART_NAMES_H
#include <jansson.h>
#include <stdbool.h>
#include <time.h>
#include "base/buf.h"
#include "base/err.h"

/* Names of avro-file's files: <topic>/<second>-<n>.<feed>.avro, and the same with .part. */

#define PART_SUFFIX ".part"

/* Whether a feed's name can be part of a file's name, and a topic's name the name of a folder. */
bool part_name_feed(const char *feed);
bool part_name_topic(const char *topic);

/* "20261129T151542Z-0003" */
char *part_stamp(time_t second, unsigned counter, char to[32]);
/* Moves *second and *counter forward to this stamp. Earlier or NULL or another text: no change. */
void part_stamp_read(const char *text, time_t *second, unsigned *counter);

/* The next name sorts behind all earlier ones, also when the clock goes back or stands still. */
void part_name_next(time_t *second, unsigned *counter, time_t now);
void part_name_put(const char *topic, time_t second, unsigned counter, const char *feed, bool part,
                   struct buf *out);

/* The <topic>/<file>.part at the end of path; earlier versions stored whole paths. NULL: none. */
const char *part_name_below(const char *path);

/* ERR_RETRY: a full or failing disk, which may pass. Else ERR_CONFIG: somebody has to act. */
enum err_class part_trouble(int e);

/* Removes the parts of this feed that `keep` does not name. dir: the open directory, path: its
 * name. */
int part_names_sweep(int dir, const char *path, const char *feed, json_t *keep, struct err *err)
    must_check;
#endif
