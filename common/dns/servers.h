/* The name servers that resolve for us, and whether they are there: each is sent a small question of our own when something seems to hang.
 * One thread. */
#ifndef DNS_SERVERS_H
#define DNS_SERVERS_H
#include <event2/event.h>
#include <sys/socket.h>
#include "base/err.h"
#include "base/ipnet.h"
#include "base/str.h"

#define SERVERS_MAX         8
#define SERVERS_SYSTEM_FILE "/etc/resolv.conf"

struct server {
    char text[IP_TEXT_SIZE + 8]; /* ADDRESS@PORT */
    struct sockaddr_storage address;
    socklen_t address_len;
    struct servers *servers;
    int fd; /* -1: none */
    struct event *event;
    uint16_t id;        /* of the question that is out */
    bool is_asked;      /* and not answered */
    unsigned missed;    /* questions in a row */
    bool is_known;      /* it has answered once */
    bool passes_dnssec; /* what it said then */
};

struct servers {
    struct server all[SERVERS_MAX];
    size_t count;
    struct event_base *base;
    void (*heard)(void *ctx); /* one has answered */
    void *ctx;
};

/* As the setting `resolver` has them. */
int servers_parse(struct servers *servers, struct span text, struct err *err);
/* The nameserver lines of resolv.conf(5); what does not read is passed over. */
void servers_parse_system(struct servers *servers, struct span text);
/* The setting's, or the file's when that is empty. -1 when there are none. */
int servers_load(struct servers *servers, const char *setting, const char *file,
                 struct err *err);

/* Loads again; true when they are others than before (those are open then, if these were). What cannot be loaded changes nothing. */
bool servers_reload(struct servers *servers, const char *setting, const char *file);
/* "ADDRESS@PORT, ADDRESS@PORT" */
void servers_text(const struct servers *servers, struct str *out);

void servers_open(struct servers *servers, struct event_base *base);
void servers_close(struct servers *servers);
/* Asks each of them; one that has not answered the last time has missed it. */
void servers_ask(struct servers *servers);
/* Missed several in a row while another one was heard. */
bool servers_is_away(const struct servers *servers, const struct server *server);
bool servers_are_known(const struct servers *servers); /* one has answered since servers_open */
/* All that have answered pass DNSSEC's signatures on. */
bool servers_pass_dnssec(const struct servers *servers);
#endif
