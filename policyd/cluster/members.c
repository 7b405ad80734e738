/* Who belongs to the cluster: the table in memory, behind one lock. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "policyd/cluster/members_inside.h"

struct row {
    struct member member;
    char heard[NODE_NAME_SIZE]; /* the name in its newest heartbeat; empty: none yet */
};

struct signer {
    char id[SIGN_ID_SIZE];
    uint8_t public[SIGN_PUBLIC_SIZE];
    bool is_retired;
    struct signer_limit *limits; /* of a retired one */
    size_t limit_count;
};

static struct {
    pthread_rwlock_t lock;
    struct row *rows;
    size_t count;
    struct signer signers[MEMBERS_SIGNERS_MAX];
    size_t signer_count;
} table = {.lock = PTHREAD_RWLOCK_INITIALIZER};

static struct row *find_id(const char *id)
{
    for (size_t i = 0; i < table.count; i++)
        if (strcmp(table.rows[i].member.id, id) == 0)
            return &table.rows[i];
    return NULL;
}

/* A forgotten node's number may have been given to another. */
static struct row *find_number(unsigned number)
{
    struct row *found = NULL;

    for (size_t i = 0; i < table.count; i++)
        if (table.rows[i].member.number == number &&
            (found == NULL || found->member.is_forgotten))
            found = &table.rows[i];
    return found;
}

static struct signer *find_signer(const char *keyid)
{
    for (size_t i = 0; i < table.signer_count; i++)
        if (strcmp(table.signers[i].id, keyid) == 0)
            return &table.signers[i];
    return NULL;
}

static bool give(const struct row *row, struct member *member_r)
{
    if (row != NULL)
        *member_r = row->member;
    return row != NULL;
}

bool members_by_id(const char *id, struct member *member_r)
{
    bool is_found;

    pthread_rwlock_rdlock(&table.lock);
    is_found = give(find_id(id), member_r);
    pthread_rwlock_unlock(&table.lock);
    return is_found;
}

bool members_by_number(unsigned number, struct member *member_r)
{
    bool is_found;

    pthread_rwlock_rdlock(&table.lock);
    is_found = give(find_number(number), member_r);
    pthread_rwlock_unlock(&table.lock);
    return is_found;
}

static bool is_called(const struct row *row, struct span name)
{
    return !row->member.is_forgotten &&
           (span_iequal(name, span_of(row->member.name)) ||
            (row->heard[0] != '\0' && span_iequal(name, span_of(row->heard))));
}

/* An id is that node's, whatever others call themselves. */
static size_t count_by_id(struct span id, struct member *member_r)
{
    for (size_t i = 0; i < table.count; i++)
        if (span_is(id, table.rows[i].member.id) && !table.rows[i].member.is_forgotten)
            return give(&table.rows[i], member_r);
    return 0;
}

static size_t count_by_name(struct span name, struct member *member_r)
{
    size_t found = 0;

    for (size_t i = 0; i < table.count; i++)
        if (is_called(&table.rows[i], name) && found++ == 0)
            give(&table.rows[i], member_r);
    return found;
}

bool members_by_name(struct span id_or_name, struct member *member_r, struct err *err)
{
    size_t found;

    pthread_rwlock_rdlock(&table.lock);
    found = count_by_id(id_or_name, member_r);
    if (found == 0)
        found = count_by_name(id_or_name, member_r);
    pthread_rwlock_unlock(&table.lock);
    if (found == 0)
        err_set(err, "there is no node %.*s in this cluster; see `milter-ctl node list`",
                SPAN_ARG(id_or_name));
    if (found > 1)
        err_set(err, "%zu nodes are called %.*s; name one by its id (`milter-ctl node list`)",
                found, SPAN_ARG(id_or_name));
    return found == 1;
}

static int by_name(const void *a, const void *b)
{
    const struct member *left = a, *right = b;
    int order = strcmp(left->name, right->name);

    return order != 0 ? order : strcmp(left->id, right->id);
}

size_t members_all(struct member **members_r)
{
    size_t count = 0;

    pthread_rwlock_rdlock(&table.lock);
    *members_r = xcalloc(table.count + 1, sizeof **members_r);
    for (size_t i = 0; i < table.count; i++)
        if (!table.rows[i].member.is_forgotten)
            (*members_r)[count++] = table.rows[i].member;
    pthread_rwlock_unlock(&table.lock);
    qsort(*members_r, count, sizeof **members_r, by_name);
    return count;
}

/* Of a retired key: had it been retired when that entry was written? */
static bool may_have_signed(const struct signer *signer, struct span subject, uint64_t number)
{
    if (!signer->is_retired)
        return true;
    for (size_t i = 0; i < signer->limit_count; i++)
        if (span_is(subject, signer->limits[i].subject))
            return number <= signer->limits[i].number;
    return false;
}

bool members_signer(const char *keyid, struct span subject, uint64_t number,
                    uint8_t public_r[SIGN_PUBLIC_SIZE])
{
    const struct signer *signer;
    bool is_good;

    pthread_rwlock_rdlock(&table.lock);
    signer = find_signer(keyid);
    is_good = signer != NULL && may_have_signed(signer, subject, number);
    if (is_good)
        memcpy(public_r, signer->public, SIGN_PUBLIC_SIZE);
    pthread_rwlock_unlock(&table.lock);
    return is_good;
}

void members_note_name(const char *id, const char *name)
{
    struct row *row;

    pthread_rwlock_wrlock(&table.lock);
    row = find_id(id);
    if (row != NULL)
        snprintf(row->heard, sizeof row->heard, "%s", name);
    pthread_rwlock_unlock(&table.lock);
}

uint16_t members_free_number(void)
{
    unsigned number = 0;
    const struct row *row;

    pthread_rwlock_rdlock(&table.lock);
    for (unsigned n = 1; n <= MEMBERS_MAX && number == 0; n++)
        if (find_number(n) == NULL)
            number = n;
    for (unsigned n = 1; n <= MEMBERS_MAX && number == 0; n++)
        if ((row = find_number(n)) != NULL && row->member.is_forgotten)
            number = n;
    pthread_rwlock_unlock(&table.lock);
    return (uint16_t)number;
}

static bool is_same(const struct member *a, const struct member *b)
{
    return a->number == b->number &&
           memcmp(a->sign_public, b->sign_public, SIGN_PUBLIC_SIZE) == 0 &&
           memcmp(a->seal_public, b->seal_public, SEAL_PUBLIC_SIZE) == 0;
}

static int check_new(const struct member *member, struct err *err)
{
    const struct row *same = find_id(member->id), *number = find_number(member->number);

    if (same != NULL && !is_same(&same->member, member))
        return err_set(err, "the node %s is in the cluster already, with other keys",
                       member->id);
    if (same == NULL && number != NULL && !number->member.is_forgotten)
        return err_set(err, "the number %u is the node %s's", member->number,
                       number->member.name);
    if (same == NULL && table.count >= MEMBERS_MAX)
        return err_set(err, "a cluster has %d nodes at most, forgotten ones too", MEMBERS_MAX);
    return 0;
}

int members_put(const struct member *member, struct err *err)
{
    int result;

    pthread_rwlock_wrlock(&table.lock);
    result = check_new(member, err);
    if (result == 0 && find_id(member->id) == NULL) {
        table.rows = xreallocarray(table.rows, table.count + 1, sizeof *table.rows);
        table.rows[table.count++] = (struct row){.member = *member};
    }
    pthread_rwlock_unlock(&table.lock);
    return result;
}

void members_put_forgotten(const char *id)
{
    struct row *row;

    pthread_rwlock_wrlock(&table.lock);
    row = find_id(id);
    if (row != NULL)
        row->member.is_forgotten = true;
    pthread_rwlock_unlock(&table.lock);
}

int members_put_signer(const uint8_t public_key[SIGN_PUBLIC_SIZE], struct err *err)
{
    struct signer signer = {.is_retired = false};
    int result = 0;

    sign_id(public_key, signer.id);
    memcpy(signer.public, public_key, SIGN_PUBLIC_SIZE);
    pthread_rwlock_wrlock(&table.lock);
    if (find_signer(signer.id) != NULL)
        result = 0;
    else if (table.signer_count == MEMBERS_SIGNERS_MAX)
        result = err_set(err, "a cluster has %d signing keys at most, retired ones too",
                         MEMBERS_SIGNERS_MAX);
    else
        table.signers[table.signer_count++] = signer;
    pthread_rwlock_unlock(&table.lock);
    return result;
}

int members_retire(const char *keyid, struct signer_limit *limits, size_t count,
                   struct err *err)
{
    struct signer *signer;
    int result = 0;

    pthread_rwlock_wrlock(&table.lock);
    signer = find_signer(keyid);
    if (signer == NULL)
        result = err_set(err, "there is no signing key %s that could be retired", keyid);
    else if (!signer->is_retired) {
        signer->is_retired = true;
        signer->limits = limits;
        signer->limit_count = count;
        limits = NULL;
    }
    pthread_rwlock_unlock(&table.lock);
    xfree(&limits);
    return result;
}

void members_reset(void)
{
    pthread_rwlock_wrlock(&table.lock);
    for (size_t i = 0; i < table.signer_count; i++)
        xfree(&table.signers[i].limits);
    table.signer_count = 0;
    xfree(&table.rows);
    table.count = 0;
    pthread_rwlock_unlock(&table.lock);
}
