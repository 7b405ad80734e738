/* requests.c - the inbox of this node: a thread that takes requests out, judges them, and lets at most WORKERS run at once. */
#include "policyd/cluster/requests.h"
#include <stdatomic.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/quarantine_follow.h"
#include "policyd/cluster/request_hints.h"
#include "policyd/cluster/request_serve.h"

#define WORKERS 4
#define LOOK_MS 1000 /* at the inbox, when no hint comes */
#define SEEN    4096 /* ids remembered; Redis remembers all of them until after their deadlines */
#define DONE_MS (REQUEST_MAX_LIFE_MS + 60000)
#define COMPLAIN_MS                                                                            \
    10000 /* a line at most each so long: who can write into Redis could fill the log */
#define END_WAIT_MS 2000

static struct {
    pthread_t thread;
    bool is_begun;
    atomic_bool is_ending;
    struct hint_wait hint;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t ended;
    int workers;
    /* the thread's own */
    char seen[SEEN][REQUEST_ID_SIZE];
    size_t next_seen;
    char subscribed[NODE_ID_SIZE];
    int64_t complained_ms;
    uint64_t refused;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

struct job {
    struct request request;
    struct member asker;
};

static void refuse(const char *why)
{
    int64_t now = clock_mono_ms();

    server.refused++;
    if (server.complained_ms != 0 && now - server.complained_ms < COMPLAIN_MS)
        return;
    server.complained_ms = now;
    log_warn("request refused: %s (%llu refused since the start)", why,
             (unsigned long long)server.refused);
}

static void on_hint(void *ctx, struct span message)
{
    (void)ctx;
    hint_note(message);
    if (message.len == 0)
        quarantine_follow_doubt();
}

/* Once for each identity this node has had; a channel more or less costs nothing. */
static void subscribe(const struct identity *self)
{
    struct str channel = STR_EMPTY;

    if (strcmp(server.subscribed, self->id) == 0)
        return;
    snprintf(server.subscribed, sizeof server.subscribed, "%s", self->id);
    cluster_key(&channel, "inbox:%s", self->id);
    redis_subscribe(cluster_redis(), str_cstr(&channel), on_hint, NULL);
    str_clear(&channel);
}

/* The oldest request and Redis' time. What is no list is not ours. Nobody of ours puts more than so many, or one so long: that is somebody who writes there without end. */
static struct redis_script pop_script = {
    .text = "local n=redis.pcall('LLEN',KEYS[1]) "
            "if type(n)~='number' then redis.call('DEL',KEYS[1]) return false end "
            "if n>tonumber(ARGV[1]) then "
            "redis.call('LTRIM',KEYS[1],-ARGV[1],-1) end "
            "local r=redis.call('LPOP',KEYS[1]) if not r then return false end "
            "if #r>tonumber(ARGV[2]) then r='' end "
            "local t=redis.call('TIME') return {r,t[1]*1000+math.floor(t[2]/1000)}"};

/* A reply {text, time}, or NULL: none lies there. */
static redisReply *pop(const struct identity *self)
{
    struct str key = STR_EMPTY;
    struct err err;
    char most[16], longest[16];
    redisReply *reply;

    cluster_key(&key, "inbox:%s", self->id);
    snprintf(most, sizeof most, "%d", REQUESTS_INBOX);
    snprintf(longest, sizeof longest, "%d", REQUEST_MAX_BYTES);
    {
        const struct span argv[] = {SPAN("1"), str_span(&key), span_of(most), span_of(longest)};
        const struct redis_command command = {&pop_script, 4, argv,
                                              (int)cluster_settings()->redis_timeout};
        reply = redis_ask(cluster_redis(), &command, &err);
    }
    str_clear(&key);
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[0]->type == REDIS_REPLY_STRING &&
        reply->element[1]->type == REDIS_REPLY_INTEGER)
        return reply;
    freeReplyObject(reply);
    return NULL;
}

static bool was_seen(const char *id)
{
    for (size_t i = 0; i < SEEN; i++)
        if (strcmp(server.seen[i], id) == 0)
            return true;
    memcpy(server.seen[server.next_seen++ % SEEN], id, REQUEST_ID_SIZE);
    return false;
}

/* Noted in Redis too, for a policyd that starts again. 1 noted, 0 it was there, -1. */
static int note_done(const struct identity *self, const char *id, struct err *err)
{
    struct str key = STR_EMPTY;
    redisReply *reply;
    int result;

    cluster_key(&key, "inbox:%s:done:%s", self->id, id);
    reply = redis_askf(cluster_redis(), (int)cluster_settings()->redis_timeout, err,
                       "SET %s 1 NX PX %d", str_cstr(&key), DONE_MS);
    result = !reply ? -1 : reply->type == REDIS_REPLY_STATUS;
    freeReplyObject(reply);
    str_clear(&key);
    return result;
}

static int judge(const struct identity *self, const struct job *job, int64_t now_ms,
                 struct err *err)
{
    const struct request *r = &job->request;
    int noted;

    if (now_ms > r->deadline_ms || r->time_ms > now_ms + 60000)
        return err_set(err, "%s of %s is %lld ms past its deadline", r->command,
                       job->asker.name, (long long)(now_ms - r->deadline_ms));
    if (was_seen(r->about.request))
        return err_set(err, "%s of %s was put there a second time", r->command,
                       job->asker.name);
    noted = note_done(self, r->about.request, err);
    if (noted == 0)
        err_set(err, "%s of %s was put there a second time", r->command, job->asker.name);
    return noted == 1 ? 0 : -1;
}

static bool take_slot(void)
{
    bool is_free;

    pthread_mutex_lock(&server.lock);
    is_free = server.workers < WORKERS;
    server.workers += is_free;
    pthread_mutex_unlock(&server.lock);
    return is_free;
}

static void give_slot_back(void)
{
    pthread_mutex_lock(&server.lock);
    server.workers--;
    pthread_cond_signal(&server.ended);
    pthread_mutex_unlock(&server.lock);
}

static void job_free(struct job **job)
{
    request_clear(&(*job)->request);
    xfree(job);
}

static void *work(void *arg)
{
    struct job *job = arg;

    request_serve(&job->request, &job->asker);
    job_free(&job);
    give_slot_back();
    hint_note(SPAN(HINT_INBOX)); /* what waits for a free hand */
    return NULL;
}

/* With a slot taken; it is given back when nothing is started. */
static void start(struct job *job)
{
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attr, work, job) != 0) {
        refuse("no thread for it");
        job_free(&job);
        give_slot_back();
    }
    pthread_attr_destroy(&attr);
}

/* True when one was taken out, good or not. Called with a slot taken. */
static bool serve_next(const struct identity *self)
{
    redisReply *reply = pop(self);
    struct job *job;
    struct err err;

    if (!reply) {
        give_slot_back();
        return false;
    }
    job = xcalloc(1, sizeof *job);
    if (request_read(span_from(reply->element[0]->str, (size_t)reply->element[0]->len), self,
                     &job->request, &job->asker, &err) == 0 &&
        judge(self, job, reply->element[1]->integer, &err) == 0) {
        start(job);
    } else {
        refuse(err.text);
        job_free(&job);
        give_slot_back();
    }
    freeReplyObject(reply);
    return true;
}

static void *serve_all(void *arg)
{
    struct identity self;

    (void)arg;
    while (!server.is_ending) {
        if (identity_get(&self)) {
            subscribe(&self);
            while (!server.is_ending && redis_is_up(cluster_redis()) && take_slot() &&
                   serve_next(&self))
                ;
        }
        hint_await(&server.hint, LOOK_MS);
    }
    return NULL;
}

int requests_begin(struct err *err)
{
    if (!cluster_redis())
        return 0;
    hint_begin_all();
    hint_begin(&server.hint, HINT_INBOX);
    server.is_ending = false;
    if (pthread_create(&server.thread, NULL, serve_all, NULL) != 0) {
        hint_end(&server.hint);
        return err_set(err, "no thread for requests of other nodes");
    }
    server.is_begun = true;
    return 0;
}

/* Those at work get a moment; the process ends with what still runs. */
void requests_end(void)
{
    struct timespec until;
    int late = 0;

    if (!server.is_begun)
        return;
    server.is_ending = true;
    hint_end_all();
    pthread_join(server.thread, NULL);
    hint_end(&server.hint);
    server.is_begun = false;
    until = clock_timespec(clock_now_ms() + END_WAIT_MS);
    pthread_mutex_lock(&server.lock);
    while (server.workers > 0 && late == 0)
        late = pthread_cond_timedwait(&server.ended, &server.lock, &until);
    pthread_mutex_unlock(&server.lock);
}
