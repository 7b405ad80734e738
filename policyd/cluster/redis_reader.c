/* redis_reader.c - hiredis' reader, bounded. */
#include "base/xalloc.h"
#include "policyd/cluster/redis_reader.h"

struct redis_reader {
    redisReader *hiredis;
    redisReplyObjectFunctions make; /* hiredis' own, but for arrays */
    void *(*create_array)(const redisReadTask *task, int elements);
    size_t bytes, elements; /* of the reply under way */
    bool has_too_many;
};

/* An array header takes memory for what it only announces: counted here, over all levels. */
static void *create_array(const redisReadTask *task, int elements)
{
    struct redis_reader *reader = task->privdata;

    if (elements < 0 || (size_t)elements > REDIS_MAX_ELEMENTS - reader->elements) {
        reader->has_too_many = true;
        return NULL;
    }
    reader->elements += (size_t)elements;
    return reader->create_array(task, elements);
}

struct redis_reader *redis_reader_new(void)
{
    struct redis_reader *reader = xcalloc(1, sizeof *reader);

    reader->hiredis = redisReaderCreate();
    if (reader->hiredis == NULL)
        xmalloc(SIZE_MAX); /* out of memory ends in one place */
    reader->make = *reader->hiredis->fn;
    reader->create_array = reader->make.createArray;
    reader->make.createArray = create_array;
    reader->hiredis->fn = &reader->make;
    reader->hiredis->privdata = reader;
    return reader;
}

void redis_reader_free(struct redis_reader **reader)
{
    if (*reader == NULL)
        return;
    redisReaderFree((*reader)->hiredis);
    xfree(reader);
}

int redis_reader_feed(struct redis_reader *reader, struct span bytes, struct err *err)
{
    reader->bytes += bytes.len;
    if (reader->bytes > REDIS_MAX_REPLY)
        return err_set(err, "a reply of more than %d bytes", REDIS_MAX_REPLY);
    if (redisReaderFeed(reader->hiredis, bytes.ptr, bytes.len) != REDIS_OK)
        return err_set(err, "%s", reader->hiredis->errstr);
    return 0;
}

/* hiredis looks for the end of a line from its beginning each time: without this, an endless line costs time without end. Of a string only
 * the line with its length counts. */
static bool is_line_too_long(const redisReader *hiredis)
{
    size_t waiting = hiredis->len - hiredis->pos;

    if (waiting <= REDIS_MAX_LINE)
        return false;
    return hiredis->ridx < 0 ||
           memmem(hiredis->buf + hiredis->pos, REDIS_MAX_LINE, "\r\n", 2) == NULL;
}

static int refuse(struct redis_reader *reader, struct err *err)
{
    if (reader->has_too_many)
        return err_set(err, "a reply of more than %d elements", REDIS_MAX_ELEMENTS);
    return err_set(err, "not Redis' protocol: %s", reader->hiredis->errstr);
}

int redis_reader_next(struct redis_reader *reader, redisReply **reply_r, struct err *err)
{
    void *reply = NULL;

    if (redisReaderGetReply(reader->hiredis, &reply) != REDIS_OK)
        return refuse(reader, err);
    if (reply == NULL) {
        if (is_line_too_long(reader->hiredis))
            return err_set(err, "a line of more than %d bytes", REDIS_MAX_LINE);
        return 0;
    }
    reader->bytes = reader->elements = 0;
    *reply_r = reply;
    return 1;
}
