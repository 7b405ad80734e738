/* libmilter without a socket: keeps what was registered and what each context was told. Linked instead of -lmilter. */
#ifndef T_LIB_FAKE_LIBMILTER_H
#define T_LIB_FAKE_LIBMILTER_H
#include <libmilter/mfapi.h>

#define FAKE_MACROS  16
#define FAKE_CHANGES 64
#define FAKE_TEXT    1200

struct
    smfi_str { /* SMFICTX: one per connection; used by one thread at a time, handed on between threads by the test */
    void *priv;
    struct {
        const char *name, *value;
    } macros[FAKE_MACROS];
    int change_count;
    char changes
        [FAKE_CHANGES]
        [FAKE_TEXT]; /* "ins 0 X-Postgate-Trace:...", "del X-Foo 2", "rcpt- <a@b>", "hold why" */
    char reply[FAKE_TEXT]; /* "550 5.7.1 text" of the last smfi_setreply */
    int fails;             /* changes are refused */
    int fails_after;       /* ... after so many; 0: never */
};

extern struct smfiDesc fake_callbacks; /* as registered */
#endif
