#ifndef TAILRACE_BASE_USER_H
#define TAILRACE_BASE_USER_H
#include <stddef.h>
#include <sys/types.h>

/* Gives the account's name, or its number if it has none. Any thread may call it. */
void user_name(uid_t uid, char *ret, size_t size);
#endif
