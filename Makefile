# Postgate: a gate for Postfix. `make help` lists what can be asked for.
#
#   make B=DIR                      build somewhere else than build/
#   make SANITIZER=address,undefined   or SANITIZER=thread: everything into build/san-... instead
#   make CC=clang  WERROR=1  PREFIX=/usr  DESTDIR=/tmp/stage

CC       ?= gcc
ifeq ($(origin CC),default)
CC       := gcc
endif
PREFIX   ?= /usr/local
SYSCONF  ?= /etc
comma    := ,
SANITIZER ?=
B        ?= build$(if $(SANITIZER),/san-$(subst $(comma),-,$(SANITIZER)))

VERSION  := 0.1.0
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wcast-qual -Wformat=2 $(if $(WERROR),-Werror)
HARDEN   := -fstack-protector-strong -fPIE -fno-strict-aliasing
ifeq ($(SANITIZER),)
OPT      := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
HARDEN   += $(if $(filter x86_64,$(shell uname -m)),-fcf-protection) -fstack-clash-protection
else
OPT      := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SANITIZER) $(if $(findstring undefined,$(SANITIZER)),-fno-sanitize-recover=undefined)
endif
LDHARD   := -pie -Wl,-z,relro,-z,now,-z,noexecstack $(if $(SANITIZER),-fsanitize=$(SANITIZER))

# Library, its pkg-config name, its Debian package. Asked only when something is built.
PKG_crypto   := libcrypto
PKG_idn2     := libidn2
PKG_hs       := libhs
PKG_sqlite   := sqlite3
PKG_jansson  := jansson
PKG_gmime    := gmime-3.0
PKG_seccomp  := libseccomp
PKG_event    := libevent_core libevent_pthreads
PKG_redis    := hiredis libevent_openssl libssl
PKG_unbound  := libunbound
PKG_psl      := libpsl
PKG_mmdb     := libmaxminddb
PKG_zlib     := zlib
PKG_check    := check
DEBIAN := libcrypto=libssl-dev libidn2=libidn2-dev libhs=libvectorscan-dev sqlite3=libsqlite3-dev \
          jansson=libjansson-dev gmime-3.0=libgmime-3.0-dev libseccomp=libseccomp-dev \
          libevent_core=libevent-dev libevent_pthreads=libevent-dev hiredis=libhiredis-dev \
          libevent_openssl=libevent-dev libssl=libssl-dev libunbound=libunbound-dev libpsl=libpsl-dev \
          libmaxminddb=libmaxminddb-dev zlib=zlib1g-dev check=check
# What `make deps` installs: to build, to test, to demonstrate.
DEPS := gcc clang clang-format libclang-rt-14-dev make pkg-config libc6-dev libmilter-dev libspf2-dev libmaxminddb-dev \
        libhiredis-dev check libssl-dev libidn2-dev libvectorscan-dev libsqlite3-dev libjansson-dev \
        libgmime-3.0-dev libseccomp-dev libevent-dev libunbound-dev libpsl-dev publicsuffix zlib1g-dev dns-root-data postfix redis-server redis-sentinel redis-tools python3 \
        python3-aiosmtpd procps util-linux iproute2 openssl nsd ldnsutils opendkim libopendkim-dev python3-dkim python3-nacl \
        python3-spf python3-authres python3-dnspython python3-yaml libmaxmind-db-writer-perl

pkgs      = $(foreach p,$(1),$(PKG_$(p)))
GOALS    := $(or $(MAKECMDGOALS),all)
ifneq ($(filter-out help deps clean distclean,$(GOALS)),)
missing  := $(strip $(foreach d,$(DEBIAN),$(if $(shell pkg-config --exists $(word 1,$(subst =, ,$(d))) 2>/dev/null && echo y),,\
              $(word 1,$(subst =, ,$(d)))(Debian:$(word 2,$(subst =, ,$(d)))))))
# demo, check and their like install what is missing first; a plain build says what to install.
ifneq ($(missing),)
ifeq ($(filter demo check check-% bench fuzz,$(GOALS)),)
$(error missing libraries: $(missing). Install them with `sudo make deps`)
endif
endif
CFLAGS_LIBS := $(shell pkg-config --cflags libcrypto libidn2 libhs sqlite3 jansson libseccomp libevent_core hiredis libunbound libpsl libmaxminddb zlib check 2>/dev/null)
CFLAGS_GMIME := $(shell pkg-config --cflags gmime-3.0 2>/dev/null)
endif

CPPFLAGS += -D_GNU_SOURCE -Icommon -I. -I$(B) -DPOSTGATE_VERSION='"$(VERSION)"'
CFLAGS   ?=
ALLFLAGS  = -std=c11 $(OPT) $(WARN) $(HARDEN) $(CPPFLAGS) $(CFLAGS_LIBS) $(CFLAGS)
libs      = $(if $(strip $(1)),$(shell pkg-config --libs $(call pkgs,$(1))))

LAYERS   := base conf mail facts rules store dns inspect checks engine control
COMMON   := $(foreach l,$(LAYERS),$(sort $(wildcard common/$(l)/*.c)))
MILTER   := $(sort $(wildcard milter/*.c))
INSPECT  := $(sort $(wildcard milter/inspect/*.c))
CTL      := $(sort $(wildcard milter/ctl/*.c))
POLICYD  := $(sort $(wildcard policyd/*.c policyd/maps/*.c policyd/auth/*.c policyd/cluster/*.c))
TESTLIB  := $(sort $(wildcard t/lib/*.c))
UNIT     := $(sort $(wildcard t/unit/*/test_*.c))
FUZZ     := $(sort $(wildcard t/fuzz/fuzz_*.c))
obj       = $(patsubst %.c,$(B)/o/%.o,$(1))

PROGRAMS := $(if $(MILTER),$(B)/postgate-milter) $(if $(POLICYD),$(B)/postgate-policyd) \
            $(if $(INSPECT),$(B)/postgate-inspect) $(if $(CTL),$(B)/milter-ctl)
LIB      := $(B)/libpostgate.a
UNITBIN  := $(patsubst t/unit/%.c,$(B)/t/unit/%,$(UNIT))
RULELIBS  = $(call libs,hs idn2 psl crypto)
ALLLIBS   = $(call libs,hs idn2 crypto sqlite jansson event unbound psl mmdb zlib) -lpthread -lm

.PHONY: all help deps demo check check-unit check-rules check-dialog check-badconf check-e2e check-lint check-fuzz \
        install lint fuzz bench clean unit
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS)

include t/make/tests.mk

$(LIB): $(call obj,$(COMMON))
	@rm -f $@
	@ar rcs $@ $^

$(B)/postgate-milter: $(call obj,$(MILTER)) $(LIB)
	@echo "LD $@"
	@$(CC) $(LDHARD) $(CFLAGS) -o $@ $^ -lmilter $(ALLLIBS)

$(B)/postgate-policyd: $(call obj,$(POLICYD)) $(LIB)
	@echo "LD $@"
	@$(CC) $(LDHARD) $(CFLAGS) -o $@ $^ $(call libs,event redis) $(ALLLIBS)

# Takes the layers base, mail and facts only: what is not named here cannot be called by mistake.
$(B)/postgate-inspect: $(call obj,$(INSPECT)) $(LIB)
	@echo "LD $@"
	@$(CC) $(LDHARD) $(CFLAGS) -o $@ $^ $(call libs,gmime seccomp idn2 psl crypto) -lspf2 -lpthread

$(B)/milter-ctl: $(call obj,$(CTL)) $(LIB)
	@echo "LD $@"
	@$(CC) $(LDHARD) $(CFLAGS) -o $@ $^ $(ALLLIBS)

$(B)/o/milter/inspect/%.o: CFLAGS_LIBS += $(CFLAGS_GMIME)

$(B)/o/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "CC $<"
	@$(CC) $(ALLFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B)/o -name '*.d' 2>/dev/null)

help:
	@sed -n 's/^#   //p' Makefile; echo
	@echo 'make            the four programs into $(B)/'
	@echo 'make deps       install the Debian packages needed to build, test and demonstrate (root)'
	@echo 'make demo       a private Postfix with Postgate, real mail, a table of what happened (root; KEEP=1 leaves it running)'
	@echo 'make check      all tests (root, for the end-to-end part); a line of totals at the end'
	@echo 'make install    into DESTDIR and PREFIX'
	@echo 'make docs       print anew what comes from tables: sample settings, man pages, completion'
	@echo 'make lint       house rules: includes, sizes, format'
	@echo 'make fuzz       every fuzz target for TIME seconds (default 60)'
	@echo 'make bench      measurements'
	@echo 'make clean      removes $(B)/'

# What is printed from a table and committed; tests compare them.
docs: $(B)/milter-ctl
	@for each in 'config --sample:etc/postgate.cf' 'config --man:common/conf/postgate.cf.5' \
	    'help --man:milter/ctl/milter-ctl.8' 'help --completion:contrib/completion/milter-ctl'; do \
	    $(B)/milter-ctl $${each%%:*} > $(B)/printed && cp $(B)/printed $${each#*:} || exit 1; done

# Programs, man pages and units; samples into $(SYSCONF)/postgate where nothing is there yet, else beside it as FILE.new. Starts nothing.
PAGES    := $(sort $(wildcard milter/*.[58] milter/*/*.[58] policyd/*.[58] common/*/*.[58]))
SAMPLES  := postgate.cf rules $(patsubst etc/%,%,$(sort $(wildcard etc/lists/*))) postfix/main.cf postfix/master.cf redis/redis.conf redis/users.conf
UNITS    := $(sort $(wildcard etc/systemd/*.service etc/systemd/*.timer))
D         = $(DESTDIR)$(PREFIX)
install: all
	install -d $(D)/sbin
	install -m 755 $(PROGRAMS) $(D)/sbin
	@set -e; for page in $(PAGES); do install -D -m 644 $$page $(D)/share/man/man$${page##*.}/$${page##*/}; done
	@set -e; for unit in $(UNITS); do sed 's,/usr/sbin/,$(PREFIX)/sbin/,;s,/etc/,$(SYSCONF)/,' $$unit > $(B)/unit; \
	    install -D -m 644 $(B)/unit $(D)/lib/systemd/system/$${unit##*/}; rm $(B)/unit; done
	install -D -m 644 etc/systemd/sysusers.conf $(D)/lib/sysusers.d/postgate.conf
	install -D -m 644 etc/systemd/tmpfiles.conf $(D)/lib/tmpfiles.d/postgate.conf
	install -D -m 644 contrib/completion/milter-ctl $(D)/share/bash-completion/completions/milter-ctl
	@set -e; for file in $(SAMPLES); do to=$(DESTDIR)$(SYSCONF)/postgate/$$file; \
	    if [ ! -e $$to ]; then install -D -m 644 etc/$$file $$to; \
	    elif ! cmp -s etc/$$file $$to; then install -m 644 etc/$$file $$to.new; \
	        echo "$$to is there already and stays as it is; the sample of this version: $$to.new"; fi; done
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ] && [ -d /run/systemd/system ]; then \
	    systemd-sysusers $(D)/lib/sysusers.d/postgate.conf && systemctl daemon-reload; \
	    systemd-tmpfiles --create $(D)/lib/tmpfiles.d/postgate.conf || \
	    echo "not every directory could be made; when Postfix is installed, run: systemd-tmpfiles --create"; \
	elif [ -z "$(DESTDIR)" ]; then echo "no systemd runs here: make the users and directories that" \
	    "$(D)/lib/sysusers.d/postgate.conf and $(D)/lib/tmpfiles.d/postgate.conf name"; fi
.PHONY: docs

clean:
	rm -rf $(B)
