# The deliberately bad plugins, one .c each. They are built against sdk/include alone, as anybody's would be.
BAD_SRC     := $(wildcard tests/plugins/*.c)
BAD_PLUGINS := $(BAD_SRC:tests/plugins/%.c=$(BUILD)/tests/plugins/%.so)

$(BUILD)/tests/plugins/%.so: tests/plugins/%.c $(wildcard sdk/include/*.h sdk/include/souk/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -g -O1 -Wall -Wextra -Wno-missing-field-initializers -Wno-unused-parameter -Wno-infinite-recursion -Werror -fPIC -shared -fvisibility=hidden -Wl,-z,noexecstack \
	      -Isdk/include $< -o $@ -pthread
