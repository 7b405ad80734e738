/* Decisions opened for a test in a directory of its own, and a record to put. The test links t/lib/set_clock.c. */
#ifndef T_LIB_DECISION_SAMPLES_H
#define T_LIB_DECISION_SAMPLES_H
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/decisions_inside.h"
#include "t/lib/set_clock.h"
#include "t/lib/suite.h"
#include "t/lib/temp_dir.h"

#define PATIENCE_MS 20000

static char dir[200];
static struct node_key key;
static struct arena *arena;
static struct err err;

static inline struct decisions *open_for(enum decision_program program, int64_t days,
                                         int64_t bytes)
{
    struct decisions_options options = {dir, program, &key, days, bytes};
    struct decisions *d = decisions_open(&options, &err);

    ck_assert_msg(d != NULL, "%s", err.text);
    return d;
}

static inline struct decisions *begin(void)
{
    temp_dir_make(dir);
    arena = arena_new();
    ck_assert_int_eq(node_key_load(dir, &key, &err), 0);
    return open_for(DECISION_MILTER, 14, 100000000);
}

static inline void end(struct decisions **d)
{
    decisions_close(d);
    arena_free(&arena);
    temp_dir_remove(dir);
}

static const struct decision_record sample = {
    .path = SPAN("proxy"),
    .client = SPAN("192.0.2.1"),
    .helo = SPAN("h.example"),
    .auth_user = SPAN(""),
    .sender = SPAN("a@x.example"),
    .recipients = SPAN("b@y.example\nc@y.example"),
    .disposition = SPAN("reject"),
    .rule = SPAN("executable-attachment"),
    .reply = SPAN("550 5.7.1 no\xff"),
    .queue_id = SPAN("4XYZ"),
    .message_id = SPAN("<1@x.example>"),
    .revision = 7,
    .generation = 9,
    .reasons = SPAN("rule=executable-attachment line=40"),
    .facts = SPAN("PGF1\0\0binary"),
};

static inline struct decision_ticket put(struct decisions *d, const char *queue_id)
{
    struct decision_record record = sample;
    struct decision_ticket ticket;

    record.time_ms = clock_now_ms();
    record.queue_id = span_of(queue_id);
    decisions_reserve(d, &ticket);
    ck_assert(decisions_put(d, &ticket, &record));
    return ticket;
}

static inline struct decision_ticket reserve_on(struct decisions *d, uint16_t day)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    struct decision_ticket ticket;

    do {
        decisions_reserve(d, &ticket);
        sched_yield();
    } while (ticket.id.day != day && clock_mono_ms() < until);
    ck_assert_uint_eq(ticket.id.day, day);
    return ticket;
}
#endif
