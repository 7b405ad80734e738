/* Attachment names: any bytes give a bounded, printable name without directories, and its extension. */
#include <stdlib.h>

#include "base/utf8.h"
#include "mail/filename.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct filename name;
    struct span rest;

    filename_normalize(span_from(data, size), &name);
    if (name.len > FILENAME_BYTES || name.extension_len > name.len ||
        strlen(name.text) != name.len || strlen(name.extension) != name.extension_len ||
        strpbrk(name.text, "/\\") != NULL || strchr(name.extension, '.') != NULL)
        abort();
    rest = span_from(name.text, name.len);
    while (rest.len > 0) {
        uint32_t code = utf8_next(&rest);

        if (code == UTF8_BAD || code < 0x20 || utf8_is_deceptive(code))
            abort();
    }
    return 0;
}
