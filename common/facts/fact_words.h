/* The words of TYPE_ENUM facts, for the fact table and for who prints them. */
#ifndef FACTS_FACT_WORDS_H
#define FACTS_FACT_WORDS_H
#include "base/names.h"

enum weekday { WEEKDAY_SUNDAY = 0, WEEKDAY_SATURDAY = 6 }; /* as tm_wday counts */

extern const struct name_value weekday_names[];
extern const struct name_value spf_names[];   /* RFC 7208 section 2.6 */
extern const struct name_value dkim_names[];  /* RFC 8601 section 2.7.1 */
extern const struct name_value dmarc_names[]; /* RFC 7489 section 11.2 */
extern const struct name_value dmarc_policy_names[];
extern const struct name_value arc_names[]; /* RFC 8617 section 4.4 */
extern const struct name_value author_by_names[];
extern const struct name_value
    magic_names[]; /* what the first bytes and the structure say a part is */
#endif
