/* settings_check: sockets that are distinct, directories that do not lie in one another's way, deadlines that nest. */
#include "conf/settings_check.h"
#include "base/err.h"
#include "conf/setting_type.h"

#define CONTROL_NAME_LONGEST "/policyd.operate" /* of what lies in control_dir */

/* No two of these may be the same place. */
static const struct place {
    const char *name;
    size_t offset;
} sockets[] =
    {
        {"milter_socket", offsetof(struct settings, milter_socket)},
        {"policy_socket", offsetof(struct settings, policy_socket)},
        {"release_listener", offsetof(struct settings, release_listener)},
        {"maps_socket", offsetof(struct settings, maps_socket)},
        {"auth_socket", offsetof(struct settings, auth_socket)},
},
  directories[] = {
      {"control_dir", offsetof(struct settings, control_dir)},
      {"state_dir", offsetof(struct settings, state_dir)},
      {"quarantine_dir", offsetof(struct settings, quarantine_dir)},
      {"maps_dir", offsetof(struct settings, maps_dir)},
      {"postfix_config_dir", offsetof(struct settings, postfix_config_dir)},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span text_of(const struct settings *settings, const struct place *place)
{
    return span_of(*(const char *const *)((const char *)settings + place->offset));
}

static void complain(const struct settings_complaints *to, const char *name,
                     const struct err *err)
{
    to->add(to->ctx, name, err->text);
}

/* Is one of the comma-separated sockets in a also in b? *which_r names it. */
static bool has_common(struct span a, struct span b, struct span *which_r)
{
    struct span other, rest;

    while (span_cut(&a, ',', which_r)) {
        *which_r = span_trim(*which_r);
        rest = b;
        while (span_cut(&rest, ',', &other))
            if (which_r->len > 0 && span_equal(*which_r, span_trim(other)))
                return true;
    }
    return false;
}

static void check_sockets(const struct settings *settings, const struct settings_complaints *to)
{
    struct span which;
    struct err err;

    for (size_t i = 0; i < COUNT(sockets); i++)
        for (size_t k = 0; k < i; k++) {
            if (!has_common(text_of(settings, &sockets[i]), text_of(settings, &sockets[k]),
                            &which))
                continue;
            err_set(&err, "%.*s is %s already; give each its own", SPAN_ARG(which),
                    sockets[k].name);
            complain(to, sockets[i].name, &err);
        }
}

static struct span without_slash(struct span path)
{
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

static void check_directories(const struct settings *settings,
                              const struct settings_complaints *to)
{
    struct err err;

    for (size_t i = 0; i < COUNT(directories); i++) {
        struct span here = without_slash(text_of(settings, &directories[i]));

        if (here.len == 1) {
            err_set(&err, "/ itself cannot be used; name a directory of its own");
            complain(to, directories[i].name, &err);
        }
        for (size_t k = 0; k < i; k++) {
            if (!span_equal(here, without_slash(text_of(settings, &directories[k]))))
                continue;
            err_set(&err, "%.*s is %s already; give each its own", SPAN_ARG(here),
                    directories[k].name);
            complain(to, directories[i].name, &err);
        }
    }
}

static void check_limits(const struct settings *settings, const struct settings_complaints *to)
{
    struct err err;

    if (settings->inspect_timeout > settings->message_deadline) {
        err_set(&err,
                "an inspection may not take longer than message_deadline allows the message; "
                "lower this or raise message_deadline");
        complain(to, "inspect_timeout", &err);
    }
    if (strlen(settings->control_dir) + strlen(CONTROL_NAME_LONGEST) > 107) {
        err_set(
            &err,
            "the sockets in it would have names of more than 107 bytes; use a shorter path");
        complain(to, "control_dir", &err);
    }
}

static void check_cluster(const struct settings *settings, const struct settings_complaints *to)
{
    struct err err;

    if (*settings->cluster_name && !*settings->redis) {
        err_set(&err, "a cluster needs redis too; set it, or remove cluster_name");
        complain(to, "cluster_name", &err);
    }
    if (*settings->redis && !*settings->cluster_name) {
        err_set(&err, "redis serves a cluster: set cluster_name too, or remove redis");
        complain(to, "redis", &err);
    }
}

static void check_reports(const struct settings *settings, const struct settings_complaints *to)
{
    struct err err;

    if (settings->dmarc_reports && !*settings->dmarc_report_from) {
        err_set(&err, "reports need an address in From; set dmarc_report_from too");
        complain(to, "dmarc_reports", &err);
    }
}

void settings_check(const struct settings *settings,
                    const struct settings_complaints *complaints)
{
    check_sockets(settings, complaints);
    check_directories(settings, complaints);
    check_limits(settings, complaints);
    check_cluster(settings, complaints);
    check_reports(settings, complaints);
}
