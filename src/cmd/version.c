/* tailrace --version: prints the program's version, its commit, and the libraries that it runs
 * with. */
#include <stdio.h>
#include "base/heap.h"
#include "cmd/config.h"
#include "net/http.h"
#include <commit.h>     /* written by the build */

void version_say(void)
{
    char mysql[64];
    puts("tailrace " TAILRACE_VERSION " (" TAILRACE_COMMIT ")");
    printf("librdkafka %s\n", kafka_library());
    printf("libpq %d.%d\n", pg_library() / 10000, pg_library() % 10000);
    mysql_library(mysql, sizeof mysql);
    puts(mysql);
    printf("libcurl %s\n", http_library());
    char name[HEAP_NAME];
    heap_library(name);
    puts(name);
}
