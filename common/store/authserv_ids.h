/* The authserv-ids by which the nodes of the cluster write Authentication-Results: state_dir/authserv_ids, kept by policyd from what members
 * say of themselves, read by the milter, which removes what comes from elsewhere and claims one of them. Text:
 *   postgate-authserv-ids 1
 *   node ID AUTHSERV-ID                (as often as there are members; ID: 16 hexadecimal digits)
 *   end */
#ifndef STORE_AUTHSERV_IDS_H
#define STORE_AUTHSERV_IDS_H
#include "base/err.h"
#include "base/str.h"

#define AUTHSERV_IDS_MAX  4000 /* members of a cluster */
#define AUTHSERV_NODE_LEN 16
#define AUTHSERV_ID_SIZE  256 /* with its NUL */

struct authserv_ids {
    size_t count;
    struct authserv_id {
        char node[AUTHSERV_NODE_LEN + 1];
        char id[AUTHSERV_ID_SIZE];
    } * list;
};

/* May be written into the file: what the setting authserv_id may be. */
bool authserv_id_is_valid(struct span id);
/* The id of that node; NULL: not known. */
const char *authserv_ids_find(const struct authserv_ids *ids, const char *node);
void authserv_ids_print(struct str *out, const struct authserv_ids *ids);
/* 0 or -1; every field is checked and bounded. Clear what was read. */
int authserv_ids_parse(struct span text, struct authserv_ids *ids_r, struct err *err);
/* 1 read, 0 there is none, -1. */
int authserv_ids_read(const char *state_dir, struct authserv_ids *ids_r, struct err *err);
/* Durably, 0640; none: the file is removed. */
int authserv_ids_write(const char *state_dir, const struct authserv_ids *ids, struct err *err);
void authserv_ids_clear(struct authserv_ids *ids);
char *authserv_ids_path(const char *state_dir); /* free() it */
#endif
