/* dnsbl_zone.c - reads block lists as postscreen(8) writes them. */
#include "conf/dnsbl_zone.h"
#include <string.h>

#define ZONE_MAX                                                                               \
    (253 - 64) /* bytes: a reversed IPv6 address and a dot must fit in front of it (RFC 5782) */

static bool is_zone_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static int check_name(struct span name, struct err *err)
{
    struct span rest = name, label;

    if (memchr(name.ptr, ' ', name.len) != NULL)
        return err_set(err, "`%.*s` are several zones; separate them with commas",
                       SPAN_ARG(name));
    for (size_t i = 0; i < name.len; i++)
        if (!is_zone_byte(name.ptr[i]))
            return err_set(err,
                           "`%.*s` is not a zone; write it in lower case, such as "
                           "zen.example.org=127.0.0.[2..11]*2",
                           SPAN_ARG(name));
    if (name.len > ZONE_MAX)
        return err_set(err, "`%.*s` is not a zone: it has more than %d bytes", SPAN_ARG(name),
                       ZONE_MAX);
    while (span_cut(&rest, '.', &label))
        if (label.len == 0 || label.len > 63)
            return err_set(err,
                           "`%.*s` is not a zone: a part is empty or too long, or it ends in "
                           "a dot",
                           SPAN_ARG(name));
    return 0;
}

static bool set_range(uint64_t part[4], struct span low, struct span high)
{
    uint64_t from, to;

    if (!span_to_u64(low, 255, &from) || !span_to_u64(high, 255, &to) || from > to)
        return false;
    for (uint64_t i = from; i <= to; i++)
        part[i / 64] |= (uint64_t)1 << i % 64;
    return true;
}

/* "7", or inside of brackets "2;4..9". */
static bool set_part(uint64_t part[4], struct span text)
{
    struct span rest = text, one;
    size_t at;

    if (text.len < 2 || text.ptr[0] != '[')
        return set_range(part, text, text);
    if (text.ptr[text.len - 1] != ']')
        return false;
    rest = span_from(text.ptr + 1, text.len - 2);
    while (span_cut(&rest, ';', &one)) {
        struct span low = one, high = one;
        if (span_find(one, SPAN(".."), &at)) {
            low = span_from(one.ptr, at);
            high = span_from(one.ptr + at + 2, one.len - at - 2);
        }
        if (!set_range(part, low, high))
            return false;
    }
    return true;
}

/* Up to `end` outside of brackets; *rest goes on behind it. False: nothing is left. */
static bool cut_outside(struct span *rest, char end, struct span *part_r)
{
    size_t i;
    int depth = 0;

    if (rest->ptr == NULL)
        return false;
    for (i = 0; i < rest->len && (depth != 0 || rest->ptr[i] != end); i++)
        depth += rest->ptr[i] == '[' ? 1 : rest->ptr[i] == ']' ? -1 : 0;
    *part_r = span_from(rest->ptr, i);
    *rest = i < rest->len ? span_from(rest->ptr + i + 1, rest->len - i - 1)
                          : (struct span){NULL, 0};
    return true;
}

static bool set_answers(struct dnsbl_answers *answers, struct span text)
{
    struct span part;
    size_t count = 0;

    while (cut_outside(&text, '.', &part))
        if (count == 4 || !set_part(answers->part[count++], part))
            return false;
    return count == 4;
}

static int parse_answers(struct span text, struct dnsbl_zone *zone, struct err *err)
{
    struct span one;

    while (cut_outside(&text, ';', &one)) {
        if (zone->answer_count == DNSBL_ANSWERS_MAX)
            return err_set(err, "at most %d patterns of answers can be given",
                           DNSBL_ANSWERS_MAX);
        if (!set_answers(&zone->answers[zone->answer_count++], one))
            return err_set(err,
                           "`%.*s` is not a pattern of answers; write it as 127.0.0.2, "
                           "127.0.0.[2..11] or 127.0.0.[2;4..7]",
                           SPAN_ARG(one));
    }
    return 0;
}

static int parse_weight(struct span text, struct dnsbl_zone *zone, struct err *err)
{
    uint64_t number;

    if (text.len > 0 && text.ptr[0] == '-')
        return err_set(err,
                       "`%.*s` is not a weight; lists that speak for a client stand in "
                       "dnsbl_allow_zones, with a weight from 1 to %d",
                       SPAN_ARG(text), DNSBL_WEIGHT_MAX);
    if (!span_to_u64(text, DNSBL_WEIGHT_MAX, &number) || number == 0)
        return err_set(err, "`%.*s` is not a weight from 1 to %d", SPAN_ARG(text),
                       DNSBL_WEIGHT_MAX);
    zone->weight = (int)number;
    return 0;
}

int dnsbl_zone_parse(struct span text, struct dnsbl_zone *zone_r, struct err *err)
{
    struct span weight = span_trim(text), answers, name;

    *zone_r = (struct dnsbl_zone){.weight = 1};
    span_cut(&weight, '*', &answers);
    span_cut(&answers, '=', &name);
    if (weight.ptr != NULL && parse_weight(weight, zone_r, err) < 0)
        return -1;
    zone_r->name = name;
    if (check_name(name, err) < 0)
        return -1;
    return answers.ptr != NULL ? parse_answers(answers, zone_r, err) : 0;
}

static bool is_there(const struct dnsbl_zone *zones, int count, struct span name)
{
    for (int i = 0; i < count; i++)
        if (span_equal(zones[i].name, name))
            return true;
    return false;
}

int dnsbl_zones_parse(struct span text, struct dnsbl_zone *zones_r, struct err *err)
{
    struct span one;
    int count = 0;

    if (text.len == 0)
        return 0;
    while (span_cut(&text, ',', &one)) {
        if (count == DNSBL_ZONES_MAX)
            return err_set(err, "at most %d zones can be given", DNSBL_ZONES_MAX);
        if (dnsbl_zone_parse(one, &zones_r[count], err) < 0)
            return -1;
        if (is_there(zones_r, count, zones_r[count].name))
            return err_set(err,
                           "`%.*s` stands here twice; write it once with all answers that "
                           "count, such as zen.example.org=127.0.0.2;127.0.0.[4..7]",
                           SPAN_ARG(zones_r[count].name));
        count++;
    }
    return count;
}

bool dnsbl_zone_counts(const struct dnsbl_zone *zone, const uint8_t answer[4])
{
    for (size_t i = 0; i < zone->answer_count; i++) {
        bool is_all = true;
        for (size_t k = 0; k < 4; k++)
            is_all &= (zone->answers[i].part[k][answer[k] / 64] >> answer[k] % 64 & 1) != 0;
        if (is_all)
            return true;
    }
    return zone->answer_count == 0 && answer[0] == 127 && answer[1] != 255;
}
