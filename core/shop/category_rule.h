/*
 * category_rule: categories whose members are found by a rule. Rows that a rule made are marked
 * (product_category.by_rule), so that those chosen by hand stay.
 */
#ifndef SHOP_CATEGORY_RULE_H
#define SHOP_CATEGORY_RULE_H

#include "base/json.h"
#include "store/db.h"

/* What stands in category.rule: checked, with values as codes and brands folded. NULL for null. */
int category_rule_check(struct arena *arena, const struct json *rule, struct json **stored,
                        struct err *err);
/* As it goes out again. */
struct json *category_rule_show(struct arena *arena, struct souk_str stored);
/* In a write: the members of one category; *changed (may be NULL): 1 when rows changed. */
int category_rule_run(struct db_conn *conn, struct arena *arena, int64_t category_id, int64_t now,
                      int *changed);
/* In a write: the categories of one product. */
int category_rule_product(struct db_conn *conn, struct arena *arena, int64_t product_id,
                          int64_t now);

#endif
