/* The connections of the policy protocol in a loop of the test's own: rules put in force, a check that answers when told to, clients that
 * talk over socketpairs. */
#ifndef T_LIB_POLICY_LOOP_H
#define T_LIB_POLICY_LOOP_H
#include <event2/event.h>
#include "checks/check.h"
#include "conf/settings.h"

#define REQUEST(state, more) "request=smtpd_access_policy\nprotocol_state=" state "\n" more "\n"
#define RCPT(client, to)                                                                       \
    REQUEST("RCPT", "client_address=" client "\nsender=a@b.example\nrecipient=" to             \
                    "\npolicy_context=staging\n")
#define RULES                                                                                  \
    "list relay_networks ip { 10.0.0.0/8 }\n"                                                  \
    "[policy]\n"                                                                               \
    "rule ours when path = staging and client.ip in $relay_networks then permit relay\n"       \
    "rule slow when dnsbl.sender = \"xx.example\" then reject \"5.7.1 slow\"\n"                \
    "rule blind (unknown passes) when dnsbl.sender unknown then defer \"4.7.1 blind\"\n"

extern struct event_base *policy_base;
extern struct settings policy_settings;
/* Of the check that learns dnsbl.sender: its last request, until it is answered. */
extern struct check_request *policy_asked;

void policy_begin(const char *rules); /* NULL: none are in force */
void policy_end(void);
/* A thread of its own answers the last request of the check with this zone. */
void policy_answer(const char *text);
void policy_wait_asked(void);
int policy_connect(void);
void policy_say(int fd, struct span bytes);
/* Runs the loop until `count` answers are there, or the end: then "<closed" is added. */
const char *policy_hear(int fd, size_t count, struct str *heard);
#endif
