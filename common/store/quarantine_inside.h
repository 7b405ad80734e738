/* The parts of the quarantine among themselves. */
#ifndef STORE_QUARANTINE_INSIDE_H
#define STORE_QUARANTINE_INSIDE_H
#include <pthread.h>

#include "store/quarantine_account.h"
#include "store/quarantine_index.h"
#include "store/quarantine_text.h"

#define QUARANTINE_STATES 6 /* 1 .. 6 */

struct quarantine {
    char *dir;
    int lock_fd;
    int tmp_fd;                           /* directories */
    int state_fds[QUARANTINE_STATES + 1]; /* by enum quarantine_state */
    int64_t days;
    struct quarantine_account *account;
    struct quarantine_index *index; /* NULL: none */
    pthread_mutex_t states;         /* changes of state, notes */
};

/* Words of notes; those of a state say where the entry was going. */
enum { QUARANTINE_NOTE_SENDING = 100 };
extern const struct name_value quarantine_note_words[];

/* quarantine_copy.c. sha256 of exactly `bytes` bytes from offset. */
int quarantine_hash(int fd, int64_t offset, uint64_t bytes, char sha256_r[65], struct err *err);
/* Appends exactly `bytes` bytes of from (from its begin) to `to`: in the kernel where it can. */
int quarantine_copy(int from, int to, uint64_t bytes, struct err *err);

/* quarantine_file.c. An open entry. */
struct quarantine_file {
    int fd;
    enum quarantine_state state;
    struct quarantine_entry entry;
    struct quarantine_text text;
    uint64_t bytes; /* of the file */
    int last_note;  /* value in quarantine_note_words, 0: none */
};
/* 1 open in the state in which it is found, 0 in none, -1. flags: O_RDONLY or O_RDWR. */
int quarantine_file_open(struct quarantine *q, const char *id, int flags, struct arena *arena,
                         struct quarantine_file *file_r, struct err *err);
int quarantine_file_open_in(struct quarantine *q, enum quarantine_state state, const char *id,
                            int flags, struct arena *arena, struct quarantine_file *file_r,
                            struct err *err);
void quarantine_file_close(struct quarantine_file *file);

struct quarantine_name {
    char id[QUARANTINE_ID_SIZE];
};
/* Ids in a state's directory, in no order; *ids_r is freed with free(). */
int quarantine_ids(struct quarantine *q, enum quarantine_state state,
                   struct quarantine_name **ids_r, size_t *count_r, struct err *err);

/* quarantine_states.c. What a crash left half done. */
int quarantine_recover(struct quarantine *q, struct err *err);
#endif
