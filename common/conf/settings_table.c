/* settings_table: THE table of postgate.cf. Its order is the order of the sample, the man page and `milter-ctl config`. */
#include "conf/settings_table.h"
#include <ctype.h>
#include "base/arena.h"
#include "base/names.h"

#define FIELD(name) #name, offsetof(struct settings, name)
#define KB          1024LL
#define MB          (1024 * KB)
#define GB          (1024 * MB)
#define S           1000LL /* of milliseconds */
#define DAY         86400LL
#define OPTIONAL    SETTING_OPTIONAL
#define LATER       (SETTING_OPTIONAL | SETTING_LATER)

const struct setting_row settings_table[] = {
    {"Who we are", FIELD(node_name), SETTING_NAME, OPTIONAL, "", 0, 0,
     "Name of this machine in logs, marks and status. Empty: the name of the host."},
    {NULL, FIELD(authserv_id), SETTING_TOKEN, OPTIONAL, "", 0, 0,
     "Our name in Authentication-Results (RFC 8601): such headers with this name are removed, "
     "whoever sends them, and ours is the only one. Nodes of one cluster may share one name; "
     "each removes the others' names too. Empty: as node_name."},
    {NULL, FIELD(time_zone), SETTING_ZONE, OPTIONAL, "", 0, 0,
     "Time zone of time.hour and time.weekday in rules, and of the days of reports. Empty: the "
     "system's."},

    {"Sockets", FIELD(milter_socket), SETTING_SOCKET, 0,
     "unix:/var/spool/postfix/postgate/milter", 0, 0,
     "Where postgate-milter listens. Postfix names it relative to its queue directory: "
     "unix:postgate/milter."},
    {NULL, FIELD(policy_socket), SETTING_SOCKETS, 0, "unix:/var/spool/postfix/postgate/policy",
     0, 0, "Where postgate-policyd listens for Postfix's policy requests."},
    {NULL, FIELD(release_listener), SETTING_SOCKET, 0, "inet:127.0.0.1:10026", 0, 0,
     "Postfix's listener that takes mail released from quarantine. Only this machine may reach "
     "it."},
    {NULL, FIELD(staging_listener), SETTING_LISTENER, OPTIONAL, "", 0, 0,
     "The listener that internal servers send through, as people shall read it in refusals and "
     "in "
     "status. Empty: there is none."},

    {"Where things lie", FIELD(control_dir), SETTING_PATH, 0, "/run/postgate", 0, 0,
     "Directory of the control sockets that milter-ctl talks to."},
    {NULL, FIELD(state_dir), SETTING_PATH, 0, "/var/lib/postgate", 0, 0,
     "Databases, decisions, the node's key and the published snapshot."},
    {NULL, FIELD(quarantine_dir), SETTING_PATH, 0, "/var/spool/postgate/quarantine", 0, 0,
     "Quarantined messages, one file each."},
    {NULL, FIELD(maps_dir), SETTING_PATH, 0, "/var/lib/postgate/maps", 0, 0,
     "The tables relay_domains and transport that policyd keeps for Postfix."},
    {NULL, FIELD(rules_file), SETTING_PATH, 0, "/etc/postgate/rules", 0, 0,
     "Becomes revision 1 at the very first start, with the lists beside it. Later changes go "
     "through "
     "milter-ctl rules apply."},
    {NULL, FIELD(postfix_config_dir), SETTING_PATH, 0, "/etc/postfix", 0, 0,
     "Postfix's configuration directory, asked for the type of the map files."},

    {"Deadlines", FIELD(rcpt_deadline), SETTING_MS, 0, "5s", 100, 9 * S,
     "What a recipient's checks may take. Below Postfix's command_timeout=10s for this "
     "milter."},
    {NULL, FIELD(message_deadline), SETTING_MS, 0, "60s", 1 * S, 110 * S,
     "What a message's checks may take at its end. Below Postfix's content_timeout=120s for "
     "this milter."},
    {NULL, FIELD(policy_deadline), SETTING_MS, 0, "3s", 100, 4500,
     "What a policy answer may take. Below Postfix's timeout=5s for this policy service."},
    {NULL, FIELD(drain_timeout), SETTING_MS, 0, "20s", 0, 600 * S,
     "When told to end, how long transactions already begun may take to finish."},

    {NULL, FIELD(maps_settle), SETTING_MS, 0, "12s", 0, 300 * S,
     "How long Postfix may take to notice a changed transport table; it looks every 10 "
     "seconds. A new domain enters relay_domains only then, so that no mail for it is accepted "
     "that Postfix would still route elsewhere."},

    {"One message", FIELD(message_max_bytes), SETTING_BYTES, 0, "200MB", 64 * KB, 2 * GB,
     "A larger message is deferred with a text that names this setting. Keep it above "
     "Postfix's "
     "message_size_limit."},
    {NULL, FIELD(recipients_max), SETTING_NUMBER, 0, "1000", 1, 50000,
     "Recipients of one transaction; more are deferred, so that the client sends them in "
     "another."},
    {NULL, FIELD(inspect_workers), SETTING_NUMBER, 0, "4", 1, 256,
     "Sandboxed processes that take messages apart. Four times as many messages may wait for "
     "them."},
    {NULL, FIELD(inspect_timeout), SETTING_MS, 0, "20s", 100, 110 * S,
     "What the inspection of one message may take; waiting for a free worker counts against "
     "message_deadline."},
    {NULL, FIELD(inspect_memory), SETTING_BYTES, 0, "512MB", 64 * MB, 64 * GB,
     "Address space of one worker."},
    {NULL, FIELD(inspect_messages), SETTING_NUMBER, 0, "200", 1, 1000000,
     "A worker ends after this many messages and a fresh one takes its place."},
    {NULL, FIELD(mime_max_parts), SETTING_NUMBER, 0, "2000", 1, 100000,
     "MIME parts of one message. Beyond any of these limits the message is uninspected and the "
     "rules "
     "decide."},
    {NULL, FIELD(mime_max_depth), SETTING_NUMBER, 0, "30", 1, 200,
     "How deep parts and messages may be nested."},
    {NULL, FIELD(mime_max_headers), SETTING_NUMBER, 0, "1000", 10, 100000,
     "Headers of one part."},
    {NULL, FIELD(mime_max_header_bytes), SETTING_BYTES, 0, "256KB", 4 * KB, 64 * MB,
     "Bytes of the headers of one part."},
    {NULL, FIELD(mime_max_parameters), SETTING_NUMBER, 0, "200", 1, 10000,
     "Parameters of one header, name and filename among them."},

    {"postgate-policyd", FIELD(policy_max_connections), SETTING_NUMBER, 0, "2000", 1, 100000,
     "Connections of Postfix's smtpd processes at the same time."},
    {NULL, FIELD(policy_max_request), SETTING_BYTES, 0, "64KB", 4 * KB, 16 * MB,
     "Bytes of one policy request; a longer one ends the connection."},

    {"Quarantine, decisions and marks", FIELD(quarantine_max_percent), SETTING_NUMBER, 0, "50",
     1, 95, "Percent of its file system that the quarantine may fill."},
    {NULL, FIELD(quarantine_min_free), SETTING_BYTES, 0, "200MB", 0, 1024 * GB,
     "Bytes of that file system that stay free."},
    {NULL, FIELD(quarantine_client_bytes), SETTING_BYTES, 0, "500MB", 64 * KB, 1024 * GB,
     "What one client network (a /24, or a /64 of IPv6) may put into quarantine in a day."},
    {NULL, FIELD(quarantine_days), SETTING_NUMBER, 0, "30", 1, 3650,
     "An entry that nobody released is removed after this many days."},
    {NULL, FIELD(decisions_days), SETTING_NUMBER, 0, "14", 1, 3650,
     "Days that decisions are kept for milter-ctl explain."},
    {NULL, FIELD(decisions_max_bytes), SETTING_BYTES, 0, "2GB", 16 * MB, 1024 * GB,
     "Bytes that the decisions of one daemon may take; the oldest day goes first."},
    {NULL, FIELD(trace_max_age), SETTING_SECONDS, 0, "5d", 3600, 30 * DAY,
     "A mark of our own on a message that is older is removed and counted, not believed."},

    {"Cluster", FIELD(cluster_name), SETTING_NAME, OPTIONAL, "", 0, 0,
     "Name of the cluster, the same on all its nodes. Empty: this machine alone."},
    {NULL, FIELD(redis), SETTING_REDIS, OPTIONAL, "", 0, 0,
     "Where the cluster's Redis is: unix:/path, inet:host:port, or "
     "sentinel:NAME@host:port,host:port. With cluster_name and redis set, `milter-ctl cluster "
     "init` makes a cluster and `milter-ctl cluster join` enters one."},
    {NULL, FIELD(redis_user), SETTING_TOKEN, OPTIONAL, "", 0, 0,
     "User of Redis' ACL that every node is. Empty: the default user."},
    {NULL, FIELD(redis_password_file), SETTING_PATH, OPTIONAL, "", 0, 0,
     "File whose first line is that user's password."},
    {NULL, FIELD(redis_admin_user), SETTING_TOKEN, OPTIONAL, "", 0, 0,
     "User of Redis' ACL that may write rules, lists, domains and members; needed only where "
     "administrators work. Empty: as redis_user."},
    {NULL, FIELD(redis_admin_password_file), SETTING_PATH, OPTIONAL, "", 0, 0,
     "File whose first line is that user's password."},
    {NULL, FIELD(redis_tls), SETTING_BOOL, 0, "no", 0, 0,
     "Speak TLS to Redis (and to Sentinel); not over unix sockets."},
    {NULL, FIELD(redis_tls_ca_file), SETTING_PATH, OPTIONAL, "", 0, 0,
     "Authorities that may vouch for Redis, PEM. Empty: those of the system."},
    {NULL, FIELD(redis_tls_certificate_file), SETTING_PATH, OPTIONAL, "", 0, 0,
     "Our certificate, when Redis asks for one."},
    {NULL, FIELD(redis_tls_key_file), SETTING_PATH, OPTIONAL, "", 0, 0,
     "Key of that certificate."},
    {NULL, FIELD(redis_timeout), SETTING_MS, 0, "1s", 50, 60 * S,
     "What a command to Redis may take that no mail waits for."},
    {NULL, FIELD(redis_counter_timeout), SETTING_MS, 0, "20ms", 1, 1000,
     "What a policy request may wait for shared counters and greylisting; then this node "
     "counts by itself."},
    {NULL, FIELD(redis_counters), SETTING_REDIS, OPTIONAL, "", 0, 0,
     "A Redis of their own for shared counters and greylisting, with the same users and TLS. "
     "Empty: as redis."},
    {NULL, FIELD(cluster_key_file), SETTING_PATH, OPTIONAL, "", 0, 0,
     "The cluster's shared key. Empty: cluster.key in state_dir."},
    {NULL, FIELD(quarantine_copies), SETTING_NUMBER, 0, "1", 1, 2,
     "2: each quarantined message of this node is also kept on one other node."},

    {"Who sent it: DNS, SPF, DKIM, DMARC, ARC, block lists, countries", FIELD(resolver),
     SETTING_RESOLVERS, OPTIONAL, "", 0, 0,
     "DNS servers that resolve names for us, best on this machine. Empty: those of the system "
     "(/etc/resolv.conf)."},
    {NULL, FIELD(dnssec_anchor_file), SETTING_PATH, OPTIONAL, "/usr/share/dns/root.key", 0, 0,
     "Keys that DNSSEC is validated with (Debian: dns-root-data). Where the file is missing, "
     "or "
     "the resolver does not pass DNSSEC on, answers are taken as they come and the log says "
     "so. "
     "Empty: no validation."},
    {NULL, FIELD(dns_timeout), SETTING_MS, 0, "10s", 100, 50 * S,
     "What the lookups of one message may take together. What is not answered by then is "
     "unknown, or temperror."},
    {NULL, FIELD(dns_never_ask), SETTING_DOMAINS, OPTIONAL,
     "localhost, local, internal, intranet, lan, home.arpa, corp", 0, 0,
     "Domains that no message makes us ask DNS for, with everything below them. Keep "
     "these and add your internal ones: what is set here stands in place of them."},
    {NULL, FIELD(sender_workers), SETTING_NUMBER, 0, "2", 1, 64,
     "Sandboxed processes that check SPF and signatures."},
    {NULL, FIELD(dnsbl_client_zones), SETTING_ZONES, OPTIONAL, "", 0, 0,
     "Block lists of client addresses, written as for postscreen(8): "
     "zen.example.org=127.0.0.[2..11]*3 counts these answers only, with weight 3. Without "
     "answers every 127.0.0.0/8 counts, without weight it is 1. Their weights add up in "
     "dnsbl.score."},
    {NULL, FIELD(dnsbl_allow_zones), SETTING_ZONES, OPTIONAL, "", 0, 0,
     "Lists of client addresses that speak for a client; their weights are taken off "
     "dnsbl.score."},
    {NULL, FIELD(dnsbl_sender_zones), SETTING_ZONES, OPTIONAL, "", 0, 0,
     "Block lists of domains, asked for the sender's; their weights add up in dnsbl.score."},
    {NULL, FIELD(dnsbl_url_zones), SETTING_ZONES, OPTIONAL, "", 0, 0,
     "Block lists of domains, asked for those that links in the text lead to, and for "
     "addresses "
     "in links; their weights add up in dnsbl.url_score."},
    {NULL, FIELD(geoip_country), SETTING_PATH, OPTIONAL, "", 0, 0,
     "MaxMind file (.mmdb) that tells countries. A replaced file is noticed."},
    {NULL, FIELD(geoip_asn), SETTING_PATH, OPTIONAL, "", 0, 0,
     "MaxMind file (.mmdb) that tells autonomous systems. A replaced file is noticed."},
    {NULL, FIELD(authentication_results), SETTING_BOOL, 0, "yes", 0, 0,
     "Check SPF, DKIM, ARC and DMARC of all mail from outside and write what was found into an "
     "Authentication-Results header. With no, only what the rules ask is checked and nothing "
     "is "
     "written."},
    {NULL, FIELD(trusted_authserv_ids), SETTING_TRUSTED, OPTIONAL, "", 0, 0,
     "Gateways in front of us, by their name in Authentication-Results and their network: what "
     "they found is taken over instead of checking mail as if they had sent it."},
    {NULL, FIELD(arc_trusted_sealers), SETTING_DOMAINS, OPTIONAL, "", 0, 0,
     "Domains of forwarders whose ARC seals are believed: a chain they sealed may turn a "
     "failed "
     "DMARC into a pass."},
    {NULL, FIELD(login_domain), SETTING_NAME, OPTIONAL, "", 0, 0,
     "Domain of the addresses of logins without @, so that a login can prove an author. Empty: "
     "only logins written as addresses can."},
    {NULL, FIELD(dmarc_reports), SETTING_BOOL, 0, "no", 0, 0,
     "Allow milter-ctl report dmarc --send to mail aggregate reports (RFC 7489) to the domains "
     "that ask for them."},
    {NULL, FIELD(dmarc_report_from), SETTING_ADDRESS, OPTIONAL, "", 0, 0,
     "Address that stands in From of these reports; needed with dmarc_reports = yes."},

    {"Not used yet: accepted and checked, for later versions", FIELD(split_recipients),
     SETTING_BOOL, SETTING_LATER, "no", 0, 0,
     "Take only recipients of one class in a transaction, so that their dispositions do not "
     "mix."},
    {NULL, FIELD(maps_socket), SETTING_SOCKET, LATER, "", 0, 0,
     "Where policyd serves the same tables by Postfix's socketmap protocol."},
    {NULL, FIELD(auth_socket), SETTING_SOCKET, LATER, "", 0, 0,
     "Where Postfix asks whether a login is right (Dovecot's protocol)."},
    {NULL, FIELD(auth_backend), SETTING_SOCKETS, LATER, "", 0, 0,
     "Internal servers whose SMTP AUTH decides."},
    {NULL, FIELD(clamd_socket), SETTING_SOCKET, LATER, "", 0, 0,
     "Where ClamAV's clamd listens."},
    {.name = NULL},
};

size_t settings_table_count(void)
{
    return sizeof(settings_table) / sizeof(settings_table[0]) - 1;
}

int settings_table_find(struct span name)
{
    for (int i = 0; settings_table[i].name; i++)
        if (span_is(name, settings_table[i].name))
            return i;
    return -1;
}

static const char *candidate(const void *ctx, size_t i)
{
    (void)ctx;
    return settings_table[i].name;
}

const char *settings_table_nearest(struct span name)
{
    char lower[128];

    if (name.len > sizeof(lower))
        return NULL;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = (char)tolower((unsigned char)name.ptr[i]);
    return names_nearest(span_from(lower, name.len), candidate, NULL);
}

static void *field(const struct setting_row *row, struct settings *settings)
{
    return (char *)settings + row->offset;
}

static const void *field_const(const struct setting_row *row, const struct settings *settings)
{
    return (const char *)settings + row->offset;
}

static int64_t number_of(const struct setting_row *row, const struct settings *settings)
{
    if (row->type == SETTING_BOOL)
        return *(const bool *)field_const(row, settings);
    return *(const int64_t *)field_const(row, settings);
}

static int set_text(const struct setting_row *row, struct settings *settings, struct span text,
                    struct err *err)
{
    if (!(text.len == 0 && (row->flags & SETTING_OPTIONAL)) &&
        setting_type_check(row->type, text, err) == -1)
        return -1;
    *(const char **)field(row, settings) = arena_span(settings->arena, text).ptr;
    return 0;
}

static int set_number(const struct setting_row *row, struct settings *settings,
                      struct span text, struct err *err)
{
    struct str low = STR_EMPTY, high = STR_EMPTY;
    int64_t value;

    if (setting_type_parse(row->type, text, &value, err) == -1)
        return -1;
    if ((row->min != 0 || row->max != 0) && (value < row->min || value > row->max)) {
        setting_type_print(row->type, row->min, &low);
        setting_type_print(row->type, row->max, &high);
        err_set(err, "%.*s is out of bounds; write %s to %s. %s", SPAN_ARG(text),
                str_cstr(&low), str_cstr(&high), row->help);
        str_clear(&low);
        str_clear(&high);
        return -1;
    }
    if (row->type == SETTING_BOOL)
        *(bool *)field(row, settings) = value != 0;
    else
        *(int64_t *)field(row, settings) = value;
    return 0;
}

int settings_table_set(const struct setting_row *row, struct settings *settings,
                       struct span text, struct err *err)
{
    if (setting_type_is_text(row->type))
        return set_text(row, settings, text, err);
    return set_number(row, settings, text, err);
}

void settings_table_print(const struct setting_row *row, const struct settings *settings,
                          struct str *out)
{
    if (setting_type_is_text(row->type))
        str_adds(out, *(const char *const *)field_const(row, settings));
    else
        setting_type_print(row->type, number_of(row, settings), out);
}

bool settings_table_is_default(const struct setting_row *row, const struct settings *settings)
{
    int64_t fresh = 0;

    if (setting_type_is_text(row->type))
        return strcmp(*(const char *const *)field_const(row, settings), row->default_text) == 0;
    setting_type_parse(row->type, span_of(row->default_text), &fresh, NULL);
    return fresh == number_of(row, settings);
}
