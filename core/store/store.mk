# Headers made from .sql files. core/<floor>/<name>.sql becomes <floor>/<name>.sql.h, found through -I$(BUILD)/gen; every
# statement is prepared against the schema of core/store/migration first. Objects depend on $(GEN_HEADERS) (order only).

SQLC           := $(BUILD)/tool/sqlc
SQL_MIGRATIONS := $(sort $(wildcard core/store/migration/*.sql))
SQL_SRC        := $(wildcard core/*/*.sql)
SQL_HEADERS    := $(SQL_SRC:core/%=$(BUILD)/gen/%.h)
GEN_HEADERS    += $(SQL_HEADERS) $(BUILD)/gen/store/migration.h

$(SQLC): core/store/tool/sqlc.c
	@mkdir -p $(@D)
	@echo "  cc $<" && $(CC) -std=gnu11 -O1 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Wstrict-prototypes -Werror $< -o $@ -lsqlite3

$(BUILD)/gen/store/migration.h: $(SQL_MIGRATIONS) $(SQLC)
	@mkdir -p $(@D)
	@echo "  sqlc $@" && $(SQLC) migrations $@ $(SQL_MIGRATIONS)

$(SQL_HEADERS): $(BUILD)/gen/%.sql.h: core/%.sql $(SQLC) $(SQL_MIGRATIONS)
	@mkdir -p $(@D)
	@echo "  sqlc $@" && $(SQLC) statements $@ $< $(SQL_MIGRATIONS)
