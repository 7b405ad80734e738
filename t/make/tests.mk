# Tests: unit suites, rule cases, dialogues, bad configurations, end to end, lint, fuzz. Included by the top Makefile.

# Fakes replace parts of libpostgate.a at link time: an object named before the archive wins.
# t/make/fakes.mk: FAKES_<suite below t/unit, without .c> = files of t/lib; EXTRA_<suite> = further objects; LIBS_<suite> = libraries.
-include t/make/fakes.mk

define unit_rule
$(B)/t/unit/$(1): $(call obj,t/unit/$(1).c) $(foreach f,$(FAKES_$(1)),$(B)/o/t/lib/$(f).o) $(foreach e,$(EXTRA_$(1)),$(B)/o/$(e).o) $(LIB)
	@mkdir -p $$(@D)
	@$(CC) $(LDHARD) $(CFLAGS) -o $$@ $$^ $$(call libs,check $(LIBS_$(1))) $$(ALLLIBS)
endef
$(foreach u,$(patsubst t/unit/%.c,%,$(UNIT)),$(eval $(call unit_rule,$(u))))

unit: $(UNITBIN) $(EXTRA_TESTS)

# Fuzz targets: clang's libFuzzer; everything they link is built again with coverage into a directory of its own.
FUZZB    := build/fuzz
FUZZBIN  := $(patsubst t/fuzz/%.c,$(FUZZB)/%,$(FUZZ))
TIME     ?= 60
fuzz-build:
	@$(MAKE) --no-print-directory B=$(FUZZB) CC=clang SANITIZER=address,undefined \
	    CFLAGS='-fsanitize=fuzzer-no-link' fuzz-bins
fuzz-bins: $(FUZZBIN)
$(FUZZB)/fuzz_%: $(FUZZB)/o/t/fuzz/fuzz_%.o $(LIB)
	@$(CC) -fsanitize=fuzzer,$(SANITIZER) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(foreach e,$(EXTRA_fuzz_$*),$(FUZZB)/o/$(e).o) $(call libs,$(LIBS_fuzz_$*)) $(ALLLIBS)
# What is no part of the library.
$(FUZZB)/fuzz_policy: $(FUZZB)/o/policyd/request.o
$(FUZZB)/fuzz_answer_stream: $(FUZZB)/o/policyd/cluster/answer_frames.o $(FUZZB)/o/policyd/cluster/answer_stream.o
$(FUZZB)/fuzz_request: $(FUZZB)/o/policyd/cluster/request_text.o
$(FUZZB)/fuzz_ledger: $(foreach p,ledger_head ledger_pieces list_payload,$(FUZZB)/o/policyd/cluster/$(p).o)
$(FUZZB)/fuzz_counters: $(FUZZB)/o/policyd/cluster/window.o $(FUZZB)/o/policyd/cluster/shelf.o
$(FUZZB)/fuzz_envelope: $(FUZZB)/o/policyd/cluster/envelope.o
$(FUZZB)/fuzz_redis_reply: $(FUZZB)/o/policyd/cluster/redis_reader.o
LIBS_fuzz_redis_reply := redis
$(FUZZB)/fuzz_members: $(foreach p,$(MEMBERS_PARTS) policyd/cluster/join_text policyd/cluster/token,$(FUZZB)/o/$(p).o)
$(FUZZB)/fuzz_statistics: $(foreach p,$(COUNTS_PARTS) policyd/cluster/statistics_seal,$(FUZZB)/o/$(p).o)
$(FUZZB)/fuzz_url: $(foreach p,$(LINKS_PARTS),$(FUZZB)/o/$(p).o)
$(FUZZB)/fuzz_mime: $(foreach p,$(MIME_PARTS),$(FUZZB)/o/$(p).o)
LIBS_fuzz_mime := gmime
$(FUZZB)/fuzz_html: $(foreach p,$(HTML_PARTS) $(LINKS_PARTS) milter/inspect/links_html milter/inspect/links_text,$(FUZZB)/o/$(p).o)
$(FUZZB)/fuzz_heartbeat: $(FUZZB)/o/policyd/cluster/heartbeat.o
$(FUZZB)/fuzz_authres_write: $(FUZZB)/o/milter/authres_header.o
$(FUZZB)/fuzz_spf: $(foreach p,$(SPF_PARTS) t/lib/spf_zone,$(FUZZB)/o/$(p).o)
$(FUZZB)/fuzz_spf: ALLLIBS += -lspf2
# What a sender worker is made of, but for the process around it.
SENDER_PARTS := $(patsubst %.c,%,$(filter-out milter/inspect/sender_%.c,$(filter $(foreach p,spf signatures signed dkim arc,milter/inspect/$(p)%.c),$(INSPECT))))
$(FUZZB)/fuzz_sender_pool: $(foreach p,$(SENDER_PARTS),$(FUZZB)/o/$(p).o)
$(FUZZB)/fuzz_sender_pool: ALLLIBS += -lspf2
$(FUZZB)/fuzz_arc: $(foreach p,$(SIGNED_PARTS),$(FUZZB)/o/$(p).o)
$(FUZZB)/fuzz_dmarc_report: $(foreach p,tally index xml,$(FUZZB)/o/milter/dmarc_report_$(p).o)
.PHONY: fuzz-build fuzz-bins

# Measurements: one program each, run one after another.
BENCH    := $(sort $(wildcard t/bench/bench_*.c))
BENCHBIN := $(patsubst t/bench/%.c,$(B)/t/bench/%,$(BENCH))
# What one of them is made of besides.
$(B)/t/bench/bench_lists: $(B)/o/t/bench/list_kinds.o
$(B)/t/bench/bench_cluster: $(patsubst %,$(B)/o/%.o,t/bench/many_nodes t/lib/redis_server $(REDIS_PARTS) \
    $(addprefix policyd/cluster/,membership_wire ledger_redis ledger_write ledger_head))
LIBS_bench_cluster := event redis
$(B)/t/bench/bench_counters: $(B)/o/t/lib/redis_server.o $(B)/o/t/bench/policyd_run.o
$(B)/t/bench/bench_policy: $(B)/o/t/bench/policyd_run.o
$(B)/t/bench/bench_flood: $(patsubst %,$(B)/o/%.o,t/lib/redis_server t/lib/counting_member $(EXTRA_cluster/test_counters_shared))
LIBS_bench_flood := event redis
$(B)/t/bench/%: $(B)/o/t/bench/%.o $(LIB)
	@mkdir -p $(@D)
	@$(CC) $(LDHARD) $(CFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(call libs,$(LIBS_$*)) $(ALLLIBS)
bench: all $(BENCHBIN)
	@missed=; for b in $(BENCHBIN) $(sort $(wildcard t/bench/bench_*.py)); do echo "== $$(basename $$b)"; BUILD=$(B) $$b || missed="$$missed $$(basename $$b)"; echo; done; \
	    if [ -n "$$missed" ]; then echo "missed:$$missed"; exit 1; fi

# Under sudo everything is compiled as the calling user, so that build/ belongs to them.
AS_USER := $(if $(SUDO_UID),$(if $(filter 0,$(SUDO_UID)),,setpriv --reuid=$(SUDO_UID) --regid=$(SUDO_GID) --init-groups))

check: deps-if-root
	@$(AS_USER) $(MAKE) --no-print-directory all unit
	@t/make/check

check-unit check-rules check-dialog check-badconf check-e2e check-lint check-fuzz: all unit
	@t/make/check $(patsubst check-%,%,$@)

demo: deps-if-root
	@$(AS_USER) $(MAKE) --no-print-directory all
	@BUILD=$(B) t/demo/demo.py

fuzz:
	@t/make/check --seconds $(TIME) fuzz

lint:
	@t/lint/run

deps:
	@t/make/deps $(DEPS)

deps-if-root:
	@if [ "$$(id -u)" = 0 ]; then t/make/deps $(DEPS); else t/make/deps --only-say $(DEPS); fi
.PHONY: deps-if-root
