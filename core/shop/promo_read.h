/*
 * promo_read: what the files that read declarations share. Included by promo_read*.c and
 * promo_index.c only.
 *
 * A reader goes on after a mistake and gathers them all; whoever reads asks afterwards how many
 * there were. Where a value stands is a chain of places on the stack; it becomes words ("give[2].
 * order_percent.percent") only when there is something to complain about. Takers return what is
 * harmless when the value is wrong or not there.
 */
#ifndef SHOP_PROMO_READ_H
#define SHOP_PROMO_READ_H

#include "shop/promo.h"

struct promo_place {
    const struct promo_place *up; /* NULL: the rule itself */
    const char *key;              /* NULL: an element */
    size_t number;                /* of an element, from 1 as Lua counts */
};

struct promo_reader {
    struct arena *arena;
    struct json *errors; /* {"file", "line", "id", "message"} */
    size_t wrong;
    struct souk_str file, id; /* of what is being read */
    int line;
    int catalogue;           /* actions of a catalogue promotion */
    int deep;                /* what a function returned: functions are not taken there */
    size_t functions;        /* that were met */
    const char *const *sets; /* names of groups, NULL at the end */
};

/* "<place>: <sentence>" */
void promo_wrong(struct promo_reader *reader, const struct promo_place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Every member has to be one of `names` (NULL at the end); `what`: "field", "condition",
 * "action". SOUK_INVALID: it is no table with names. */
int promo_check_names(struct promo_reader *reader, const struct promo_place *at,
                      const struct json *object, const char *what, const char *const *names);
/* "did you mean \"x\"?" with the nearest of `names`, or all that are known. */
const char *promo_hint(struct promo_reader *reader, struct souk_str wrong,
                       const char *const *names);
const char *promo_show(struct promo_reader *reader, const struct json *value); /* short, quoted */

/* ---- takers: of a member of `object`; `at` is the object's place ---- */

const struct json *promo_member(const struct json *object, const char *key); /* NULL: not given */
int64_t promo_take_amount(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *object, const char *key, int64_t otherwise);
int64_t promo_take_whole(struct promo_reader *reader, const struct promo_place *at,
                         const struct json *object, const char *key, int64_t least, int64_t most,
                         int64_t otherwise);
int64_t promo_take_percent(struct promo_reader *reader, const struct promo_place *at,
                           const struct json *object, const char *key, int64_t otherwise);
int promo_take_bool(struct promo_reader *reader, const struct promo_place *at,
                    const struct json *object, const char *key, int otherwise);
struct souk_str promo_take_text(struct promo_reader *reader, const struct promo_place *at,
                                const struct json *object, const char *key, size_t most);
struct promo_texts promo_take_texts(struct promo_reader *reader, const struct promo_place *at,
                                    const struct json *object, const char *key);
/* The place of the word in `names`; `otherwise` when it is not given or wrong. */
int promo_take_choice(struct promo_reader *reader, const struct promo_place *at,
                      const struct json *object, const char *key, const char *const *names,
                      int otherwise);
int64_t promo_take_time(struct promo_reader *reader, const struct promo_place *at,
                        const struct json *object, const char *key);
struct promo_filter promo_take_filter(struct promo_reader *reader, const struct promo_place *at,
                                      const struct json *object, const char *key);

/* The same of a value itself. */
int64_t promo_value_amount(struct promo_reader *reader, const struct promo_place *at,
                           const struct json *value);
int64_t promo_value_whole(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, int64_t least, int64_t most);
struct promo_texts promo_value_texts(struct promo_reader *reader, const struct promo_place *at,
                                     const struct json *value);
/* n of {"$function": n}; PROMO_NONE when it is none. */
int64_t promo_value_function(const struct json *value);

/* ---- parts of a rule ---- */

/* promo_read_when.c: `when` in whichever form. */
void promo_read_conditions(struct promo_reader *reader, const struct json *rule,
                           const struct promo_condition **conditions, size_t *count);
/* promo_read_give.c: `give` in whichever form. */
void promo_read_actions(struct promo_reader *reader, const struct json *rule,
                        const struct promo_action **actions, size_t *count);
void promo_read_action(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *doc, struct promo_action *action);
/* promo_read_rule.c: everything of one promotion or offer but the hash and the effective order. */
void promo_read_promotion(struct promo_reader *reader, const struct json *value,
                          const struct promo_group *groups, struct promo *promo);
void promo_read_offer(struct promo_reader *reader, const struct json *value,
                      struct promo_offer *offer);
void promo_read_group(struct promo_reader *reader, const struct json *value,
                      struct promo_group *group);

/* promo_index.c: of a set whose promotions stand in their order. */
const struct promo_index *promo_index_new(struct arena *arena, const struct promo_set *set);
/* Places in set->cart or, behind them, in set->catalogue; -1: no such id. */
int64_t promo_index_find(const struct promo_index *index, struct souk_str id);

#endif
