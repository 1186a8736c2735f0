#include "serve/control.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/log.h"
#include "serve/answer.h"

enum { CLIENTS = 8, MOST_BYTES = 1 << 20 };

struct client {
    int fd;         /* -1: none */
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
        return err_set(err, ERR_CONFIG, "control.socket: %s is longer than %zu bytes", path, sizeof ret->sun_path - 1);
    return 0;
}

/* A connection to whoever listens there; -1: nobody. */
static int connect_to(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof *a) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int listen_at(const char *path, struct err *err)
{
    struct sockaddr_un a;
    if (address_of(path, &a, err))
        return -1;
    int other = connect_to(&a);
    if (other >= 0) {
        close(other);
        return err_set(err, ERR_CONFIG, "another service listens at %s", path);
    }
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);       /* of one that died */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t old = umask(0177);
    int rc = fd < 0 || bind(fd, (const struct sockaddr *)&a, sizeof a) || listen(fd, CLIENTS);
    umask(old);
    if (!rc)
        return fd;
    err_set(err, ERR_CONFIG, "control.socket: %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

struct control *control_new(const char *path, struct err *err)
{
    int fd = listen_at(path, err);
    if (fd < 0)
        return NULL;
    struct control *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->fd = fd;
    c->path = strdup(path);
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

static void accept_clients(struct control *c)
{
    for (int i = 0; i < CLIENTS; i++)
        if (c->clients[i].fd < 0) {
            c->clients[i].fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (c->clients[i].fd < 0)
                return;
        }
}

static void answer_lines(struct client *k, struct backfill *b)
{
    const uint8_t *end;
    while (k->in.n && (end = memchr(k->in.p, '\n', k->in.n))) {
        size_t n = (size_t)(end - k->in.p);
        control_answer(slice_of(k->in.p, n), b, &k->out);
        k->in.n -= n + 1;
        memmove(k->in.p, end + 1, k->in.n);
    }
}

/* False: the client is gone, or says nothing that ends. */
static bool serve(struct client *k, struct backfill *b)
{
    char part[4096];
    ssize_t n;
    while ((n = recv(k->fd, part, sizeof part, 0)) > 0 && k->in.n < MOST_BYTES)
        buf_put(&k->in, part, (size_t)n);
    bool open = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    answer_lines(k, b);
    n = k->out.n ? send(k->fd, k->out.p, k->out.n, MSG_NOSIGNAL) : 0;
    if (n > 0) {
        k->out.n -= (size_t)n;
        memmove(k->out.p, k->out.p + n, k->out.n);
    }
    return open && k->out.n < MOST_BYTES;
}

static void attend(void *arg, struct backfill *b)
{
    struct control *c = arg;
    accept_clients(c);
    for (int i = 0; i < CLIENTS; i++)
        if (c->clients[i].fd >= 0 && !serve(&c->clients[i], b))
            hang_up(&c->clients[i]);
}

static int fds(void *arg, int *ret, int max)
{
    const struct control *c = arg;
    int n = 0;
    if (n < max)
        ret[n++] = c->fd;
    for (int i = 0; i < CLIENTS && n < max; i++)
        if (c->clients[i].fd >= 0)
            ret[n++] = c->clients[i].fd;
    return n;
}

struct flow_attendant control_attendant(struct control *c)
{
    return (struct flow_attendant){ .arg = c, .fds = fds, .attend = attend };
}

/* ---- the client ---- */

/* The socket's directory may be anybody's: only our own service, or root's, is spoken to. */
static bool is_ours(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

int control_ask(const char *path, struct slice request, struct buf *ret_answer, struct err *err)
{
    struct sockaddr_un a;
    if (address_of(path, &a, err))
        return -1;
    int fd = connect_to(&a);
    if (fd < 0)
        return 1;
    char part[4096];
    ssize_t n = -1;
    if (!is_ours(fd)) {
        close(fd);
        return err_set(err, ERR_CONFIG, "who listens at %s is another user", path);
    }
    bool sent = send(fd, request.p, request.n, MSG_NOSIGNAL) == (ssize_t)request.n && send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
    while (sent && !(ret_answer->n && ret_answer->p[ret_answer->n - 1] == '\n') && (n = recv(fd, part, sizeof part, 0)) > 0)
        buf_put(ret_answer, part, (size_t)n);
    close(fd);
    return sent && n > 0 ? 0 : err_set(err, ERR_RETRY, "the service at %s hung up", path);
}
