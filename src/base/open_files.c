/* Raises the limit of open descriptors, for a process with many feeds. */
#include "base/open_files.h"
#include <sys/resource.h>

size_t open_files_most(void)
{
    struct rlimit limit = { 0 };
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        struct rlimit most = { limit.rlim_max, limit.rlim_max };
        limit = setrlimit(RLIMIT_NOFILE, &most) ? limit : most;
    }
    return limit.rlim_cur;
}
