/* The stages of a transaction, in their order: what is known when. */
#ifndef FACTS_STAGE_H
#define FACTS_STAGE_H
#include "base/names.h"

enum stage {
    STAGE_CONNECT = 1,
    STAGE_HELO,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA,
    STAGE_HEADERS,
    STAGE_BODY,
    STAGE_EOM
};

enum chain { CHAIN_POLICY = 0, CHAIN_FILTER };

extern const struct name_value stage_names[];
extern const struct name_value chain_names[];
#endif
