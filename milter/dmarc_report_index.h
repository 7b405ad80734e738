/* A table of texts and what each stands for, for the tally of DMARC reports. Grows; whoever fills it bounds it. */
#ifndef MILTER_DMARC_REPORT_INDEX_H
#define MILTER_DMARC_REPORT_INDEX_H
#include "base/span.h"

struct index;
struct index_slot {
    struct span key; /* the owner's */
    void *of;        /* NULL: nothing stands here yet */
};
struct index *index_new(void);
void index_free(struct index **index);
/* Where the key is or would be; good until the next call. Who puts something there sets both fields and says index_added. */
struct index_slot *index_at(struct index *index, struct span key);
void index_added(struct index *index);
#endif
