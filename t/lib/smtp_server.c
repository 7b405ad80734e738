/* smtp_server.c - plays the other side of SMTP from a table of steps. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "t/lib/smtp_server.h"

struct smtp_server {
    const struct smtp_step *steps;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int listener;
    pthread_t thread;
    struct str heard;
    bool is_as_expected;
};

/* Reads a line into heard; where it begins, or NULL at the end of the connection. */
static const char *hear(struct smtp_server *server, FILE *client)
{
    size_t begin = server->heard.len;
    int c;

    while ((c = getc(client)) != EOF) {
        str_addc(&server->heard, (char)c);
        if (c == '\n')
            return server->heard.ptr + begin;
    }
    return NULL;
}

static bool hear_as_expected(struct smtp_server *server, FILE *client, const char *expect)
{
    const char *line = hear(server, client);

    while (strcmp(expect, ".") == 0 && line != NULL && strcmp(line, ".\r\n") != 0)
        line = hear(server, client);
    return line != NULL && strncmp(line, expect, strlen(expect)) == 0;
}

/* False ends the connection. */
static bool step_play(struct smtp_server *server, FILE *client, const struct smtp_step *step)
{
    if (step->expect != NULL && !hear_as_expected(server, client, step->expect)) {
        server->is_as_expected = false;
        return false;
    }
    if (step->reply != NULL)
        (void)!send(fileno(client), step->reply, strlen(step->reply), MSG_NOSIGNAL);
    return !step->closes;
}

static bool is_last(const struct smtp_step *step)
{
    return step->expect == NULL && step->reply == NULL && !step->closes;
}

static void *play(void *argument)
{
    struct smtp_server *server = argument;
    int fd = accept(server->listener, NULL, NULL);
    FILE *client = fdopen(fd, "r");
    const struct smtp_step *step = server->steps;

    while (!is_last(step) && step_play(server, client, step))
        step++;
    if (is_last(step))
        while (hear(server, client) != NULL)
            ;
    fclose(client);
    return NULL;
}

struct smtp_server *smtp_server_start(const char *path, const struct smtp_step *steps)
{
    struct smtp_server *server = xcalloc(1, sizeof *server);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    memcpy(server->path, address.sun_path, sizeof server->path);
    server->steps = steps;
    server->is_as_expected = true;
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server->listener, (const struct sockaddr *)&address, sizeof address),
                     0);
    ck_assert_int_eq(listen(server->listener, 1), 0);
    ck_assert_int_eq(pthread_create(&server->thread, NULL, play, server), 0);
    return server;
}

bool smtp_server_end(struct smtp_server **server, struct str *heard_r)
{
    bool is_good;

    pthread_join((*server)->thread, NULL);
    is_good = (*server)->is_as_expected;
    if (heard_r != NULL)
        *heard_r = (*server)->heard;
    else
        str_clear(&(*server)->heard);
    close((*server)->listener);
    unlink((*server)->path);
    xfree(server);
    return is_good;
}
