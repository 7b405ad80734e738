/* stage.c - the names of stages and chains. */
#include "facts/stage.h"

const struct name_value stage_names[] = {
    {"connect", STAGE_CONNECT}, {"helo", STAGE_HELO}, {"mail", STAGE_MAIL},
    {"rcpt", STAGE_RCPT},       {"data", STAGE_DATA}, {"headers", STAGE_HEADERS},
    {"body", STAGE_BODY},       {"eom", STAGE_EOM},   {NULL, 0},
};

const struct name_value chain_names[] = {
    {"policy", CHAIN_POLICY},
    {"filter", CHAIN_FILTER},
    {NULL, 0},
};
