/*
 * order_tax.c: on what an order's tax rests: the buyer's tax number with what its register said,
 * kept in the billing address (and forgotten with it), and whether tax was charged at all, kept in
 * the quote. What joins the order later is taxed as it was agreed on.
 */
#include "shop/order_inner.h"

#include "base/str.h"

/* Of the answer what belongs to an order: not what was typed, nor when it was asked. */
void order_tax_keep(struct arena *arena, struct json *billing, const struct tax_buyer *buyer)
{
    struct tax_buyer kept = {.state = buyer->state,
                             .number = buyer->number,
                             .company = buyer->company,
                             .proof = buyer->proof};
    if (buyer->state == TAX_STATE_NONE)
        return;
    if (buyer->state == TAX_STATE_VALID)
        json_add_str(arena, billing, "vat_number", buyer->number);
    json_add_tree(arena, billing, "tax", tax_buyer_doc(arena, &kept));
}

void order_tax_buyer(struct arena *arena, struct souk_str billing, struct tax_buyer *buyer)
{
    struct json *doc = NULL;
    *buyer = (struct tax_buyer){0};
    if (json_parse(arena, billing, &doc, NULL) == SOUK_OK && json_at(doc, "tax"))
        tax_buyer_read(json_at(doc, "tax"), buyer);
}

void order_tax_basis(const struct json *quote, struct souk_str *note, enum quote_exempt *exempt)
{
    struct souk_str said = json_text(json_at(quote, "tax_exempt"));
    *exempt = souk_str_is(said, "all")    ? QUOTE_EXEMPT_ALL
              : souk_str_is(said, "some") ? QUOTE_EXEMPT_SOME
                                          : QUOTE_EXEMPT_NONE;
    *note = *exempt ? json_text(json_at(quote, "tax_note")) : souk_str("");
}

const struct tax_buyer *order_tax_terms(struct arena *arena, const struct tax_buyer *buyer,
                                        enum quote_exempt exempt, struct souk_str note)
{
    struct tax_buyer *terms = arena_new(arena, struct tax_buyer);
    *terms = *buyer;
    terms->basis = exempt == QUOTE_EXEMPT_ALL    ? TAX_BASIS_EXEMPT
                   : exempt == QUOTE_EXEMPT_NONE ? TAX_BASIS_CHARGED
                                                 : TAX_BASIS_OPEN;
    terms->note = arena_cstr(arena, note);
    return terms;
}

/* ---- the document ---- */

static struct json *without_tax(struct arena *arena, const struct json *billing)
{
    struct json *shown = json_new(arena, JSON_OBJECT);
    json_each(item, billing)
    {
        if (!souk_str_is(item->key, "tax"))
            *json_add_key(arena, shown, item->key, JSON_NULL) = item->value;
    }
    return shown;
}

void order_tax_show(struct arena *arena, struct json *doc, struct souk_str quote_text, int staff)
{
    struct json *quote = NULL;
    struct tax_buyer buyer = {0};
    struct souk_str note = souk_str("");
    enum quote_exempt exempt = QUOTE_EXEMPT_NONE;
    const struct json *billing = json_at(doc, "billing");
    tax_buyer_read(json_at(billing, "tax"), &buyer);
    if (str_find(quote_text, '"') >= 0 &&
        memmem(quote_text.ptr, quote_text.len, "\"tax_exempt\"", 12) &&
        json_parse(arena, quote_text, &quote, NULL) == SOUK_OK)
        order_tax_basis(quote, &note, &exempt);
    if (!exempt && buyer.state == TAX_STATE_NONE) {
        json_add_null(arena, doc, "tax");
        return;
    }
    static const char *const states[] = {"none", "valid", "wrong", "unknown"};
    struct json *tax = json_add(arena, doc, "tax", JSON_OBJECT);
    json_add_str(arena, tax, "number", buyer.number);
    json_add_cstr(arena, tax, "state", states[buyer.state]);
    json_add_str(arena, tax, "company", buyer.company);
    if (staff)
        json_add_str(arena, tax, "proof", buyer.proof);
    json_add_cstr(arena, tax, "exempt",
                  exempt == QUOTE_EXEMPT_ALL    ? "all"
                  : exempt == QUOTE_EXEMPT_SOME ? "some"
                                                : "none");
    if (!exempt && tax_buyer_note(&buyer))
        note = souk_str(tax_buyer_note(&buyer));
    json_add_str(arena, tax, "note", note);
    if (json_at(billing, "tax"))
        json_add_tree(arena, doc, "billing", without_tax(arena, billing));
}
