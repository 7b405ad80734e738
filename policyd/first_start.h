/* The very first start: rules_file becomes revision 1 (author "rules_file"), and the files lists/NAME beside it, one item a line, fill the
 * lists the rules leave to the store. Never again: from then on milter-ctl changes them. */
#ifndef POLICYD_FIRST_START_H
#define POLICYD_FIRST_START_H
#include "conf/settings.h"
#include "rules/ruleset.h"
#include "store/policy_db.h"

/* 1 revision 1 was made, 0 there are revisions already, -1: the file is missing or broken, or a list is; nothing was changed but lists, which
 * the next try fills again. The text names the command that mends it. */
int first_start(const struct settings *settings, struct policy_db *db, struct err *err);
/* Makes every list in the store that the rules leave to it; fills: also from lists/NAME beside rules_file. -1: one holds items of
 * another type, or its file is not readable or holds what is no item. */
int first_start_lists(const struct settings *settings, struct policy_db *db,
                      const struct ruleset *rules, bool fills, struct err *err);
#endif
