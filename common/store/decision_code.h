/* The decision code: where a decision is recorded (node, program, day, row), encrypted to 60 bits and written M7K2-9QF4-T3WX. It finds the
 * record without an index and tells nothing to whoever lacks the key.
 * Encryption: a balanced Feistel network over 2 x 30 bits, 10 rounds, round function the first 30 bits of HMAC-SHA-256(key, round, half):
 * a permutation whatever the round function is. Text: Crockford's base32, most significant digit first, groups of four. */
#ifndef STORE_DECISION_CODE_H
#define STORE_DECISION_CODE_H
#include "base/hash.h"

#define DECISION_CODE_SIZE 15 /* "M7K2-9QF4-T3WX" and NUL */
#define DECISION_NODE_MAX  0xfffu
#define DECISION_DAY_MAX   0x7fffu /* days since 1970-01-01 UTC: to the year 2059 */

enum decision_program { DECISION_MILTER = 0, DECISION_POLICYD = 1 };

struct decision_id {
    uint16_t node;                 /* 12 bits */
    enum decision_program program; /* 1 bit */
    uint16_t day;                  /* 15 bits */
    uint32_t row;
};
uint64_t decision_code_seal(const uint8_t key[HASH_KEY_SIZE], const struct decision_id *id);
/* Any 60 bits give some id: compare its node. */
void decision_code_open(const uint8_t key[HASH_KEY_SIZE], uint64_t code,
                        struct decision_id *id_r);
char *decision_code_print(uint64_t code, char text_r[DECISION_CODE_SIZE]);
/* Either case; o is 0, i and l are 1; hyphens and blanks anywhere between, brackets around. False on anything else. */
bool decision_code_parse(struct span text, uint64_t *code_r);
#endif
