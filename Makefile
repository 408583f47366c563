# souk: build, test, run, install.
#
#   make              the binary build/souk and the plugins build/plugins/*.so
#   make run          the same, then opens the demo shop at http://127.0.0.1:8080
#   make test         everything that can be tested here; SANITIZE=address,undefined or thread
#   make bench        ratios against nginx, bare SQLite and bare Lua, measured in one run (PARTS=promotions: some of them)
#   make install      PREFIX=/usr/local DESTDIR=
#   make reference    sdk/docs/reference.md from the headers of the kit
#   make format       clang-format over all C files
#
# Compilation is by wildcard: a new .c under core/ joins the binary, a new folder in plugins/ or
# sdk/examples/ becomes a plugin, a new tests/unit/*/test_*.c becomes a test. What is missing on
# the machine is installed first (.ci/deps).

BUILD    ?= build
PREFIX   ?= /usr/local
DESTDIR  ?=
SANITIZE ?=
CC       ?= gcc
VERSION  := 0.1.0

# ---- what is needed, installed before anything is read off pkg-config ------------------------
WANT := build
ifneq ($(filter test unit e2e browser bench conform,$(MAKECMDGOALS)),)
WANT += test
endif
ifneq ($(filter bench,$(MAKECMDGOALS)),)
WANT += bench
endif
ifneq ($(filter format,$(MAKECMDGOALS)),)
WANT += format
endif
ifeq ($(filter clean help,$(MAKECMDGOALS)),)
DEPS := $(shell sh .ci/deps $(WANT) >&2 && echo ok)
ifneq ($(DEPS),ok)
$(error packages are missing and could not be installed; see the lines above)
endif
endif

PKGS       := libmicrohttpd sqlite3 lua5.4 jansson libsodium libcurl libutf8proc libseccomp zlib nettle libcmark libqrencode
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS)) -lwslay -lstemmer

WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
          -Wvla -Wformat=2 -Wundef -Werror
OPT    ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -DSOUK_VERSION=\"$(VERSION)\" -DSOUK_PREFIX=\"$(PREFIX)\" \
            -Icore -Isdk/include -I$(BUILD)/gen
CFLAGS += -std=gnu11 $(OPT) $(WARN) -fno-strict-aliasing -fstack-protector-strong \
          -fvisibility=hidden -fPIE -pthread $(PKG_CFLAGS)
LDFLAGS += -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed
ifneq ($(SANITIZE),)
# Each kind of build has a folder of its own, so that objects are never mixed.
comma := ,
BUILD := $(BUILD)-$(subst $(comma),-,$(SANITIZE))
CFLAGS  += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
LDFLAGS += -fsanitize=$(SANITIZE)
endif

# core/app/main.c holds main(); all other objects are shared with the unit tests.
# core/app/image/ is a program of its own, souk-image: only it links against libgd.
IMAGE_SRC := $(wildcard core/app/image/*.c)
CORE_SRC := $(filter-out $(IMAGE_SRC),$(wildcard core/*/*.c core/app/*/*.c))
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o) $(BUILD)/gen/theme.o
# sdk/host and sdk/conform: the test host for plugins, around the same objects.
HOST_SRC := $(wildcard sdk/host/*.c sdk/conform/*/*.c)
LIB_OBJ  := $(filter-out $(BUILD)/core/app/main.o,$(CORE_OBJ))
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)

PLUGIN_DIRS := $(patsubst %/Makefile,%,$(wildcard plugins/*/Makefile sdk/examples/*/Makefile))
PLUGINS     := $(foreach d,$(PLUGIN_DIRS),$(BUILD)/plugins/$(notdir $(d)).so)

.PHONY: all run test unit e2e conform browser bench layout install reference format clean help FORCE
all: $(BUILD)/souk $(BUILD)/souk-image $(BUILD)/souk-host $(PLUGINS)

GEN_HEADERS :=
include core/store/store.mk

$(BUILD)/%.o: %.c | $(GEN_HEADERS)
	@mkdir -p $(@D) && echo "  cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/souk: $(CORE_OBJ)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

$(BUILD)/souk-image: $(IMAGE_SRC:%.c=$(BUILD)/%.o)
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $$(pkg-config --libs gdlib libseccomp)

$(BUILD)/libcore.a: $(LIB_OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(HOST_SRC:%.c=$(BUILD)/%.o): CPPFLAGS += -Isdk

$(BUILD)/souk-host: $(HOST_SRC:%.c=$(BUILD)/%.o) $(BUILD)/libcore.a
	@echo "  ld $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

# ---- the theme: files of core/app/theme in the binary ------------------------------------------
THEME    := $(sort $(filter-out %.po,$(shell find core/app/theme -type f)))
THEME_PO := $(sort $(wildcard core/app/theme/locale/*.po))
THEME_MO := $(THEME_PO:core/app/theme/%.po=$(BUILD)/gen/theme/%.mo)

$(BUILD)/gen/theme/%.mo: core/app/theme/%.po
	@mkdir -p $(@D)
	@msgfmt --check-format --check-domain -o $@ $<

$(BUILD)/gen/theme.c: $(THEME) $(THEME_MO) core/app/theme.sh
	@sh core/app/theme.sh core/app/theme $(THEME) $(BUILD)/gen/theme $(THEME_MO) > $@.tmp
	@mv $@.tmp $@

$(BUILD)/gen/theme.o: $(BUILD)/gen/theme.c
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# ---- plugins: each folder builds itself with the SDK's own makefile ------------------------------
define plugin_rule
$(BUILD)/plugins/$(notdir $(1)).so: $(shell find $(1) -type f) $(wildcard sdk/include/*.h sdk/include/souk/*.h) sdk/plugin.mk
	@mkdir -p $$(@D)
	@$$(MAKE) --no-print-directory -C $(1) OUT=$$(abspath $$(@D)) SANITIZE=$(SANITIZE) CC="$(CC)"
endef
$(foreach d,$(PLUGIN_DIRS),$(eval $(call plugin_rule,$(d))))

# ---- tests -------------------------------------------------------------------------------------------
-include tests/unit/plugin/fixtures.mk tests/plugins/plugins.mk tests/fuzz/fuzz.mk

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libcore.a
	@mkdir -p $(@D) && echo "  cc $<"
	@$(CC) $(CPPFLAGS) -DSOUK_BUILD=\"$(abspath $(BUILD))\" $(CFLAGS) $(LDFLAGS) -MMD -MP $< \
	      $(BUILD)/libcore.a -o $@ $(PKG_LIBS) -lcmocka

# It takes in the plugin's sources, which sign.
$(BUILD)/tests/unit/app/test_mime: PKG_LIBS += -lhogweed -lgmp

unit: all $(UNIT_BIN) $(FIXTURES)
	BUILD=$(BUILD) SANITIZE=$(SANITIZE) sh tests/run unit

test: all $(UNIT_BIN) $(FIXTURES) $(BAD_PLUGINS)
	BUILD=$(BUILD) SANITIZE=$(SANITIZE) sh tests/run all

e2e: all $(BAD_PLUGINS)
	BUILD=$(BUILD) SANITIZE=$(SANITIZE) sh tests/run e2e

conform: all $(BAD_PLUGINS)
	BUILD=$(BUILD) SANITIZE=$(SANITIZE) sh tests/run conform

browser: all
	BUILD=$(BUILD) SANITIZE=$(SANITIZE) sh tests/run browser

bench: all
	BUILD=$(BUILD) sh tests/bench/run $(PARTS)

# ---- using it --------------------------------------------------------------------------------------------
run: all
	@command -v xdg-open >/dev/null && [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && \
	  (sh core/app/demo/open http://127.0.0.1:8080 &) || true
	@[ -e data/souk.db ] || $(BUILD)/souk import --data data -c core/app/demo/souk.lua --format souk core/app/demo/catalogue.jsonl
	$(BUILD)/souk serve -c core/app/demo/souk.lua --data data --listen 127.0.0.1:8080

# What the ABI looks like, member by member: to be run when a header has changed, and read before it is committed.
layout: $(BUILD)/tool/layout
	$< >sdk/abi/layout.txt

$(BUILD)/tool/layout: sdk/abi/layout.awk $(wildcard sdk/include/*.h sdk/include/souk/*.h)
	@mkdir -p $(@D)
	@awk -f sdk/abi/layout.awk sdk/include/souk/*.h >$@.c && $(CC) -std=c11 -Isdk/include $@.c -o $@

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/souk/plugins \
	  $(DESTDIR)$(PREFIX)/include/souk $(DESTDIR)$(PREFIX)/share/souk/docs \
	  $(DESTDIR)$(PREFIX)/share/pkgconfig $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 755 $(BUILD)/souk $(BUILD)/souk-image $(BUILD)/souk-host $(DESTDIR)$(PREFIX)/bin/
	$(if $(PLUGINS),install -m 644 $(PLUGINS) $(DESTDIR)$(PREFIX)/lib/souk/plugins/)
	install -m 644 sdk/include/souk.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 sdk/include/souk/*.h $(DESTDIR)$(PREFIX)/include/souk/
	install -m 644 sdk/plugin.mk $(DESTDIR)$(PREFIX)/share/souk/
	install -m 644 sdk/docs/*.md core/app/CONFIGURATION.md core/app/WEBHOOKS.md core/web/TEMPLATES.md core/web/SECURITY.md \
	  core/shop/IMPORT.md $(DESTDIR)$(PREFIX)/share/souk/docs/
	install -m 644 core/app/admin/README.md $(DESTDIR)$(PREFIX)/share/souk/docs/ADMIN.md
	sed 's|"../../../scripts"|"scripts"|' core/app/demo/souk.lua > $(DESTDIR)$(PREFIX)/share/souk/souk.lua
	for file in $$(find scripts -type f -not -path '*/.*'); do \
	  install -D -m 644 "$$file" "$(DESTDIR)$(PREFIX)/share/souk/$$file" || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/share/souk/demo/pictures
	install -m 644 core/app/demo/catalogue.jsonl core/app/demo/README.md $(DESTDIR)$(PREFIX)/share/souk/demo/
	install -m 644 core/app/demo/pictures/* $(DESTDIR)$(PREFIX)/share/souk/demo/pictures/
	for file in $$(cd sdk && find examples -type f -not -path '*/.*' -not -name '*.so'); do \
	  install -D -m 644 "sdk/$$file" "$(DESTDIR)$(PREFIX)/share/souk/$$file" || exit 1; done
	for file in $$(cd sdk && { find conform -type f -name '*.[ch]'; find abi new -type f -not -path '*/.*' -not -name '*.so' \
	  -not -name '*.conform.json'; }); do \
	  install -D -m 644 "sdk/$$file" "$(DESTDIR)$(PREFIX)/share/souk/$$file" || exit 1; done
	sed 's|@PREFIX@|$(PREFIX)|g;s|@VERSION@|$(VERSION)|g' sdk/souk.pc.in \
	  > $(DESTDIR)$(PREFIX)/share/pkgconfig/souk.pc
	sed 's|@PREFIX@|$(PREFIX)|g' core/app/demo/souk.service.in \
	  > $(DESTDIR)$(PREFIX)/lib/systemd/system/souk.service

# The reference of the kit, made from the headers.
reference:
	awk -f sdk/reference.awk sdk/include > $(BUILD)/reference.md
	mv $(BUILD)/reference.md sdk/docs/reference.md

format:
	clang-format -i $$(find core sdk plugins tests -name '*.[ch]')

clean:
	rm -rf build build-*

help:
	@sed -n '3,10p' Makefile | cut -c3-

-include $(CORE_OBJ:.o=.d) $(HOST_SRC:%.c=$(BUILD)/%.d) $(UNIT_BIN:=.d)
