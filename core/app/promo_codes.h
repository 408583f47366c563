/*
 * promo_codes: codes in batches as programs and the command ask for them: the same for the API of a
 * running shop and for `souk promo codes` on a stopped one. What a code is stands in
 * shop/promo_book.h.
 */
#ifndef APP_PROMO_CODES_H
#define APP_PROMO_CODES_H

#include "base/json.h"
#include "store/db.h"

/* In a write, with its audit row. `step` "generate": {"batch", "count", "prefix", "length", "to",
 * "uses", "per_customer", "note"} → {"batch", "codes": [text]}; "disable": {"batch"} or {"code"},
 * "off" (true unless it is said) → {"count"}. SOUK_INVALID: words that begin with the place
 * ("/count: …"). */
int promo_codes_step(struct db_conn *conn, struct arena *arena, const char *step,
                     const struct json *body, struct souk_str actor, int64_t now,
                     struct json **answer, struct err *err);

#endif
