/* A drained node takes no new mail: both daemons answer 421 4.3.2 at RCPT; what Postfix has queued goes on. Said by a file, state_dir/drained, that
 * policyd writes and both daemons look at (engine/reload.h does, each second and when poked), so it survives restarts. Thread-safe. */
#ifndef ENGINE_DRAIN_H
#define ENGINE_DRAIN_H
#include <stdbool.h>
#include "base/err.h"
#include "base/str.h"

/* The reply code and text, the same from both daemons. */
#define DRAIN_SMTP 421
#define DRAIN_DSN  "4.3.2"
#define DRAIN_TEXT "this node is drained; try another"

void drain_begin(const char *state_dir); /* copies it, looks */
void drain_look(void);
bool drain_is(void); /* at once, without I/O */
/* policyd's: makes or removes the file, durably. who: for people, one line. */
int drain_set(const char *who, struct err *err);
int drain_clear(struct err *err);
/* "since TIME, by WHO"; empty when it is not drained. */
void drain_text(struct str *out);
#endif
