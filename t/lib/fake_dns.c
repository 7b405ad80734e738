/* fake_dns.c - instead of common/dns: a table of answers, given by a thread of its own, now or when the test says so. */
#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/ipnet.h"
#include "base/xalloc.h"
#include "t/lib/fake_dns.h"

#define NAMES_MAX   500
#define ASKED_MAX   4000
#define WAIT_SECOND 20

struct known {
    enum dns_type type;
    char name[DNS_NAME_MAX + 1];
    enum dns_status status;
    bool is_secure;
    size_t count;
    struct span records[DNS_RECORDS_MAX];
};

/* In the order in which it was asked; stays for the counts. */
struct asked {
    struct dns_question question;
    char name[DNS_NAME_MAX + 2];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct arena *arena;
static struct known knowns[NAMES_MAX];
static struct asked asked[ASKED_MAX];
static size_t known_count, asked_count, answered_count, batch_count;
static bool is_held, is_timing_out, is_running, is_silent;

static struct known *find(enum dns_type type, struct span name)
{
    for (size_t i = 0; i < known_count; i++)
        if (knowns[i].type == type && span_iequal(span_of(knowns[i].name), name))
            return &knowns[i];
    return NULL;
}

static struct known *find_or_add(enum dns_type type, const char *name)
{
    struct known *known = find(type, span_of(name));

    if (known != NULL)
        return known;
    if (known_count == NAMES_MAX || strlen(name) > DNS_NAME_MAX)
        abort();
    known = &knowns[known_count++];
    *known = (struct known){.type = type, .status = DNS_FOUND};
    for (size_t i = 0; name[i] != '\0'; i++)
        known->name[i] = (char)tolower((unsigned char)name[i]);
    return known;
}

void fake_dns_add_bytes(enum dns_type type, const char *name, struct span bytes)
{
    struct known *known;

    pthread_mutex_lock(&mutex);
    if (arena == NULL)
        arena = arena_new();
    known = find_or_add(type, name);
    known->status = DNS_FOUND;
    if (known->count == DNS_RECORDS_MAX)
        abort();
    known->records[known->count++] = arena_span(arena, bytes);
    pthread_mutex_unlock(&mutex);
}

static void add_address(enum dns_type type, const char *name, const char *text)
{
    struct ip ip;

    if (!ip_parse(span_of(text), &ip) || ip_is_v4(&ip) != (type == DNS_A))
        abort();
    fake_dns_add_bytes(type, name,
                       type == DNS_A ? span_from(ip.byte + 12, 4) : span_from(ip.byte, 16));
}

static void add_mx(const char *name, const char *text)
{
    char bytes[2 + DNS_NAME_MAX + 1];
    char *host;
    unsigned long preference = strtoul(text, &host, 10);

    while (*host == ' ')
        host++;
    if (strlen(host) > DNS_NAME_MAX)
        abort();
    bytes[0] = (char)(preference >> 8 & 0xff);
    bytes[1] = (char)(preference & 0xff);
    memcpy(bytes + 2, host, strlen(host));
    fake_dns_add_bytes(DNS_MX, name, span_from(bytes, 2 + strlen(host)));
}

void fake_dns_add(enum dns_type type, const char *name, const char *text)
{
    if (type == DNS_A || type == DNS_AAAA)
        add_address(type, name, text);
    else if (type == DNS_MX)
        add_mx(name, text);
    else
        fake_dns_add_bytes(type, name, span_of(text));
}

void fake_dns_set(enum dns_type type, const char *name, enum dns_status status)
{
    struct known *known;

    pthread_mutex_lock(&mutex);
    known = find_or_add(type, name);
    known->status = status;
    known->count = 0;
    pthread_mutex_unlock(&mutex);
}

void fake_dns_set_secure(enum dns_type type, const char *name)
{
    pthread_mutex_lock(&mutex);
    find_or_add(type, name)->is_secure = true;
    pthread_mutex_unlock(&mutex);
}

void fake_dns_remove(enum dns_type type, const char *name)
{
    struct known *known;

    pthread_mutex_lock(&mutex);
    known = find(type, span_of(name));
    if (known != NULL)
        *known = knowns[--known_count];
    pthread_mutex_unlock(&mutex);
}

/* With a copy, so that the test may change the table while the answer is read; unlocked, since done may ask again. */
static void answer(const struct asked *one, bool is_late)
{
    struct span name = span_of(one->name);
    const struct known *known = find(one->question.type, name);
    struct span records[DNS_RECORDS_MAX];
    struct dns_answer given = {.type = one->question.type, .name = name, .records = records};

    given.status = is_late ? DNS_TIMEOUT : known == NULL ? DNS_NONE : known->status;
    given.is_nxdomain = !is_late && known == NULL;
    if (known != NULL && given.status == DNS_FOUND) {
        given.count = known->count;
        memcpy(records, known->records, known->count * sizeof *records);
    }
    given.is_secure = known != NULL && known->is_secure && !is_late;
    given.ttl = given.status <= DNS_NONE ? 300 : 0;
    pthread_mutex_unlock(&mutex);
    if (one->question.done != NULL)
        one->question.done(one->question.ctx, &given);
    pthread_mutex_lock(&mutex);
}

static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (answered_count == asked_count || (is_held && !is_timing_out)) {
            if (answered_count == asked_count)
                is_timing_out = false;
            pthread_cond_broadcast(&changed);
            pthread_cond_wait(&changed, &mutex);
        }
        answer(&asked[answered_count], is_timing_out);
        answered_count++;
    }
    return NULL;
}

static void start_thread(void)
{
    pthread_t thread;

    if (is_running)
        return;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        abort();
    pthread_detach(thread);
    is_running = true;
}

void dns_ask(const struct dns_question *questions, size_t count)
{
    pthread_mutex_lock(&mutex);
    start_thread();
    batch_count++;
    for (size_t i = 0; i < count; i++) {
        struct asked *one;

        if (asked_count == ASKED_MAX)
            abort();
        one = &asked[asked_count++];
        *one = (struct asked){.question = questions[i]};
        for (size_t j = 0; j < questions[i].name.len && j <= DNS_NAME_MAX; j++)
            one->name[j] = (char)tolower((unsigned char)questions[i].name.ptr[j]);
        one->question.name = span_of(one->name);
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_answered(void)
{
    while (answered_count < asked_count)
        pthread_cond_wait(&changed, &mutex);
}

void fake_dns_reset(void)
{
    pthread_mutex_lock(&mutex);
    is_held = false;
    pthread_cond_broadcast(&changed);
    wait_answered();
    known_count = asked_count = answered_count = batch_count = 0;
    arena_free(&arena);
    pthread_mutex_unlock(&mutex);
}

static void set_held(bool to, bool is_over)
{
    pthread_mutex_lock(&mutex);
    is_held = to;
    is_timing_out = is_over;
    pthread_cond_broadcast(&changed);
    if (is_over)
        wait_answered();
    pthread_mutex_unlock(&mutex);
}

void fake_dns_hold(void)
{
    set_held(true, false);
}

void fake_dns_release(void)
{
    set_held(false, false);
}

void fake_dns_time_out(void)
{
    set_held(true, true);
}

static size_t read_count(const size_t *from)
{
    size_t count;

    pthread_mutex_lock(&mutex);
    count = *from;
    pthread_mutex_unlock(&mutex);
    return count;
}

size_t fake_dns_asked(void)
{
    return read_count(&asked_count);
}

size_t fake_dns_batches(void)
{
    return read_count(&batch_count);
}

static size_t count_asked(enum dns_type type, const char *name, struct dns_question *last_r)
{
    size_t found = 0;

    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < asked_count; i++)
        if (asked[i].question.type == type &&
            span_iequal(span_of(asked[i].name), span_of(name))) {
            *last_r = asked[i].question;
            found++;
        }
    pthread_mutex_unlock(&mutex);
    last_r->name = span_of(name);
    last_r->done = NULL;
    last_r->ctx = NULL;
    return found;
}

size_t fake_dns_asked_for(enum dns_type type, const char *name)
{
    struct dns_question unused;

    return count_asked(type, name, &unused);
}

bool fake_dns_last(enum dns_type type, const char *name, struct dns_question *question_r)
{
    return count_asked(type, name, question_r) > 0;
}

bool fake_dns_wait_asked(size_t count)
{
    struct timespec end;
    bool is_there;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += WAIT_SECOND;
    pthread_mutex_lock(&mutex);
    while (asked_count < count && pthread_cond_timedwait(&changed, &mutex, &end) == 0)
        ;
    is_there = asked_count >= count;
    pthread_mutex_unlock(&mutex);
    return is_there;
}

int dns_begin(const struct settings *settings, struct err *err)
{
    (void)settings, (void)err;
    return 0;
}

/* As the real one: what is under way is answered. */
void dns_end(void)
{
    pthread_mutex_lock(&mutex);
    is_held = false;
    pthread_cond_broadcast(&changed);
    wait_answered();
    pthread_mutex_unlock(&mutex);
}

void fake_dns_set_silent(bool to)
{
    pthread_mutex_lock(&mutex);
    is_silent = to;
    pthread_mutex_unlock(&mutex);
}

void dns_count(struct dns_counts *counts_r)
{
    pthread_mutex_lock(&mutex);
    *counts_r = (struct dns_counts){
        .asked = asked_count, .answered = answered_count, .is_silent = is_silent, .servers = 1};
    pthread_mutex_unlock(&mutex);
}
