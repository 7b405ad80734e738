/* Names between their two forms: as text (mail/dns_answer.h) and as the labels of a packet. */
#ifndef DNS_NAME_H
#define DNS_NAME_H
#include "mail/dns_answer.h"

#define NAME_SIZE (DNS_NAME_MAX + 1) /* room for a name as text and its NUL */

/* A name being written; text is not terminated until name_end. */
struct name_text {
    char text[NAME_SIZE];
    size_t len;
    size_t wire_len; /* as it would be in a packet, RFC 1035 section 2.3.4 */
};

/* Adds a label of raw bytes. False when the name becomes too long, or the label is empty or over 63 bytes. */
bool name_add_label(struct name_text *name, struct span label);

/* The one spelling of a name that is to be asked: lower case, escapes only where they must be, so that two spellings of a name are one
 * lookup. False: it cannot be asked. */
bool name_normalize(struct span text, struct name_text *name_r);
#endif
