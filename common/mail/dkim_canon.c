/* dkim_canon.c - header fields and bodies as DKIM hashes them. */
#include "mail/dkim_canon.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The value with CRLF wherever a line ends. */
static void field_simple(struct str *out, struct span name, struct span value)
{
    struct span line;

    str_add(out, name);
    str_addc(out, ':');
    for (bool is_first = true; span_cut(&value, '\n', &line); is_first = false) {
        if (!is_first)
            str_adds(out, "\r\n");
        if (value.ptr != NULL && line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        str_add(out, line);
    }
}

/* Is a line end all that stands at at? */
static bool is_line_end(struct span value, size_t at)
{
    return value.ptr[at] == '\n' ||
           (value.ptr[at] == '\r' && at + 1 < value.len && value.ptr[at + 1] == '\n');
}

static void field_relaxed(struct str *out, struct span name, struct span value)
{
    size_t begin;
    bool has_blanks = false;

    while (name.len > 0 && is_blank(name.ptr[name.len - 1]))
        name.len--;
    for (size_t i = 0; i < name.len; i++)
        str_addc(out, lower(name.ptr[i]));
    str_addc(out, ':');
    begin = out->len;
    for (size_t i = 0, run; i < value.len; i += run) {
        for (run = 0; i + run < value.len && !is_blank(value.ptr[i + run]) &&
                      !is_line_end(value, i + run);)
            run++;
        if (run > 0 && has_blanks && out->len > begin)
            str_addc(out, ' ');
        str_add(out, span_from(value.ptr + i, run));
        has_blanks = run == 0 ? has_blanks || is_blank(value.ptr[i]) : false;
        run += run == 0;
    }
}

void dkim_canon_field(struct str *out, enum dkim_canon canon, struct span name,
                      struct span value)
{
    if (canon == DKIM_RELAXED)
        field_relaxed(out, name, value);
    else
        field_simple(out, name, value);
}

void dkim_body_begin(struct dkim_body *body, enum dkim_canon canon,
                     const struct dkim_body_stop *stops, size_t count)
{
    memset(body, 0, offsetof(struct dkim_body, buffer));
    body->canon = canon;
    body->hash = hash_sha256_new();
    body->stops = stops;
    body->stop_count = count;
}

static void hash_some(struct dkim_body *body, struct span bytes)
{
    hash_sha256_add(body->hash, bytes);
    body->length += bytes.len;
}

/* What is held goes into the hash, up to each stop on its way. */
static void flush(struct dkim_body *body)
{
    struct span rest = span_from(body->buffer, body->held);

    for (; body->stops_done < body->stop_count; body->stops_done++) {
        const struct dkim_body_stop *stop = &body->stops[body->stops_done];
        uint64_t until = stop->length - body->length;

        if (until > rest.len)
            break;
        hash_some(body, span_from(rest.ptr, (size_t)until));
        rest = span_from(rest.ptr + until, rest.len - (size_t)until);
        hash_sha256_peek(body->hash, SPAN(""), stop->digest_r);
    }
    hash_some(body, rest);
    body->held = 0;
}

static void give(struct dkim_body *body, char c)
{
    if (body->held == DKIM_BODY_BUFFER)
        flush(body);
    body->buffer[body->held++] = c;
}

/* A byte that counts: what was held back before it counts too. */
static void give_text(struct dkim_body *body, char c)
{
    for (; body->newlines > 0; body->newlines--) {
        give(body, '\r');
        give(body, '\n');
    }
    if (body->has_blanks)
        give(body, ' ');
    body->has_blanks = false;
    give(body, c);
}

static void line_end(struct dkim_body *body)
{
    body->newlines++;
    body->has_blanks = false;
}

static void add_byte(struct dkim_body *body, char c)
{
    bool had_cr = body->had_cr;

    body->had_cr = c == '\r';
    if (had_cr && c == '\n') {
        line_end(body);
        return;
    }
    if (had_cr)
        give_text(body, '\r');
    if (c == '\r')
        return;
    if (body->canon == DKIM_RELAXED && is_blank(c))
        body->has_blanks = true;
    else
        give_text(body, c);
}

/* Bytes that stand for themselves, from the front on: copied together, since they are nearly all. */
static size_t plain_run(const struct dkim_body *body, struct span bytes)
{
    size_t run = 0;

    if (body->canon == DKIM_SIMPLE)
        while (run < bytes.len && bytes.ptr[run] != '\r')
            run++;
    else
        while (run < bytes.len && bytes.ptr[run] != '\r' && !is_blank(bytes.ptr[run]))
            run++;
    return run;
}

static void give_run(struct dkim_body *body, struct span run)
{
    give_text(body, run.ptr[0]);
    run = span_skip(run, 1);
    while (run.len > 0) {
        size_t room = DKIM_BODY_BUFFER - body->held;
        size_t len = run.len < room ? run.len : room;

        memcpy(body->buffer + body->held, run.ptr, len);
        body->held += len;
        run = span_skip(run, len);
        if (run.len > 0)
            flush(body);
    }
}

void dkim_body_add(struct dkim_body *body, struct span bytes)
{
    while (bytes.len > 0) {
        size_t run = body->had_cr ? 0 : plain_run(body, bytes);

        if (run > 0)
            give_run(body, span_from(bytes.ptr, run));
        else
            add_byte(body, bytes.ptr[0]);
        run += run == 0;
        bytes = span_skip(bytes, run);
    }
}

uint64_t dkim_body_end(struct dkim_body *body, uint8_t digest_r[HASH_SHA256_SIZE])
{
    if (body->had_cr)
        give_text(body, '\r');
    /* RFC 6376 section 3.4.3: an empty body is one line end; 3.4.4: it stays empty. A last line without its end is given one. */
    if (body->length + body->held > 0 || body->canon == DKIM_SIMPLE) {
        give(body, '\r');
        give(body, '\n');
    }
    flush(body);
    hash_sha256_end(&body->hash, digest_r);
    return body->length;
}
