/* Runs Postfix's own command line tools. */
#ifndef POLICYD_MAPS_POSTFIX_TOOL_H
#define POLICYD_MAPS_POSTFIX_TOOL_H
#include "base/err.h"
#include "base/str.h"

#define POSTFIX_TOOL_TIMEOUT_MS 15000
#define POSTFIX_TOOL_MAX_OUTPUT (64 * 1024)

/* argv[0]: the tool's name ("postmap"), looked for where Postfix puts it; ended by NULL. Waits for it, not in the loop's thread.
 * 0: it ended with 0, *out has its standard output. -1: not found, failed (its first words are in err), or took too long. */
int postfix_tool_run(const char *const *argv, struct str *out, struct err *err);
#endif
