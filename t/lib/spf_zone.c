/* spf_zone.c - a table of records; what is not there does not exist. */
#include "t/lib/spf_zone.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"

#define RECORDS_MAX 2000
#define CNAMES_MAX  10

struct record {
    int type;
    struct span name, data;
    enum dns_status status; /* of a name that is not to be answered; type 0 */
};

struct spf_zone {
    struct arena *arena;
    size_t count, asked;
    struct record records[RECORDS_MAX];
};

struct spf_zone *spf_zone_new(void)
{
    struct spf_zone *zone = xcalloc(1, sizeof *zone);

    zone->arena = arena_new();
    return zone;
}

void spf_zone_free(struct spf_zone **zone)
{
    if (*zone != NULL)
        arena_free(&(*zone)->arena);
    xfree(zone);
}

/* As text of DNS. */
static struct span name_text(struct spf_zone *zone, struct span raw)
{
    struct str out = STR_EMPTY;
    struct span text;

    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.ptr[i];

        if (c <= ' ' || c > '~' || c == '\\')
            str_printf(&out, "\\%03u", c);
        else
            str_addc(&out, (char)tolower(c));
    }
    text = arena_span(zone->arena, str_span(&out));
    str_clear(&out);
    return text;
}

static struct record *next(struct spf_zone *zone, struct span name)
{
    if (zone->count == RECORDS_MAX)
        abort();
    zone->records[zone->count].name = name_text(zone, name);
    return &zone->records[zone->count++];
}

void spf_zone_add(struct spf_zone *zone, int type, struct span name, struct span data)
{
    struct record *record = next(zone, name);

    record->type = type;
    record->data = type == SPF_ZONE_CNAME || type == DNS_PTR ? name_text(zone, data)
                                                             : arena_span(zone->arena, data);
    if (type == DNS_MX) {
        struct span host = name_text(zone, span_from(data.ptr + 2, data.len - 2));

        record->data = span_of(arena_printf(zone->arena, "00%s", host.ptr));
    }
}

void spf_zone_text(struct spf_zone *zone, const char *name, const char *type, const char *text)
{
    uint8_t address[16];
    char mx[DNS_NAME_MAX + 3];

    if (strcmp(type, "A") == 0 && inet_pton(AF_INET, text, address) == 1)
        spf_zone_add(zone, DNS_A, span_of(name), span_from(address, 4));
    else if (strcmp(type, "AAAA") == 0 && inet_pton(AF_INET6, text, address) == 1)
        spf_zone_add(zone, DNS_AAAA, span_of(name), span_from(address, 16));
    else if (strcmp(type, "MX") == 0) {
        snprintf(mx, sizeof mx, "00%s", text);
        spf_zone_add(zone, DNS_MX, span_of(name), span_of(mx));
    } else if (strcmp(type, "PTR") == 0)
        spf_zone_add(zone, DNS_PTR, span_of(name), span_of(text));
    else if (strcmp(type, "TXT") == 0)
        spf_zone_add(zone, DNS_TXT, span_of(name), span_of(text));
    else if (strcmp(type, "CNAME") == 0)
        spf_zone_add(zone, SPF_ZONE_CNAME, span_of(name), span_of(text));
    else
        abort();
}

void spf_zone_status(struct spf_zone *zone, struct span name, enum dns_status status)
{
    next(zone, name)->status = status;
}

size_t spf_zone_asked(const struct spf_zone *zone)
{
    return zone->asked;
}

/* Where CNAMEs lead; false: in a circle. */
static bool follow(const struct spf_zone *zone, struct span *name)
{
    for (int steps = 0; steps < CNAMES_MAX; steps++) {
        bool is_alias = false;

        for (size_t i = 0; i < zone->count && !is_alias; i++)
            if (zone->records[i].type == SPF_ZONE_CNAME &&
                span_equal(zone->records[i].name, *name)) {
                *name = zone->records[i].data;
                is_alias = true;
            }
        if (!is_alias)
            return true;
    }
    return false;
}

static void answer(struct spf_zone *zone, const struct sender_lack *lack, struct arena *arena,
                   struct dns_answer *answer_r)
{
    struct span name = lack->name;
    struct span *records = arena_array(arena, DNS_RECORDS_MAX, sizeof *records);
    enum dns_status otherwise = follow(zone, &name) ? DNS_NONE : DNS_FAILED;

    zone->asked++;
    *answer_r = (struct dns_answer){
        .type = lack->type, .name = arena_span(arena, lack->name), .records = records};
    for (size_t i = 0; i < zone->count; i++) {
        const struct record *record = &zone->records[i];

        if (!span_equal(record->name, name))
            continue;
        if (record->type == (int)lack->type && answer_r->count < DNS_RECORDS_MAX)
            records[answer_r->count++] = record->data;
        if (record->type == 0)
            otherwise = record->status;
    }
    answer_r->status = answer_r->count > 0 ? DNS_FOUND : otherwise;
}

int spf_rounds(struct spf_zone *zone, const struct sender_request *request, struct arena *arena,
               struct sender_result *result_r)
{
    struct dns_answer *answers = arena_array(arena, SENDER_NAMES_MAX, sizeof *answers);
    struct sender_request asking = *request;

    asking.answers = answers;
    for (int round = 1; round <= SENDER_ROUNDS_MAX; round++) {
        *result_r = (struct sender_result){0};
        asking.is_last = round == SENDER_ROUNDS_MAX || asking.answer_count == SENDER_NAMES_MAX;
        spf_check(&asking, arena, result_r);
        if (result_r->lack_count == 0)
            return round;
        for (size_t i = 0; i < result_r->lack_count; i++) {
            if (asking.answer_count == SENDER_NAMES_MAX ||
                !dns_name_is_valid(result_r->lacks[i].name))
                return -1;
            answer(zone, &result_r->lacks[i], arena, &answers[asking.answer_count++]);
        }
    }
    return -1;
}
