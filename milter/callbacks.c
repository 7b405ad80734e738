/* callbacks.c - what libmilter calls: each takes its session, hands the arguments on, and returns.
 * Negotiation is constant: only RCPT and end of message have replies. A callback without a reply returns SMFIS_CONTINUE, always:
 * another value is not sent, yet libmilter would leave the transaction and never answer the next RCPT. */
#include <netinet/in.h>
#include "base/log.h"
#include "milter/ahead.h"
#include "milter/callbacks.h"
#include "milter/edits.h"
#include "milter/macros.h"
#include "milter/reply.h"

#define ACTIONS                                                                                \
    (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT |       \
     SMFIF_CHGBODY | SMFIF_QUARANTINE | SMFIF_SETSYMLIST)
#define STEPS                                                                                  \
    (SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL |          \
     SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC)
/* A field that one milter packet must hold: Postfix's header_size_limit is 102,400 and may be raised. */
#define MAX_DATA_SIZE (1024 * 1024)

static struct gate *gate; /* set once, before the first connection */

static struct session *session_of(SMFICTX *ctx)
{
    return smfi_getpriv(ctx);
}

static struct transaction *transaction_of(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    return session != NULL ? session->transaction : NULL;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long offered_actions,
                             unsigned long offered_steps, unsigned long unused1,
                             unsigned long unused2, unsigned long *actions_r,
                             unsigned long *steps_r, unsigned long *unused1_r,
                             unsigned long *unused2_r)
{
    (void)unused1, (void)unused2;
    *unused1_r = *unused2_r = 0;
    *actions_r = ACTIONS;
    *steps_r = STEPS;
    if ((offered_actions & ACTIONS) == ACTIONS && (offered_steps & STEPS) == STEPS)
        return macros_request(ctx) == 0 ? SMFIS_CONTINUE : SMFIS_REJECT;
    log_error("the MTA offers actions %lx steps %lx; Postfix 3.7 or later with milter_protocol "
              "= 6 offers what is needed",
              offered_actions, offered_steps);
    return SMFIS_REJECT;
}

static bool client_ip(const _SOCK_ADDR *address, struct ip *ip_r)
{
    if (address == NULL)
        return false;
    if (address->sa_family == AF_INET6) {
        memcpy(ip_r->byte, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
               16);
        return true;
    }
    if (address->sa_family != AF_INET)
        return false;
    memset(ip_r->byte, 0, 10);
    memset(ip_r->byte + 10, 0xff, 2);
    memcpy(ip_r->byte + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    return true;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    struct session *old = session_of(ctx);
    struct ip ip;
    bool has_ip = client_ip(address, &ip);
    struct session *session = session_new(gate, has_ip ? &ip : NULL);

    (void)host;
    session_free(&old); /* XCLIENT starts the session anew */
    session->path = macros_path(ctx, has_ip ? &ip : NULL);
    macros_learn(ctx, STAGE_CONNECT, session->facts);
    ahead_connect(session);
    smfi_setpriv(ctx, session);
    return SMFIS_CONTINUE;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    if (session_of(ctx) != NULL)
        session_helo(session_of(ctx), span_of(name));
    return SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    struct session *session = session_of(ctx);
    struct facts *facts;

    if (session == NULL)
        return SMFIS_CONTINUE;
    facts = facts_new();
    macros_learn(ctx, STAGE_MAIL, facts);
    transaction_free(&session->transaction);
    session->transaction = transaction_new(
        session, (struct smtp_path){arguments[0], macros_sender(ctx)}, arguments + 1, facts);
    return SMFIS_CONTINUE;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **arguments)
{
    struct answer answer;

    if (transaction_of(ctx) == NULL)
        return SMFIS_TEMPFAIL;
    transaction_rcpt(transaction_of(ctx),
                     (struct smtp_path){arguments[0], macros_recipient(ctx)}, &answer);
    return reply_send(ctx, &answer);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    if (transaction_of(ctx) != NULL)
        transaction_header(transaction_of(ctx), span_of(name), span_of(value));
    return SMFIS_CONTINUE;
}

static sfsistat on_end_headers(SMFICTX *ctx)
{
    if (transaction_of(ctx) != NULL)
        transaction_end_headers(transaction_of(ctx));
    return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length)
{
    if (transaction_of(ctx) != NULL)
        transaction_body(transaction_of(ctx), span_from(bytes, length));
    return SMFIS_CONTINUE;
}

static void deliver(SMFICTX *ctx, struct transaction *t, struct answer *answer)
{
    struct err err;

    err_reset(&err);
    if (answer->kind != ANSWER_CONTINUE && answer->kind != ANSWER_HOLD)
        return;
    if (edits_apply(ctx, t, &err) == 0)
        return;
    log_error("%s: %s; the message is deferred", t->queue_id, err.text);
    answer_refuse(answer, 451, "4.3.0", "the message could not be changed as the rules say",
                  t->ticket.code);
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    struct transaction *t = transaction_of(ctx);
    struct answer answer;

    if (t == NULL)
        return SMFIS_TEMPFAIL;
    transaction_judge(t, macros_queue_id(ctx), &answer);
    deliver(ctx, t, &answer);
    transaction_conclude(t, &answer);
    transaction_free(&session_of(ctx)->transaction);
    return reply_end(ctx, &answer);
}

static sfsistat on_abort(SMFICTX *ctx)
{
    if (session_of(ctx) != NULL)
        transaction_free(&session_of(ctx)->transaction);
    return SMFIS_CONTINUE;
}

/* Comes without a connect when we kick our own socket: there is no session then. Must not block. */
static sfsistat on_close(SMFICTX *ctx)
{
    struct session *session = session_of(ctx);

    session_free(&session);
    smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

int callbacks_register(struct gate *of_process, struct err *err)
{
    static char name[] = "postgate";
    struct smfiDesc description = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = ACTIONS,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_headers,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };

    gate = of_process;
    if (smfi_register(description) != MI_SUCCESS)
        return err_set(err, "libmilter refused to register");
    smfi_setmaxdatasize(MAX_DATA_SIZE);
    return 0;
}
