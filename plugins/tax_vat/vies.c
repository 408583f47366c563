/*
 * vies.c: is this a business? Asked of VIES, the Commission's window on the registers of the member
 * states, by its REST form: POST <url>/check-vat-number with the country's letters and the number.
 * With the shop's own number the answer has a consultation number, which is kept as proof.
 *
 * What was answered is remembered for a while, in a table of the plugin: rates rest on that, not on
 * the register. A register that is away, busy or slow has said nothing, and nothing is remembered.
 */
#include "vat.h"

#define NAME_MOST 200

struct remembered {
    char number[NUMBER_ROOM];
    struct souk_str company, proof;
    int64_t valid, until;
    int found;
};

/* ---- the memory ---- */

static int recall(struct souk_ctx *ctx, struct remembered *entry)
{
    struct souk_rows *rows;
    int code =
        souk_query(ctx, &rows,
                   "SELECT valid, company, proof FROM p_tax_vat_number WHERE number = $1 AND "
                   "good_until > $2",
                   SOUK_A_CSTR(entry->number), SOUK_A_INT(souk_now(ctx)));
    while (code == SOUK_OK && (code = souk_next(rows)) == 1) {
        entry->found = 1;
        entry->valid = souk_column_int(rows, 0);
        entry->company = souk_copy(ctx, souk_column_text(rows, 1));
        entry->proof = souk_copy(ctx, souk_column_text(rows, 2));
        code = SOUK_OK;
    }
    return code;
}

static int store(struct souk_ctx *ctx, void *arg)
{
    const struct remembered *entry = arg;
    return souk_exec(
        ctx, NULL,
        "INSERT INTO p_tax_vat_number (number, valid, company, proof, asked_at, good_until) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (number) DO UPDATE SET valid = $2, "
        "company = $3, proof = $4, asked_at = $5, good_until = $6",
        SOUK_A_CSTR(entry->number), SOUK_A_INT(entry->valid), SOUK_A_STR(entry->company),
        SOUK_A_STR(entry->proof), SOUK_A_INT(souk_now(ctx)), SOUK_A_INT(entry->until));
}

static int forget(struct souk_ctx *ctx, void *arg)
{
    (void)arg;
    return souk_exec(ctx, NULL, "DELETE FROM p_tax_vat_number WHERE good_until <= $1",
                     SOUK_A_INT(souk_now(ctx)));
}

int vies_forget(struct souk_ctx *ctx, const struct souk_value *payload)
{
    (void)payload;
    return souk_db_write(ctx, forget, NULL);
}

/* ---- asking ---- */

static struct souk_value *question(struct souk_ctx *ctx, const struct vat *vat, const char *number)
{
    struct souk_value *body = souk_map(ctx);
    souk_set_str(ctx, body, "countryCode", (struct souk_str){number, 2});
    souk_set_cstr(ctx, body, "vatNumber", number + 2);
    if (vat->requester.len > 2) {
        struct souk_str own = vat->requester;
        souk_set_str(ctx, body, "requesterMemberStateCode", (struct souk_str){own.ptr, 2});
        souk_set_str(ctx, body, "requesterNumber", (struct souk_str){own.ptr + 2, own.len - 2});
    }
    return body;
}

/* VIES says "---" where a member state tells no name. */
static struct souk_str told(struct souk_ctx *ctx, const struct souk_value *answer, const char *key)
{
    struct souk_str text = souk_trim(souk_text(souk_get(answer, key)));
    if (souk_str_is(text, "---") || text.len > NAME_MOST)
        return souk_str("");
    return souk_copy(ctx, text);
}

/* Its own word for why it says nothing: "MS_UNAVAILABLE". */
static struct souk_str excuse(const struct souk_value *answer)
{
    const struct souk_value *first = souk_at(souk_get(answer, "errorWrappers"), 0);
    return souk_text(souk_get(first, "error"));
}

static int is_word(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') || text.ptr[i] == '_'))
            return 0;
    return text.len > 0 && text.len < 50;
}

/* SOUK_OK: entry->valid is what the register said. */
static int read_answer(struct souk_ctx *ctx, const struct souk_http_answer *answer,
                       struct remembered *entry)
{
    const struct souk_value *valid = souk_get(answer->json, "valid");
    struct souk_str why = excuse(answer->json);
    if (answer->status == 200 && souk_kind(valid) == SOUK_VALUE_BOOL && !why.len) {
        entry->valid = souk_true(valid);
        entry->company = told(ctx, answer->json, "name");
        entry->proof = told(ctx, answer->json, "requestIdentifier");
        return SOUK_OK;
    }
    if (souk_str_is(why, "INVALID_INPUT")) { /* it cannot be one, by the register's own rules */
        entry->valid = 0;
        entry->company = entry->proof = souk_str("");
        return SOUK_OK;
    }
    souk_log(ctx, SOUK_LOG_WARN, "VIES says nothing about a number: status %d %.*s", answer->status,
             is_word(why) ? (int)why.len : 0, why.ptr ? why.ptr : "");
    return SOUK_UNAVAILABLE;
}

static int ask(struct souk_ctx *ctx, struct remembered *entry)
{
    const struct vat *vat = souk_state(ctx);
    const struct souk_http_ask asked = {.peer = "VIES",
                                        .timeout_ms = (int32_t)vat->timeout_ms,
                                        .url = vat->url,
                                        .path = SOUK_STR("/check-vat-number"),
                                        .json = question(ctx, vat, entry->number),
                                        .max_bytes = 64 << 10};
    struct souk_http_answer answer;
    int code = souk_http_json(ctx, &asked, &answer);
    if (!answer.response) {
        souk_log(ctx, SOUK_LOG_WARN, "VIES cannot be reached (%d)", code);
        return code;
    }
    if ((code = read_answer(ctx, &answer, entry)) != SOUK_OK)
        return code;
    entry->until = souk_now(ctx) + (entry->valid ? vat->remember : vat->remember_wrong);
    return souk_db_write(ctx, store, entry);
}

/* ---- the answer ---- */

static int wrong(struct souk_ctx *ctx, struct souk_tax_number_result *result, const char *words)
{
    result->state = SOUK_TAX_WRONG;
    result->message = souk_t(ctx, words);
    return SOUK_OK;
}

int vies_answer(struct souk_ctx *ctx, const struct souk_tax_number *number,
                struct souk_tax_number_result *result)
{
    struct remembered *entry = souk_alloc(ctx, sizeof *entry);
    int foreign = 0;
    memset(entry, 0, sizeof *entry);
    entry->company = entry->proof = souk_str("");
    int looks = form_normalise(number->number, number->country, entry->number, &foreign);
    if (foreign) /* a business outside of the Union: no register of its own is asked */
        return SOUK_NOT_FOUND;
    if (!looks)
        return wrong(ctx, result, "a VAT number of that country looks otherwise");
    result->number = souk_copy(ctx, souk_str(entry->number));
    int code = recall(ctx, entry);
    if (code == SOUK_OK && !entry->found)
        code = ask(ctx, entry);
    if (code != SOUK_OK) {
        result->state = SOUK_TAX_UNKNOWN;
        result->message = souk_t(ctx, "the register of VAT numbers cannot be asked just now");
        return SOUK_OK;
    }
    if (!entry->valid)
        return wrong(ctx, result, "the register knows no such VAT number");
    result->state = SOUK_TAX_VALID;
    result->company = entry->company;
    result->proof = entry->proof;
    return SOUK_OK;
}
