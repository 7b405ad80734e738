/* Time zones without files. */
#ifndef INSPECT_MIME_ZONE_H
#define INSPECT_MIME_ZONE_H
/* Before the first message. */
void mime_zone_prepare(void);
#endif
