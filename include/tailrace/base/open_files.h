#ifndef TAILRACE_BASE_OPEN_FILES_H
#define TAILRACE_BASE_OPEN_FILES_H
#include <stddef.h>

/*
 * How many descriptors this process may have, connections included. The limit that it began with
 * is often 1024, for programs that use select(), and is raised to what the system allows.
 */
size_t open_files_most(void);
#endif
