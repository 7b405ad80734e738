/* The users of Redis for one cluster, as etc/redis/users.conf shows them; a test compares the two. */
#include "policyd/cluster/acl_text.h"

static const char *const lines[] = {
    "# Users of Redis for one cluster of Postgate. Put this into redis.conf, or name it "
    "there: include /etc/redis/postgate-users.conf",
    "# (where redis.conf names an aclfile, put the three lines that begin with \"user\" "
    "into that file instead; such a file takes no comments).",
    "# Replace CLUSTER by what cluster_name is, each PASSWORD-... by a password of its "
    "own (openssl rand -hex 32), and restart Redis. Each node then",
    "# needs redis_user = postgate-node and redis_password_file. `milter-ctl cluster "
    "init` prints the same lines with the name filled in.",
    "",
    "# Nobody comes in without a user: the one that Redis knows by itself is off. (Other "
    "programs that use this Redis need users of their own.)",
    "# Its rights are for Redis, which reads its own file as this user at a start: "
    "without them all that a script wrote would be left out.",
    "user default off ~* &* +@all",
    "",
    "# What every node may do: read what the cluster shares, write what nodes say of "
    "themselves and to each other. It cannot write what administrators",
    "# change (heads, rev:, part:): a node that has been taken over cannot put rules or "
    "lists into the cluster, nor take them away.",
    "user postgate-node reset on >PASSWORD-OF-NODES %R~postgate:{CLUSTER}:* "
    "~postgate:{CLUSTER}:node:* ~postgate:{CLUSTER}:stats:* "
    "~postgate:{CLUSTER}:quarantine:* ~postgate:{CLUSTER}:inbox:* "
    "~postgate:{CLUSTER}:answer:* ~postgate:{CLUSTER}:c:* ~postgate:{CLUSTER}:g:* "
    "~postgate:{CLUSTER}:join:* ~postgate:{CLUSTER}:joined:* &postgate:{CLUSTER}:* "
    "+@read +@write +@scripting +@pubsub +@connection -@dangerous -function -script "
    "+info +role +time",
    "",
    "# Where administrators work (redis_admin_user, redis_admin_password_file on those "
    "nodes alone): all that is the cluster's, and nothing else.",
    "user postgate-admin reset on >PASSWORD-OF-ADMINISTRATORS ~postgate:{CLUSTER}:* "
    "&postgate:{CLUSTER}:* +@read +@write +@scripting +@pubsub +@connection -@dangerous "
    "-function -script +info +role +time",
    "",
    "# With replicas and Sentinel: what they need of each other (masteruser and "
    "masterauth in redis.conf of every Redis; sentinel auth-user and auth-pass).",
    "#user replica reset on >PASSWORD-OF-REPLICAS +psync +replconf +ping",
    "#user sentinel reset on >PASSWORD-OF-SENTINELS allchannels +multi +exec +slaveof "
    "+ping +subscribe +publish +role +info +config|rewrite +client|setname +client|kill "
    "+script|kill",
};

void acl_text_print(struct str *out, const char *cluster)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct span rest = span_of(lines[i]);
        size_t at;

        while (span_find(rest, SPAN("{CLUSTER}"), &at)) {
            str_add(out, span_from(rest.ptr, at));
            str_printf(out, "{%s}", cluster);
            rest = span_from(rest.ptr + at + 9, rest.len - at - 9);
        }
        str_add(out, rest);
        str_addc(out, '\n');
    }
}
