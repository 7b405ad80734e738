/* Finds files that older programs put into plain text: uuencode, yEnc and BinHex. */
#ifndef MILTER_INSPECT_MIME_UU_H
#define MILTER_INSPECT_MIME_UU_H
#include "base/span.h"

#define UU_LINE_MAX                                                                            \
    512 /* of a line looked at, rows of blanks counted as one; the rest of a longer one is passed over */

struct uu_finder {
    char line[UU_LINE_MAX], name[UU_LINE_MAX];
    size_t len, name_len;
    bool is_begun;  /* the line before may begin a file: this one must look like its data */
    bool is_binhex; /* ... as BinHex */
};

/* Takes some text; an empty one at the end of all. Calls found for each file's name. */
void uu_feed(struct uu_finder *f, struct span text, void (*found)(void *ctx, struct span name),
             void *ctx);
#endif
