/* main.c - postgate-milter: opens what it needs, runs libmilter in a thread, waits for the signal to end, drains.
 * libmilter takes TERM, HUP and INT in a thread of its own; the kernel gives a process's signals to the main thread as long as that
 * does not block them, so ours come here: HUP looks for a new snapshot, TERM and INT drain. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/daemon.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "checks/content.h"
#include "engine/arrival.h"
#include "engine/reload.h"
#include "store/decisions.h"
#include "milter/callbacks.h"
#include "milter/control.h"
#include "milter/listen.h"
#include "milter/open.h"
#include "milter/wait.h"
#include <libmilter/mfapi.h>

#define DRAIN_STEP_MS 20
#define HOUSE_KEEP_MS 3600000
#define FLUSH_MS      5000

static int signal_fd; /* eventfd: 1 for HUP, 2^32 for TERM and INT */
static atomic_bool has_libmilter_failed;

static void on_signal(int number)
{
    uint64_t value = number == SIGHUP ? 1 : (uint64_t)1 << 32;
    int saved = errno;

    (void)!write(signal_fd, &value, sizeof value);
    errno = saved;
}

static void signals_block(bool is_blocked)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void signals_take(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static void *run_libmilter(void *unused)
{
    (void)unused;
    if (smfi_main() != MI_SUCCESS)
        atomic_store(&has_libmilter_failed, true);
    on_signal(SIGTERM);
    return NULL;
}

/* Until TERM or INT. */
static void main_wait(struct gate *gate)
{
    struct pollfd poll_fd = {.fd = signal_fd, .events = POLLIN};
    int64_t keep_at = clock_mono_ms() + HOUSE_KEEP_MS;
    uint64_t value = 0;

    for (;;) {
        if (poll(&poll_fd, 1, HOUSE_KEEP_MS) == 1 &&
            read(signal_fd, &value, sizeof value) == sizeof value) {
            if (value >> 32 != 0)
                return;
            reload_poke();
        }
        if (clock_mono_ms() >= keep_at) {
            gate_keep_house(gate);
            keep_at = clock_mono_ms() + HOUSE_KEEP_MS;
        }
    }
}

/* No new connections; transactions begun finish, up to drain_timeout. */
static void main_drain(struct gate *gate, int listen_fd, const struct socket_address *address)
{
    int64_t deadline = clock_mono_ms() + gate->settings->drain_timeout;

    atomic_store(&gate->is_draining, true);
    listen_close(listen_fd, address);
    daemon_stopping();
    log_info("ending: %u transactions are under way", atomic_load(&gate->accepted));
    while (atomic_load(&gate->accepted) > 0 && clock_mono_ms() < deadline)
        poll(NULL, 0, DRAIN_STEP_MS);
    poll(NULL, 0,
         DRAIN_STEP_MS); /* libmilter writes the last answer after the callback returned */
}

static int main_listen(struct gate *gate, struct socket_address *address, struct err *err)
{
    char connection[32];
    int fd;

    if (socket_address_parse(span_of(gate->settings->milter_socket), address, err) != 0)
        return -1;
    fd = listen_open(address, err);
    if (fd < 0)
        return -1;
    snprintf(connection, sizeof connection, "fd:%d", fd);
    if (smfi_setconn(connection) != MI_SUCCESS) {
        err_set(err, "libmilter does not take a listening descriptor; Debian's libmilter does");
        return -1;
    }
    wait_init(address);
    return fd;
}

static int main_run(struct gate *gate, struct err *err)
{
    struct control_server *control;
    struct socket_address address;
    pthread_t thread;
    bool has_failed;
    int listen_fd;

    if (callbacks_register(gate, err) != 0)
        return -1;
    listen_fd = main_listen(gate, &address, err);
    if (listen_fd < 0)
        return -1;
    control = milter_control_start(gate, err);
    if (control == NULL)
        return -1;
    if (pthread_create(&thread, NULL, run_libmilter, NULL) != 0)
        return err_set(err, "cannot start a thread: %s", strerror(errno));
    signals_block(false);
    daemon_ready("filtering");
    log_info("ready on %s", gate->settings->milter_socket);
    main_wait(gate);
    has_failed = atomic_load(&has_libmilter_failed); /* not what happens while draining */
    main_drain(gate, listen_fd, &address);
    if (control_server_stop(&control)) {
        reload_stop();
        gate_close(gate);
    } else if (gate->decisions != NULL) { /* a command is still at work with the rest */
        decisions_flush(gate->decisions, FLUSH_MS);
    }
    if (has_failed) /* not a clean end: whoever started us starts us again */
        return err_set(err, "libmilter ended with an error");
    log_info("ended");
    return 0;
}

static void load_settings(struct settings **settings, const char *path)
{
    struct str problems = STR_EMPTY;

    if (settings_load(settings, path, &problems) != 0) {
        fprintf(stderr, "%s", str_cstr(&problems));
        exit(1);
    }
    if (problems.len > 0)
        fprintf(stderr, "%s", str_cstr(&problems));
    str_clear(&problems);
}

int main(int argc, char **argv)
{
    struct daemon_options options = {.program = "postgate-milter"};
    struct settings *settings;
    struct gate *gate;
    struct err err;

    err_reset(&err);
    daemon_parse_options(argc, argv, &options, "postgate-milter [-f] [-d] [-c FILE] [-V]");
    if (options.wants_version) {
        printf("%s, libmilter %x\n", daemon_version(), SMFI_VERSION);
        return 0;
    }
    load_settings(&settings, options.config_path);
    if (daemon_begin(&options, &err) != 0)
        log_fatal("%s", err.text);
    signal_fd = eventfd(0, EFD_CLOEXEC);
    signals_take();
    signals_block(true); /* until libmilter's threads are there, which must never take them */
    gate = gate_open(settings, &err);
    if (gate == NULL || main_run(gate, &err) != 0)
        log_fatal("%s", err.text);
    _exit(0); /* libmilter's threads may still be running */
}
