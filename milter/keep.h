/* Keeping a message in quarantine, as a verdict asks for it, before Postfix gets its reply. */
#ifndef MILTER_KEEP_H
#define MILTER_KEEP_H
#include "milter/transaction.h"

/* 0 kept durably (or nothing had to be), 1 over a bound (nothing kept; err names the setting), -1 could not: defer. */
int keep_verdict(struct transaction *t, struct err *err);
/* A message whose inspection failed is kept for study: once, not at each attempt of its sender. */
void keep_study(struct transaction *t, const char *reason);
/* "<a@b>" as given, without the brackets. */
struct span keep_bare_path(const char *path);
#endif
