/* drain.c - the flag file that keeps new mail away from a node. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "engine/drain.h"

#define TEXT_MAX 512

static struct {
    pthread_mutex_t lock; /* of path and its changes */
    char *path;
    atomic_bool is;
} drain = {.lock = PTHREAD_MUTEX_INITIALIZER};

void drain_begin(const char *state_dir)
{
    pthread_mutex_lock(&drain.lock);
    xfree(&drain.path);
    drain.path = file_path(state_dir, "drained");
    pthread_mutex_unlock(&drain.lock);
    drain_look();
}

/* What cannot be seen (an error that is not "no such file") changes nothing. */
static void look(void)
{
    bool is = drain.path != NULL && access(drain.path, F_OK) == 0;

    if (!is && drain.path != NULL && errno != ENOENT)
        return;
    if (atomic_exchange(&drain.is, is) != is)
        log_warn(is ? "drained: no new mail is taken until `milter-ctl node resume`"
                    : "resumed: new mail is taken again");
}

void drain_look(void)
{
    pthread_mutex_lock(&drain.lock);
    look();
    pthread_mutex_unlock(&drain.lock);
}

bool drain_is(void)
{
    return atomic_load(&drain.is);
}

int drain_set(const char *who, struct err *err)
{
    struct str text = STR_EMPTY;
    char time[24];
    int state;

    str_printf(&text, "since %s, by %s\n", clock_iso(clock_now_ms(), time), who);
    pthread_mutex_lock(&drain.lock);
    state = file_replace(drain.path, str_span(&text), 0640, err);
    look();
    pthread_mutex_unlock(&drain.lock);
    str_clear(&text);
    return state;
}

int drain_clear(struct err *err)
{
    int state = 0;

    pthread_mutex_lock(&drain.lock);
    if (file_remove(drain.path) != 0)
        state = err_set(err, "%s cannot be removed: %s; remove it by hand", drain.path,
                        strerror(errno));
    look();
    pthread_mutex_unlock(&drain.lock);
    return state;
}

void drain_text(struct str *out)
{
    struct str text = STR_EMPTY;

    pthread_mutex_lock(&drain.lock);
    if (drain_is() && drain.path != NULL && file_read(drain.path, TEXT_MAX, &text, NULL) == 0)
        str_add(out, span_trim(str_span(&text)));
    pthread_mutex_unlock(&drain.lock);
    str_clear(&text);
}
