/* The header as it will be when the rules' edits are made; what cleaning removes is none of what is signed. */
#ifndef MILTER_FINAL_FIELDS_H
#define MILTER_FINAL_FIELDS_H
#include "mail/dkim_header.h"
#include "milter/transaction.h"

/* Spans point into the message or lie in arena. */
void final_fields(const struct transaction *t, struct arena *arena,
                  struct dkim_header *header_r);
#endif
