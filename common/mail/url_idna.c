/* International host names as browsers read them: UTS 46 without the rules that only registries keep. */
#include "base/utf8.h"
#include "mail/url_host.h"

/* UTS 46 "ignored"; the joiners U+200C and U+200D are not: scripts need them. */
static const struct {
    uint32_t low, high;
} ignored[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x180b, 0x180d},   {0x180f, 0x180f},
    {0x200b, 0x200b}, {0x2060, 0x2060},   {0x2064, 0x2064},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff}, {0x1bca0, 0x1bca3}, {0xe0100, 0xe01ef},
};

bool url_is_ignored(uint32_t code)
{
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        if (code >= ignored[i].low && code <= ignored[i].high)
            return true;
    return false;
}

bool url_idna(struct span utf8, char out_r[DOMAIN_SIZE])
{
    return domain_normalize(utf8, out_r);
}
