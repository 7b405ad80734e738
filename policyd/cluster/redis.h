/* The node's link to one Redis: one thread, one event base, one connection for commands and one for hints. Commands come from any thread. hiredis
 * formats commands and parses replies; libevent's bufferevents carry the bytes over unix sockets, TCP or TLS (Debian's hiredis has none).
 *
 * Each command has a deadline; it is answered exactly once, by a reply or by a failure. A failed connection fails what waited on it: whether
 * such a command was done cannot be known, so whoever sends writes must be able to send them again. Three failures in a row (time-outs too)
 * open the breaker: commands fail at once, until one probe succeeds (after 1 s, doubled to 30 s, with jitter). READONLY, a lost connection
 * or a time-out looks the primary up again, through Sentinel where `redis` names one; who answers must say ROLE master.
 * Replies are bounded: REDIS_MAX_REPLY bytes buffered, else the connection is dropped. */
#ifndef CLUSTER_REDIS_H
#define CLUSTER_REDIS_H
#include <hiredis/hiredis.h>
#include "base/err.h"
#include "base/str.h"

#define REDIS_MAX_REPLY (64 * 1024 * 1024)
#define REDIS_MAX_QUEUE 10000 /* commands under way; more fail at once */

struct redis;
struct redis_options {
    const char *health; /* name in policyd/health.h, a literal: "redis" */
    const char *
        where; /* as the setting `redis`: unix:/path, inet:host:port, sentinel:NAME@host:port,... */
    const char *user, *password_file; /* "": none */
    bool has_tls;
    const char *tls_ca_file, *tls_certificate_file,
        *tls_key_file; /* "": the system's authorities; no client certificate */
    /* On the link's thread each time it is connected and ready; or NULL. Must not block. */
    void (*on_up)(void *ctx);
    void *ctx;
};
/* Starts the thread; connecting goes on behind. NULL: the options are wrong (a password file that cannot be read, ...). All of it is copied. */
struct redis *redis_new(const struct redis_options *options, struct err *err);
void redis_free(struct redis **redis); /* fails what is under way */
bool redis_is_up(struct redis *redis);
/* For people: "up since T", "down since T: why". */
void redis_state(struct redis *redis, struct str *out);

/* A Lua script; sent in full the first time over a connection, then by its sha1. Static storage: sha1 is filled in at first use. */
struct redis_script {
    const char *text;
    bool
        only_reads; /* may be given keys that Redis' ACL lets this user read but not write (EVAL_RO) */
    char sha1[41];
};
struct redis_command {
    struct redis_script *
        script; /* NULL: argv is a whole command; else argv is what follows EVALSHA's sha1: numkeys, keys, arguments */
    size_t argc;
    const struct span *argv;
    int timeout_ms; /* at most 60000 */
};
/* Waits; any thread but the policy loop's and the link's own. Free with freeReplyObject. NULL with a text: not answered. A reply of type
 * ERROR becomes NULL, too (the text is "Redis: ..."). */
redisReply *redis_ask(struct redis *redis, const struct redis_command *command,
                      struct err *err);
/* printf-like for the common case: words separated by one blank; %s const char *, %b const char * and size_t (hiredis' own format). */
redisReply *redis_askf(struct redis *redis, int timeout_ms, struct err *err, const char *format,
                       ...);
/* Does not wait. done is called exactly once, on the link's thread (or at once, from within, when it fails at once): reply (the link's own, gone
 * afterwards; of type ERROR too), or NULL and why. */
typedef void redis_done(void *ctx, const redisReply *reply, const char *why);
void redis_send(struct redis *redis, const struct redis_command *command, redis_done *done,
                void *ctx);
/* Hints: on the link's thread, for each message on the channel (empty ones are passed over), and once with an empty message after each (re)connection,
 * since hints may have been missed. Must not block. At most 8 channels; before or after connecting. */
void redis_subscribe(struct redis *redis, const char *channel,
                     void (*on_hint)(void *ctx, struct span message), void *ctx);
#endif
