/* request_ask.c - asks another node and takes its answer, piece by piece. */
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "policyd/cluster/answer_frames.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/request_away.h"
#include "policyd/cluster/request_hints.h"
#include "policyd/cluster/request_text.h"

#define LOOK_MS    100   /* for the next piece, when no hint comes */
#define TAKE       4     /* pieces at once */
#define BETWEEN_MS 40000 /* longer than the other side waits for room */
#define OVER_MS    60000

/* The piece or pieces that lie there (one that is too long is empty, and so is refused); where the list was full, the other side is told that there is room. */
static struct redis_script take_script = {
    .text = "local had=redis.call('LLEN',KEYS[1]) "
            "local r=redis.call('LRANGE',KEYS[1],0,ARGV[1]-1) "
            "if #r>0 then redis.call('LTRIM',KEYS[1],#r,-1) end "
            "for i,piece in ipairs(r) do if #piece>tonumber(ARGV[5]) then r[i]='' end end "
            "if had>=tonumber(ARGV[2]) then redis.call('PUBLISH',ARGV[3],ARGV[4]) end "
            "return r"};

static struct redis_script put_script = {
    .text = "if redis.call('LLEN',KEYS[1])>=tonumber(ARGV[2]) then return 0 end "
            "redis.call('RPUSH',KEYS[1],ARGV[1]) redis.call('PEXPIRE',KEYS[1],ARGV[3]) "
            "redis.call('PUBLISH',KEYS[1],'" HINT_INBOX "') return 1"};

struct asking {
    const struct remote_question *question;
    struct member asked;
    struct identity self;
    struct request request;
    struct answer_receiver receiver;
    struct answer_frames frames;
    struct hint_wait hint;
    struct str key, inbox;
};

static int redis_timeout_ms(void)
{
    return (int)cluster_settings()->redis_timeout;
}

/* Redis' clock in ms, or -1. */
static int64_t redis_time(struct err *err)
{
    redisReply *reply = redis_askf(cluster_redis(), redis_timeout_ms(), err, "TIME");
    uint64_t s, us;
    int64_t ms = -1;

    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        span_to_u64(span_of(reply->element[0]->str), INT64_MAX / 2000, &s) &&
        span_to_u64(span_of(reply->element[1]->str), 999999, &us))
        ms = (int64_t)(s * 1000 + us / 1000);
    else if (reply)
        err_set(err, "Redis tells no time");
    freeReplyObject(reply);
    return ms;
}

static int make(struct asking *a, struct str *text, struct err *err)
{
    const struct remote_question *q = a->question;
    struct request *r = &a->request;
    int life = q->timeout_ms < REQUEST_MAX_LIFE_MS ? q->timeout_ms : REQUEST_MAX_LIFE_MS;

    r->time_ms = redis_time(err);
    if (r->time_ms < 0)
        return -1;
    r->deadline_ms = r->time_ms + life;
    snprintf(r->command, sizeof r->command, "%s", q->command);
    snprintf(r->user, sizeof r->user, "%s", q->user && *q->user ? q->user : "unknown");
    r->role = q->role;
    r->args = q->args;
    seal_key_new(&a->receiver.key);
    memcpy(r->key, a->receiver.key.public, sizeof r->key);
    return request_write(text, r, &a->self, &a->asked, err);
}

static struct span number(char out[24], long value)
{
    snprintf(out, 24, "%ld", value);
    return span_of(out);
}

static int put(struct asking *a, struct span text, struct err *err)
{
    char most[24], life[24];
    const struct span argv[] = {SPAN("1"), str_span(&a->inbox), text,
                                number(most, REQUESTS_INBOX),
                                number(life, REQUEST_MAX_LIFE_MS)};
    const struct redis_command command = {&put_script, 5, argv, redis_timeout_ms()};
    redisReply *reply = redis_ask(cluster_redis(), &command, err);
    bool is_put;

    if (!reply)
        return -1;
    is_put = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    freeReplyObject(reply);
    return is_put ? 0
                  : err_set(err, "%d requests wait for node %s already", REQUESTS_INBOX,
                            a->asked.name);
}

static redisReply *take(const struct asking *a, struct err *err)
{
    char most[24], ahead[24], longest[24];
    const struct span argv[] = {SPAN("1"),
                                str_span(&a->key),
                                number(most, TAKE),
                                number(ahead, REQUESTS_AHEAD),
                                str_span(&a->inbox),
                                span_of(a->request.about.request),
                                number(longest, REQUESTS_PIECE)};
    const struct redis_command command = {&take_script, 7, argv, redis_timeout_ms()};

    return redis_ask(cluster_redis(), &command, err);
}

/* 1 the answer is whole, 0 not yet, -1. */
static int take_piece(struct asking *a, const redisReply *piece, struct err *err)
{
    struct str plain = STR_EMPTY;
    int got = -1, fed = -1;

    if (piece->type != REDIS_REPLY_STRING)
        err_set(err, "a piece of the answer that is none");
    else
        got = answer_receive(&a->receiver, span_from(piece->str, (size_t)piece->len), &plain,
                             err);
    if (got >= 0)
        fed = answer_feed(&a->frames, str_span(&plain), err);
    str_clear(&plain);
    if (fed == -1)
        return -1;
    if (got == 1 && !a->frames.is_over)
        return err_set(err, "the answer ends before its end");
    return got;
}

/* What is wrong with a reply of type other than array shows as no pieces, and then as no answer. */
static int take_pieces(struct asking *a, size_t *count_r, struct err *err)
{
    redisReply *reply = take(a, err);
    int state = reply ? 0 : -1;

    *count_r = reply && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
    for (size_t i = 0; i < *count_r && state == 0; i++) {
        state = take_piece(a, reply->element[i], err);
        if (state == 1 && i + 1 < *count_r)
            state = err_set(err, "a piece after the last one of the answer");
    }
    freeReplyObject(reply);
    return state;
}

/* Between pieces it takes no thinking: a node that stops in the middle has gone. */
static int patience_ms(const struct asking *a)
{
    int most = a->question->timeout_ms;

    return a->receiver.is_begun && most > BETWEEN_MS ? BETWEEN_MS : most;
}

static int no_answer(const struct asking *a, struct err *err)
{
    return err_set(err, "no answer of node %s within %d s%s", a->asked.name,
                   patience_ms(a) / 1000,
                   a->receiver.is_begun ? " after the last piece of it" : "");
}

/* True, with a text, when there is no more to wait for. */
static bool is_in_vain(const struct asking *a, int64_t since, struct err *err)
{
    if (clock_mono_ms() >= since + patience_ms(a))
        return no_answer(a, err) == -1;
    if (hint_is_over())
        return err_set(err, "no answer: policyd ends") == -1;
    err_reset(err);
    if (!request_is_away(a->asked.id, err))
        return false;
    err_prefix(err, "no answer");
    return true;
}

static int take_all(struct asking *a, struct err *err)
{
    int64_t since = clock_mono_ms();
    int state = 0;

    while (state == 0) {
        size_t count;

        state = take_pieces(a, &count, err);
        if (count > 0)
            since = clock_mono_ms();
        else if (state == 0 && is_in_vain(a, since, err))
            state = -1;
        else if (state == 0)
            hint_await(&a->hint, LOOK_MS);
    }
    return state == 1 ? 0 : -1;
}

static int send_and_take(struct asking *a, struct err *err)
{
    struct str text = STR_EMPTY;
    int result = make(a, &text, err);

    if (result == 0)
        result = put(a, str_span(&text), err);
    str_clear(&text);
    return result == 0 ? take_all(a, err) : -1;
}

/* Pieces of an answer that is of no more use make room for others; what lies there instead is no list, so that whoever sends more fails at once. */
static void throw_away(const struct asking *a)
{
    freeReplyObject(redis_askf(cluster_redis(), redis_timeout_ms(), NULL, "SET %s over PX %d",
                               str_cstr(&a->key), OVER_MS));
}

static int ask(struct asking *a, struct err *err)
{
    struct answer_about *about = &a->request.about;
    int result;

    request_id_new(about->request);
    snprintf(about->from, sizeof about->from, "%s", a->asked.id);
    snprintf(about->to, sizeof about->to, "%s", a->self.id);
    a->receiver.about = *about;
    memcpy(a->receiver.signer, a->asked.sign_public, sizeof a->receiver.signer);
    a->frames.sink = a->question->sink;
    cluster_key(&a->key, "answer:%s", about->request);
    cluster_key(&a->inbox, "inbox:%s", a->asked.id);
    hint_begin(&a->hint, about->request);
    result = send_and_take(a, err);
    hint_end(&a->hint);
    if (result == -1)
        throw_away(a);
    answer_clear(&a->frames);
    str_clear(&a->key);
    str_clear(&a->inbox);
    return result;
}

/* Our own node: at the own socket, without a detour. */
static enum control_exit ask_here(const struct remote_question *q, struct err *err)
{
    struct control_client *client =
        control_connect_as(cluster_settings()->control_dir, "policyd", q->role, err);
    const struct control_question question = {.command = q->command,
                                              .args = q->args,
                                              .sink = q->sink,
                                              .timeout_ms = q->timeout_ms,
                                              .user = q->user};
    enum control_exit code;

    if (!client)
        return EXIT_UNREACHABLE;
    json_object_set_new(q->args, "here", json_true());
    code = control_ask(client, &question, err);
    control_close(&client);
    return code;
}

enum control_exit request_ask(const struct remote_question *question, struct err *message_r)
{
    struct asking a = {.question = question};
    struct err unused;
    struct err *err = message_r ? message_r : &unused;

    err_reset(err);
    if (!cluster_redis() || !identity_get(&a.self)) {
        err_set(err, "this node is no member of a cluster");
        return EXIT_UNREACHABLE;
    }
    if (strcmp(question->node_id, a.self.id) == 0)
        return ask_here(question, err);
    if (!members_by_id(question->node_id, &a.asked) || a.asked.is_forgotten) {
        err_set(err, "there is no node %.16s in this cluster", question->node_id);
        return EXIT_UNREACHABLE;
    }
    if (request_is_away(a.asked.id, err) || ask(&a, err) == -1)
        return EXIT_UNREACHABLE;
    *err = a.frames.message;
    return a.frames.code;
}
