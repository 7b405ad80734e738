/* packet.c - reads a name server's packet (RFC 1035 section 4.1) for the records that answer one question. */
#include "dns/packet.h"
#include "dns/name.h"

#define HEADER_SIZE 12
#define JUMPS_MAX   64 /* pointers within one name */
#define TTL_MAX     604800
#define TYPE_CNAME  5
#define TYPE_SOA    6
#define TYPE_RRSIG  46
#define CLASS_IN    1
#define NOERROR     0
#define NXDOMAIN    3

struct reader {
    struct span packet;
    size_t at;
    struct arena *arena;
    struct dns_answer *answer;
    struct name_text owner; /* the question's name, or what it is an alias of */
    size_t aliases, bytes;
    struct span *records;
};

struct record {
    struct name_text name;
    unsigned type, class;
    uint32_t ttl;
    size_t data, len; /* in the packet */
};

static unsigned read_u16(const struct reader *reader, size_t at)
{
    const unsigned char *p = (const unsigned char *)reader->packet.ptr + at;

    return (unsigned)p[0] << 8 | p[1];
}

static bool take_u16(struct reader *reader, unsigned *value_r)
{
    if (reader->packet.len - reader->at < 2)
        return false;
    *value_r = read_u16(reader, reader->at);
    reader->at += 2;
    return true;
}

/* A name at `at`, perhaps compressed; pointers lead back only, and every one further. *end_r: behind it. */
static bool read_name(const struct reader *reader, size_t at, struct name_text *name_r,
                      size_t *end_r)
{
    struct span packet = reader->packet;
    size_t jumps = 0, lowest = at;
    bool has_jumped = false;

    *name_r = (struct name_text){.len = 0};
    for (;;) {
        unsigned len;

        if (at >= packet.len)
            return false;
        len = (unsigned char)packet.ptr[at];
        if (len == 0 || len >= 0xc0) {
            if (!has_jumped)
                *end_r = at + (len == 0 ? 1 : 2);
            if (len == 0)
                return true;
            if (++jumps > JUMPS_MAX || packet.len - at < 2)
                return false;
            at = read_u16(reader, at) & 0x3fff;
            if (at >= lowest)
                return false;
            lowest = at;
            has_jumped = true;
            continue;
        }
        if (len > 63 || packet.len - at - 1 < len ||
            !name_add_label(name_r, span_from(packet.ptr + at + 1, len)))
            return false;
        at += 1 + len;
    }
}

static bool take_name(struct reader *reader, struct name_text *name_r)
{
    size_t end;

    if (!read_name(reader, reader->at, name_r, &end))
        return false;
    reader->at = end;
    return true;
}

static bool take_record(struct reader *reader, struct record *record_r)
{
    unsigned high, low, len;

    if (!take_name(reader, &record_r->name) || !take_u16(reader, &record_r->type) ||
        !take_u16(reader, &record_r->class) || !take_u16(reader, &high) ||
        !take_u16(reader, &low) || !take_u16(reader, &len) ||
        reader->packet.len - reader->at < len)
        return false;
    /* RFC 2181 section 8: with the highest bit set it is 0. */
    record_r->ttl = high & 0x8000 ? 0 : (uint32_t)high << 16 | low;
    record_r->data = reader->at;
    record_r->len = len;
    reader->at += len;
    return true;
}

static bool is_of(const struct record *record, const struct name_text *name)
{
    return record->name.len == name->len &&
           memcmp(record->name.text, name->text, name->len) == 0;
}

static void use_ttl(struct dns_answer *answer, uint32_t ttl)
{
    if (ttl < answer->ttl)
        answer->ttl = ttl;
}

static bool add_record(struct reader *reader, struct span bytes)
{
    struct dns_answer *answer = reader->answer;

    reader->bytes += bytes.len;
    if (answer->count == DNS_RECORDS_MAX || reader->bytes > DNS_ANSWER_BYTES)
        return false;
    if (reader->records == NULL)
        reader->records = arena_array(reader->arena, DNS_RECORDS_MAX, sizeof *reader->records);
    reader->records[answer->count++] = arena_span(reader->arena, bytes);
    return true;
}

static bool add_address(struct reader *reader, const struct record *record)
{
    size_t size = record->type == DNS_A ? 4 : 16;

    return record->len == size &&
           add_record(reader, span_from(reader->packet.ptr + record->data, size));
}

/* prefix bytes, then a name that ends with the data. */
static bool add_name(struct reader *reader, const struct record *record, size_t prefix)
{
    char bytes[2 + NAME_SIZE];
    struct name_text name;
    size_t end;

    if (record->len < prefix || !read_name(reader, record->data + prefix, &name, &end) ||
        end != record->data + record->len)
        return false;
    memcpy(bytes, reader->packet.ptr + record->data, prefix);
    memcpy(bytes + prefix, name.text, name.len);
    return add_record(reader, span_from(bytes, prefix + name.len));
}

static bool add_ptr(struct reader *reader, const struct record *record)
{
    return add_name(reader, record, 0);
}

static bool add_mx(struct reader *reader, const struct record *record)
{
    return add_name(reader, record, 2);
}

/* RFC 1035 section 3.3.14; joined as RFC 7208 section 3.3 and RFC 6376 section 3.6.2.2 say. */
static bool add_txt(struct reader *reader, const struct record *record)
{
    struct span data = span_from(reader->packet.ptr + record->data, record->len);
    char joined[DNS_ANSWER_BYTES];
    size_t at = 0, len = 0;

    while (at < data.len) {
        size_t piece = (unsigned char)data.ptr[at++];

        if (data.len - at < piece || sizeof joined - len < piece)
            return false;
        memcpy(joined + len, data.ptr + at, piece);
        len += piece;
        at += piece;
    }
    return data.len > 0 && add_record(reader, span_from(joined, len));
}

static const struct {
    enum dns_type type;
    bool (*add)(struct reader *reader, const struct record *record);
} kinds[] = {
    {DNS_A, add_address}, {DNS_AAAA, add_address}, {DNS_MX, add_mx},
    {DNS_PTR, add_ptr},   {DNS_TXT, add_txt},
};

static bool add_kind(struct reader *reader, const struct record *record)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].type == reader->answer->type)
            return kinds[i].add(reader, record);
    return false;
}

/* Signatures and what belongs to other names are passed over. */
static bool use_record(struct reader *reader, const struct record *record)
{
    struct dns_answer *answer = reader->answer;
    size_t end;

    if (record->class != CLASS_IN || !is_of(record, &reader->owner))
        return true;
    if (record->type == TYPE_CNAME) {
        use_ttl(answer, record->ttl);
        return ++reader->aliases <= PACKET_ALIASES_MAX && answer->count == 0 &&
               read_name(reader, record->data, &reader->owner, &end) &&
               end == record->data + record->len;
    }
    if (record->type != (unsigned)answer->type)
        return true;
    use_ttl(answer, record->ttl);
    return add_kind(reader, record);
}

static bool read_answers(struct reader *reader, unsigned count)
{
    struct record record;

    if (count > PACKET_RECORDS_MAX)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (!take_record(reader, &record) || !use_record(reader, &record))
            return false;
    return true;
}

/* How long the absence holds: RFC 2308 section 5. A packet without it is believed for no time. */
static void read_absence(struct reader *reader, unsigned count)
{
    struct record record;
    bool has_soa = false;

    for (unsigned i = 0; i < count && i < PACKET_RECORDS_MAX; i++) {
        if (!take_record(reader, &record))
            break;
        if (record.type != TYPE_SOA)
            continue;
        use_ttl(reader->answer, record.ttl);
        has_soa = true;
    }
    if (!has_soa)
        reader->answer->ttl = 0;
}

static bool skip_questions(struct reader *reader, unsigned count)
{
    struct name_text name;
    unsigned unused;

    if (count > 1)
        return false;
    return count == 0 ||
           (take_name(reader, &name) && take_u16(reader, &unused) && take_u16(reader, &unused));
}

static enum dns_status read_packet(struct reader *reader)
{
    struct dns_answer *answer = reader->answer;
    unsigned rcode;

    if (reader->packet.len < HEADER_SIZE || answer->name.len > DNS_NAME_MAX)
        return DNS_FAILED;
    rcode = (unsigned char)reader->packet.ptr[3] & 0xf;
    if ((rcode != NOERROR && rcode != NXDOMAIN) ||
        !skip_questions(reader, read_u16(reader, 4)) ||
        !read_answers(reader, read_u16(reader, 6)))
        return DNS_FAILED;
    if (answer->count > 0)
        return DNS_FOUND;
    answer->is_nxdomain = rcode == NXDOMAIN;
    read_absence(reader, read_u16(reader, 8));
    return DNS_NONE;
}

void packet_answer(struct span packet, struct arena *arena, struct dns_answer *answer)
{
    struct reader reader = {
        .packet = packet, .at = HEADER_SIZE, .arena = arena, .answer = answer};

    answer->is_nxdomain = false;
    answer->ttl = TTL_MAX;
    answer->count = 0;
    if (answer->name.len <= DNS_NAME_MAX) {
        memcpy(reader.owner.text, answer->name.ptr, answer->name.len);
        reader.owner.len = answer->name.len;
    }
    answer->status = read_packet(&reader);
    answer->records = reader.records;
    if (answer->status == DNS_FAILED)
        answer->ttl = 0;
    if (answer->status != DNS_FOUND)
        answer->count = 0;
}

bool packet_is_signed(struct span packet)
{
    struct reader reader = {.packet = packet, .at = HEADER_SIZE};
    struct record record;

    if (packet.len < HEADER_SIZE || !skip_questions(&reader, read_u16(&reader, 4)))
        return false;
    for (unsigned i = read_u16(&reader, 6); i > 0 && take_record(&reader, &record); i--)
        if (record.type == TYPE_RRSIG)
            return true;
    return false;
}
