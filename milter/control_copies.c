/* control_copies.c - copies of messages that other nodes hold: stored as policyd brings them, dropped when their holder says so. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "milter/control.h"
#include "milter/notices.h"
#include "store/quarantine.h"
#include "store/quarantine_text.h"

/* A quarantine file as it comes: its header, then the message into a memfd. */
struct arriving {
    struct arena *arena;
    struct quarantine_entry entry;
    struct quarantine_text text;
    struct str header;
    uint64_t bytes; /* of the message, so far */
    uint64_t most;
    int fd;
};

static int take_message(struct arriving *a, struct span bytes, struct err *err)
{
    a->bytes += bytes.len;
    if (a->bytes > a->entry.message_bytes || a->bytes > a->most)
        return err_set(err, "the copy is longer than its header says, or than "
                            "message_max_bytes");
    if (bytes.len > 0 && file_write_all(a->fd, bytes) < 0)
        return err_set(err, "the copy cannot be kept in memory: %s", strerror(errno));
    return 0;
}

/* Until the header is whole. */
static int take_header(struct arriving *a, struct span bytes, struct err *err)
{
    size_t end;

    str_add(&a->header, bytes);
    if (!span_find(str_span(&a->header), SPAN("\n\n"), &end))
        return a->header.len <= QUARANTINE_MAX_HEADER
                   ? 0
                   : err_set(err, "the copy has no end of its header");
    if (quarantine_text_parse(str_span(&a->header), a->arena, &a->entry, &a->text, err) != 0)
        return -1;
    return take_message(
        a,
        span_from(a->header.ptr + a->text.header_bytes, a->header.len - a->text.header_bytes),
        err);
}

static int take_body(struct control_call *call, struct arriving *a, struct err *err)
{
    struct span bytes;
    int got, taken = 0;

    while (taken == 0 && (got = control_body(call, &bytes, err)) == 1)
        taken =
            a->text.header_bytes > 0 ? take_message(a, bytes, err) : take_header(a, bytes, err);
    if (taken != 0 || got != 0)
        return -1;
    if (a->text.header_bytes == 0 || a->bytes != a->entry.message_bytes)
        return err_set(err, "the copy is cut short");
    return 0;
}

static enum control_exit put(struct control_call *call, struct arriving *a, struct err *err)
{
    enum quarantine_put result;

    if (!span_is(control_argument(call, "id"), a->entry.id)) {
        err_set(err, "the copy carries another id than was asked for");
        return EXIT_INVALID;
    }
    a->entry.holder = control_argument(call, "holder");
    result = quarantine_put_copy(milter_control_gate()->quarantine, &a->entry, a->fd, err);
    if (result != QUARANTINE_STORED)
        return result == QUARANTINE_OVER ? EXIT_DIFFERS : EXIT_PARTIAL;
    notices_quarantine(span_of(a->entry.id), "copy");
    return EXIT_OK;
}

/* args: id, holder; body: the quarantine file as the holder sends it. */
enum control_exit control_quarantine_store(struct control_call *call, struct err *err)
{
    const struct settings *settings = milter_control_gate()->settings;
    struct arriving a = {.most = (uint64_t)settings->message_max_bytes};
    enum control_exit code = EXIT_INVALID;

    if (control_argument(call, "holder").len == 0) {
        err_set(err, "holder: there is none; it is the id of the node that holds the message");
        return EXIT_INVALID;
    }
    a.fd = memfd_create("copy", MFD_CLOEXEC);
    if (a.fd < 0) {
        err_set(err, "no memory for a copy: %s", strerror(errno));
        return EXIT_PARTIAL;
    }
    a.arena = arena_new();
    if (take_body(call, &a, err) == 0)
        code = put(call, &a, err);
    close(a.fd);
    str_clear(&a.header);
    arena_free(&a.arena);
    return code;
}

/* args: id, holder. */
enum control_exit control_quarantine_drop(struct control_call *call, struct err *err)
{
    char id[QUARANTINE_ID_SIZE] = "";
    struct span wanted = control_argument(call, "id");
    int done;

    if (!quarantine_id_is_valid(wanted)) {
        err_set(err, "id: write one as milter-ctl quarantine list shows it");
        return EXIT_INVALID;
    }
    memcpy(id, wanted.ptr, wanted.len);
    done = quarantine_drop_copy(milter_control_gate()->quarantine, id,
                                control_argument(call, "holder"), err);
    if (done == 1) {
        notices_quarantine(wanted, "gone");
        log_info("quarantine %s: the copy is dropped, its holder no longer holds it", id);
    }
    return done == -1 ? EXIT_PARTIAL : EXIT_OK;
}
