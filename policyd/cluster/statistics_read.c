/* statistics_read.c - puts together what nodes counted. */
#include "policyd/cluster/statistics_read.h"
#include <stdio.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/membership.h"
#include "policyd/cluster/statistics.h"
#include "policyd/cluster/statistics_seal.h"
#include "policyd/cluster/statistics_wire.h"
#include "policyd/health.h"

#define NAMED_MAX 5 /* nodes named in one message */

struct reading {
    const struct statistics_range *range;
    statistics_hour *each;
    void *ctx;
    struct identity self;      /* id empty: in no cluster */
    char wanted[NODE_ID_SIZE]; /* one node alone; empty: all */
    bool wants_others;
    struct hour_of {
        int64_t hour;
        char node[NODE_ID_SIZE];
    } * found; /* in Redis, of others */
    size_t found_count, found_room;
    struct str refused; /* what was not believed */
    size_t refused_count;
};

static void give(struct reading *r, int64_t hour, const char *name, struct span text)
{
    struct counts *counts = counts_new();
    struct err err;

    if (counts_read(counts, text, r->range->dimensions, &err) == 0)
        r->each(r->ctx, hour, name, counts);
    else
        log_warn("%s (hour %lld of node %s)", err.text, (long long)hour, name);
    counts_free(&counts);
}

/* In a cluster what belongs to this node as it is now; what it counted under another id lies in Redis. */
static bool take_own(void *ctx, int64_t hour, const char *node, struct span text)
{
    struct reading *r = ctx;

    if (r->self.id[0] == '\0' || strcmp(node, r->self.id) == 0)
        give(r, hour, r->range->own_name, text);
    return true;
}

/* member NULL: there is none of that id. */
static void refuse(struct reading *r, const struct hour_of *of, const struct member *member,
                   const char *why)
{
    char time[24];

    if (r->refused_count++ < NAMED_MAX)
        str_printf(&r->refused, "%sthe counts of node %s at %s are refused: %s",
                   r->refused.len > 0 ? "; " : "", member != NULL ? member->name : of->node,
                   clock_iso(of->hour * STATISTICS_HOUR_MS, time), why);
}

static void note_found(void *ctx, int64_t hour, const char *node)
{
    struct reading *r = ctx;
    struct hour_of of = {.hour = hour};
    struct member member;

    if (strcmp(node, r->self.id) == 0 || (r->wanted[0] != '\0' && strcmp(node, r->wanted) != 0))
        return;
    memcpy(of.node, node, sizeof of.node);
    if (!members_by_id(node, &member)) {
        refuse(r, &of, NULL,
               "no such member"); /* not even read: anybody can make up thousands */
        return;
    }
    if (r->found_count == r->found_room) {
        r->found_room = r->found_room == 0 ? 256 : r->found_room * 2;
        r->found = xreallocarray(r->found, r->found_room, sizeof *r->found);
    }
    r->found[r->found_count++] = of;
}

static void judge(struct reading *r, const struct hour_of *of, struct span sealed)
{
    const struct sealed_of what = {r->self.cluster, of->node, of->hour};
    char name[NODE_NAME_SIZE + 16];
    struct member member;
    struct span text;
    struct err err;

    if (!members_by_id(of->node, &member)) {
        refuse(r, of, NULL, "no such member");
        return;
    }
    if (statistics_unseal(sealed, &what, member.sign_public, &text, &err) != 0) {
        refuse(r, of, &member, err.text);
        return;
    }
    snprintf(name, sizeof name, "%s%s", member.name, member.is_forgotten ? " (forgotten)" : "");
    give(r, of->hour, name, text);
}

static int read_found(struct reading *r, struct err *err)
{
    struct str sealed = STR_EMPTY;
    int state = 0;

    for (size_t i = 0; i < r->found_count && state >= 0; i++) {
        state = wire_get_hour(r->found[i].hour, r->found[i].node, &sealed, err);
        if (state == 1)
            judge(r, &r->found[i], str_span(&sealed));
        else if (state == 0)
            refuse(r, &r->found[i], NULL, "too large, or no text");
        str_reset(&sealed);
    }
    str_clear(&sealed);
    return state < 0 ? -1 : 0;
}

static int read_others(struct reading *r, struct err *err)
{
    for (int64_t hour = r->range->from; hour <= r->range->until; hour += WIRE_HOURS) {
        int64_t left = r->range->until - hour + 1;
        if (wire_nodes(hour, left < WIRE_HOURS ? (size_t)left : WIRE_HOURS, note_found, r,
                       err) != 0)
            return -1;
    }
    return read_found(r, err);
}

/* Nodes that are away: what they counted last has perhaps not arrived. */
static void name_absent(struct reading *r, struct str *out)
{
    struct node_seen *nodes = NULL;
    size_t count = membership_list(false, &nodes), named = 0;
    char time[24];

    for (size_t i = 0; i < count; i++) {
        const struct node_seen *node = &nodes[i];
        if (node->state == NODE_ALIVE || strcmp(node->member.id, r->self.id) == 0 ||
            (r->wanted[0] != '\0' && strcmp(node->member.id, r->wanted) != 0))
            continue;
        if (++named > NAMED_MAX)
            continue;
        str_printf(out, "%snode %s ", out->len > 0 ? "; " : "", node->member.name);
        if (node->age_ms < 0)
            str_adds(out, "was never seen");
        else
            str_printf(out, "is %s, last seen %s: what it counted since is missing",
                       names_name(node_state_names, (int)node->state),
                       clock_iso(node->seen_ms, time));
    }
    if (named > NAMED_MAX)
        str_printf(out, "; and %zu more", named - NAMED_MAX);
    membership_free(&nodes, count);
}

static enum control_exit read_cluster(struct reading *r, struct err *message)
{
    struct str text = STR_EMPTY;
    enum control_exit code = EXIT_OK;
    struct err err;

    if (read_others(r, &err) != 0) {
        str_printf(&text, "Redis is away (%s): what is missing is of other nodes", err.text);
    } else {
        name_absent(r, &text);
        if (r->refused_count > NAMED_MAX)
            str_printf(&r->refused, "; and %zu more", r->refused_count - NAMED_MAX);
        health_set("statistics of nodes", r->refused_count > 0, LOG_LEVEL_WARN, "%s",
                   str_cstr(&r->refused));
        if (r->refused_count > 0)
            str_printf(&text, "%s%s", text.len > 0 ? "; " : "", str_cstr(&r->refused));
    }
    if (text.len > 0) {
        code = EXIT_PARTIAL;
        err_set(message, "%s", str_cstr(&text));
    }
    str_clear(&text);
    return code;
}

/* Which nodes are meant. */
static int choose(struct reading *r, struct err *err)
{
    struct span node = r->range->node;
    struct member member;

    r->wants_others = cluster_is_configured() && identity_get(&r->self);
    if (node.len == 0)
        return 0;
    if (span_is(node, r->range->own_name) ||
        (r->self.id[0] != '\0' && span_is(node, r->self.id))) {
        r->wants_others = false;
        return 0;
    }
    if (!r->wants_others)
        return err_set(err, "this node is %s, and in no cluster", r->range->own_name);
    if (!members_by_name(node, &member, err))
        return -1;
    memcpy(r->wanted, member.id, sizeof r->wanted);
    return 0;
}

enum control_exit statistics_read(const struct statistics_range *range, statistics_hour *each,
                                  void *ctx, struct err *message)
{
    struct reading r = {.range = range, .each = each, .ctx = ctx};
    enum control_exit code = EXIT_OK;

    if (choose(&r, message) != 0)
        return EXIT_INVALID;
    if (r.wanted[0] == '\0' &&
        statistics_each(range->from, range->until, take_own, &r, message) != 0)
        code = EXIT_INVALID;
    else if (r.wants_others)
        code = read_cluster(&r, message);
    memset(&r.self.sign, 0, sizeof r.self.sign);
    xfree(&r.found);
    str_clear(&r.refused);
    return code;
}
