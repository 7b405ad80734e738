/* redis_server.c - starts Debian's redis-server and ends it by its process id. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "t/lib/redis_server.h"
#include "t/lib/temp_dir.h"

#define WORDS_MAX 40

static void become_server(const struct redis_server *server, const char *config)
{
    const char *argv[WORDS_MAX] = {"redis-server",
                                   "--port",
                                   "0",
                                   "--unixsocket",
                                   server->socket,
                                   "--dir",
                                   server->dir,
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "no"};
    char *words = strdup(config), *rest = words, *word;
    size_t count = 11;
    int null = open("/dev/null", O_RDWR);

    while ((word = strsep(&rest, " ")) != NULL && count < WORDS_MAX - 1) {
        if (*word != '\0')
            argv[count++] = word;
    }
    dup2(null, 0);
    dup2(null, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv("/usr/bin/redis-server", (char **)(void *)argv);
    _exit(127);
}

/* PONG, or the refusal of one who has not logged in. */
static bool answers(const struct redis_server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char reply[64] = "";
    bool is_there;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", server->socket);
    is_there = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
               write(fd, "PING\r\n", 6) == 6 && read(fd, reply, sizeof reply - 1) > 0 &&
               (reply[0] == '+' || strncmp(reply, "-NOAUTH", 7) == 0);
    close(fd);
    return is_there;
}

void redis_server_again(struct redis_server *server, const char *config)
{
    const struct timespec pause = {0, 10 * 1000 * 1000};

    unlink(server->socket);
    server->pid = fork();
    if (server->pid == 0)
        become_server(server, config);
    for (int i = 0; i < 2000 && !answers(server); i++)
        nanosleep(&pause, NULL);
    if (!answers(server)) {
        fprintf(stderr, "redis-server does not answer at %s\n", server->socket);
        abort();
    }
}

void redis_server_start(struct redis_server *server, const char *config)
{
    temp_dir_make(server->dir);
    snprintf(server->socket, sizeof server->socket, "%.90s/redis", server->dir);
    snprintf(server->where, sizeof server->where, "unix:%s", server->socket);
    redis_server_again(server, config);
}

void redis_server_kill(struct redis_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    unlink(server->socket);
}

void redis_server_freeze(const struct redis_server *server, bool is_frozen)
{
    kill(server->pid, is_frozen ? SIGSTOP : SIGCONT);
}

void redis_server_stop(struct redis_server *server)
{
    redis_server_kill(server);
    temp_dir_remove(server->dir);
}
