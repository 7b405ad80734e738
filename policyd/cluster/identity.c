/* Who this node is: read from state_dir/cluster/ and kept in memory; written by the commands that make, change or end a membership. */
#include "policyd/cluster/identity.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "policyd/cluster/members.h"

#define FILE_MAX 4096

static struct {
    pthread_mutex_t mutex;
    bool is_member;
    struct identity identity;
} own = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* One line of a file: its word, then what is behind the blank. */
static int take_line(struct span *rest, const char *word, struct span *value_r, struct err *err)
{
    struct span line, name;

    if (!span_cut(rest, '\n', &line) || rest->ptr == NULL)
        return err_set(err, "ends before the line %s", word);
    *value_r = line;
    if (!span_cut(value_r, ' ', &name) || !span_is(name, word) || value_r->ptr == NULL)
        return err_set(err, "the line %s is not where it should be", word);
    return 0;
}

static int take_text(struct span *rest, const char *word, char *text_r, size_t size,
                     struct err *err)
{
    struct span value;

    if (take_line(rest, word, &value, err) < 0)
        return -1;
    if (value.len == 0 || value.len >= size)
        return err_set(err, "%s: 1 to %zu bytes", word, size - 1);
    snprintf(text_r, size, "%.*s", SPAN_ARG(value));
    return 0;
}

static int take_secret(struct span *rest, const char *word, uint8_t secret_r[32],
                       struct err *err)
{
    struct span value;

    if (take_line(rest, word, &value, err) < 0)
        return -1;
    return hash_unhex(value, secret_r, 32)
               ? 0
               : err_set(err, "%s: that must be 64 hexadecimal digits", word);
}

static int parse_node(struct span rest, struct identity *i, struct err *err)
{
    struct span version, number;
    uint64_t value;

    if (take_line(&rest, "postgate-node", &version, err) < 0 ||
        take_text(&rest, "cluster", i->cluster, sizeof i->cluster, err) < 0 ||
        take_text(&rest, "id", i->id, sizeof i->id, err) < 0 ||
        take_line(&rest, "number", &number, err) < 0 ||
        take_text(&rest, "name", i->name, sizeof i->name, err) < 0 ||
        take_secret(&rest, "sign", i->sign.secret, err) < 0 ||
        take_secret(&rest, "seal", i->seal.secret, err) < 0)
        return -1;
    if (!span_is(version, "1") || !span_to_u64(number, MEMBERS_MAX, &value) || value == 0 ||
        strlen(i->id) != NODE_ID_SIZE - 1)
        return err_set(err, "version, id or number is not as this release writes them");
    i->number = (uint16_t)value;
    if (!sign_key_from_secret(&i->sign) || !seal_key_from_secret(&i->seal))
        return err_set(err, "its keys are none");
    return 0;
}

/* 1 read, 0 not there, -1. Nobody but policyd may read it. */
static int read_secret_file(const char *dir, const char *name, struct str *out, struct err *err)
{
    char *path = file_path(dir, name);
    struct stat st;
    int result = 1;

    if (stat(path, &st) < 0)
        result = 0;
    else if ((st.st_mode & 077) != 0)
        result = err_set(err, "%s: others can read it; chmod 0600 it", path);
    else if (file_read(path, FILE_MAX, out, err) < 0)
        result = -1;
    free(path);
    return result;
}

static int read_signing(const char *dir, struct identity *i, struct err *err)
{
    struct str text = STR_EMPTY;
    struct span rest, version;
    int result = read_secret_file(dir, "signing.key", &text, err);

    rest = str_span(&text);
    if (result == 1) {
        if (take_line(&rest, "postgate-signing-key", &version, err) < 0 ||
            take_secret(&rest, "secret", i->signing.secret, err) < 0)
            result = err_prefix(err, "%s/signing.key", dir);
        i->has_signing_key = result == 1 && sign_key_from_secret(&i->signing);
    }
    str_wipe(&text);
    return result < 0 ? -1 : 0;
}

static int read_all(const char *dir, struct identity *i, struct err *err)
{
    struct str text = STR_EMPTY;
    int result = read_secret_file(dir, "node", &text, err);

    if (result == 1 && parse_node(str_span(&text), i, err) < 0)
        result = err_prefix(err, "%s/node", dir);
    str_wipe(&text);
    return result == 1 && read_signing(dir, i, err) < 0 ? -1 : result;
}

/* A run of policyd has one boot, whatever it becomes a member of. */
static void keep(const struct identity *i)
{
    static char boot[NODE_ID_SIZE];
    uint8_t bytes[(NODE_ID_SIZE - 1) / 2];
    struct str hex = STR_EMPTY;

    hash_random(bytes, sizeof bytes);
    hash_hex(&hex, bytes, sizeof bytes);
    pthread_mutex_lock(&own.mutex);
    if (boot[0] == '\0')
        memcpy(boot, hex.ptr, NODE_ID_SIZE);
    own.identity = *i;
    memcpy(own.identity.boot, boot, NODE_ID_SIZE);
    own.is_member = true;
    pthread_mutex_unlock(&own.mutex);
    str_clear(&hex);
}

int identity_load(const char *state_dir, const char *cluster_name, struct err *err)
{
    char *dir = file_path(state_dir, "cluster");
    struct identity i = {.number = 0};
    int result = read_all(dir, &i, err);

    if (result == 1 && strcmp(i.cluster, cluster_name) != 0)
        result = err_set(err,
                         "%s says that this node is in the cluster %s, and cluster_name is %s; "
                         "set it back, or say `milter-ctl cluster leave` first",
                         dir, i.cluster, cluster_name);
    if (result == 1)
        keep(&i);
    explicit_bzero(&i, sizeof i);
    free(dir);
    return result;
}

/* Replaces DIR/NAME by a text that holds secrets. */
static int write_secret_file(const char *dir, const char *name, struct str *text,
                             struct err *err)
{
    char *path = file_path(dir, name);
    int result = file_make_dir(dir, 0750, err);

    if (result == 0)
        result = file_replace(path, str_span(text), 0600, err);
    str_wipe(text);
    free(path);
    return result;
}

int identity_store(const char *state_dir, const struct identity *identity, struct err *err)
{
    char *dir = file_path(state_dir, "cluster");
    struct str text = STR_EMPTY;
    int result = 0;

    if (identity->has_signing_key)
        result = identity_store_signing(state_dir, &identity->signing, err);
    str_printf(&text, "postgate-node 1\ncluster %s\nid %s\nnumber %u\nname %s\nsign ",
               identity->cluster, identity->id, identity->number, identity->name);
    hash_hex(&text, identity->sign.secret, SIGN_SECRET_SIZE);
    str_adds(&text, "\nseal ");
    hash_hex(&text, identity->seal.secret, sizeof identity->seal.secret);
    str_addc(&text, '\n');
    if (write_secret_file(dir, "node", &text, err) < 0)
        result = -1;
    if (result == 0)
        keep(identity);
    free(dir);
    return result;
}

int identity_store_signing(const char *state_dir, const struct sign_key *key, struct err *err)
{
    char *dir = file_path(state_dir, "cluster");
    struct str text = STR_EMPTY;
    int result;

    str_adds(&text, "postgate-signing-key 1\nsecret ");
    hash_hex(&text, key->secret, SIGN_SECRET_SIZE);
    str_addc(&text, '\n');
    result = write_secret_file(dir, "signing.key", &text, err);
    free(dir);
    if (result < 0)
        return -1;
    pthread_mutex_lock(&own.mutex);
    own.identity.signing = *key;
    own.identity.has_signing_key = true;
    pthread_mutex_unlock(&own.mutex);
    return 0;
}

void identity_retire_signing(void)
{
    pthread_mutex_lock(&own.mutex);
    own.identity.has_signing_key = false;
    explicit_bzero(&own.identity.signing, sizeof own.identity.signing);
    pthread_mutex_unlock(&own.mutex);
}

int identity_leave(const char *state_dir, char path_r[NODE_NAME_SIZE], struct err *err)
{
    char *dir = file_path(state_dir, "cluster"), name[32];
    char *aside;
    int result = 0;

    snprintf(name, sizeof name, "cluster.left-%lld", (long long)clock_now_ms() / 1000);
    aside = file_path(state_dir, name);
    if (rename(dir, aside) < 0)
        result = err_set(err, "%s cannot be renamed to %s: %m", dir, aside);
    else if (file_sync_dir(state_dir, err) < 0)
        result = -1;
    snprintf(path_r, NODE_NAME_SIZE, "%s", aside);
    if (result == 0) {
        pthread_mutex_lock(&own.mutex);
        own.is_member = false;
        explicit_bzero(&own.identity, sizeof own.identity);
        pthread_mutex_unlock(&own.mutex);
    }
    free(aside);
    free(dir);
    return result;
}

bool identity_get(struct identity *identity_r)
{
    bool is_member;

    pthread_mutex_lock(&own.mutex);
    is_member = own.is_member;
    if (is_member)
        *identity_r = own.identity;
    pthread_mutex_unlock(&own.mutex);
    return is_member;
}
