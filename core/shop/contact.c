/*
 * contact: addresses and numbers by which a person is reached.
 *
 * The idea: a contact is kept as it was written and in one form that compares. Until it is
 * confirmed it is a claim: many records may hold the same. Confirming proves it; one proven address
 * belongs to one person, so a second proof joins the two records.
 *
 * Mail addresses compare in lower case, the local part too: no provider in use tells them apart.
 * Numbers become E.164; a national one is read by the rules of a country.
 */
#include "shop/person.h"

#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/contact.sql.h"
#include "shop/market.h"

#define EMAIL_MOST     254
#define LOCAL_MOST     64
#define LEAD_NAME_MOST 200

/* ---- mail ---- */

static int is_local_byte(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

/* Letters that cannot be seen or look like others, by their bytes: controls, joiners, directions,
 * wide forms, tags. Somebody could pass for somebody else with them. */
static int has_disguise(struct souk_str text)
{
    static const struct {
        const char *from, *to;
    } spans[] = {
        {"\xC2\x80", "\xC2\xA0"},                 /* controls, no-break space */
        {"\xC2\xAD", "\xC2\xAD"},                 /* soft hyphen */
        {"\xD8\x9C", "\xD8\x9C"},                 /* direction */
        {"\xE1\xA0\x8E", "\xE1\xA0\x8E"},         /* Mongolian separator */
        {"\xE2\x80\x80", "\xE2\x80\x8F"},         /* spaces, joiners, directions */
        {"\xE2\x80\xA8", "\xE2\x80\xAF"},         /* line ends, directions */
        {"\xE2\x81\x9F", "\xE2\x81\xAF"},         /* spaces, invisible signs */
        {"\xE3\x80\x80", "\xE3\x80\x82"},         /* wide space and stop */
        {"\xEF\xB8\x80", "\xEF\xB8\x8F"},         /* variation selectors */
        {"\xEF\xBB\xBF", "\xEF\xBB\xBF"},         /* byte order mark */
        {"\xEF\xBC\x80", "\xEF\xBF\xBF"},         /* wide forms */
        {"\xF3\xA0\x80\x80", "\xF3\xA0\xBF\xBF"}, /* tags */
    };
    for (size_t i = 0; i < text.len; i++)
        for (size_t k = 0; k < sizeof spans / sizeof *spans; k++) {
            size_t len = strlen(spans[k].from);
            if (i + len <= text.len && memcmp(text.ptr + i, spans[k].from, len) >= 0 &&
                memcmp(text.ptr + i, spans[k].to, len) <= 0)
                return 1;
        }
    return 0;
}

static int is_domain(struct souk_str domain)
{
    struct souk_str part;
    int labels = 0;
    if (domain.len == 0 || domain.ptr[domain.len - 1] == '.')
        return 0;
    while (str_split(&domain, '.', &part)) {
        if (part.len == 0 || part.len > 63 || part.ptr[0] == '-' || part.ptr[part.len - 1] == '-')
            return 0;
        for (size_t i = 0; i < part.len; i++) {
            unsigned char c = (unsigned char)part.ptr[i];
            if (!(c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-'))
                return 0;
        }
        labels++;
    }
    return labels >= 2;
}

static int is_email(struct souk_str text)
{
    ptrdiff_t at = str_find(text, '@');
    if (at < 1 || at > LOCAL_MOST || text.len > EMAIL_MOST || text.ptr[0] == '.' ||
        text.ptr[at - 1] == '.')
        return 0;
    for (ptrdiff_t i = 0; i < at; i++)
        if (!is_local_byte((unsigned char)text.ptr[i]) ||
            (text.ptr[i] == '.' && text.ptr[i + 1] == '.'))
            return 0;
    return is_domain(str_from(text, (size_t)at + 1));
}

static int normalize_email(struct arena *arena, struct souk_str written, struct souk_str *value,
                           struct err *err)
{
    struct souk_str text = str_trim(written);
    if (text.len == 0)
        return err_set(err, SOUK_INVALID, "an e-mail address is needed");
    if (utf8_valid(text) && text.len <= EMAIL_MOST)
        text = utf8_lower(arena, text);
    if (!utf8_valid(text) || has_disguise(text) || !is_email(text))
        return err_set(err, SOUK_INVALID,
                       "this is no e-mail address; write it like name@example.com");
    *value = text;
    return SOUK_OK;
}

/* ---- telephone ---- */

struct country { /* code of calls, and what stands before a number at home only */
    char name[3];
    const char *prefix, *trunk;
};
static const struct country countries[] = {
    {"AL", "355", "0"}, {"AM", "374", "0"}, {"AT", "43", "0"},  {"AU", "61", "0"},
    {"BA", "387", "0"}, {"BD", "880", "0"}, {"BE", "32", "0"},  {"BG", "359", "0"},
    {"BR", "55", "0"},  {"BY", "375", "8"}, {"CA", "1", "1"},   {"CH", "41", "0"},
    {"CN", "86", "0"},  {"CY", "357", ""},  {"CZ", "420", ""},  {"DE", "49", "0"},
    {"DK", "45", ""},   {"EE", "372", ""},  {"ES", "34", ""},   {"FI", "358", "0"},
    {"FR", "33", "0"},  {"GB", "44", "0"},  {"GE", "995", "0"}, {"GR", "30", ""},
    {"HR", "385", "0"}, {"HU", "36", "06"}, {"IE", "353", "0"}, {"IL", "972", "0"},
    {"IN", "91", "0"},  {"IS", "354", ""},  {"IT", "39", ""},   {"JP", "81", "0"},
    {"KR", "82", "0"},  {"LT", "370", "0"}, {"LU", "352", ""},  {"LV", "371", ""},
    {"MD", "373", "0"}, {"ME", "382", "0"}, {"MK", "389", "0"}, {"MT", "356", ""},
    {"MX", "52", ""},   {"NL", "31", "0"},  {"NO", "47", ""},   {"NZ", "64", "0"},
    {"PL", "48", ""},   {"PT", "351", ""},  {"RO", "40", "0"},  {"RS", "381", "0"},
    {"SE", "46", "0"},  {"SI", "386", "0"}, {"SK", "421", "0"}, {"TR", "90", "0"},
    {"UA", "380", "0"}, {"US", "1", "1"},   {"XK", "383", "0"}, {"ZA", "27", "0"},
};

static const struct country *country_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof countries / sizeof *countries; i++)
        if (strcmp(countries[i].name, name) == 0)
            return &countries[i];
    return NULL;
}

/* Digits alone; *plus when the number begins with a country's code. SOUK_INVALID for letters. */
static int digits_of(struct souk_str written, struct buf *digits, int *plus)
{
    struct souk_str text = str_trim(written);
    *plus = str_starts(text, "+");
    for (size_t i = *plus ? 1 : 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9')
            buf_add_char(digits, c);
        else if (!strchr(" -./()", c) || !c)
            return SOUK_INVALID;
    }
    return digits->len ? SOUK_OK : SOUK_INVALID;
}

static int normalize_phone(struct arena *arena, struct souk_str written, const char *country,
                           struct souk_str *value, struct err *err)
{
    static const char *const words = "this is no telephone number; write it like +359 888 123 456";
    struct buf digits = {.arena = arena};
    int plus;
    if (str_trim(written).len == 0)
        return err_set(err, SOUK_INVALID, "a telephone number is needed");
    if (digits_of(written, &digits, &plus) != SOUK_OK)
        return err_set(err, SOUK_INVALID, "%s", words);
    struct souk_str number = buf_str(&digits);
    if (!plus && str_starts(number, "00")) {
        number = str_from(number, 2);
        plus = 1;
    }
    const struct country *at = country_find(country);
    const char *prefix = "";
    if (!plus) {
        if (!at)
            return err_set(err, SOUK_INVALID, "%s", words);
        prefix = at->prefix;
        if (at->trunk[0] && str_starts(number, at->trunk))
            number = str_from(number, strlen(at->trunk));
    }
    size_t len = strlen(prefix) + number.len;
    if (number.len < 5 || len < 8 || len > 15 || (plus && number.ptr[0] == '0'))
        return err_set(err, SOUK_INVALID, "%s", words);
    *value = arena_printf(arena, "+%s%.*s", prefix, SOUK_PRI(number));
    return SOUK_OK;
}

int contact_normalize(struct arena *arena, const char *kind, struct souk_str written,
                      const char *country, struct souk_str *value, struct err *err)
{
    if (strcmp(kind, "email") == 0)
        return normalize_email(arena, written, value, err);
    if (strcmp(kind, "phone") == 0)
        return normalize_phone(arena, written, country, value, err);
    return err_set(err, SOUK_INVALID, "a contact is an email or a phone, not \"%s\"", kind);
}

/* ---- rows ---- */

int contact_add(struct db_conn *conn, struct arena *arena, int64_t person_id, const char *kind,
                struct souk_str written, int64_t now, int64_t *id, struct err *err)
{
    const struct market_shop *shop = market_shop();
    struct souk_str value;
    int code = contact_normalize(arena, kind, written, shop ? shop->country : NULL, &value, err);
    if (code != SOUK_OK)
        return code;
    person_id = person_root(conn, person_id);
    code =
        db_get_int(conn, &sql_contact_find, id, DB_INT(person_id), DB_CSTR(kind), DB_TEXT(value));
    if (code != SOUK_NOT_FOUND)
        return code;
    *id = id_next();
    code = db_run(conn, &sql_contact_insert, NULL, DB_INT(*id), DB_INT(person_id), DB_CSTR(kind),
                  DB_TEXT(value), DB_TEXT(str_trim(written)), DB_INT(now));
    return code ? err_set(err, code, "contact: it was not kept; %s", db_error(conn)) : SOUK_OK;
}

int64_t contact_lead(struct db_conn *conn, const char *kind, struct souk_str value)
{
    int64_t person;
    int code = db_get_int(conn, &sql_contact_lead, &person, DB_CSTR(kind), DB_TEXT(value));
    return code == SOUK_OK ? person : 0;
}

int contact_get(struct db_conn *conn, struct arena *arena, int64_t contact_id,
                struct souk_str *value, int *confirmed)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_contact_get, &rows, DB_INT(contact_id)), &rows);
    if (code != SOUK_OK)
        return code;
    *value = arena_str(arena, db_text(&rows, 2));
    *confirmed = !db_is_null(&rows, 3);
    db_close(&rows);
    return SOUK_OK;
}

/* Proven: at least a lead, and a subscriber who asked to be one. */
static int raise_proven(struct db_conn *conn, int64_t person_id, const char *kind, int64_t now)
{
    int asked = strcmp(kind, "email") == 0 && consent_held(conn, person_id, "email") == 1;
    return person_raise(conn, person_id, asked ? "subscriber" : "lead", now);
}

int contact_confirm(struct db_conn *conn, struct arena *arena, int64_t contact_id, int64_t now,
                    int64_t *person_id, struct err *err)
{
    struct db_rows rows;
    int64_t owner;
    int code = db_first(db_query(conn, &sql_contact_get, &rows, DB_INT(contact_id)), &rows);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such contact any more");
    int64_t self = db_int(&rows, 0);
    const char *kind = arena_cstr(arena, db_text(&rows, 1));
    struct souk_str value = arena_str(arena, db_text(&rows, 2));
    int known = !db_is_null(&rows, 3);
    db_close(&rows);
    *person_id = self = person_root(conn, self);
    if (known)
        return SOUK_OK;
    code = db_get_int(conn, &sql_contact_owner, &owner, DB_CSTR(kind), DB_TEXT(value));
    if (code == SOUK_NOT_FOUND) {
        code = db_run(conn, &sql_contact_confirm, NULL, DB_INT(contact_id), DB_INT(now));
    } else if (code == SOUK_OK) {
        *person_id = person_root(conn, owner);
        code = person_merge(conn, arena, self, *person_id, now, err);
    }
    return code ? code : raise_proven(conn, *person_id, kind, now);
}

int64_t contact_owner(struct db_conn *conn, const char *kind, struct souk_str value)
{
    int64_t person;
    int code = db_get_int(conn, &sql_contact_owner, &person, DB_CSTR(kind), DB_TEXT(value));
    return code == SOUK_OK ? person_root(conn, person) : 0;
}

struct souk_str contact_of(struct db_conn *conn, struct arena *arena, int64_t person_id,
                           const char *kind)
{
    struct db_rows rows;
    if (db_first(db_query(conn, &sql_contact_reach, &rows, DB_INT(person_root(conn, person_id)),
                          DB_CSTR(kind)),
                 &rows) != SOUK_OK)
        return souk_str("");
    struct souk_str value = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return value;
}

/* ---- leads ---- */

/* The value that compares, or empty where nothing was given. */
static int read_left(struct arena *arena, const char *kind, struct souk_str written,
                     struct souk_str *value, struct err *err)
{
    const struct market_shop *shop = market_shop();
    *value = souk_str("");
    if (!str_trim(written).len)
        return SOUK_OK;
    int code = contact_normalize(arena, kind, written, shop ? shop->country : NULL, value, err);
    return code ? err_in(err, "/%s", kind) : SOUK_OK;
}

/* A record that left the one may leave the other now. */
static int leave(struct db_conn *conn, struct arena *arena, int64_t person_id, const char *kind,
                 struct souk_str written, int64_t now, struct err *err)
{
    int64_t contact;
    if (!str_trim(written).len)
        return SOUK_OK;
    return contact_add(conn, arena, person_id, kind, written, now, &contact, err);
}

static int keep_source(struct db_conn *conn, struct arena *arena, int64_t person_id,
                       struct souk_str name, int64_t now)
{
    struct json *source = json_new(arena, JSON_OBJECT);
    struct json *first = json_add(arena, source, "first", JSON_OBJECT);
    struct buf text = {.arena = arena};
    if (!name.len)
        return SOUK_OK;
    json_add_cstr(arena, first, "kind", "lead");
    json_add_str(arena, first, "source", name);
    json_add_time(arena, first, "at", now);
    json_print(&text, source);
    return db_run(conn, &sql_contact_source, NULL, DB_INT(person_id), DB_TEXT(buf_str(&text)));
}

int contact_make_lead(struct db_conn *conn, struct arena *arena, const struct lead *lead,
                      int64_t now, int64_t *person_id, struct err *err)
{
    struct souk_str email, phone, name = str_trim(lead->name);
    *person_id = 0;
    if (!utf8_valid(name) || utf8_length(name) > LEAD_NAME_MOST)
        return err_set(err, SOUK_INVALID, "/name: at most %d characters", LEAD_NAME_MOST);
    if (read_left(arena, "email", lead->email, &email, err) != SOUK_OK ||
        read_left(arena, "phone", lead->phone, &phone, err) != SOUK_OK)
        return err->code;
    if (!email.len && !phone.len) {
        err_set(err, SOUK_INVALID, "an address or a number is needed");
        return err_in(err, "/email");
    }
    if (email.len)
        *person_id = contact_lead(conn, "email", email);
    if (!*person_id && phone.len)
        *person_id = contact_lead(conn, "phone", phone);
    int code = SOUK_OK, fresh = !*person_id;
    if (fresh)
        code = person_create(conn, "lead", name, lead->locale, now, person_id);
    else
        code = person_raise(conn, *person_id, "lead", now);
    if (code == SOUK_OK)
        code = leave(conn, arena, *person_id, "email", lead->email, now, err);
    if (code == SOUK_OK)
        code = leave(conn, arena, *person_id, "phone", lead->phone, now, err);
    if (code == SOUK_OK && fresh)
        code = keep_source(conn, arena, *person_id, str_trim(lead->source), now);
    return code && !err->text[0] ? err_set(err, code, "the lead was not kept; %s", db_error(conn))
                                 : code;
}

int contact_inquiry(struct db_conn *conn, int64_t person_id, const struct inquiry *inquiry,
                    int64_t now, int64_t *id)
{
    *id = id_next();
    return db_run(conn, &sql_contact_inquiry, NULL, DB_INT(*id), DB_INT(person_id),
                  DB_TEXT(inquiry->name), DB_TEXT(inquiry->email), DB_TEXT(inquiry->text),
                  DB_CSTR(inquiry->locale), DB_TEXT(inquiry->path), DB_INT(now));
}
