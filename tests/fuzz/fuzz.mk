# Fuzzing with libFuzzer: `make fuzz` runs each target for FUZZ_SECONDS under AddressSanitizer and
# UndefinedBehaviorSanitizer. It needs clang; without it the target says so and does nothing. What it finds stays
# in $(BUILD)/fuzz/<target>/ as crash-*; such an input becomes a unit test.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BUILD   := $(BUILD)/fuzz
FUZZ_CFLAGS  := -std=gnu11 -O1 -g -fno-strict-aliasing -fno-omit-frame-pointer -pthread -fvisibility=hidden \
                -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined $(PKG_CFLAGS)
FUZZ_OBJ     := $(patsubst $(BUILD)/%,$(FUZZ_BUILD)/%,$(filter-out %/theme.o,$(LIB_OBJ)))

# What a target needs besides the library: the image program's files are not in it.
FUZZ_MORE_head := $(FUZZ_BUILD)/core/app/image/head.o
# A plugin's parser is taken in as it stands.
FUZZ_MORE_statement := plugins/payment_transfer/statement.c plugins/payment_transfer/camt.c
$(FUZZ_BUILD)/fuzz_statement: PKG_LIBS += -lexpat

.PHONY: fuzz $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_BUILD)/%.o: %.c | $(GEN_HEADERS)
	@mkdir -p $(@D)
	@clang $(CPPFLAGS) $(FUZZ_CFLAGS) -c $< -o $@

$(FUZZ_BUILD)/libcore.a: $(FUZZ_OBJ)
	@rm -f $@ && ar rcs $@ $^

.SECONDEXPANSION:
$(FUZZ_BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $$(FUZZ_MORE_$$*) $(FUZZ_BUILD)/libcore.a
	@clang $(CPPFLAGS) $(subst fuzzer-no-link,fuzzer,$(FUZZ_CFLAGS)) $^ -o $@ $(PKG_LIBS)

$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: $(FUZZ_BUILD)/fuzz_%
	@mkdir -p $(FUZZ_BUILD)/$*
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
	  -max_len=4096 -artifact_prefix=$(FUZZ_BUILD)/$*/ $(addprefix -dict=,$(wildcard tests/fuzz/words/$*.dict)) \
	  $(FUZZ_BUILD)/$*

fuzz:
	@command -v clang >/dev/null || { echo "fuzz: clang is missing; apt-get install clang"; exit 0; }; \
	for target in $(FUZZ_TARGETS); do $(MAKE) --no-print-directory fuzz-$$target || exit 1; done
