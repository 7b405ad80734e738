# What each suite links beside libpostgate.a.

MILTER_PARTS := $(patsubst %.c,%,$(filter-out milter/main.c,$(MILTER)))
FAKES_milter/test_callbacks := fake_libmilter fake_content fake_rounds fake_dns fake_wait
EXTRA_milter/test_callbacks := $(filter-out milter/wait,$(MILTER_PARTS))
FAKES_milter/test_changes   := $(FAKES_milter/test_callbacks)
EXTRA_milter/test_changes   := $(EXTRA_milter/test_callbacks)
EXTRA_milter/test_message   := milter/message
EXTRA_milter/test_loop      := milter/loop milter/message
EXTRA_milter/test_answer    := milter/answer
EXTRA_milter/test_releases  := milter/releases milter/message

# Under TSan: what several threads share.
unit-threads: $(addprefix $(B)/t/unit/,checks/test_rounds milter/test_callbacks milter/test_release checks/test_mailbox checks/test_geoip checks/test_dnsbl checks/test_dnsbl_url milter/test_signing_keys engine/test_snapshot policyd/test_next_hops cluster/test_redis cluster/test_counters_shared) $(addprefix $(B)/t/unit/,dns/test_dns dns/test_dns_bounds)
.PHONY: unit-threads

POLICYD_PARTS := $(patsubst %.c,%,$(filter-out policyd/main.c,$(POLICYD)))
EXTRA_policyd/test_request   := policyd/request
EXTRA_policyd/test_answer    := policyd/answer
EXTRA_policyd/test_map_text  := policyd/maps/map_text
EXTRA_policyd/test_addresses := policyd/addresses
EXTRA_policyd/test_next_hops_end := policyd/next_hops policyd/addresses policyd/health
EXTRA_policyd/test_next_hops := policyd/next_hops policyd/addresses policyd/health
EXTRA_policyd/test_status    := policyd/counters policyd/loops policyd/health policyd/lines

CTL_PARTS := $(patsubst %.c,%,$(filter-out milter/ctl/main.c,$(CTL)))
EXTRA_ctl/test_arguments := $(CTL_PARTS)
EXTRA_ctl/test_sentences := $(CTL_PARTS)
EXTRA_ctl/test_print     := $(CTL_PARTS)
EXTRA_ctl/test_contract  := $(CTL_PARTS)
EXTRA_ctl/test_times     := milter/ctl/times milter/ctl/seen
EXTRA_ctl/test_diff      := milter/ctl/diff

MIME_PARTS := $(patsubst %.c,%,$(filter-out milter/inspect/main.c,$(wildcard $(addprefix milter/inspect/,mime*.c charsets.c links*.c html*.c))))
EXTRA_inspect/test_mail := $(MIME_PARTS)
LIBS_inspect/test_mail  := gmime
FAKES_inspect/test_mail := mail_facts
FAKES_inspect/test_pool := mail_facts pool_client
FAKES_inspect/test_pool_start := pool_client
FAKES_inspect/test_limits := pool_client

FAKES_store/test_manifest := set_clock
FAKES_store/test_decisions := set_clock
FAKES_store/test_decisions_days := set_clock
FAKES_store/test_decisions_search := set_clock
FAKES_control/test_decision_log := set_clock
FAKES_store/test_quarantine := set_clock
FAKES_store/test_quarantine_crash := crash_point
FAKES_store/test_publish_crash := crash_point
POLICYD_LOOP := $(addprefix policyd/,client listener question answer request counters loops health)
EXTRA_policyd/test_client      := $(POLICYD_LOOP)
EXTRA_policyd/test_client_wait := $(POLICYD_LOOP)
FAKES_policyd/test_client      := policy_loop
FAKES_policyd/test_client_wait := policy_loop
LIBS_policyd/test_client       := event
LIBS_policyd/test_client_wait  := event

FAKES_rules/test_properties := rule_gen

# An inspector whose workers have been taken over (t/lib/evil_mime.c, evil_sender.c); in a directory of its own, beside which a milter can be put.
EVIL_PARTS := $(addprefix milter/inspect/,main.c zygote.c worker.c content_worker.c sender_worker.c sandbox.c landlock.c passed.c charsets.c) \
    t/lib/evil_mime.c t/lib/evil_sender.c
$(B)/t/evil/postgate-inspect: $(call obj,$(EVIL_PARTS)) $(LIB)
	@mkdir -p $(@D)
	@$(CC) $(LDHARD) $(CFLAGS) -o $@ $^ $(call libs,gmime seccomp idn2 psl crypto) -lpthread

EXTRA_TESTS += $(B)/t/evil/postgate-inspect
# Preloaded into a daemon whose wall clock is wrong; never sanitized itself.
$(B)/t/shift_clock.so: t/lib/shift_clock.c
	@mkdir -p $(@D)
	@$(CC) -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC -o $@ $<
EXTRA_TESTS += $(B)/t/shift_clock.so
$(addprefix $(B)/t/unit/,inspect/test_pool inspect/test_pool_start inspect/test_limits): | $(B)/t/evil/postgate-inspect $(B)/postgate-inspect
EXTRA_policyd/test_local_domains := policyd/maps/local_domains policyd/maps/postfix_tool
EXTRA_policyd/test_maps      := policyd/maps/maps policyd/maps/map_text policyd/maps/postfix_tool policyd/health
EXTRA_policyd/test_publish   := $(addprefix policyd/,publish draft trial images next_hops addresses first_start lines milter_link health maps/maps maps/map_text maps/postfix_tool)

FAKES_milter/test_smtp := smtp_server set_clock
EXTRA_milter/test_smtp := milter/smtp
FAKES_milter/test_release := smtp_server
EXTRA_milter/test_release := milter/release milter/releases milter/message milter/smtp
FAKES_milter/test_judge := $(FAKES_milter/test_callbacks)
EXTRA_milter/test_judge := $(EXTRA_milter/test_callbacks)
FAKES_milter/test_macros := $(FAKES_milter/test_callbacks)
EXTRA_milter/test_macros := $(EXTRA_milter/test_callbacks)
EXTRA_milter/test_wait := milter/wait
FAKES_milter/test_control := $(FAKES_milter/test_callbacks)
EXTRA_milter/test_control := $(EXTRA_milter/test_callbacks)
EXTRA_policyd/test_control := $(filter-out policyd/open policyd/loop,$(POLICYD_PARTS))
LIBS_policyd/test_control  := event redis
EXTRA_inspect/test_passed := milter/inspect/passed
FAKES_store/test_quarantine_account := set_clock

COUNTS_PARTS := $(addprefix policyd/cluster/,tally latency statistics_counts statistics_text)
EXTRA_cluster/test_tally := policyd/cluster/tally
EXTRA_cluster/test_statistics_counts := $(COUNTS_PARTS) policyd/cluster/statistics_seal
EXTRA_cluster/test_report := $(COUNTS_PARTS) policyd/cluster/report
EXTRA_cluster/test_statistics := $(COUNTS_PARTS) $(addprefix policyd/cluster/statistics,_hours _notice) policyd/cluster/statistics policyd/notices policyd/health
FAKES_cluster/test_statistics := set_clock
EXTRA_ctl/test_report_svg := milter/ctl/report_svg
FAKES_milter/test_notices := $(FAKES_milter/test_callbacks)
EXTRA_milter/test_notices := $(EXTRA_milter/test_callbacks)
EXTRA_inspect/test_uu := milter/inspect/mime_uu
EXTRA_inspect/test_params := milter/inspect/mime_params
EXTRA_inspect/test_charsets := milter/inspect/charsets
EXTRA_inspect/test_mime_flow := milter/inspect/mime_flow
EXTRA_inspect/test_mime_charset := milter/inspect/charsets milter/inspect/mime_charset
LINKS_PARTS := $(addprefix milter/inspect/,links links_shown links_nested)
EXTRA_inspect/test_links := $(LINKS_PARTS)
EXTRA_inspect/test_links_text := $(addprefix milter/inspect/,links links_shown links_nested links_text)
FAKES_milter/test_open := fake_content fake_rounds set_clock
EXTRA_milter/test_signing_keys := milter/signing_keys
EXTRA_milter/test_open := $(addprefix milter/,open keys listen releases message signing_keys signing_key_file signing_publish)
EXTRA_cluster/test_answer_stream := policyd/cluster/answer_frames policyd/cluster/answer_stream
EXTRA_cluster/test_request_text := policyd/cluster/request_text
EXTRA_cluster/test_envelope := policyd/cluster/envelope

# The link to Redis alone.
REDIS_PARTS := $(patsubst %.c,%,$(wildcard policyd/cluster/redis*.c)) policyd/health
EXTRA_cluster/test_redis := $(REDIS_PARTS)
LIBS_cluster/test_redis  := event redis
FAKES_cluster/test_redis := redis_server
EXTRA_cluster/test_redis_parts := $(addprefix policyd/cluster/,redis_reader redis_breaker redis_where)
LIBS_cluster/test_redis_parts  := redis
EXTRA_cluster/test_heartbeat := policyd/cluster/heartbeat
EXTRA_cluster/test_node_track := policyd/cluster/node_track
EXTRA_cluster/test_rates := policyd/cluster/rates
EXTRA_cluster/test_sequence := policyd/cluster/sequence
EXTRA_cluster/test_canary_order := policyd/cluster/canary_order
EXTRA_cluster/test_acl_text := policyd/cluster/acl_text

EXTRA_cluster/test_window := policyd/cluster/window policyd/cluster/shelf
FAKES_cluster/test_counters_local := set_clock
EXTRA_cluster/test_counters_local := $(addprefix policyd/cluster/,window shelf counters_key counters_local promises leases pending)
FAKES_cluster/test_greylist_local := set_clock
EXTRA_cluster/test_greylist_local := $(addprefix policyd/cluster/,shelf greylist_key greylist_local)
LEDGER_PARTS := $(addprefix policyd/cluster/,ledger ledger_head ledger_redis ledger_write ledger_verify ledger_pieces ledger_table ledger_sign ledger_reseed feed_pull feed_start feed_compare feed_claims envelope) policyd/health
define ledger_suite
FAKES_cluster/$(1) := fake_redis feed_rig
EXTRA_cluster/$(1) := $(LEDGER_PARTS)
LIBS_cluster/$(1)  := redis
endef
$(foreach t,test_feed test_feed_history test_ledger,$(eval $(call ledger_suite,$(t))))
EXTRA_cluster/test_quarantine_rows := policyd/cluster/quarantine_rows policyd/cluster/copy_choose
EXTRA_cluster/test_counters_shared := $(REDIS_PARTS) $(addprefix policyd/cluster/,window counters_key counters_shared counters_sender counters_argv counters_script degraded promises leases pending greylist_key greylist_shared)
LIBS_cluster/test_counters_shared  := event redis
FAKES_cluster/test_counters_shared := redis_server counting_member
EXTRA_cluster/test_greylist_shared := $(EXTRA_cluster/test_counters_shared)
LIBS_cluster/test_greylist_shared  := event redis
FAKES_cluster/test_greylist_shared := redis_server counting_member
MEMBERS_PARTS := $(addprefix policyd/cluster/,members members_apply identity)
EXTRA_cluster/test_members := $(MEMBERS_PARTS)
EXTRA_cluster/test_join_text := $(MEMBERS_PARTS) policyd/cluster/join_text policyd/cluster/token
FAKES_cluster/test_join_text := set_clock
EXTRA_cluster/test_payload := policyd/cluster/list_payload
EXTRA_cluster/test_membership_wait := policyd/cluster/membership_wait
EXTRA_cluster/test_quarantine_shared := policyd/cluster/quarantine_shared
LIBS_cluster/test_quarantine_shared := redis
EXTRA_policyd/test_trial     := $(EXTRA_policyd/test_publish)
EXTRA_milter/test_authres_header := milter/authres_header
EXTRA_milter/test_authres_dmarc := milter/authres_header
FAKES_checks/test_spf := fake_rounds
FAKES_checks/test_signatures := fake_rounds

SPF_PARTS := $(patsubst %.c,%,$(wildcard milter/inspect/spf*.c))
define spf_suite
EXTRA_inspect/$(1) := $(SPF_PARTS)
FAKES_inspect/$(1) := spf_zone
$(B)/t/unit/inspect/$(1): ALLLIBS += -lspf2
endef
$(foreach t,test_spf test_spf_suite,$(eval $(call spf_suite,$(t))))
EXTRA_inspect/test_spf_macro := milter/inspect/spf_macro
FAKES_checks/test_dmarc := fake_dns fake_rounds
EXTRA_cluster/test_authserv_ids := policyd/cluster/authserv_ids policyd/health
FAKES_checks/test_dnsbl := fake_dns
FAKES_checks/test_dnsbl_health := fake_dns set_clock
FAKES_checks/test_dnsbl_url := fake_dns set_clock

FAKES_dns/test_dns := dns_responder
FAKES_dns/test_dns_bounds := dns_responder
FAKES_milter/test_cleaning := $(FAKES_milter/test_callbacks)
EXTRA_milter/test_cleaning := $(EXTRA_milter/test_callbacks)

# Workers that have been taken over, where rounds_begin looks for them: beside the program.
$(B)/t/unit/checks/postgate-inspect: $(B)/t/evil/postgate-inspect
	@mkdir -p $(@D)
	@ln -sf $(abspath $<) $@
FAKES_checks/test_rounds := fake_dns rounds_client
$(B)/t/unit/checks/test_rounds: | $(B)/t/unit/checks/postgate-inspect

SIGNED_PARTS := $(patsubst %.c,%,$(wildcard milter/inspect/sign*.c milter/inspect/dkim*.c milter/inspect/arc*.c))
define signed_suite
EXTRA_inspect/$(1) := $(SIGNED_PARTS)
FAKES_inspect/$(1) := signed_case
endef
$(foreach t,test_signatures test_dkim_examples,$(eval $(call signed_suite,$(t))))
# Signs with libopendkim, as others do.
EXTRA_inspect/test_dkim_opendkim := $(SIGNED_PARTS)
FAKES_inspect/test_dkim_opendkim := signed_case opendkim_lib
$(B)/t/unit/inspect/test_dkim_opendkim: ALLLIBS += -lopendkim
$(B)/o/t/lib/opendkim_lib.o: CFLAGS_LIBS += -I/usr/include/opendkim
FAKES_milter/test_authentication := $(FAKES_milter/test_callbacks)
EXTRA_milter/test_authentication := $(EXTRA_milter/test_callbacks)
# The resolver as a program.
$(B)/t/dns_ask: $(B)/o/t/lib/dns_ask.o $(LIB)
	@mkdir -p $(@D)
	@$(CC) $(LDHARD) $(CFLAGS) -o $@ $^ $(ALLLIBS)
EXTRA_TESTS += $(B)/t/dns_ask
FAKES_store/test_decisions_walk := set_clock

REPORT_PARTS := $(addprefix milter/dmarc_report_,tally index terms targets xml mail sent)
define report_suite
EXTRA_milter/$(1) := $(REPORT_PARTS)
FAKES_milter/$(1) := fake_dns set_clock
endef
$(foreach t,$(addprefix test_dmarc_report_,tally xml targets sent),$(eval $(call report_suite,$(t))))
EXTRA_milter/test_dmarc_report_send := $(REPORT_PARTS) milter/dmarc_report_send milter/releases milter/message milter/smtp
FAKES_milter/test_dmarc_report_send := fake_dns smtp_server

HTML_PARTS := $(patsubst %.c,%,$(wildcard milter/inspect/html*.c))
EXTRA_inspect/test_html := $(HTML_PARTS) milter/inspect/links_html
FAKES_inspect/test_html := html_links
EXTRA_inspect/test_links_html := $(HTML_PARTS) milter/inspect/links_html
FAKES_inspect/test_links_html := html_links
