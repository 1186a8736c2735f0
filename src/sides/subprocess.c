/* Runs a program (pg_dump, duckdb) and collects its output. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sides/sides.h"

extern char **environ;

static pid_t start(const char *const *argv, int out, int said)
{
    pid_t pid = -1;
    posix_spawn_file_actions_t fa;
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&fa, said, STDERR_FILENO);
    posix_spawn_file_actions_addopen(&fa, STDIN_FILENO, "/dev/null", 0, 0);
    int rc = posix_spawnp(&pid, argv[0], &fa, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&fa);
    errno = rc;
    return rc ? -1 : pid;
}

static void drain(int fd, struct buf *out)
{
    char part[65536];
    for (ssize_t n; (n = read(fd, part, sizeof part)) != 0;) {
        if (n > 0)
            buf_put(out, part, (size_t)n);
        else if (errno != EINTR)
            return;
    }
}

int program_output(const char *const *argv, struct buf *out, struct err *err)
{
    int o[2], status = 0;
    struct buf said = { 0 };
    if (pipe2(o, O_CLOEXEC))
        return err_set(err, ERR_RETRY, "pipe: %s", strerror(errno));
    /* a program may write much to both outputs: a file for one, so that it cannot block */
    FILE *words = tmpfile();
    if (!words) {
        close(o[0]);
        close(o[1]);
        return err_set(err, ERR_RETRY, "no temporary file: %s", strerror(errno));
    }
    pid_t pid = start(argv, o[1], fileno(words));
    int why = errno;
    close(o[1]);
    if (pid > 0) {
        drain(o[0], out);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        rewind(words);
        drain(fileno(words), &said);
    }
    close(o[0]);
    fclose(words);
    int rc = 0;
    if (pid < 0)
        rc = err_set(err, ERR_CONFIG, "%s cannot be run: %s", argv[0], strerror(why));
    else if (!WIFEXITED(status) || WEXITSTATUS(status))
        rc = err_set(err, ERR_CONFIG, "%s fails: %.700s", argv[0], buf_cstr(&said));
    buf_done(&said);
    return rc;
}
