/* SMTP paths and domains: any bytes give an address of known shape, or an error that says why not. */
#include <stdlib.h>

#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_domain(struct span domain)
{
    char again[DOMAIN_SIZE];

    if (domain.len > 0 && domain.ptr[0] != '[' &&
        (!domain_normalize(domain, again) || !span_is(domain, again)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct address address;
    struct err err = {{0}};
    int result = address_parse(span_from(data, size), &address, &err);

    if ((result < 0) != (err.text[0] != '\0') || strlen(address.text) != address.len)
        abort();
    if ((result == 1) != (address.len > 0))
        abort();
    if (result == 1) {
        size_t at;

        check_domain(address_domain(&address));
        if (span_find(address_local(&address), SPAN("@"), &at) && !address.is_routed)
            abort();
    }
    return 0;
}
