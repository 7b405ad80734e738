/* test_signing_keys.c - the table of signing keys over a disk that stands still: messages are signed meanwhile, changes take their turn. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <time.h>
#include "base/xalloc.h"
#include "milter/signing_key_file.h"
#include "milter/signing_publish.h"
#include "t/lib/suite.h"

#define WAIT_S 10

static sem_t at_disk, disk_goes_on, done;
static int on_disk; /* keys */

/* In place of signing_key_file.c and signing_publish.c. */
char *signing_key_dir(const char *state_dir)
{
    return xstrdup(state_dir);
}

int signing_key_read_all(const char *dir, void (*take)(void *ctx, struct signing_key *key),
                         void *ctx, struct err *err)
{
    (void)dir;
    (void)take;
    (void)ctx;
    (void)err;
    return 0;
}

static void use_disk(void)
{
    sem_post(&at_disk);
    sem_wait(&disk_goes_on);
}

struct signing_key *signing_key_make(const char *dir, const char *domain, const char *selector,
                                     struct private_key *private_key, struct err *err)
{
    struct signing_key *key = xcalloc(1, sizeof *key);

    (void)dir;
    (void)err;
    snprintf(key->domain, sizeof key->domain, "%s", domain);
    snprintf(key->selector, sizeof key->selector, "%s", selector);
    key->private_key = private_key;
    atomic_init(&key->references, 1);
    atomic_init(&key->is_published, true);
    use_disk();
    on_disk++;
    return key;
}

int signing_key_remove(const struct signing_key *key, struct err *err)
{
    (void)key;
    (void)err;
    use_disk();
    on_disk--;
    return 0;
}

void signing_publish_look(struct signing_key *key)
{
    (void)key;
}

struct asked {
    struct signing_keys *keys;
    const char *selector;
    size_t found;
    int removed;
    bool is_added;
};

static void *add(void *arg)
{
    struct asked *asked = arg;
    struct err err;
    struct signing_key *key =
        signing_keys_add(asked->keys, SPAN("example.com"), span_of(asked->selector),
                         private_key_new(PRIVATE_KEY_ED25519, &err), &err);

    asked->is_added = key != NULL;
    signing_key_unpin(&key);
    sem_post(&done);
    return NULL;
}

static void *drop(void *arg)
{
    struct asked *asked = arg;
    struct err err;

    asked->removed =
        signing_keys_remove(asked->keys, SPAN("example.com"), span_of(asked->selector), &err);
    sem_post(&done);
    return NULL;
}

static void *choose(void *arg)
{
    struct asked *asked = arg;
    struct signing_key *chosen[SIGNING_KINDS];

    asked->found = signing_keys_choose(asked->keys, SPAN("example.com"), chosen);
    for (size_t i = 0; i < asked->found; i++)
        signing_key_unpin(&chosen[i]);
    sem_post(&done);
    return NULL;
}

static pthread_t begin(void *(*act)(void *arg), struct asked *asked)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, act, asked), 0);
    return thread;
}

static void await(sem_t *sem, const char *what)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    while (sem_timedwait(sem, &until) != 0)
        ck_assert_msg(errno == EINTR, "%s does not come", what);
}

/* Beside whatever else waits. */
static size_t choose_now(struct signing_keys *keys)
{
    struct asked asked = {.keys = keys};
    pthread_t thread = begin(choose, &asked);

    await(&done, "the choice of a key");
    pthread_join(thread, NULL);
    return asked.found;
}

static struct signing_keys *open_keys(void)
{
    struct err err;

    sem_init(&at_disk, 0, 0);
    sem_init(&disk_goes_on, 0, 0);
    sem_init(&done, 0, 0);
    return signing_keys_open("/nowhere", &err);
}

static void let_disk_go_on(pthread_t thread)
{
    sem_post(&disk_goes_on);
    await(&done, "the end of a change");
    pthread_join(thread, NULL);
}

START_TEST(test_signing_goes_on)
{
    struct signing_keys *keys = open_keys();
    struct asked first = {.keys = keys, .selector = "s1"},
                 second = {.keys = keys, .selector = "s2"},
                 gone = {.keys = keys, .selector = "s1"};
    pthread_t thread = begin(add, &first);

    await(&at_disk, "the first key");
    ck_assert_uint_eq(choose_now(keys), 0); /* on disk before it is used */
    let_disk_go_on(thread);
    ck_assert(first.is_added);
    ck_assert_uint_eq(choose_now(keys), 1);
    thread = begin(add, &second);
    await(&at_disk, "the second key");
    ck_assert_uint_eq(choose_now(keys), 1);
    let_disk_go_on(thread);
    thread = begin(drop, &gone);
    await(&at_disk, "the removal");
    ck_assert_uint_eq(choose_now(keys), 1);
    let_disk_go_on(thread);
    ck_assert_int_eq(gone.removed, 1);
    ck_assert_uint_eq(choose_now(keys), 1);
    signing_keys_close(&keys);
}
END_TEST

/* Two who add the same selector at once: one does, and its file is written once. */
START_TEST(test_changes_take_their_turn)
{
    struct signing_keys *keys = open_keys();
    struct asked both[2] = {{.keys = keys, .selector = "s1"}, {.keys = keys, .selector = "s1"}};
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++)
        threads[i] = begin(add, &both[i]);
    await(&at_disk, "one of both");
    sem_post(&disk_goes_on);
    sem_post(&disk_goes_on); /* for a second one that should not come */
    for (size_t i = 0; i < 2; i++)
        await(&done, "the end of both");
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(both[0].is_added + both[1].is_added, 1);
    ck_assert_int_eq(on_disk, 1);
    signing_keys_close(&keys);
}
END_TEST

SUITE_MAIN("signing_keys", test_signing_goes_on, test_changes_take_their_turn)
