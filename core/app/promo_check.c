/*
 * promo_check.c: rules against carts at their boundaries.
 *
 * The idea: a rule is asked for alone, so that it is known to work at all; then among all others,
 * on carts at, below and above its thresholds and on carts made for it and another one together.
 * What it does alone and never among the others is masked; what two of equal priority give in one
 * order and not in the other hangs on the names of files.
 *
 * Pairs that cannot both apply to one cart are passed over after two pricings.
 */
#include "app/promo_check.h"

#include <stdarg.h>
#include <string.h>
#include "app/promo_boundary.h"
#include "app/promo_frozen.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/promo_engine.h"

#define PAIRS_MOST 20000
#define ASKED      3 /* times, to see whether a function answers alike */

struct check {
    struct arena *arena; /* of the report */
    struct arena turn;   /* of one rule or pair */
    const struct promo_check *terms;
    struct promo_live *live;
    const struct promo_set *set; /* with those in it that serve together switched on */
    const struct promo **all;    /* cart promotions, then catalogue ones, each in their order; on */
    unsigned char *serves;       /* together with the others; one that is off is looked at alone */
    unsigned char *works;        /* alone, on a cart of its own */
    unsigned char *shows;        /* among the others, on any cart */
    const char **displacer;      /* who stood in its way on its own cart */
    size_t count;
    struct json *findings;
    const char *currency;
    int64_t carts, pairs, pairs_all;
    int stopped;
};

/* ---- findings ---- */

static void find(struct check *check, const struct promo *promo, const char *kind, int line,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

static void find(struct check *check, const struct promo *promo, const char *kind, int line,
                 const char *format, ...)
{
    va_list args;
    struct json *finding = json_add(check->arena, check->findings, NULL, JSON_OBJECT);
    va_start(args, format);
    json_add_cstr(check->arena, finding, "kind", kind);
    json_add_str(check->arena, finding, "file", arena_str(check->arena, promo->file));
    json_add_int(check->arena, finding, "line", line ? line : promo->line);
    json_add_str(check->arena, finding, "id", arena_str(check->arena, promo->id));
    json_add_str(check->arena, finding, "message", arena_vprintf(check->arena, format, args));
    va_end(args);
}

static struct souk_str sum_words(struct check *check, int64_t amount)
{
    return money_format(check->arena, amount, check->currency, "en");
}

/* ---- sets of some of the rules ---- */

static const struct promo_set *some(struct check *check, const struct promo *const *promos,
                                    size_t count)
{
    struct arena *arena = &check->turn;
    struct promo_set *set = arena_new(arena, struct promo_set);
    struct promo *cart = arena_array(arena, struct promo, count + 1);
    struct promo *catalogue = arena_array(arena, struct promo, count + 1);
    *set = *check->live->set;
    set->cart_count = set->catalogue_count = set->offer_count = 0;
    for (size_t i = 0; i < count; i++)
        if (promos[i]->catalogue)
            catalogue[set->catalogue_count++] = *promos[i];
        else
            cart[set->cart_count++] = *promos[i];
    set->cart = cart;
    set->catalogue = catalogue;
    set->index = promo_index_new(arena, set);
    return set;
}

static const struct promo_set *all_but(struct check *check, const struct promo *left_out)
{
    const struct promo **rest = arena_array(&check->turn, const struct promo *, check->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < check->count; i++)
        if (check->all[i] != left_out && check->serves[i])
            rest[count++] = check->all[i];
    return some(check, rest, count);
}

/* ---- pricing ---- */

/* 1: priced. */
static int price(struct check *check, const struct promo_set *set, const struct boundary_cart *cart,
                 struct quote *quote)
{
    struct arena *arena = &check->turn;
    struct promo_facts facts = cart->facts;
    struct script_call *calls = NULL;
    struct err err = {0};
    size_t count = 0;
    frozen_copy(arena, &cart->quote, quote);
    check->carts++;
    promo_ask(arena, set, quote, &facts, &calls, &count);
    if (count && check->live->scripts)
        script_set_call(check->live->scripts, arena,
                        promo_input(arena, promo_view(arena, set, quote, &facts), &facts), calls,
                        count);
    return promo_apply(arena, set, quote, &facts, calls, count, &err) == SOUK_OK &&
           quote_compute(quote, &err) == SOUK_OK;
}

static const struct json *entry_of(const struct quote *quote, const struct promo *promo)
{
    json_each(item, quote->promotions)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "id")), promo->id))
            return &item->value;
    }
    return NULL;
}

static int applied(const struct quote *quote, const struct promo *promo)
{
    return json_true(json_at(entry_of(quote, promo), "applied"));
}

static int works_alone(struct check *check, const struct promo *promo,
                       const struct boundary_cart *cart)
{
    struct quote quote;
    return price(check, some(check, &promo, 1), cart, &quote) && applied(&quote, promo);
}

static void note_shown(struct check *check, const struct quote *quote)
{
    for (size_t i = 0; i < check->count; i++)
        if (!check->shows[i])
            check->shows[i] = (unsigned char)applied(quote, check->all[i]);
}

static int64_t goods_of(const struct quote *quote)
{
    return quote->items - quote->discount;
}

/* ---- functions ---- */

static int function_line(const struct promo *promo, int function)
{
    for (size_t i = 0; i < promo->condition_count; i++)
        if (promo->conditions[i].kind == PROMO_FUNCTION &&
            promo->conditions[i].function == function)
            return promo->conditions[i].line;
    for (size_t i = 0; i < promo->action_count; i++)
        if (promo->actions[i].kind == PROMO_COMPUTED && promo->actions[i].function == function)
            return promo->actions[i].line;
    return promo->line;
}

static struct souk_str answer_of(struct arena *arena, const struct script_call *call)
{
    struct buf out = {.arena = arena};
    if (call->outcome != SCRIPT_OK)
        buf_add_cstr(&out, script_outcome_name(call->outcome));
    else if (call->result)
        json_print(&out, call->result);
    return buf_str(&out);
}

static int ask_again(struct check *check, const struct promo *promo, const struct json *input,
                     const struct script_call *first)
{
    struct arena *arena = &check->turn;
    struct souk_str before = answer_of(arena, first);
    int line = function_line(promo, first->function);
    if (first->outcome != SCRIPT_OK) {
        find(check, promo, "failed", line, "its function fails: %.*s", SOUK_PRI(first->reason));
        return 1;
    }
    for (int i = 1; i < ASKED; i++) {
        struct script_call call = {.function = first->function};
        script_set_call(check->live->scripts, arena, input, &call, 1);
        struct souk_str after = answer_of(arena, &call);
        if (souk_str_equal(before, after))
            continue;
        find(check, promo, "unstable", line,
             "its function answers %.*s and then %.*s to the very same cart: let it look at the "
             "cart alone, not at what it kept from before",
             SOUK_PRI(before), SOUK_PRI(after));
        return 1;
    }
    return 0;
}

/* 1: something was found. */
static int check_functions(struct check *check, const struct promo *promo,
                           const struct boundary_cart *cart)
{
    struct arena *arena = &check->turn;
    struct promo_facts facts = cart->facts;
    struct script_call *calls = NULL;
    struct quote quote;
    size_t count = 0;
    int found = 0;
    frozen_copy(arena, &cart->quote, &quote);
    const struct promo_set *set = some(check, &promo, 1);
    promo_ask(arena, set, &quote, &facts, &calls, &count);
    if (!count || !check->live->scripts)
        return 0;
    struct json *input = promo_input(arena, promo_view(arena, set, &quote, &facts), &facts);
    script_set_call(check->live->scripts, arena, input, calls, count);
    for (size_t i = 0; i < count; i++)
        found |= ask_again(check, promo, input, &calls[i]);
    return found;
}

/* ---- one rule ---- */

static int make(struct check *check, const struct promo *const *promos, size_t count,
                enum boundary_edge edge, struct boundary_cart *cart)
{
    return boundary_cart_make(&check->turn, promos, count, check->currency, check->terms->now, edge,
                              cart) == SOUK_OK;
}

static void check_zero(struct check *check, const struct promo *promo, const struct promo *other,
                       const struct boundary_cart *cart, const struct quote *quote)
{
    if (goods_of(quote) > 0 || !quote->count || !applied(quote, promo) ||
        (other && !applied(quote, other)))
        return;
    struct souk_str words = boundary_cart_words(&check->turn, cart);
    if (other)
        find(check, promo, "zero", 0,
             "together with \"%.*s\" (%.*s:%d) it gives goods for nothing: %.*s; put both into a "
             "group, or ask for a larger total",
             SOUK_PRI(other->id), SOUK_PRI(other->file), other->line, SOUK_PRI(words));
    else
        find(check, promo, "zero", 0,
             "it gives goods for nothing: %.*s; ask for a larger total, or cap what it gives",
             SOUK_PRI(words));
}

/* One that applies without the rule and not with it. */
static const struct promo *find_lost(const struct check *check, const struct quote *with,
                                     const struct quote *without)
{
    for (size_t i = 0; i < check->count; i++)
        if (applied(without, check->all[i]) && !applied(with, check->all[i]))
            return check->all[i];
    return NULL;
}

static void check_raised(struct check *check, const struct promo *promo,
                         const struct boundary_cart *cart, const struct quote *with)
{
    struct quote without;
    if (!applied(with, promo) || !price(check, all_but(check, promo), cart, &without) ||
        with->total <= without.total)
        return;
    const struct promo *lost = find_lost(check, with, &without);
    struct souk_str words = souk_str("others give less then");
    if (lost)
        words = arena_printf(&check->turn, "\"%.*s\" (%.*s:%d) does not apply then",
                             SOUK_PRI(lost->id), SOUK_PRI(lost->file), lost->line);
    find(check, promo, "raised", 0,
         "a cart is dearer with it (%.*s) than without it (%.*s), because %.*s: %.*s",
         SOUK_PRI(sum_words(check, with->total)), SOUK_PRI(sum_words(check, without.total)),
         SOUK_PRI(words), SOUK_PRI(boundary_cart_words(&check->turn, cart)));
}

static const char *displacer_of(struct check *check, const struct quote *quote,
                                const struct promo *promo)
{
    struct souk_str by = json_text(json_at(entry_of(quote, promo), "displaced_by"));
    return by.len ? arena_cstr(check->arena, by) : NULL;
}

static int was_found(const struct check *check, const struct promo *promo, const char *kind)
{
    json_each(item, check->findings)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "id")), promo->id) &&
            souk_str_is(json_text(json_at(&item->value, "kind")), kind))
            return 1;
    }
    return 0;
}

/* Its own carts, among all others. */
static void check_among(struct check *check, size_t at)
{
    static const enum boundary_edge edges[] = {BOUNDARY_AT, BOUNDARY_BELOW, BOUNDARY_ABOVE};
    const struct promo *promo = check->all[at];
    for (size_t i = 0; i < 3; i++) {
        struct boundary_cart cart;
        struct quote quote;
        if (!make(check, &promo, 1, edges[i], &cart) || !price(check, check->set, &cart, &quote))
            continue;
        note_shown(check, &quote);
        if (edges[i] == BOUNDARY_AT && !applied(&quote, promo))
            check->displacer[at] = displacer_of(check, &quote, promo);
        if (edges[i] != BOUNDARY_BELOW && !was_found(check, promo, "zero"))
            check_zero(check, promo, NULL, &cart, &quote);
        if (!was_found(check, promo, "raised"))
            check_raised(check, promo, &cart, &quote);
    }
}

static struct souk_str why_never(struct check *check, const struct quote *quote,
                                 const struct promo *promo)
{
    const struct json *entry = entry_of(quote, promo);
    struct souk_str reason = json_text(json_at(entry, "reason"));
    json_each(item, json_at(entry, "trace"))
    {
        const struct json *tested = &item->value;
        if (json_true(json_at(tested, "held")))
            continue;
        struct buf out = {.arena = check->arena};
        buf_printf(&out, "%.*s asks for ", SOUK_PRI(json_text(json_at(tested, "condition"))));
        json_print(&out, json_at(tested, "wanted"));
        buf_add_cstr(&out, ", there is ");
        json_print(&out, json_at(tested, "actual"));
        return buf_str(&out);
    }
    return reason.len ? reason : souk_str("it takes nothing off");
}

/* Nobody can know what a function wants to see. */
static int has_functions(const struct promo *promo)
{
    for (size_t i = 0; i < promo->condition_count; i++)
        if (promo->conditions[i].kind == PROMO_FUNCTION)
            return 1;
    for (size_t i = 0; i < promo->action_count; i++)
        if (promo->actions[i].kind == PROMO_COMPUTED)
            return 1;
    return 0;
}

static void check_alone(struct check *check, size_t at)
{
    const struct promo *promo = check->all[at];
    struct boundary_cart cart, above;
    struct quote quote;
    if (!make(check, &promo, 1, BOUNDARY_AT, &cart)) {
        find(check, promo, "never", 0,
             "no cart can be made that it applies to: its conditions contradict each other");
        return;
    }
    int found = check_functions(check, promo, &cart);
    check->works[at] = (unsigned char)works_alone(check, promo, &cart);
    if (!check->works[at] && make(check, &promo, 1, BOUNDARY_ABOVE, &above))
        check->works[at] = (unsigned char)works_alone(check, promo, &above);
    if (!price(check, some(check, &promo, 1), &cart, &quote))
        return;
    if (check->works[at] && !check->serves[at])
        check_zero(check, promo, NULL, &cart, &quote);
    if (check->works[at] || found || has_functions(promo))
        return;
    find(check, promo, "never", 0,
         "it does not apply to the cart that was made for it (%.*s): %.*s",
         SOUK_PRI(boundary_cart_words(&check->turn, &cart)),
         SOUK_PRI(why_never(check, &quote, promo)));
}

/* ---- two of them ---- */

static int apart(const struct promo *a, const struct promo *b)
{
    return (a->to && b->from && b->from >= a->to) || (b->to && a->from && a->from >= b->to);
}

static void check_order(struct check *check, const struct promo *a, const struct promo *b,
                        const struct boundary_cart *cart)
{
    const struct promo *one[] = {a, b}, *other[] = {b, a};
    struct quote first, second;
    if (a->catalogue != b->catalogue || a->priority != b->priority ||
        !price(check, some(check, one, 2), cart, &first) ||
        !price(check, some(check, other, 2), cart, &second) || first.total == second.total)
        return;
    find(check, b, "order", 0,
         "it has the priority of \"%.*s\" (%.*s:%d), and their order changes what a cart comes to "
         "(%.*s or %.*s): %.*s; give them different priorities",
         SOUK_PRI(a->id), SOUK_PRI(a->file), a->line, SOUK_PRI(sum_words(check, first.total)),
         SOUK_PRI(sum_words(check, second.total)),
         SOUK_PRI(boundary_cart_words(&check->turn, cart)));
}

static void check_pair(struct check *check, size_t i, size_t k)
{
    const struct promo *pair[] = {check->all[i], check->all[k]};
    struct boundary_cart cart;
    struct quote quote;
    if (apart(pair[0], pair[1]) || !make(check, pair, 2, BOUNDARY_AT, &cart) ||
        !works_alone(check, pair[0], &cart) || !works_alone(check, pair[1], &cart))
        return;
    check_order(check, pair[0], pair[1], &cart);
    if (!price(check, check->set, &cart, &quote))
        return;
    note_shown(check, &quote);
    if (!was_found(check, pair[0], "zero") && !was_found(check, pair[1], "zero"))
        check_zero(check, pair[1], pair[0], &cart, &quote);
    for (int p = 0; p < 2; p++)
        if (!was_found(check, pair[p], "raised"))
            check_raised(check, pair[p], &cart, &quote);
    if (make(check, pair, 2, BOUNDARY_BELOW, &cart) && price(check, check->set, &cart, &quote))
        note_shown(check, &quote);
}

/* ---- all of them ---- */

static int turn_over(struct check *check, int64_t done, int64_t total)
{
    arena_reset(&check->turn);
    if (check->terms->progress)
        check->terms->progress(check->terms->user, done, total);
    if (check->terms->cancelled && check->terms->cancelled(check->terms->user))
        check->stopped = 1;
    return check->stopped;
}

static void check_masked(struct check *check, size_t at)
{
    const struct promo *promo = check->all[at];
    if (!check->works[at] || !check->serves[at] || check->shows[at])
        return;
    const struct promo *by =
        check->displacer[at] ? promo_find(check->live->set, souk_str(check->displacer[at])) : NULL;
    if (by)
        find(check, promo, "masked", 0,
             "it never applies: \"%.*s\" (%.*s:%d) is always there before it; give it a higher "
             "priority, or narrow the other one",
             SOUK_PRI(by->id), SOUK_PRI(by->file), by->line);
    else
        find(check, promo, "masked", 0,
             "it applies alone, and never together with the others: what they take off leaves it "
             "nothing, or brings the totals below what it asks for");
}

static void check_all(struct check *check)
{
    int64_t most = check->terms->pairs ? check->terms->pairs : PAIRS_MOST;
    int64_t n = (int64_t)check->count;
    check->pairs_all = n * (n - 1) / 2;
    int64_t total = n + (check->pairs_all < most ? check->pairs_all : most), done = 0;
    for (size_t i = 0; i < check->count && !turn_over(check, done++, total); i++) {
        check_alone(check, i);
        if (check->works[i] && check->serves[i])
            check_among(check, i);
    }
    for (size_t i = 0; i < check->count && !check->stopped; i++)
        for (size_t k = i + 1; k < check->count && check->pairs < most; k++) {
            if (turn_over(check, done++, total))
                break;
            check->pairs++;
            if (check->works[i] && check->works[k] && check->serves[i] && check->serves[k])
                check_pair(check, i, k);
        }
    for (size_t i = 0; i < check->count && !check->stopped; i++)
        check_masked(check, i);
    turn_over(check, total, total);
}

static struct promo *copy_all(struct check *check, const struct promo *from, size_t count, int on)
{
    struct promo *to = arena_array(check->arena, struct promo, count + 1);
    for (size_t i = 0; i < count; i++) {
        to[i] = from[i];
        to[i].enabled |= on;
    }
    return to;
}

static void collect(struct check *check)
{
    const struct promo_set *set = check->live->set;
    struct promo_set *copy = arena_new(check->arena, struct promo_set);
    size_t most = set->cart_count + set->catalogue_count + 1;
    const struct promo *cart = copy_all(check, set->cart, set->cart_count, 1);
    const struct promo *catalogue = copy_all(check, set->catalogue, set->catalogue_count, 1);
    check->all = arena_array(check->arena, const struct promo *, most);
    check->serves = arena_array(check->arena, unsigned char, most);
    check->works = arena_array(check->arena, unsigned char, most);
    check->shows = arena_array(check->arena, unsigned char, most);
    check->displacer = arena_array(check->arena, const char *, most);
    for (size_t i = 0; i < set->cart_count; i++) {
        check->serves[check->count] = (unsigned char)(check->terms->all || set->cart[i].enabled);
        check->all[check->count++] = &cart[i];
    }
    for (size_t i = 0; i < set->catalogue_count; i++) {
        check->serves[check->count] =
            (unsigned char)(check->terms->all || set->catalogue[i].enabled);
        check->all[check->count++] = &catalogue[i];
    }
    *copy = *set;
    copy->cart = copy_all(check, set->cart, set->cart_count, check->terms->all);
    copy->catalogue = copy_all(check, set->catalogue, set->catalogue_count, check->terms->all);
    copy->index = promo_index_new(check->arena, copy);
    check->set = copy;
}

static int is_named(const struct json *errors, struct souk_str file)
{
    json_each(item, errors)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "file")), file))
            return 1;
    }
    return 0;
}

/* A file that cannot be executed hides what is wrong in the others: they are read without it, for
 * their mistakes alone. */
static void read_rest(struct arena *arena, const struct script_source *sources, size_t count,
                      struct json *errors)
{
    struct script_source *rest = arena_array(arena, struct script_source, count + 1);
    struct json *more = json_new(arena, JSON_ARRAY);
    struct promo_live *live = NULL;
    struct err err = {0};
    size_t left = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_named(errors, sources[i].path))
            rest[left++] = sources[i];
    if (!left || left == count)
        return;
    promotion_draft(arena, rest, left, &live, more, &err);
    if (live)
        promo_live_unpin(live);
    json_each(item, more) json_add_tree(arena, errors, NULL, &item->value);
}

/* What could not be read, in the shape of a finding. */
static void take_errors(struct check *check, const struct json *errors)
{
    json_each(item, errors)
    {
        struct json *finding = json_add(check->arena, check->findings, NULL, JSON_OBJECT);
        json_add_cstr(check->arena, finding, "kind", "error");
        json_each(member, &item->value) *
            json_add_key(check->arena, finding, member->key, JSON_NULL) = member->value;
        if (!json_at(finding, "id"))
            json_add_null(check->arena, finding, "id");
    }
}

static void end_report(struct check *check, struct json *report)
{
    const struct promo_set *set = check->live ? check->live->set : NULL;
    struct arena *arena = check->arena;
    json_add_bool(arena, report, "ok", !check->findings->count);
    json_add_int(arena, report, "promotions",
                 set ? (int64_t)(set->cart_count + set->catalogue_count) : 0);
    json_add_int(arena, report, "offers", set ? (int64_t)set->offer_count : 0);
    json_add_int(arena, report, "tests", set && set->tests ? set->tests->count : 0);
    json_add_int(arena, report, "carts", check->carts);
    json_add_int(arena, report, "pairs", check->pairs);
    json_add_int(arena, report, "pairs_all", check->pairs_all);
}

int promo_check_run(struct arena *arena, const struct script_source *sources, size_t count,
                    const struct promo_check *terms, struct json **report, struct err *err)
{
    struct check check = {.arena = arena, .terms = terms, .currency = market_shop()->currency};
    struct json *errors = json_new(arena, JSON_ARRAY);
    *report = json_new(arena, JSON_OBJECT);
    int code = promotion_draft(arena, sources, count, &check.live, errors, err);
    check.findings = json_new(arena, JSON_ARRAY);
    if (code == SOUK_OK) {
        collect(&check);
        check_all(&check);
    } else if (code == SOUK_INVALID && errors->count) {
        read_rest(arena, sources, count, errors);
        take_errors(&check, errors);
        code = SOUK_OK;
    }
    if (code == SOUK_OK)
        end_report(&check, *report);
    json_add_tree(arena, *report, "findings", check.findings);
    if (check.live)
        promo_live_unpin(check.live);
    arena_free(&check.turn);
    return check.stopped
               ? err_set(err, SOUK_TIMEOUT, "stopped after %lld carts", (long long)check.carts)
               : code;
}
