#ifndef TAILRACE_BASE_USER_H
#define TAILRACE_BASE_USER_H
#include <stddef.h>
#include <sys/types.h>

/* The account's name, else its number. Any thread may ask. */
void user_name(uid_t uid, char *ret, size_t size);
#endif
