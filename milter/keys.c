/* keys.c - the keys of marks and decision codes, and their change. */
#include <pthread.h>
#include "milter/keys.h"
#include "store/cluster_key.h"
#include "store/decisions.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* gate->trace of the one gate */
static const struct node_key *own;

static void changed(void *ctx, const struct cluster_key *cluster)
{
    struct gate *gate = ctx;
    struct trace_secrets next = {.count = 0};
    struct decision_keys codes;

    if (cluster->is_left)
        node_key_subkey(own, NODE_KEY_TRACE, next.of[next.count++]);
    for (size_t i = 0; i < cluster->count; i++)
        cluster_key_subkey(cluster, i, "trace", next.of[next.count++]);
    if (!cluster->is_left)
        node_key_subkey(own, NODE_KEY_TRACE, next.of[next.count++]);
    pthread_mutex_lock(&mutex);
    gate->trace = next;
    pthread_mutex_unlock(&mutex);
    cluster_key_decisions(cluster, own, &codes);
    decisions_set_keys(gate->decisions, &codes);
    explicit_bzero(&next, sizeof next);
    explicit_bzero(&codes, sizeof codes);
}

int keys_begin(struct gate *gate, const struct node_key *its_own, struct err *err)
{
    own = its_own;
    return cluster_key_follow(gate->settings, changed, gate, err);
}

void keys_end(void)
{
    cluster_key_unfollow();
}

const struct trace_keys *keys_take(struct gate *gate, struct arena *arena)
{
    struct trace_secrets *secrets = arena_array(arena, 1, sizeof *secrets);
    struct trace_keys *keys = arena_array(arena, 1, sizeof *keys);

    pthread_mutex_lock(&mutex);
    *secrets = gate->trace;
    pthread_mutex_unlock(&mutex);
    *keys = (struct trace_keys){.current = secrets->of[0],
                                .previous = secrets->count > 1 ? secrets->of[1] : NULL,
                                .own = secrets->count > 2 ? secrets->of[2] : NULL};
    return keys;
}
