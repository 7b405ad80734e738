/* trusted_ids.c - matches a client against ID@NETWORK, .... */
#include "conf/trusted_ids.h"

#include "base/err.h"

static bool split(struct span part, struct span *id_r, struct ipnet *net_r)
{
    struct span network = part;

    span_cut(&network, '@', id_r);
    return network.ptr != NULL && id_r->len > 0 && ipnet_parse(network, net_r, NULL) == 0;
}

/* client NULL: all. */
static bool add_ids(const char *setting, const struct ip *client, struct str *out)
{
    struct span rest = span_of(setting), part, id;
    struct ipnet net;
    bool is_any = false;

    while (span_cut(&rest, ',', &part)) {
        if (!split(span_trim(part), &id, &net) ||
            (client != NULL && !ipnet_holds(&net, client)))
            continue;
        if (is_any)
            str_addc(out, ',');
        str_add(out, id);
        is_any = true;
    }
    return is_any;
}

bool trusted_ids_of(const char *setting, const struct ip *client, struct str *out)
{
    return add_ids(setting, client, out);
}

void trusted_ids_all(const char *setting, struct str *out)
{
    (void)add_ids(setting, NULL, out);
}
