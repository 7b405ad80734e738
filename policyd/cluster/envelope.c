/* The text of a signed entry: printed, and taken apart with every line checked and bounded. */
#include "policyd/cluster/envelope.h"

#include <stdio.h>

#define FIRST_LINE     "postgate-signed 1"
#define AUTHOR_MAX     200
#define NOTE_MAX       4000
#define CLUSTER_MAX    255
#define SUBJECT_MAX    80
#define HEADER_MAX     (32 * 1024) /* all lines before the payload */
#define LINES_MAX      100
#define SIGNATURE_WORD "signature "
#define SIGNATURE_LINE (sizeof(SIGNATURE_WORD) - 1 + 2 * SIGN_SIZE + 1)

/* A hash as we write it; other spellings would give one entry two hashes. */
static bool is_hash(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
            return false;
    return s.len == ENVELOPE_HASH_SIZE - 1;
}

static bool is_subject(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') ||
              (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '_' || s.ptr[i] == '-' ||
              s.ptr[i] == '.' || s.ptr[i] == '/'))
            return false;
    return s.len >= 1 && s.len <= SUBJECT_MAX;
}

static bool is_line(struct span s, size_t max)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    return s.len <= max;
}

static bool copy_hash(struct span value, char hash_r[ENVELOPE_HASH_SIZE])
{
    if (!is_hash(value))
        return false;
    memcpy(hash_r, value.ptr, value.len);
    hash_r[value.len] = '\0';
    return true;
}

/* One line, whatever was given: line ends of a note are written \n, other control characters become blanks. */
static void print_text(struct str *out, struct span text, size_t max, bool is_note)
{
    for (size_t i = 0, from = out->len; i < text.len && out->len - from < max - 1; i++) {
        char c = text.ptr[i];

        if (is_note && (c == '\n' || c == '\\'))
            str_adds(out, c == '\n' ? "\\n" : "\\\\");
        else
            str_addc(out, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : c);
    }
}

static void print_header(struct str *out, const struct envelope *e)
{
    str_printf(out, FIRST_LINE "\ncluster %.*s\nsubject %.*s\nnumber %llu\nparent %s\n",
               SPAN_ARG(e->cluster), SPAN_ARG(e->subject), (unsigned long long)e->number,
               e->parent[0] != '\0' ? e->parent : "-");
    str_printf(out, "base %llu\ntime %lld\nauthor ", (unsigned long long)e->base,
               (long long)e->time_ms);
    print_text(out, e->author, AUTHOR_MAX, false);
    if (e->note.len > 0) {
        str_adds(out, "\nnote ");
        print_text(out, e->note, NOTE_MAX, true);
    }
    if (e->language != 0)
        str_printf(out, "\nlanguage %u", e->language);
    for (size_t i = 0; i < e->supersedes_count; i++)
        str_printf(out, "\nsupersedes %s", e->supersedes[i]);
    str_printf(out, "\nsigner %s\nlength %zu\n\n", e->signer, e->payload.len);
}

static int check_fields(const struct envelope *e, struct err *err)
{
    if (e->cluster.len == 0 || !is_line(e->cluster, CLUSTER_MAX))
        return err_set(err, "an entry needs the name of its cluster, at most %d bytes",
                       CLUSTER_MAX);
    if (!is_subject(e->subject))
        return err_set(err, "the subject of an entry has 1 to %d letters, digits, - _ . or /",
                       SUBJECT_MAX);
    if (e->number == 0 || e->base == 0 || e->base > e->number || e->number > INT64_MAX)
        return err_set(err, "entry %llu cannot have the base %llu",
                       (unsigned long long)e->number, (unsigned long long)e->base);
    if (e->parent[0] == '\0' && e->base != e->number)
        return err_set(err, "an entry without a parent must be its own base");
    if (e->payload.len > ENVELOPE_MAX_BYTES - HEADER_MAX)
        return err_set(err,
                       "a payload of %zu bytes is too long for one entry; it goes in parts",
                       e->payload.len);
    return 0;
}

int envelope_sign(struct str *out, struct envelope *e, const struct sign_key *key,
                  struct err *err)
{
    size_t from = out->len;
    uint8_t signature[SIGN_SIZE];

    if (check_fields(e, err) < 0)
        return -1;
    sign_id(key->public, e->signer);
    print_header(out, e);
    str_add(out, e->payload);
    str_addc(out, '\n');
    sign_bytes(key, span_from(out->ptr + from, out->len - from), signature);
    str_adds(out, SIGNATURE_WORD);
    hash_hex(out, signature, sizeof signature);
    str_addc(out, '\n');
    hash_sha256_hex(span_from(out->ptr + from, out->len - from), e->hash);
    return 0;
}

/* A header line while reading; each of the table at most once, but for supersedes. */
struct reading {
    struct envelope *e;
    uint64_t length;
};

static bool read_cluster(struct reading *r, struct span value)
{
    r->e->cluster = value;
    return value.len > 0 && value.len <= CLUSTER_MAX;
}

static bool read_subject(struct reading *r, struct span value)
{
    r->e->subject = value;
    return is_subject(value);
}

static bool read_number(struct reading *r, struct span value)
{
    return span_to_u64(value, INT64_MAX, &r->e->number) && r->e->number > 0;
}

static bool read_parent(struct reading *r, struct span value)
{
    return span_is(value, "-") || copy_hash(value, r->e->parent);
}

static bool read_base(struct reading *r, struct span value)
{
    return span_to_u64(value, INT64_MAX, &r->e->base) && r->e->base > 0;
}

static bool read_time(struct reading *r, struct span value)
{
    uint64_t time;
    bool is_good = span_to_u64(value, INT64_MAX, &time);

    r->e->time_ms = is_good ? (int64_t)time : 0;
    return is_good;
}

static bool read_author(struct reading *r, struct span value)
{
    r->e->author = value;
    return value.len <= AUTHOR_MAX;
}

/* Kept where it was until all is read: `own` may still move. */
static bool read_note(struct reading *r, struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        if (c == '\\') {
            if (++i == value.len || (value.ptr[i] != 'n' && value.ptr[i] != '\\'))
                return false;
            c = value.ptr[i] == 'n' ? '\n' : '\\';
        }
        str_addc(&r->e->own, c);
    }
    r->e->note = str_span(&r->e->own);
    return value.len <= NOTE_MAX;
}

static bool read_language(struct reading *r, struct span value)
{
    uint64_t language;
    bool is_good = span_to_u64(value, UINT16_MAX, &language);

    r->e->language = is_good ? (unsigned)language : 0;
    return is_good;
}

static bool read_supersedes(struct reading *r, struct span value)
{
    struct envelope *e = r->e;

    return e->supersedes_count < ENVELOPE_MAX_SUPERSEDES &&
           copy_hash(value, e->supersedes[e->supersedes_count++]);
}

static bool read_signer(struct reading *r, struct span value)
{
    if (value.len != SIGN_ID_SIZE - 1)
        return false;
    memcpy(r->e->signer, value.ptr, value.len);
    r->e->signer[value.len] = '\0';
    return true;
}

static bool read_length(struct reading *r, struct span value)
{
    return span_to_u64(value, ENVELOPE_MAX_BYTES, &r->length);
}

static const struct header_line {
    const char *name;
    bool (*read)(struct reading *reading, struct span value);
    bool is_needed, may_repeat;
    const char *what; /* would be right */
} lines[] = {
    {"cluster", read_cluster, true, false, "a name of at most 255 bytes"},
    {"subject", read_subject, true, false, "1 to 80 letters, digits, - _ . or /"},
    {"number", read_number, true, false, "a number from 1"},
    {"parent", read_parent, true, false, "64 hexadecimal digits in lower case, or -"},
    {"base", read_base, true, false, "a number from 1"},
    {"time", read_time, true, false, "milliseconds since 1970"},
    {"author", read_author, true, false, "at most 200 bytes"},
    {"note", read_note, false, false, "at most 4000 bytes, with \\n and \\\\"},
    {"language", read_language, false, false, "a number"},
    {"supersedes", read_supersedes, false, true,
     "64 hexadecimal digits in lower case, 8 times at most"},
    {"signer", read_signer, true, false, "16 hexadecimal digits"},
    {"length", read_length, true, false, "a number of bytes"},
};
#define LINES (sizeof lines / sizeof *lines)

static int read_line(struct reading *reading, struct span line, unsigned *seen, struct err *err)
{
    struct span value = line, name;

    span_cut(&value, ' ', &name);
    if (value.ptr == NULL || name.len == 0 || !is_line(line, HEADER_MAX))
        return err_set(err, "a line before the payload is not NAME VALUE");
    for (size_t i = 0; i < LINES; i++) {
        if (!span_is(name, lines[i].name))
            continue;
        if ((*seen & 1u << i) != 0 && !lines[i].may_repeat)
            return err_set(err, "%s stands there twice", lines[i].name);
        *seen |= 1u << i;
        if (!lines[i].read(reading, value))
            return err_set(err, "%s: that must be %s", lines[i].name, lines[i].what);
    }
    return 0;
}

static int check_needed(unsigned seen, struct err *err)
{
    for (size_t i = 0; i < LINES; i++)
        if (lines[i].is_needed && (seen & 1u << i) == 0)
            return err_set(err, "the line %s is missing", lines[i].name);
    return 0;
}

/* Leaves *rest at the payload. */
static int read_header(struct reading *reading, struct span *rest, struct err *err)
{
    const char *from = rest->ptr;
    struct span line;
    unsigned seen = 0;

    if (!span_cut(rest, '\n', &line) || !span_is(line, FIRST_LINE))
        return err_set(err, "not a signed entry of this version: it begins with %s",
                       FIRST_LINE);
    for (size_t count = 0; span_cut(rest, '\n', &line); count++) {
        if (rest->ptr == NULL || count == LINES_MAX || (size_t)(rest->ptr - from) > HEADER_MAX)
            return err_set(err, "the lines before the payload do not end");
        if (line.len == 0)
            return check_needed(seen, err);
        if (read_line(reading, line, &seen, err) < 0)
            return -1;
    }
    return err_set(err, "cut off before the payload");
}

static int read_tail(struct reading *reading, struct span rest, struct err *err)
{
    struct envelope *e = reading->e;
    struct span tail;

    if (rest.len != reading->length + 1 + SIGNATURE_LINE)
        return err_set(err, "the payload is not as long as the entry says");
    e->payload = span_from(rest.ptr, reading->length);
    tail = span_from(rest.ptr + reading->length, 1 + SIGNATURE_LINE);
    if (!span_starts(tail, SPAN("\n" SIGNATURE_WORD)) || tail.ptr[tail.len - 1] != '\n')
        return err_set(err, "no signature follows the payload");
    tail = span_from(tail.ptr + sizeof SIGNATURE_WORD, 2 * SIGN_SIZE);
    if (!is_hash(span_from(tail.ptr, SIGN_SIZE)) ||
        !is_hash(span_from(tail.ptr + SIGN_SIZE, SIGN_SIZE)))
        return err_set(err, "the signature is not %d hexadecimal digits in lower case",
                       2 * SIGN_SIZE);
    return check_fields(e, err);
}

int envelope_parse(struct span bytes, struct envelope *e_r, struct err *err)
{
    struct reading reading = {.e = e_r};
    struct span rest = bytes;

    memset(e_r, 0, sizeof *e_r);
    if (bytes.len > ENVELOPE_MAX_BYTES)
        return err_set(err, "an entry of %zu bytes; at most %d are read", bytes.len,
                       ENVELOPE_MAX_BYTES);
    if (read_header(&reading, &rest, err) < 0 || read_tail(&reading, rest, err) < 0) {
        envelope_clear(e_r);
        return -1;
    }
    hash_sha256_hex(bytes, e_r->hash);
    return 0;
}

bool envelope_verify(struct span bytes, const struct envelope *e,
                     const uint8_t public_key[SIGN_PUBLIC_SIZE])
{
    uint8_t signature[SIGN_SIZE];
    char signer[SIGN_ID_SIZE];
    size_t text = bytes.len - SIGNATURE_LINE;

    sign_id(public_key, signer);
    return bytes.len > SIGNATURE_LINE && strcmp(signer, e->signer) == 0 &&
           hash_unhex(span_from(bytes.ptr + text + sizeof SIGNATURE_WORD - 1, 2 * SIGN_SIZE),
                      signature, SIGN_SIZE) &&
           sign_verify(public_key, span_from(bytes.ptr, text), signature);
}

void envelope_clear(struct envelope *e)
{
    str_clear(&e->own);
}
