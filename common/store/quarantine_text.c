/* Prints and reads the header lines of a quarantine file. */
#include "store/quarantine_text.h"

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/sinks.h"

#define FIRST_LINE "Postgate-Quarantine: 1\n"
#define KEPT       "Message-Kept: yes\n\n"

/* Lines that are texts of the entry, in the order in which they are written. */
static const struct field {
    const char *name;
    size_t offset;
} fields[] = {
    {"Code", offsetof(struct quarantine_entry, code)},
    {"Kind", offsetof(struct quarantine_entry, kind)},
    {"Node", offsetof(struct quarantine_entry, node)},
    {"Holder", offsetof(struct quarantine_entry, holder)},
    {"Path", offsetof(struct quarantine_entry, path)},
    {"Client", offsetof(struct quarantine_entry, client)},
    {"Client-Name", offsetof(struct quarantine_entry, client_name)},
    {"Helo", offsetof(struct quarantine_entry, helo)},
    {"Auth-User", offsetof(struct quarantine_entry, auth_user)},
    {"Sender", offsetof(struct quarantine_entry, sender)},
    {"Queue-Id", offsetof(struct quarantine_entry, queue_id)},
    {"Message-Id", offsetof(struct quarantine_entry, message_id)},
    {"From", offsetof(struct quarantine_entry, from)},
    {"Subject", offsetof(struct quarantine_entry, subject)},
    {"Rule", offsetof(struct quarantine_entry, rule)},
    {"Reason", offsetof(struct quarantine_entry, reason)},
    {"Reasons", offsetof(struct quarantine_entry, reasons)},
};
#define FIELDS (sizeof(fields) / sizeof(*fields))

static struct span *field_of(struct quarantine_entry *entry, size_t i)
{
    return (struct span *)(void *)((char *)entry + fields[i].offset);
}

static void print_line(struct str *out, const char *name, struct span value)
{
    str_printf(out, "%s: ", name);
    sink_log(out, value);
    str_addc(out, '\n');
}

static void print_numbers(struct str *out, const struct quarantine_entry *entry)
{
    str_printf(out, "Revision: %llu\nMessage-Bytes: %llu\nMessage-Sha256: %.64s\n",
               (unsigned long long)entry->revision, (unsigned long long)entry->message_bytes,
               entry->sha256);
}

int quarantine_text_print(struct str *out, const struct quarantine_entry *entry,
                          struct err *err)
{
    struct quarantine_entry copy = *entry;
    size_t start = out->len;

    if (entry->recipient_count > QUARANTINE_MAX_RECIPIENTS)
        return err_set(err, "a quarantined message has at most %d recipients",
                       QUARANTINE_MAX_RECIPIENTS);
    str_printf(out, FIRST_LINE "Id: %s\nTime: %lld\n", entry->id, (long long)entry->time_ms);
    for (size_t i = 0; i < FIELDS; i++)
        if (field_of(&copy, i)->len > 0)
            print_line(out, fields[i].name, *field_of(&copy, i));
    for (size_t i = 0; i < entry->recipient_count; i++)
        print_line(out, "Recipient", entry->recipients[i]);
    print_numbers(out, entry);
    str_adds(out, KEPT);
    if (out->len - start <= QUARANTINE_MAX_HEADER)
        return 0;
    str_truncate(out, start);
    return err_set(err, "the envelope of the message has more than %d bytes",
                   QUARANTINE_MAX_HEADER);
}

/* What is read so far. */
struct reading {
    struct arena *arena;
    struct quarantine_entry *entry;
    struct quarantine_text *text;
    struct span *recipients;
    size_t recipient_room;
    unsigned seen; /* bits of number_lines */
};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Back from sink_log: \xNN and \\. A false escape is an error. */
static bool unescape(struct arena *arena, struct span text, struct span *out_r)
{
    char *bytes = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        size_t left = text.len - i - 1;
        const char *at = text.ptr + i;

        if (*at != '\\') {
            bytes[len++] = *at;
        } else if (left >= 1 && at[1] == '\\') {
            bytes[len++] = '\\';
            i += 1;
        } else if (left >= 3 && at[1] == 'x' && hex_digit(at[2]) >= 0 &&
                   hex_digit(at[3]) >= 0) {
            bytes[len++] = (char)(hex_digit(at[2]) << 4 | hex_digit(at[3]));
            i += 3;
        } else
            return false;
    }
    *out_r = span_from(bytes, len);
    return true;
}

static bool take_id(struct reading *r, struct span value)
{
    if (!quarantine_id_is_valid(value))
        return false;
    memcpy(r->entry->id, value.ptr, value.len);
    r->entry->id[value.len] = '\0';
    return true;
}

static bool take_time(struct reading *r, struct span value)
{
    uint64_t time_ms;

    if (!span_to_u64(value, INT64_MAX, &time_ms))
        return false;
    r->entry->time_ms = (int64_t)time_ms;
    return true;
}

static bool take_revision(struct reading *r, struct span value)
{
    return span_to_u64(value, INT64_MAX, &r->entry->revision);
}

static bool take_bytes(struct reading *r, struct span value)
{
    return span_to_u64(value, INT64_MAX, &r->entry->message_bytes);
}

static bool take_sha256(struct reading *r, struct span value)
{
    uint8_t digest[HASH_SHA256_SIZE];

    if (!hash_unhex(value, digest, sizeof(digest)))
        return false;
    memcpy(r->entry->sha256, value.ptr, 64);
    return true;
}

static bool take_kept(struct reading *r, struct span value)
{
    r->text->is_kept = span_is(value, "yes");
    return r->text->is_kept || span_is(value, "no ");
}

static const struct {
    const char *name;
    bool (*take)(struct reading *r, struct span value);
} number_lines[] = {
    {"Id", take_id},
    {"Time", take_time},
    {"Revision", take_revision},
    {"Message-Bytes", take_bytes},
    {"Message-Sha256", take_sha256},
    {"Message-Kept", take_kept},
};
#define NUMBER_LINES (sizeof(number_lines) / sizeof(*number_lines))
#define ALL_SEEN     ((1u << NUMBER_LINES) - 1)

static bool take_recipient(struct reading *r, struct span value)
{
    struct quarantine_entry *entry = r->entry;

    if (entry->recipient_count == QUARANTINE_MAX_RECIPIENTS)
        return false;
    if (entry->recipient_count == r->recipient_room) {
        size_t room = r->recipient_room == 0 ? 8 : 2 * r->recipient_room;
        struct span *more = arena_array(r->arena, room, sizeof(*more));

        if (r->recipient_room > 0)
            memcpy(more, r->recipients, r->recipient_room * sizeof(*more));
        r->recipients = more;
        r->recipient_room = room;
        entry->recipients = more;
    }
    return unescape(r->arena, value, &r->recipients[entry->recipient_count++]);
}

static bool take_line(struct reading *r, struct span name, struct span value)
{
    if (span_is(name, "Recipient"))
        return take_recipient(r, value);
    for (size_t i = 0; i < NUMBER_LINES; i++)
        if (span_is(name, number_lines[i].name)) {
            bool is_first = (r->seen & 1u << i) == 0;

            r->seen |= 1u << i;
            return is_first && number_lines[i].take(r, value);
        }
    for (size_t i = 0; i < FIELDS; i++)
        if (span_is(name, fields[i].name))
            return field_of(r->entry, i)->ptr == NULL &&
                   unescape(r->arena, value, field_of(r->entry, i));
    return true;
}

/* Line by line to the blank one. */
static int read_lines(struct reading *r, struct span bytes, struct err *err)
{
    struct span rest = bytes;

    for (size_t number = 1; rest.len > 0; number++) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        struct span line = span_from(rest.ptr, end == NULL ? 0 : (size_t)(end - rest.ptr));
        size_t colon;

        if (end == NULL)
            break;
        rest = span_from(end + 1, rest.len - line.len - 1);
        if (line.len == 0) {
            r->text->header_bytes = bytes.len - rest.len;
            return 0;
        }
        if (!span_find(line, SPAN(": "), &colon) ||
            !take_line(r, span_from(line.ptr, colon),
                       span_from(line.ptr + colon + 2, line.len - colon - 2)))
            return err_set(err, "line %zu of the quarantine file is damaged", number);
    }
    return err_set(err, "the quarantine file has no end of its header");
}

int quarantine_text_parse(struct span bytes, struct arena *arena,
                          struct quarantine_entry *entry_r, struct quarantine_text *text_r,
                          struct err *err)
{
    struct reading reading = {.arena = arena, .entry = entry_r, .text = text_r};

    *entry_r = (struct quarantine_entry){0};
    *text_r = (struct quarantine_text){0};
    if (bytes.len > QUARANTINE_MAX_HEADER)
        bytes.len = QUARANTINE_MAX_HEADER;
    if (!span_starts(bytes, SPAN(FIRST_LINE)))
        return err_set(err, "this is no quarantine file of this version");
    if (read_lines(&reading, bytes, err) < 0)
        return -1;
    if (reading.seen != ALL_SEEN)
        return err_set(err, "the header of the quarantine file lacks lines");
    return 0;
}
