/* The text of a quarantine file around its message: header lines before, notes behind. Pure. */
#ifndef STORE_QUARANTINE_TEXT_H
#define STORE_QUARANTINE_TEXT_H
#include "store/quarantine.h"

#define QUARANTINE_MAX_RECIPIENTS 10000
/* "Message-Kept: yes" is the last line; this far before the end of the header stand three bytes that become "no " in place. */
#define QUARANTINE_KEPT_BEFORE_END 5

/* Appends the header with the blank line that ends it. -1: it would exceed QUARANTINE_MAX_HEADER or the recipients' limit. */
int quarantine_text_print(struct str *out, const struct quarantine_entry *entry,
                          struct err *err);

struct quarantine_text { /* what a header says besides the entry */
    size_t header_bytes;
    bool is_kept; /* the message still follows */
};
/* Reads the header at the begin of `bytes` (which may go on with the message). Everything is checked and bounded; unknown names are
 * skipped, for the sake of later versions. The entry's bytes are in arena; state and notes are not set. */
int quarantine_text_parse(struct span bytes, struct arena *arena,
                          struct quarantine_entry *entry_r, struct quarantine_text *text_r,
                          struct err *err);

bool quarantine_id_is_valid(struct span id);
/* "20261122-" and the ms of the day in 7 hexadecimal digits, then 9 of `random`: ids sort by time, and those of many nodes do not meet. */
void quarantine_id_make(int64_t time_ms, uint64_t random, char id_r[QUARANTINE_ID_SIZE]);

/* A note: "\nTIME WORD[: TEXT]\n". What a crash cut short is no note, and does not spoil the next one. */
void quarantine_note_print(struct str *out, int64_t time_ms, const char *word,
                           const char *text);
/* From what stands behind the message: whole notes only, one a line, in *notes_r (arena); the word of the last one that is in `words`. */
int quarantine_notes_parse(struct span tail, const struct name_value *words,
                           struct arena *arena, struct span *notes_r);
#endif
