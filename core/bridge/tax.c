/*
 * tax.c: calling tax providers: for the rates of a place (the shop floor's hook), and about a
 * buyer's tax number.
 *
 * Rates are asked for wherever something is priced, on the I/O thread, on task threads and on the
 * writer, in the snapshot or savepoint that is open there. The call is one of the kind READ
 * everywhere, so whatever waits or writes is refused; what it reads counts as read by the page, so
 * that a kept page goes when the plugin's tables change.
 *
 * What a provider gives is looked at before it counts. One that fails, or gives what cannot be, is
 * as good as away: its plugin's role says what then. Several providers are asked in the order of
 * their plugins' start; the first that knows the place answers.
 */
#include <pthread.h>

#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bridge/internal.h"
#include "bridge/tax.h"
#include "plugin/provider.h"

#define NOTES_MOST  64
#define NOTE_MOST   300
#define NUMBER_MOST 40
#define WORDS_MOST  300
#define PPM_MOST    1000000

static const char *const kind = "tax";

/* Members that the plugin's table does not reach are not there. */
#define HAS(table, member)                                                                         \
    ((table)->size >= offsetof(struct souk_tax_provider, member) + sizeof(void *) &&               \
     (table)->member)

/* ---- who ---- */

/* The set of the request, or the one that is on now. */
static struct plugin_set *pin(const struct market *market, uint32_t *ticket, int *pinned)
{
    const struct request *request = market->request;
    const struct web_site *web = request ? request->site : NULL;
    const struct site *site = web ? web->user : NULL;
    *pinned = !site;
    return site ? site->set : set_pin(ticket);
}

/* A plugin that is wanted, is not there, brings tax, and is not one to do without. */
static const struct absent *missing(const struct plugin_set *set)
{
    for (size_t i = 0; set && i < set->absent_count; i++) {
        const struct absent *absent = &set->absent[i];
        for (const char *const *at = absent->kinds; at && *at; at++)
            if (strcmp(*at, kind) == 0 && absent->role != SOUK_OPTIONAL)
                return absent;
    }
    return NULL;
}

static int rules(const struct market *market)
{
    uint32_t ticket = 0;
    int pinned;
    struct plugin_set *set = pin(market, &ticket, &pinned);
    int some = set && (provider_next(set, kind, NULL) || missing(set));
    if (pinned)
        set_unpin(ticket);
    return some;
}

static int is_needed(const struct provider *provider)
{
    return provider->plugin->descriptor.plugin.role != SOUK_OPTIONAL;
}

/* ---- what it gave ---- */

/* Notes are few: message ids in a few languages. They are kept until the process ends, because
 * rates are copied about freely; beyond that many, the shop's own words stand for them. */
static const char *keep_note(struct souk_str text)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char notes[NOTES_MOST][NOTE_MOST + 1];
    static int count;
    const char *found = "No tax is charged for this sale.";
    pthread_mutex_lock(&lock);
    int at = 0;
    while (at < count && !souk_str_is(text, notes[at]))
        at++;
    if (at == count && count < NOTES_MOST)
        str_copy(notes[count++], sizeof notes[0], text);
    if (at < count)
        found = notes[at];
    pthread_mutex_unlock(&lock);
    return found;
}

/* Characters that words on an invoice have: no line breaks, no other controls. */
static int is_line(struct souk_str text, size_t most)
{
    if (!bridge_view_ok(text) || !text.len || text.len > most || !utf8_valid(text))
        return 0;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
            return 0;
    return str_trim(text).len > 0;
}

static const char *fault_of(const struct souk_tax_result *result)
{
    if (result->count > SOUK_TAX_RATES)
        return "more than 8 rates";
    if (result->exempt && result->count)
        return "rates of a sale without tax";
    if (result->note.len && !is_line(result->note, NOTE_MOST))
        return "a note that is no line of text of at most 300 bytes";
    if (result->until < 0)
        return "an end before all times";
    for (uint32_t i = 0; i < result->count; i++) {
        const struct souk_tax_rate *rate = souk_tax_rate_at(result, i);
        if (rate->ppm < 0 || rate->ppm > PPM_MOST)
            return "a rate that is not from 0 to 1,000,000 ppm";
        if (!is_line(rate->name, 200))
            return "a rate without a name";
    }
    return NULL;
}

/* A name that is too long for an invoice's column ends at a whole character. */
static void keep_name(char *to, size_t size, struct souk_str name)
{
    name = str_trim(name);
    if (name.len >= size) {
        name.len = size - 1;
        while (name.len && ((unsigned char)name.ptr[name.len] & 0xC0) == 0x80)
            name.len--;
    }
    str_copy(to, size, name);
}

static void take(struct souk_ctx *ctx, const struct souk_tax_result *result, int64_t at,
                 struct tax_rates *rates)
{
    *rates = (struct tax_rates){.exempt = result->exempt != 0};
    if (result->until > at)
        rates->until = result->until;
    for (uint32_t i = 0; i < result->count; i++) {
        const struct souk_tax_rate *from = souk_tax_rate_at(result, i);
        struct tax_rate *rate = &rates->at[rates->count++];
        keep_name(rate->name, sizeof rate->name, from->name);
        rate->ppm = from->ppm;
        rate->compound = from->compound != 0;
        rate->delivery = result->delivery != 0;
    }
    if (!rates->exempt)
        return;
    const struct site *site = ctx->set ? ctx->set->web : NULL;
    struct souk_str note = result->note;
    if (note.len && site && site->web.i18n)
        note = i18n_text(site->web.i18n, ctx->self->name, ctx->locale ? ctx->locale : "en", note);
    rates->note = note.len ? keep_note(note) : "No tax is charged for this sale.";
}

/* ---- rates ---- */

static int ask_one(const struct provider_scope *scope, const struct provider *provider,
                   const struct tax_question *question, struct tax_rates *rates)
{
    struct provider_call call;
    struct err err = {0};
    const struct souk_tax_provider *table = provider->row->table;
    if (!HAS(table, rates) || provider_begin(&call, scope, kind, souk_str(provider->row->name),
                                             "tax rates", &err) != SOUK_OK)
        return SOUK_NOT_FOUND;
    struct souk_tax_rate room[SOUK_TAX_RATES] = {0};
    struct souk_tax_result result = {.size = sizeof result, .rates = room};
    for (int i = 0; i < SOUK_TAX_RATES; i++)
        room[i].size = sizeof room[i];
    const struct souk_tax_terms terms = {.size = sizeof terms,
                                         .at = question->market->now,
                                         .tax_class = question->tax_class,
                                         .country = question->country,
                                         .region = question->region,
                                         .postcode = question->postcode,
                                         .shop_country = souk_str(market_shop()->country),
                                         .tax_number = question->number};
    int code = table->rates(&call.ctx, &terms, &result);
    const char *fault = NULL;
    if (code == SOUK_OK) {
        result.rates = room;
        if ((fault = fault_of(&result)))
            code = bridge_refuse(&call.ctx, SOUK_ERROR, "rates() gave %s", fault);
        else
            take(&call.ctx, &result, terms.at, rates);
    }
    code = provider_end(&call, code, &err);
    if (fault)
        log_error("tax.wrong", LOG_S("plugin", provider->plugin->name),
                  LOG_T("class", question->tax_class), LOG_T("country", question->country),
                  LOG_S("text", fault));
    return code;
}

/* The outcome of all; a failure of one that is needed is SOUK_UNAVAILABLE. */
static int ask_all(const struct provider_scope *scope, const struct tax_question *question,
                   struct tax_rates *rates)
{
    const struct provider *provider = NULL;
    while ((provider = provider_next(scope->set, kind, provider))) {
        int code = ask_one(scope, provider, question, rates);
        if (code == SOUK_OK)
            return SOUK_OK;
        if (code != SOUK_NOT_FOUND && is_needed(provider))
            return SOUK_UNAVAILABLE;
    }
    return missing(scope->set) ? SOUK_UNAVAILABLE : SOUK_NOT_FOUND;
}

static int ask(struct db_conn *conn, const struct tax_question *question, struct tax_rates *rates)
{
    const struct market *market = question->market;
    struct arena arena = {0};
    struct request *request = (struct request *)(uintptr_t)market->request;
    uint32_t ticket = 0;
    int pinned;
    struct provider_scope scope = {.db = db_of(conn),
                                   .arena = &arena,
                                   .locale = market->locale,
                                   .request = request,
                                   .conn = conn,
                                   .kind = SOUK_READ};
    scope.set = pin(market, &ticket, &pinned);
    int code = scope.set ? ask_all(&scope, question, rates) : SOUK_NOT_FOUND;
    if (pinned)
        set_unpin(ticket);
    arena_free(&arena);
    return code;
}

void tax_bridge_begin(void)
{
    static const struct tax_oracle oracle = {rules, ask};
    tax_ask(&oracle);
}

/* ---- numbers ---- */

static struct souk_str clean(struct arena *arena, struct souk_str text, size_t most)
{
    if (!bridge_view_ok(text) || !text.len)
        return souk_str("");
    text = str_trim(value_clean(arena, text));
    while (text.len > most || (text.len && ((unsigned char)text.ptr[text.len] & 0xC0) == 0x80))
        text.len--;
    return arena_str(arena, text);
}

/* Letters and digits, as numbers are printed on invoices. */
static int is_number(struct souk_str number)
{
    for (size_t i = 0; i < number.len; i++) {
        char c = number.ptr[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '+' && c != '*')
            return 0;
    }
    return number.len >= 4 && number.len <= NUMBER_MOST;
}

static void take_number(const struct provider_scope *scope, const struct provider *provider,
                        const struct souk_tax_number_result *result, struct tax_buyer *buyer)
{
    struct arena *arena = scope->arena;
    struct souk_str number = clean(arena, result->number, NUMBER_MOST);
    buyer->company = clean(arena, result->company, WORDS_MOST);
    buyer->proof = clean(arena, result->proof, WORDS_MOST);
    buyer->words = clean(arena, result->message, WORDS_MOST);
    buyer->state = result->state == SOUK_TAX_VALID   ? TAX_STATE_VALID
                   : result->state == SOUK_TAX_WRONG ? TAX_STATE_WRONG
                                                     : TAX_STATE_UNKNOWN;
    if (is_number(number))
        buyer->number = number;
    else if (buyer->state == TAX_STATE_VALID) {
        log_error("tax.wrong", LOG_S("plugin", provider->plugin->name),
                  LOG_S("text", "number() calls a number valid and does not say it normalised"));
        buyer->state = TAX_STATE_UNKNOWN;
    }
}

static const struct provider *find(const struct plugin_set *set)
{
    const struct provider *provider = NULL;
    while (set && (provider = provider_next(set, kind, provider))) {
        const struct souk_tax_provider *table = provider->row->table;
        if (HAS(table, number))
            return provider;
    }
    return NULL;
}

int tax_number(const struct provider_scope *scope, const struct souk_tax_number *number,
               struct tax_buyer *buyer)
{
    struct provider_call call;
    struct err err = {0};
    struct souk_tax_number_result result = {.size = sizeof result};
    const struct provider *provider = find(scope->set);
    *buyer = (struct tax_buyer){
        .number = number->number, .typed = number->number, .country = number->country};
    if (!provider)
        return scope->set && missing(scope->set) ? SOUK_UNAVAILABLE : SOUK_NOT_FOUND;
    if (provider_begin(&call, scope, kind, souk_str(provider->row->name), "tax number", &err) !=
        SOUK_OK)
        return SOUK_NOT_FOUND;
    const struct souk_tax_provider *table = provider->row->table;
    int code = provider_end(&call, table->number(&call.ctx, number, &result), &err);
    if (code == SOUK_NOT_FOUND) /* it has nothing to say of such numbers */
        return code;
    buyer->state = TAX_STATE_UNKNOWN;
    if (code == SOUK_OK)
        take_number(scope, provider, &result, buyer);
    return SOUK_OK;
}
