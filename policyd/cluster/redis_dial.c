/* redis_dial.c - from a setting to a connection with the primary, step by step under one timer. */
#include "base/xalloc.h"
#include "policyd/cluster/redis_dial.h"
#include "policyd/cluster/redis_login.h"
#include "policyd/cluster/redis_tls.h"

struct redis_dial {
    struct redis_dial_options options;
    redis_dialled *done;
    void *ctx;
    struct event *timer;               /* begins; then the deadline of the attempt */
    bool has_begun, has_tried;         /* the host `to` */
    bool is_open;                      /* TCP, and TLS where it is asked for */
    bool is_asking, has_authenticated; /* a sentinel */
    size_t sentinel;                   /* the next one to ask */
    struct socket_address to;          /* of this attempt */
    struct redis_resolve *resolve;
    struct redis_addresses addresses;
    size_t address; /* the next one to try */
    struct redis_conn *conn;
    struct redis_login login;
    struct err why; /* of the last failure */
};

static void try_next(struct redis_dial *dial);

static void end_attempt(struct redis_dial *dial)
{
    redis_resolve_cancel(&dial->resolve);
    redis_conn_close(&dial->conn);
}

static void set_timer(struct redis_dial *dial, long ms)
{
    const struct timeval after = {ms / 1000, ms % 1000 * 1000};

    evtimer_add(dial->timer, &after);
}

/* This attempt is over; another address, or another sentinel, or none. */
static void fail(struct redis_dial *dial, const char *why)
{
    struct str to = STR_EMPTY;

    redis_where_text(&dial->to, &to);
    err_set(&dial->why, "%s: %s%s", str_cstr(&to), dial->is_asking ? "the sentinel: " : "",
            why);
    str_clear(&to);
    end_attempt(dial);
    try_next(dial);
}

static void succeed(struct redis_dial *dial)
{
    struct redis_conn *conn = dial->conn;
    struct str to = STR_EMPTY;

    dial->conn = NULL;
    event_del(dial->timer);
    redis_where_text(&dial->to, &to);
    dial->done(dial->ctx, conn, str_cstr(&to)); /* the dial is gone from here on */
    str_clear(&to);
}

static void on_open(void *ctx)
{
    struct redis_dial *dial = ctx;
    struct str out = STR_EMPTY;
    struct err err;
    const struct redis_where *where = &dial->options.where;

    dial->is_open = true;
    if (dial->is_asking)
        str_printf(&out,
                   "*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$%zu\r\n%s\r\n",
                   strlen(where->name), where->name);
    else if (redis_login_begin(&dial->login, dial->options.options, &out, &err) != 0) {
        str_clear(&out);
        fail(dial, err.text);
        return;
    }
    redis_conn_write(dial->conn, str_span(&out));
    str_clear(&out);
}

/* A sentinel may want a password of its own; it is told ours only when it asks. */
static void authenticate_sentinel(struct redis_dial *dial)
{
    struct str out = STR_EMPTY;
    struct err err;
    int said = redis_login_auth(dial->options.options, &out, &err);

    if (said > 0) {
        dial->has_authenticated = true;
        redis_conn_write(dial->conn, str_span(&out));
    }
    str_clear(&out);
    if (said <= 0)
        fail(dial, said < 0 ? err.text : "it asks for a password; set redis_password_file");
}

static int parse_primary(const redisReply *reply, struct socket_address *to_r, struct err *err)
{
    struct str text = STR_EMPTY;
    int state;

    if (reply->type == REDIS_REPLY_NIL)
        return err_set(err, "it does not watch what `redis` names; see SENTINEL masters");
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_STRING || reply->element[0]->len > 255 ||
        reply->element[1]->len > 5)
        return err_set(err, "it gives an odd answer");
    str_printf(&text,
               strchr(reply->element[0]->str, ':') != NULL ? "inet:[%s]:%s" : "inet:%s:%s",
               reply->element[0]->str, reply->element[1]->str);
    state = socket_address_parse(str_span(&text), to_r, err);
    str_clear(&text);
    return state;
}

static void on_sentinel(struct redis_dial *dial, const redisReply *reply)
{
    struct err err;

    if (reply->type == REDIS_REPLY_ERROR) {
        if (!dial->has_authenticated &&
            span_starts(span_from(reply->str, reply->len), SPAN("NOAUTH")))
            authenticate_sentinel(dial);
        else
            fail(dial, reply->str);
    } else if (reply->type == REDIS_REPLY_STATUS && dial->has_authenticated) {
        on_open(dial); /* asks again */
    } else if (parse_primary(reply, &dial->to, &err) != 0) {
        fail(dial, err.text);
    } else {
        end_attempt(dial);
        dial->is_asking = false;
        dial->addresses.count = 0;
        try_next(dial);
    }
}

static void on_reply(void *ctx, redisReply *reply)
{
    struct redis_dial *dial = ctx;
    struct err err;
    int state;

    if (dial->is_asking) {
        on_sentinel(dial, reply);
        freeReplyObject(reply);
        return;
    }
    state = redis_login_reply(&dial->login, dial->options.options, reply, &err);
    freeReplyObject(reply);
    if (state < 0)
        fail(dial, err.text);
    else if (state > 0)
        succeed(dial);
}

static void on_lost(void *ctx, const char *why)
{
    fail(ctx, why);
}

static const struct redis_conn_user user = {on_open, on_reply, on_lost};

static SSL *begin_tls(struct redis_dial *dial, struct err *err)
{
    const struct redis_options *options = dial->options.options;
    SSL_CTX *tls = redis_tls_new(options->tls_ca_file, options->tls_certificate_file,
                                 options->tls_key_file, err);
    SSL *session = tls != NULL ? redis_tls_session(tls, dial->to.host, err) : NULL;

    SSL_CTX_free(tls); /* the session holds it */
    return session;
}

static void connect_next(struct redis_dial *dial)
{
    SSL *session = NULL;
    struct err err;

    set_timer(dial, REDIS_DIAL_MS);
    dial->is_open = false;
    if (dial->options.options->has_tls && !dial->to.is_unix &&
        (session = begin_tls(dial, &err)) == NULL) {
        dial->address++;
        fail(dial, err.text);
        return;
    }
    dial->conn =
        redis_conn_open(dial->options.base, &dial->addresses, dial->address++, session, &err);
    if (dial->conn == NULL)
        fail(dial, err.text);
    else
        redis_conn_use(dial->conn, &user, dial);
}

static void on_found(void *ctx, const struct redis_addresses *addresses, const char *why)
{
    struct redis_dial *dial = ctx;

    if (why != NULL) {
        fail(dial, why);
        return;
    }
    dial->addresses = *addresses;
    dial->address = 0;
    redis_resolve_cancel(&dial->resolve);
    connect_next(dial);
}

static void resolve(struct redis_dial *dial)
{
    struct err err;

    set_timer(dial, REDIS_DIAL_MS);
    dial->addresses.count = dial->address = 0;
    dial->resolve = redis_resolve_begin(dial->options.base, &dial->to, on_found, dial, &err);
    if (dial->resolve == NULL)
        fail(dial, err.text);
}

/* In order: the addresses of the host that is tried; the primary that a sentinel has named; the next sentinel. Each of it at most once, so that it ends:
 * when the last one fails the whole dial has. */
static void try_next(struct redis_dial *dial)
{
    const struct redis_where *where = &dial->options.where;

    if (dial->address < dial->addresses.count) {
        connect_next(dial);
        return;
    }
    if (!dial->is_asking && !dial->has_tried) {
        dial->has_tried = true;
        resolve(dial);
        return;
    }
    if (where->kind == REDIS_WHERE_SENTINEL && dial->sentinel < where->count) {
        dial->is_asking = true;
        dial->has_authenticated = dial->has_tried = false;
        dial->to = where->each[dial->sentinel++];
        resolve(dial);
        return;
    }
    dial->done(dial->ctx, NULL, dial->why.text);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_dial *dial = ctx;
    bool is_tls;

    (void)fd, (void)what;
    if (dial->has_begun) {
        is_tls = dial->conn != NULL && !dial->is_open && dial->options.options->has_tls;
        fail(dial, is_tls ? "no answer to TLS; does that port speak it?" : "no answer");
        return;
    }
    dial->has_begun = true;
    try_next(dial);
}

struct redis_dial *redis_dial_begin(const struct redis_dial_options *options,
                                    redis_dialled *done, void *ctx)
{
    struct redis_dial *dial = xcalloc(1, sizeof *dial);

    *dial = (struct redis_dial){.options = *options, .done = done, .ctx = ctx};
    dial->timer = evtimer_new(options->base, on_timer, dial);
    if (options->where.kind == REDIS_WHERE_SENTINEL)
        dial->has_tried = true; /* nobody is named yet */
    else
        dial->to = options->where.each[0];
    set_timer(dial, 0);
    return dial;
}

void redis_dial_cancel(struct redis_dial **dial)
{
    if (*dial == NULL)
        return;
    end_attempt(*dial);
    event_free((*dial)->timer);
    xfree(dial);
}
