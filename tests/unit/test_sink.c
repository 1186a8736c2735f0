#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <avro.h>
#include "sink/avro_json.h"
#include "sink/sink.h"

#define RECORD                                                                                     \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"long\"},"          \
    "{\"name\":\"s\",\"type\":\"string\"}]}"

static char dir[64];
static struct file_options options;
static struct err err;

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/tailrace-sink-XXXXXX");
    options = (struct file_options){
        .feed = "shop", .directory = dir, .rotate_bytes = 1 << 30, .rotate_s = 3600
    };
    err = (struct err){ 0 };
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int remove_dir(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- writing ---- */

static struct sink *open_sink(void)
{
    struct sink *k = avro_file_sink_new(&options, &err);
    assert_non_null(k);
    if (k->ops->open(k, &err))
        fail_msg("%s", err.msg);
    return k;
}

static struct sink_topic *topic_of(struct sink *k, const char *name, bool framed)
{
    struct topic_spec spec = { .name = name, .value_schema = RECORD, .framed = framed };
    struct sink_topic *t = NULL;
    assert_int_equal(k->ops->topic(k, &spec, &t, &err), 0);
    return t;
}

/* An Avro long of no negative sign. */
static void put_long(struct buf *b, uint64_t v)
{
    for (v *= 2; v >= 0x80; v >>= 7)
        buf_u8(b, (uint8_t)(v | 0x80));
    buf_u8(b, (uint8_t)v);
}

static void put_record(struct sink *k, struct sink_topic *t, bool framed, int64_t n, const char *s)
{
    struct buf b = { 0 };
    struct batch batch = { 0 };
    struct record r = { .topic = t };
    if (framed)
        buf_put(&b, "\0\0\0\0\x07", 5);
    put_long(&b, (uint64_t)n);
    put_long(&b, strlen(s));
    buf_str(&b, s);
    r.value = buf_slice(&b);
    if (k->ops->put(k, &r, &batch, &err) != SINK_TAKEN)
        fail_msg("%s", err.msg);
    buf_done(&b);
}

static void put_range(struct sink *k, struct sink_topic *t, int64_t from, int64_t to)
{
    for (; from < to; from++)
        put_record(k, t, false, from, "text");
}

static void commit(struct sink *k, const char *position)
{
    if (k->ops->commit(k, &(struct sink_position){ NULL, slice_str(position) }, 1, 1000, &err) !=
        SINK_COMMITTED)
        fail_msg("%s", err.msg);
}

static void check_position(struct sink *k, const char *expected)
{
    struct buf b = { 0 };
    assert_int_equal(k->ops->load(k, NULL, &b, NULL, NULL, &err), 0);
    assert_string_equal(buf_cstr(&b), expected);
    buf_done(&b);
}

/* File names count seconds. */
static void next_second(void)
{
    time_t now = time(NULL);
    while (time(NULL) == now)
        usleep(10000);
}

/* ---- reading, by avro-c ---- */

/* The values of n that a file holds are added to seen[]. */
static int64_t count_in(const char *path, uint8_t *seen)
{
    avro_file_reader_t in;
    avro_value_t v, n;
    int64_t count = 0, at = 0;
    if (avro_file_reader(path, &in))
        fail_msg("%s: %s", path, avro_strerror());
    avro_schema_t schema = avro_file_reader_get_writer_schema(in);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &v);
    int rc;
    while (!(rc = avro_file_reader_read_value(in, &v))) {
        assert_int_equal(avro_value_get_by_name(&v, "n", &n, NULL), 0);
        avro_value_get_long(&n, &at);
        seen[at]++;
        count++;
        avro_value_reset(&v);
    }
    if (rc != EOF)
        fail_msg("%s: %s", path, avro_strerror());
    avro_value_decref(&v);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    avro_file_reader_close(in);
    return count;
}

/* How many files end so. */
static int files_ending(const char *topic, const char *end)
{
    char path[200];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", dir, topic);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t n = strlen(e->d_name), m = strlen(end);
        count += n > m && !strcmp(e->d_name + n - m, end);
    }
    if (d)
        closedir(d);
    return count;
}

/* The topic's complete files hold 0 .. n-1, each once, and no part is left. */
static void check_topic(const char *topic, int64_t n)
{
    char path[500];
    uint8_t *seen = calloc(1, 1 << 20);
    int64_t count = 0;
    snprintf(path, sizeof path, "%s/%s", dir, topic);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", dir, topic, e->d_name);
        assert_non_null(strstr(path, ".avro"));
        count += count_in(path, seen);
    }
    if (d)
        closedir(d);
    assert_int_equal(count, n);
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(seen[i], 1);
    free(seen);
    assert_int_equal(files_ending(topic, ".part"), 0);
}

static void test_write_and_read(void **state)
{
    (void)state;
    struct sink *k = open_sink();
    struct sink_topic *a = topic_of(k, "p.public.a", false), *b = topic_of(k, "p.public.b", true);
    assert_true(k->transactional);
    check_position(k, "");
    put_range(k, a, 0, 20000);
    put_record(k, b, true, 0, "framed");
    struct batch batch = { 0 };
    struct record tombstone = { .topic = a, .key = slice_str("k") };
    assert_int_equal(k->ops->put(k, &tombstone, &batch, &err), SINK_TAKEN);
    commit(k, "{\"lsn\":\"0/1\"}");
    put_range(k, a, 20000, 20010);
    commit(k, "{\"lsn\":\"0/2\"}");
    commit(k, "{\"lsn\":\"0/3\"}");
    k->ops->free(k);
    check_topic("p.public.a", 20010);
    check_topic("p.public.b", 1);
    k = open_sink();
    check_position(k, "{\"lsn\":\"0/3\"}");
    k->ops->free(k);
}

static void test_deflate_and_rotation(void **state)
{
    (void)state;
    options.deflate = true;
    options.rotate_bytes = 4096;
    struct sink *k = open_sink();
    struct sink_topic *t = topic_of(k, "t", false);
    for (int64_t i = 0; i < 5; i++) {
        put_range(k, t, i * 20000, (i + 1) * 20000);
        commit(k, "p");
    }
    assert_int_equal(files_ending("t", ".avro"), 5);
    k->ops->free(k);
    check_topic("t", 100000);
}

/* Another version of a table has a file of its own under the same topic. */
static void test_new_schema(void **state)
{
    (void)state;
    struct sink *k = open_sink();
    struct topic_spec spec = { .name = "t",
                               .value_schema = "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                                               "{\"name\":\"n\",\"type\":\"long\"}]}" };
    struct sink_topic *old = topic_of(k, "t", false), *again = topic_of(k, "t", false),
                      *fresh = NULL;
    struct batch batch = { 0 };
    struct record r = { .value = slice_of("\x02", 1) };
    assert_ptr_equal(old, again);
    assert_int_equal(k->ops->topic(k, &spec, &fresh, &err), 0);
    assert_ptr_not_equal(old, fresh);
    put_range(k, old, 0, 1);
    r.topic = fresh;
    assert_int_equal(k->ops->put(k, &r, &batch, &err), SINK_TAKEN);
    commit(k, "p");
    k->ops->free(k);
    assert_int_equal(files_ending("t", ".avro"), 2);
    check_topic("t", 2);
}

/* Messages whose keys change their schema while the values do not. */
static void test_new_key_schema(void **state)
{
    (void)state;
    struct sink_topic *t[4];
    const char *keys[4] = { "\"long\"", "\"string\"", "\"long\"", "\"long\"" };
    options.messages = true;
    struct sink *k = open_sink();
    for (int i = 0; i < 4; i++) {
        struct topic_spec spec = { .name = "shop.public.t",
                                   .key_schema = keys[i],
                                   .value_schema = RECORD };
        assert_int_equal(k->ops->topic(k, &spec, &t[i], &err), 0);
    }
    assert_ptr_not_equal(t[0], t[1]);
    assert_ptr_not_equal(t[0], t[2]);      /* its rows belong behind those of t[1] */
    assert_ptr_equal(t[2], t[3]);
    k->ops->free(k);
}

static void test_uncommitted_is_gone(void **state)
{
    (void)state;
    struct sink *k = open_sink();
    struct sink_topic *t = topic_of(k, "t", false), *never = topic_of(k, "never", false);
    put_range(k, t, 0, 10);
    commit(k, "first");
    put_range(k, t, 10, 30000);     /* more than a block: some of it is in the file */
    put_range(k, never, 0, 30000);
    k->ops->free(k);
    check_topic("t", 10);
    check_topic("never", 0);
    next_second();
    k = open_sink();
    check_position(k, "first");
    t = topic_of(k, "t", false);
    put_range(k, t, 10, 20);
    commit(k, "second");
    k->ops->free(k);
    check_topic("t", 20);
}

/* Runs in a child that dies without a word. */
static void crash_after(bool commit_first)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        struct sink *k = open_sink();
        struct sink_topic *t = topic_of(k, "t", false);
        put_range(k, t, 0, 20000);
        if (commit_first)
            commit(k, "first");
        put_range(k, t, 20000, 50000);
        _exit(7);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    assert_int_equal(files_ending("t", ".part"), 1);
}

static void test_crash_before_commit(void **state)
{
    (void)state;
    crash_after(false);
    struct sink *k = open_sink();
    check_position(k, "");
    check_topic("t", 0);
    k->ops->free(k);
}

static void test_crash_after_commit(void **state)
{
    (void)state;
    crash_after(true);
    struct sink *k = open_sink();
    check_position(k, "first");
    check_topic("t", 20000);
    next_second();
    struct sink_topic *t = topic_of(k, "t", false);
    put_range(k, t, 20000, 20005);
    commit(k, "second");
    k->ops->free(k);
    check_topic("t", 20005);
}

/* open() again without a restart, as after a lost connection. */
static void test_reopen(void **state)
{
    (void)state;
    struct sink *k = open_sink();
    struct sink_topic *t = topic_of(k, "t", false);
    put_range(k, t, 0, 5);
    commit(k, "first");
    put_range(k, t, 5, 9);
    assert_int_equal(k->ops->open(k, &err), 0);
    check_position(k, "first");
    put_range(k, t, 5, 8);
    commit(k, "second");
    k->ops->free(k);
    check_topic("t", 8);
}

static void test_rotation_by_time(void **state)
{
    (void)state;
    options.rotate_s = 0;
    struct sink *k = open_sink();
    struct sink_topic *t = topic_of(k, "t", false);
    for (int64_t i = 0; i < 3; i++) {
        put_range(k, t, i, i + 1);
        commit(k, "p");
        assert_int_equal(files_ending("t", ".avro"), i + 1);
    }
    k->ops->free(k);
    check_topic("t", 3);
}

static void test_bad_position_file(void **state)
{
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/shop.position", dir);
    FILE *f = fopen(path, "w");
    fputs("{ not json", f);
    fclose(f);
    struct sink *k = avro_file_sink_new(&options, &err);
    assert_int_equal(k->ops->open(k, &err), -1);
    assert_non_null(strstr(err.msg, path));
    k->ops->free(k);
}

static void test_no_directory(void **state)
{
    (void)state;
    options.directory = NULL;
    assert_null(avro_file_sink_new(&options, &err));
    assert_int_equal(err.class, ERR_CONFIG);
    options.directory = "/nonexistent/a/b";
    struct sink *k = avro_file_sink_new(&options, &err);
    assert_int_equal(k->ops->open(k, &err), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    k->ops->free(k);
}

/* ---- sinks that keep nothing ---- */

static int saved_stdout;

static void stdout_to(const char *path)
{
    fflush(stdout);
    saved_stdout = dup(STDOUT_FILENO);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

static void stdout_back(void)
{
    fflush(stdout);
    clearerr(stdout);
    dup2(saved_stdout, STDOUT_FILENO);
    close(saved_stdout);
}

static struct sink *lines_sink(struct sink_topic **ret)
{
    struct sink *k = stdout_sink_new(&err);
    struct topic_spec spec = {
        .name = "shop.t", .key_schema = "\"long\"", .value_schema = RECORD, .framed = true
    };
    assert_true(k->forgets);
    assert_int_equal(k->ops->open(k, &err), 0);
    check_position(k, "");
    assert_int_equal(k->ops->topic(k, &spec, ret, &err), 0);
    return k;
}

static void check_lines(const char *path, const char *expected)
{
    char text[400] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    assert_string_equal(text, expected);
}

static void test_lines(void **state)
{
    (void)state;
    char path[100];
    struct sink_topic *t;
    struct batch batch = { 0 };
    struct sink *k = lines_sink(&t);
    struct record r = { .topic = t,
                        .key = slice_of("\0\0\0\0\1\x0e", 6),
                        .value = slice_of("\0\0\0\0\2\2\2x", 8) };
    struct record gone = { .topic = t, .key = r.key },
                  bad = { .topic = t, .key = r.key, .value = slice_of("\0\0\0\0\2\2", 6) };
    struct record bad_key = { .topic = t, .key = slice_of("\0\0\0\0\1", 5), .value = r.value };
    snprintf(path, sizeof path, "%s/lines", dir);
    stdout_to(path);
    int put = k->ops->put(k, &r, &batch, &err) == SINK_TAKEN &&
              k->ops->put(k, &gone, &batch, &err) == SINK_TAKEN;
    int refused = k->ops->put(k, &bad, &batch, &err) == SINK_FAILED &&
                  k->ops->put(k, &bad_key, &batch, &err) == SINK_FAILED;
    enum sink_commit done = k->ops->commit(k, NULL, 0, 0, &err);
    stdout_back();
    assert_true(put && refused && done == SINK_COMMITTED);
    check_lines(path, "{\"topic\":\"shop.t\",\"key\":7,\"value\":{\"n\":1,\"s\":\"x\"}}\n"
                "{\"topic\":\"shop.t\",\"key\":7,\"value\":null}\n");
    struct topic_spec spec = { .name = "x", .key_schema = "{", .value_schema = RECORD };
    assert_int_equal(k->ops->topic(k, &spec, &t, &err), -1);
    spec = (struct topic_spec){ .name = "x", .value_schema = "{" };
    assert_int_equal(k->ops->topic(k, &spec, &t, &err), -1);
    k->ops->free(k);
}

/* Nobody reads the lines: the feed ends, and does not go on for nothing. */
static void test_lines_that_nobody_takes(void **state)
{
    (void)state;
    struct sink_topic *t;
    struct batch batch = { 0 };
    struct sink *k = lines_sink(&t);
    struct record r = { .topic = t, .value = slice_of("\0\0\0\0\2\2\2x", 8) };
    stdout_to("/dev/full");
    enum sink_put put = k->ops->put(k, &r, &batch, &err);
    enum sink_commit done = k->ops->commit(k, NULL, 0, 0, &err);
    enum err_class class = err.class;
    stdout_back();
    assert_int_equal(put, SINK_TAKEN);
    assert_int_equal(done, SINK_COMMIT_FAILED);
    assert_int_equal(class, ERR_FATAL);
    stdout_to("/dev/full");
    setvbuf(stdout, NULL, _IONBF, 0);
    put = k->ops->put(k, &r, &batch, &err);
    class = err.class;
    stdout_back();
    assert_int_equal(put, SINK_FAILED);
    assert_int_equal(class, ERR_FATAL);
    k->ops->free(k);
}

static void test_null(void **state)
{
    (void)state;
    struct sink_topic *t = (struct sink_topic *)&state;
    struct batch batch = { 0 };
    struct record r = { 0 };
    struct sink *k = null_sink_new(&err);
    assert_true(k->forgets);
    assert_int_equal(k->ops->open(k, &err), 0);
    check_position(k, "");
    assert_int_equal(k->ops->topic(k, NULL, &t, &err), 0);
    assert_null(t);
    assert_int_equal(k->ops->put(k, &r, &batch, &err), SINK_TAKEN);
    assert_int_equal(batch.inflight, 0);        /* reported already */
    assert_int_equal(k->ops->poll(k, 0, &err), 0);
    assert_int_equal(k->ops->commit(k, NULL, 0, 0, &err), SINK_COMMITTED);
    k->ops->free(k);
}

/* ---- printing ---- */

static void check_json(const char *schema, const char *body, size_t n, const char *expected)
{
    struct buf out = { 0 };
    struct avro_json *a = avro_json_new(schema, &err);
    if (!a)
        fail_msg("%s", err.msg);
    if (avro_json_print(a, slice_of(body, n), &out, &err))
        fail_msg("%s: %s", schema, err.msg);
    assert_string_equal(buf_cstr(&out), expected);
    /* Neither less nor more than the body will do. */
    for (size_t less = 0; less < n; less++) {
        uint8_t *copy = malloc(less ? less : 1);
        memcpy(copy, body, less);
        assert_int_equal(avro_json_print(a, slice_of(copy, less), &out, &err), -1);
        free(copy);
    }
    struct buf longer = { 0 };
    buf_put(&longer, body, n);
    buf_u8(&longer, 0);
    assert_int_equal(avro_json_print(a, buf_slice(&longer), &out, &err), -1);
    buf_done(&longer);
    buf_done(&out);
    avro_json_free(a);
}

#define CHECK_JSON(schema, body, expected) check_json(schema, body, sizeof(body) - 1, expected)
#define DECIMAL "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,\"scale\":2}"

static void test_json(void **state)
{
    (void)state;
    CHECK_JSON("\"boolean\"", "\1", "true");
    CHECK_JSON("\"long\"", "\x03", "-2");
    CHECK_JSON("{\"type\":\"int\",\"connect.type\":\"int16\"}", "\x80\x01", "64");
    CHECK_JSON("\"string\"", "\x08" "a\"b\n", "\"a\\\"b\\u000a\"");
    CHECK_JSON("\"bytes\"", "\x04\x00\xff", "\"0x00ff\"");
    CHECK_JSON("\"float\"", "\0\0\xc0\x3f", "1.5");
    CHECK_JSON("\"double\"", "\0\0\0\0\0\0\xf8\x7f", "\"NaN\"");
    CHECK_JSON("\"double\"", "\0\0\0\0\0\0\xf0\xff", "\"-Infinity\"");
    CHECK_JSON("[\"null\",\"string\"]", "\0", "null");
    CHECK_JSON("[\"null\",\"string\"]", "\2\2x", "\"x\"");
    CHECK_JSON("[{\"type\":\"int\",\"connect.default\":1},\"null\"]", "\0\x0e", "7");
    CHECK_JSON("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}", "\2", "\"B\"");
    CHECK_JSON("{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", "\1\2", "\"0x0102\"");
}

static void test_json_decimals(void **state)
{
    (void)state;
    CHECK_JSON(DECIMAL, "\x04\x30\x39", "123.45");
    CHECK_JSON(DECIMAL, "\x04\xcf\xc7", "-123.45");
    CHECK_JSON(DECIMAL, "\x02\x00", "0.00");
    CHECK_JSON(DECIMAL, "\x02\x05", "0.05");
    CHECK_JSON(DECIMAL, "\x02\xff", "-0.01");
    CHECK_JSON(DECIMAL, "\x02\x80", "-1.28");
    CHECK_JSON(DECIMAL, "\x04\x00\x80", "1.28");
    CHECK_JSON("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":26,\"scale\":3}",
               "\x16\x0a\x36\x4c\x98\x22\x7e\xaa\x6a\xdc\xba\xc0", "12345678901234567890123.456");
    CHECK_JSON("{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9}", "\x04\x30\x39",
               "12345");
}

static void test_json_structures(void **state)
{
    (void)state;
    CHECK_JSON("{\"type\":\"array\",\"items\":[\"null\",\"int\"]}", "\x06\x02\x02\x00\x02\x05\x00",
               "[1,null,-3]");
    CHECK_JSON("{\"type\":\"array\",\"items\":\"int\"}", "\x02\x02\x01\x02\x04\x00", "[1,2]");
    CHECK_JSON("{\"type\":\"array\",\"items\":\"int\"}", "\x00", "[]");
    CHECK_JSON("{\"type\":\"map\",\"values\":\"long\"}",
               "\x04\x02"
               "a\x02\x02"
               "b\x04\x00",
               "{\"a\":1,\"b\":2}");
    CHECK_JSON("{\"type\":\"record\",\"name\":\"Envelope\",\"namespace\":\"p.t\",\"fields\":["
               "{\"name\":\"before\",\"type\":[\"null\",{\"type\":\"record\",\"name\":\"Value\","
               "\"fields\":["
               "{\"name\":\"id\",\"type\":\"int\"}]}]},{\"name\":\"after\",\"type\":[\"null\","
               "\"Value\"]}]}",
               "\x02\x02\x02\x04", "{\"before\":{\"id\":1},\"after\":{\"id\":2}}");
}

static void test_json_refuses(void **state)
{
    (void)state;
    struct buf out = { 0 };
    assert_null(avro_json_new("{", &err));
    assert_int_equal(err.class, ERR_DATA);
    struct avro_json *a = avro_json_new("[\"null\",\"int\"]", &err);
    assert_int_equal(avro_json_print(a, slice_of("\4\0", 2), &out, &err), -1);
    assert_int_equal(avro_json_print(a, slice_of("\1\0", 2), &out, &err), -1);
    avro_json_free(a);
    a = avro_json_new("\"nothing\"", &err);
    assert_int_equal(avro_json_print(a, slice_of("\0", 1), &out, &err), -1);
    avro_json_free(a);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_and_read, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_deflate_and_rotation, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_new_schema, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_new_key_schema, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_uncommitted_is_gone, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_crash_before_commit, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_crash_after_commit, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_reopen, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_bad_position_file, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_no_directory, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_rotation_by_time, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_lines, make_dir, remove_dir),
        cmocka_unit_test(test_lines_that_nobody_takes),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_decimals),
        cmocka_unit_test(test_json_structures),
        cmocka_unit_test(test_json_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
