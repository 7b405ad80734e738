/* A small SMTP client for one purpose: handing a stored message to our own Postfix over the release listener. Blocking, with a deadline
 * on each step; replies are bounded. */
#ifndef MILTER_SMTP_H
#define MILTER_SMTP_H
#include "base/str.h"
#include "conf/settings.h"

#define SMTP_STEP_MS 30000
#define SMTP_END_MS                                                                            \
    180000 /* after the final dot: above Postfix's content_timeout for milters */
#define SMTP_REPLY_MAX   4096
#define SMTP_REPLY_LINES 50

struct smtp;
struct smtp *smtp_open(const struct socket_address *address,
                       struct err *err); /* connected, greeted, EHLO done */
void smtp_close(struct smtp **smtp);
/* Sends a command line (without CRLF; NULL: only reads a reply) and reads the reply: its code, or -1 when the connection failed.
 * text_r (may be NULL) gets the reply's last line. */
int smtp_command(struct smtp *smtp, const char *line, struct str *text_r, struct err *err);
/* Sends bytes as message text: lines end in CRLF, leading dots doubled. State is kept between calls. */
int smtp_data(struct smtp *smtp, struct span bytes, struct err *err);
/* The final dot: reply code or -1 (then the outcome is unknown). */
int smtp_end_data(struct smtp *smtp, struct str *text_r, struct err *err);
#endif
