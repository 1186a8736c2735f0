/*
 * The control socket: the service's side, polled by the loop's thread, and a client's side.
 * Requests come in as lines; serve/answer.c has the answers. A client can neither hold the loop up
 * nor keep others out: what it may send, leave unread, and take its time for is limited.
 */
#include "serve/control.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/user.h"
#include "base/xalloc.h"
#include "serve/answer.h"

enum {
    CLIENTS = 8,
    ANSWER_BYTES = 1 << 20,     /* with this much unread, a client gets no more answers */
    LINES_A_TURN = 16,          /* of one client; the feed goes on between turns */
    IDLE_US = 10000000,         /* a client that neither sends nor reads for this long is cut off */
    CONNECT_MS = 2000,
    ANSWER_S = 30,              /* a service answers within this time, or not at all */
};

struct client {
    int fd;         /* -1: no client */
    int64_t heard_us;
    struct buf in, out;
};

struct control {
    int fd;
    char *path;
    struct client clients[CLIENTS];
};

static int address_of(const char *path, struct sockaddr_un *ret, struct err *err)
{
    *ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if ((size_t)snprintf(ret->sun_path, sizeof ret->sun_path, "%s", path) >= sizeof ret->sun_path)
        return err_set(err, ERR_CONFIG, "control.socket: %s is longer than %zu bytes", path,
                       sizeof ret->sun_path - 1);
    return 0;
}

/* ---- the service ---- */

static int make_directory(const char *path, struct err *err)
{
    char dir[sizeof ((struct sockaddr_un *)0)->sun_path];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return 0;
    *slash = 0;
    if (mkdir(dir, 0750) && errno != EEXIST)
        return err_set(err, ERR_RETRY, "control.socket: %s cannot be made: %s", dir,
                       strerror(errno));
    return 0;
}

int control_claim(const char *path, int *ret_lock, struct err *err)
{
    char name[200], text[24];
    *ret_lock = -1;
    if (make_directory(path, err))
        return -1;
    snprintf(name, sizeof name, "%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, ERR_RETRY, "control.socket: %s: %s", name, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = 0;
        close(fd);
        return err_set(err, ERR_CONFIG,
                       "this feed is run already, by process %ld, which holds %s: stop that one "
                       "first, or give this feed "
                       "another name, or another control.socket",
                       strtol(text, NULL, 10), name);
    }
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
        log_warn("%s cannot be written: %s; the feed runs, and a second one is refused without "
                 "naming this process",
                 name, strerror(errno));
    *ret_lock = fd;
    return 0;
}

/* The caller has claimed the path, so it may remove a socket that is there: its service is dead. */
static int listen_at(const char *path, struct err *err)
{
    struct sockaddr_un a;
    struct stat st;
    if (address_of(path, &a, err))
        return -1;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /*
     * fchmod() sets the mode of the socket's file; umask() would change the files of other threads.
     */
    int rc = fd < 0 || fchmod(fd, 0600) || bind(fd, (const struct sockaddr *)&a, sizeof a) ||
             listen(fd, SOMAXCONN);
    if (!rc)
        return fd;
    err_set(err, ERR_RETRY, "control.socket: %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

struct control *control_new(const char *path, struct err *err)
{
    int fd = listen_at(path, err);
    if (fd < 0)
        return NULL;
    struct control *c = xcalloc(1, sizeof *c);
    c->path = xstrdup(path);
    c->fd = fd;
    for (int i = 0; i < CLIENTS; i++)
        c->clients[i].fd = -1;
    return c;
}

static void hang_up(struct client *k)
{
    close(k->fd);
    k->fd = -1;
    k->in.n = k->out.n = 0;
}

void control_free(struct control *c)
{
    if (!c)
        return;
    for (int i = 0; i < CLIENTS; i++) {
        if (c->clients[i].fd >= 0)
            hang_up(&c->clients[i]);
        buf_done(&c->clients[i].in);
        buf_done(&c->clients[i].out);
    }
    close(c->fd);
    unlink(c->path);
    free(c->path);
    free(c);
}

/*
 * A free slot, or the slot of the client that has been silent the longest: idle clients keep nobody
 * out.
 */
static struct client *place_for_one(struct control *c)
{
    struct client *oldest = &c->clients[0];
    for (int i = 0; i < CLIENTS; i++) {
        if (c->clients[i].fd < 0)
            return &c->clients[i];
        if (c->clients[i].heard_us < oldest->heard_us)
            oldest = &c->clients[i];
    }
    return oldest;
}

static void accept_clients(struct control *c, int64_t now)
{
    for (int i = 0; i < CLIENTS; i++) {
        int fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct client *k = place_for_one(c);
        if (k->fd >= 0)
            hang_up(k);
        k->fd = fd;
        k->heard_us = now;
    }
}

/* Answers some of the lines that have come; the rest waits for the next turn. */
static void answer_lines(struct client *k, control_answerer answer, void *arg)
{
    size_t done = 0;
    const uint8_t *end;
    for (int i = 0; i < LINES_A_TURN && k->out.n < ANSWER_BYTES && done < k->in.n; i++) {
        if (!(end = memchr(k->in.p + done, '\n', k->in.n - done)))
            break;
        size_t n = (size_t)(end - k->in.p) - done;
        answer(arg, slice_of(k->in.p + done, n), &k->out);
        done += n + 1;
    }
    k->in.n -= done;
    if (done && k->in.n)
        memmove(k->in.p, k->in.p + done, k->in.n);
}

static void send_answers(struct client *k, int64_t now)
{
    ssize_t n = k->out.n ? send(k->fd, k->out.p, k->out.n, MSG_NOSIGNAL) : 0;
    if (n <= 0)
        return;
    k->heard_us = now;
    k->out.n -= (size_t)n;
    memmove(k->out.p, k->out.p + n, k->out.n);
}

/* False: the client is gone, sends a line without end, or neither sends nor reads. */
static bool serve(struct client *k, control_answerer answer, void *arg, int64_t now)
{
    char part[4096];
    ssize_t n = 1;
    while (k->in.n < CONTROL_LINE && (n = recv(k->fd, part, sizeof part, 0)) > 0) {
        buf_put(&k->in, part, (size_t)n);
        k->heard_us = now;
    }
    bool open = n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
    bool endless = k->in.n >= CONTROL_LINE && !memchr(k->in.p, '\n', k->in.n);
    answer_lines(k, answer, arg);
    send_answers(k, now);
    return open && !endless && now - k->heard_us < IDLE_US;
}

void control_serve(struct control *c, control_answerer answer, void *arg)
{
    int64_t now = clock_mono_us();
    accept_clients(c, now);
    for (int i = 0; i < CLIENTS; i++)
        if (c->clients[i].fd >= 0 && !serve(&c->clients[i], answer, arg, now))
            hang_up(&c->clients[i]);
}

static void attend(void *arg, struct backfill *b)
{
    control_serve(arg, control_answer, b);
}

int control_fds(void *arg, int *ret, int max)
{
    const struct control *c = arg;
    int n = 0;
    if (n < max)
        ret[n++] = c->fd;
    for (int i = 0; i < CLIENTS && n < max; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].in.n < CONTROL_LINE)
            ret[n++] = c->clients[i].fd;
    return n;
}

bool control_owes(const struct control *c)
{
    for (int i = 0; i < CLIENTS; i++)
        if (c->clients[i].fd >= 0 && (c->clients[i].out.n || c->clients[i].in.n))
            return true;
    return false;
}

struct flow_attendant control_attendant(struct control *c)
{
    return (struct flow_attendant){ .arg = c, .fds = control_fds, .attend = attend };
}

/* ---- the client ---- */

/*
 * 1 only if nobody listens there: then no service runs. If the way to a service is barred, an
 * error.
 */
static int no_connection(const char *path, int why, struct err *err)
{
    char who[64];
    if (why == ENOENT || why == ECONNREFUSED || why == ENOTDIR)
        return 1;
    user_name(geteuid(), who, sizeof who);
    return err_set(err, ERR_CONFIG,
                   "whether a service listens at %s cannot be told (%s): run this command as the "
                   "service's user, who is "
                   "not %s",
                   path, why == EAGAIN ? "it does not accept" : strerror(why), who);
}

/* 0 and a connection; 1: nobody listens there. */
static int connect_to(const char *path, int *ret_fd, struct err *err)
{
    struct sockaddr_un a;
    if (address_of(path, &a, err))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, ERR_RETRY, "no socket can be made: %s", strerror(errno));
    /* while the queue is full, try again: whoever took the path may never accept */
    int rc = -1;
    for (int64_t until = clock_mono_us() + CONNECT_MS * 1000;
         (rc = connect(fd, (struct sockaddr *)&a, sizeof a)) && errno == EAGAIN &&
         clock_mono_us() < until;)
        poll(NULL, 0, 50);
    if (rc) {
        rc = no_connection(path, errno, err);
        close(fd);
        return rc;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    *ret_fd = fd;
    return 0;
}

/* True if anybody can have put the socket there: its directory is open to all for writing. */
static bool anybody_s(const char *path)
{
    char dir[sizeof ((struct sockaddr_un *)0)->sun_path];
    struct stat st;
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (slash)
        slash[slash == dir] = 0;
    return stat(slash ? dir : ".", &st) || (st.st_mode & S_IWOTH);
}

/*
 * Speaks to our own service, and to root's. Root speaks to any other, unless a stranger can have
 * put the socket there.
 */
static int check_listener(int fd, const char *path, struct err *err)
{
    struct ucred who = { 0 };
    socklen_t n = sizeof who;
    char name[64];
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n))
        return err_set(err, ERR_CONFIG, "who listens at %s cannot be told: %s", path,
                       strerror(errno));
    if (who.uid == geteuid() || who.uid == 0 || (geteuid() == 0 && !anybody_s(path)))
        return 0;
    user_name(who.uid, name, sizeof name);
    return err_set(err, ERR_CONFIG,
                   "the service at %s runs as user %s, process %ld: run this command as that user",
                   path, name, (long)who.pid);
}

static int converse(int fd, const char *path, struct slice request, struct buf *ret_answer,
                    struct err *err)
{
    char part[4096];
    ssize_t n = -1;
    const struct timeval patience = { .tv_sec = ANSWER_S };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    errno = 0;
    bool sent = send(fd, request.p, request.n, MSG_NOSIGNAL) == (ssize_t)request.n &&
                send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
    while (sent && !(ret_answer->n && ret_answer->p[ret_answer->n - 1] == '\n') &&
           (n = recv(fd, part, sizeof part, 0)) > 0)
        buf_put(ret_answer, part, (size_t)n);
    if (sent && n > 0)
        return 0;
    bool late = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    return late ? err_set(err, ERR_RETRY, "the service at %s does not answer within %d s -> is its "
                          "process stopped?", path, ANSWER_S)
                : err_set(err, ERR_RETRY, "the service at %s hung up", path);
}

int control_ask(const char *path, struct slice request, struct buf *ret_answer, struct err *err)
{
    int fd = -1, rc = connect_to(path, &fd, err);
    if (rc)
        return rc;
    rc = check_listener(fd, path, err) ? -1 : converse(fd, path, request, ret_answer, err);
    close(fd);
    return rc;
}
