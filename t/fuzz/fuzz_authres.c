/* Authentication-Results: any value is judged; whatever stands behind our id and a semicolon is ours. */
#include <stdlib.h>

#include "base/str.h"
#include "mail/authres.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct span ids[] = {{"mx.ours.example", 15}, {"gate2", 5}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str ours = STR_EMPTY;

    (void)authres_claims(span_from(data, size), AUTHRES_PLAIN, ids, 2);
    (void)authres_claims(span_from(data, size), AUTHRES_OF_ARC, ids, 2);
    str_adds(&ours, size % 2 == 1 ? "i = 1 (d);" : "");
    str_adds(&ours, "(c) \"MX.ours.example\" 1 ;");
    str_add(&ours, span_from(data, size));
    if (!authres_claims(str_span(&ours), size % 2 == 1 ? AUTHRES_OF_ARC : AUTHRES_PLAIN, ids,
                        2))
        abort();
    str_clear(&ours);
    return 0;
}
