#ifndef TAILRACE_TESTS_FUZZ_H
#define TAILRACE_TESTS_FUZZ_H
#include "base/slice.h"

/* What the fuzzer's files share. */
uint64_t rnd(uint64_t below);
void die(const char *what);
struct slice make_input(struct slice from);     /* mutated, in memory of exactly its size */
void free_input(struct slice s);

/* fuzz_mysql.c: seeds are the fixtures of tests/unit, found from the repository's root. */
void load_mysql(void);
void unload_mysql(void);
void feed_binlog(void);
void feed_mysql_json(void);
void feed_charset(void);
void feed_mysql_position(void);

/* fuzz_schemas.c */
void feed_avro(void);
void feed_registry(void);
void feed_saved(void);

/* fuzz_config.c */
void feed_configs(void);

/* fuzz_ddl.c */
void feed_statements(void);
#endif
