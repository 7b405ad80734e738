/* open.c - opens what the sessions share, in the order in which one needs the other. */
#include <stdio.h>
#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "checks/content.h"
#include "checks/dmarc.h"
#include "checks/dnsbl.h"
#include "checks/dnsbl_url.h"
#include "checks/geoip.h"
#include "checks/rounds.h"
#include "checks/sender_check.h"
#include "control/notice.h"
#include "dns/dns.h"
#include "engine/arrival.h"
#include "engine/origin.h"
#include "engine/staging.h"
#include "engine/reload.h"
#include "milter/signing_keys.h"
#include "milter/keys.h"
#include "milter/open.h"
#include "milter/releases.h"
#include "store/decisions.h"
#include "store/node_key.h"
#include "store/quarantine.h"

#define FLUSH_MS  5000 /* for a disk that hangs */
#define NOTICE_MS 1000 /* for a policyd that is busy or not there */

static const struct check *const checks[] = {&content_check, &dnsbl_check, &dnsbl_url_check,
                                             &spf_check,     &helo_check,  &signatures_check,
                                             &dmarc_check};

static int gate_open_directories(const struct settings *settings, struct err *err)
{
    char *own = file_path(settings->state_dir, "milter");
    int rc = file_make_dir(own, 0750, err);

    xfree(&own);
    return rc == 0 ? file_make_dir(settings->quarantine_dir, 0700, err) : -1;
}

static int gate_open_keys(struct gate *gate, struct node_key *key, struct err *err)
{
    if (node_key_load(gate->settings->state_dir, key, err) != 0)
        return -1;
    node_key_subkey(key, NODE_KEY_RELEASE, gate->release_key);
    gate->releases = releases_new(gate->release_key);
    return 0;
}

static int gate_open_decisions(struct gate *gate, const struct node_key *key, struct err *err)
{
    const struct decisions_options options = {.state_dir = gate->settings->state_dir,
                                              .program = DECISION_MILTER,
                                              .key = key,
                                              .days = gate->settings->decisions_days,
                                              .max_bytes = gate->settings->decisions_max_bytes};

    gate->decisions = decisions_open(&options, err);
    return gate->decisions != NULL ? 0 : -1;
}

static int gate_open_quarantine(struct gate *gate, struct err *err)
{
    const struct settings *settings = gate->settings;
    char *index = file_path(settings->state_dir, "milter/milter.db");
    const struct quarantine_options options = {.dir = settings->quarantine_dir,
                                               .index_path = index,
                                               .max_percent = settings->quarantine_max_percent,
                                               .min_free = settings->quarantine_min_free,
                                               .client_bytes =
                                                   settings->quarantine_client_bytes,
                                               .days = settings->quarantine_days};

    gate->quarantine = quarantine_open(&options, err);
    xfree(&index);
    return gate->quarantine != NULL ? 0 : -1;
}

static int gate_open_all(struct gate *gate, struct err *err)
{
    const struct settings *settings = gate->settings;
    static struct node_key key; /* decisions keep a pointer to it */

    if (arrival_init(settings->time_zone, err) != 0 ||
        gate_open_directories(settings, err) != 0 || gate_open_keys(gate, &key, err) != 0 ||
        gate_open_decisions(gate, &key, err) != 0 || keys_begin(gate, &key, err) != 0 ||
        gate_open_quarantine(gate, err) != 0)
        return -1;
    gate->signing_keys = signing_keys_open(settings->state_dir, err);
    if (gate->signing_keys == NULL)
        return -1;
    notice_begin(settings->control_dir);
    staging_init(settings->staging_listener);
    origin_init(settings);
    sender_check_begin(settings);
    dnsbl_begin(settings);
    geoip_begin(settings);
    checks_register(checks, sizeof checks / sizeof *checks);
    if (dns_begin(settings, err) != 0 || content_begin(settings, err) != 0 ||
        rounds_begin(settings, err) != 0)
        return -1;
    return reload_start(settings, err);
}

/* Of a start that failed: nobody uses any of it yet. */
static void gate_undo(struct gate *gate)
{
    keys_end();
    dns_end();
    rounds_end();
    signing_keys_close(&gate->signing_keys);
    quarantine_close(&gate->quarantine);
    decisions_close(&gate->decisions);
    releases_free(&gate->releases);
    xfree(&gate);
}

struct gate *gate_open(const struct settings *settings, struct err *err)
{
    struct gate *gate = xcalloc(1, sizeof *gate);

    gate->settings = settings;
    if (gate_open_all(gate, err) == 0)
        return gate;
    gate_undo(gate);
    return NULL;
}

void gate_keep_house(struct gate *gate)
{
    struct err err;
    size_t removed = 0;

    err_reset(&err);
    if (quarantine_expire(gate->quarantine, &removed, &err) != 0)
        log_warn("quarantine: %s", err.text);
    else if (removed > 0)
        log_info("quarantine: %zu old messages removed", removed);
}

/* Callbacks past the drain deadline and releases under way may still use all of it: nothing is freed. */
void gate_close(struct gate *gate)
{
    keys_end();
    notice_end(NOTICE_MS);
    if (!decisions_flush(gate->decisions, FLUSH_MS))
        log_warn("decisions: what was not written yet is lost");
    dns_end(); /* whoever asks from here on is told that it failed */
    rounds_end();
    geoip_end();
    if (atomic_load(&gate->transactions) == 0)
        content_end();
}
