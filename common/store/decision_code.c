/* The decision code: a keyed permutation of 60 bits, and its text. */
#include "store/decision_code.h"

#define ROUNDS    10
#define HALF_MASK 0x3fffffffu
#define CODE_BITS 60
#define DIGITS    12

/* Crockford's base32: no I, L, O, U. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static uint32_t round_bits(const uint8_t key[HASH_KEY_SIZE], unsigned number, uint32_t half)
{
    uint8_t input[5] = {(uint8_t)number, (uint8_t)(half >> 24), (uint8_t)(half >> 16),
                        (uint8_t)(half >> 8), (uint8_t)half};
    uint8_t digest[HASH_SHA256_SIZE];

    hash_hmac(key, span_from(input, sizeof(input)), digest);
    return ((uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
            digest[3]) &
           HALF_MASK;
}

uint64_t decision_code_seal(const uint8_t key[HASH_KEY_SIZE], const struct decision_id *id)
{
    uint64_t plain = (uint64_t)(id->node & DECISION_NODE_MAX) << 48 |
                     (uint64_t)(id->program & 1) << 47 |
                     (uint64_t)(id->day & DECISION_DAY_MAX) << 32 | id->row;
    uint32_t left = (uint32_t)(plain >> 30) & HALF_MASK;
    uint32_t right = (uint32_t)plain & HALF_MASK;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t next = left ^ round_bits(key, i, right);

        left = right;
        right = next;
    }
    return (uint64_t)left << 30 | right;
}

void decision_code_open(const uint8_t key[HASH_KEY_SIZE], uint64_t code,
                        struct decision_id *id_r)
{
    uint32_t left = (uint32_t)(code >> 30) & HALF_MASK;
    uint32_t right = (uint32_t)code & HALF_MASK;
    uint64_t plain;

    for (unsigned i = ROUNDS; i-- > 0;) {
        uint32_t before = right ^ round_bits(key, i, left);

        right = left;
        left = before;
    }
    plain = (uint64_t)left << 30 | right;
    *id_r = (struct decision_id){
        .node = (uint16_t)(plain >> 48 & DECISION_NODE_MAX),
        .program = (enum decision_program)(plain >> 47 & 1),
        .day = (uint16_t)(plain >> 32 & DECISION_DAY_MAX),
        .row = (uint32_t)plain,
    };
}

char *decision_code_print(uint64_t code, char text_r[DECISION_CODE_SIZE])
{
    char *at = text_r;

    for (int i = 0; i < DIGITS; i++) {
        if (i > 0 && i % 4 == 0)
            *at++ = '-';
        *at++ = digits[code >> (CODE_BITS - 5 * (i + 1)) & 31];
    }
    *at = '\0';
    return text_r;
}

/* -1: no digit. Lower case is folded, and what is easily confused is taken for what it looks like. */
static int digit_value(char c)
{
    const char *at;

    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

bool decision_code_parse(struct span text, uint64_t *code_r)
{
    struct span s = span_trim(text);
    uint64_t code = 0;
    int count = 0;

    if (s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
        s = span_from(s.ptr + 1, s.len - 2);
    for (size_t i = 0; i < s.len; i++) {
        int value = digit_value(s.ptr[i]);

        if (s.ptr[i] == '-' || s.ptr[i] == ' ')
            continue;
        if (value < 0 || ++count > DIGITS)
            return false;
        code = code << 5 | (uint64_t)value;
    }
    *code_r = code;
    return count == DIGITS;
}
