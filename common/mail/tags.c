/* tags.c - tag lists: names and values between semicolons. */
#include "mail/tags.h"
#include "base/hash.h"

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* RFC 6376: ALPHA *ALNUMPUNC. */
static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!is_alpha(c) && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return name.len > 0;
}

static bool is_value(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.ptr[i] < ' ' && !is_blank(value.ptr[i])) ||
            value.ptr[i] == 0x7f)
            return false;
    return true;
}

static int read_one(struct span spec, struct tags *tags, struct err *err)
{
    struct span value = spec, name;
    bool has_value = span_cut(&value, '=', &name) && value.ptr != NULL;

    name = span_trim(name);
    if (!has_value || !is_name(name))
        return err_set(err, "not a list of tags like v=1; a=b");
    for (size_t i = 0; i < tags->count; i++)
        if (span_equal(tags->list[i].name, name))
            return err_set(err, "the tag %.*s= stands there twice", SPAN_ARG(name));
    if (tags->count == TAGS_MAX)
        return err_set(err, "more than %d tags", TAGS_MAX);
    if (!is_value(value))
        return err_set(err, "a control character in a tag");
    tags->list[tags->count++] =
        (struct tag){.name = name, .value = span_trim(value), .raw = value};
    return 0;
}

int tags_read(struct span text, struct tags *tags_r, struct err *err)
{
    struct span rest = text, spec;

    tags_r->count = 0;
    if (text.len > TAGS_TEXT_MAX)
        return err_set(err, "more than %d bytes of tags", TAGS_TEXT_MAX);
    if (span_trim(text).len == 0)
        return err_set(err, "no tags at all");
    while (span_cut(&rest, ';', &spec)) {
        bool is_end = rest.ptr == NULL && tags_r->count > 0 && span_trim(spec).len == 0;

        if (!is_end && read_one(spec, tags_r, err) < 0)
            return -1;
    }
    return 0;
}

const struct tag *tags_find(const struct tags *tags, const char *name)
{
    for (size_t i = 0; i < tags->count; i++)
        if (span_is(tags->list[i].name, name))
            return &tags->list[i];
    return NULL;
}

struct span tags_value(const struct tags *tags, const char *name, struct span otherwise)
{
    const struct tag *tag = tags_find(tags, name);

    return tag != NULL ? tag->value : otherwise;
}

bool tags_piece(struct span *rest, char sep, struct span *piece_r)
{
    if (!span_cut(rest, sep, piece_r))
        return false;
    *piece_r = span_trim(*piece_r);
    return true;
}

bool tags_has_piece(struct span value, char sep, const char *word)
{
    struct span piece;

    while (tags_piece(&value, sep, &piece))
        if (span_is(piece, word))
            return true;
    return false;
}

bool tags_base64(struct span value, struct str *out)
{
    struct str dense = STR_EMPTY;
    size_t before = out->len;
    bool is_good;

    for (size_t at = 0, run; at < value.len; at += run + 1) {
        for (run = 0; at + run < value.len && !is_blank(value.ptr[at + run]);)
            run++;
        str_add(&dense, span_from(value.ptr + at, run));
    }
    while (dense.len % 4 == 2 || dense.len % 4 == 3)
        str_addc(&dense, '=');
    is_good = dense.len > 0 && hash_unbase64(str_span(&dense), out);
    if (!is_good)
        str_truncate(out, before);
    str_clear(&dense);
    return is_good;
}
