/* own_ids.c - follows the file in which policyd tells the names of the cluster's nodes. */
#include "milter/own_ids.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "store/authserv_ids.h"

static struct {
    pthread_mutex_t lock;
    struct authserv_ids known;
    struct stat seen; /* the file as it was when last read */
} own = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The file is never rewritten, always renamed into place. */
static bool has_changed(const char *state_dir)
{
    char *path = authserv_ids_path(state_dir);
    struct stat now = {0};
    bool is_changed;

    (void)stat(path, &now); /* not there: all zero */
    is_changed = now.st_ino != own.seen.st_ino ||
                 now.st_mtim.tv_sec != own.seen.st_mtim.tv_sec ||
                 now.st_mtim.tv_nsec != own.seen.st_mtim.tv_nsec;
    own.seen = now;
    free(path);
    return is_changed;
}

static void read_again(const char *state_dir)
{
    struct authserv_ids ids;
    struct err err;
    int state = authserv_ids_read(state_dir, &ids, &err);

    log_state("authserv_ids", state < 0, LOG_LEVEL_ERROR,
              "the other nodes' names in Authentication-Results stay as they were known: %s",
              state < 0 ? err.text : "");
    if (state < 0)
        return;
    authserv_ids_clear(&own.known);
    own.known = ids;
}

static bool is_among(struct span id, const struct span *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_iequal(ids[i], id))
            return true;
    return false;
}

/* With the lock held: of nodes that share a name it is listed once. */
static size_t add_others(struct arena *arena, struct span *ids, size_t count)
{
    for (size_t i = 0; i < own.known.count; i++) {
        struct span id = span_of(own.known.list[i].id);
        if (!is_among(id, ids, count))
            ids[count++] = arena_span(arena, id);
    }
    return count;
}

size_t own_ids(const struct settings *settings, struct arena *arena, struct span **ids_r)
{
    size_t count = 1;

    pthread_mutex_lock(&own.lock);
    if (*settings->cluster_name != '\0' && has_changed(settings->state_dir))
        read_again(settings->state_dir);
    *ids_r = arena_array(arena, own.known.count + 1, sizeof **ids_r);
    (*ids_r)[0] = span_of(settings->authserv_id);
    if (*settings->cluster_name != '\0')
        count = add_others(arena, *ids_r, count);
    pthread_mutex_unlock(&own.lock);
    return count;
}
