/* control_quarantine.c - list, show, release, delete, reindex. */
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "control/decision_row.h"
#include "milter/control.h"
#include "milter/notices.h"
#include "milter/release.h"
#include "store/quarantine.h"

#define LIST_DEFAULT 200

static json_t *spans_row(const struct span *spans, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, control_text(spans[i]));
    return array;
}

static json_t *entry_row(const struct quarantine_entry *entry)
{
    const struct {
        const char *name;
        struct span text;
    } texts[] = {
        {"code", entry->code},
        {"kind", entry->kind},
        {"path", entry->path},
        {"client", entry->client},
        {"client_name", entry->client_name},
        {"helo", entry->helo},
        {"auth_user", entry->auth_user},
        {"sender", entry->sender},
        {"queue_id", entry->queue_id},
        {"message_id", entry->message_id},
        {"from", entry->from},
        {"subject", entry->subject},
        {"rule", entry->rule},
        {"reason", entry->reason},
        {"reasons", entry->reasons},
        {"notes", entry->notes},
        {"node", entry->node},
    };
    json_t *row = json_object();
    char time[24];

    json_object_set_new(row, "id", json_string(entry->id));
    json_object_set_new(row, "state",
                        json_string(names_name(quarantine_state_names, (int)entry->state)));
    json_object_set_new(row, "time", json_string(clock_iso(entry->time_ms, time)));
    if (entry->holder.len > 0)
        json_object_set_new(row, "holder", control_text(entry->holder));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_object_set_new(row, texts[i].name, control_text(texts[i].text));
    json_object_set_new(row, "recipients",
                        spans_row(entry->recipients, entry->recipient_count));
    json_object_set_new(row, "size", json_integer((json_int_t)entry->message_bytes));
    json_object_set_new(row, "sha256", json_string(entry->sha256));
    json_object_set_new(row, "revision", json_integer((json_int_t)entry->revision));
    return row;
}

static int list_filter(struct control_call *call, struct quarantine_filter *filter,
                       struct err *err)
{
    struct span state = control_argument(call, "state");
    json_int_t limit = json_integer_value(json_object_get(call->args, "limit"));
    struct str words = STR_EMPTY;
    int value = 0;
    int rc = 0;

    *filter = (struct quarantine_filter){.limit = LIST_DEFAULT,
                                         .before = control_argument(call, "before")};
    if (limit > 0)
        filter->limit = limit < QUARANTINE_MAX_LIST ? (size_t)limit : QUARANTINE_MAX_LIST;
    if (state.len > 0 && !names_value(quarantine_state_names, state, &value)) {
        names_join(quarantine_state_names, &words);
        rc = err_set(err, "there is no state '%.*s'; write %s", SPAN_ARG(state),
                     str_cstr(&words));
    }
    filter->state = (enum quarantine_state)value;
    str_clear(&words);
    return rc;
}

enum control_exit control_quarantine_list(struct control_call *call, struct err *err)
{
    struct arena *arena = arena_new();
    struct quarantine_filter filter;
    struct quarantine_entry *list = NULL;
    size_t count = 0;
    enum control_exit rc = EXIT_OK;

    if (list_filter(call, &filter, err) != 0)
        rc = EXIT_INVALID;
    else if (quarantine_list(milter_control_gate()->quarantine, &filter, arena, &list, &count,
                             err) != 0)
        rc = EXIT_PARTIAL;
    for (size_t i = 0; i < count; i++)
        control_row(call, entry_row(&list[i]));
    arena_free(&arena);
    return rc;
}

static void send_content(struct control_call *call, int fd, int64_t at, uint64_t left)
{
    char buffer[65536];

    while (left > 0) {
        size_t want = left < sizeof buffer ? (size_t)left : sizeof buffer;
        ssize_t got = pread(fd, buffer, want, (off_t)at);
        if (got <= 0 || control_data(call, span_from(buffer, (size_t)got)) != 0)
            return;
        at += got;
        left -= (uint64_t)got;
    }
}

static enum control_exit found_exit(int found, struct span what, struct err *err)
{
    if (found == 0)
        err_set(err,
                "there is no message %.*s in quarantine; milter-ctl quarantine list names them",
                SPAN_ARG(what));
    return found == 1 ? EXIT_OK : found == 0 ? EXIT_INVALID : EXIT_PARTIAL;
}

/* 0 and the argument, or -1. */
static int wanted_id(const struct control_call *call, struct span *id_r, struct err *err)
{
    *id_r = control_argument(call, "id");
    if (id_r->len > 0)
        return 0;
    return err_set(err,
                   "id: there is none; write an id as milter-ctl quarantine list shows it, "
                   "or a decision code");
}

enum control_exit control_quarantine_show(struct control_call *call, struct err *err)
{
    struct gate *gate = milter_control_gate();
    bool is_file = json_is_true(json_object_get(call->args, "file"));
    bool is_raw = is_file || json_is_true(json_object_get(call->args, "raw"));
    struct arena *arena;
    struct quarantine_entry entry;
    struct span what;
    int64_t offset = 0;
    int fd = -1, found;

    if (wanted_id(call, &what, err) != 0)
        return EXIT_INVALID;
    arena = arena_new();
    found = is_raw ? quarantine_open_message(gate->quarantine, what, arena, &entry, &fd,
                                             &offset, err)
                   : quarantine_read(gate->quarantine, what, arena, &entry, err);
    if (found == 1)
        control_row(call, entry_row(&entry));
    if (found == 1 && is_raw)
        send_content(call, fd, is_file ? 0 : offset,
                     entry.message_bytes + (is_file ? (uint64_t)offset : 0));
    if (fd >= 0)
        close(fd);
    arena_free(&arena);
    return found_exit(found, what, err);
}

/* Its state, as it is now, to whoever keeps the index of the cluster. */
static void tell_of(struct span what)
{
    struct arena *arena = arena_new();
    struct quarantine_entry entry;

    if (quarantine_read(milter_control_gate()->quarantine, what, arena, &entry, NULL) == 1)
        notices_quarantine(span_of(entry.id),
                           names_name(quarantine_state_names, (int)entry.state));
    arena_free(&arena);
}

enum control_exit control_quarantine_release(struct control_call *call, struct err *err)
{
    static const enum control_exit exits[] = {[RELEASE_DONE] = EXIT_OK,
                                              [RELEASE_REFUSED] = EXIT_INVALID,
                                              [RELEASE_UNKNOWN] = EXIT_PARTIAL};
    bool is_copy = json_is_true(json_object_get(call->args, "copy"));
    struct str queue = STR_EMPTY;
    enum release_result result;
    struct span id;

    if (wanted_id(call, &id, err) != 0)
        return EXIT_INVALID;
    result = (is_copy ? release_copy : release_message)(milter_control_gate(), id, call->user,
                                                        &queue, err);
    tell_of(id);
    if (result == RELEASE_DONE) {
        json_t *row = json_object();
        json_object_set_new(row, "id", control_text(id));
        json_object_set_new(row, "queue_id", control_text(str_span(&queue)));
        control_row(call, row);
        err_set(err, "released; Postfix queued it as %s", str_cstr(&queue));
    }
    str_clear(&queue);
    return exits[result];
}

enum control_exit control_quarantine_delete(struct control_call *call, struct err *err)
{
    struct gate *gate = milter_control_gate();
    struct quarantine_entry entry;
    struct str note = STR_EMPTY;
    enum control_exit rc;
    struct arena *arena;
    struct span what;
    int found;

    if (wanted_id(call, &what, err) != 0)
        return EXIT_INVALID;
    arena = arena_new();
    found = quarantine_read(gate->quarantine, what, arena, &entry, err);
    rc = found_exit(found, what, err);
    if (found == 1 && entry.state == QUARANTINE_COPY &&
        !json_is_true(json_object_get(call->args, "copy"))) {
        err_set(err, "%s is a copy of what another node holds; --copy deletes it", entry.id);
        rc = EXIT_INVALID;
        found = 0;
    }
    str_printf(&note, "deleted by %s", call->user);
    if (found == 1) {
        int done = quarantine_delete(gate->quarantine, entry.id, str_cstr(&note), err);
        rc = done == 1 ? EXIT_OK : done == 0 ? EXIT_INVALID : EXIT_PARTIAL;
        if (done == 1) {
            notices_quarantine(span_of(entry.id), "deleted");
            log_info("quarantine %s: %s", entry.id, str_cstr(&note));
        }
    }
    str_clear(&note);
    arena_free(&arena);
    return rc;
}

enum control_exit control_quarantine_reindex(struct control_call *call, struct err *err)
{
    size_t count = 0;

    (void)call;
    if (quarantine_reindex(milter_control_gate()->quarantine, &count, err) != 0)
        return EXIT_PARTIAL;
    err_set(err, "%zu message%s indexed", count, count == 1 ? "" : "s");
    return EXIT_OK;
}
