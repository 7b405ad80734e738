/* redis_hints.c - subscribes, passes messages on, and comes back when the connection is lost. */
#include "base/hash.h"
#include "base/xalloc.h"
#include "policyd/cluster/redis_breaker.h"
#include "policyd/cluster/redis_hints.h"
#include "policyd/health.h"

#define PAUSE_MAX_MS 30000

struct channel {
    char *name;
    void (*on_hint)(void *ctx, struct span message);
    void *ctx;
};
struct redis_hints {
    struct redis_dial_options options;
    struct channel channels[REDIS_CHANNELS_MAX];
    size_t count;
    bool is_wanted, is_answered;
    struct redis_dial *dial;
    struct redis_conn *conn;
    struct event *timer; /* the next attempt, or the next PING */
    struct redis_breaker breaker;
};

static void begin(struct redis_hints *hints);

static void set_timer(struct redis_hints *hints, int64_t ms)
{
    const struct timeval after = {ms / 1000, ms % 1000 * 1000};

    evtimer_add(hints->timer, &after);
}

static void let_go(struct redis_hints *hints)
{
    event_del(hints->timer);
    redis_dial_cancel(&hints->dial);
    redis_conn_close(&hints->conn);
}

/* Nodes look each few seconds anyway: without hints a change comes later, no more. Said once. */
static void say(const char *why)
{
    log_state("redis hints", why != NULL, LOG_LEVEL_WARN,
              "%s; changes are seen by looking, within seconds", why != NULL ? why : "");
}

static void again(struct redis_hints *hints, const char *why)
{
    uint32_t random;

    hash_random(&random, sizeof random);
    if (redis_breaker_failure(&hints->breaker, INT64_MAX, 0))
        say(why);
    let_go(hints);
    set_timer(hints, redis_breaker_pause(&hints->breaker, random));
}

static void write_words(struct redis_hints *hints, const char *word, const char *channel)
{
    struct str out = STR_EMPTY;

    if (channel != NULL)
        str_printf(&out, "*2\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(word), word,
                   strlen(channel), channel);
    else
        str_printf(&out, "*1\r\n$%zu\r\n%s\r\n", strlen(word), word);
    redis_conn_write(hints->conn, str_span(&out));
    str_clear(&out);
}

static struct span text_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? span_from(reply->str, reply->len) : span_of("");
}

static void pass_on(struct redis_hints *hints, struct span channel, struct span message)
{
    for (size_t i = 0; i < hints->count; i++) {
        if (span_is(channel, hints->channels[i].name))
            hints->channels[i].on_hint(hints->channels[i].ctx, message);
    }
}

/* What somebody publishes; an empty one is ours alone to give. */
static void take_message(struct redis_hints *hints, const redisReply *reply)
{
    struct span message = text_of(reply->element[2]);

    if (message.len > 0)
        pass_on(hints, text_of(reply->element[1]), message);
}

/* ["subscribe", CHANNEL, n], ["message", CHANNEL, TEXT], ["pong", ""]. Subscribed anew, hints may have been missed: an empty one says so. */
static void on_reply(void *ctx, redisReply *reply)
{
    struct redis_hints *hints = ctx;
    struct span kind;

    hints->is_answered = true;
    if (reply->type == REDIS_REPLY_ERROR) {
        again(hints, reply->str);
    } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3) {
        kind = text_of(reply->element[0]);
        if (span_is(kind, "message"))
            take_message(hints, reply);
        else if (span_is(kind, "subscribe")) {
            redis_breaker_success(&hints->breaker);
            say(NULL);
            pass_on(hints, text_of(reply->element[1]), span_of(""));
        }
    }
    freeReplyObject(reply);
}

static void on_lost(void *ctx, const char *why)
{
    again(ctx, why);
}

static void on_open(void *ctx)
{
    (void)ctx; /* it was open when the dial handed it over */
}

static const struct redis_conn_user user = {on_open, on_reply, on_lost};

static void on_dialled(void *ctx, struct redis_conn *conn, const char *why)
{
    struct redis_hints *hints = ctx;

    if (conn == NULL) {
        again(hints, why);
        return;
    }
    redis_dial_cancel(&hints->dial);
    redis_conn_use(conn, &user, hints);
    hints->conn = conn;
    hints->is_answered = true;
    for (size_t i = 0; i < hints->count; i++)
        write_words(hints, "SUBSCRIBE", hints->channels[i].name);
    set_timer(hints, REDIS_HINTS_PING_S * 1000);
}

static void begin(struct redis_hints *hints)
{
    if (hints->is_wanted && hints->count > 0 && hints->dial == NULL && hints->conn == NULL)
        hints->dial = redis_dial_begin(&hints->options, on_dialled, hints);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct redis_hints *hints = ctx;

    (void)fd, (void)what;
    if (hints->conn == NULL) {
        begin(hints);
    } else if (!hints->is_answered) {
        again(hints, "no answer to PING");
    } else {
        hints->is_answered = false;
        write_words(hints, "PING", NULL);
        set_timer(hints, REDIS_HINTS_PING_S * 1000);
    }
}

struct redis_hints *redis_hints_new(const struct redis_dial_options *options)
{
    struct redis_hints *hints = xcalloc(1, sizeof *hints);

    hints->options = *options;
    hints->timer = evtimer_new(options->base, on_timer, hints);
    return hints;
}

void redis_hints_free(struct redis_hints **hints)
{
    if (*hints == NULL)
        return;
    let_go(*hints);
    event_free((*hints)->timer);
    for (size_t i = 0; i < (*hints)->count; i++)
        xfree(&(*hints)->channels[i].name);
    xfree(hints);
}

bool redis_hints_add(struct redis_hints *hints, const char *channel,
                     void (*on_hint)(void *ctx, struct span message), void *ctx)
{
    if (hints->count == REDIS_CHANNELS_MAX)
        return false;
    hints->channels[hints->count++] = (struct channel){xstrdup(channel), on_hint, ctx};
    if (hints->conn != NULL)
        write_words(hints, "SUBSCRIBE", channel);
    else if (!evtimer_pending(hints->timer, NULL))
        begin(hints);
    return true;
}

void redis_hints_want(struct redis_hints *hints, bool is_wanted)
{
    if (hints->is_wanted == is_wanted)
        return;
    hints->is_wanted = is_wanted;
    let_go(hints);
    begin(hints);
}
