/* mime_headers.c - the header of the message: facts from it, and fields that may stand there only once. */
#include "milter/inspect/mime_state.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/address.h"
#include "mail/from_field.h"
#include "mail/header.h"

/* RFC 5322 section 3.6 and RFC 2045 section 3: at most once. */
static const char *const singles[] = {
    "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "MIME-Version",
};
static const char *const part_singles[] = {
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-ID",
};

static const struct {
    const char *header;
    enum fact_id fact;
} address_facts[] = {
    {"From", FACT_FROM},
    {"Reply-To", FACT_REPLY_TO},
};

static struct span name_at(GMimeHeaderList *list, int i)
{
    return span_of(g_mime_header_get_name(g_mime_header_list_get_header_at(list, i)));
}

static size_t count_of(GMimeHeaderList *list, const char *name)
{
    size_t found = 0;

    for (int i = 0; i < g_mime_header_list_get_count(list); i++)
        found += header_name_is(name_at(list, i), span_of(name));
    return found;
}

/* "Content-Type :" is read by some and passed over by others. */
static bool is_oddly_spelt(GMimeHeader *header)
{
    struct span raw = span_of(g_mime_header_get_raw_name(header));

    return raw.len == 0 || !header_name_is_valid(raw);
}

static bool is_utf8(struct span text)
{
    while (text.len > 0)
        if (utf8_next(&text) == UTF8_BAD)
            return false;
    return true;
}

/* A second Content-Type that differs: what one program takes for text is a list of parts to another. */
static bool has_two_types(struct mime_state *s, GMimeHeaderList *list)
{
    struct span first = {NULL, 0};

    for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
        struct span text, head;
        if (!header_name_is(name_at(list, i), SPAN("Content-Type")))
            continue;
        text = mime_unfold(
            s, g_mime_header_get_raw_value(g_mime_header_list_get_header_at(list, i)));
        if (first.ptr != NULL && !span_iequal(first, text))
            return true;
        first = text;
        span_cut(&text, ';', &head);
        s->is_ambiguous |= head.len > 0 && memchr(head.ptr, '(', head.len) != NULL;
    }
    return false;
}

bool mime_part_headers(struct mime_state *s, GMimeObject *part, const char **why_r)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(part);
    int count = g_mime_header_list_get_count(list);
    size_t bytes = 0;

    if ((size_t)count > s->request->limits.headers) {
        *why_r = "too many headers";
        return false;
    }
    for (int i = 0; i < count; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        const char *raw = g_mime_header_get_raw_value(header);
        s->is_ambiguous |= is_oddly_spelt(header);
        s->is_broken |= !is_utf8(span_of(raw)); /* RFC 6532 allows no other bytes */
        bytes += span_of(raw).len + name_at(list, i).len;
    }
    for (size_t i = 0; i < sizeof part_singles / sizeof *part_singles; i++)
        s->is_ambiguous |= count_of(list, part_singles[i]) > 1;
    *why_r = "it has two types";
    if (has_two_types(s, list))
        return false;
    *why_r = "its headers are too large";
    return bytes <= s->request->limits.header_bytes;
}

/* Mailboxes of a list, groups opened (RFC 5322 section 3.4: one level). */
static void collect(struct mime_state *s, InternetAddressList *list, struct value *values,
                    size_t *count, unsigned level)
{
    int length = list != NULL ? internet_address_list_length(list) : 0;

    for (int i = 0; i < length; i++) {
        InternetAddress *entry = internet_address_list_get_address(list, i);
        struct address address;
        if (INTERNET_ADDRESS_IS_GROUP(entry) && level < 2)
            collect(s, internet_address_group_get_members(INTERNET_ADDRESS_GROUP(entry)),
                    values, count, level + 1);
        if (!INTERNET_ADDRESS_IS_MAILBOX(entry))
            continue;
        if (*count == MIME_VALUES_MAX) {
            mime_incomplete(s, "too many addresses");
            return;
        }
        if (address_parse(
                span_of(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(entry))),
                &address, NULL) == 1 &&
            mime_spend(s, address.len))
            values[(*count)++].text = arena_span(s->arena, address_text(&address));
        else
            s->is_broken = true;
    }
}

static bool is_there(const struct value *values, size_t count, struct span text)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(values[i].text, text))
            return true;
    return false;
}

/* Whoever the policy of From is held against must be the one that the reader sees. Where programs read different ones it is held against all
 * of them. */
static void read_doubtful_from(struct mime_state *s, struct span text, struct value *values,
                               size_t *count)
{
    bool is_known;
    struct from_guess guess = {.rest = mime_decode_words(s, text, &is_known)};
    struct span written;

    s->is_ambiguous = true;
    for (size_t tried = 0; from_field_guess(&guess, &written); tried++) {
        struct address address;
        if (tried == MIME_VALUES_MAX || *count == MIME_VALUES_MAX) {
            mime_incomplete(s, "too many addresses");
            return;
        }
        if (address_parse(written, &address, NULL) == 1 &&
            !is_there(values, *count, address_text(&address)) && mime_spend(s, address.len))
            values[(*count)++].text = arena_span(s->arena, address_text(&address));
    }
}

static void learn_addresses(struct mime_state *s, GMimeHeaderList *list, const char *name,
                            enum fact_id fact)
{
    struct value *values = xcalloc(MIME_VALUES_MAX, sizeof *values);
    size_t count = 0;

    for (int i = 0; list != NULL && i < g_mime_header_list_get_count(list); i++) {
        InternetAddressList *addresses;
        struct span text;
        const char *raw;
        if (!header_name_is(name_at(list, i), span_of(name)))
            continue;
        raw = g_mime_header_get_raw_value(g_mime_header_list_get_header_at(list, i));
        text = mime_unfold(s, raw);
        addresses = internet_address_list_parse(s->options, text.ptr);
        s->is_broken |= addresses == NULL && text.len > 0;
        collect(s, addresses, values, &count, 0);
        if (addresses != NULL)
            g_object_unref(addresses);
        if (span_of(raw).len > MIME_VALUE_MAX)
            mime_incomplete(s, "too many addresses");
        if (fact == FACT_FROM && !from_field_is_plain(text))
            read_doubtful_from(s, text, values, &count);
    }
    if (count > 0)
        facts_set_many(s->facts, fact, values, count);
    else
        facts_set_absent(s->facts, fact);
    xfree(&values);
}

/* Values of a header, decoded, appended to what `values` holds. */
static void collect_values(struct mime_state *s, GMimeHeaderList *list, struct span name,
                           struct value *values, size_t *count)
{
    for (int i = 0; list != NULL && i < g_mime_header_list_get_count(list); i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        struct span text;
        bool is_known;
        if (!header_name_is(name_at(list, i), name) || *count == MIME_VALUES_MAX)
            continue;
        text = mime_unfold(s, g_mime_header_get_raw_value(header));
        text = mime_decode_words(s, text, &is_known);
        s->is_broken |= !is_known;
        if (mime_spend(s, text.len))
            values[(*count)++].text = text;
    }
}

static void learn_wanted(struct mime_state *s, GMimeHeaderList *list, GMimeHeaderList *root)
{
    struct value *values = xcalloc(MIME_VALUES_MAX, sizeof *values);

    for (size_t i = 0; i < s->request->want_count; i++) {
        struct fact fact = {.state = FACT_ABSENT, .values = values};
        size_t count = 0;
        collect_values(s, list, s->request->wants[i], values, &count);
        collect_values(s, root, s->request->wants[i], values, &count);
        if (count > 0)
            fact.state = FACT_VALUE;
        fact.count = (uint32_t)count;
        facts_set_keyed(s->facts, FACT_HEADER, s->request->wants[i], &fact);
    }
    xfree(&values);
}

/* The first one, where there should be but one. */
static void learn_first(struct mime_state *s, GMimeHeaderList *list, const char *name,
                        enum fact_id fact, bool is_decoded)
{
    struct span text = {"", 0};
    bool is_known = true, is_there = false;

    for (int i = 0; list != NULL && i < g_mime_header_list_get_count(list) && !is_there; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        if (!header_name_is(name_at(list, i), span_of(name)))
            continue;
        text = mime_unfold(s, g_mime_header_get_raw_value(header));
        text = is_decoded ? mime_decode_words(s, text, &is_known) : mime_utf8(s, text);
        is_there = true;
    }
    s->is_broken |= !is_known;
    if (is_there && mime_spend(s, text.len))
        facts_set_text(s->facts, fact, text);
    else
        facts_set_absent(s->facts, fact);
}

static void check_singles(struct mime_state *s, GMimeHeaderList *list)
{
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
        s->is_ambiguous |= count_of(list, singles[i]) > 1;
    /* Without a From there is nobody to hold a policy against (RFC 5322 section 3.6: exactly one). */
    s->is_ambiguous |= count_of(list, "From") == 0;
}

void mime_headers(struct mime_state *s, GMimeMessage *message)
{
    GMimeHeaderList *list = NULL, *root = NULL;
    const char *why;

    if (message != NULL) {
        list = g_mime_object_get_header_list(GMIME_OBJECT(message));
        if (g_mime_message_get_mime_part(message) != NULL)
            root = g_mime_object_get_header_list(g_mime_message_get_mime_part(message));
        if (!mime_part_headers(s, GMIME_OBJECT(message), &why))
            mime_incomplete(s, why);
        check_singles(s, list);
    } else {
        s->is_ambiguous = true;
    }
    for (size_t i = 0; i < sizeof address_facts / sizeof *address_facts; i++)
        learn_addresses(s, list, address_facts[i].header, address_facts[i].fact);
    learn_first(s, list, "Subject", FACT_SUBJECT, true);
    learn_first(s, list, "Message-ID", FACT_MESSAGE_ID, false);
    learn_wanted(s, list, root);
}
