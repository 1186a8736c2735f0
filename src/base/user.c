/* Gives names of accounts, for messages and for what flow/owner.c stores. */
#include "base/user.h"
#include <pwd.h>
#include <stdio.h>

void user_name(uid_t uid, char *ret, size_t size)
{
    char room[4096];
    struct passwd account, *found = NULL;
    if (getpwuid_r(uid, &account, room, sizeof room, &found) == 0 && found)
        snprintf(ret, size, "%s", found->pw_name);
    else
        snprintf(ret, size, "%lu", (unsigned long)uid);
}
