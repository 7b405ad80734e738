/* A context of libunbound as we want it: forwarding, bounded, with or without validation. The only door to libunbound. One thread, in its loop. */
#ifndef DNS_CONTEXT_H
#define DNS_CONTEXT_H
#include "dns/servers.h"

struct context;

struct context_answer {
    struct span packet; /* empty: there was none to be had */
    bool is_secure, is_forged;
};

/* Part of whoever asks, who keeps it until done was called, or context_cancel. */
struct context_call {
    void (*done)(struct context_call *call, const struct context_answer *answer);
    bool is_from_cache; /* of done: nobody was asked for this */
    /* of the context */
    struct context *context; /* NULL: nothing is under way */
    int number;
};

/* Asks those servers that are not away. anchor: file of DNSSEC keys, NULL: no validation. Nothing is sent yet. NULL with the reason. */
struct context *context_new(struct event_base *base, const struct servers *servers,
                            const char *anchor, struct err *err);
void context_free(struct context **context); /* after all calls were answered or cancelled */

/* -1: it cannot be asked, and done is not called. 0: under way. 1: done was called already, and the call may be gone. */
int context_ask(struct context *context, const char *name, int type, struct context_call *call);
void context_cancel(
    struct context_call *call); /* done is not called; fine when nothing is under way */
#endif
