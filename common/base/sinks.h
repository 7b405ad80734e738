/* The only way for foreign bytes to a terminal, log, SMTP reply, header, JSON, CSV. One escaping printer each; all append to out.
 * Whatever comes in (any bytes), what goes out cannot break its surroundings. */
#ifndef BASE_SINKS_H
#define BASE_SINKS_H
#include "base/str.h"

void sink_terminal(
    struct str *out,
    struct span
        s); /* valid printable UTF-8 kept; controls, bidi marks and bad bytes as \xNN or \u{..} */
void sink_log(struct str *out,
              struct span s); /* printable ASCII; everything else as \xNN; backslash doubled */
/* One byte as sink_log writes it, for who must not allocate; returns how many bytes. */
#define SINK_LOG_BYTE_MAX 4
size_t sink_log_byte(unsigned char c, char out_r[SINK_LOG_BYTE_MAX]);
/* Printable ASCII only, others '?', at most limit bytes with "..." at the end when cut. '%' stays as it is: whoever gives
 * the line to smfi_setreply doubles it. */
void sink_reply(struct str *out, struct span s, size_t limit);
/* A header value: no CR, LF, NUL, controls; non-ASCII as an RFC 2047 encoded-word. At most limit bytes. */
void sink_header(struct str *out, struct span s, size_t limit);
void sink_json(struct str *out,
               struct span s); /* with the quotes; ASCII (\uXXXX); invalid UTF-8 as U+FFFD */
/* Text or attribute of XML: & < > and quotes as entities; what XML cannot hold as ? or U+FFFD. */
void sink_xml(struct str *out, struct span s);
void sink_csv(struct str *out,
              struct span s); /* RFC 4180, and a leading = + - @ is defused with ' */
/* Makes valid UTF-8 of any bytes (bad ones become U+FFFD). */
void sink_utf8(struct str *out, struct span s);
#endif
