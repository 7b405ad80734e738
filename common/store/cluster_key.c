/* The cluster's shared key: its file, and the copy in memory that both daemons work with. */
#include "store/cluster_key.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "conf/settings.h"
#include "store/decision_code.h"

#define FILE_MAX   4096
#define FIRST_LINE "postgate-cluster-key 1"

static struct {
    pthread_mutex_t mutex;
    struct cluster_key key;
    struct stat seen; /* the file as it was when last read; zero: there was none */
} in_use = {.mutex = PTHREAD_MUTEX_INITIALIZER};

char *cluster_key_path(const struct settings *settings)
{
    return settings->cluster_key_file != NULL && settings->cluster_key_file[0] != '\0'
               ? xstrdup(settings->cluster_key_file)
               : file_path(settings->state_dir, "cluster.key");
}

void cluster_key_subkey(const struct cluster_key *key, size_t which, const char *label,
                        uint8_t out_r[HASH_KEY_SIZE])
{
    hash_subkey(key->of[which].master, label, out_r);
}

void cluster_key_print(struct str *out, const struct cluster_key *key)
{
    str_printf(out, FIRST_LINE "\nnode %u\n", key->node);
    for (size_t i = 0; i < key->count; i++) {
        str_printf(out, "generation %llu ", (unsigned long long)key->of[i].generation);
        hash_hex(out, key->of[i].master, HASH_KEY_SIZE);
        str_addc(out, '\n');
    }
}

static bool read_node(struct span line, struct cluster_key *key)
{
    uint64_t node;
    struct span word;

    if (!span_cut(&line, ' ', &word) || !span_is(word, "node") || line.ptr == NULL ||
        !span_to_u64(line, DECISION_NODE_MAX, &node))
        return false;
    key->node = (uint16_t)node;
    return node > 0;
}

/* Each older than the one before. */
static bool read_generation(struct span line, struct cluster_key *key)
{
    struct span word, number;
    size_t i = key->count;

    if (i == CLUSTER_KEY_GENERATIONS || !span_cut(&line, ' ', &word) ||
        !span_is(word, "generation") || !span_cut(&line, ' ', &number) || line.ptr == NULL ||
        !span_to_u64(number, INT64_MAX, &key->of[i].generation) ||
        !hash_unhex(line, key->of[i].master, HASH_KEY_SIZE))
        return false;
    key->count++;
    return key->of[i].generation > 0 &&
           (i == 0 || key->of[i].generation < key->of[i - 1].generation);
}

int cluster_key_parse(struct span text, struct cluster_key *key_r, struct err *err)
{
    struct span line;
    bool is_good;

    memset(key_r, 0, sizeof *key_r);
    is_good = text.len > 0 && text.len <= FILE_MAX && text.ptr[text.len - 1] == '\n' &&
              span_cut(&text, '\n', &line) && span_is(line, FIRST_LINE) &&
              span_cut(&text, '\n', &line) && read_node(line, key_r);
    while (is_good && text.len > 0)
        is_good = span_cut(&text, '\n', &line) && read_generation(line, key_r);
    if (is_good && key_r->count > 0)
        return 0;
    explicit_bzero(key_r, sizeof *key_r);
    return err_set(err, "not a cluster key as this release writes it (\"" FIRST_LINE
                        "\", a line node N, one or two lines generation N HEX); restore it, or "
                        "leave the cluster and join again");
}

static int read_file(const char *path, struct cluster_key *key_r, struct stat *st_r,
                     struct err *err)
{
    struct str text = STR_EMPTY;
    int result;

    if (stat(path, st_r) < 0)
        return errno == ENOENT ? 0 : err_set(err, "%s: %m", path);
    if ((st_r->st_mode & 07) != 0)
        return err_set(err,
                       "%s: everybody can read it; chmod 0640 it, and say `milter-ctl "
                       "cluster rotate-key` where the signing key lies",
                       path);
    if (file_read(path, FILE_MAX, &text, err) < 0)
        return -1;
    result = cluster_key_parse(str_span(&text), key_r, err);
    str_wipe(&text);
    return result < 0 ? err_prefix(err, "%s", path) : 1;
}

int cluster_key_load(const struct settings *settings, struct cluster_key *key_r,
                     struct err *err)
{
    char *path = cluster_key_path(settings);
    struct stat st;
    int result;

    memset(key_r, 0, sizeof *key_r);
    result = read_file(path, key_r, &st, err);
    free(path);
    return result;
}

static char *left_path(const struct settings *settings)
{
    char *path = cluster_key_path(settings);
    struct str aside = STR_EMPTY;

    str_printf(&aside, "%s.left", path);
    free(path);
    return str_take(&aside);
}

int cluster_key_load_left(const struct settings *settings, struct cluster_key *key_r,
                          struct err *err)
{
    char *path = left_path(settings);
    struct stat st;
    int result;

    memset(key_r, 0, sizeof *key_r);
    result = read_file(path, key_r, &st, err);
    key_r->is_left = result == 1;
    free(path);
    return result;
}

int cluster_key_store(const struct settings *settings, const struct cluster_key *key,
                      struct err *err)
{
    char *path = cluster_key_path(settings);
    struct str text = STR_EMPTY;
    int result;

    cluster_key_print(&text, key);
    result = file_replace(path, str_span(&text), 0640, err);
    str_wipe(&text);
    free(path);
    if (result == 0)
        cluster_key_look(settings);
    return result;
}

int cluster_key_remove(const struct settings *settings, struct err *err)
{
    char *path = cluster_key_path(settings), *aside = left_path(settings);
    int result = 0;

    if (rename(path, aside) < 0 && errno != ENOENT)
        result = err_set(err, "%s cannot be renamed to %s: %m", path, aside);
    free(aside);
    free(path);
    cluster_key_look(settings);
    return result;
}

/* It is never rewritten, always renamed: another one is another inode or time. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_mode == b->st_mode &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool take(const struct cluster_key *key, const struct stat *st)
{
    bool has_changed;

    pthread_mutex_lock(&in_use.mutex);
    has_changed = memcmp(&in_use.key, key, sizeof *key) != 0;
    in_use.key = *key;
    in_use.seen = *st;
    pthread_mutex_unlock(&in_use.mutex);
    return has_changed;
}

static bool is_seen(const char *path)
{
    struct stat now, seen;

    if (stat(path, &now) < 0)
        memset(&now, 0, sizeof now);
    pthread_mutex_lock(&in_use.mutex);
    seen = in_use.seen;
    pthread_mutex_unlock(&in_use.mutex);
    return is_same_file(&now, &seen);
}

bool cluster_key_look(const struct settings *settings)
{
    char *path = cluster_key_path(settings);
    struct cluster_key key;
    struct stat st;
    struct err err;
    bool has_changed = false;
    int result = 1;

    memset(&key, 0, sizeof key);
    if (!is_seen(path)) {
        result = read_file(path, &key, &st, &err);
        if (result == 0)
            memset(&st, 0, sizeof st);
        log_state("cluster key", result < 0, LOG_LEVEL_ERROR,
                  "%s; the key read before stays in use", result < 0 ? err.text : "");
        if (result >= 0)
            has_changed = take(&key, &st);
    }
    explicit_bzero(&key, sizeof key);
    free(path);
    return has_changed;
}

bool cluster_key_get(struct cluster_key *key_r)
{
    pthread_mutex_lock(&in_use.mutex);
    *key_r = in_use.key;
    pthread_mutex_unlock(&in_use.mutex);
    return key_r->count > 0;
}

size_t cluster_key_code_nodes(const struct cluster_key *key, uint64_t code, uint16_t *nodes_r)
{
    for (size_t i = 0; i < key->count; i++) {
        uint8_t subkey[HASH_KEY_SIZE];
        struct decision_id id;

        cluster_key_subkey(key, i, "decision", subkey);
        decision_code_open(subkey, code, &id);
        nodes_r[i] = id.node;
    }
    return key->count;
}
