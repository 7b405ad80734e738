/* What the milter tells policyd of each decision, one way: datagrams to CONTROL_DIR/policyd.notice (0660, the daemons' group), never waited for by mail.
 * When nobody takes them for long they are dropped and counted: statistics of that time are lost, mail is not. One JSON object a datagram, at most
 * NOTICE_MAX bytes; a message with more domains or charges than fit is told in several (part 0, 1, ...; a later part has "what", "part", "time"
 * and more "charges", or more "domains" with "verdict" and "bytes"; statistics count a message by part 0). */
#ifndef CONTROL_NOTICE_H
#define CONTROL_NOTICE_H
#include <stdint.h>
#include <jansson.h>
#include "base/err.h"

#define NOTICE_MAX (60 * 1024)

/* Keys: "what" message | refused (one recipient, at RCPT) | quarantine; "part"; "time" (ms); "latency_us" (of message: its end, until the answer); "path"; "direction";
 * "verdict" (disposition_names); "rule" (it decided, "" none); "reasons" [rule names that applied or warned]; "bytes"; "recipients" (how many); "client"; "country"; "user"; "sender"; "domains" [recipient domains, no
 * repetition]; "charges" [{"c": canonical counter, "k": key text, "n": amount, "m": member of distinct}] (only of recipients that are delivered to).
 * quarantine: {"what":"quarantine","id","state"}: an entry was stored or changed its state. */

/* The sender's side: what is sent waits in memory (bounded; the oldest is dropped first) for a thread that hands it over, so that a burst or a policyd
 * that starts again loses nothing. Before notice_begin nothing is sent and nothing counted. */
void notice_begin(const char *control_dir);
void notice_send(const json_t *notice); /* any thread; never waits */
uint64_t notice_dropped(void);
void notice_end(
    int timeout_ms); /* hands over what waits, for so long at most; what is left is dropped */
/* The receiver's side: a non-blocking socket, to be read until empty. */
int notice_listen(const char *control_dir, struct err *err); /* fd or -1 */
/* NULL: nothing more now. Malformed ones are skipped and counted. */
json_t *notice_receive(int fd);
void notice_leave(
    const char *control_dir); /* nothing new comes; what came is still to be received */
void notice_close(const char *control_dir, int *fd);
#endif
