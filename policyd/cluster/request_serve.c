/* request_serve.c - what other nodes may ask; runs it as milter-ctl would, and sends what comes. */
#include "policyd/cluster/request_serve.h"
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "policyd/cluster/answer_frames.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/request_hints.h"

#define ANSWER_LIFE_MS 60000
#define LOOK_MS        50 /* for room, when no hint comes */

/* None of them changes rules, lists or domains: that is signed, and travels another way. */
const struct request_kind request_kinds[] = {
    {"status", ROLE_READ},
    {"explain", ROLE_READ},
    {"log", ROLE_READ},
    {"quarantine.list", ROLE_READ},
    {"quarantine.show", ROLE_OPERATE},
    {"quarantine.release", ROLE_OPERATE},
    {"quarantine.delete", ROLE_OPERATE},
    {"quarantine.copy", ROLE_ADMIN},
    {"quarantine.uncopy", ROLE_ADMIN},
    {"drain", ROLE_ADMIN},
    {"resume", ROLE_ADMIN},
    {NULL, ROLE_ADMIN},
};

/* Puts a piece behind the others and wakes the asker; 0 when enough lie there. */
static struct redis_script push_script = {
    .text = "if redis.call('LLEN',KEYS[1])>=tonumber(ARGV[2]) then return 0 end "
            "redis.call('RPUSH',KEYS[1],ARGV[1]) redis.call('PEXPIRE',KEYS[1],ARGV[3]) "
            "redis.call('PUBLISH',ARGV[4],ARGV[5]) return 1"};

struct serving {
    const struct request *request;
    const struct member *asker;
    struct answer_sender sender;
    struct hint_wait hint;
    struct str key, channel, frames;
    char ahead[16], life[16]; /* REQUESTS_AHEAD, ANSWER_LIFE_MS */
    bool has_content, is_content_refused;
    size_t rows_lost;
};

static int timeout_ms(void)
{
    return (int)cluster_settings()->redis_timeout;
}

/* 1 put, 0 no room, -1. */
static int push_once(const struct serving *s, struct span piece, struct err *err)
{
    const struct span argv[] = {SPAN("1"),
                                str_span(&s->key),
                                piece,
                                span_of(s->ahead),
                                span_of(s->life),
                                str_span(&s->channel),
                                span_of(s->request->about.request)};
    const struct redis_command command = {&push_script, sizeof argv / sizeof *argv, argv,
                                          timeout_ms()};
    redisReply *reply;
    int result;

    err_set(err, "nobody takes it");
    reply = redis_ask(cluster_redis(), &command, err);
    result = reply && reply->type == REDIS_REPLY_INTEGER ? (int)reply->integer : -1;
    freeReplyObject(reply);
    return result;
}

static bool has_room(const struct serving *s)
{
    struct err err;
    redisReply *reply =
        redis_askf(cluster_redis(), timeout_ms(), &err, "LLEN %s", str_cstr(&s->key));
    bool is_room =
        !reply || reply->type != REDIS_REPLY_INTEGER || reply->integer < REQUESTS_AHEAD;

    freeReplyObject(reply);
    return is_room; /* a failure shows when it is put */
}

/* Whether a command that failed was done cannot be known, and a piece put twice is refused: so the first failure ends the answer. */
static int push(void *ctx, struct span piece)
{
    struct serving *s = ctx;
    int64_t until = clock_mono_ms() + REQUEST_STALL_MS;
    struct err err;
    int put = push_once(s, piece, &err);

    while (put == 0 && clock_mono_ms() < until && !hint_is_over()) {
        hint_await(&s->hint, LOOK_MS);
        if (has_room(s))
            put = push_once(s, piece, &err);
    }
    if (put != 1)
        log_info("answer to node %s broken off: %s", s->asker->name, err.text);
    return put == 1 ? 0 : -1;
}

static void send_frames(struct serving *s)
{
    answer_send(&s->sender, str_span(&s->frames));
    str_reset(&s->frames);
}

static void on_row(void *ctx, json_t *row)
{
    struct serving *s = ctx;

    if (s->sender.is_broken)
        return;
    if (!answer_add_row(&s->frames, row))
        s->rows_lost++;
    send_frames(s);
}

/* Content is what may fill Redis; it is refused before its first byte, not cut in the middle. */
static void on_data(void *ctx, struct span bytes)
{
    struct serving *s = ctx;

    if (!s->has_content && cluster_redis_free_percent() < REQUEST_MIN_FREE)
        s->is_content_refused = true;
    s->has_content = true;
    if (s->is_content_refused || s->sender.is_broken)
        return;
    answer_add_data(&s->frames, bytes);
    send_frames(s);
}

static const struct request_kind *find_kind(const char *command)
{
    for (const struct request_kind *kind = request_kinds; kind->command; kind++)
        if (strcmp(kind->command, command) == 0)
            return kind;
    return NULL;
}

static const struct request_kind *judge(const struct request *request, struct err *err)
{
    const struct request_kind *kind = find_kind(request->command);

    if (!kind)
        err_set(err, "this node does not serve `%s` to other nodes", request->command);
    else if (request->role < kind->role)
        err_set(err, "%s needs the role %s", request->command,
                names_name(control_role_names, (int)kind->role));
    else
        return kind;
    return NULL;
}

/* "here": the handler does not ask other nodes in its turn; "from": whose signature the request bears. */
static enum control_exit run(struct serving *s, const struct request_kind *kind,
                             struct err *err)
{
    struct control_client *client =
        control_connect_as(cluster_settings()->control_dir, "policyd", kind->role, err);
    struct control_sink sink = {on_row, on_data, s};
    char user[128];
    struct control_question question = {.command = kind->command,
                                        .args = s->request->args,
                                        .sink = &sink,
                                        .timeout_ms = REQUEST_MAX_LIFE_MS,
                                        .user = user};
    enum control_exit code;

    if (!client)
        return EXIT_UNREACHABLE;
    snprintf(user, sizeof user, "%.40s@%.40s", s->request->user, s->asker->name);
    json_object_set_new(s->request->args, "here", json_true());
    json_object_set_new(s->request->args, "from", json_string(s->asker->id));
    code = control_ask(client, &question, err);
    control_close(&client);
    return code;
}

static enum control_exit judge_and_run(struct serving *s, struct err *err)
{
    const struct request_kind *kind = judge(s->request, err);
    enum control_exit code;

    if (!kind)
        return EXIT_USAGE;
    code = run(s, kind, err);
    if (s->is_content_refused) {
        err_set(err,
                "less than %d %% of Redis' memory is free: this node sends no content "
                "until there is more",
                REQUEST_MIN_FREE);
        return EXIT_PARTIAL;
    }
    if (s->rows_lost > 0 && code == EXIT_OK) {
        err_set(err, "%zu rows are too long to be sent", s->rows_lost);
        return EXIT_PARTIAL;
    }
    return code;
}

static void begin(struct serving *s)
{
    struct identity self;

    cluster_key(&s->key, "answer:%s", s->request->about.request);
    cluster_key(&s->channel, "inbox:%s", s->asker->id);
    snprintf(s->ahead, sizeof s->ahead, "%d", REQUESTS_AHEAD);
    snprintf(s->life, sizeof s->life, "%d", ANSWER_LIFE_MS);
    s->sender = (struct answer_sender){.about = s->request->about, .push = push, .ctx = s};
    if (identity_get(&self))
        s->sender.sign = self.sign;
    memcpy(s->sender.asker, s->request->key, sizeof s->sender.asker);
    hint_begin(&s->hint, s->request->about.request);
}

static void end(struct serving *s)
{
    hint_end(&s->hint);
    answer_sender_clear(&s->sender);
    str_clear(&s->key);
    str_clear(&s->channel);
    str_clear(&s->frames);
}

void request_serve(const struct request *request, const struct member *asker)
{
    struct serving s = {.request = request, .asker = asker};
    enum control_exit code;
    struct err err = {""};

    begin(&s);
    code = judge_and_run(&s, &err);
    log_info("request of node %s: %s for %s: exit %d", asker->name, request->command,
             request->user, (int)code);
    answer_add_end(&s.frames, code, err.text);
    answer_send_end(&s.sender, str_span(&s.frames));
    end(&s);
}
