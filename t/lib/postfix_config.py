"""The text of a private Postfix's main.cf and master.cf: what Debian has, on other ports, with the gate's listeners."""

MAIN = """\
compatibility_level = 3.6
config_directory = {etc}
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = /etc/postfix
maillog_file = {log}
maillog_file_prefixes = {root}
multi_instance_enable = no
multi_instance_directories =
myhostname = {hostname}
mydestination = $myhostname
local_recipient_maps =
local_transport = error:5.1.1 no local mailboxes here
alias_maps =
alias_database =
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtputf8_enable = yes
biff = no
mynetworks = 127.0.0.0/8
relay_domains =
transport_maps =
parent_domain_matches_subdomains = debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,smtpd_access_maps
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_client_connection_count_limit = 0
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
in_flow_delay = 0
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
transport_retry_time = 2s
message_size_limit = 52428800
mailbox_size_limit = 0
notify_classes =
"""

# Debian's master.cf: what is chrooted there (y) is chrooted here.
SERVICES = """\
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       y       -       -       trivial-rewrite
bounce    unix  -       -       y       -       0       bounce
defer     unix  -       -       y       -       0       bounce
trace     unix  -       -       y       -       0       bounce
verify    unix  -       -       y       -       1       verify
flush     unix  n       -       y       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/$service_name
showq     unix  n       -       y       -       -       showq
error     unix  -       -       y       -       -       error
retry     unix  -       -       y       -       -       error
discard   unix  -       -       y       -       -       discard
anvil     unix  -       -       y       -       1       anvil
scache    unix  -       -       y       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""

MILTER = ("{{ {milter}, default_action=tempfail, connect_timeout=5s, command_timeout=10s, content_timeout=120s }}")
POLICY = ("check_policy_service {{ {policy}, policy_context={context}, timeout=5s,"
          " {{ default_action = 451 4.3.0 policy unavailable }} }}")

# path -> the -o options of its listener; a tuple is wrapped in braces, since its value holds blanks.
_FILTERED = [("smtpd_milters", MILTER)]
LISTENERS = {
    "proxy": _FILTERED + [
        ("milter_macro_daemon_name", "postgate-proxy"),
        ("smtpd_relay_restrictions", POLICY + ", permit_sasl_authenticated, reject_unauth_destination"),
        ("smtpd_recipient_restrictions", ""),
        ("smtpd_authorized_xclient_hosts", "127.0.0.0/8")],
    "staging": _FILTERED + [
        ("syslog_name", "postfix/staging"),
        ("milter_macro_daemon_name", "postgate-staging"),
        ("smtpd_relay_restrictions", POLICY + ", permit_auth_destination, reject"),
        ("smtpd_client_restrictions", ""),
        ("smtpd_helo_restrictions", ""),
        ("smtpd_sender_restrictions", ""),
        ("smtpd_recipient_restrictions", ""),
        ("smtpd_sasl_auth_enable", "no"),
        ("smtpd_authorized_xclient_hosts", "127.0.0.0/8")],
    "submission": _FILTERED + [
        ("syslog_name", "postfix/submission"),
        ("milter_macro_daemon_name", "postgate-submission"),
        ("smtpd_relay_restrictions", POLICY + ", permit_sasl_authenticated, permit_mynetworks, reject"),
        ("smtpd_recipient_restrictions", ""),
        ("smtpd_authorized_xclient_hosts", "127.0.0.0/8")],
    "release": _FILTERED + [
        ("syslog_name", "postfix/release"),
        ("milter_macro_daemon_name", "postgate-release"),
        ("local_header_rewrite_clients", ""),
        ("smtpd_relay_restrictions", "permit_mynetworks, reject"),
        ("smtpd_client_restrictions", ""),
        ("smtpd_helo_restrictions", ""),
        ("smtpd_sender_restrictions", ""),
        ("smtpd_recipient_restrictions", "")],
    "plain": [("smtpd_authorized_xclient_hosts", "127.0.0.0/8")],
}


def listener_lines(path, address, port, milter, policy, extra=()):
    """One service of master.cf. `extra`: more (name, value) options, which win over the standing ones."""
    options = dict(LISTENERS[path])
    options.update(dict(extra))
    lines = [f"{address}:{port} inet n - y - - smtpd"]
    for name, value in options.items():
        text = value.format(milter=milter, policy=policy, context=path) if value in (MILTER,) or "{{" in value else value
        lines.append(f"  -o {{ {name} = {text} }}" if text else f"  -o {name}=")
    return "\n".join(lines) + "\n"
