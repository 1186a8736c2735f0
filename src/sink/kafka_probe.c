/*
 * Finds out what a listener speaks, proven by its own answer. librdkafka only guesses from a closed
 * connection. But a broker that starts, stops or is behind a load balancer closes connections, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/cursor.h"
#include "sink/kafka.h"

enum { CONNECT_MS = 2000, ANSWER_MS = 2000, STEP_MS = 100 };

/*
 * SaslHandshake v1, the one request that every listener without TLS answers before a login, and
 * with different errors: size, key 17, version 1, correlation id, client id, mechanism
 * (https://kafka.apache.org/protocol, The Messages: SaslHandshake).
 */
static const uint8_t sasl_handshake[] = { 0,   0,   0, 24, 0,   17,  0,   1,   't', 'r',
                                          'c', 'e', 0, 8,  't', 'a', 'i', 'l', 'r', 'a',
                                          'c', 'e', 0, 4,  'N', 'O', 'N', 'E' };
enum {
    CORRELATION = 0x74726365,
    UNSUPPORTED_MECHANISM = 33,
    ILLEGAL_SASL_STATE = 34,
    ANSWER_BYTES = 10
};

/*
 * A TLS record with a ClientHello, which a TLS server answers with a ServerHello or an alert:
 * record 22, version, length; handshake 1, length, version, random, no session, cipher suites, no
 * compression (RFC 5246, 6.2.1 and 7.4.1.2).
 */
static const uint8_t client_hello[] = { 22,   3,    1,    0,    53,   1,    0,    0,    49,   3,
                                        3,    1,    2,    3,    4,    5,    6,    7,    8,    9,
                                        10,   11,   12,   13,   14,   15,   16,   17,   18,   19,
                                        20,   21,   22,   23,   24,   25,   26,   27,   28,   29,
                                        30,   31,   32,   0,    0,    10,   0x13, 0x01, 0xc0, 0x2f,
                                        0xc0, 0x2b, 0x00, 0x9c, 0x00, 0xff, 1,    0 };
enum { TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_MAJOR = 3, RECORD_BYTES = 5 };

/* Whether the socket is ready for these events within ms; false too when the service is to stop. */
static bool is_ready(const struct kafka *k, int fd, short events, int ms)
{
    for (int64_t until = clock_mono_us() + ms * 1000LL;
         clock_mono_us() < until && !kafka_stopping(k);) {
        struct pollfd p = { .fd = fd, .events = events };
        if (poll(&p, 1, STEP_MS) > 0)
            return true;
    }
    return false;
}

static int connect_one(const struct kafka *k, const struct addrinfo *a)
{
    int error = 0, fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t n = sizeof error;
    if (fd < 0)
        return -1;
    if (!connect(fd, a->ai_addr, a->ai_addrlen) ||
        (errno == EINPROGRESS && is_ready(k, fd, POLLOUT, CONNECT_MS) &&
         !getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) && !error))
        return fd;
    close(fd);
    return -1;
}

/* at: "HOST:PORT" or "[HOST]:PORT". Returns a connected socket; -1: not reached. */
static int connect_to(const struct kafka *k, const char *at)
{
    char host[256];
    const char *colon = strrchr(at, ':');
    if (!colon)
        return -1;
    bool bracket = *at == '[' && colon > at + 1 && colon[-1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(colon - at) - 2 * bracket, at + bracket);
    struct addrinfo want = { .ai_socktype = SOCK_STREAM }, *all = NULL;
    if (getaddrinfo(host, colon + 1, &want, &all))
        return -1;
    int fd = -1;
    for (const struct addrinfo *a = all; a && fd < 0 && !kafka_stopping(k); a = a->ai_next)
        fd = connect_one(k, a);
    freeaddrinfo(all);
    return fd;
}

/* The first n bytes of the answer to this request. False: fewer came. */
static bool ask(const struct kafka *k, const char *at, const uint8_t *request, size_t size,
                uint8_t *ret, size_t n)
{
    int fd = connect_to(k, at);
    size_t got = 0;
    if (fd < 0)
        return false;
    bool sent = send(fd, request, size, MSG_NOSIGNAL) == (ssize_t)size;
    while (sent && got < n && is_ready(k, fd, POLLIN, ANSWER_MS)) {
        ssize_t r = recv(fd, ret + got, n - got, 0);
        if (r <= 0)
            break;
        got += (size_t)r;
    }
    close(fd);
    return got == n;
}

enum kafka_speech kafka_probe(const struct kafka *k, const char *at)
{
    uint8_t answer[ANSWER_BYTES];
    if (ask(k, at, sasl_handshake, sizeof sasl_handshake, answer, ANSWER_BYTES)) {
        int error = load_be32(answer + 4) == CORRELATION ? load_be16(answer + 8) : 0;
        return error == ILLEGAL_SASL_STATE      ? SPEAKS_PLAINTEXT
               : error == UNSUPPORTED_MECHANISM ? SPEAKS_SASL
                                                : SPEAKS_UNKNOWN;
    }
    bool tls = ask(k, at, client_hello, sizeof client_hello, answer, RECORD_BYTES) &&
               answer[1] == TLS_MAJOR && (answer[0] == TLS_HANDSHAKE || answer[0] == TLS_ALERT);
    return tls ? SPEAKS_TLS : SPEAKS_UNKNOWN;
}
