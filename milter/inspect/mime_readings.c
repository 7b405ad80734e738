/* mime_readings.c - the value of one Content-* field, read for names in every way that some program may: by the grammar, without it,
 * with its folding taken away, with encoded-words decoded first. */
#include "milter/inspect/mime_state.h"
#include "milter/inspect/charsets.h"
#include "milter/inspect/mime_params.h"
#include "milter/inspect/mime_words.h"

#define NEAR_MAX 256 /* bytes between "name" and its "=" */

static const char *const params[] = {"filename", "name"};

static void add_percent(struct str *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool is_code = text.ptr[i] == '%' && text.len - i > 2 &&
                       hex_value(text.ptr[i + 1]) >= 0 && hex_value(text.ptr[i + 2]) >= 0;
        str_addc(out, is_code
                          ? (char)(hex_value(text.ptr[i + 1]) << 4 | hex_value(text.ptr[i + 2]))
                          : text.ptr[i]);
        i += is_code ? 2 : 0;
    }
}

/* "charset'language'" in front of the first piece (RFC 2231 section 4): taken off. */
static struct span cut_charset(struct span *text)
{
    struct span rest = *text, charset, language;

    if (!span_cut(&rest, '\'', &charset) || rest.ptr == NULL ||
        !span_cut(&rest, '\'', &language) || rest.ptr == NULL)
        return (struct span){"", 0};
    *text = rest;
    return charset;
}

static void add_in_charset(struct mime_state *s, struct mime_names *names, struct span charset,
                           struct span bytes)
{
    struct str utf8 = STR_EMPTY;

    if (charset.len == 0 || charsets_to_utf8(&utf8, charset, bytes))
        mime_names_add_decoded(s, names, charset.len == 0 ? bytes : str_span(&utf8));
    else
        names->uninspected = "a name in an unknown character set";
    mime_names_add(s, names, bytes);
    str_clear(&utf8);
}

/* Of each number its piece: of one that is there twice the first, or the last. True when there is one. */
static bool find_pieces(const struct field *field, const char *name, bool is_last,
                        const struct param *pieces_r[PARAM_SECTIONS_MAX + 1])
{
    bool is_double = false;

    memset(pieces_r, 0, (PARAM_SECTIONS_MAX + 1) * sizeof *pieces_r);
    for (size_t i = 0; i < field->count; i++) {
        const struct param *param = &field->params[i];
        if (param->section < 0 || !span_is(param->name, name))
            continue;
        is_double |= pieces_r[param->section] != NULL;
        if (pieces_r[param->section] == NULL || is_last)
            pieces_r[param->section] = param;
    }
    return is_double;
}

static void join(struct mime_state *s, struct mime_names *names,
                 const struct param *const pieces[PARAM_SECTIONS_MAX + 1], bool is_shorter)
{
    struct str joined = STR_EMPTY;
    struct span charset = {"", 0};

    for (size_t i = 0; i <= PARAM_SECTIONS_MAX; i++) {
        struct span text;
        if (pieces[i] == NULL)
            continue;
        text = is_shorter ? pieces[i]->shorter : pieces[i]->value;
        if (pieces[i]->is_extended && joined.len == 0 && charset.len == 0)
            charset = cut_charset(&text);
        if (pieces[i]->is_extended)
            add_percent(&joined, text);
        else
            str_add(&joined, text);
    }
    if (joined.len > 0)
        add_in_charset(s, names, charset, str_span(&joined));
    str_clear(&joined);
}

/* Pieces joined in the order of their numbers, whether or not one is missing. */
static void join_pieces(struct mime_state *s, struct mime_names *names,
                        const struct field *field, const char *name, bool is_last)
{
    const struct param *pieces[PARAM_SECTIONS_MAX + 1];

    if (find_pieces(field, name, is_last, pieces))
        names->uninspected = "a name with a piece that is there twice";
    join(s, names, pieces, false);
    join(s, names, pieces, true);
}

static void add_extended(struct mime_state *s, struct mime_names *names, struct span text)
{
    struct str decoded = STR_EMPTY;
    struct span charset = cut_charset(&text);

    add_percent(&decoded, text);
    add_in_charset(s, names, charset, str_span(&decoded));
    str_clear(&decoded);
}

static void add_param(struct mime_state *s, struct mime_names *names, const struct param *param)
{
    mime_names_add_decoded(s, names, param->shorter);
    mime_names_add_decoded(s, names, param->value);
    if (!param->is_extended)
        return;
    add_extended(s, names, param->shorter);
    add_extended(s, names, param->value);
}

/* Pieces by themselves are no names, but somebody reads the last one's extension; joined they all count. */
static void add_field(struct mime_state *s, struct mime_names *names, const struct field *field)
{
    for (size_t p = 0; p < sizeof params / sizeof *params; p++) {
        bool has_pieces = false;
        for (size_t i = 0; i < field->count; i++) {
            const struct param *param = &field->params[i];
            if (!span_is(param->name, params[p]))
                continue;
            if (param->section < 0)
                add_param(s, names, param);
            has_pieces |= param->section >= 0;
        }
        if (has_pieces) {
            join_pieces(s, names, field, params[p], false);
            join_pieces(s, names, field, params[p], true);
        }
    }
}

/* What stands between "name" and "=": "*" (RFC 2231), "*1*". */
enum marks { MARKS_NONE = 1, MARKS_STAR, MARKS_PIECE };

/* May this stand between "name" and "="? Notes what it says of the name. */
static bool may_stand(char c, enum marks *marks)
{
    if (c == '*' && *marks == MARKS_NONE)
        *marks = MARKS_STAR;
    else if (*marks != MARKS_NONE && g_ascii_isalnum(c))
        *marks = MARKS_PIECE;
    else
        return c == ' ' || c == '\t' || c == '+' || c == '-' || c == '*';
    return true;
}

/* Blanks, comments and the numbers and stars of pieces between "name" and "=". Gives what stands behind the "=". */
static bool find_value(struct span rest, enum marks *marks_r, struct span *value_r)
{
    size_t depth = 0, i;

    *marks_r = MARKS_NONE;
    for (i = 0; i < rest.len && i < NEAR_MAX; i++) {
        char c = rest.ptr[i];
        if (c == '(')
            depth++;
        else if (c == ')' && depth > 0)
            depth--;
        else if (depth == 0 && c == '=')
            break;
        else if (depth == 0 && !may_stand(c, marks_r))
            return false;
    }
    if (i == rest.len || i == NEAR_MAX)
        return false;
    while (i < rest.len && strchr("= \t", rest.ptr[i]) != NULL && rest.ptr[i] != '\0')
        i++;
    if (i < rest.len && rest.ptr[i] == '=' && i + 1 < rest.len && rest.ptr[i + 1] == '?')
        i--;
    *value_r = span_skip(rest, i);
    return true;
}

/* Past a comment in front of a value. */
static struct span without_comment(struct span value)
{
    const char *end =
        value.len > 0 && *value.ptr == '(' ? memchr(value.ptr, ')', value.len) : NULL;

    return end == NULL
               ? value
               : span_trim(span_from(end + 1, value.len - (size_t)(end + 1 - value.ptr)));
}

static struct span up_to(struct span text, const char *ends)
{
    size_t len = 0;

    while (len < text.len && (text.ptr[len] == '\0' || strchr(ends, text.ptr[len]) == NULL))
        len++;
    return span_from(text.ptr, len);
}

struct loose {
    struct span value, shorter; /* up to its end by the grammar, and to its first blank */
    struct span rest;           /* all that follows */
};

static struct loose loose_value(struct span rest)
{
    bool is_quoted = rest.len > 0 && *rest.ptr == '"';
    struct loose loose = {.rest = rest};

    loose.value = is_quoted ? up_to(span_skip(rest, 1), "\"") : up_to(rest, ";");
    loose.shorter = is_quoted ? loose.value : up_to(loose.value, " \t(");
    return loose;
}

static void add_loose(struct mime_state *s, struct mime_names *names, const struct loose *loose,
                      bool is_odd)
{
    mime_names_add_decoded(s, names, loose->value);
    mime_names_add_decoded(s, names, loose->shorter);
    if (is_odd) {
        mime_names_add_decoded(s, names, up_to(loose->rest, ";"));
        mime_names_add_decoded(s, names, loose->rest);
    }
}

/* A piece is no name, but what some program joins to one. */
static void add_piece(struct str *joined, struct span piece, struct span *charset)
{
    struct span found = cut_charset(&piece);

    if (found.len > 0)
        *charset = found;
    add_percent(joined, piece);
}

/* Wherever "name=" stands in the text, outside of any grammar: a missing semicolon, a comment, a quote that is not closed. What may be
 * pieces is joined as it comes. */
static void add_anywhere(struct mime_state *s, struct mime_names *names, struct span text,
                         bool is_odd)
{
    struct str joined = STR_EMPTY;
    struct span charset = {"", 0};

    for (size_t i = 0; i + 5 < text.len && names->uninspected == NULL; i++) {
        struct span rest = span_skip(text, i);
        struct loose loose;
        enum marks marks;
        if (!span_istarts(rest, SPAN("name")) || !find_value(span_skip(rest, 4), &marks, &rest))
            continue;
        loose = loose_value(without_comment(rest));
        if (marks != MARKS_PIECE)
            add_loose(s, names, &loose, is_odd);
        if (marks != MARKS_NONE)
            add_piece(&joined, loose.shorter, &charset);
    }
    if (joined.len > 0 && names->uninspected == NULL)
        add_in_charset(s, names, charset, str_span(&joined));
    str_clear(&joined);
}

static void read_text(struct mime_state *s, struct mime_names *names, struct span text)
{
    struct arena *scratch = arena_new(); /* a message may have thousands of fields */
    struct field field;

    params_read(scratch, text, s->request->limits.parameters, &field);
    s->is_broken |= field.is_odd;
    if (field.is_too_long)
        names->uninspected = "too many parameters";
    add_field(s, names, &field);
    add_anywhere(s, names, text, field.is_odd);
    arena_free(&scratch);
}

/* Line ends and the blanks after them gone; those that stand where blanks may stand make no difference. */
static void read_joined(struct mime_state *s, struct mime_names *names, struct span raw)
{
    struct str text = STR_EMPTY;
    bool is_folded = false, is_in_value = false;

    for (size_t i = 0; i < raw.len; i++) {
        bool is_end = raw.ptr[i] == '\r' || raw.ptr[i] == '\n';
        if (is_end && !is_folded)
            is_in_value |= text.len > 0 && text.ptr[text.len - 1] != ';' && i + 2 < raw.len;
        is_folded = is_end || (is_folded && (raw.ptr[i] == ' ' || raw.ptr[i] == '\t'));
        if (!is_folded)
            str_addc(&text, raw.ptr[i]);
    }
    if (is_in_value)
        read_text(s, names, span_trim(str_span(&text)));
    str_clear(&text);
}

/* Controls as blanks. */
static void read_blanked(struct mime_state *s, struct mime_names *names, struct span text)
{
    struct str blanked = STR_EMPTY;
    bool is_other = false;

    for (size_t i = 0; i < text.len; i++) {
        bool is_control = (unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t';
        str_addc(&blanked, is_control ? ' ' : text.ptr[i]);
        is_other |= is_control;
    }
    if (is_other)
        read_text(s, names, str_span(&blanked));
    str_clear(&blanked);
}

void mime_names_read(struct mime_state *s, struct mime_names *names, struct span raw)
{
    struct str text = STR_EMPTY, decoded = STR_EMPTY;
    size_t at;

    if (raw.len > MIME_VALUE_MAX) {
        names->uninspected = "a header is too large";
        raw.len = MIME_VALUE_MAX;
    }
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] != '\r' && raw.ptr[i] != '\n')
            str_addc(&text, raw.ptr[i]);
    read_text(s, names, span_trim(str_span(&text)));
    read_joined(s, names, raw);
    read_blanked(s, names, str_span(&text));
    if (span_find(str_span(&text), SPAN("=?"), &at)) {
        (void)words_decode(&decoded, str_span(&text));
        read_text(s, names, str_span(&decoded));
    }
    str_clear(&text);
    str_clear(&decoded);
}
