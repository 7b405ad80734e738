/* What the checks share that ask the sender pool (rounds.h): settings, and a question that outlives its transaction. */
#ifndef CHECKS_SENDER_CHECK_H
#define CHECKS_SENDER_CHECK_H
#include "checks/check.h"
#include "inspect/sender_wire.h"

extern const struct check spf_check, helo_check, signatures_check;

/* Once, before the first transaction; settings must last as long as the program. */
void sender_check_begin(const struct settings *settings);
const struct settings *sender_check_settings(void);

/* From a result to facts. */
typedef void sender_learn(const struct check_request *request,
                          const struct sender_result *result, struct facts *to);

/* Asks, with the names that will be needed for sure, and posts what `learn` makes of the result, or the check's `without` if there is none.
 * question: without answers; copied, as ahead is. */
void sender_check_ask(struct check_request *request, const struct sender_request *question,
                      const struct sender_lack *ahead, size_t ahead_count, sender_learn *learn);
/* Posts facts that needed no question; takes them over. */
void sender_check_post(struct check_request *request, struct facts *facts);
#endif
