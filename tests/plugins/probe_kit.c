/*
 * probe_kit: every function of the kit that serves carts, people, content, language, time,
 * cryptography, files, the event log, orders and letters, asked by name with arguments in JSON,
 * from READ, WRITE and TASK: /x/probe_kit/<kind>/<function>. The answer is always 200 with {"code",
 * "why", "out"}. "hostile" hands each of them what no caller should: NULL, sizes beyond all memory,
 * names that lead elsewhere.
 */
#include <time.h>
#include <souk.h>

struct ask {
    const struct souk_value *args;
    struct souk_value *out; /* a map */
};

static struct souk_str text(const struct ask *ask, const char *key)
{
    return souk_text(souk_get(ask->args, key));
}

static int64_t number(const struct ask *ask, const char *key, int64_t otherwise)
{
    const struct souk_value *value = souk_get(ask->args, key);
    return souk_kind(value) == SOUK_VALUE_STRING ? souk_number(souk_text(value), otherwise)
                                                 : souk_int(value, otherwise);
}

static const char *word(struct souk_ctx *ctx, const struct ask *ask, const char *key)
{
    return souk_get(ask->args, key) ? souk_copy(ctx, text(ask, key)).ptr : NULL;
}

/* Ids are beyond what JavaScript counts. */
static void set_id(struct souk_ctx *ctx, struct ask *ask, int64_t id)
{
    souk_set_str(ctx, ask->out, "out", souk_printf(ctx, "%lld", (long long)id));
}

static int keep(struct souk_ctx *ctx, struct ask *ask, int code, const struct souk_value *value)
{
    if (code == SOUK_OK && value)
        souk_set_copy(ctx, ask->out, "out", value);
    return code;
}

/* ---- carts ---- */

static int cart_current(struct souk_ctx *ctx, struct ask *ask)
{
    souk_set_str(ctx, ask->out, "out", souk_cart_current(ctx));
    return SOUK_OK;
}

static int cart_get(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *cart = NULL;
    int code = souk_cart_get(ctx, text(ask, "id"), &cart);
    return keep(ctx, ask, code, cart);
}

static int cart_change(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *cart = NULL;
    int code = souk_cart_change(ctx, text(ask, "id"), souk_get(ask->args, "change"), &cart);
    return keep(ctx, ask, code, cart);
}

/* ---- people ---- */

static int person_current(struct souk_ctx *ctx, struct ask *ask)
{
    set_id(ctx, ask, souk_person_current(ctx));
    return SOUK_OK;
}

static int person_visitor(struct souk_ctx *ctx, struct ask *ask)
{
    set_id(ctx, ask, souk_visitor(ctx));
    return SOUK_OK;
}

static int person_staff(struct souk_ctx *ctx, struct ask *ask)
{
    set_id(ctx, ask, souk_staff(ctx));
    return SOUK_OK;
}

static int person_get(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *person = NULL;
    int code = souk_person_get(ctx, number(ask, "id", 0), &person);
    return keep(ctx, ask, code, person);
}

static int person_find(struct souk_ctx *ctx, struct ask *ask)
{
    int64_t id = -1;
    int code = souk_person_find(ctx, word(ctx, ask, "kind"), text(ask, "contact"), &id);
    set_id(ctx, ask, id);
    return code;
}

static int person_make(struct souk_ctx *ctx, struct ask *ask)
{
    int64_t id = -1;
    int code = souk_person_make(ctx, souk_get(ask->args, "lead"), &id);
    set_id(ctx, ask, id);
    return code;
}

static int person_raise(struct souk_ctx *ctx, struct ask *ask)
{
    return souk_person_raise(ctx, number(ask, "id", 0), word(ctx, ask, "stage"));
}

static int consent(struct souk_ctx *ctx, struct ask *ask)
{
    return souk_consent(ctx, number(ask, "id", 0), word(ctx, ask, "channel"));
}

static int consent_set(struct souk_ctx *ctx, struct ask *ask)
{
    return souk_consent_set(ctx, number(ask, "id", 0), word(ctx, ask, "channel"),
                            (int32_t)number(ask, "granted", 0), text(ask, "source"),
                            text(ask, "wording"));
}

/* ---- content and language ---- */

static int content_page(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *page = NULL;
    int code = souk_content_page(ctx, text(ask, "key"), &page);
    return keep(ctx, ask, code, page);
}

static int content_save(struct souk_ctx *ctx, struct ask *ask)
{
    int64_t id = -1;
    int code = souk_content_save(ctx, souk_get(ask->args, "page"), &id);
    set_id(ctx, ask, id);
    return code;
}

static int content_html(struct souk_ctx *ctx, struct ask *ask)
{
    souk_set_str(ctx, ask->out, "out", souk_html(ctx, text(ask, "text")));
    return SOUK_OK;
}

static int content_plain(struct souk_ctx *ctx, struct ask *ask)
{
    souk_set_str(ctx, ask->out, "out",
                 souk_plain(ctx, text(ask, "text"), (uint32_t)number(ask, "most", 0)));
    return SOUK_OK;
}

/* A view with the text as it is, and as HTML. */
static int content_render(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_str out = {"", 0};
    struct souk_value *view = souk_map(ctx);
    souk_set_str(ctx, view, "text", text(ask, "text"));
    souk_set_html(ctx, view, "html", souk_html(ctx, text(ask, "text")));
    int code = souk_render(ctx, word(ctx, ask, "name"), text(ask, "locale"), view, &out);
    souk_set_str(ctx, ask->out, "out", out);
    return code;
}

static int locale_list(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *codes = NULL;
    int code = souk_locales(ctx, &codes);
    return keep(ctx, ask, code, codes);
}

static int locale_say(struct souk_ctx *ctx, struct ask *ask)
{
    souk_set_str(ctx, ask->out, "out",
                 souk_t_in(ctx, text(ask, "locale"), word(ctx, ask, "one"), word(ctx, ask, "many"),
                           number(ask, "n", 1)));
    return SOUK_OK;
}

static int locale_money(struct souk_ctx *ctx, struct ask *ask)
{
    souk_set_str(
        ctx, ask->out, "out",
        souk_money_text(ctx, text(ask, "locale"), number(ask, "minor", 0), text(ask, "currency")));
    return SOUK_OK;
}

static int locale_date(struct souk_ctx *ctx, struct ask *ask)
{
    int64_t at = 0;
    souk_time_parse(text(ask, "at"), &at);
    souk_set_str(ctx, ask->out, "out",
                 souk_date_text(ctx, text(ask, "locale"), at, (int32_t)number(ask, "style", 0),
                                text(ask, "zone")));
    return SOUK_OK;
}

static int time_civil(struct souk_ctx *ctx, struct ask *ask)
{
    int64_t at = 0, back = 0;
    struct souk_civil civil = {0};
    int code = souk_time_parse(text(ask, "at"), &at);
    if (code == SOUK_OK)
        code = souk_time_civil(ctx, at, text(ask, "zone"), &civil);
    if (code == SOUK_OK)
        code = souk_time_join(ctx, &civil, text(ask, "zone"), &back);
    souk_set_str(ctx, ask->out, "out",
                 souk_printf(ctx, "%d-%d-%d %d:%d:%d %d %d %.*s", civil.year, civil.month,
                             civil.day, civil.hour, civil.minute, civil.second, civil.weekday,
                             civil.offset_s, SOUK_PRI(souk_time_print(ctx, back))));
    return code;
}

static int crypto(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_str digest = {"", 0};
    int code = souk_hmac(ctx, (int32_t)number(ask, "algorithm", 0), text(ask, "key"),
                         text(ask, "data"), &digest);
    souk_set_str(ctx, ask->out, "out", souk_encode(ctx, SOUK_HEX, digest));
    return code;
}

static int verify(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_str key = {"", 0}, signature = {"", 0};
    int code = souk_decode(ctx, SOUK_HEX, text(ask, "key"), &key);
    if (code == SOUK_OK)
        code = souk_decode(ctx, SOUK_BASE64, text(ask, "signature"), &signature);
    return code ? code : souk_verify(ctx, text(ask, "data"), signature, key);
}

/* ---- files ---- */

static int file_write(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_file_writer *writer = NULL;
    int code = souk_file_begin(ctx, text(ask, "name"), &writer);
    for (int64_t i = 0; code == SOUK_OK && i < number(ask, "times", 1); i++)
        code = souk_file_write(writer, text(ask, "text"));
    return code == SOUK_OK && !number(ask, "leave", 0) ? souk_file_commit(writer) : code;
}

/* Opens as many as it can. */
static int file_many(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_file_writer *writer = NULL;
    int count = 0;
    while (count < 100 &&
           souk_file_begin(ctx, souk_printf(ctx, "many-%d", count), &writer) == SOUK_OK)
        count++;
    souk_set_int(ctx, ask->out, "out", count);
    return SOUK_OK;
}

/* Everything that goes wrong with writers. */
static int file_misuse(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_file_writer *writer = NULL;
    struct souk_value *list = souk_set_list(ctx, ask->out, "out");
    souk_set_int(ctx, list, NULL, souk_file_write(NULL, souk_str("x")));
    souk_set_int(ctx, list, NULL, souk_file_commit(NULL));
    souk_set_int(ctx, list, NULL, souk_file_begin(ctx, souk_str("misuse"), NULL));
    souk_set_int(ctx, list, NULL, souk_file_begin(ctx, souk_str("misuse"), &writer));
    souk_set_int(ctx, list, NULL, souk_file_write(writer, (struct souk_str){NULL, 5}));
    souk_set_int(ctx, list, NULL, souk_file_commit(writer));
    souk_set_int(ctx, list, NULL, souk_file_write(writer, souk_str("behind")));
    souk_set_int(ctx, list, NULL, souk_file_commit(writer));
    return SOUK_OK;
}

static struct souk_file_writer *kept; /* as nobody should */

static int write_elsewhere(struct souk_ctx *ctx, void *arg)
{
    return souk_file_write(arg, souk_str("on the writer's thread"));
}

static int file_stray(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_file_writer *writer = NULL;
    struct souk_value *list = souk_set_list(ctx, ask->out, "out");
    souk_set_int(ctx, list, NULL, kept ? souk_file_write(kept, souk_str("late")) : 1);
    souk_set_int(ctx, list, NULL, souk_file_begin(ctx, souk_str("stray"), &writer));
    souk_set_int(ctx, list, NULL, souk_db_write(ctx, write_elsewhere, writer));
    kept = writer;
    return SOUK_OK;
}

/* Half a file, until the process is killed or the time is over. */
static int file_hold(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_file_writer *writer = NULL;
    struct timespec turn = {0, 20 * 1000 * 1000};
    int code = souk_file_begin(ctx, text(ask, "name"), &writer);
    for (int i = 0; code == SOUK_OK && i < 200000; i++)
        code = souk_file_write(writer, souk_str("half "));
    while (code == SOUK_OK && souk_left(ctx) > SOUK_SECOND)
        nanosleep(&turn, NULL);
    return code;
}

static int file_read(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_str bytes = {"", 0};
    int code = souk_file_read(ctx, text(ask, "name"), number(ask, "from", 0),
                              (uint32_t)number(ask, "most", 100), &bytes);
    souk_set_str(ctx, ask->out, "out", bytes);
    return code;
}

static int file_info(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_file_info info = {.size = sizeof info};
    int code = souk_file_info(ctx, text(ask, "name"), &info);
    souk_set_int(ctx, ask->out, "out", info.bytes);
    souk_set_time(ctx, ask->out, "changed_at", info.changed_at);
    return code;
}

static int file_remove(struct souk_ctx *ctx, struct ask *ask)
{
    return souk_file_remove(ctx, text(ask, "name"));
}

static int file_list(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *names = NULL;
    int code = souk_file_list(ctx, &names);
    return keep(ctx, ask, code, names);
}

/* ---- events, orders, letters ---- */

static int record(struct souk_ctx *ctx, struct ask *ask)
{
    return souk_record(ctx, word(ctx, ask, "kind"), number(ask, "person", 0), text(ask, "subject"),
                       souk_get(ask->args, "data"));
}

static int recent(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *list = NULL;
    int code = souk_recent(ctx, word(ctx, ask, "kind"), number(ask, "person", 0),
                           number(ask, "before", 0), (uint32_t)number(ask, "limit", 50), &list);
    struct souk_value *ids = souk_set_list(ctx, ask->out, "ids");
    struct souk_walk walk = souk_walk(list);
    while (souk_step(&walk)) /* whole numbers for plugins */
        souk_set_str(ctx, ids, NULL,
                     souk_printf(ctx, "%lld", (long long)souk_int(souk_get(walk.value, "id"), -1)));
    return keep(ctx, ask, code, list);
}

static int order_list(struct souk_ctx *ctx, struct ask *ask)
{
    const struct souk_value *list = NULL;
    int code = souk_order_list(ctx, souk_get(ask->args, "query"), &list);
    struct souk_value *ids = souk_set_list(ctx, ask->out, "ids");
    struct souk_walk walk = souk_walk(list);
    while (souk_step(&walk))
        souk_set_str(ctx, ids, NULL,
                     souk_printf(ctx, "%lld", (long long)souk_int(souk_get(walk.value, "id"), -1)));
    return keep(ctx, ask, code, list);
}

static int order_step(struct souk_ctx *ctx, struct ask *ask)
{
    return souk_order_step(ctx, number(ask, "id", 0), word(ctx, ask, "step"),
                           souk_get(ask->args, "args"));
}

static int letter(struct souk_ctx *ctx, struct ask *ask)
{
    int64_t id = -1;
    struct souk_letter letter = {.size = sizeof letter,
                                 .marketing = (int32_t)number(ask, "marketing", 0),
                                 .person_id = number(ask, "person", 0),
                                 .recipient = text(ask, "recipient"),
                                 .channel = text(ask, "channel"),
                                 .locale = text(ask, "locale"),
                                 .key = text(ask, "key"),
                                 .name = word(ctx, ask, "name"),
                                 .view = souk_get(ask->args, "view")};
    int code = souk_letter_send(ctx, &letter, &id);
    set_id(ctx, ask, id);
    return code;
}

/* ---- what no caller should hand over ---- */

#define TRY(words, call)                                                                           \
    do {                                                                                           \
        struct souk_value *row = souk_set_map(ctx, list, NULL);                                    \
        souk_set_cstr(ctx, row, "call", words);                                                    \
        souk_set_int(ctx, row, "code", (call));                                                    \
    } while (0)

static int hostile(struct souk_ctx *ctx, struct ask *ask)
{
    struct souk_value *list = souk_set_list(ctx, ask->out, "out");
    struct souk_value *no_map = souk_list(ctx);
    const struct souk_value *value;
    struct souk_str wild = {NULL, 7}, huge = {"x", (size_t)1 << 40}, got;
    struct souk_file_writer *writer;
    struct souk_file_info small = {.size = 4};
    struct souk_letter empty = {.size = sizeof empty}, short_letter = {.size = 8};
    struct souk_letter bad = {.size = sizeof bad, .key = wild, .name = "notice"};
    int64_t id;
    TRY("cart.get", souk_cart_get(ctx, wild, &value));
    TRY("cart.get", souk_cart_get(ctx, huge, &value));
    TRY("cart.get", souk_cart_get(ctx, souk_str("x"), NULL));
    TRY("cart.change", souk_cart_change(ctx, wild, no_map, NULL));
    TRY("cart.change", souk_cart_change(ctx, souk_str(""), NULL, NULL));
    TRY("cart.change", souk_cart_change(ctx, souk_str(""), no_map, NULL));
    TRY("person.get", souk_person_get(ctx, 1, NULL));
    TRY("person.get", souk_person_get(ctx, INT64_MIN, &value));
    TRY("person.find", souk_person_find(ctx, NULL, wild, NULL));
    TRY("person.find", souk_person_find(ctx, "pigeon", souk_str("x"), &id));
    TRY("person.find", souk_person_find(ctx, "email", huge, &id));
    TRY("person.make", souk_person_make(ctx, NULL, NULL));
    TRY("person.make", souk_person_make(ctx, no_map, &id));
    TRY("person.raise", souk_person_raise(ctx, 1, NULL));
    TRY("person.raise", souk_person_raise(ctx, 1, "owner"));
    TRY("consent", souk_consent(ctx, 1, NULL));
    TRY("consent", souk_consent(ctx, 1, "other.news"));
    TRY("consent_set", souk_consent_set(ctx, 1, NULL, 1, wild, wild));
    TRY("consent_set", souk_consent_set(ctx, 1, "email", 1, wild, huge));
    TRY("content.page", souk_content_page(ctx, wild, &value));
    TRY("content.page", souk_content_page(ctx, souk_str("x"), NULL));
    TRY("content.save", souk_content_save(ctx, NULL, NULL));
    TRY("content.save", souk_content_save(ctx, no_map, NULL));
    TRY("html", souk_html(ctx, wild).len ? 1 : SOUK_INVALID);
    TRY("html", souk_html(ctx, huge).len ? 1 : SOUK_INVALID);
    TRY("plain", souk_plain(ctx, huge, 5).len ? 1 : SOUK_INVALID);
    TRY("render", souk_render(ctx, NULL, wild, NULL, NULL));
    TRY("render", souk_render(ctx, "../../souk/page/home", wild, NULL, &got));
    TRY("render", souk_render(ctx, "mail/notice.txt", wild, NULL, &got));
    TRY("render", souk_render(ctx, "mail/notice.txt", souk_str(""), no_map, &got));
    TRY("locales", souk_locales(ctx, NULL));
    TRY("t_in", souk_api->locale->translate(ctx, wild, wild, huge, 2).len ? 1 : SOUK_INVALID);
    TRY("money", souk_money_text(ctx, wild, 1, wild).len ? 1 : SOUK_INVALID);
    TRY("date", souk_date_text(ctx, wild, INT64_MAX, 0, wild).len ? 1 : SOUK_INVALID);
    TRY("date", souk_date_text(ctx, wild, 0, 99, wild).len ? 1 : SOUK_INVALID);
    TRY("time.parse", souk_time_parse(wild, &id));
    TRY("time.parse", souk_time_parse(souk_str("2026-01-01"), NULL));
    TRY("time.civil", souk_time_civil(ctx, 0, wild, NULL));
    TRY("time.civil", souk_time_civil(ctx, INT64_MIN, souk_str(""), &(struct souk_civil){0}));
    TRY("time.join", souk_time_join(ctx, NULL, wild, NULL));
    TRY("hash", souk_hash(ctx, 99, souk_str("x"), &got));
    TRY("hash", souk_hash(ctx, SOUK_SHA1, wild, &got));
    TRY("hash", souk_hash(ctx, SOUK_SHA1, souk_str("x"), NULL));
    TRY("hmac", souk_hmac(ctx, SOUK_MD5, huge, souk_str("x"), &got));
    TRY("verify", souk_verify(ctx, wild, wild, wild));
    TRY("encode", souk_encode(ctx, SOUK_HEX, huge).len ? 1 : SOUK_INVALID);
    TRY("encode", souk_encode(ctx, 0, souk_str("x")).len ? 1 : SOUK_INVALID);
    TRY("decode", souk_decode(ctx, SOUK_BASE64, wild, NULL));
    TRY("decode", souk_decode(ctx, 77, souk_str("x"), &got));
    TRY("file.begin", souk_file_begin(ctx, souk_str("../up"), &writer));
    TRY("file.begin", souk_file_begin(ctx, wild, &writer));
    TRY("file.read", souk_file_read(ctx, souk_str("x"), -1, 5, &got));
    TRY("file.read", souk_file_read(ctx, souk_str("x"), 0, UINT32_MAX, &got));
    TRY("file.read", souk_file_read(ctx, souk_str("x"), 0, 5, NULL));
    TRY("file.info", souk_file_info(ctx, souk_str("x"), NULL));
    TRY("file.info", souk_file_info(ctx, souk_str("x"), &small));
    TRY("file.remove", souk_file_remove(ctx, souk_str(".new-x")));
    TRY("file.list", souk_file_list(ctx, NULL));
    TRY("answer_file", souk_answer_file(ctx, souk_str("a/b"), "text/plain", souk_str("")));
    TRY("answer_file", souk_answer_file(ctx, souk_str("x"), NULL, souk_str("")));
    TRY("answer_file", souk_answer_file(ctx, souk_str("x"), "a\r\nb", souk_str("a\nb")));
    TRY("record", souk_record(ctx, NULL, 0, wild, NULL));
    TRY("record", souk_record(ctx, "order.placed", 0, souk_str(""), NULL));
    TRY("record", souk_record(ctx, "probe_kit.x", 0, huge, NULL));
    TRY("record", souk_record(ctx, "probe_kit.x", 0, souk_str(""), no_map));
    TRY("recent", souk_recent(ctx, NULL, 0, 0, 501, &value));
    TRY("recent", souk_recent(ctx, NULL, 0, 0, 0, &value));
    TRY("recent", souk_recent(ctx, "x", 0, 0, 5, &value));
    TRY("recent", souk_recent(ctx, NULL, 0, 0, 5, NULL));
    TRY("order.list", souk_order_list(ctx, no_map, &value));
    TRY("order.list", souk_order_list(ctx, NULL, NULL));
    TRY("order.step", souk_order_step(ctx, 1, NULL, NULL));
    TRY("order.step", souk_order_step(ctx, 1, "cancel", no_map));
    TRY("letter", souk_letter_send(ctx, NULL, NULL));
    TRY("letter", souk_letter_send(ctx, &empty, NULL));
    TRY("letter", souk_letter_send(ctx, &short_letter, NULL));
    TRY("letter", souk_letter_send(ctx, &bad, NULL));
    return SOUK_OK;
}

/* ---- routes ---- */

static const struct {
    const char *name;
    int (*run)(struct souk_ctx *ctx, struct ask *ask);
} functions[] = {
    {"cart.current", cart_current},
    {"cart.get", cart_get},
    {"cart.change", cart_change},
    {"person.current", person_current},
    {"person.visitor", person_visitor},
    {"person.staff", person_staff},
    {"person.get", person_get},
    {"person.find", person_find},
    {"person.make", person_make},
    {"person.raise", person_raise},
    {"consent", consent},
    {"consent_set", consent_set},
    {"content.page", content_page},
    {"content.save", content_save},
    {"content.html", content_html},
    {"content.plain", content_plain},
    {"content.render", content_render},
    {"locale.list", locale_list},
    {"locale.t", locale_say},
    {"locale.money", locale_money},
    {"locale.date", locale_date},
    {"time.civil", time_civil},
    {"crypto", crypto},
    {"verify", verify},
    {"file.write", file_write},
    {"file.many", file_many},
    {"file.misuse", file_misuse},
    {"file.stray", file_stray},
    {"file.hold", file_hold},
    {"file.read", file_read},
    {"file.info", file_info},
    {"file.remove", file_remove},
    {"file.list", file_list},
    {"event.record", record},
    {"event.recent", recent},
    {"order.list", order_list},
    {"order.step", order_step},
    {"letter", letter},
    {"hostile", hostile},
};

static int run_named(struct souk_ctx *ctx)
{
    struct souk_str name = souk_param(ctx, "function"), given = souk_query_param(ctx, "args");
    struct ask ask = {.out = souk_map(ctx)};
    struct souk_value *parsed = NULL;
    int code = SOUK_NOT_FOUND;
    if (given.len && souk_json_parse(ctx, given, &parsed) == SOUK_OK)
        ask.args = parsed;
    else if (!given.len && souk_str_is(souk_method(ctx), "POST"))
        souk_body_json(ctx, &ask.args);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (souk_str_is(name, functions[i].name))
            code = functions[i].run(ctx, &ask);
    souk_set_int(ctx, ask.out, "code", code);
    if (code < 0)
        souk_set_str(ctx, ask.out, "why", souk_failure(ctx));
    return souk_answer_json(ctx, 200, ask.out);
}

static int give_file(struct souk_ctx *ctx)
{
    struct souk_str as = souk_query_param(ctx, "as"), cache = souk_query_param(ctx, "cache");
    if (cache.len)
        souk_set_header(ctx, "Cache-Control", cache);
    return souk_answer_file(ctx, souk_param(ctx, "name"), "text/csv; charset=utf-8", as);
}

static int write_nothing(struct souk_ctx *ctx, void *arg)
{
    return SOUK_OK;
}

/* A file is sent once, a write step may run twice. */
static int give_and_write(struct souk_ctx *ctx)
{
    int code = give_file(ctx);
    return code ? code : souk_then_write(ctx, write_nothing, NULL);
}

/* What it says goes back as the answer's status: for words that people read. */
static int run_bare(struct souk_ctx *ctx)
{
    const struct souk_value *body = NULL, *cart = NULL;
    int code = souk_body_json(ctx, &body);
    if (code == SOUK_OK)
        code =
            souk_cart_change(ctx, souk_text(souk_get(body, "id")), souk_get(body, "change"), &cart);
    return code ? code : souk_answer_json(ctx, 200, cart);
}

static int run_job(struct souk_ctx *ctx, const struct souk_value *payload)
{
    struct ask ask = {.args = payload, .out = souk_map(ctx)};
    return file_write(ctx, &ask);
}

static int start_job(struct souk_ctx *ctx)
{
    const struct souk_value *body = NULL;
    int code = souk_body_json(ctx, &body);
    if (code == SOUK_OK)
        code = souk_job_add(ctx, "write", souk_str(""), body, 0);
    return code ? code : souk_answer(ctx, 202, "text/plain", souk_str("later"));
}

static const struct souk_route routes[] = {
    {"GET", "/read/{function}", SOUK_READ, SOUK_PUBLIC, run_named, "A function from READ"},
    {"GET", "/kept/{function}", SOUK_READ, SOUK_PUBLIC, run_named, "A function from a cached route",
     .flags = SOUK_CACHED},
    {"POST", "/write/{function}", SOUK_WRITE, SOUK_PUBLIC, run_named, "A function from WRITE"},
    {"POST", "/task/{function}", SOUK_TASK, SOUK_PUBLIC, run_named, "A function from TASK",
     .deadline_ms = 20000},
    {"POST", "/bare", SOUK_TASK, SOUK_PUBLIC, run_bare, "Changes a cart and says what comes back"},
    {"POST", "/job", SOUK_WRITE, SOUK_PUBLIC, start_job, "Writes a file from a job"},
    {"GET", "/files/{name}", SOUK_READ, SOUK_PUBLIC, give_file, "A file, from READ"},
    {"GET", "/task-files/{name}", SOUK_TASK, SOUK_PUBLIC, give_file, "A file, from TASK"},
    {"GET", "/kept-files/{name}", SOUK_READ, SOUK_PUBLIC, give_file, "A file, from a cached route",
     .flags = SOUK_CACHED},
    {"GET", "/then-files/{name}", SOUK_TASK, SOUK_PUBLIC, give_and_write, "A file and a step"},
    {"POST", "/write-files/{name}", SOUK_WRITE, SOUK_PUBLIC, give_file, "A file, from WRITE"},
    {"GET", "/desk/{function}", SOUK_READ, SOUK_ADMIN, run_named, "A function for staff"},
};
static const struct souk_job jobs[] = {{.name = "write", .run = run_job, .attempts = 2}};

static const char notice_html[] = "{% layout \"mail/layout\" %}{% block content %}<p>{{ text }} "
                                  "{{ html }} {{ \"Unsubscribe\" | t }}</p>{% endblock %}";
static const char notice_txt[] = "{% layout \"mail/layout.txt\" %}{% block subject %}{{ "
                                 "\"Unsubscribe\" | t }} & {{ text }}{% endblock %}{% block "
                                 "content %}{{ text }} for {{ name }}{% endblock %}";
static const char bare_txt[] = "Bare\n\nNothing but {{ text }}{{ link }}\n";
static const char part_html[] =
    "<p>{{ text }}|{{ html }}|{{ \"/cart\" | page_url }}|{{ locale }}</p>";

static const struct souk_file files[] = {
    {"templates/mail/notice.html", notice_html, notice_html + sizeof notice_html - 1},
    {"templates/mail/notice.txt", notice_txt, notice_txt + sizeof notice_txt - 1},
    {"templates/mail/bare.txt", bare_txt, bare_txt + sizeof bare_txt - 1},
    {"templates/part.html", part_html, part_html + sizeof part_html - 1},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_kit",
    .version = "1.0.0",
    .summary = "The kit as plugins see it",
    .contact = "tests@example.org",
    .routes = SOUK_TABLE(routes),
    .jobs = SOUK_TABLE(jobs),
    .files = SOUK_TABLE(files),
};
