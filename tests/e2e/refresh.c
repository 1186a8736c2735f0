/*
 * refresh FOLDER: loads it and asks its servers again for each line of standard input; prints what
 * is new (+), gone (-), refused (!) or not answered (?), and an empty line. What the engine does on
 * its timer.
 */
#include <stdio.h>
#include <stdlib.h>
#include "config/config.h"

static void refresh(struct configs *all, struct configs_server *s)
{
    struct configs_change change;
    struct err err = { 0 };
    if (configs_refresh(all, s, &change, &err)) {
        printf("? %s\n", err.msg);
        return;
    }
    for (size_t i = 0; i < change.ngone; i++) {
        printf("- %s\n", change.gone[i]->name);
        config_free(change.gone[i]);
    }
    for (size_t i = 0; i < change.nadded; i++)
        printf("+ %s %s %s\n", change.added[i]->name, change.added[i]->database,
               change.added[i]->pg.slot);
    for (size_t i = 0; i < change.nrefused; i++)
        printf("! %s %s\n", change.refused[i].database, change.refused[i].why.msg);
    configs_change_done(&change);
}

int main(int argc, char **argv)
{
    struct configs all;
    struct err err = { 0 };
    int rc = argc != 2 || configs_load(&all, argv[1], NULL, 0, &err) ? 1 : 0;
    if (rc)
        fprintf(stderr, "refresh: %s\n", argc == 2 ? err.msg : "a folder is wanted");
    for (int c; !rc && (c = getchar()) != EOF;) {
        for (size_t i = 0; c == '\n' && i < all.nservers; i++)
            refresh(&all, all.servers[i]);
        puts("");
        fflush(stdout);
    }
    if (argc == 2)
        configs_done(&all);
    return rc;
}
