/* What `cluster init` prints for redis.conf. */
#ifndef CLUSTER_ACL_TEXT_H
#define CLUSTER_ACL_TEXT_H
#include "base/str.h"

void acl_text_print(struct str *out, const char *cluster);
#endif
