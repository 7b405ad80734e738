/* Numbers for generated cases: the same seed gives the same cases on every machine. Print the seed when a case fails. */
#ifndef T_LIB_RANDOM_H
#define T_LIB_RANDOM_H
#include <stdint.h>

/* xorshift64* (Vigna); the state is never zero. */
static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

/* 0 .. below - 1 */
static inline uint64_t random_below(uint64_t *state, uint64_t below)
{
    return (random_next(state) >> 11) % below;
}

static inline uint64_t random_seeded(uint64_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;

    random_next(&state);
    random_next(&state);
    return state;
}
#endif
