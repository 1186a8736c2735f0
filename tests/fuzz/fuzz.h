#ifndef TAILRACE_TESTS_FUZZ_H
#define TAILRACE_TESTS_FUZZ_H
#include "base/arena.h"
#include "base/buf.h"
#include "model/table.h"

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

/* fuzz_json.c: a document that is mutated and stays JSON, mostly; the same memory as
 * make_input()'s */
struct slice make_json(const char *from);

/* fuzz_schemas.c */
void feed_avro(void);
void feed_shape(void);
void feed_registry(void);
void feed_saved(void);
long long edge(void);               /* a number where limits are */
void put_record(struct buf *b);     /* a record's schema, more or less */
void put_side(struct buf *b);       /* a saved side, more or less */

/* fuzz_tables.c */
/* its plan and schemas, and a row */
void try_table(const struct table *t, bool mysql, struct arena *a);
void feed_pg_kept(void);
void feed_mysql_kept(void);
void feed_past(void);
void feed_diff(void);
void feed_pg_log(void);

/* fuzz_registry.c */
void feed_registry_answers(void);
void unload_registry(void);

/* fuzz_options.c */
void feed_options(void);

/* fuzz_config.c */
void feed_configs(void);

/* fuzz_ddl.c */
void feed_statements(void);
void feed_changes(void);
#endif
