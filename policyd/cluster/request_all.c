/* request_all.c - one question to all live nodes, side by side. */
#include <pthread.h>
#include "base/xalloc.h"
#include "policyd/cluster/request_away.h"

#define AT_ONCE 16

struct all {
    const struct remote_question *question;
    json_t *absent;
    struct node_seen *nodes;
    size_t count;
    pthread_mutex_t lock; /* of the sink, absent and next */
    size_t next;
    char self[NODE_ID_SIZE];
};

/* One node's rows on their way to the sink of all. */
struct one {
    struct all *all;
    const struct node_seen *node;
};

static void on_row(void *ctx, json_t *row)
{
    struct one *one = ctx;
    const struct control_sink *sink = one->all->question->sink;

    json_object_set_new(row, "node", control_text(span_of(one->node->member.name)));
    pthread_mutex_lock(&one->all->lock);
    if (sink && sink->row)
        sink->row(sink->ctx, row);
    pthread_mutex_unlock(&one->all->lock);
}

static void note_absent(struct all *all, const struct node_seen *node, const char *why)
{
    json_t *row = json_pack("{s:o,s:s,s:o}", "node", control_text(span_of(node->member.name)),
                            "state", names_name(node_state_names, (int)node->state), "why",
                            control_text(span_of(why)));

    pthread_mutex_lock(&all->lock);
    json_array_append_new(all->absent, row);
    pthread_mutex_unlock(&all->lock);
}

static void ask_one(struct all *all, const struct node_seen *node)
{
    struct one one = {all, node};
    const struct control_sink sink = {on_row, NULL, &one};
    struct remote_question question = *all->question;
    struct err err;

    question.node_id = node->member.id;
    question.sink = &sink;
    question.args = json_deep_copy(all->question->args);
    if (request_ask(&question, &err) == EXIT_UNREACHABLE)
        note_absent(all, node, err.text);
    json_decref(question.args);
}

static const struct node_seen *next_node(struct all *all)
{
    const struct node_seen *node = NULL;

    pthread_mutex_lock(&all->lock);
    while (!node && all->next < all->count) {
        node = &all->nodes[all->next++];
        if (strcmp(node->member.id, all->self) == 0)
            node = NULL;
    }
    pthread_mutex_unlock(&all->lock);
    return node;
}

static void *ask_some(void *arg)
{
    const struct node_seen *node;

    while ((node = next_node(arg)))
        ask_one(arg, node);
    return NULL;
}

void request_ask_all(const struct remote_question *question, json_t *absent)
{
    struct all all = {
        .question = question, .absent = absent, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[AT_ONCE];
    size_t started = 0;
    struct identity self;

    if (!identity_get(&self))
        return;
    memcpy(all.self, self.id, sizeof all.self);
    all.count = membership_list(true, &all.nodes);
    while (started < AT_ONCE && started + 1 < all.count &&
           pthread_create(&threads[started], NULL, ask_some, &all) == 0)
        started++;
    ask_some(&all); /* also when there is no thread to be had */
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    membership_free(&all.nodes, all.count);
    pthread_mutex_destroy(&all.lock);
}
