/* Text of a part to UTF-8, piece by piece: characters and shifts may lie across pieces. */
#ifndef MILTER_INSPECT_MIME_CHARSET_H
#define MILTER_INSPECT_MIME_CHARSET_H
#include <iconv.h>
#include "base/span.h"
#include "base/str.h"

#define CHARSET_NAME_MAX 80
#define CHARSET_HELD_MAX 16 /* bytes of one character in any set */

struct charset_stream {
    iconv_t conversion;
    char held[CHARSET_HELD_MAX]; /* the beginning of a character */
    size_t held_len;
};

/* False for a set that charsets.h lacks. */
bool mime_charset_begin(struct charset_stream *stream, struct span name);
/* Appends valid UTF-8; what cannot be converted as U+FFFD. At most three times as many bytes as came in, and some more. */
void mime_charset_feed(struct charset_stream *stream, struct str *out, struct span piece);
void mime_charset_end(struct charset_stream *stream, struct str *out);

/* The set in which programs read a text that begins so. label: the parameter charset, or empty. *mark_r: bytes of a byte order mark, which is no
 * text. Points into label, into begin, or to a literal. */
struct span mime_charset_of(struct span label, struct span begin, bool is_html, size_t *mark_r);
/* Another set in which some programs read it, of a text without a byte order mark: those to which its set is unknown show the bytes as they are, and of
 * UTF-16 without a mark there are two. name: as mime_charset_of gave it. */
bool mime_charset_other(struct span label, struct span name, struct span begin,
                        struct span *other_r);
#endif
