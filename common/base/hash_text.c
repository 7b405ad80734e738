/* Bytes as hexadecimal and base64 text, and back, strictly. */
#include "base/hash.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const char hex_digits[] = "0123456789abcdef";

void hash_hex(struct str *out, const void *bytes, size_t len)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < len; i++) {
        char pair[2] = {hex_digits[byte[i] >> 4], hex_digits[byte[i] & 15]};

        str_add(out, span_from(pair, sizeof(pair)));
    }
}

void hash_sha256_hex(struct span bytes, char hex_r[HASH_SHA256_HEX])
{
    uint8_t digest[HASH_SHA256_SIZE];

    hash_sha256(bytes, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        hex_r[2 * i] = hex_digits[digest[i] >> 4];
        hex_r[2 * i + 1] = hex_digits[digest[i] & 15];
    }
    hex_r[2 * sizeof digest] = '\0';
}

bool hash_unhex(struct span hex, void *out_r, size_t len)
{
    uint8_t *out = out_r;

    if (hex.len / 2 != len || hex.len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(hex.ptr[2 * i]);
        int low = hex_value(hex.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void hash_base64(struct str *out, struct span bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.ptr;

    for (size_t left = bytes.len; left > 0; p += 3) {
        uint32_t group = (uint32_t)p[0] << 16;
        char quad[4];

        group |= left > 1 ? (uint32_t)p[1] << 8 : 0;
        group |= left > 2 ? p[2] : 0;
        for (int i = 0; i < 4; i++)
            quad[i] = base64_digits[group >> (18 - 6 * i) & 63];
        if (left < 3)
            quad[3] = '=';
        if (left < 2)
            quad[2] = '=';
        str_add(out, span_from(quad, sizeof(quad)));
        if (left < 3)
            return;
        left -= 3;
    }
}

/* Four digits into group; returns how many bytes they hold, 0 when they are malformed. */
static size_t unbase64_group(const char *quad, bool is_last, uint32_t *group_r)
{
    size_t digits = 0;
    size_t bytes;

    *group_r = 0;
    while (digits < 4 && quad[digits] != '=') {
        const char *at = memchr(base64_digits, quad[digits], sizeof(base64_digits) - 1);

        if (at == NULL)
            return 0;
        *group_r |= (uint32_t)(at - base64_digits) << (18 - 6 * digits);
        digits++;
    }
    if (digits < 2 || (digits < 4 && (!is_last || quad[3] != '=')))
        return 0;
    bytes = digits - 1;
    /* Bits beyond the last byte must be zero, so that each text has one meaning and each meaning one text. */
    return (*group_r << (8 * bytes) & 0xffffff) == 0 || bytes == 3 ? bytes : 0;
}

bool hash_unbase64(struct span text, struct str *out)
{
    if (text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        uint32_t group;
        size_t bytes = unbase64_group(text.ptr + i, i + 4 == text.len, &group);
        char three[3];

        if (bytes == 0)
            return false;
        three[0] = (char)(group >> 16 & 255);
        three[1] = (char)(group >> 8 & 255);
        three[2] = (char)(group & 255);
        str_add(out, span_from(three, bytes));
    }
    return true;
}
