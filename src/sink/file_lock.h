#ifndef TAILRACE_SINK_FILE_LOCK_H
#define TAILRACE_SINK_FILE_LOCK_H
#include <stdbool.h>
#include "base/err.h"

/*
 * One process at a time writes a feed's files. The lock is flock(2) on <feed>.lock: it ends with
 * the process that holds it, however the process ends. The file stays and says who holds the lock.
 */

enum { FILE_LOCK_HOLDER = 160 };    /* "process 17 on host db1", with its NUL */

/* dir: the open directory; path: its name, for errors. Returns the lock's descriptor, or -1. */
int file_lock(int dir, const char *path, const char *feed, struct err *err) must_check;
void file_unlock(int fd);

/* Whether <feed>.lock is still the file that fd has locked. Whoever deletes that file lets another
 * process in. */
bool file_lock_stands(int dir, const char *feed, int fd);

/* 1: a process holds the lock, and *holder says which; 0: none does, or there is no lock file. */
int file_lock_held(const char *path, const char *feed, char holder[FILE_LOCK_HOLDER]);
#endif
