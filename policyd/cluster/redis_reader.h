/* Bytes of Redis to replies: hiredis' reader with bounds of ours. What Redis says is not trusted: a reply is at most REDIS_MAX_REPLY bytes and
 * REDIS_MAX_ELEMENTS elements, counted before memory is taken for them, and a line that does not end is refused. Pure; fuzzed. */
#ifndef CLUSTER_REDIS_READER_H
#define CLUSTER_REDIS_READER_H
#include "policyd/cluster/redis.h"

#define REDIS_MAX_ELEMENTS 1000000
#define REDIS_MAX_LINE     (64 * 1024)

struct redis_reader;
struct redis_reader *redis_reader_new(void);
void redis_reader_free(struct redis_reader **reader);
/* -1: too much for one reply. */
int redis_reader_feed(struct redis_reader *reader, struct span bytes, struct err *err);
/* 1 and a reply to be freed with freeReplyObject, 0 not whole yet, -1 (from then on always): this is not what Redis may say. */
int redis_reader_next(struct redis_reader *reader, redisReply **reply_r, struct err *err);
#endif
