/* Packets of name servers, names in any spelling, and resolv.conf: any bytes are read or refused, and what is read keeps the promises of
 * mail/dns_answer.h. The first byte chooses the type. */
#include <stdlib.h>
#include "base/arena.h"
#include "dns/name.h"
#include "dns/packet.h"
#include "dns/servers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(struct span name)
{
    require(name.len <= DNS_NAME_MAX);
    for (size_t i = 0; i < name.len; i++)
        require(name.ptr[i] > ' ' && name.ptr[i] < 0x7f &&
                (name.ptr[i] < 'A' || name.ptr[i] > 'Z'));
    require(name.len == 0 || name.ptr[name.len - 1] != '.');
}

static void check_record(enum dns_type type, struct span record)
{
    if (type == DNS_A)
        require(record.len == 4);
    else if (type == DNS_AAAA)
        require(record.len == 16);
    else if (type == DNS_PTR)
        check_text(record);
    else if (type == DNS_MX)
        require(record.len >= 2), check_text(span_from(record.ptr + 2, record.len - 2));
}

static void check_packet(struct span packet, enum dns_type type)
{
    static struct arena *arena;
    struct dns_answer answer = {.type = type, .name = SPAN("found.example")};
    size_t bytes = 0;

    if (arena == NULL)
        arena = arena_new();
    packet_answer(packet, arena, &answer);
    require(answer.status == DNS_FOUND || answer.status == DNS_NONE ||
            answer.status == DNS_FAILED);
    require((answer.count > 0) == (answer.status == DNS_FOUND));
    require(answer.count <= DNS_RECORDS_MAX);
    for (size_t i = 0; i < answer.count; i++) {
        check_record(type, answer.records[i]);
        bytes += answer.records[i].len;
    }
    require(bytes <= DNS_ANSWER_BYTES);
    arena_reset(arena);
    (void)packet_is_signed(packet);
}

/* The one spelling stays as it is. */
static void check_name(struct span text)
{
    struct name_text name, again;

    if (!name_normalize(text, &name))
        return;
    check_text(span_from(name.text, name.len));
    require(name_normalize(span_from(name.text, name.len), &again));
    require(again.len == name.len && memcmp(again.text, name.text, name.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {DNS_A, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA};
    struct servers servers = {.count = 0};
    struct span rest;

    if (size == 0)
        return 0;
    rest = span_from(data + 1, size - 1);
    check_packet(rest, types[data[0] % 5]);
    check_name(rest);
    servers_parse_system(&servers, rest);
    require(servers.count <= SERVERS_MAX);
    return 0;
}
