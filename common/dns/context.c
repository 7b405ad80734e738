/* context.c - how libunbound is set up. Everything is set before the first question, which fixes a context for good. */
#include "dns/context.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unbound.h>
#include <unbound-event.h>
#include "base/xalloc.h"
#include "dns/dns.h"

#define CLASS_IN 1
#define BOGUS    1 /* of ub_event_callback_type */
#define SECURE   2

struct context {
    struct ub_ctx *ub;
    struct context_call *starting;
};

static const struct option {
    const char *name, *value;
} options[] = {
    {"verbosity:", "0"},
    {"use-syslog:", "no"},
    {"do-not-query-localhost:", "no"},
    /* Reverse zones of private and example networks, and test., are answered by our name servers as any other. */
    {"unblock-lan-zones:", "yes"},
    {"insecure-lan-zones:", "yes"},
    {"local-zone:", "test. transparent"},
    {"local-zone:", "invalid. transparent"},
    {"local-zone:", "home.arpa. transparent"},
    {"msg-cache-size:", "4m"},
    {"rrset-cache-size:", "8m"},
    {"key-cache-size:", "4m"},
    {"neg-cache-size:", "4m"},
    {"cache-max-ttl:", "86400"},
    {"cache-max-negative-ttl:", "900"},
    {"outgoing-num-tcp:", "64"},
    {"num-queries-per-thread:", "4096"},
    /* A server that forwards for us may think for seconds; it must not be asked again, and given up, as if it were next door. */
    {"infra-cache-min-rtt:", "1000"},
    /* What libunbound remembers of a silent server it would remember of the one that forwards for us, and for all zones behind it:
     * it forgets within a second. Which servers are there we find out ourselves (servers.h). */
    {"infra-host-ttl:", "1"},
    {"outbound-msg-retry:", "4"},
};

/* A UDP question under way has a port, and so a descriptor, of its own: too few would let a silent zone hold up all others. */
static int set_ports(struct ub_ctx *context)
{
    struct rlimit limit;
    char number[24];
    unsigned long most = DNS_TOTAL_MAX + DNS_TOTAL_MAX / 4;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 2 < most)
        most = limit.rlim_cur / 2;
    snprintf(number, sizeof number, "%lu", most);
    return ub_ctx_set_option(context, "outgoing-range:", number);
}

static int set_options(struct ub_ctx *context, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof options / sizeof *options; i++) {
        rc = ub_ctx_set_option(context, options[i].name, options[i].value);
        if (rc != 0)
            return err_set(err, "libunbound does not take %s %s: %s", options[i].name,
                           options[i].value, ub_strerror(rc));
    }
    rc = set_ports(context);
    return rc == 0 ? 0 : err_set(err, "libunbound: outgoing-range: %s", ub_strerror(rc));
}

static int set_servers(struct ub_ctx *context, const struct servers *servers, struct err *err)
{
    for (size_t i = 0; i < servers->count; i++) {
        const struct server *server = &servers->all[i];
        int rc = servers_is_away(servers, server) ? 0 : ub_ctx_set_fwd(context, server->text);

        if (rc != 0)
            return err_set(err, "name server %s: %s", server->text, ub_strerror(rc));
    }
    return 0;
}

static int set_validation(struct ub_ctx *context, const char *anchor, struct err *err)
{
    int rc = ub_ctx_set_option(
        context, "module-config:", anchor != NULL ? "validator iterator" : "iterator");

    if (rc == 0 && anchor != NULL)
        rc = ub_ctx_add_ta_file(context, anchor);
    return rc == 0 ? 0 : err_set(err, "%s: %s", anchor != NULL ? anchor : "", ub_strerror(rc));
}

static struct ub_ctx *ub_new(struct event_base *base, const struct servers *servers,
                             const char *anchor, struct err *err)
{
    struct ub_ctx *ub = ub_ctx_create_event(base);

    if (ub == NULL) {
        err_set(err, "libunbound: %s", strerror(errno));
        return NULL;
    }
    ub_ctx_debugout(ub, NULL); /* it says nothing that we could not say better */
    ub_ctx_async(ub, 1);       /* without this ub_cancel writes to a pipe it does not have */
    if (set_options(ub, err) == 0 && set_servers(ub, servers, err) == 0 &&
        set_validation(ub, anchor, err) == 0)
        return ub;
    ub_ctx_delete(ub);
    return NULL;
}

struct context *context_new(struct event_base *base, const struct servers *servers,
                            const char *anchor, struct err *err)
{
    struct ub_ctx *ub = ub_new(base, servers, anchor, err);
    struct context *context;

    if (ub == NULL)
        return NULL;
    context = xcalloc(1, sizeof *context);
    context->ub = ub;
    return context;
}

void context_free(struct context **context)
{
    if (*context != NULL)
        ub_ctx_delete((*context)->ub);
    xfree(context);
}

static void on_answer(void *ctx, int rcode, void *packet, int len, int security, char *why,
                      int was_limited)
{
    struct context_call *call = ctx;
    const struct context_answer answer = {
        .packet = rcode == 0 && packet != NULL && len > 0 ? span_from(packet, (size_t)len)
                                                          : span_of(""),
        .is_secure = security == SECURE,
        .is_forged = security == BOGUS,
    };

    (void)why, (void)was_limited;
    call->is_from_cache = call->context->starting == call;
    if (call->is_from_cache)
        call->context->starting = NULL;
    call->context = NULL;
    call->done(call, &answer);
}

int context_ask(struct context *context, const char *name, int type, struct context_call *call)
{
    int number = 0, rc;

    call->context = context;
    context->starting = call;
    rc = ub_resolve_event(context->ub, name, type, CLASS_IN, call, on_answer, &number);
    if (context->starting == NULL)
        return 1;
    context->starting = NULL;
    call->number = number;
    if (rc == 0)
        return 0;
    call->context = NULL;
    return -1;
}

void context_cancel(struct context_call *call)
{
    if (call->context != NULL)
        ub_cancel(call->context->ub, call->number);
    call->context = NULL;
}
