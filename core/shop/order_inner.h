/*
 * order_inner: what the files of orders share among themselves.
 */
#ifndef SHOP_ORDER_INNER_H
#define SHOP_ORDER_INNER_H

#include "shop/order.h"

/* In a write: everything that the order still holds is free again. */
int reservation_give_all(struct db_conn *conn, struct arena *arena, int64_t order_id);

/* A row of the audit about the order: its history. `detail` gets "machine", "step", "from", "to"
 * and "reason" where they are given (NULL or empty: left out). */
struct order_trace {
    const char *machine, *step;
    struct souk_str from, to;
    struct souk_str actor, reason;
    const struct json *more; /* members besides; may be NULL */
};
int order_audit(struct db_conn *conn, struct arena *arena, int64_t id,
                const struct order_trace *trace, int64_t now);
/* A fact about the order: {"order", "number", …}; `more` may be NULL. */
int order_tell(struct db_conn *conn, struct arena *arena, const char *topic, int64_t id,
               struct souk_str number, const struct json *more, int64_t now);
/* In a write, when it has ended: without names, if its person was erased in the meantime. */
int order_forget(struct db_conn *conn, int64_t id);
/* SOUK_CONFLICT, with words that name the steps that are possible now. */
int order_refuse(struct db_conn *conn, struct arena *arena, int64_t id, const char *step,
                 struct err *err);
/* {"company", "country", …} without what is empty. */
struct json *order_address_doc(struct arena *arena, const struct order_address *address);
/* SOUK_INVALID: err begins with the place ("/address/city: …"). */
int order_address_check(struct arena *arena, const struct json *doc, struct order_address *address,
                        struct err *err);
/* order_basis.c: rates as JSON and back, as order_line.taxes and shop_order.quote keep them. */
struct souk_str order_line_taxes(struct arena *arena, const struct quote_line *line);
struct souk_str order_line_discounts(struct arena *arena, const struct quote_line *line);
void order_rates_read(const struct json *list, struct tax_rates *rates);
struct souk_str order_quote_text(struct arena *arena, const struct quote *quote);
/* The deliveries with their rates, and how tax is rounded, from what order_quote_text made. */
void order_basis_read(struct arena *arena, const struct json *doc, struct quote *quote);
/* The trace of promotions and the codes, as they were agreed on, from the same text; and, after an
 * edit in memory, its amounts made equal to the discounts that are left. */
void order_trace_read(struct arena *arena, const struct json *doc, struct quote *quote);
void order_trace_follow(struct arena *arena, struct quote *quote);
/* order_line: one row of a line that is computed. */
int order_line_insert(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t position,
                      const struct quote_line *line, struct souk_str note);
/* order_person.c: whose order it is, in the write that places it. */
int order_person(struct db_conn *conn, struct arena *arena, const struct order_offer *offer,
                 int64_t signed_in, int64_t now, int64_t *person_id);

/* What is still to be paid; below 0: what was paid too much. `total` without what was refused at
 * the door; `surplus`: of what was refunded, what had been paid above the total. */
int64_t order_due(const char *status, int64_t total, int64_t captured, int64_t surplus,
                  int64_t refunded);
struct souk_str order_json_text(struct arena *arena, const struct json *tree); /* "{}" for NULL */

/* order_tax.c: on what its tax rests. */
void order_tax_keep(struct arena *arena, struct json *billing, const struct tax_buyer *buyer);
void order_tax_buyer(struct arena *arena, struct souk_str billing, struct tax_buyer *buyer);
void order_tax_basis(const struct json *quote, struct souk_str *note, enum quote_exempt *exempt);
/* For market.buyer: who bought, and that what joins the order is taxed as it was agreed on. */
const struct tax_buyer *order_tax_terms(struct arena *arena, const struct tax_buyer *buyer,
                                        enum quote_exempt exempt, struct souk_str note);
/* "tax" of the document: {"number", "state", "company", "proof" (staff), "exempt", "note"}, or null
 * where neither a number nor a place made a difference. */
void order_tax_show(struct arena *arena, struct json *doc, struct souk_str quote_text, int staff);

/* order_discount.c: "discounts" of a document whose totals and lines stand: [{"promotion", "name",
 * "amount", "delivery_amount"}]; lines' shares get their names. */
void order_discounts(struct arena *arena, struct json *doc, struct souk_str quote_text);

#endif
