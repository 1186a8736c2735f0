#ifndef TAILRACE_BASE_OPEN_FILES_H
#define TAILRACE_BASE_OPEN_FILES_H
#include <stddef.h>

/*
 * Raises the limit of descriptors, for files and connections, to what the system allows. Returns
 * the limit. A process often begins with 1024, for programs that use select().
 */
size_t open_files_most(void);
#endif
