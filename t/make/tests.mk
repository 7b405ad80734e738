# Tests: unit suites, rule cases, dialogues, bad configurations, end to end, lint, fuzz. Included by the top Makefile.

# Fakes replace parts of libpostgate.a at link time: an object named before the archive wins.
# FAKES_<suite path below t/unit without .c> = files of t/lib, EXTRA_<...> = further objects or libraries.
-include t/make/fakes.mk

define unit_rule
$(B)/t/unit/$(1): $(call obj,t/unit/$(1).c) $(foreach f,$(FAKES_$(1)),$(B)/o/t/lib/$(f).o) $(foreach e,$(EXTRA_$(1)),$(B)/o/$(e).o) $(LIB)
	@mkdir -p $$(@D)
	@$(CC) $(LDHARD) $(CFLAGS) -o $$@ $$^ $$(call libs,check $(LIBS_$(1))) $$(ALLLIBS)
endef
$(foreach u,$(patsubst t/unit/%.c,%,$(UNIT)),$(eval $(call unit_rule,$(u))))

unit: $(UNITBIN)
