/* Private to the codec of results: what may stand where. */
#ifndef INSPECT_SENDER_RESULT_H
#define INSPECT_SENDER_RESULT_H
#include "base/names.h"
#include "inspect/sender_wire.h"

#define SENDER_ALGORITHM_MAX 32
#define SENDER_BEGIN_MAX     8

/* As mail/domain.h leaves domains; selectors too. Never empty. */
bool sender_is_domain(struct span text);
bool sender_is_printable(struct span text); /* ASCII */
bool sender_is_token(struct span text);     /* small letters, digits and - */
bool sender_is_base64(struct span text);
bool sender_is_word(const struct name_value *table, int value, const char *word);
bool sender_is_lack(const struct sender_lack *lack);
#endif
