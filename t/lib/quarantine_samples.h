/* Messages and entries for tests of the quarantine. */
#ifndef T_LIB_QUARANTINE_SAMPLES_H
#define T_LIB_QUARANTINE_SAMPLES_H
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/quarantine.h"

#define SAMPLE_MESSAGE "Subject: hello\r\n\r\nPostgate-Quarantine: 1\n\n1 released\n"

static inline struct quarantine *sample_open(const char *dir, const char *index,
                                             int64_t client_bytes)
{
    struct quarantine_options options = {dir, index, 90, 0, client_bytes, 30};
    struct err err;
    struct quarantine *q = quarantine_open(&options, &err);

    ck_assert_msg(q != NULL, "%s", err.text);
    return q;
}

static inline int sample_memfd(const void *bytes, size_t len)
{
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(ftruncate(fd, 0), 0);
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, (const char *)bytes + done, len - done);

        ck_assert_int_gt(n, 0);
        done += (size_t)n;
    }
    return fd;
}

static inline enum quarantine_put sample_put_from(struct quarantine *q, const char *client,
                                                  const char *code, char id[QUARANTINE_ID_SIZE],
                                                  struct err *err)
{
    const struct span recipients[] = {SPAN("b@y.example"), SPAN("c@y.example")};
    struct quarantine_entry e = {
        .code = span_of(code),
        .kind = SPAN("quarantine"),
        .client = span_of(client),
        .sender = SPAN("a@x.example"),
        .recipient_count = 2,
        .recipients = recipients,
        .subject = SPAN("hello\nworld"),
        .reason = SPAN("because"),
        .revision = 3,
    };
    int fd = sample_memfd(SAMPLE_MESSAGE, strlen(SAMPLE_MESSAGE));
    enum quarantine_put result = quarantine_put(q, &e, fd, id, err);

    close(fd);
    return result;
}

static inline void sample_put(struct quarantine *q, char id[QUARANTINE_ID_SIZE])
{
    struct err err;

    ck_assert_msg(sample_put_from(q, "192.0.2.1", "M7K2-9QF4-T3WX", id, &err) ==
                      QUARANTINE_STORED,
                  "%s", err.text);
}

/* Its state, or 0 when it is nowhere. */
static inline int sample_state(struct quarantine *q, const char *id)
{
    struct arena *arena = arena_new();
    struct quarantine_entry entry;
    struct err err;
    int found = quarantine_read(q, span_of(id), arena, &entry, &err);
    int state = found == 1 ? (int)entry.state : 0;

    ck_assert_msg(found >= 0, "%s", err.text);
    arena_free(&arena);
    return state;
}

/* Is the stored message the one that was put? */
static inline void sample_check_message(struct quarantine *q, const char *id)
{
    struct arena *arena = arena_new();
    struct quarantine_entry entry;
    char bytes[256];
    int64_t offset;
    struct err err;
    int fd;

    ck_assert_msg(quarantine_open_message(q, span_of(id), arena, &entry, &fd, &offset, &err) ==
                      1,
                  "%s", err.text);
    ck_assert_uint_eq(entry.message_bytes, strlen(SAMPLE_MESSAGE));
    ck_assert_int_ge(read(fd, bytes, sizeof(bytes)), (ssize_t)strlen(SAMPLE_MESSAGE));
    ck_assert_mem_eq(bytes, SAMPLE_MESSAGE, strlen(SAMPLE_MESSAGE));
    close(fd);
    arena_free(&arena);
}

/* How many there are in a state (0: any). */
static inline size_t sample_count(struct quarantine *q, enum quarantine_state state)
{
    struct quarantine_filter filter = {.state = state, .limit = 1000};
    struct arena *arena = arena_new();
    struct quarantine_entry *list;
    size_t count;
    struct err err;

    ck_assert_int_eq(quarantine_list(q, &filter, arena, &list, &count, &err), 0);
    arena_free(&arena);
    return count;
}
#endif
