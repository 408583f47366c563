/*
 * promo_index.c: which promotions of a set can apply to a quote at all, so that the others cost
 * nothing.
 *
 * The idea: a promotion asks for clauses that must all hold, each a list of keys of which one must
 * be in the quote: skus, products and categories of lines (of conditions, and of actions that work
 * on certain lines only), codes, groups, customers, currency, channel, country, delivery methods.
 * It hangs in the list of the keys of one clause, its rarest sort. A quote looks up its own keys,
 * gathers what hangs there, and tests the other clauses of only those, by marks on keys. Nothing
 * depends on the number of promotions but one bit each.
 *
 * Thresholds and times of day are not looked at: the engine tests them, and nudges come from them.
 * A promotion whose code was typed always counts, so that the shopper is told why it did nothing.
 * Lines that promotions add need no look: neither conditions nor filters see them.
 */
#include "base/str.h"
#include "shop/promo_engine.h"
#include "shop/promo_read.h"

/* Sorts of keys, rarest first. */
enum sort {
    SORT_CODE,
    SORT_BATCH,
    SORT_CUSTOMER,
    SORT_SKU,
    SORT_PRODUCT,
    SORT_CATEGORY,
    SORT_SEGMENT,
    SORT_GROUP,
    SORT_METHOD,
    SORT_COUNTRY,
    SORT_CURRENCY,
    SORT_CHANNEL,
    SORT_ID /* of promotions, for promo_find */
};

struct key {
    struct souk_str text;
    uint64_t hash;
    enum sort sort;
    uint32_t first, count; /* in index->hanging */
    int64_t place;         /* of SORT_ID */
};

struct clause {
    uint32_t first, count; /* in index->named */
    enum sort rarest;      /* the most common sort among its keys */
};

struct asked {             /* of one promotion */
    uint32_t first, count; /* in index->clauses */
    int typed;             /* its first clause is its codes */
};

struct promo_index {
    struct key *keys;
    uint32_t key_count;
    uint32_t *slots; /* number of a key + 1; 0: free */
    size_t mask;
    uint32_t *named; /* numbers of keys */
    uint32_t named_count;
    struct clause *clauses;
    uint32_t clause_count;
    struct asked *asked;
    uint32_t *hanging; /* promotions at their keys */
    uint32_t *always;  /* promotions without a clause */
    uint32_t always_count;
};

/* ---- keys ---- */

static uint64_t hash_key(enum sort sort, struct souk_str text)
{
    return str_hash(text) + (uint64_t)sort * UINT64_C(0x9E3779B97F4A7C15);
}

static struct key *find_key(const struct promo_index *index, enum sort sort, struct souk_str text)
{
    uint64_t hash = hash_key(sort, text);
    for (size_t i = (size_t)hash & index->mask; index->slots[i]; i = (i + 1) & index->mask) {
        struct key *key = &index->keys[index->slots[i] - 1];
        if (key->hash == hash && key->sort == sort && souk_str_equal(key->text, text))
            return key;
    }
    return NULL;
}

static struct key *put_key(struct promo_index *index, enum sort sort, struct souk_str text)
{
    struct key *key = find_key(index, sort, text);
    if (key)
        return key;
    uint64_t hash = hash_key(sort, text);
    size_t at = (size_t)hash & index->mask;
    while (index->slots[at])
        at = (at + 1) & index->mask;
    key = &index->keys[index->key_count++];
    *key = (struct key){.text = text, .hash = hash, .sort = sort, .place = -1};
    index->slots[at] = index->key_count;
    return key;
}

/* ---- what a promotion asks for: told to a tally first, then to the index ---- */

struct teller {
    struct promo_index *index; /* NULL: only counted */
    size_t keys, clauses;
};

static void begin_clause(struct teller *teller)
{
    teller->clauses++;
    if (teller->index)
        teller->index->clauses[teller->index->clause_count++] =
            (struct clause){.first = teller->index->named_count, .rarest = SORT_CODE};
}

static void add_key(struct teller *teller, enum sort sort, struct souk_str text)
{
    teller->keys++;
    if (!teller->index)
        return;
    struct promo_index *index = teller->index;
    struct clause *clause = &index->clauses[index->clause_count - 1];
    index->named[index->named_count++] = (uint32_t)(put_key(index, sort, text) - index->keys);
    clause->count++;
    if (sort > clause->rarest)
        clause->rarest = sort;
}

static void add_keys(struct teller *teller, enum sort sort, const struct promo_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        add_key(teller, sort, texts->at[i]);
}

static void tell_texts(struct teller *teller, enum sort sort, const struct promo_texts *texts)
{
    if (!texts->count)
        return;
    begin_clause(teller);
    add_keys(teller, sort, texts);
}

static void tell_condition(struct teller *teller, const struct promo_condition *condition)
{
    switch (condition->kind) {
    case PROMO_CONTAINS_PRODUCT:
        if (condition->number < 1)
            break;
        begin_clause(teller);
        add_keys(teller, SORT_SKU, &condition->texts);
        add_keys(teller, SORT_PRODUCT, &condition->texts);
        break;
    case PROMO_CONTAINS_CATEGORY:
        if (condition->number >= 1)
            tell_texts(teller, SORT_CATEGORY, &condition->texts);
        break;
    case PROMO_CATEGORY_TOTAL_AT_LEAST:
        if (condition->number < 1)
            break;
        begin_clause(teller);
        add_key(teller, SORT_CATEGORY, condition->text);
        break;
    case PROMO_CUSTOMER_GROUP_IN: tell_texts(teller, SORT_GROUP, &condition->texts); break;
    case PROMO_CUSTOMER_ID_IN: tell_texts(teller, SORT_CUSTOMER, &condition->texts); break;
    case PROMO_DELIVERY_METHOD_IN: tell_texts(teller, SORT_METHOD, &condition->texts); break;
    case PROMO_CURRENCY_IN: tell_texts(teller, SORT_CURRENCY, &condition->texts); break;
    case PROMO_COUNTRY_IN: tell_texts(teller, SORT_COUNTRY, &condition->texts); break;
    default: break;
    }
}

/* The first list of a filter that names something; sort: which it is. */
static const struct promo_texts *narrowest(const struct promo_filter *filter, enum sort *sort)
{
    const struct promo_texts *lists[] = {&filter->skus, &filter->products, &filter->categories};
    for (int i = 0; i < 3; i++)
        if (lists[i]->count) {
            *sort = (enum sort)(SORT_SKU + i);
            return lists[i];
        }
    return NULL;
}

/* The filter without whose lines an action does nothing; NULL: it works on others, too. */
static const struct promo_filter *needed_lines(const struct promo_action *action)
{
    switch (action->kind) {
    case PROMO_DELIVERY_PERCENT:
    case PROMO_DELIVERY_FIXED:
    case PROMO_COMPUTED: return NULL;
    case PROMO_ADD_GIFT: return action->per ? &action->get : NULL;
    default: return &action->filter;
    }
}

/* One action: each list of its filters is a clause. Several: one of them has to find its lines. */
static void tell_actions(struct teller *teller, const struct promo *promo)
{
    enum sort sort = SORT_SKU;
    for (size_t i = 0; i < promo->action_count; i++) {
        const struct promo_filter *filter = needed_lines(&promo->actions[i]);
        if (!filter || !narrowest(filter, &sort))
            return;
    }
    if (promo->action_count == 1) {
        const struct promo_action *action = promo->actions;
        const struct promo_filter *filters[] = {
            needed_lines(action), action->kind == PROMO_BUY_GET ? &action->get : NULL};
        for (int i = 0; i < 2 && filters[i]; i++) {
            tell_texts(teller, SORT_SKU, &filters[i]->skus);
            tell_texts(teller, SORT_PRODUCT, &filters[i]->products);
            tell_texts(teller, SORT_CATEGORY, &filters[i]->categories);
        }
        return;
    }
    if (promo->action_count)
        begin_clause(teller);
    for (size_t i = 0; i < promo->action_count; i++) {
        const struct promo_texts *texts = narrowest(needed_lines(&promo->actions[i]), &sort);
        add_keys(teller, sort, texts);
    }
}

static void tell_promotion(struct teller *teller, const struct promo *promo)
{
    if (promo->coupon) {
        begin_clause(teller);
        add_keys(teller, SORT_CODE, &promo->coupon->codes);
        if (promo->coupon->batch.len)
            add_key(teller, SORT_BATCH, promo->coupon->batch);
    }
    tell_texts(teller, SORT_CHANNEL, &promo->channels);
    tell_texts(teller, SORT_SEGMENT, &promo->segments);
    for (size_t i = 0; i < promo->condition_count; i++)
        tell_condition(teller, &promo->conditions[i]);
    if (!promo->exclusive) /* such a one keeps others away even where it gives nothing itself */
        tell_actions(teller, promo);
}

/* ---- building ---- */

/* Codes always, so that a typed one brings its promotion; else the rarest sort, then the fewest. */
static const struct clause *hook_of(const struct promo_index *index, const struct asked *asked)
{
    const struct clause *best = NULL;
    for (uint32_t i = 0; i < asked->count; i++) {
        const struct clause *clause = &index->clauses[asked->first + i];
        if (asked->typed)
            return clause;
        if (!best || clause->rarest < best->rarest ||
            (clause->rarest == best->rarest && clause->count < best->count))
            best = clause;
    }
    return best;
}

static void hang_all(struct arena *arena, struct promo_index *index, const struct promo_set *set)
{
    uint32_t total = 0;
    index->always = arena_array(arena, uint32_t, set->cart_count + 1);
    index->hanging = arena_array(arena, uint32_t, index->named_count + 1);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < set->cart_count; i++) {
            const struct clause *hook = hook_of(index, &index->asked[i]);
            if (!set->cart[i].enabled)
                continue;
            if (!hook && pass)
                index->always[index->always_count++] = (uint32_t)i;
            for (uint32_t k = 0; hook && k < hook->count; k++) {
                struct key *key = &index->keys[index->named[hook->first + k]];
                if (pass)
                    index->hanging[key->first + key->count] = (uint32_t)i;
                key->count++;
            }
        }
        for (uint32_t k = 0; k < index->key_count && !pass; k++) {
            index->keys[k].first = total;
            total += index->keys[k].count;
            index->keys[k].count = 0;
        }
    }
}

const struct promo_index *promo_index_new(struct arena *arena, const struct promo_set *set)
{
    struct promo_index *index = arena_new(arena, struct promo_index);
    struct teller teller = {0};
    size_t ids = set->cart_count + set->catalogue_count, slots = 16;
    for (size_t i = 0; i < set->cart_count; i++)
        tell_promotion(&teller, &set->cart[i]);
    while (slots < (teller.keys + ids) * 2)
        slots *= 2;
    index->mask = slots - 1;
    index->slots = arena_array(arena, uint32_t, slots);
    index->keys = arena_array(arena, struct key, teller.keys + ids + 1);
    index->named = arena_array(arena, uint32_t, teller.keys + 1);
    index->clauses = arena_array(arena, struct clause, teller.clauses + 1);
    index->asked = arena_array(arena, struct asked, set->cart_count + 1);
    teller.index = index;
    for (size_t i = 0; i < set->cart_count; i++) {
        struct asked *asked = &index->asked[i];
        asked->first = index->clause_count;
        asked->typed = set->cart[i].coupon != NULL;
        tell_promotion(&teller, &set->cart[i]);
        asked->count = index->clause_count - asked->first;
    }
    hang_all(arena, index, set);
    for (size_t i = 0; i < ids; i++) {
        const struct promo *promo =
            i < set->cart_count ? &set->cart[i] : &set->catalogue[i - set->cart_count];
        put_key(index, SORT_ID, promo->id)->place = (int64_t)i;
    }
    return index;
}

int64_t promo_index_find(const struct promo_index *index, struct souk_str id)
{
    const struct key *key = find_key(index, SORT_ID, id);
    return key ? key->place : -1;
}

/* ---- asking ---- */

struct search {
    const struct promo_index *index;
    uint64_t *seen; /* keys that the quote has */
    uint64_t *bits; /* promotions that hang at one */
};

static void mark(uint64_t *bits, size_t at)
{
    bits[at / 64] |= UINT64_C(1) << (at % 64);
}

static int is_marked(const uint64_t *bits, size_t at)
{
    return (bits[at / 64] >> (at % 64)) & 1;
}

static void meet(struct search *search, enum sort sort, struct souk_str text)
{
    const struct promo_index *index = search->index;
    const struct key *key = text.len ? find_key(index, sort, text) : NULL;
    if (!key || is_marked(search->seen, (size_t)(key - index->keys)))
        return;
    mark(search->seen, (size_t)(key - index->keys));
    for (uint32_t i = 0; i < key->count; i++)
        mark(search->bits, index->hanging[key->first + i]);
}

static struct souk_str in_capitals(struct arena *arena, struct souk_str text)
{
    char *copy = arena_cstr(arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] = (char)(copy[i] - 'a' + 'A');
    return str_make(copy, text.len);
}

static void meet_quote(struct search *search, struct arena *arena, const struct quote *quote)
{
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        meet(search, SORT_SKU, line->sku);
        meet(search, SORT_PRODUCT, line->product);
        for (size_t k = 0; k < line->category_count; k++)
            meet(search, SORT_CATEGORY, line->categories[k]);
    }
    for (size_t i = 0; i < quote->coupon_count; i++)
        meet(search, SORT_CODE, promo_code_normalize(arena, quote->coupons[i].code));
    for (size_t i = 0; i < quote->delivery_count; i++)
        meet(search, SORT_METHOD, quote->delivery[i].method);
    meet(search, SORT_CURRENCY, in_capitals(arena, quote->currency));
}

static void meet_facts(struct search *search, struct arena *arena, const struct promo_facts *facts)
{
    const struct promo_customer *customer = &facts->customer;
    for (size_t i = 0; i < facts->code_count; i++)
        meet(search, SORT_BATCH, facts->codes[i].batch);
    for (size_t i = 0; i < customer->segments.count; i++)
        meet(search, SORT_SEGMENT, customer->segments.at[i]);
    meet(search, SORT_SEGMENT, customer->group); /* segments are stages or groups */
    meet(search, SORT_GROUP, customer->group);
    meet(search, SORT_CUSTOMER, customer->id);
    meet(search, SORT_CHANNEL, facts->channel);
    meet(search, SORT_COUNTRY, in_capitals(arena, facts->country));
}

static int is_met(const struct search *search, const struct clause *clause)
{
    for (uint32_t i = 0; i < clause->count; i++)
        if (is_marked(search->seen, search->index->named[clause->first + i]))
            return 1;
    return 0;
}

static int can_apply(const struct search *search, const struct promo *promo,
                     const struct asked *asked, int64_t at)
{
    const struct clause *clauses = &search->index->clauses[asked->first];
    if (asked->typed)
        return is_met(search, clauses);
    if ((promo->from && at < promo->from) || (promo->to && at >= promo->to))
        return 0;
    for (uint32_t i = 0; i < asked->count; i++)
        if (!is_met(search, &clauses[i]))
            return 0;
    return 1;
}

uint64_t *promo_candidates(struct arena *arena, const struct promo_set *set,
                           const struct quote *quote, const struct promo_facts *facts)
{
    size_t words = set->cart_count / 64 + 1;
    struct search search = {.index = set->index, .bits = arena_array(arena, uint64_t, words)};
    if (!set->index) { /* a set that was made by hand: all of them */
        memset(search.bits, 0xFF, words * sizeof *search.bits);
        return search.bits;
    }
    search.seen = arena_array(arena, uint64_t, set->index->key_count / 64 + 1);
    for (uint32_t i = 0; i < set->index->always_count; i++)
        mark(search.bits, set->index->always[i]);
    meet_quote(&search, arena, quote);
    meet_facts(&search, arena, facts);
    for (size_t w = 0; w < words; w++)
        for (uint64_t left = search.bits[w]; left; left &= left - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(left);
            if (!can_apply(&search, &set->cart[i], &set->index->asked[i], quote->at))
                search.bits[w] &= ~(left & (~left + 1));
        }
    return search.bits;
}
