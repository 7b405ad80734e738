/* fuzz_settings: any bytes as postgate.cf; what is read must print and read back. */
#include <stdlib.h>
#include "conf/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str problems = STR_EMPTY, out = STR_EMPTY;
    struct settings *settings, *again;

    if (settings_parse(&settings, span_from(data, size), "f", &problems) == 0) {
        settings_print(&out, settings, false);
        settings_print_json(&problems, settings);
        if (settings_parse(&again, str_span(&out), "g", &problems) == -1)
            abort();
        settings_free(&again);
    }
    settings_free(&settings);
    str_clear(&problems);
    str_clear(&out);
    return 0;
}
