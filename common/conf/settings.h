/* The settings of postgate.cf, read once at start. THE table (settings_table.c) holds name, type, default, limits, help and the offset into
 * this struct; the reader, cross-checks, man page, sample and `milter-ctl config` are driven by it.
 * The file is written as Postfix's main.cf: name = value, a line that begins with a blank continues the one before, # comments. An unknown
 * name, a bad value or a duplicate is an error with file, line and the nearest right name. Relative paths are refused. */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H
#include "base/err.h"
#include "base/str.h"

struct arena;

#define SETTINGS_MAX_BYTES (1024 * 1024)

struct settings {
    /* who we are */
    const char *node_name;   /* default: the host's name */
    const char *authserv_id; /* default: node_name */
    /* sockets, as Postfix writes them: unix:/path or inet:host:port */
    const char *milter_socket; /* unix:/var/spool/postfix/postgate/milter */
    const char *
        policy_socket; /* one or several, comma-separated: unix:/var/spool/postfix/postgate/policy */
    const char *release_listener; /* inet:127.0.0.1:10026 */
    const char *
        staging_listener; /* ADDRESS:PORT named in texts to administrators; empty when there is none */
    /* where things lie */
    const char *control_dir;        /* /run/postgate */
    const char *state_dir;          /* /var/lib/postgate */
    const char *quarantine_dir;     /* /var/spool/postgate/quarantine */
    const char *maps_dir;           /* /var/lib/postgate/maps */
    const char *rules_file;         /* /etc/postgate/rules */
    const char *postfix_config_dir; /* /etc/postfix */
    const char *time_zone;          /* "" = the system's; a name of the tz database */
    /* deadlines in ms; all below Postfix's */
    int64_t rcpt_deadline;    /* 5s of Postfix's 10 */
    int64_t message_deadline; /* 60s of 120 */
    int64_t policy_deadline;  /* 3s of 5 */
    int64_t drain_timeout;    /* 20s at TERM */
    int64_t maps_settle;      /* 12s: trivial-rewrite(8) looks for changed tables every 10 */
    /* limits of one message and its inspection */
    int64_t inspect_workers;       /* 4 */
    int64_t inspect_timeout;       /* ms, 20s for one message */
    int64_t inspect_memory;        /* bytes of address space of a worker: 512MB */
    int64_t inspect_messages;      /* a MIME-only worker ends after these: 200 */
    int64_t mime_max_parts;        /* 2000 */
    int64_t mime_max_depth;        /* 30 */
    int64_t mime_max_headers;      /* of one part: 1000 */
    int64_t mime_max_header_bytes; /* of one part: 256KB */
    int64_t mime_max_parameters;   /* of one header: 200 */
    int64_t message_max_bytes;     /* larger: deferred with a text that names this; 200MB */
    int64_t recipients_max;        /* 1000 in one transaction */
    /* policyd */
    int64_t policy_max_connections; /* 2000 */
    int64_t policy_max_request;     /* bytes: 64KB */
    /* quarantine and decisions */
    int64_t quarantine_max_percent;  /* of the file system: 50 */
    int64_t quarantine_min_free;     /* bytes: 200MB */
    int64_t quarantine_client_bytes; /* a day for one client network (/24, /64): 500MB */
    int64_t quarantine_days;         /* an entry nobody released is dropped after: 30 */
    int64_t decisions_days;          /* 14 */
    int64_t decisions_max_bytes;     /* 2GB */
    int64_t trace_max_age;           /* s: 5d */
    /* keep their names for later versions; accepted and checked, a warning at start says they are not used yet */
    const char *maps_socket, *auth_socket, *auth_backend, *clamd_socket;
    bool split_recipients;
    /* DNS and who sent it */
    const char *resolver;           /* ADDRESS@PORT, ...; empty: as /etc/resolv.conf says */
    const char *dnssec_anchor_file; /* empty: DNSSEC is not validated here */
    int64_t dns_timeout; /* ms, 10s: of one lookup, and of all lookups of a message together */
    const char *dns_never_ask; /* domains that no sender makes us ask for */
    int64_t sender_workers;    /* 2 */
    const char *dnsbl_client_zones, *dnsbl_allow_zones, *dnsbl_sender_zones, *dnsbl_url_zones;
    const char *geoip_country, *geoip_asn;
    bool authentication_results;      /* yes */
    const char *trusted_authserv_ids; /* ID@NETWORK, ... */
    const char *arc_trusted_sealers;  /* domains */
    const char *login_domain;         /* of logins without @; empty: none */
    bool dmarc_reports;               /* no */
    const char *dmarc_report_from;    /* address */
    /* cluster */
    const char *cluster_name;     /* empty: this machine alone */
    const char *cluster_key_file; /* empty: STATE_DIR/cluster.key */
    const char *redis;
    const char *redis_user, *redis_password_file;             /* what every node may do */
    const char *redis_admin_user, *redis_admin_password_file; /* where administrators work */
    bool redis_tls;
    const char *redis_tls_ca_file, *redis_tls_certificate_file, *redis_tls_key_file;
    int64_t redis_timeout;         /* ms, 1s: of a command that no mail waits for */
    const char *redis_counters;    /* empty: as redis */
    int64_t redis_counter_timeout; /* ms, 20: what a policy request may wait for Redis */
    int64_t quarantine_copies;     /* 1: on the node that took it; 2: one more */
    const uint32_t *lines; /* by row of the table: the line that set it, 0 for a default */
    struct arena *arena;   /* owns all text */
};

/* Reads path. -1 with every problem found (one a line, "file:line: what; what would be right") in *problems.
 * 0 with at most one line in *problems, a warning to log at start: the settings that this version accepts but does not use yet. */
int settings_load(struct settings **settings_r, const char *path, struct str *problems);
/* The same from bytes, for tests and fuzzing; file is the name to print. */
int settings_parse(struct settings **settings_r, struct span text, const char *file,
                   struct str *problems);
void settings_free(struct settings **settings);

/* A socket as Postfix writes it. */
struct socket_address {
    bool is_unix;
    char path[108]; /* unix; terminated */
    char host[256]; /* inet */
    uint16_t port;
};
int socket_address_parse(struct span text, struct socket_address *address_r, struct err *err);

/* Printers over the table. */
void settings_print(struct str *out, const struct settings *settings,
                    bool only_changed); /* name = value lines */
void settings_print_json(
    struct str *out,
    const struct settings *settings);        /* one object a line: name, value, default, help */
void settings_print_sample(struct str *out); /* etc/postgate.cf, commented */
void settings_print_man(struct str *out);    /* postgate.cf(5) in man(7) source */
#endif
