/*
 * message_letter.c: letters that plugins write to people (souk_letter_send): rows of the same
 * machinery as the shop's own messages, with the kind "<plugin>/<name>" and the plugin's template.
 *
 * The idea: who it goes to is decided when it is written, in the plugin's own transaction: the
 * address, whether it is written to at all, and for news and offers whether the person has agreed.
 * What it says is rendered when it is sent, in the receiver's language; a plugin that is off by
 * then lets its letters wait, with the reason beside them.
 *
 * News and offers carry a way to leave that needs no sign-in: a link that names person and channel
 * and is signed with the shop's key (app/storefront/unsubscribe.c takes the "no"). Who left
 * meanwhile gets nothing more, though it was written before.
 */
#include "app/message_inner.h"

#include <sodium.h>
#include "app/message.sql.h"
#include "app/offer_inner.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/market.h"
#include "shop/order.h"
#include "shop/person.h"

#define MAC_LEN crypto_auth_hmacsha256_BYTES

int message_is_letter(struct souk_str kind)
{
    return str_find(kind, '/') > 0;
}

/* ---- who gets it ---- */

/* What kind of contact a channel goes to; NULL: an address of its own that only the plugin knows.
 */
static const char *contact_kind(struct souk_str channel)
{
    return souk_str_is(channel, "email") ? "email" : souk_str_is(channel, "sms") ? "phone" : NULL;
}

struct writing {
    struct db_conn *conn;
    struct arena *arena;
    const struct letter *letter;
    struct souk_str channel, recipient, locale;
    int64_t person;
    struct err *err;
};

static int find_person(struct writing *writing)
{
    int known = 0;
    if (!writing->letter->person_id)
        return SOUK_OK;
    int code = person_known(writing->conn, writing->letter->person_id, &writing->person, &known);
    return code || known ? code
                         : err_set(writing->err, SOUK_NOT_FOUND, "there is no person %lld",
                                   (long long)writing->letter->person_id);
}

static int find_recipient(struct writing *writing)
{
    const struct letter *letter = writing->letter;
    const char *kind = contact_kind(writing->channel);
    if (letter->recipient.len && kind)
        return contact_normalize(writing->arena, kind, letter->recipient, market_shop()->country,
                                 &writing->recipient, writing->err);
    writing->recipient = letter->recipient;
    if (!letter->recipient.len && kind && writing->person)
        writing->recipient = contact_of(writing->conn, writing->arena, writing->person, kind);
    if (writing->recipient.len)
        return SOUK_OK;
    return err_set(writing->err, SOUK_NOT_FOUND, "there is no address to write to by %.*s",
                   SOUK_PRI(writing->channel));
}

/* News and offers go to a proven address of somebody who said yes. Whose address it is proven to be
 * is kept with every letter: what they may see and what goes when they are erased. */
static int check_consent(struct writing *writing)
{
    const char *kind = contact_kind(writing->channel);
    int64_t owner = kind ? contact_owner(writing->conn, kind, writing->recipient) : writing->person;
    if (!writing->person)
        writing->person = owner;
    if (!writing->letter->marketing)
        return SOUK_OK;
    if (owner && owner == writing->person &&
        consent_held(writing->conn, owner, arena_cstr(writing->arena, writing->channel)) == 1)
        return SOUK_OK;
    return err_set(writing->err, SOUK_DENIED,
                   "this person has not agreed to news by %.*s, or has not proved the address",
                   SOUK_PRI(writing->channel));
}

static int check_suppressed(struct writing *writing)
{
    int64_t one;
    int code = db_get_int(writing->conn, &sql_message_suppressed, &one, DB_TEXT(writing->channel),
                          DB_TEXT(writing->recipient));
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    return code ? code : err_set(writing->err, SOUK_DENIED, "this address is written to no more");
}

static int find_locale(struct writing *writing)
{
    struct souk_str wanted = writing->letter->locale;
    const char *known = wanted.len ? market_locale(wanted) : NULL;
    struct json *person;
    if (wanted.len && !known)
        return err_set(writing->err, SOUK_INVALID, "\"%.*s\" is not a language of this shop",
                       SOUK_PRI(wanted));
    if (!known && writing->person &&
        person_load(writing->conn, writing->arena, writing->person, &person) == SOUK_OK)
        known = market_locale(json_text(json_at(person, "locale")));
    writing->locale = souk_str(known ? known : market_shop()->locales[0]);
    return SOUK_OK;
}

/* ---- the row ---- */

static int put_row(struct writing *writing, struct souk_str key, int64_t now, int64_t *id)
{
    const struct letter *letter = writing->letter;
    struct arena *arena = writing->arena;
    struct json *data = json_new(arena, JSON_OBJECT);
    struct buf text = {.arena = arena};
    int64_t changed = 0, fresh = id_next();
    json_add_tree(arena, data, "view", letter->view);
    json_add_bool(arena, data, "marketing", letter->marketing);
    json_print(&text, data);
    struct souk_str kind = arena_printf(arena, "%s/%s", letter->plugin, letter->name);
    int code = db_run(writing->conn, &sql_message_insert, &changed, DB_INT(fresh),
                      DB_TEXT(writing->channel), DB_TEXT(kind), DB_TEXT(key),
                      DB_TEXT(writing->recipient), DB_INT(writing->person), DB_INT(0),
                      DB_TEXT(writing->locale), DB_TEXT(buf_str(&text)), DB_INT(now));
    if (code != SOUK_OK || !changed)
        return code;
    *id = fresh;
    return message_add_job(writing->conn, arena, fresh, writing->channel, now);
}

int message_letter(struct db_conn *conn, struct arena *arena, const struct letter *letter,
                   int64_t now, int64_t *id, struct err *err)
{
    struct writing writing = {.conn = conn,
                              .arena = arena,
                              .letter = letter,
                              .channel =
                                  letter->channel.len ? letter->channel : souk_str(MESSAGE_CHANNEL),
                              .recipient = souk_str(""),
                              .err = err};
    struct souk_str key =
        arena_printf(arena, "plugin:%s:%.*s", letter->plugin, SOUK_PRI(letter->key));
    int64_t there;
    *id = 0;
    int code =
        db_get_int(conn, &sql_message_of_key, &there, DB_TEXT(writing.channel), DB_TEXT(key));
    if (code != SOUK_NOT_FOUND)
        return code; /* this occasion was written about */
    if ((code = find_person(&writing)) == SOUK_OK && (code = find_recipient(&writing)) == SOUK_OK &&
        (code = check_consent(&writing)) == SOUK_OK &&
        (code = check_suppressed(&writing)) == SOUK_OK && (code = find_locale(&writing)) == SOUK_OK)
        code = put_row(&writing, key, now, id);
    if (code != SOUK_OK && !err->text[0])
        err_set(err, code, "the letter was not kept: %s", db_error(conn));
    return code;
}

/* ---- leaving ---- */

static void make_mac(struct souk_str body, unsigned char *mac)
{
    struct souk_str key = offer_key();
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)"unsubscribe:", 12);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.ptr, body.len);
    crypto_auth_hmacsha256_final(&state, mac);
}

static struct souk_str leave_token(struct arena *arena, int64_t person, struct souk_str channel)
{
    unsigned char mac[MAC_LEN];
    char text[sodium_base64_ENCODED_LEN(MAC_LEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    struct souk_str body = arena_printf(arena, "%lld~%.*s", (long long)person, SOUK_PRI(channel));
    make_mac(body, mac);
    sodium_bin2base64(text, sizeof text, mac, MAC_LEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return arena_printf(arena, "%.*s~%s", SOUK_PRI(body), text);
}

int message_leave_read(struct arena *arena, struct souk_str token, int64_t *person,
                       const char **channel)
{
    struct souk_str rest = token, id, name;
    if (token.len > 300 || !str_split(&rest, '~', &id) || !str_split(&rest, '~', &name) ||
        !rest.len || !offer_key().len || str_to_int(id, person) != SOUK_OK)
        return SOUK_NOT_FOUND;
    *channel = arena_cstr(arena, name);
    return str_equal_secret(leave_token(arena, *person, name), token) ? SOUK_OK : SOUK_NOT_FOUND;
}

/* The whole address; empty where the shop has none. */
static struct souk_str leave_link(struct arena *arena, const struct message_row *row,
                                  const char *locale)
{
    const char *base = market_shop()->url, *first = market_shop()->locales[0];
    struct buf out = {.arena = arena};
    if (!base || !*base || !offer_key().len)
        return souk_str("");
    buf_add_cstr(&out, base);
    if (first && strcmp(first, locale) != 0)
        buf_printf(&out, "/%s", locale);
    buf_add_cstr(&out, "/unsubscribe?token=");
    buf_add_encoded(&out, leave_token(arena, row->person, row->channel));
    return buf_str(&out);
}

/* ---- what it says ---- */

static int still_agreed(const struct provider_scope *scope, const struct message_row *row)
{
    struct db_conn *conn = db_read_begin(scope->db, 0);
    int held = conn ? consent_held(conn, row->person, row->channel.ptr) : -1;
    db_read_end(conn);
    return held == 1;
}

/* Is it written to whoever bought: at the order's address, or at a proven one of theirs? */
static int is_buyer(struct db_conn *conn, const struct message_row *row, const struct json *order,
                    int64_t buyer)
{
    const char *kind = contact_kind(row->channel);
    if (kind && souk_str_equal(row->recipient, json_text(json_at(order, kind))))
        return 1;
    int64_t reader = kind ? contact_owner(conn, kind, row->recipient) : row->person;
    return buyer && reader && reader == buyer;
}

/* A view that names an order gets the address of its page, when the buyer reads the letter: the
 * plugin never sees the token in it, and nobody else gets it. */
static int add_order_link(const struct provider_scope *scope, const struct message_row *row,
                          const struct json *named, struct json *view)
{
    struct arena *arena = scope->arena;
    struct json *order = NULL;
    int64_t id = json_int(named, 0);
    if (!id && str_to_int(json_text(named), &id) != SOUK_OK) /* ids are text in JSON */
        return SOUK_OK;
    struct db_conn *conn = db_read_begin(scope->db, 0);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int code = order_load(conn, arena, id, 0, &order);
    if (code == SOUK_OK && is_buyer(conn, row, order, person_root(conn, order_person_of(conn, id))))
        message_add_link(arena, view, message_order_path(arena, scope->locale, order));
    db_read_end(conn);
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

int message_letter_view(const struct provider_scope *scope, const struct message_row *row,
                        struct json **out, struct souk_str *leave, struct err *err)
{
    struct arena *arena = scope->arena;
    struct json *data = NULL;
    struct json *view = message_frame(scope, row);
    *leave = souk_str("");
    int code = json_parse(arena, row->data, &data, err);
    if (code != SOUK_OK)
        return code;
    if (json_true(json_at(data, "marketing"))) {
        if (!still_agreed(scope, row))
            return err_set(err, SOUK_DENIED, "the person has said no meanwhile");
        *leave = leave_link(arena, row, scope->locale);
        if (!leave->len)
            return err_set(err, SOUK_UNAVAILABLE,
                           "say shop = { url = \"https://…\" } in souk.lua: news need a link to "
                           "leave");
    }
    if (add_order_link(scope, row, json_at(json_at(data, "view"), "order"), view) != SOUK_OK)
        return err_set(err, SOUK_UNAVAILABLE, "the order of the letter cannot be read now");
    json_each(item, json_at(data, "view")) * json_add_key(arena, view, item->key, JSON_NULL) =
        item->value;
    json_add_str(arena, view, "unsubscribe", *leave);
    *out = view;
    return SOUK_OK;
}

static int holds(struct souk_str text, struct souk_str part)
{
    return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* A template without the shop's layout has its link at the end all the same. */
static void add_link(const struct provider_scope *scope, struct souk_str leave,
                     struct message_text *out)
{
    struct arena *arena = scope->arena;
    struct souk_str words = delivery_words(scope, "Unsubscribe");
    if (!leave.len)
        return;
    if (!holds(out->text, leave))
        out->text = arena_printf(arena, "%.*s\n-- \n%.*s: %.*s\n", SOUK_PRI(out->text),
                                 SOUK_PRI(words), SOUK_PRI(leave));
    if (out->html.len && !holds(out->html, leave))
        out->html = arena_printf(arena, "%.*s\n<p><a href=\"%.*s\">%.*s</a></p>\n",
                                 SOUK_PRI(out->html), SOUK_PRI(leave), SOUK_PRI(words));
}

int message_letter_render(const struct provider_scope *scope, const struct message_row *row,
                          const struct json *view, struct souk_str leave, struct message_text *out,
                          struct err *err)
{
    struct arena *arena = scope->arena;
    struct souk_str rest = row->kind, plugin, text;
    str_split(&rest, '/', &plugin);
    const char *owner = arena_cstr(arena, plugin);
    const char *name = arena_printf(arena, "%s/mail/%.*s", owner, SOUK_PRI(rest)).ptr;
    const char *plain = arena_printf(arena, "%s.txt", name).ptr;
    struct site_away away = {.locale = scope->locale, .owner = owner, .now = clock_now()};
    if (!scope->set || !set_plugin(scope->set, plugin))
        return err_set(err, SOUK_UNAVAILABLE, "plugin \"%s\", whose letter this is, is off", owner);
    int code = site_render_text(scope->set, arena, &away, plain, view, &text, err);
    if (code != SOUK_OK)
        return code;
    if (!souk_str_is(row->channel, MESSAGE_CHANNEL)) { /* no subject, no HTML */
        out->subject = out->html = souk_str("");
        out->text = message_tidy(arena, text);
        return SOUK_OK;
    }
    message_cut_subject(arena, text, out);
    out->html = souk_str("");
    if (site_has_template(scope->set, name))
        code = site_render_text(scope->set, arena, &away, name, view, &out->html, err);
    add_link(scope, leave, out);
    return code;
}
