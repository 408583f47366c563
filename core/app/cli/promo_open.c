/*
 * promo_open.c: where a command of `souk promo` works, and the files that it was given.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/control.h"
#include "app/cli/market.h"
#include "app/cli/promo.h"
#include "app/promotion.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/market.h"

#define CART_MOST (4u << 20)
/* What is wrong is told by the command, line by line: the log would say it again. */
#define SILENT ((enum log_level)(LOG_ERROR + 1))

/* ---- the place ---- */

static int open_db(struct arena *arena, const struct cli_args *args, int alone,
                   struct promo_place *place, struct err *err)
{
    const char *config = cli_value(args, "--config", NULL);
    int code = control_open_stopped(place->data, &place->db, err); /* asking makes no shop */
    if (code == SOUK_OK) {
        db_shut(place->db);
        place->db = NULL;
        return market_open_stopped(arena, place->data, config, &place->db, err);
    }
    if (code != SOUK_NOT_FOUND || !alone)
        return code;
    *err = (struct err){0};
    return market_open_none(arena, config, err);
}

int promo_place_enter(struct arena *arena, const struct cli_args *args, int alone,
                      struct promo_place *place, struct err *err)
{
    *place = (struct promo_place){.data = cli_value(args, "--data", "data")};
    int code = open_db(arena, args, alone, place, err);
    if (code != SOUK_OK)
        return code;
    log_setup(SILENT, 0);
    promotion_use(place->db, NULL, NULL);
    code = promotion_open(cli_value(args, "--scripts", market_shop()->scripts),
                          market_shop()->currency, err);
    place->open = 1;
    if (code != SOUK_OK)
        promo_place_leave(place);
    return code;
}

void promo_place_leave(struct promo_place *place)
{
    if (place->open)
        promotion_close();
    if (place->db) {
        db_thread_end(place->db);
        db_shut(place->db);
    }
    *place = (struct promo_place){0};
}

int promo_place_ask(struct arena *arena, const struct cli_args *args, const char *method,
                    struct souk_str path, const struct json *body, const struct json **answer,
                    struct err *err)
{
    return control_call(arena, cli_value(args, "--data", "data"), method,
                        arena_printf(arena, "/api/v1/admin/promotions%.*s", SOUK_PRI(path)), body,
                        answer, err);
}

/* ---- files ---- */

void promo_place_scripts(struct arena *arena, const struct promo_sources *sources,
                         struct json *body)
{
    struct json *list = json_add(arena, body, "scripts", JSON_ARRAY);
    for (size_t i = 0; i < sources->count; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "path", sources->at[i].path);
        json_add_str(arena, item, "text", sources->at[i].text);
    }
}

int promo_place_folder(struct arena *arena, const struct cli_args *args, struct json *body,
                       struct err *err)
{
    const char *folder = cli_value(args, "--scripts", NULL);
    struct promo_sources sources = {.arena = arena};
    if (!folder)
        return SOUK_OK;
    if (access(folder, R_OK) != 0)
        return err_set(err, SOUK_NOT_FOUND, "%s cannot be read: %s", folder, strerror(errno));
    int code = promo_sources_shop(&sources, folder, err);
    if (code == SOUK_OK && !sources.count)
        return err_set(err, SOUK_NOT_FOUND, "%s holds no rules", folder);
    if (code == SOUK_OK)
        promo_place_scripts(arena, &sources, body);
    return code;
}

static int read_all(FILE *file, const char *name, struct buf *text, struct err *err)
{
    char block[65536];
    size_t len;
    while ((len = fread(block, 1, sizeof block, file)) > 0) {
        buf_add(text, block, len);
        if (text->len > CART_MOST)
            return err_set(err, SOUK_TOO_LARGE, "%s is larger than 4 MiB: that is no cart", name);
    }
    return ferror(file)
               ? err_set(err, SOUK_UNAVAILABLE, "%s cannot be read: %s", name, strerror(errno))
               : SOUK_OK;
}

int promo_place_cart(struct arena *arena, const char *name, struct json **cart, struct err *err)
{
    struct buf text = {.arena = arena};
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    if (!file)
        return err_set(err, SOUK_NOT_FOUND, "%s cannot be read: %s", name, strerror(errno));
    int code = read_all(file, name, &text, err);
    if (file != stdin)
        fclose(file);
    if (code == SOUK_OK && (code = json_parse(arena, buf_str(&text), cart, err)) != SOUK_OK)
        err_in(err, "%s", name);
    if (code == SOUK_OK && (*cart)->kind != JSON_OBJECT)
        code =
            err_set(err, SOUK_INVALID, "%s: the cart must be a JSON object with \"lines\"", name);
    return code;
}

int promo_place_complain(const struct json *errors)
{
    int count = 0;
    json_each(item, errors)
    {
        struct souk_str file = json_text(json_at(&item->value, "file"));
        struct souk_str id = json_text(json_at(&item->value, "id"));
        count++;
        if (file.len)
            fprintf(stderr, "%.*s:%lld: ", SOUK_PRI(file),
                    (long long)json_int(json_at(&item->value, "line"), 0));
        fprintf(stderr, "%.*s%s%.*s\n", SOUK_PRI(id), id.len ? ": " : "",
                SOUK_PRI(json_text(json_at(&item->value, "message"))));
    }
    return count;
}
