/* avro-file against crashes, full disks and other processes: what is in the files at the end, by
 * avro-c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <avro.h>
#include "sink/sink.h"

#define RECORD                                                                                     \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"long\"}]}"
#define OTHER                                                                                      \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"long\",\"doc\":"   \
    "\"x\"}]}"

static char dir[64];
static struct file_options options;
static struct err err;

/* ---- the steps that a crash or an error can come between ---- */

static int step_no, die_at, fail_at, fail_with;

/* A build for tests/coverage counts what this process ran, which _exit() would lose. */
void __gcov_dump(void) __attribute__((weak));

static void end_here(int rc)
{
    die_at = fail_at = 0;
    if (__gcov_dump)
        __gcov_dump();
    _exit(rc);
}

/* Whether this call fails. */
static bool step(void)
{
    step_no++;
    if (die_at && step_no == die_at)
        end_here(7);
    if (fail_at && step_no == fail_at)
        errno = fail_with;
    return fail_at && step_no == fail_at;
}

ssize_t write(int fd, const void *p, size_t n)
{
    if (fd > 2 && die_at && step_no + 1 == die_at)
        syscall(SYS_write, fd, p, n / 2);
    return fd > 2 && step() ? -1 : syscall(SYS_write, fd, p, n);
}

/* A process that dies loses nothing that the kernel has, so this need not wait for a disk. */
int fsync(int fd)
{
    (void)fd;
    return step() ? -1 : 0;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return step() ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int unlinkat(int at, const char *name, int flags)
{
    return step() ? -1 : (int)syscall(SYS_unlinkat, at, name, flags);
}

int ftruncate(int fd, off_t n)
{
    return step() ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

/* ---- writing ---- */

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/tailrace-files-XXXXXX");
    options = (struct file_options){ .feed = "shop", .directory = dir, .rotate_bytes = 1 << 30,
                                     .rotate_s = 3600 };
    err = (struct err){ 0 };
    step_no = die_at = fail_at = 0;
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

static struct sink *new_sink(void)
{
    struct sink *k = avro_file_sink_new(&options, &err);
    if (!k)
        fail_msg("%s", err.msg);
    return k;
}

static struct sink *open_sink(void)
{
    struct sink *k = new_sink();
    if (k->ops->open(k, &err))
        fail_msg("%s", err.msg);
    return k;
}

static int put(struct sink *k, struct sink_topic *t, uint64_t n)
{
    struct buf b = { 0 };
    struct batch batch = { 0 };
    struct record r = { .topic = t };
    for (n *= 2; n >= 0x80; n >>= 7)
        buf_u8(&b, (uint8_t)(n | 0x80));
    buf_u8(&b, (uint8_t)n);
    r.value = buf_slice(&b);
    int rc = k->ops->put(k, &r, &batch, &err) == SINK_TAKEN ? 0 : -1;
    buf_done(&b);
    return rc;
}

static struct sink_topic *topic_of(struct sink *k, const char *name, const char *schema)
{
    struct topic_spec spec = { .name = name, .value_schema = schema };
    struct sink_topic *t = NULL;
    return k->ops->topic(k, &spec, &t, &err) ? NULL : t;
}

static int stored(struct sink *k, int *ret)
{
    struct buf b = { 0 };
    int rc = k->ops->load(k, NULL, &b, NULL, NULL, &err);
    *ret = atoi(buf_cstr(&b));
    buf_done(&b);
    return rc;
}

static int commit(struct sink *k, int position)
{
    char text[20];
    snprintf(text, sizeof text, "%d", position);
    return k->ops->commit(k, &(struct sink_position){ NULL, slice_str(text) }, 1, 1000, &err) ==
                   SINK_COMMITTED
               ? 0
               : -1;
}

enum { ROWS = 24, TOPICS = 3, EACH = 4 };

/* From the stored position to the end: row n goes to topic n % 3, whose schema changes half-way. */
static int feed_on(struct sink *k)
{
    int at;
    if (k->ops->open(k, &err) || stored(k, &at))
        return -1;
    for (; at < ROWS; at++) {
        const char name[] = { 't', (char)('0' + at % TOPICS), 0 };
        struct sink_topic *t = topic_of(k, name, at < ROWS / 2 ? RECORD : OTHER);
        if (!t || put(k, t, (uint64_t)at) || (at % EACH == EACH - 1 && commit(k, at + 1)))
            return -1;
    }
    return k->ops->close(k, &err);
}

/* ---- reading ---- */

static int read_file(const char *path, uint8_t *seen)
{
    avro_file_reader_t in;
    avro_value_t v, n;
    int64_t at = 0;
    int count = 0;
    if (avro_file_reader(path, &in))
        fail_msg("%s: %s", path, avro_strerror());
    avro_schema_t schema = avro_file_reader_get_writer_schema(in);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &v);
    for (; !avro_file_reader_read_value(in, &v); count++) {
        assert_int_equal(avro_value_get_by_name(&v, "n", &n, NULL), 0);
        avro_value_get_long(&n, &at);
        seen[at]++;
        avro_value_reset(&v);
    }
    avro_value_decref(&v);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    avro_file_reader_close(in);
    return count;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_file(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* The topic's rows come in order when its files are read by their names; none is there twice. */
static int read_topic(const char *topic, int total, uint8_t *seen)
{
    struct dirent **names;
    char path[600];
    int last = -1, count = 0;
    snprintf(path, sizeof path, "%s/%s", dir, topic);
    int n = scandir(path, &names, is_file, by_name);
    for (int i = 0; i < n; i++) {
        uint8_t *here = calloc(1, (size_t)total);
        snprintf(path, sizeof path, "%s/%s/%s", dir, topic, names[i]->d_name);
        if (strstr(path, ".part"))
            fail_msg("%s is left", path);
        count += read_file(path, here);
        for (int r = 0; r < total; r++) {
            if (here[r] && r < last)
                fail_msg("%s holds row %d behind row %d", path, r, last);
            last = here[r] ? r : last;
            seen[r] = (uint8_t)(seen[r] + here[r]);
        }
        free(here);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return count;
}

static void check_all(int step_of_crash)
{
    uint8_t seen[ROWS] = { 0 };
    int count = 0;
    for (int t = 0; t < TOPICS; t++) {
        const char name[] = { 't', (char)('0' + t), 0 };
        count += read_topic(name, ROWS, seen);
    }
    for (int i = 0; i < ROWS; i++)
        if (seen[i] != 1)
            fail_msg("step %d: row %d is there %d times", step_of_crash, i, seen[i]);
    assert_int_equal(count, ROWS);
}

/* ---- crashes, errors ---- */

/* 7: the child died at that step; 0: it came to the end. */
static int in_child(int at)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        die_at = at;
        int rc = feed_on(new_sink());
        if (rc)
            fprintf(stderr, "step %d: %s\n", at, err.msg);
        end_here(rc ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void crash_at_every_step(int64_t rotate_bytes, int again)
{
    int died = 7;
    for (int at = 1; died == 7; at++) {
        make_dir(NULL);
        options.rotate_bytes = rotate_bytes;
        died = in_child(at);
        if (died == 7 && again)
            in_child(again);    /* and while it recovers */
        int rc = died == 7 ? in_child(0) : died;
        assert_int_equal(rc, 0);
        check_all(at);
        remove_dir(NULL);
        assert_true(at < 5000);
    }
}

static void test_crash_at_every_step(void **state)
{
    (void)state;
    crash_at_every_step(1 << 30, 0);
    crash_at_every_step(1, 0);
}

static void test_crash_while_recovering(void **state)
{
    (void)state;
    for (int again = 2; again < 9; again += 3)
        crash_at_every_step(200, again);
}

/* What one session loses to a full or failing disk, the next one in the same process writes. */
static void test_error_at_every_step(void **state)
{
    (void)state;
    bool reached = true;
    int failures = 0;
    for (int at = 1; reached; at++) {
        make_dir(NULL);
        options.rotate_bytes = at % 4 < 2 ? 1 : 1 << 30;
        options.deflate = at % 5 == 0;
        struct sink *k = new_sink();
        fail_at = at;
        fail_with = at % 3 ? ENOSPC : EIO;
        bool failed = feed_on(k) != 0;
        reached = step_no >= at;
        failures += failed;
        if (failed && err.class != ERR_RETRY)
            fail_msg("step %d: %s", at, err.msg);
        fail_at = 0;
        k->ops->free(k);
        k = new_sink();
        if (feed_on(k))
            fail_msg("step %d, again: %s", at, err.msg);
        check_all(at);
        k->ops->free(k);
        remove_dir(NULL);
    }
    assert_true(failures > 100);    /* the lock's own text is the one step that may fail */
}

/* After a death at that step, a start whose step `at` fails. False: it has no such step. */
static bool recover_with_error(int death, int at, int *failures)
{
    make_dir(NULL);
    assert_int_equal(in_child(death), 7);
    struct sink *k = new_sink();
    step_no = 0;
    fail_at = at;
    fail_with = at % 2 ? ENOSPC : EIO;
    bool failed = k->ops->open(k, &err) != 0, reached = step_no >= at;
    *failures += failed;
    if (failed && err.class != ERR_RETRY)
        fail_msg("died at step %d, error at step %d: %s", death, at, err.msg);
    fail_at = 0;
    k->ops->free(k);
    assert_int_equal(in_child(0), 0);
    check_all(at);
    remove_dir(NULL);
    return reached;
}

static void test_error_while_recovering(void **state)
{
    (void)state;
    int failures = 0;
    for (int death = 10; death <= 100; death += 15)
        for (int at = 1; recover_with_error(death, at, &failures); at++)
            ;
    assert_true(failures > 50);
}

/* ---- other processes ---- */

static void test_one_writer(void **state)
{
    (void)state;
    struct sink *first = open_sink(), *second = new_sink();
    char pid[40];
    snprintf(pid, sizeof pid, "process %d on host ", (int)getpid());
    put(first, topic_of(first, "t0", RECORD), 1);
    assert_int_equal(second->ops->open(second, &err), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, pid));
    second->ops->free(second);
    assert_int_equal(commit(first, 1), 0);
    options.feed = "other";
    second = open_sink();
    put(second, topic_of(second, "t0", RECORD), 0);
    assert_int_equal(commit(second, 1), 0);
    second->ops->free(second);
    first->ops->free(first);
    uint8_t seen[2] = { 0 };
    assert_int_equal(read_topic("t0", 2, seen), 2);
    options.feed = "shop";
    first = open_sink();        /* the lock ended with its holder */
    first->ops->free(first);
}

static void touch(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/t0/%s", dir, name);
    int fd = open(path, O_CREAT | O_WRONLY, 0644);
    assert_true(fd >= 0);
    close(fd);
}

static void test_strangers_files_stay(void **state)
{
    (void)state;
    static const char *const names[] = { "film.mkv.part", "20260101T000000Z-0000.avro.part",
        "20260101T000000Z-0000.other.avro.part", "20260101T000000Z-0000.shop.avro.part.old" };
    char path[200];
    snprintf(path, sizeof path, "%s/t0", dir);
    mkdir(path, 0755);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        touch(names[i]);
    touch("20260101T000000Z-0000.shop.avro.part");
    struct sink *k = open_sink();
    k->ops->free(k);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/t0/%s", dir, names[i]);
        assert_int_equal(access(path, F_OK), 0);
    }
    snprintf(path, sizeof path, "%s/t0/20260101T000000Z-0000.shop.avro.part", dir);
    assert_int_equal(access(path, F_OK), -1);
}

/* The only file of t0; size < 0: it is removed, else cut. */
static void damage(off_t size)
{
    struct dirent **names;
    char path[600];
    snprintf(path, sizeof path, "%s/t0", dir);
    assert_int_equal(scandir(path, &names, is_file, by_name), 1);
    snprintf(path, sizeof path, "%s/t0/%s", dir, names[0]->d_name);
    assert_int_equal(size < 0 ? remove(path) : truncate(path, size), 0);
    free(names[0]);
    free(names);
}

static void test_missing_part(void **state)
{
    (void)state;
    /* removed or cut; seen by commit, close or a start */
    for (int form = 0; form < 6; form++) {
        make_dir(NULL);
        struct sink *k = open_sink();
        struct sink_topic *t = topic_of(k, "t0", RECORD);
        put(k, t, 0);
        assert_int_equal(commit(k, 1), 0);
        damage(form % 2 ? 20 : -1);
        int rc = form / 2 == 0 ? put(k, t, 1) || commit(k, 2)
                 : form / 2 == 1 ? k->ops->close(k, &err) : k->ops->open(k, &err);
        assert_int_not_equal(rc, 0);
        assert_int_equal(err.class, ERR_FATAL);
        assert_non_null(strstr(err.msg, "/t0/2"));
        k->ops->free(k);
        remove_dir(NULL);
    }
    make_dir(NULL);
}

/* Nothing of it is covered by a position: its rows are read again. */
static void test_a_part_that_goes_before_its_position(void **state)
{
    (void)state;
    struct sink *k = open_sink();
    put(k, topic_of(k, "t0", RECORD), 0);
    damage(-1);
    assert_int_equal(commit(k, 1), -1);
    assert_int_equal(err.class, ERR_FATAL);
    assert_non_null(strstr(err.msg, "was removed or replaced while it was written"));
    k->ops->free(k);
}

/* A file where a topic's folder should be. */
static void test_a_folder_that_is_none(void **state)
{
    (void)state;
    char path[100];
    struct sink *k = open_sink();
    snprintf(path, sizeof path, "%s/t0", dir);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(put(k, topic_of(k, "t0", RECORD), 0), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    assert_non_null(strstr(err.msg, "/t0"));
    k->ops->free(k);
}

/* ---- names, descriptors, modes ---- */

static void test_few_descriptors(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (!pid) {
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 24, 24 });
        struct sink *k = open_sink();
        char name[20];
        for (int i = 0; i < 300; i++) {
            snprintf(name, sizeof name, "t%d", i % 100);
            struct sink_topic *t = topic_of(k, name, RECORD);
            if (!t || put(k, t, (uint64_t)i) || (i % 50 == 49 && commit(k, i)))
                end_here(1);
        }
        end_here(k->ops->close(k, &err) ? 2 : 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    uint8_t seen[300] = { 0 };
    char name[20];
    int count = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "t%d", i);
        count += read_topic(name, 300, seen);
    }
    assert_int_equal(count, 300);
}

static void test_modes_and_long_names(void **state)
{
    (void)state;
    char topic[250], path[1000];
    struct stat st;
    umask(0);
    memset(topic, 'x', sizeof topic);
    topic[249] = 0;
    struct sink *k = open_sink();
    struct sink_topic *t = topic_of(k, topic, RECORD);
    topic[248] = 'y';
    struct sink_topic *u = topic_of(k, topic, RECORD);
    assert_true(!put(k, t, 0) && !put(k, u, 1) && !commit(k, 1));
    k->ops->free(k);
    uint8_t seen[2] = { 0 };
    assert_int_equal(read_topic(topic, 2, seen), 1);
    snprintf(path, sizeof path, "%s/%s", dir, topic);
    assert_int_equal(stat(path, &st) || (st.st_mode & 07777) != 0750, 0);
    snprintf(path, sizeof path, "%s/shop.position", dir);
    assert_int_equal(stat(path, &st) || (st.st_mode & 07777) != 0640, 0);
    assert_null(topic_of(k = open_sink(), "..", RECORD));
    assert_null(topic_of(k, "a/b", RECORD));
    k->ops->free(k);
    options.feed = "../x";
    assert_null(avro_file_sink_new(&options, &err));
}

/* A .new that someone else made is neither followed nor kept. */
static void test_symlink_is_not_followed(void **state)
{
    (void)state;
    char path[200], target[200];
    struct stat st;
    snprintf(path, sizeof path, "%s/shop.position.new", dir);
    snprintf(target, sizeof target, "%s/precious", dir);
    assert_int_equal(symlink(target, path), 0);
    struct sink *k = open_sink();
    put(k, topic_of(k, "t0", RECORD), 0);
    assert_int_equal(commit(k, 1), 0);
    k->ops->free(k);
    assert_int_equal(stat(target, &st), -1);
}

/* ---- what is kept beside the position, and looks without the lock ---- */

static enum sink_put keep(struct sink *k, const char *name, const char *value)
{
    struct batch batch = { 0 };
    return k->ops->keep(k, slice_str(name), value ? slice_str(value) : (struct slice){ 0 }, &batch,
                        &err);
}

static int note_kept(void *arg, struct slice name, struct slice value, struct err *e)
{
    struct buf *all = arg;
    (void)e;
    buf_printf(all, "%.*s=%.*s;", (int)name.n, (const char *)name.p, (int)value.n,
               (const char *)value.p);
    return 0;
}

static void test_what_is_kept(void **state)
{
    (void)state;
    struct sink *k = open_sink();
    struct buf position = { 0 }, all = { 0 };
    assert_int_equal(keep(k, "a", "1"), SINK_TAKEN);
    assert_int_equal(keep(k, "b", "2"), SINK_TAKEN);
    assert_int_equal(keep(k, "a", NULL), SINK_TAKEN);       /* forgotten */
    assert_int_equal(keep(k, "b", "\xff"), SINK_FAILED);
    assert_int_equal(err.class, ERR_FATAL);
    assert_non_null(strstr(err.msg, "\"b\" is no UTF-8"));
    assert_int_equal(commit(k, 7), 0);
    struct sink_position odd = { NULL, slice_str("\xff") };
    assert_int_equal(k->ops->commit(k, &odd, 1, 1000, &err), SINK_COMMIT_FAILED);
    assert_int_equal(err.class, ERR_FATAL);
    assert_int_equal(k->ops->poll(k, 0, &err), 0);
    k->ops->free(k);
    k = open_sink();
    assert_int_equal(k->ops->load(k, NULL, &position, note_kept, &all, &err), 0);
    assert_string_equal(buf_cstr(&position), "7");
    assert_string_equal(buf_cstr(&all), "b=2;");
    buf_done(&position);
    buf_done(&all);
    k->ops->free(k);
}

static void test_a_look_without_the_lock(void **state)
{
    (void)state;
    struct buf position = { 0 };
    bool held;
    struct sink *k = open_sink(), *looks = new_sink();
    assert_int_equal(looks->ops->peek(looks, NULL, &position, &err), 0);
    assert_int_equal(position.n, 0);
    assert_int_equal(looks->ops->holds(looks, "shop", &held, &err), 0);
    assert_false(held);         /* its own lock is no table */
    put(k, topic_of(k, "shop.t", RECORD), 0);
    assert_int_equal(commit(k, 7), 0);
    assert_int_equal(looks->ops->peek(looks, NULL, &position, &err), 0);
    assert_string_equal(buf_cstr(&position), "7");
    assert_int_equal(looks->ops->holds(looks, "shop", &held, &err), 0);
    assert_true(held);
    assert_int_equal(looks->ops->holds(looks, "sho", &held, &err), 0);
    assert_false(held);
    k->ops->free(k);
    options.directory = "/tmp/tailrace-files-not-there";
    assert_int_equal(looks->ops->holds(looks, "shop", &held, &err), -1);
    assert_int_equal(err.class, ERR_CONFIG);
    position.n = 0;
    assert_int_equal(looks->ops->peek(looks, NULL, &position, &err), 0);
    assert_int_equal(position.n, 0);
    buf_done(&position);
    looks->ops->free(looks);
}

static void test_who_holds_the_lock(void **state)
{
    (void)state;
    struct buf who = { 0 };
    char pid[60];
    snprintf(pid, sizeof pid, "{\"lock\":\"process %d on host ", (int)getpid());
    struct sink *k = new_sink(), *asks = new_sink();
    assert_int_equal(asks->ops->owner(asks, NULL, &who, &err), 0);
    assert_int_equal(k->ops->open(k, &err), 0);
    assert_int_equal(k->ops->owner(k, NULL, &who, &err), 0);        /* ourselves: nobody else */
    assert_int_equal(who.n, 0);
    assert_int_equal(asks->ops->owner(asks, NULL, &who, &err), 0);
    assert_memory_equal(buf_cstr(&who), pid, strlen(pid));
    buf_done(&who);
    k->ops->free(k);
    asks->ops->free(asks);
}

static void note_finding(void *arg, enum finding_level level, const char *what, const char *todo)
{
    struct buf *said = arg;
    said->n = 0;
    buf_printf(said, "%d %s%s", (int)level, what, todo ? " ->" : "");
}

static void check_says(const char *text)
{
    struct buf said = { 0 };
    struct sink *k = new_sink();
    assert_int_equal(k->ops->check(k, note_finding, &said, &err), 0);
    assert_non_null(strstr(buf_cstr(&said), text));
    buf_done(&said);
    k->ops->free(k);
}

static void test_check(void **state)
{
    (void)state;
    char path[100];
    check_says("may be written");
    struct sink *k = open_sink();
    check_says("0 feed shop is written to directory");
    k->ops->free(k);
    snprintf(path, sizeof path, "%s/new", dir);
    options.directory = path;
    check_says("may be written");
    assert_int_equal(access(path, W_OK), 0);
    options.directory = "/dev/null/x";
    check_says("2 directory /dev/null/x may not be written ->");
}

/* ---- locks that are no locks ---- */

static char *lock_path(void)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/shop.lock", dir);
    return path;
}

static void refused(const char *text, enum err_class class)
{
    struct sink *k = new_sink();
    errno = 0;
    assert_int_equal(k->ops->open(k, &err), -1);
    assert_int_equal(err.class, class);
    if (!strstr(err.msg, text))
        fail_msg("%s", err.msg);
    k->ops->free(k);
}

static void test_locks_that_are_none(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(lock_path(), 0600), 0);
    refused("cannot be locked", ERR_CONFIG);
    unlink(lock_path());
    mkdir(lock_path(), 0700);
    refused("shop.lock: ", ERR_CONFIG);
    rmdir(lock_path());
    char position[100];
    snprintf(position, sizeof position, "%s/shop.position", dir);
    mkdir(position, 0700);
    refused("shop.position", ERR_FATAL);
    rmdir(position);
    options.directory = "/dev/null";
    refused("/dev/null: ", ERR_CONFIG);
    options.directory = "/dev/null/x";
    refused("/dev/null/x: ", ERR_CONFIG);
}

/* Who deletes the lock lets another process in: nothing more is written before it is ours again. */
static void test_a_lock_that_is_lost(void **state)
{
    (void)state;
    struct sink *k = open_sink();
    put(k, topic_of(k, "t0", RECORD), 0);
    unlink(lock_path());
    assert_int_equal(commit(k, 1), -1);
    assert_int_equal(err.class, ERR_RETRY);
    assert_non_null(strstr(err.msg, "was deleted or replaced"));
    struct sink *other = open_sink();
    assert_int_equal(k->ops->open(k, &err), -1);
    other->ops->free(other);
    assert_int_equal(k->ops->open(k, &err), 0);
    put(k, topic_of(k, "t0", RECORD), 0);
    assert_int_equal(commit(k, 1), 0);
    k->ops->free(k);
}

/* The process that held it last died on another host: it is warned of, and the lock is taken. */
static void test_a_lock_of_another_host(void **state)
{
    (void)state;
    char line[200] = "";
    FILE *f = fopen(lock_path(), "w");
    fputs("process 1 on host elsewhere\n", f);
    fclose(f);
    struct sink *k = open_sink();
    f = fopen(lock_path(), "r");
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    assert_int_equal(atoi(line + strlen("process ")), (int)getpid());
    k->ops->free(k);
}

/* ---- what the position file may hold ---- */

static void write_position(const char *text)
{
    char path[100];
    snprintf(path, sizeof path, "%s/shop.position", dir);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

static void test_position_files(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"position\": 1}",
        "{\"position\": \"1\", \"parts\": {\"no part\": 5}}",
        "{\"position\": \"1\", \"parts\": {\"../x/20260101T000000Z-0000.shop.avro\": 5}}",
        ("{\"position\": \"1\", \"parts\": {\"t/20260101T000000Z-0000.shop.avro.part\": 5}, "
        "\"done\": {}}"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_position(bad[i]);
        refused("shop.position", ERR_FATAL);
    }
    /* complete files that were renamed, and parts of which the position covers nothing, need not be
     * there */
    write_position(
        "{\"position\": \"1\", \"parts\": {\"t/20260101T000000Z-0000.shop.avro.part\": 0}, "
        "\"done\": {\"t/20260101T000000Z-0001.shop.avro.part\": 5}}");
    struct sink *k = open_sink();
    k->ops->free(k);
}

/*
 * Version 0.1.0 names parts by the directory and without the feed, and says nothing of those that
 * are complete.
 */
static void test_position_of_an_earlier_version(void **state)
{
    (void)state;
    char path[200], text[400];
    struct stat st;
    snprintf(path, sizeof path, "%s/t0", dir);
    mkdir(path, 0755);
    touch("20260101T000000Z-0000.avro");
    touch("20260101T000000Z-0001.avro.part");
    snprintf(path, sizeof path, "%s/t0/20260101T000000Z-0001.avro.part", dir);
    assert_int_equal(truncate(path, 9), 0);
    snprintf(text, sizeof text, "{\"position\": \"1\", \"kept\": {}, \"parts\": {"
             "\"%s/t0/20260101T000000Z-0000.avro.part\": 5, "
             "\"%s/t0/20260101T000000Z-0001.avro.part\": 5}}", dir, dir);
    write_position(text);
    struct sink *k = open_sink();
    k->ops->free(k);
    snprintf(path, sizeof path, "%s/t0/20260101T000000Z-0001.avro", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 5);
}

/* ---- whole messages ---- */

static int64_t field_size(avro_value_t *record, const char *name)
{
    avro_value_t v, branch;
    size_t n = 0;
    const void *p;
    int which = 0;
    assert_int_equal(avro_value_get_by_name(record, name, &v, NULL), 0);
    assert_int_equal(avro_value_get_discriminant(&v, &which), 0);
    if (!which)
        return -1;
    avro_value_get_current_branch(&v, &branch);
    return avro_value_get_type(&branch) == AVRO_BYTES && !avro_value_get_bytes(&branch, &p, &n)
               ? (int64_t)n
               : 0;
}

static void check_message(avro_file_reader_t in, avro_value_t *v, int64_t key, int64_t value,
                          size_t headers)
{
    avro_value_t list;
    size_t n = 0;
    assert_int_equal(avro_file_reader_read_value(in, v), 0);
    assert_int_equal(field_size(v, "key"), key);
    assert_int_equal(field_size(v, "value"), value);
    assert_int_equal(avro_value_get_by_name(v, "headers", &list, NULL), 0);
    avro_value_get_size(&list, &n);
    assert_int_equal(n, headers);
    avro_value_reset(v);
}

static void test_messages(void **state)
{
    (void)state;
    struct dirent **names;
    char path[600];
    options.messages = 1;
    struct sink *k = open_sink();
    struct topic_spec spec = {
        .name = "t0", .key_schema = "\"string\"", .value_schema = RECORD, .framed = true
    };
    struct sink_topic *t = NULL;
    struct batch batch = { 0 };
    struct header h[2] = { { "a", slice_str("1") }, { "b", slice_str("2") } };
    assert_int_equal(k->ops->topic(k, &spec, &t, &err), 0);
    struct record all = { .topic = t,
                          .key = slice_of("\0\0\0\0\1\2k", 7),
                          .value = slice_of("\0\0\0\0\2\x02", 6),
                          .headers = h,
                          .nheaders = 2 };
    struct record tombstone = { .topic = t, .key = all.key },
                  keyless = { .topic = t, .value = all.value };
    assert_int_equal(k->ops->put(k, &all, &batch, &err), SINK_TAKEN);
    assert_int_equal(k->ops->put(k, &tombstone, &batch, &err), SINK_TAKEN);
    assert_int_equal(k->ops->put(k, &keyless, &batch, &err), SINK_TAKEN);
    assert_int_equal(commit(k, 1), 0);
    k->ops->free(k);
    snprintf(path, sizeof path, "%s/t0", dir);
    assert_int_equal(scandir(path, &names, is_file, by_name), 1);
    snprintf(path, sizeof path, "%s/t0/%s", dir, names[0]->d_name);
    free(names[0]);
    free(names);
    avro_file_reader_t in;
    avro_value_t v;
    assert_int_equal(avro_file_reader(path, &in), 0);
    avro_schema_t schema = avro_file_reader_get_writer_schema(in);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &v);
    check_message(in, &v, 2, 0, 2);
    check_message(in, &v, 2, -1, 0);
    check_message(in, &v, -1, 0, 0);
    avro_value_decref(&v);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    avro_file_reader_close(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash_at_every_step),
        cmocka_unit_test(test_crash_while_recovering),
        cmocka_unit_test(test_error_at_every_step),
        cmocka_unit_test(test_error_while_recovering),
        cmocka_unit_test_setup_teardown(test_one_writer, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_strangers_files_stay, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_missing_part, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_few_descriptors, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_modes_and_long_names, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_symlink_is_not_followed, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_a_part_that_goes_before_its_position, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(test_a_folder_that_is_none, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_what_is_kept, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_a_look_without_the_lock, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_who_holds_the_lock, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_check, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_locks_that_are_none, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_a_lock_that_is_lost, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_a_lock_of_another_host, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_position_files, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_position_of_an_earlier_version, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(test_messages, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
