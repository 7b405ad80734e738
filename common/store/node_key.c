/* The node's own secret and the keys that follow from it. */
#include "store/node_key.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/decision_code.h"

static const struct {
    enum node_key_use use;
    const char *label;
} labels[] = {
    {NODE_KEY_TRACE, "trace"},
    {NODE_KEY_RELEASE, "release"},
    {NODE_KEY_DIGEST, "digest"},
    {NODE_KEY_DECISION, "decision"},
};

static int check_mode(const char *path, struct err *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return err_set(err, "%s: %m", path);
    if ((st.st_mode & 07) != 0)
        return err_set(err,
                       "%s: everybody can read it; chmod 0640 it, or remove it to have a "
                       "new one made",
                       path);
    return 0;
}

int node_key_load(const char *state_dir, struct node_key *key_r, struct err *err)
{
    char *path = file_path(state_dir, "node.key");
    uint8_t fresh[HASH_KEY_SIZE], digest[HASH_KEY_SIZE];
    int result;

    hash_random(fresh, sizeof(fresh));
    result = file_make_once(path, span_from(fresh, sizeof(fresh)), 0640, key_r->master, err);
    if (result == 0)
        result = check_mode(path, err);
    else if (errno == EACCES)
        err_set(
            err,
            "%s: this user may not read or make it; both daemons must be in the group that "
            "owns state_dir: chgrp postgate and chmod 2771 the directory, chmod 0640 the file",
            path);
    explicit_bzero(fresh, sizeof(fresh));
    free(path);
    if (result < 0)
        return -1;
    hash_subkey(key_r->master, "node number", digest);
    key_r->node = (uint16_t)((digest[0] << 8 | digest[1]) & DECISION_NODE_MAX);
    return 0;
}

void node_key_subkey(const struct node_key *key, enum node_key_use use,
                     uint8_t out_r[HASH_KEY_SIZE])
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
        if (labels[i].use == use)
            hash_subkey(key->master, labels[i].label, out_r);
}
