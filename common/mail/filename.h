/* Attachment names, made comparable before anything judges them: the name a careless program would save the file under. */
#ifndef MAIL_FILENAME_H
#define MAIL_FILENAME_H
#include "base/span.h"

#define FILENAME_BYTES                                                                         \
    255 /* of a normalised name; of a longer one the end is kept, since the extension stands there */

struct filename {
    char text
        [FILENAME_BYTES +
         1]; /* valid UTF-8, no directories, no controls, no trailing dots and blanks; may be empty */
    size_t len;
    char extension
        [FILENAME_BYTES +
         1]; /* after the last dot, ASCII lower case, no blanks around; "" when there is none */
    size_t extension_len;
    bool
        is_deceptive; /* bidi marks, zero width characters, NUL or other controls stood in it */
};

/* raw: one candidate name, already decoded from RFC 2231 or 2047, any bytes. Done in this order: %XX decoded once, fullwidth
 * forms and odd blanks to ASCII, controls and unseen characters dropped, "/" and "\" directories cut off, trailing dots, blanks and
 * "::$DATA" dropped. */
void filename_normalize(struct span raw, struct filename *name_r);
#endif
