/* A resolver that knows what the test told it, linked instead of common/dns: `FAKES_layer/test_x := fake_dns`. It answers from a thread of its
 * own, never from inside dns_ask; what nobody told it does not exist (DNS_NONE, is_nxdomain). Needs no dns_begin. All of it may be called from any thread. */
#ifndef T_LIB_FAKE_DNS_H
#define T_LIB_FAKE_DNS_H
#include "dns/dns.h"

/* Forgets all answers and counts, lets go what is held; waits until everything asked so far is answered. */
void fake_dns_reset(void);

/* One more record: A "192.0.2.1", AAAA "2001:db8::1", MX "10 mail.example", PTR "host.example", TXT any text. ttl is 300. */
void fake_dns_add(enum dns_type type, const char *name, const char *text);
/* The same with bytes as struct dns_answer has them. */
void fake_dns_add_bytes(enum dns_type type, const char *name, struct span bytes);
/* An answer without records. DNS_NONE: the name exists. What was added before for it is gone. */
void fake_dns_set(enum dns_type type, const char *name, enum dns_status status);
void fake_dns_set_secure(enum dns_type type, const char *name);
void fake_dns_remove(enum dns_type type, const char *name);

/* From here on nothing is answered until fake_dns_release, or fake_dns_time_out, which answers what is held with DNS_TIMEOUT. */
void fake_dns_hold(void);
void fake_dns_release(void);
void fake_dns_time_out(void);

/* What dns_count says of the servers. */
void fake_dns_set_silent(bool to);

/* Since the last reset. A question with done NULL counts, too. */
size_t fake_dns_asked(void);
size_t fake_dns_batches(void); /* calls of dns_ask */
size_t fake_dns_asked_for(enum dns_type type, const char *name);
/* Waits until so many questions were asked; false after 20 s. */
bool fake_dns_wait_asked(size_t count);
/* The last question for it, without its callback; false: never asked. name points to the argument. */
bool fake_dns_last(enum dns_type type, const char *name, struct dns_question *question_r);
#endif
