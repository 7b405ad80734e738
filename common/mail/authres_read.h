/* Reads Authentication-Results (RFC 8601 section 2.2) and, with its "i=N;" before, ARC-Authentication-Results (RFC 8617 section 4.1.1), for who
 * believes what they say. Lenient about values (header.b=ab/cd== unquoted), strict about structure: what does not read says nothing. Only the
 * caller knows whose field it is and where it stood. */
#ifndef MAIL_AUTHRES_READ_H
#define MAIL_AUTHRES_READ_H
#include "base/arena.h"
#include "base/err.h"
#include "mail/authres.h"

#define AUTHRES_RESULTS_MAX    64 /* of one field; longer fields do not read */
#define AUTHRES_PROPERTIES_MAX 24 /* of one result */
#define AUTHRES_INSTANCE_MAX   50 /* RFC 8617 section 4.2.1 */

/* Quoting undone, comments and blanks gone; as written otherwise: compare with span_iequal. */
struct authres_property {
    struct span type, name, value; /* "header", "from", "example.com" */
};
struct authres_result {
    struct span method, result; /* "dmarc", "pass" */
    struct span reason;         /* may be empty */
    size_t property_count;
    const struct authres_property *properties;
};
struct authres {
    unsigned instance; /* of ARC; 0: there is none */
    struct span id;
    unsigned version;
    size_t count; /* 0: "none" */
    const struct authres_result *results;
};

/* value: folded or not, at most AUTHRES_VALUE_MAX bytes. All lies in arena. -1 with the reason: malformed, or over a limit. */
int authres_read(struct span value, enum authres_kind kind, struct arena *arena,
                 struct authres *authres_r, struct err *err);
/* One result without its method, as the fact dkim.results has it: "pass header.d=a.example header.s=s reason=\"...\"". */
int authres_read_result(struct span text, struct arena *arena, struct authres_result *result_r,
                        struct err *err);
/* The first value of that property; empty when there is none. */
struct span authres_value(const struct authres_result *result, const char *type,
                          const char *name);
/* Is it the result of that method and word ("dmarc", "pass")? word NULL: any. */
bool authres_is(const struct authres_result *result, const char *method, const char *word);
/* Which of ids (comma-separated, as trusted_ids_of of conf/trusted_ids.h gives them) is this id? Empty: none of them. */
struct span authres_which(struct span id, struct span ids);
#endif
