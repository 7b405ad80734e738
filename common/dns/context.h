/* A context of libunbound as we want it: forwarding, bounded, with or without validation. */
#ifndef DNS_CONTEXT_H
#define DNS_CONTEXT_H
#include "dns/servers.h"

struct ub_ctx;

/* Asks those servers that are not away. anchor: file of DNSSEC keys, NULL: no validation. Nothing is sent yet. NULL with the reason. */
struct ub_ctx *context_new(struct event_base *base, const struct servers *servers,
                           const char *anchor, struct err *err);
#endif
