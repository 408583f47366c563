/*
 * market.c: a configuration that cannot be read is refused only when it was named: a command on a
 * stopped shop is not the place to learn that a plugin has gone.
 */
#include "app/cli/market.h"

#include <unistd.h>

#include "app/config.h"
#include "app/problem.h"
#include "base/str.h"
#include "shop/market.h"
#include "store/setting.h"

static const char *remembered(struct arena *arena, struct db *db)
{
    struct souk_str path = STR_NULL;
    struct db_conn *conn = db_read_begin(db, 0);
    setting_get(conn, arena, souk_str("shop"), souk_str("config"), &path);
    db_read_end(conn);
    const char *file = path.len ? arena_cstr(arena, path) : "souk.lua";
    return access(file, R_OK) == 0 ? file : NULL;
}

static void set_defaults(void)
{
    static const struct market_shop terms = {.name = "souk",
                                             .url = "",
                                             .currency = "EUR",
                                             .locales = {"en", "bg", "hu", "hy", "bn"},
                                             .country = "BG",
                                             .email = "",
                                             .phone = "",
                                             .min_margin_ppm = -1,
                                             .prices_include_tax = 1};
    market_setup(&terms);
}

static int load_terms(struct arena *arena, const char *file, int named, struct err *err)
{
    struct config values;
    struct problems problems;
    problems_init(&problems, arena, souk_str(file));
    int code = config_load(arena, file, 0, &values, &problems);
    if (code != SOUK_OK && named) {
        problem_print(&problems, stderr);
        return err_set(err, SOUK_INVALID, "%s is wrong; see souk check %s", file, file);
    }
    config_market(arena, &values);
    return SOUK_OK;
}

int market_open_stopped(struct arena *arena, const char *data, const char *config, struct db **out,
                        struct err *err)
{
    struct db_options options = {.dir = data};
    int code = db_open(out, &options, err);
    if (code != SOUK_OK)
        return code;
    const char *file = config ? config : remembered(arena, *out);
    if (!file) {
        set_defaults();
        return SOUK_OK;
    }
    code = load_terms(arena, file, config != NULL, err);
    if (code != SOUK_OK) {
        db_thread_end(*out);
        db_shut(*out);
    }
    return code;
}

int market_open_none(struct arena *arena, const char *config, struct err *err)
{
    if (config)
        return load_terms(arena, config, 1, err);
    set_defaults();
    return SOUK_OK;
}
