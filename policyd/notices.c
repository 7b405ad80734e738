/* notices.c - the thread that reads what the milter tells. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "control/notice.h"
#include "policyd/notices.h"

#define AT_THE_END 100000 /* taken after the end was asked for, at most */

static struct {
    size_t taker_count;
    void (*takers[NOTICES_MAX_TAKERS])(const json_t *notice);
    const char *control_dir;
    int fd, end_fd;
    pthread_t thread;
    bool is_running;
} notices = {.fd = -1, .end_fd = -1};

void notices_take(void (*taker)(const json_t *notice))
{
    if (notices.taker_count < NOTICES_MAX_TAKERS)
        notices.takers[notices.taker_count++] = taker;
}

/* False: there was none. */
static bool take_one(void)
{
    json_t *notice = notice_receive(notices.fd);

    if (notice == NULL)
        return false;
    for (size_t i = 0; i < notices.taker_count; i++)
        notices.takers[i](notice);
    json_decref(notice);
    return true;
}

static void *run(void *unused)
{
    struct pollfd fds[2] = {{.fd = notices.fd, .events = POLLIN},
                            {.fd = notices.end_fd, .events = POLLIN}};
    size_t left = AT_THE_END;

    (void)unused;
    while (fds[1].revents == 0) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        (void)take_one();
    }
    notice_leave(notices.control_dir); /* the sender keeps what it has for the next policyd */
    while (left-- > 0 && take_one())
        ;
    return NULL;
}

int notices_begin(const char *control_dir, struct err *err)
{
    int failed;

    notices.control_dir = control_dir;
    notices.fd = notice_listen(control_dir, err);
    if (notices.fd < 0)
        return -1;
    notices.end_fd = eventfd(0, EFD_CLOEXEC);
    failed = notices.end_fd < 0 ? errno : pthread_create(&notices.thread, NULL, run, NULL);
    if (failed != 0) {
        notice_close(control_dir, &notices.fd);
        if (notices.end_fd >= 0)
            close(notices.end_fd);
        notices.end_fd = -1;
        return err_set(err, "a thread for notices: %s", strerror(failed));
    }
    notices.is_running = true;
    return 0;
}

void notices_end(void)
{
    const uint64_t one = 1;

    if (!notices.is_running)
        return;
    (void)!write(notices.end_fd, &one, sizeof(one));
    pthread_join(notices.thread, NULL);
    close(notices.fd); /* its name is gone; one there is by now is the next policyd's */
    close(notices.end_fd);
    notices.fd = notices.end_fd = -1;
    notices.taker_count = 0;
    notices.is_running = false;
}
