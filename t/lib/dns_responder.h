/* A name server of the test's own on a port of 127.0.0.1, UDP and TCP, in a thread. What it answers stands in the first label of the name asked:
 *   found, secure  192.0.2.1, ::1, "text", 10 mx.example, ptr.example; time to live 300        brief   the same, 1 s
 *   none, nx       no record of this type; no such name                    servfail, refused
 *   silent         nothing                                                 held    as found, but only when let go
 *   garbage        random bytes with the right id        wrongid    as found with another id        short   half a packet
 *   loop           an alias of itself                    chain      an alias of chain0001, and so on                      many    1,000 addresses
 *   big, huge      TXT of 2,500 and of 60,000 bytes; by TCP, UDP says "truncated"                   odd     a TXT that is malformed
 * Everything else is none. The root's SOA is there. */
#ifndef T_LIB_DNS_RESPONDER_H
#define T_LIB_DNS_RESPONDER_H
#include <stdbool.h>
#include <stddef.h>

const char *responder_begin(void); /* the setting `resolver`: 127.0.0.1@PORT */
void responder_end(void);
void responder_set_silent(bool is_silent);
void responder_release(void); /* what is held is answered, and from here on at once */
size_t responder_asked_for(const char *first_label);
bool responder_wait_asked(const char *first_label, size_t count); /* false after 20 s */
#endif
