/* The trace mark as text: one field after the other, in one order only. */
#include "mail/trace.h"

#include <inttypes.h>

/* 31 December 9999; keeps every sum with an age far from overflow. */
#define TIME_MAX 253402300799

static bool take_node(struct span text, struct trace *trace)
{
    if (text.len == 0 || text.len > TRACE_NODE_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '-' || c == '_'))
            return false;
        trace->node[i] = c;
    }
    return true;
}

static bool take_path(struct span text, struct trace *trace)
{
    if (text.len == 0 || text.len > TRACE_PATH_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 'a' || text.ptr[i] > 'z')
            return false;
        trace->path[i] = text.ptr[i];
    }
    return true;
}

/* A number as we print it: no leading zeros, so that printing again gives the same text to sign. */
static bool take_number(struct span text, uint64_t max, uint64_t *value_r)
{
    return text.len > 0 && (text.ptr[0] != '0' || text.len == 1) &&
           span_to_u64(text, max, value_r);
}

static bool take_time(struct span text, struct trace *trace)
{
    uint64_t value;

    if (!take_number(text, TIME_MAX, &value))
        return false;
    trace->time = (int64_t)value;
    return true;
}

static bool take_pass(struct span text, struct trace *trace)
{
    uint64_t value;

    if (!take_number(text, TRACE_PASS_MAX, &value) || value == 0)
        return false;
    trace->pass = (uint32_t)value;
    return true;
}

static bool take_hashes(struct span text, struct trace *trace)
{
    size_t most = TRACE_RECIPIENTS_MAX;
    struct span hash;

    if (span_starts(text, SPAN("*"))) {
        trace->is_set = true;
        most = 1;
        text = span_skip(text, 1);
    }
    while (span_cut(&text, ',', &hash)) {
        if (trace->hash_count == most ||
            !hash_unhex(span_trim(hash), trace->hash[trace->hash_count], TRACE_HASH_SIZE))
            return false;
        trace->hash_count++;
    }
    return true;
}

static bool take_mac(struct span text, struct trace *trace)
{
    return hash_unhex(text, trace->mac, TRACE_MAC_SIZE);
}

static const struct {
    struct span start;
    bool (*take)(struct span text, struct trace *trace);
} fields[] = {
    {{"n=", 2}, take_node}, {{"p=", 2}, take_path},   {{"t=", 2}, take_time},
    {{"c=", 2}, take_pass}, {{"r=", 2}, take_hashes}, {{"s=", 2}, take_mac},
};

bool trace_parse(struct span value, struct trace *trace_r)
{
    struct span part;

    memset(trace_r, 0, sizeof(*trace_r));
    if (value.len > TRACE_VALUE_MAX || !span_cut(&value, ';', &part) ||
        !span_is(span_trim(part), "v1"))
        return false;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct span start = fields[i].start;

        if (!span_cut(&value, ';', &part))
            return false;
        part = span_trim(part);
        if (!span_starts(part, start) ||
            !fields[i].take(span_from(part.ptr + start.len, part.len - start.len), trace_r))
            return false;
    }
    return value.ptr == NULL; /* nothing after the MAC */
}

void trace_print(struct str *out, const struct trace *trace)
{
    str_printf(out, "v1; n=%s; p=%s; t=%" PRId64 "; c=%" PRIu32 "; r=%s", trace->node,
               trace->path, trace->time, trace->pass, trace->is_set ? "*" : "");
    for (size_t i = 0; i < trace->hash_count; i++) {
        if (i > 0)
            str_addc(out, ',');
        hash_hex(out, trace->hash[i], TRACE_HASH_SIZE);
    }
    str_adds(out, "; s=");
    hash_hex(out, trace->mac, TRACE_MAC_SIZE);
}
