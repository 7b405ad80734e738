/* Printers over the table of sentences. */
#ifndef CTL_HELP_H
#define CTL_HELP_H
#include "base/str.h"

/* The sentences that begin with these words (none: all), one a line with its help. Returns how many. */
size_t help_sentences(struct str *out, char *const *words, size_t count);
void help_man(struct str *out);        /* milter-ctl.8, man(7) source */
void help_completion(struct str *out); /* contrib/completion/milter-ctl, for bash */
extern const char help_usage[];        /* global options */
#endif
