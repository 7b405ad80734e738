/* copy_tasks.c - offers, withdraws, fetches and drops second copies. */
#include "policyd/cluster/copy_tasks.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/quarantine_copies.h"
#include "policyd/cluster/quarantine_milter.h"
#include "policyd/cluster/requests.h"
#include "policyd/health.h"

#define ASK_MS   20000
#define FETCH_MS 60000
#define TRIES    3 /* nodes asked to take a copy */
#define PIECE    65536

static void note(bool is_bad, const char *id, const char *why)
{
    health_set("quarantine copies", is_bad, LOG_LEVEL_WARN, "%s: %s; it is tried again", id,
               why);
}

static enum control_exit ask_node(const char *node, const char *command, const char *id,
                                  struct err *err)
{
    json_t *args = json_pack("{s:s}", "id", id);
    const struct remote_question question = {.node_id = node,
                                             .command = command,
                                             .args = args,
                                             .role = ROLE_ADMIN,
                                             .user = "copies",
                                             .timeout_ms = ASK_MS};
    enum control_exit code = request_ask(&question, err);

    json_decref(args);
    return code;
}

/* All others that are alive; free() it. */
static struct copy_candidate *others(size_t *count_r)
{
    struct node_seen *nodes;
    size_t count = membership_list(false, &nodes);
    struct copy_candidate *list = xcalloc(count + 1, sizeof *list);
    struct identity self;
    bool is_member = identity_get(&self);

    for (size_t i = 0; i < count; i++) {
        snprintf(list[i].node, sizeof list[i].node, "%s", nodes[i].member.id);
        list[i].is_able = is_member && nodes[i].state == NODE_ALIVE &&
                          strcmp(nodes[i].member.id, self.id) != 0;
    }
    membership_free(&nodes, count);
    *count_r = count;
    return list;
}

bool copy_is_where_due(const char *id)
{
    struct node_seen node = {.state = NODE_ALIVE};
    struct str row = STR_EMPTY;
    size_t count;
    struct copy_candidate *list = others(&count);
    int chosen = quarantine_copies_choose(id, list, count);
    struct err err;
    bool is_there = true;

    if (chosen >= 0) {
        snprintf(node.member.id, sizeof node.member.id, "%s", list[chosen].node);
        is_there = quarantine_shared_find(&node, 1, id, &row, &err) == -1 || row.len > 0;
    }
    str_clear(&row);
    xfree(&list);
    return is_there;
}

static void offer(const char *id)
{
    size_t count;
    struct copy_candidate *list = others(&count);
    enum control_exit code = EXIT_UNREACHABLE;
    struct err err = {"no other node is alive"};
    int chosen = -1;

    for (int i = 0; i < TRIES && code != EXIT_OK; i++) {
        chosen = quarantine_copies_choose(id, list, count);
        if (chosen < 0)
            break;
        code = ask_node(list[chosen].node, "quarantine.copy", id, &err);
        list[chosen].is_able = false;
    }
    note(code != EXIT_OK, id, err.text);
    xfree(&list);
}

static void withdraw(const char *id)
{
    struct node_seen *nodes;
    size_t count = membership_list(false, &nodes);
    struct str *rows = xcalloc(count + 1, sizeof *rows);
    struct identity self;
    struct err err;

    if (identity_get(&self) && count > 0 &&
        quarantine_shared_find(nodes, count, id, rows, &err) == 0)
        for (size_t i = 0; i < count; i++)
            if (rows[i].len > 0 && strcmp(nodes[i].member.id, self.id) != 0 &&
                ask_node(nodes[i].member.id, "quarantine.uncopy", id, &err) != EXIT_OK)
                log_debug("quarantine %s: %s", id, err.text); /* it will ask by itself */
    for (size_t i = 0; i < count; i++)
        str_clear(&rows[i]);
    xfree(&rows);
    membership_free(&nodes, count);
}

/* The holder's file, gathered before the milter gets it: half a file is never stored. */
struct fetching {
    int fd;
    uint64_t bytes, most;
    int64_t at;
    bool is_broken;
    char piece[PIECE];
};

static void keep_bytes(void *ctx, struct span bytes)
{
    struct fetching *f = ctx;

    f->bytes += bytes.len;
    if (f->is_broken || f->bytes > f->most || file_write_all(f->fd, bytes) < 0)
        f->is_broken = true;
}

static struct span next_piece(void *ctx)
{
    struct fetching *f = ctx;
    ssize_t got = pread(f->fd, f->piece, sizeof f->piece, f->at);

    if (got <= 0)
        return SPAN("");
    f->at += got;
    return span_from(f->piece, (size_t)got);
}

/* Asks the other node of the task to show its message; args is taken over. */
static enum control_exit ask_to_show(const struct copy_task *task, json_t *args,
                                     const struct control_sink *sink, int timeout_ms,
                                     struct err *err)
{
    const struct remote_question question = {.node_id = task->node,
                                             .command = "quarantine.show",
                                             .args = args,
                                             .role = ROLE_OPERATE,
                                             .user = "copies",
                                             .sink = sink,
                                             .timeout_ms = timeout_ms};
    enum control_exit code = request_ask(&question, err);

    json_decref(args);
    return code;
}

static enum control_exit fetch_file(const struct copy_task *task, struct fetching *f,
                                    struct err *err)
{
    const struct control_sink sink = {NULL, keep_bytes, f};
    json_t *args = json_pack("{s:s,s:b}", "id", task->id, "file", 1);
    enum control_exit code = ask_to_show(task, args, &sink, FETCH_MS, err);

    if (code == EXIT_OK && f->is_broken) {
        err_set(err, "its copy is too long, or has no room in memory");
        return EXIT_PARTIAL;
    }
    return code;
}

static enum control_exit store(const struct copy_task *task, struct fetching *f,
                               struct err *err)
{
    const struct milter_question question = {
        .command = "quarantine.store",
        .role = ROLE_ADMIN,
        .args = json_pack("{s:s,s:s}", "id", task->id, "holder", task->node),
        .body = next_piece,
        .body_ctx = f};

    return quarantine_ask_milter(&question, err);
}

static void fetch(const struct copy_task *task)
{
    struct fetching *f = xcalloc(1, sizeof *f);
    struct err err = {""};
    enum control_exit code = EXIT_PARTIAL;

    f->most = (uint64_t)cluster_settings()->message_max_bytes + QUARANTINE_MAX_HEADER;
    f->fd = memfd_create("copy", MFD_CLOEXEC);
    if (f->fd >= 0) {
        code = fetch_file(task, f, &err);
        if (code == EXIT_OK)
            code = store(task, f, &err);
        close(f->fd);
    } else {
        err_set(&err, "no memory for its copy: %s", strerror(errno));
    }
    note(code != EXIT_OK, task->id, err.text);
    xfree(&f);
}

static void take_state(void *ctx, json_t *row)
{
    snprintf(ctx, 32, "%s", quarantine_row_text(row, "state"));
}

/* The index in Redis is a hint; the word counts that the holder signs. */
static void check(const struct copy_task *task)
{
    char state[32] = "";
    const struct control_sink sink = {take_state, NULL, state};
    struct err err;
    enum control_exit code =
        ask_to_show(task, json_pack("{s:s}", "id", task->id), &sink, ASK_MS, &err);

    if (code == EXIT_INVALID || strcmp(state, "released") == 0 ||
        strcmp(state, "deleted") == 0) {
        const struct milter_question drop = {
            .command = "quarantine.drop",
            .role = ROLE_ADMIN,
            .args = json_pack("{s:s,s:s}", "id", task->id, "holder", task->node)};

        if (quarantine_ask_milter(&drop, &err) != EXIT_OK)
            log_debug("quarantine %s: %s", task->id, err.text);
    }
}

void copy_task_do(const struct copy_task *task)
{
    switch (task->kind) {
    case COPY_OFFER:
        offer(task->id);
        break;
    case COPY_WITHDRAW:
        withdraw(task->id);
        break;
    case COPY_FETCH:
        fetch(task);
        break;
    case COPY_CHECK:
        check(task);
        break;
    }
}
