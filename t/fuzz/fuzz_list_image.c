/* fuzz_list_image.c - opens hostile bytes as a list image and asks it everything. */
#include "base/xalloc.h"
#include "rules/list_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct list_image *image)
{
    static const char *const ips[] = {"0.0.0.0", "10.1.2.3",    "255.255.255.255",
                                      "::",      "2001:db8::1", "ffff::ffff"};
    enum list_type type = list_image_type(image);
    struct str out = STR_EMPTY;
    struct ip ip;

    for (size_t i = 0; type == LIST_IP && i < sizeof ips / sizeof ips[0]; i++)
        if (ip_parse(span_of(ips[i]), &ip))
            list_holds_ip(image, NULL, &ip, &out);
    if (type != LIST_IP) {
        list_holds_text(image, NULL, type, SPAN("a.b.example.com"), &out);
        list_holds_text(image, NULL, type, SPAN("user@example.com"), &out);
    }
    for (size_t i = 0; i < list_image_count(image) && i < 1000; i++) {
        str_reset(&out);
        list_image_item(image, i, &out);
    }
    str_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err;
    char *bytes; /* of its own, so that a byte too far is seen */
    struct list_image *image;

    if (size == 0)
        return 0;
    bytes = xmemdup(data, size);
    image = list_image_open(span_from(bytes, size), &err);
    if (image != NULL)
        ask(image);
    list_image_close(&image);
    xfree(&bytes);
    return 0;
}
