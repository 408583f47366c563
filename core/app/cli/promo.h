/*
 * promo: what the files of `souk promo` share: where a command works (a running shop, the files of
 * a stopped one, or no shop at all), the rules that it was given, and how results are shown.
 */
#ifndef CLI_PROMO_H
#define CLI_PROMO_H

#include "app/cli/cli.h"
#include "app/promo_source.h"
#include "store/db.h"

#define CLI_SCRIPTS                                                                                \
    {                                                                                              \
        "--scripts", "DIR", "rules to go by instead of the shop's own: a folder"                   \
    }

extern const struct cli_command promo_check_command, promo_test_command, promo_at_command,
    promo_explain_command, promo_simulate_command, promo_list_command, promo_on_command,
    promo_off_command, promo_reload_command;
/* promo_codes.c */
int promo_codes_main(struct arena *arena, int argc, char **argv);

/* ---- promo_open.c: where a command works ---- */

struct promo_place {
    const char *data;
    struct db *db; /* of a stopped shop; NULL: there is none */
    int open;      /* rules and market are set up here */
};

/* A stopped shop, or none (where `alone` says that it can do without one), with the rules of
 * `scripts`, else its own. promo_place_leave when done. */
int promo_place_enter(struct arena *arena, const struct cli_args *args, int alone,
                      struct promo_place *place, struct err *err);
void promo_place_leave(struct promo_place *place);
/* Asks the running shop of --data: "/api/v1/admin/promotions" with `path` behind it.
 * SOUK_UNAVAILABLE: none runs there. */
int promo_place_ask(struct arena *arena, const struct cli_args *args, const char *method,
                    struct souk_str path, const struct json *body, const struct json **answer,
                    struct err *err);
/* {"scripts": [{"path", "text"}]} into a body. */
void promo_place_scripts(struct arena *arena, const struct promo_sources *sources,
                         struct json *body);
/* --scripts of the arguments, as such a body member; nothing when it is not given. */
int promo_place_folder(struct arena *arena, const struct cli_args *args, struct json *body,
                       struct err *err);
/* A file with a cart. */
int promo_place_cart(struct arena *arena, const char *name, struct json **cart, struct err *err);
/* Mistakes of files on standard error, as file:line: message; how many. */
int promo_place_complain(const struct json *errors);

/* ---- promo_show.c: for people ---- */

void promo_show_money(struct arena *arena, int64_t amount, const char *currency, int width);
/* Each rule of a quote, what it gave, or the first condition that failed. */
void promo_show_trace(struct arena *arena, const struct json *quote);
void promo_show_totals(struct arena *arena, const struct json *quote);

#endif
