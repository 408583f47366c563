# plugin.mk: builds the plugin whose folder make runs in. A plugin's whole Makefile:
#
#     NAME := hello
#     SOUK_SDK ?= $(shell pkg-config --variable=sdkdir souk)
#     include $(SOUK_SDK)/plugin.mk
#
#   make           the plugin, hello.so
#   make conform   all rules in all modes; writes hello.conform.json, the record that `souk plugin install` reads
#   make play      story.lua, against a shop of its own
#   make debug     without optimisation, for gdb; SANITIZE=address,undefined goes with it
#   make clean
#
# All *.c of the folder become $(OUT)/$(NAME).so; locale/*.po become .mo, for SOUK_EMBED(bg, "locale/bg.mo").
# Only the SDK's headers are used, and a C compiler; msgfmt (gettext) when there are translations.
#
#   NAME         the plugin's name as in its descriptor; the folder's name when not set
#   OUT          where the .so goes; the folder itself when not set
#   PLUGIN_LIBS  pkg-config names of libraries that it needs, such as: libqrencode zint
#   PLUGIN_HEADERS  headers of libraries that ship no .pc file, such as: zint.h
#   PLUGIN_LDLIBS   and how these are linked: -lzint
#   SANITIZE     address,undefined: for make, make conform and make play; thread: souk-host has to be built with the same
#   SOUK_HOST    the souk-host for conform and play; that of the SDK when not set
#   CFLAGS       of yours come last

NAME     ?= $(notdir $(CURDIR))
OUT      ?= .
CC       ?= gcc
MSGFMT   ?= msgfmt
PLUGIN_LIBS ?=
PLUGIN_HEADERS ?=
PLUGIN_LDLIBS ?=
SANITIZE ?=

# The SDK is where this file is; installed, the headers are in PREFIX/include.
PLUGIN_MK  := $(abspath $(lastword $(MAKEFILE_LIST)))
SDK        := $(patsubst %/,%,$(dir $(PLUGIN_MK)))
PLUGIN_INC := $(firstword $(wildcard $(SDK)/include $(SDK)/../../include))

# What is made on the way: beside the .so, under its name, so that one OUT serves many plugins.
PLUGIN_GEN := $(OUT)/.$(NAME)
PLUGIN_SRC := $(wildcard *.c)
PLUGIN_PO  := $(wildcard locale/*.po)
# Without msgfmt, a locale/*.mo that came with the folder is taken.
PLUGIN_MO  := $(if $(shell command -v $(MSGFMT)),$(PLUGIN_PO:%.po=$(PLUGIN_GEN)/%.mo))
PLUGIN_DEP := $(wildcard *.h templates/*.html templates/*/*.html static/* static/*/* sql/*.sql) \
              $(wildcard $(PLUGIN_INC)/souk.h $(PLUGIN_INC)/souk/*.h) $(PLUGIN_MK)

# Rows of the descriptor's tables are written by position, and what is left out is zero; handlers have the shape that
# the core calls, whether they need each argument or not.
PLUGIN_WARN ?= -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
               -Wno-missing-field-initializers -Wno-unused-parameter -Werror
PLUGIN_CFLAGS := -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -fno-strict-aliasing -fstack-protector-strong \
                 -ffile-prefix-map=$(CURDIR)=. -pthread $(PLUGIN_WARN) -I$(PLUGIN_INC) -Wa,-I,. -Wa,-I,$(PLUGIN_GEN)
PLUGIN_LDFLAGS := -shared -Wl,-z,defs -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
ifneq ($(SANITIZE),)
PLUGIN_CFLAGS  += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
PLUGIN_LDFLAGS += -fsanitize=$(SANITIZE)
endif
# A sanitizer's library has to be there from the start of the process; a host without one is lent it.
PLUGIN_LENT := $(if $(findstring address,$(SANITIZE)),$(shell $(CC) -print-file-name=libasan.so)) \
               $(if $(findstring undefined,$(SANITIZE)),$(shell $(CC) -print-file-name=libubsan.so))
PLUGIN_RUN  := $(if $(strip $(PLUGIN_LENT)),LD_PRELOAD="$(strip $(PLUGIN_LENT))")

.PHONY: plugin conform play debug clean plugin-clean
plugin: $(OUT)/$(NAME).so

# Beside the SDK's own prefix, else in the tree, else on the PATH.
SOUK_HOST ?= $(firstword $(wildcard $(SDK)/../../bin/souk-host $(SDK)/../build/souk-host) souk-host)

conform: plugin
	$(PLUGIN_RUN) $(SOUK_HOST) conform $(OUT)/$(NAME).so --mode all --record

play: plugin
	$(PLUGIN_RUN) $(SOUK_HOST) play story.lua $(OUT)/$(NAME).so

debug:
	@$(MAKE) --no-print-directory plugin-clean
	@$(MAKE) --no-print-directory plugin CFLAGS="-O0 -g3 -fno-omit-frame-pointer $(CFLAGS)"

ifneq ($(PLUGIN_LIBS),)
ifneq ($(shell pkg-config --exists $(PLUGIN_LIBS) 2>/dev/null && echo yes),yes)
PLUGIN_MISSING := yes
endif
endif

# What the last one was built with; written anew when that is another, so that SANITIZE alone builds it again.
PLUGIN_SET  := $(PLUGIN_GEN)/sanitize
PLUGIN_WITH := $(or $(strip $(SANITIZE)),none)
ifneq ($(shell cat $(PLUGIN_SET) 2>/dev/null),$(PLUGIN_WITH))
.PHONY: $(PLUGIN_SET)
endif
$(PLUGIN_SET):
	@mkdir -p $(@D) && echo '$(PLUGIN_WITH)' > $@

PLUGIN_UNFOUND := $(foreach header,$(PLUGIN_HEADERS),$(if $(shell echo '\#include <$(header)>' | $(CC) -E -x c - >/dev/null 2>&1 && echo yes),,$(header)))
ifneq ($(strip $(PLUGIN_UNFOUND)),)
PLUGIN_MISSING := yes
endif

ifeq ($(PLUGIN_MISSING),yes)
.PHONY: $(OUT)/$(NAME).so
$(OUT)/$(NAME).so:
	@echo "$(NAME): skipped: not all of these are there: $(PLUGIN_LIBS) $(PLUGIN_HEADERS)"
else
ifneq ($(PLUGIN_LIBS),)
PLUGIN_CFLAGS += $(shell pkg-config --cflags $(PLUGIN_LIBS))
PLUGIN_LINK   := $(shell pkg-config --libs $(PLUGIN_LIBS))
endif

# Written beside and moved: a running shop, or a make that was stopped, never sees half a file.
$(OUT)/$(NAME).so: $(PLUGIN_SRC) $(PLUGIN_DEP) $(PLUGIN_MO) $(PLUGIN_SET) Makefile
	@mkdir -p $(PLUGIN_GEN)
	$(CC) $(PLUGIN_CFLAGS) $(CFLAGS) $(PLUGIN_SRC) $(PLUGIN_LDFLAGS) $(PLUGIN_LINK) $(PLUGIN_LDLIBS) -o $(PLUGIN_GEN)/$(NAME).so
	@mv -f $(PLUGIN_GEN)/$(NAME).so $@
endif

$(PLUGIN_GEN)/locale/%.mo: locale/%.po
	@mkdir -p $(@D)
	@$(MSGFMT) --check-format --check-domain -o $@ $<

clean: plugin-clean

plugin-clean:
	rm -rf $(OUT)/$(NAME).so $(OUT)/$(NAME).conform.json $(PLUGIN_GEN)
