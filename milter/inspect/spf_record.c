/* spf_record.c - the grammar of RFC 7208 section 12, term by term. */
#include <arpa/inet.h>
#include <ctype.h>
#include "milter/inspect/spf_macro.h"
#include "milter/inspect/spf_record.h"

#define ADDRESS_MAX 63 /* bytes of an address as text */
#define SHOWN_MAX   60 /* bytes of a term in an error */

enum spec_need { SPEC_NONE, SPEC_MAY, SPEC_MUST };

static const struct mechanism {
    const char *name;
    enum spf_kind kind;
    enum spec_need spec;
    bool has_prefix;
} mechanisms[] = {
    {"all", SPF_TERM_ALL, SPEC_NONE, false}, {"include", SPF_TERM_INCLUDE, SPEC_MUST, false},
    {"a", SPF_TERM_A, SPEC_MAY, true},       {"mx", SPF_TERM_MX, SPEC_MAY, true},
    {"ptr", SPF_TERM_PTR, SPEC_MAY, false},  {"ip4", SPF_TERM_IP4, SPEC_MUST, true},
    {"ip6", SPF_TERM_IP6, SPEC_MUST, true},  {"exists", SPF_TERM_EXISTS, SPEC_MUST, false},
};

static struct span after(struct span s, size_t count)
{
    return span_skip(s, count);
}

int spf_record_select(const struct dns_answer *answer, struct span *text_r)
{
    const struct span version = SPAN("v=spf1");
    int found = 0;

    for (size_t i = 0; i < answer->count && i < DNS_RECORDS_MAX; i++) {
        struct span text = answer->records[i];

        if (!span_istarts(text, version) ||
            (text.len > version.len && text.ptr[version.len] != ' '))
            continue;
        if (found++ > 0)
            return -1;
        *text_r = text;
    }
    return found;
}

/* What is wrong with a term; of the term only what can be printed. */
static int refuse(const struct spf_term *term, const char *what, struct err *err)
{
    char shown[SHOWN_MAX + 1];
    size_t len = term->text.len < SHOWN_MAX ? term->text.len : SHOWN_MAX;

    for (size_t i = 0; i < len; i++)
        shown[i] =
            (char)(term->text.ptr[i] >= ' ' && term->text.ptr[i] <= '~' ? term->text.ptr[i]
                                                                        : '?');
    shown[len] = '\0';
    return err_set(err, "%s in %s", what, shown);
}

/* "/24" taken off the end of *text: digits without a leading zero, at most most. 0 there is none; -1 one that is wrong. */
static int take_prefix(struct span *text, unsigned most, unsigned *value_r)
{
    size_t at = text->len;
    uint64_t value = 0;
    struct span digits;

    while (at > 0 && isdigit((unsigned char)text->ptr[at - 1]))
        at--;
    digits = after(*text, at);
    if (at == 0 || text->ptr[at - 1] != '/' || digits.len == 0)
        return 0;
    if ((digits.len > 1 && digits.ptr[0] == '0') || !span_to_u64(digits, most, &value))
        return -1;
    *value_r = (unsigned)value;
    text->len = at - 1;
    return 1;
}

/* dual-cidr-length: [ "/" n ] [ "//" n ]. */
static int take_prefixes(struct span *text, struct spf_term *term)
{
    size_t at = text->len;
    int found;

    while (at > 0 && isdigit((unsigned char)text->ptr[at - 1]))
        at--;
    if (at >= 2 && text->ptr[at - 1] == '/' && text->ptr[at - 2] == '/') {
        found = take_prefix(text, 128, &term->prefix6);
        if (found < 0)
            return -1;
        text->len -= found > 0; /* the other of the two slashes */
    }
    return take_prefix(text, 32, &term->prefix4) < 0 ? -1 : 0;
}

static int read_address(struct span text, struct spf_term *term, struct err *err)
{
    bool is_v4 = term->kind == SPF_TERM_IP4;
    char buf[ADDRESS_MAX + 1];

    if (take_prefix(&text, is_v4 ? 32 : 128, is_v4 ? &term->prefix4 : &term->prefix6) < 0)
        return refuse(term, "a wrong prefix length", err);
    if (text.len == 0 || text.len > ADDRESS_MAX || memchr(text.ptr, '\0', text.len) != NULL)
        return refuse(term, "no address", err);
    memcpy(buf, text.ptr, text.len);
    buf[text.len] = '\0';
    if (is_v4) {
        memcpy(term->ip.byte, (const uint8_t[12]){[10] = 0xff, [11] = 0xff}, 12);
        return inet_pton(AF_INET, buf, term->ip.byte + 12) == 1
                   ? 0
                   : refuse(term, "no IPv4 address", err);
    }
    return inet_pton(AF_INET6, buf, term->ip.byte) == 1 ? 0
                                                        : refuse(term, "no IPv6 address", err);
}

/* What follows a mechanism's name: [ ":" domain-spec ] [ dual-cidr-length ]. */
static int read_argument(const struct mechanism *mechanism, struct span rest,
                         struct spf_term *term, struct err *err)
{
    bool is_address = term->kind == SPF_TERM_IP4 || term->kind == SPF_TERM_IP6;

    term->prefix4 = 32;
    term->prefix6 = 128;
    if (mechanism->has_prefix && !is_address && take_prefixes(&rest, term) < 0)
        return refuse(term, "a wrong prefix length", err);
    if (rest.len == 0)
        return mechanism->spec == SPEC_MUST ? refuse(term, "nothing named", err) : 0;
    if (mechanism->spec == SPEC_NONE || rest.ptr[0] != ':')
        return refuse(term, "an argument that may not stand there", err);
    rest = after(rest, 1);
    if (is_address)
        return read_address(rest, term, err);
    if (!spf_macro_is_domain(rest))
        return refuse(term, "no domain", err);
    term->spec = rest;
    return 0;
}

static int read_mechanism(struct span text, size_t name_len, struct spf_term *term,
                          struct err *err)
{
    struct span name = span_from(text.ptr, name_len);

    for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
        if (span_iequal(name, span_of(mechanisms[i].name))) {
            term->kind = mechanisms[i].kind;
            return read_argument(&mechanisms[i], after(text, name_len), term, err);
        }
    return refuse(term, "an unknown mechanism", err);
}

static int read_modifier(struct span text, size_t name_len, struct spf_term *term,
                         struct err *err)
{
    struct span name = span_from(text.ptr, name_len);

    term->spec = after(text, name_len + 1);
    term->kind = SPF_TERM_UNKNOWN;
    if (span_iequal(name, SPAN("redirect")))
        term->kind = SPF_TERM_REDIRECT;
    if (span_iequal(name, SPAN("exp")))
        term->kind = SPF_TERM_EXP;
    if (term->kind != SPF_TERM_UNKNOWN)
        return spf_macro_is_domain(term->spec) ? 0 : refuse(term, "no domain", err);
    /* The letters of explanations are not forbidden here; blanks cannot stand in a term. */
    return spf_macro_is_valid(term->spec, true) ? 0 : refuse(term, "a wrong macro", err);
}

static int read_term(struct span text, struct spf_term *term, struct err *err)
{
    bool has_qualifier =
        text.len > 0 && strchr("+-~?", text.ptr[0]) != NULL && text.ptr[0] != '\0';
    size_t name_len = 0;

    term->text = text;
    term->qualifier = has_qualifier ? text.ptr[0] : '+';
    text = after(text, has_qualifier ? 1 : 0);
    /* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
    while (name_len < text.len &&
           (isalnum((unsigned char)text.ptr[name_len]) ||
            (text.ptr[name_len] != '\0' && strchr("-_.", text.ptr[name_len]) != NULL)))
        name_len++;
    if (name_len == 0 || !isalpha((unsigned char)text.ptr[0]))
        return refuse(term, "no name of a mechanism or modifier", err);
    if (name_len == text.len || text.ptr[name_len] != '=')
        return read_mechanism(text, name_len, term, err);
    if (has_qualifier)
        return refuse(term, "a qualifier before a modifier", err);
    return read_modifier(text, name_len, term, err);
}

/* Where a term belongs: mechanisms in order, redirect and exp at most once. */
static int place(struct spf_record *record, const struct spf_term *term, struct spf_term *room,
                 struct err *err)
{
    struct spf_term **single =
        term->kind == SPF_TERM_REDIRECT ? &record->redirect : &record->exp;

    if (term->kind == SPF_TERM_UNKNOWN)
        return 0;
    if (term->kind != SPF_TERM_REDIRECT && term->kind != SPF_TERM_EXP) {
        /* Behind "all" nothing is ever looked at. */
        if (record->count == 0 || record->terms[record->count - 1].kind != SPF_TERM_ALL)
            record->terms[record->count++] = *term;
        return 0;
    }
    if (*single != NULL)
        return refuse(term, "a second modifier of the same name", err);
    *room = *term;
    *single = room;
    return 0;
}

int spf_record_read(struct span text, struct span domain, struct arena *arena,
                    struct spf_record *record_r, struct err *err)
{
    struct spf_term *singles = arena_array(arena, 2, sizeof *singles);
    struct span part;
    size_t most = 0;

    *record_r = (struct spf_record){.domain = domain};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return err_set(err, "a byte that is no printable ASCII");
        most += text.ptr[i] == ' ';
    }
    if (most > SPF_TERMS_MAX)
        return err_set(err, "more than %d terms", SPF_TERMS_MAX);
    record_r->terms = arena_array(arena, most + 1, sizeof *record_r->terms);
    (void)span_cut(&text, ' ', &part); /* the version */
    while (span_cut(&text, ' ', &part)) {
        struct spf_term term = {.record = record_r};

        if (part.len == 0)
            continue;
        if (read_term(part, &term, err) < 0)
            return -1;
        if (place(record_r, &term, &singles[term.kind == SPF_TERM_EXP], err) < 0)
            return -1;
    }
    if (record_r->count > 0 && record_r->terms[record_r->count - 1].kind == SPF_TERM_ALL)
        record_r->redirect = NULL;
    return 0;
}

bool spf_term_asks(const struct spf_term *term)
{
    return term->kind != SPF_TERM_ALL && term->kind != SPF_TERM_IP4 &&
           term->kind != SPF_TERM_IP6;
}

/* Are the first bits the same? */
static bool is_within(const struct ip *a, const struct ip *b, unsigned bits)
{
    unsigned whole = bits / 8, left = bits % 8;

    if (memcmp(a->byte, b->byte, whole) != 0)
        return false;
    return left == 0 || ((a->byte[whole] ^ b->byte[whole]) >> (8 - left)) == 0;
}

bool spf_term_matches(const struct spf_term *term, const struct ip *client)
{
    if (term->kind == SPF_TERM_ALL)
        return true;
    if (term->kind == SPF_TERM_IP4)
        return ip_is_v4(client) && is_within(&term->ip, client, 96 + term->prefix4);
    return term->kind == SPF_TERM_IP6 && !ip_is_v4(client) &&
           is_within(&term->ip, client, term->prefix6);
}
