/* A redis-server for one test, on a unix socket in a directory of its own; it ends with the test. */
#ifndef T_LIB_REDIS_SERVER_H
#define T_LIB_REDIS_SERVER_H
#include <stdbool.h>
#include <sys/types.h>

struct redis_server {
    char dir[200], socket[108], where[120]; /* where: as the setting `redis` */
    pid_t pid;
};
/* Returns when it answers. config: further arguments of redis-server ("--requirepass x"), at most 16 words, or "". */
void redis_server_start(struct redis_server *server, const char *config);
void redis_server_again(struct redis_server *server, const char *config); /* same directory */
void redis_server_kill(struct redis_server *server);                      /* and waits for it */
void redis_server_freeze(const struct redis_server *server, bool is_frozen);
void redis_server_stop(struct redis_server *server); /* kill, and the directory goes */
#endif
