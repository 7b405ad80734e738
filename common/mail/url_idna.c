/* International host names as browsers read them: UTS 46 without the rules that only registries keep. libidn2 keeps those (no symbols, no hyphens at
 * the ends, characters only in their context), so of a label that it refuses each character is asked for, and what it refuses alone stays as it is. */
#include <idn2.h>

#include "base/utf8.h"
#include "mail/punycode.h"
#include "mail/url_host.h"

#define A_PREFIX "xn--"

struct range {
    uint32_t low, high;
};

/* UTS 46 "ignored"; the joiners U+200C and U+200D are not: scripts need them. */
static const struct range ignored[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x180b, 0x180d},   {0x180f, 0x180f},
    {0x200b, 0x200b}, {0x2060, 0x2060},   {0x2064, 0x2064},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff}, {0x1bca0, 0x1bca3}, {0xe0100, 0xe01ef},
};

/* Pictures of dots, and of numbers with a dot: forbidden because they look like the end of a label. */
static const struct range dotted[] = {
    {0x2024, 0x2026}, {0x2488, 0x249b}, {0xfe52, 0xfe52}, {0x1f100, 0x1f100}};

static bool is_in(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].low && code <= ranges[i].high)
            return true;
    return false;
}

bool url_is_ignored(uint32_t code)
{
    return is_in(ignored, sizeof(ignored) / sizeof(ignored[0]), code);
}

/* May a character that libidn2 refuses stand in a host all the same? */
static bool is_symbol(uint32_t code)
{
    return utf8_is_printable(code) && !is_in(dotted, sizeof(dotted) / sizeof(dotted[0]), code);
}

static bool is_dot(uint32_t code)
{
    return code == '.' || code == 0x3002 || code == 0xff0e || code == 0xff61;
}

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

/* A label, mapped. */
struct label {
    uint32_t code[PUNYCODE_MAX];
    size_t count;
    size_t last; /* where what became of the last character begins */
};

/* Some characters are mapped to ASCII that browsers forbid. */
static bool may_stand(uint32_t code)
{
    return code > ' ' && code != 0x7f &&
           (code > 0x7f || strchr("#/:<>?@[\\]^|%.", (int)code) == NULL);
}

static bool add_codes(struct label *label, struct span utf8)
{
    label->last = label->count;
    while (utf8.len > 0) {
        uint32_t code = utf8_next(&utf8);

        if (label->count == PUNYCODE_MAX || !may_stand(code))
            return false;
        label->code[label->count++] = code;
    }
    return true;
}

/* What libidn2 makes of these characters; its code. */
static int look_up(struct span utf8, char out_r[DOMAIN_SIZE])
{
    char text[DOMAIN_SIZE];
    uint8_t *found = NULL;
    int code;

    out_r[0] = '\0';
    if (utf8.len >= sizeof(text))
        return IDN2_TOO_BIG_LABEL;
    memcpy(text, utf8.ptr, utf8.len);
    text[utf8.len] = '\0';
    code = idn2_lookup_u8((const uint8_t *)text, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (code == IDN2_OK && strlen((const char *)found) < DOMAIN_SIZE)
        memcpy(out_r, found, strlen((const char *)found) + 1);
    idn2_free(found);
    return code;
}

/* One or two characters, in lower case and composed. False when libidn2 refuses them. */
static bool map(struct span utf8, struct str *out)
{
    char ascii[DOMAIN_SIZE];

    str_reset(out);
    if (look_up(utf8, ascii) != IDN2_OK)
        return false;
    if (!span_starts(span_of(ascii), SPAN(A_PREFIX)))
        str_adds(out, ascii);
    else if (!domain_unicode(ascii, out))
        return false;
    return true;
}

/* One character of a label that was refused as a whole. before: that before it, empty at the beginning. */
static bool add_character(struct label *label, struct span character, struct span before,
                          struct str *mapped)
{
    struct span rest = character, both = span_from(before.ptr, before.len + character.len);

    if (map(character, mapped))
        return add_codes(label, str_span(mapped));
    if (!is_symbol(utf8_next(&rest)))
        return false;
    /* A mark that makes another letter of the one before it. */
    if (before.len > 0 && !is_ascii(character) && map(both, mapped)) {
        label->count = label->last;
        return add_codes(label, str_span(mapped));
    }
    return add_codes(label, character);
}

static bool map_label(struct span text, struct label *label, struct str *mapped)
{
    struct span before = span_from(text.ptr, 0), rest = text;

    while (rest.len > 0) {
        struct span character = rest;
        uint32_t code = utf8_next(&rest);

        character.len -= rest.len;
        if (code == UTF8_BAD || code == UTF8_REPLACEMENT ||
            !add_character(label, character, before, mapped))
            return false;
        before = character;
    }
    return true;
}

/* Is a label refused for what browsers refuse too? */
static bool is_final(int code)
{
    static const int codes[] = {IDN2_BIDI, IDN2_TOO_BIG_LABEL, IDN2_TOO_BIG_DOMAIN,
                                IDN2_PUNYCODE_BIG_OUTPUT, IDN2_ENCODING_ERROR};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (code == codes[i])
            return true;
    return false;
}

/* Nothing may be left above ASCII: "-" and a full-width letter. */
static bool put_label(const struct label *label, char out_r[DOMAIN_SIZE])
{
    size_t ascii = 0;

    for (; ascii < label->count && label->code[ascii] < 0x80; ascii++)
        out_r[ascii] = (char)label->code[ascii];
    out_r[ascii] = '\0';
    if (ascii == label->count)
        return true;
    memcpy(out_r, A_PREFIX, sizeof(A_PREFIX));
    return punycode_encode(label->code, label->count, out_r + sizeof(A_PREFIX) - 1);
}

/* Writes one label of text as ASCII. */
static bool label_ascii(struct span text, char out_r[DOMAIN_SIZE])
{
    struct label label = {.count = 0};
    struct str mapped = STR_EMPTY;
    bool is_fine;
    int code;

    if (is_ascii(text)) {
        memcpy(out_r, text.ptr, text.len);
        out_r[text.len] = '\0';
        return true;
    }
    code = look_up(text, out_r);
    if (code == IDN2_OK || is_final(code))
        return code == IDN2_OK;
    is_fine = map_label(text, &label, &mapped) && put_label(&label, out_r);
    str_clear(&mapped);
    return is_fine;
}

/* Takes the bytes before the next dot of any kind off *rest; false when the walk is over. */
static bool cut_label(struct span *rest, struct span *label_r)
{
    struct span after = *rest;

    *label_r = *rest;
    if (rest->ptr == NULL)
        return false;
    while (after.len > 0) {
        size_t at = rest->len - after.len;

        if (!is_dot(utf8_next(&after)))
            continue;
        label_r->len = at;
        *rest = after;
        return true;
    }
    *rest = (struct span){NULL, 0};
    return true;
}

bool url_idna(struct span utf8, char out_r[DOMAIN_SIZE])
{
    struct span rest = utf8, label;
    size_t len = 0;

    if (memchr(utf8.ptr, '\0', utf8.len) != NULL)
        return false;
    if (domain_normalize(utf8, out_r))
        return true;
    while (cut_label(&rest, &label)) {
        char ascii[DOMAIN_SIZE];
        size_t more;

        if (label.len >= DOMAIN_SIZE || !label_ascii(label, ascii))
            return false;
        more = strlen(ascii);
        if (len + more + 2 > DOMAIN_SIZE)
            return false;
        memcpy(out_r + len, ascii, more);
        len += more;
        out_r[len++] = '.';
    }
    out_r[len - 1] = '\0';
    return true;
}
