/* DMARC records, the places they name for reports, and From fields: any bytes are read or refused, and what is read keeps its promises. */
#include <stdlib.h>
#include "mail/dmarc_record.h"
#include "mail/dmarc_uri.h"
#include "mail/from_field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_policy(enum dmarc_policy policy)
{
    return policy >= DMARC_POLICY_NONE && policy <= DMARC_POLICY_REJECT;
}

static void read_uris(struct span list)
{
    struct dmarc_uri uri;

    while (dmarc_uri_next(&list, &uri)) {
        struct str address = STR_EMPTY;
        require(uri.uri.len > 0 && memchr(uri.uri.ptr, ',', uri.uri.len) == NULL);
        if (dmarc_uri_address(&uri, &address)) {
            require(memchr(address.ptr, '@', address.len) != NULL);
            for (size_t i = 0; i < address.len; i++)
                require((unsigned char)address.ptr[i] > ' ' && address.ptr[i] != 0x7f);
        }
        require(address.len > 0 || str_cstr(&address)[0] == '\0');
        str_clear(&address);
    }
}

static void read_record(struct span text)
{
    struct dns_answer answer = {.status = DNS_FOUND, .count = 2};
    const struct span records[] = {SPAN("v=spf1 -all"), text};
    struct dmarc_record record, again;
    enum dmarc_found found;
    struct err err;

    answer.records = records;
    found = dmarc_record_choose(&answer, &again, NULL);
    if (dmarc_record_parse(text, &record, &err) != 0) {
        require(err.text[0] != '\0' && found != DMARC_FOUND);
        return;
    }
    require(found == DMARC_FOUND && dmarc_record_is(text) && record.percent <= 100);
    require(is_policy(record.policy) && is_policy(record.subdomain_policy));
    require(again.policy == record.policy && again.percent == record.percent);
    read_uris(record.reports_to);
}

/* What is plain with something behind it is plain without; nothing is with what programs cut off or read on. */
static void read_from(struct span value)
{
    struct from_guess guess = {.rest = value};
    struct str more = STR_EMPTY;
    struct span address;
    bool is_plain = from_field_is_plain(value);

    while (from_field_guess(&guess, &address))
        require(address.ptr >= value.ptr && address.len >= 3 &&
                address.ptr + address.len <= value.ptr + value.len &&
                memchr(address.ptr + 1, '@', address.len - 2) != NULL);
    require(!is_plain || (value.len > 0 && memchr(value.ptr, '\0', value.len) == NULL));
    str_add(&more, value);
    str_adds(&more, ";x@b.example");
    require(!is_plain || !from_field_is_plain(str_span(&more)));
    str_truncate(&more, value.len);
    str_adds(&more, ", Ann <x@b.example>");
    require(is_plain || !from_field_is_plain(str_span(&more)));
    str_clear(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_from(data, size);

    read_record(text);
    read_uris(text);
    read_from(text);
    return 0;
}
