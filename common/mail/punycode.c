/* punycode.c - RFC 3492 section 6.3, with the numbers of its section 5. */
#include "mail/punycode.h"

#define BASE       36u
#define T_MIN      1u
#define T_MAX      26u
#define SKEW       38u
#define DAMP       700u
#define FIRST_BIAS 72u
#define FIRST_CODE 0x80u
#define CODES      0x110000u /* of Unicode: no difference exceeds that many times PUNYCODE_MAX + 1 */

struct encoder {
    char *out;
    size_t len; /* may come to stand behind PUNYCODE_MAX; nothing is written there */
    uint32_t bias;
};

static void put(struct encoder *e, char c)
{
    if (e->len < PUNYCODE_MAX)
        e->out[e->len] = c;
    e->len++;
}

static char digit(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

static uint32_t adapted(uint32_t delta, uint32_t points, bool is_first)
{
    uint32_t steps = 0;

    delta /= is_first ? DAMP : 2;
    delta += delta / points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; steps += BASE)
        delta /= BASE - T_MIN;
    return steps + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* A number of variable length. */
static void put_delta(struct encoder *e, uint32_t delta)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= e->bias ? T_MIN : k >= e->bias + T_MAX ? T_MAX : k - e->bias;

        if (delta < t)
            break;
        put(e, digit(t + (delta - t) % (BASE - t)));
        delta = (delta - t) / (BASE - t);
    }
    put(e, digit(delta));
}

/* The lowest code from low on. */
static uint32_t next_code(const uint32_t *code, size_t count, uint32_t low)
{
    uint32_t found = CODES;

    for (size_t i = 0; i < count; i++)
        if (code[i] >= low && code[i] < found)
            found = code[i];
    return found;
}

/* All characters that are next, and how far the decoder walks to each. */
static uint32_t put_all(struct encoder *e, const uint32_t *code, size_t count, uint32_t next,
                        uint32_t delta)
{
    bool is_first = next_code(code, count, FIRST_CODE) == next;
    uint32_t done = 0;

    for (size_t i = 0; i < count; i++)
        done += code[i] < next;
    for (size_t i = 0; i < count; i++) {
        delta += code[i] < next;
        if (code[i] != next)
            continue;
        put_delta(e, delta);
        e->bias = adapted(delta, ++done, is_first);
        is_first = false;
        delta = 0;
    }
    return delta;
}

bool punycode_encode(const uint32_t *code, size_t count, char out_r[PUNYCODE_MAX + 1])
{
    struct encoder e = {.out = out_r, .bias = FIRST_BIAS};
    uint32_t delta = 0, from = FIRST_CODE, done = 0;

    if (count > PUNYCODE_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (code[i] < FIRST_CODE)
            put(&e, (char)code[i]);
    done = (uint32_t)e.len;
    if (done > 0)
        put(&e, '-');
    while (done < count) {
        uint32_t next = next_code(code, count, from);

        if (next == CODES)
            return false;
        delta += (next - from) * (done + 1);
        delta = put_all(&e, code, count, next, delta) + 1;
        from = next + 1;
        for (size_t i = 0; i < count; i++)
            done += code[i] == next;
    }
    if (e.len > PUNYCODE_MAX)
        return false;
    out_r[e.len] = '\0';
    return true;
}
