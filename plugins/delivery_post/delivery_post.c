/*
 * delivery_post: the national post by its printed tariff: services with limits of size, prices by
 * zone and weight, declared value, cash on delivery, tracking numbers from the ranges that the post
 * has given out.
 *
 * It asks nobody: what the post has done with a parcel comes as its register (a file), or is
 * entered by staff at /admin/p/delivery_post.
 */
#include "post.h"

SOUK_EMBED(page, "templates/post.html");
SOUK_EMBED(bg, "locale/bg.mo");
SOUK_EMBED(hu, "locale/hu.mo");
SOUK_EMBED(hy, "locale/hy.mo");
SOUK_EMBED(bn, "locale/bn.mo");

/* ---- what the goods come to ---- */

struct offer {
    const struct post *post;
    const struct service_line *service;
    struct souk_str zone;
    int64_t price, declared; /* declared: what it costs, 0 when it cannot be chosen */
    int cash;                /* the post collects */
};

/* Sides of one, the longest first; what is not known is 0. */
static void sort_sides(const struct souk_delivery_item *item, int64_t side[3])
{
    int64_t given[3] = {item->length_mm, item->width_mm, item->height_mm};
    for (int i = 0; i < 3; i++) {
        int64_t value = given[i] > 0 ? given[i] : 0;
        int at = i;
        for (; at > 0 && side[at - 1] < value; at--)
            side[at] = side[at - 1];
        side[at] = value;
    }
}

/* The box of the README's rule: as long and as wide as the largest of each, and as high as the
 * volume of all makes it. */
static int fits(const struct souk_delivery_terms *terms, const struct service_line *service)
{
    int64_t box[3] = {0, 0, 0};
    __int128 volume = 0;
    for (uint32_t i = 0; i < terms->item_count; i++) {
        const struct souk_delivery_item *item = souk_delivery_item_at(terms, i);
        int64_t side[3] = {0, 0, 0};
        sort_sides(item, side);
        if (side[0] > 1000000) /* a kilometre */
            return service->longest == 0 && service->girth == 0;
        volume += (__int128)(side[0] * side[1]) * side[2] * item->quantity;
        for (int k = 0; k < 3; k++)
            if (side[k] > box[k])
                box[k] = side[k];
    }
    int64_t floor = box[0] * box[1];
    __int128 high = floor ? (volume + floor - 1) / floor : 0;
    if (high > box[2])
        box[2] = high > 1000000 ? 1000000 : (int64_t)high;
    int64_t longest = box[2] > box[0] ? box[2] : box[0],
            around = box[0] + box[1] + box[2] - longest;
    return (service->longest == 0 || longest <= service->longest) &&
           (service->girth == 0 || longest + 2 * around <= service->girth);
}

static int64_t declared_cost(const struct post *post, int64_t worth)
{
    const int64_t million = 1000000;
    int64_t cost = worth / million * post->declared_rate +
                   (worth % million * post->declared_rate + million / 2) / million;
    return cost > post->declared_min ? cost : post->declared_min;
}

/* 0: this service does not take these goods, or not there. */
static int make_offer(const struct post *post, const struct souk_delivery_terms *terms,
                      const struct service_line *service, struct offer *offer)
{
    int64_t thousandths = 0;
    memset(offer, 0, sizeof *offer);
    offer->post = post;
    offer->service = service;
    offer->zone = tables_zone(post, terms->country, terms->postcode);
    if (offer->zone.len == 0 || terms->weight_g < 0 || terms->weight_g > INT64_C(1000000000) ||
        terms->total < 0 || terms->total > INT64_C(1000000000000) || !fits(terms, service) ||
        !tables_rate(post, service->code, offer->zone, terms->weight_g, &thousandths))
        return 0;
    offer->price = souk_minor(thousandths, terms->currency);
    if (post->free_from > 0 && terms->total >= post->free_from)
        offer->price = 0;
    if (service->declared && !post->declare_never)
        offer->declared = declared_cost(post, terms->total);
    if (post->declare_always) {
        offer->price += offer->declared;
        offer->declared = 0;
    }
    offer->cash = post->cash && service->cash;
    return 1;
}

/* ---- options ---- */

static void add_extra(struct souk_ctx *ctx, struct souk_value *fields, const char *key,
                      const char *label, const char *words, int64_t amount)
{
    struct souk_value *field = souk_set_map(ctx, fields, NULL);
    souk_set_cstr(ctx, field, "key", key);
    souk_set_str(ctx, field, "label", souk_t(ctx, label));
    souk_set_cstr(ctx, field, "type", "choice");
    souk_set_bool(ctx, field, "required", 0);
    struct souk_value *choice = souk_set_map(ctx, souk_set_list(ctx, field, "choices"), NULL);
    souk_set_cstr(ctx, choice, "value", "yes");
    souk_set_str(ctx, choice, "label", souk_t(ctx, words));
    souk_set_int(ctx, choice, "amount", amount);
}

static void add_days(struct souk_ctx *ctx, const struct offer *offer, int64_t at,
                     struct souk_value *option)
{
    const struct post *post = offer->post;
    const struct time_line *line = tables_time(post, offer->service->code, offer->zone);
    int64_t today = (at + post->offset * INT64_C(60000000)) / DAY_US;
    char date[16];
    if (!line)
        return;
    calendar_date(calendar_after(post, today, line->from), date);
    souk_set_cstr(ctx, option, "eta_from", date);
    calendar_date(calendar_after(post, today, line->until), date);
    souk_set_cstr(ctx, option, "eta_until", date);
}

static void add_option(struct souk_ctx *ctx, const struct offer *offer, int64_t at,
                       struct souk_value *list)
{
    const struct post *post = offer->post;
    struct souk_value *option = souk_set_map(ctx, list, NULL);
    souk_set_str(ctx, option, "code", offer->service->code);
    souk_set_str(ctx, option, "label", souk_t(ctx, souk_copy(ctx, offer->service->name).ptr));
    souk_set_int(ctx, option, "amount", offer->price);
    if (offer->service->tracked)
        souk_set_str(ctx, option, "note", souk_t(ctx, "with a tracking number"));
    souk_set_bool(ctx, option, "takes_cash", offer->cash);
    add_days(ctx, offer, at, option);
    struct souk_value *fields = souk_set_list(ctx, option, "fields");
    if (offer->declared > 0)
        add_extra(ctx, fields, "declared", "Declared value", "insured for what the goods cost",
                  offer->declared);
    if (offer->cash && post->cash_fee > 0)
        add_extra(ctx, fields, "cash", "Cash on delivery", "I pay to the post", post->cash_fee);
}

static int options(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *list)
{
    const struct post *post = souk_state(ctx);
    struct offer offer;
    if (!souk_str_equal(terms->currency, post->currency))
        return SOUK_OK; /* the prices would be other ones */
    for (uint32_t i = 0; i < post->service_count; i++)
        if (make_offer(post, terms, &post->services[i], &offer))
            add_option(ctx, &offer, terms->at, list);
    return SOUK_OK;
}

/* ---- one choice ---- */

static int is_yes(const struct souk_value *value)
{
    struct souk_str text = souk_text(value);
    return text.len ? souk_str_is(text, "yes")
                    : souk_kind(value) == SOUK_VALUE_BOOL && souk_true(value);
}

static int check_postcode(struct souk_ctx *ctx, const struct post *post,
                          const struct souk_delivery_terms *terms)
{
    struct souk_str example, postcode = souk_trim(terms->postcode);
    if (postcode_fits(post, terms->country, postcode, &example))
        return SOUK_OK;
    struct souk_str words =
        postcode.len
            ? souk_t(
                  ctx,
                  "this is no postcode of that country; it looks like this (9: a digit, A: a letter):")
            : souk_t(ctx, "the post needs one; it looks like this (9: a digit, A: a letter):");
    return souk_fail(ctx, SOUK_INVALID, "postcode: %.*s %.*s", SOUK_PRI(words), SOUK_PRI(example));
}

/* What was chosen besides the way itself. */
static int take_extras(struct souk_ctx *ctx, const struct offer *offer,
                       const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    const struct post *post = offer->post;
    int declared = is_yes(souk_get(choice, "declared")) && offer->declared > 0;
    int can_declare = offer->declared > 0;
    int cash = offer->cash && (post->cash_fee == 0 || is_yes(souk_get(choice, "cash")));
    if (cash && post->cash_fee > 0 && post->cash_declared && can_declare && !declared)
        return souk_fail(ctx, SOUK_INVALID, "declared: %s",
                         souk_t(ctx, "with cash on delivery the value has to be declared").ptr);
    if (post->cash_declared && can_declare && !declared)
        cash = 0;
    if (declared)
        quote->amount += offer->declared;
    if (cash)
        quote->amount += post->cash_fee;
    souk_set_bool(ctx, quote->data, "declared",
                  declared || (post->declare_always && offer->service->declared));
    souk_set_bool(ctx, quote->data, "cash", cash);
    quote->flags = cash ? SOUK_DELIVERY_TAKES_CASH : 0;
    return SOUK_OK;
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    const struct post *post = souk_state(ctx);
    struct offer offer;
    const struct service_line *service = tables_service(post, souk_text(souk_get(choice, "code")));
    if (!service)
        return souk_fail(ctx, SOUK_INVALID, "method: %s",
                         souk_t(ctx, "choose one of the ways that are offered").ptr);
    int code = check_postcode(ctx, post, terms);
    if (code != SOUK_OK)
        return code;
    if (!souk_str_equal(terms->currency, post->currency) ||
        !make_offer(post, terms, service, &offer))
        return souk_fail(ctx, SOUK_INVALID, "method: %s",
                         souk_t(ctx, "the post does not take these goods there").ptr);
    struct souk_str post_word = souk_t(ctx, "Post");
    struct souk_str name = souk_t(ctx, souk_copy(ctx, service->name).ptr);
    quote->data = souk_map(ctx);
    quote->amount = offer.price;
    quote->label = souk_printf(ctx, "%.*s, %.*s", SOUK_PRI(post_word), SOUK_PRI(name));
    souk_set_str(ctx, quote->data, "zone", offer.zone);
    return take_extras(ctx, &offer, choice, quote);
}

/* ---- page for staff ---- */

static int answer_page(struct souk_ctx *ctx, int status, struct souk_str problem,
                       const struct news_totals *totals)
{
    struct souk_value *view = souk_map(ctx);
    souk_set_str(ctx, view, "title", souk_t(ctx, "Post"));
    souk_set_str(ctx, view, "problem", problem);
    souk_set_str(ctx, view, "done", souk_query_param(ctx, "done"));
    souk_set_str(ctx, view, "q", souk_query_param(ctx, "q"));
    if (totals) {
        struct souk_value *read = souk_set_map(ctx, view, "read");
        souk_set_int(ctx, read, "lines", totals->lines);
        souk_set_int(ctx, read, "fresh", totals->fresh);
        souk_set_int(ctx, read, "known", totals->known_already);
        souk_set_int(ctx, read, "not_ours", totals->not_ours);
        souk_set_int(ctx, read, "not_coded", totals->not_coded);
    }
    int code = number_load(ctx, souk_set_list(ctx, view, "numbers"));
    if (code == SOUK_OK)
        code = parcels_load(ctx, souk_set_list(ctx, view, "parcels"));
    return code ? code : souk_answer_template(ctx, status, "post", view);
}

static int get_page(struct souk_ctx *ctx)
{
    return answer_page(ctx, 200, souk_str(""), NULL);
}

static int post_register(struct souk_ctx *ctx)
{
    const struct souk_upload *upload = souk_upload_of(ctx, "file");
    struct news_totals totals;
    if (!upload || upload->bytes.len == 0)
        return answer_page(ctx, 422, souk_t(ctx, "Choose a file."), NULL);
    int code = news_tell(ctx, upload->bytes, &totals);
    if (code == SOUK_INVALID || code == SOUK_TOO_LARGE)
        return answer_page(ctx, 422, souk_copy(ctx, souk_failure(ctx)), NULL);
    return code == SOUK_OK ? answer_page(ctx, 200, souk_str(""), &totals) : code;
}

/* ---- life ---- */

static int init(struct souk_ctx *ctx)
{
    struct post *post = souk_pool_alloc(ctx, sizeof *post);
    struct souk_str declared = souk_option_text(ctx, "declared");
    int code = tables_read(ctx, post);
    if (code != SOUK_OK)
        return code;
    post->currency = souk_option_text(ctx, "currency");
    post->free_from = souk_option_int(ctx, "free_from");
    post->declared_rate = souk_option_int(ctx, "declared_rate");
    post->declared_min = souk_option_int(ctx, "declared_min");
    post->declare_always = souk_str_is(declared, "always");
    post->declare_never = souk_str_is(declared, "never");
    post->cash = (int)souk_option_int(ctx, "cash");
    post->cash_fee = souk_option_int(ctx, "cash_fee");
    post->cash_declared = (int)souk_option_int(ctx, "cash_declared");
    post->numbers_warn = souk_option_int(ctx, "numbers_warn");
    post->offset = souk_option_int(ctx, "utc_offset");
    post->postcodes = souk_option(ctx, "postcodes");
    post->holidays = souk_option(ctx, "holidays");
    souk_state_set(ctx, post);
    return SOUK_OK;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const char *const declared_choices[] = {"choice", "always", "never", NULL};
static const struct souk_option option_rows[] = {
    {"services", SOUK_TEXT, 0, "parcel | Parcel | 1500 | 3000 | cash declared", "Lines of: code | name | longest side mm | girth mm | tracked cash declared | prefix of numbers"},
    {"zones", SOUK_TEXT, 0, "all | *", "Lines of: zone | countries | postcodes. The first that fits decides."},
    {"rates", SOUK_TEXT, 0, "parcel | all | 20 | 4.90", "Lines of: service | zone | up to kg | price"},
    {"times", SOUK_TEXT, 0, NULL, "Lines of: service | zone | from days | until days, working days"},
    {"currency", SOUK_STRING, 0, "EUR", "Of the prices; in another the post is not offered"},
    {"free_from", SOUK_MONEY, 0, NULL, "Goods for this much are sent for nothing"},
    {"declared", SOUK_CHOICE, 0, "choice", "Declared value: by the shopper's choice, always, or never", 0, 0, declared_choices},
    {"declared_rate", SOUK_RATE, 0, "1%", "Of the goods' worth, for the declared value", 0, 1000000},
    {"declared_min", SOUK_MONEY, 0, NULL, "The least that a declared value costs"},
    {"cash", SOUK_BOOL, 0, "true", "The post collects money (for services that say cash)"},
    {"cash_fee", SOUK_MONEY, 0, NULL, "For cash on delivery; with a fee the shopper chooses it"},
    {"cash_declared", SOUK_BOOL, 0, "false", "Cash on delivery takes a declared value"},
    {"postcodes", SOUK_MAP, 0, NULL, "Patterns by country, such as XK = \"99999\"; the common ones are known"},
    {"numbers", SOUK_TEXT, 0, NULL, "Ranges of tracking numbers, lines of: prefix | from | to | country, 8 digits without the check digit"},
    {"numbers_warn", SOUK_INT, 0, "100", "Warns when so many are left", 0, 1000000},
    {"states", SOUK_TEXT, 0,
     "EMA | in_transit\nEMB | in_transit\nEMC | in_transit\nEMD | in_transit\nEME | exception\nEMF | in_transit\nEMG | in_transit\n"
     "EMH | attempt_failed\nEMI | delivered\nEMJ | in_transit\nEMK | in_transit\nEDG | out_for_delivery\nEDH | available_for_pickup",
     "The post's words for states, lines of: code | state"},
    {"holidays", SOUK_LIST, 0, NULL, "Days without post, such as \"2026-12-25\""},
    {"utc_offset", SOUK_INT, 0, "0", "Minutes that the post's clock is ahead of UTC", -720, 840},
};
static const struct souk_delivery_provider provider = {
    .size = sizeof provider,
    .flags = SOUK_DELIVERY_LOCAL | SOUK_DELIVERY_TAKES_CASH,
    .label = "Post",
    .options = options,
    .check = check,
    .send = parcels_send,
    .cancel = parcels_cancel,
    .parcel_label = parcels_label,
};
static const struct souk_provider providers[] = {
    {"delivery", PROVIDER, &provider},
};
static const struct souk_listener events[] = {
    {"shipment.moved", SOUK_FACT, 0, parcels_moved},
    {"shipment.delivered", SOUK_FACT, 0, parcels_moved},
};
static const struct souk_command commands[] = {
    {"import", "FILE", "Reads the post's register (CSV: tracking, state, date) and moves the parcels", news_command},
};
static const struct souk_route routes[] = {
    {"GET", "", SOUK_READ, SOUK_ADMIN, get_page, "Parcels at the post", "read"},
    {"POST", "/state", SOUK_WRITE, SOUK_ADMIN, parcels_state, "Where a parcel is", "edit"},
    {"POST", "/register", SOUK_TASK, SOUK_ADMIN, post_register, "Works off the post's register", "edit", FILE_MOST + (64 << 10), 60000},
};
static const struct souk_migration migrations[] = {
    {1, 0, "parcel",
     "CREATE TABLE p_delivery_post_range ("
     " prefix TEXT NOT NULL,"
     " country TEXT NOT NULL,"
     " first BIGINT NOT NULL,"
     " last BIGINT NOT NULL,"
     " next BIGINT NOT NULL,"
     " PRIMARY KEY (prefix, country, first));"
     "CREATE TABLE p_delivery_post_parcel ("
     " key TEXT NOT NULL PRIMARY KEY,"
     " number TEXT NOT NULL,"
     " order_number TEXT NOT NULL,"
     " service TEXT NOT NULL,"
     " tracking TEXT UNIQUE,"
     " receiver TEXT NOT NULL,"
     " place TEXT NOT NULL,"
     " collect BIGINT NOT NULL,"
     " declared BIGINT NOT NULL,"
     " currency TEXT NOT NULL,"
     " state TEXT NOT NULL,"
     " code TEXT NOT NULL,"
     " said_at BIGINT NOT NULL,"
     " closed BIGINT NOT NULL,"
     " at BIGINT NOT NULL);"
     "CREATE INDEX p_delivery_post_parcel_number ON p_delivery_post_parcel (number);"
     "CREATE INDEX p_delivery_post_parcel_open ON p_delivery_post_parcel (closed, at)"},
};
static const struct souk_file files[] = {
    SOUK_FILE("templates/post.html", page),
    SOUK_FILE("locale/bg.mo", bg),
    SOUK_FILE("locale/hu.mo", hu),
    SOUK_FILE("locale/hy.mo", hy),
    SOUK_FILE("locale/bn.mo", bn),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "delivery_post",
    .version = "1.0.0",
    .summary = "The national post by its tariff: limits, declared value, tracking numbers",
    .contact = "plugins@example.org",
    .license = "MIT",
    .options = SOUK_TABLE(option_rows),
    .providers = SOUK_TABLE(providers),
    .events = SOUK_TABLE(events),
    .commands = SOUK_TABLE(commands),
    .routes = SOUK_TABLE(routes),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .init = init,
};
