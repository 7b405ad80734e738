/* answer_frames.c - rows, bytes and the end of an answer as bytes, and back within bounds. */
#include "policyd/cluster/answer_frames.h"
#include <stdlib.h>

#define HEADER 5

static const struct frame_kind {
    char type;
    size_t most;
} kinds[] = {{'J', ANSWER_MAX_ROW}, {'D', ANSWER_MAX_DATA}, {'E', ANSWER_MAX_END}};

static void add_frame(struct str *out, char type, struct span payload)
{
    const char head[HEADER] = {type, (char)(payload.len >> 24), (char)(payload.len >> 16),
                               (char)(payload.len >> 8), (char)payload.len};

    str_add(out, span_from(head, HEADER));
    str_add(out, payload);
}

bool answer_add_row(struct str *out, const json_t *row)
{
    char *text = json_dumps(row, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool is_taken = text && strlen(text) <= ANSWER_MAX_ROW;

    if (is_taken)
        add_frame(out, 'J', span_of(text));
    free(text);
    return is_taken;
}

void answer_add_data(struct str *out, struct span bytes)
{
    while (bytes.len > 0) {
        size_t len = bytes.len < ANSWER_MAX_DATA ? bytes.len : ANSWER_MAX_DATA;

        add_frame(out, 'D', span_from(bytes.ptr, len));
        bytes = span_skip(bytes, len);
    }
}

void answer_add_end(struct str *out, enum control_exit code, const char *message)
{
    json_t *end =
        json_pack("{s:i,s:o}", "exit", (int)code, "message", control_text(span_of(message)));
    char *text = json_dumps(end, JSON_COMPACT | JSON_ENSURE_ASCII);

    add_frame(out, 'E', span_of(text));
    free(text);
    json_decref(end);
}

static int take_row(struct answer_frames *frames, struct span payload, struct err *err)
{
    json_t *row =
        json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    if (!json_is_object(row)) {
        json_decref(row);
        return err_set(err, "a row that is no JSON object");
    }
    if (frames->sink && frames->sink->row)
        frames->sink->row(frames->sink->ctx, row);
    json_decref(row);
    return 0;
}

static int take_end(struct answer_frames *frames, struct span payload, struct err *err)
{
    json_t *end = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *code = json_object_get(end, "exit");
    const char *text = json_string_value(json_object_get(end, "message"));
    bool is_good = json_is_integer(code) && json_integer_value(code) >= EXIT_OK &&
                   json_integer_value(code) <= EXIT_PARTIAL;

    if (is_good) {
        frames->is_over = true;
        frames->code = (enum control_exit)json_integer_value(code);
        err_reset(&frames->message);
        if (text && *text)
            err_set(&frames->message, "%s", text);
    }
    json_decref(end);
    return is_good ? 0 : err_set(err, "an end without an exit code");
}

static int take_frame(struct answer_frames *frames, char type, struct span payload,
                      struct err *err)
{
    if (type == 'J')
        return take_row(frames, payload, err);
    if (type == 'E')
        return take_end(frames, payload, err);
    if (frames->sink && frames->sink->data && payload.len > 0)
        frames->sink->data(frames->sink->ctx, payload);
    return 0;
}

/* 1 and the length of the whole frame at the begin of bytes, 0 its header is not whole, -1 no frame. */
static int measure(struct span bytes, size_t *size_r, struct err *err)
{
    const unsigned char *head = (const unsigned char *)bytes.ptr;
    size_t size, kind = 0;

    if (bytes.len == 0)
        return 0;
    while (kind < 3 && kinds[kind].type != bytes.ptr[0])
        kind++;
    if (kind == 3)
        return err_set(err, "byte %u is no type of frame", head[0]);
    if (bytes.len < HEADER)
        return 0;
    size = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (size > kinds[kind].most)
        return err_set(err, "a frame of %zu bytes; %zu is the most of its type", size,
                       kinds[kind].most);
    *size_r = HEADER + size;
    return 1;
}

/* The frames that are whole; what is left is returned. */
static int take_whole(struct answer_frames *frames, struct span *rest, struct err *err)
{
    size_t size = 0;
    int got = 0;

    while (!frames->is_over && (got = measure(*rest, &size, err)) == 1 && size <= rest->len) {
        if (take_frame(frames, rest->ptr[0], span_from(rest->ptr + HEADER, size - HEADER),
                       err) == -1)
            return -1;
        *rest = span_skip(*rest, size);
    }
    if (frames->is_over)
        return rest->len == 0 ? 0 : err_set(err, "something after the end");
    return got == -1 ? -1 : 0;
}

int answer_feed(struct answer_frames *frames, struct span bytes, struct err *err)
{
    struct span rest = bytes;
    struct str held = frames->part;
    int result;

    if (held.len > 0) {
        str_add(&held, bytes);
        rest = str_span(&held);
    }
    frames->part = (struct str)STR_EMPTY;
    result = frames->is_over && bytes.len == 0 ? 0 : take_whole(frames, &rest, err);
    if (result == 0 && rest.len > 0)
        str_add(&frames->part, rest);
    str_clear(&held);
    return result;
}

void answer_clear(struct answer_frames *frames)
{
    str_clear(&frames->part);
}
