/* authres_read.c - Authentication-Results as results and properties. */
#include "mail/authres_read.h"

#include "mail/authres_scan.h"

struct reading {
    struct authres_scan scan;
    struct arena *arena;
    struct err *err;
};

static bool is_at_end(const struct reading *r)
{
    return r->scan.rest.len == 0 || r->scan.rest.ptr[0] == ';';
}

static bool is_next(const struct reading *r, char c)
{
    return r->scan.rest.len > 0 && r->scan.rest.ptr[0] == c;
}

/* Quoted-pairs undone, line ends dropped. */
static struct span unquote(struct arena *arena, struct span inside)
{
    char *text = arena_alloc(arena, inside.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < inside.len; i++) {
        i += inside.ptr[i] == '\\' && i + 1 < inside.len;
        if (inside.ptr[i] != '\r' && inside.ptr[i] != '\n')
            text[len++] = inside.ptr[i];
    }
    return span_from(text, len);
}

/* RFC 2045's value: a token or a quoted-string. */
static struct span take_value(struct reading *r)
{
    authres_skip_cfws(&r->scan);
    if (is_next(r, '"'))
        return unquote(r->arena, authres_quoted(&r->scan));
    return authres_token(&r->scan);
}

static bool is_keyword_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_';
}

/* RFC 8601's Keyword, and underscores as some write. */
static struct span take_keyword(struct reading *r)
{
    struct span word;
    size_t len = 0;

    authres_skip_cfws(&r->scan);
    while (len < r->scan.rest.len && is_keyword_byte(r->scan.rest.ptr[len]))
        len++;
    word = span_from(r->scan.rest.ptr, len);
    authres_skip(&r->scan, len);
    authres_skip_cfws(&r->scan);
    return word;
}

/* Decimal, at most max; false and untouched when there is none. */
static bool take_number(struct reading *r, unsigned max, unsigned *number_r)
{
    uint64_t number;
    size_t len = 0;

    while (len < r->scan.rest.len && r->scan.rest.ptr[len] >= '0' &&
           r->scan.rest.ptr[len] <= '9')
        len++;
    if (len == 0 || !span_to_u64(span_from(r->scan.rest.ptr, len), max, &number))
        return false;
    *number_r = (unsigned)number;
    authres_skip(&r->scan, len);
    authres_skip_cfws(&r->scan);
    return true;
}

/* What nobody quotes though it is no token: a/b+c==, <>, a=b@c.example. Ends at a blank, comment, quote or semicolon. */
static struct span take_bare(struct reading *r)
{
    struct span bare;
    size_t len = 0;

    while (len < r->scan.rest.len && strchr(" \t\r\n;(\"", r->scan.rest.ptr[len]) == NULL)
        len++;
    bare = span_from(r->scan.rest.ptr, len);
    authres_skip(&r->scan, len);
    return bare;
}

static struct span join(struct arena *arena, struct span a, struct span b)
{
    char *text = arena_alloc(arena, a.len + b.len + 1);

    memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, b.ptr, b.len);
    return span_from(text, a.len + b.len);
}

/* Also "local part"@domain. */
static struct span take_property_value(struct reading *r)
{
    struct span value;

    authres_skip_cfws(&r->scan);
    if (!is_next(r, '"'))
        return take_bare(r);
    value = unquote(r->arena, authres_quoted(&r->scan));
    return is_next(r, '@') ? join(r->arena, value, take_bare(r)) : value;
}

/* After a value: a blank, a comment, a semicolon or the end. */
static bool is_delimited(const struct reading *r)
{
    return r->scan.rest.len == 0 || strchr(" \t\r\n;(", r->scan.rest.ptr[0]) != NULL;
}

static int read_property(struct reading *r, struct authres_result *result,
                         struct authres_property *property)
{
    property->type = take_keyword(r);
    if (span_iequal(property->type, SPAN("reason")) && authres_take(&r->scan, '=')) {
        result->reason = take_value(r);
        return is_delimited(r) ? 0 : err_set(r->err, "a reason does not read");
    }
    if (property->type.len == 0 || !authres_take(&r->scan, '.'))
        return err_set(r->err, "a property is not TYPE.NAME=VALUE");
    property->name = take_keyword(r);
    if (property->name.len == 0 || !authres_take(&r->scan, '='))
        return err_set(r->err, "a property is not TYPE.NAME=VALUE");
    property->value = take_property_value(r);
    return is_delimited(r) ? 1 : err_set(r->err, "the value of a property does not read");
}

/* The result's word and what follows, up to its semicolon or the end. */
static int read_resinfo(struct reading *r, struct authres_result *result)
{
    struct authres_property found[AUTHRES_PROPERTIES_MAX];
    struct authres_property *copy;
    int state;

    authres_skip_cfws(&r->scan);
    result->result = authres_token(&r->scan);
    if (result->result.len == 0 || !is_delimited(r))
        return err_set(r->err, "a result is no word");
    for (authres_skip_cfws(&r->scan); !is_at_end(r); authres_skip_cfws(&r->scan)) {
        if (result->property_count == AUTHRES_PROPERTIES_MAX)
            return err_set(r->err, "a result has more than %d properties",
                           AUTHRES_PROPERTIES_MAX);
        state = read_property(r, result, &found[result->property_count]);
        if (state < 0)
            return -1;
        result->property_count += (size_t)state;
    }
    copy = arena_array(r->arena, result->property_count + 1, sizeof *copy);
    memcpy(copy, found, result->property_count * sizeof *copy);
    result->properties = copy;
    return 0;
}

/* 1 a result, 0 "none", -1. */
static int read_result(struct reading *r, struct authres_result *result)
{
    unsigned version;

    *result = (struct authres_result){.method = take_keyword(r)};
    if (span_iequal(result->method, SPAN("none")) && r->scan.rest.len == 0)
        return 0;
    if (result->method.len > 0 && authres_take(&r->scan, '/')) {
        authres_skip_cfws(&r->scan);
        if (!take_number(r, 999, &version))
            return err_set(r->err, "a method's version is no number");
    }
    if (result->method.len == 0 || !authres_take(&r->scan, '='))
        return err_set(r->err, "a result is not METHOD=RESULT");
    return read_resinfo(r, result) < 0 ? -1 : 1;
}

static int read_results(struct reading *r, struct authres *a)
{
    struct authres_result *results =
        arena_array(r->arena, AUTHRES_RESULTS_MAX, sizeof *results);

    a->results = results;
    while (authres_take(&r->scan, ';')) {
        struct authres_result result;
        int state;

        authres_skip_cfws(&r->scan);
        if (is_at_end(r))
            continue; /* some end with a semicolon */
        state = read_result(r, &result);
        if (state < 0)
            return -1;
        if (a->count + (size_t)state > AUTHRES_RESULTS_MAX)
            return err_set(r->err, "it has more than %d results", AUTHRES_RESULTS_MAX);
        results[a->count] = result;
        a->count += (size_t)state;
    }
    return r->scan.rest.len == 0 ? 0 : err_set(r->err, "something follows the authserv-id");
}

static int read_instance(struct reading *r, struct authres *a)
{
    struct span tag = take_keyword(r);

    if (!span_iequal(tag, SPAN("i")) || !authres_take(&r->scan, '='))
        return err_set(r->err, "it does not begin with its instance, i=N");
    authres_skip_cfws(&r->scan);
    if (!take_number(r, AUTHRES_INSTANCE_MAX, &a->instance) || a->instance == 0 ||
        !authres_take(&r->scan, ';'))
        return err_set(r->err, "its instance is no number from 1 to %d", AUTHRES_INSTANCE_MAX);
    return 0;
}

static int read_head(struct reading *r, struct authres *a)
{
    a->version = 1;
    a->id = take_value(r);
    if (a->id.len == 0)
        return err_set(r->err, "there is no authserv-id");
    if (r->scan.rest.len > 0 && !is_delimited(r))
        return err_set(r->err, "the authserv-id does not read");
    authres_skip_cfws(&r->scan);
    (void)take_number(r, 999, &a->version);
    return 0;
}

static bool has_controls(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f) &&
            (s.ptr[i] == '\0' || strchr("\t\r\n", s.ptr[i]) == NULL))
            return true;
    return false;
}

static int begin(struct reading *r, struct span value)
{
    if (value.len > AUTHRES_VALUE_MAX)
        return err_set(r->err, "it has more than %d bytes", AUTHRES_VALUE_MAX);
    r->scan.rest = arena_span(r->arena, value);
    return has_controls(value) ? err_set(r->err, "it holds control characters") : 0;
}

static int end(const struct reading *r)
{
    return r->scan.is_broken ? err_set(r->err, "a comment or quotation is not closed") : 0;
}

int authres_read(struct span value, enum authres_kind kind, struct arena *arena,
                 struct authres *authres_r, struct err *err)
{
    struct reading r = {.arena = arena, .err = err};

    *authres_r = (struct authres){0};
    if (begin(&r, value) < 0 || (kind == AUTHRES_OF_ARC && read_instance(&r, authres_r) < 0))
        return -1;
    return read_head(&r, authres_r) < 0 || read_results(&r, authres_r) < 0 ? -1 : end(&r);
}

int authres_read_result(struct span text, struct arena *arena, struct authres_result *result_r,
                        struct err *err)
{
    struct reading r = {.arena = arena, .err = err};

    *result_r = (struct authres_result){0};
    if (begin(&r, text) < 0 || read_resinfo(&r, result_r) < 0)
        return -1;
    return r.scan.rest.len == 0 ? end(&r) : err_set(err, "there is more than one result");
}

struct span authres_value(const struct authres_result *result, const char *type,
                          const char *name)
{
    for (size_t i = 0; i < result->property_count; i++)
        if (span_iequal(result->properties[i].type, span_of(type)) &&
            span_iequal(result->properties[i].name, span_of(name)))
            return result->properties[i].value;
    return span_of("");
}

bool authres_is(const struct authres_result *result, const char *method, const char *word)
{
    return span_iequal(result->method, span_of(method)) &&
           (word == NULL || span_iequal(result->result, span_of(word)));
}

struct span authres_which(struct span id, struct span ids)
{
    struct span one;

    while (span_cut(&ids, ',', &one))
        if (id.len > 0 && span_iequal(id, span_trim(one)))
            return span_trim(one);
    return span_of("");
}
