/* Answers to whoever asked, counted for the whole program, resolver or not. */
#ifndef DNS_ANSWERS_H
#define DNS_ANSWERS_H
#include "dns/lookups.h"

/* Answers a question and frees it. */
void answers_give(struct waiter **waiter, const struct dns_answer *answer);
void answers_give_status(struct waiter **waiter, enum dns_status status);

void answers_note_asked(size_t count);
void answers_note_joined(void);
void answers_note_under_way(unsigned count);
void answers_count(struct dns_counts *counts_r);
#endif
