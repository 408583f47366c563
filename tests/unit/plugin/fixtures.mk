# Small plugins for the unit tests of core/plugin: $(BUILD)/tests/fixtures/*.so. Some are wrong on purpose.

FIXTURE_SRC := $(wildcard tests/unit/plugin/fixtures/*.c)
FIXTURES    := $(FIXTURE_SRC:tests/unit/plugin/fixtures/%.c=$(BUILD)/tests/fixtures/%.so)

FIXTURE_FLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Isdk/include -fPIC -shared \
                 -fvisibility=hidden -pthread
FIXTURE_LINK  := -Wl,-z,defs

$(BUILD)/tests/fixtures/fix_undefined.so: FIXTURE_LINK :=
$(BUILD)/tests/fixtures/fix_execstack.so: FIXTURE_LINK := -Wl,-z,defs -Wl,-z,execstack
$(BUILD)/tests/fixtures/fix_textrel.so: FIXTURE_LINK := -Wl,-z,defs -Wl,-z,notext

$(BUILD)/tests/fixtures/%.so: tests/unit/plugin/fixtures/%.c \
                              $(wildcard tests/unit/plugin/fixtures/*.h sdk/include/*.h sdk/include/souk/*.h)
	@mkdir -p $(@D) && echo "  cc $<"
	@$(CC) $(FIXTURE_FLAGS) $< -o $@ $(FIXTURE_LINK)

# The tests open them at run time.
$(filter $(BUILD)/tests/unit/plugin/%,$(UNIT_BIN)): | $(FIXTURES)
