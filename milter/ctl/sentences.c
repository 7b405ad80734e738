/* sentences: everything that can be said to milter-ctl. This table is its grammar, help, completion and man page. */
#include "milter/ctl/nouns.h"

const struct sentence sentences[] = {
    {"status", status_run, 0, "what runs, which revision is in force, what is amiss",
     "Ends with 1 when something is degraded. When policyd is down, the milter is asked "
     "directly."},
    {"doctor", doctor_run, 0, "try out what the gate depends on, and say what is not right",
     "Whether the resolver answers and DNSSEC is validated; whether each block list lists its "
     "test entry and nothing else (RFC 5782); whether the MaxMind files can be read; whether "
     "the "
     "record of each key that signs is published as it should be. Ends with 1 when something "
     "is not right."},
    {"config [--all] [--sample] [--man]", config_run, SENTENCE_NO_SETTINGS,
     "check postgate.cf and show its settings",
     "Shows the settings that the file sets; with --all the others too, at their defaults. "
     "--sample prints a fresh "
     "file with every setting explained, --man the source of postgate.cf(5)."},
    {"facts [FACT]", facts_run, SENTENCE_NO_SETTINGS,
     "what rules can ask, from which moment on", "With FACT only those whose name begins so."},
    {"explain CODE|QUEUE-ID", explain_run, 0, "why a message was treated as it was",
     "Prints the recorded decision: what was decided by which rule, and the facts it was made "
     "of. The code stands at "
     "the end of every reply, in the log and in quarantine."},
    {"log [--since TIME] [--until TIME] [--from ADDRESS] [--to ADDRESS] [--client NET] "
     "[--verdict VERDICTS] [--rule TEXT] [--queue-id TEXT] [--message-id TEXT] [--code TEXT] "
     "[--text TEXT] [--limit N] [--follow] [--node NODE] [--here]",
     log_run, 0, "what happened to which message: recorded decisions, the newest last",
     "Shows what all options together choose, of both daemons and of all nodes of a cluster, "
     "at most 1000 decisions unless --limit says another number (up to 10000); it says so "
     "when there are more. Policyd records what it refused, deferred or was told to note, the "
     "milter every message. --from @DOMAIN and --to @DOMAIN choose all addresses of a domain, "
     "--from <> the null sender. --text finds a part of any text of a decision, also of its "
     "facts such as the subject; it reads every row, so give it a --since. --follow goes on "
     "with what is decided from now on. --node asks one node, --here only this one; a node "
     "that is away is named and the exit code is 5, as it is when the search took too long. "
     "`explain CODE` shows a decision with all its facts."},

    {"rules check [FILE]", rules_check_run, SENTENCE_NO_SETTINGS,
     "check a rules file, without a daemon",
     "Without FILE that of the setting rules_file. Every error names line and column, what is "
     "wrong and what would "
     "be right."},
    {"rules test [FILE]", rules_test_run, SENTENCE_NO_SETTINGS,
     "check a rules file and run the tests in it", NULL},
    {"rules diff [FILE|N] [N]", rules_diff_run, 0,
     "difference between the rules in force and a file or revision",
     "Without arguments: from the revision in force to rules_file. FILE: from the revision in "
     "force to FILE, or from "
     "revision N when that is given too. N: from revision N to the one in force; N N: from the "
     "first to the second. "
     "Ends with 1 when they differ."},
    {"rules apply [FILE] [--note TEXT] [--wait] [--timeout DURATION] [--canary NODE] [--for "
     "DURATION]",
     rules_apply_run, 0, "check, test, show the difference, and put in force",
     "The new revision is in force for the next transaction of both daemons; nothing changes "
     "unless the file is free "
     "of errors and all its tests pass, here and at policyd. Ends with 1 when somebody else "
     "was "
     "first, and shows what that changed. In a cluster it goes to all "
     "nodes: --wait tells for each one "
     "whether it took it (ACK) or why not (NACK), and ends with 5 when one did not within "
     "--timeout (30s). "
     "--canary puts it in force on one node first, for the time of --for (15m). It is applied "
     "to "
     "all nodes when that node then made at least 20 decisions and, compared with the hour "
     "before on that node, the share deferred or failed rose by no more than 5 percentage "
     "points and the share rejected by no more than 10; from 100 decisions on, a share that "
     "has "
     "more than doubled is too much as well when it rose by 2 points. Else that node returns "
     "to the revision before by itself."},
    {"rules canary [--stop]", rules_canary_run, 0,
     "rules on trial on one node, and how it goes",
     "--stop ends the trial: the revision before it is in force again."},
    {"rules show [N]", rules_show_run, 0,
     "the text of a revision; without N of the one in force", NULL},
    {"rules history", rules_history_run, 0, "all revisions, newest first", NULL},
    {"rules rollback N [--note TEXT]", rules_rollback_run, 0,
     "publish a new revision with the text of revision N", NULL},

    {"list show [NAME]", list_show_run, 0, "the lists; with NAME its items", NULL},
    {"list add NAME ITEM... [--force]", list_add_run, 0, "add items to a list",
     "In force within a second. Items that would match nearly everything (wider than /8 of "
     "IPv4 or /19 of IPv6, a "
     "bare dot) need --force. A list with braces in the rules is changed there instead."},
    {"list remove NAME ITEM...", list_remove_run, 0, "remove items from a list", NULL},
    {"list import NAME [FILE] [--replace] [--force]", list_import_run, 0,
     "add the lines of a file to a list",
     "One item a line; empty lines and lines that begin with # count for nothing. Without FILE "
     "the standard input is "
     "read. --replace removes what the file does not name. All lines are taken or none."},
    {"list export NAME", list_export_run, 0, "the items of a list, one a line", NULL},

    {"domain list", domain_list_run, 0, "accepted domains and where their mail goes", NULL},
    {"domain add DOMAIN --route HOPS", domain_add_run, 0,
     "accept mail for a domain and route it",
     "A domain that is there already gets the new route. Ends with 5 when Postfix keeps its "
     "mail to itself, since mydestination, virtual_alias_domains or virtual_mailbox_domains in "
     "main.cf names the domain too: take it out there."},
    {"domain remove DOMAIN", domain_remove_run, 0, "accept mail for a domain no longer", NULL},
    {"domain sign DOMAIN --selector SELECTOR [--algorithm ALGORITHM] [--key FILE] [--now]",
     domain_sign_run, 0, "sign mail of a domain with DKIM: make a key, print its DNS record",
     "Mail from the domain, or from one below it that has no key of its own, that leaves "
     "through the staging listener or from a login is signed from the minute its record is "
     "seen in DNS; with --now at once. --algorithm is rsa (the default) or ed25519; with a key "
     "of each both sign. A new selector takes over from an older one when it is published. "
     "--key takes an existing key (PEM), such as one of OpenDKIM, or that of another node: "
     "each node of a cluster has keys of its own."},
    {"domain unsign DOMAIN [--selector SELECTOR]", domain_unsign_run, 0,
     "remove the keys of a domain, or the one of a selector", NULL},
    {"domain keys [DOMAIN] [--records]", domain_keys_run, 0,
     "the keys that mail is signed with, and whether they are in use",
     "Of two keys of a kind the one made last signs; the other may be removed some days later, "
     "when no mail that it signed is under way. --records prints their DNS records."},

    {"message test FILE [--client IP] [--helo HOST] [--sender ADDRESS] [--recipient "
     "ADDRESS]... [--path PATH] [--user USER]",
     message_test_run, 0, "what would be done with a message; nothing is delivered or kept",
     "FILE is a message as it would come, headers first. What is not given has the default "
     "that tests in rules have; the sender is then the null sender, and SPF is asked for "
     "--helo: to see what SPF and DMARC say, give --client, --helo and --sender as they were."},
    {"policy test ATTR=VALUE...", policy_test_run, 0, "what policyd would answer Postfix",
     "Attributes are those of Postfix's policy protocol; protocol_state is RCPT unless given."},

    {"quarantine list [--state STATE] [--node NODE] [--limit N]", quarantine_list_run, 0,
     "messages in quarantine, newest first",
     "In a cluster of all nodes, or of the one that is named; those of a node that is away "
     "are shown, with since when it is. Copies that nodes keep for each other "
     "(quarantine_copies) are shown with --state copy, or when their holder is away."},
    {"quarantine show ID [--raw] [--node NODE] [--copy]", quarantine_show_run, 0,
     "one of them; with --raw the message itself",
     "ID is an id of the list or a decision code. In a cluster the message comes from the "
     "node that holds it, with --copy from the one that keeps a copy. "
     "A message that is kept here may be dangerous; on a terminal its bytes are escaped."},
    {"quarantine release ID [--node NODE] [--copy]", quarantine_release_run, 0,
     "deliver it after all, once",
     "The node that holds it releases it. "
     "Ends with 5 when it cannot be known whether Postfix took it; it is then not sent again "
     "by itself. --copy releases the copy that another node keeps, when the holder is away: "
     "it may have released the message before it went, and only you can know."},
    {"quarantine delete ID [--node NODE] [--copy]", quarantine_delete_run, 0,
     "remove it for good", NULL},
    {"quarantine reindex", quarantine_reindex_run, 0, "build the index anew from the files",
     NULL},

    {"report dmarc [--day DAY] [--domain DOMAIN] [--send]", report_dmarc_run, 0,
     "what DMARC reports (RFC 7489) of a day say, and to whom; with --send mail them",
     "Of yesterday unless --day names another day; days are those of UTC. A report is about "
     "mail from outside whose domain in From publishes a DMARC record, whatever became of it "
     "(not what was deferred: it comes again). Who publishes one and where reports go is "
     "looked up now; addresses of others must have agreed (RFC 7489 section 7.1). --send "
     "needs dmarc_reports = yes and dmarc_report_from, and goes through release_listener. "
     "Each report is sent once: what was sent, or may have been when a run was cut off "
     "(unknown), is never sent again; one that failed is tried again by the next run. Ends "
     "with 5 when one was not sent. Reports are from <> and signed with DKIM when there is a "
     "key for their domain (domain sign). In a cluster each node reports what it saw, and its "
     "name stands in the report's id and file name: let each of them run this once a day "
     "(postgate-dmarc-report.timer)."},
    {"report [--since TIME] [--until TIME] [--by WHAT] [--node TEXT] [--limit N] [--csv] "
     "[--svg FILE]",
     report_run, 0, "what was counted: messages, refusals, bytes, how long it took",
     "Of the last 7 days, by time, unless asked otherwise; hours are shown up to 3 days, else "
     "days in the setting time_zone. Messages are those that came to their end: delivered, or "
     "stopped (rejected, deferred, held, discarded, kept in quarantine). Refused are "
     "recipients "
     "turned away before, by the milter at RCPT or by policyd, whose requests are counted too. "
     "Each node keeps the 200 heaviest names of an hour; the rest, and what is beyond --limit "
     "(20 names), is the row other. P50, P90 and P99 are milliseconds from a message's end to "
     "its answer. In a cluster the counts of all nodes are added up; nodes that are away are "
     "named and the exit code is 5. --csv prints all columns for a spreadsheet, --svg draws a "
     "picture. --by country has names once the setting geoip_country names a file."},

    {"node list", node_list_run, 0, "the nodes of the cluster, and how they are",
     "Alive, suspect after 15 s without a heartbeat, down after 60 s; which revision each has "
     "in force and whether it took the newest (ACK, NACK; TRIAL while it tries others), its "
     "load, requests per second, and "
     "what does not work there. Ends with 1 when something is not in order, also when Redis is "
     "away: then it shows what was known last."},
    {"node drain [NODE]", node_drain_run, 0, "let a node take no new mail",
     "Clients are told 421 4.3.2 at RCPT and try another node; what Postfix has queued is "
     "delivered. It stays so over restarts. Without NODE this one, also on a machine without "
     "a cluster."},
    {"node resume [NODE]", node_resume_run, 0, "let it take new mail again", NULL},
    {"node forget NODE [--force]", node_forget_run, 0,
     "take a node that is gone for good out of the cluster",
     "Its heartbeats, requests and answers are refused from then on. One that is alive leaves "
     "by `cluster leave`; --force forgets it all the same. Only where the signing key lies."},
    {"cluster init", cluster_init_run, 0, "begin a cluster with this node",
     "Makes the cluster's shared key and the administrators' signing key, signs the rules, "
     "lists "
     "and domains there are, and writes them to Redis. Prints the users that Redis should "
     "have. "
     "postgate.cf names redis and cluster_name."},
    {"cluster token", cluster_token_run, 0, "print what another node needs to join",
     "One line on the standard output, good for one node and 15 minutes. Only where the "
     "signing "
     "key lies; that node must be up when the other joins."},
    {"cluster join --token-file FILE", cluster_join_run, SENTENCE_SECRET,
     "enter a cluster with a token",
     "Rules, lists and domains of this node are saved in state_dir/before-cluster-TIME and "
     "replaced by the cluster's. The token is read from FILE (- is the standard input), never "
     "from the command line."},
    {"cluster leave", cluster_leave_run, 0, "take this node out of its cluster",
     "It goes on by itself with the rules, lists and domains it has. The others do not learn "
     "of "
     "it: say `node forget` where the signing key lies. A signing key that it held is kept in "
     "state_dir/cluster.left-TIME."},
    {"cluster rotate-key [--signing]", cluster_rotate_run, 0,
     "replace the cluster's shared key; with --signing the administrators' signing key",
     "Mail flows on: marks and decision codes made with the key before stay good until the "
     "next "
     "rotation, entries signed before for ever. Only where the signing key lies."},
    {"cluster reseed [--supersede]", cluster_reseed_run, 0, "write to Redis again what it lost",
     "Where redis_admin_user is set. For a Redis that was restarted empty or is older than the "
     "nodes: what this node has of "
     "rules, lists, domains and members is written again, as it was signed. Nothing is written "
     "over another history (a fork): with --supersede, where the signing key lies, what is in "
     "force on this node is signed anew on top of it, and all nodes take that."},
    {"cluster status", cluster_status_run, 0,
     "links to Redis, what is not in order, and the nodes", NULL},

    {"help [WORD]... [--man] [--completion]", help_run, SENTENCE_NO_SETTINGS,
     "help on sentences that begin so",
     "--man prints the source of milter-ctl(8), --completion what bash needs to complete "
     "sentences."},
    {NULL, NULL, 0, NULL, NULL},
};

const struct name_value sentence_nouns[] = {
    {"status", 0}, {"doctor", 0},     {"config", 0}, {"facts", 0},   {"explain", 0},
    {"log", 0},    {"rules", 0},      {"list", 0},   {"domain", 0},  {"message", 0},
    {"policy", 0}, {"quarantine", 0}, {"node", 0},   {"cluster", 0}, {"report", 0},
    {"help", 0},   {NULL, 0},
};
