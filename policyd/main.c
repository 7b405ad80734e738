/* main.c - postgate-policyd: reads its settings, opens what it needs, runs the loop of the policy protocol. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <event2/event.h>
#include "base/daemon.h"
#include "base/log.h"
#include "policyd/control.h"
#include "policyd/loop.h"
#include "policyd/open.h"

#define FLUSH_MS 5000

static int run(const struct settings *settings, struct err *err)
{
    struct control_shared shared;
    struct control_server *control = NULL;

    if (loop_listen(settings, err) != 0)
        return -1;
    if (open_all(settings, &shared, err) == 0)
        control = policyd_control_start(&shared, err);
    if (control == NULL) {
        loop_abandon();
        return -1;
    }
    loop_run(shared.decisions);
    if (control_server_stop(&control))
        close_all(&shared);
    else if (shared.decisions != NULL) /* a command is still at work with the rest */
        decisions_flush(shared.decisions, FLUSH_MS);
    log_info("ended");
    return 0;
}

static void load_settings(struct settings **settings, const char *path)
{
    struct str problems = STR_EMPTY;
    int state = settings_load(settings, path, &problems);

    if (problems.len > 0)
        fprintf(stderr, "%s", str_cstr(&problems));
    str_clear(&problems);
    if (state != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    struct daemon_options options = {.program = "postgate-policyd"};
    struct settings *settings;
    struct err err;

    daemon_parse_options(argc, argv, &options, "postgate-policyd [-f] [-d] [-c FILE] [-V]");
    if (options.wants_version) {
        printf("%s, libevent %s\n", daemon_version(), event_get_version());
        return 0;
    }
    load_settings(&settings, options.config_path);
    if (daemon_begin(&options, &err) != 0)
        log_fatal("%s", err.text);
    if (run(settings, &err) != 0)
        log_fatal("%s", err.text);
    _exit(0); /* a thread may still wait for the resolver */
}
