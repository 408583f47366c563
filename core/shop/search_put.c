/*
 * search_put: products into the full-text index.
 *
 * A product's document is all the tokens that it is to be found by, each once: names, brand, SKUs
 * and barcodes in the column "name", all other texts in "body". It is written in the transaction of
 * the change, and only when it differs. A text that is missing in a locale is not repeated there:
 * who searches in a locale searches in the default one as well (search_query.c); only a product
 * without a text in the default locale gets what it has under that code too.
 *
 * What a renamed category or value means for its products is followed in search_follow.c.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "shop/page.h"
#include "shop/search.h"
#include "shop/search.sql.h"
#include "shop/search_words.h"
#include "store/setting.h"

#define SEARCH_SLOTS 16384 /* half as many tokens are kept of one product */
#define SEARCH_TEXT  6000  /* characters of a description */

struct search_paper { /* a document that is being written */
    struct arena *arena;
    struct buf name, body;
    struct buf *out;
    const char *codes[2]; /* the token's locales: one, or the default as well */
    const char *locale;
    char room[2][SEARCH_CODE];
    struct souk_str *seen; /* open addressing; `mask` is its size - 1 */
    size_t mask, count;
};

static uint32_t search_put_hash(const char *ptr, size_t len)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)ptr[i]) * 16777619U;
    return hash ^ hash >> 15;
}

static void search_put_token(struct search_paper *paper, const char *code, struct souk_str text)
{
    char token[SEARCH_WORD * 4 + SEARCH_CODE];
    size_t prefix = strlen(code), len = prefix + text.len;
    if (len > sizeof token || paper->count > paper->mask / 2)
        return;
    memcpy(token, code, prefix);
    memcpy(token + prefix, text.ptr, text.len);
    size_t at = search_put_hash(token, len) & paper->mask;
    while (paper->seen[at].ptr) {
        if (souk_str_equal(paper->seen[at], (struct souk_str){token, len}))
            return;
        at = (at + 1) & paper->mask;
    }
    paper->seen[at] = (struct souk_str){arena_copy(paper->arena, token, len), len};
    paper->count++;
    if (paper->out->len)
        buf_add_char(paper->out, ' ');
    buf_add(paper->out, token, len);
}

static void search_put_word(void *user, const struct search_word *word)
{
    struct search_paper *paper = user;
    int plain = strcmp(paper->codes[0], SEARCH_PLAIN) == 0;
    for (int i = 0; i < 2 && paper->codes[i]; i++) {
        search_put_token(paper, paper->codes[i], word->text);
        if (!plain && !souk_str_equal(word->stem, word->text))
            search_put_token(paper, paper->codes[i], word->stem);
    }
}

static void search_put_text(struct search_paper *paper, struct buf *out, struct souk_str text)
{
    paper->out = out;
    if (text.len)
        search_words_cut(paper->arena, paper->locale, text, search_put_word, paper);
}

struct search_row {
    struct souk_str kind, locale, text[3];
    struct search_row *next;
};

static void search_put_row(struct search_paper *paper, const struct search_row *row, int alone)
{
    const char *first = market_shop()->locales[0];
    int plain = souk_str_is(row->kind, "plain");
    paper->locale = row->locale.len ? arena_cstr(paper->arena, row->locale) : first;
    search_words_code(paper->locale, paper->room[0]);
    search_words_code(first, paper->room[1]);
    paper->codes[0] = plain ? SEARCH_PLAIN : paper->room[0];
    paper->codes[1] =
        alone && strcmp(paper->room[0], paper->room[1]) != 0 && !plain ? paper->room[1] : NULL;
    int named = plain || souk_str_is(row->kind, "name");
    search_put_text(paper, named ? &paper->name : &paper->body, row->text[0]);
    if (plain) {
        search_put_text(paper, &paper->name, row->text[1]);
        return;
    }
    for (int i = 1; i < 3; i++)
        if (row->text[i].len)
            search_put_text(paper, &paper->body,
                            page_plain(paper->arena, row->text[i], SEARCH_TEXT));
}

/* Room for the tokens: a text has fewer of them than bytes. */
static void search_put_room(struct search_paper *paper, size_t bytes)
{
    size_t slots = 256;
    while (slots < bytes && slots < SEARCH_SLOTS)
        slots *= 2;
    paper->mask = slots - 1;
    paper->seen = arena_array(paper->arena, struct souk_str, slots);
    buf_reserve(&paper->name, 256);
    buf_reserve(&paper->body, bytes);
}

/* All rows first: names must be written before bodies, so that a word of a name counts as one. */
static int search_put_write(struct db_conn *conn, struct search_paper *paper, int64_t product_id)
{
    struct db_rows rows;
    struct search_row *list = NULL, **last = &list;
    const char *first = market_shop()->locales[0];
    size_t bytes = 0;
    int has_first = 0;
    int code = db_query(conn, &sql_search_texts, &rows, DB_INT(product_id));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct search_row *row = arena_new(paper->arena, struct search_row);
        row->kind = arena_str(paper->arena, db_text(&rows, 0));
        row->locale = arena_str(paper->arena, db_text(&rows, 1));
        for (int i = 0; i < 3; i++) {
            row->text[i] = arena_str(paper->arena, db_text(&rows, 2 + i));
            bytes += row->text[i].len;
        }
        has_first |= souk_str_is(row->kind, "name") && souk_str_is(row->locale, first);
        *last = row;
        last = &row->next;
    }
    if (code != 0)
        return code;
    search_put_room(paper, bytes);
    for (int pass = 0; pass < 2; pass++)
        for (const struct search_row *row = list; row; row = row->next) {
            struct search_row part = *row;
            int body = souk_str_is(row->kind, "body");
            int name = souk_str_is(row->kind, "name");
            if (pass == 0 ? body : !body && !name)
                continue;
            if (name && pass == 0)
                part.text[1] = part.text[2] = souk_str("");
            else if (name)
                part.text[0] = souk_str("");
            search_put_row(paper, &part, !has_first);
        }
    return 0;
}

static int search_put_remove(struct db_conn *conn, int64_t position)
{
    int code = db_run(conn, &sql_search_text_delete, NULL, DB_INT(position));
    return code ? code : db_run(conn, &sql_search_document_delete, NULL, DB_INT(position));
}

static int search_put_store(struct db_conn *conn, const struct search_paper *paper,
                            int64_t product_id, int64_t position)
{
    int code = 0;
    if (position)
        code = db_run(conn, &sql_search_text_delete, NULL, DB_INT(position));
    else if ((code = db_get_int(conn, &sql_search_document_next, &position)) == 0)
        code =
            db_run(conn, &sql_search_document_insert, NULL, DB_INT(position), DB_INT(product_id));
    if (code != 0)
        return code;
    return db_run(conn, &sql_search_text_insert, NULL, DB_INT(position),
                  DB_TEXT(buf_str(&paper->name)), DB_TEXT(buf_str(&paper->body)));
}

int search_put(struct db_conn *conn, struct arena *arena, int64_t product_id)
{
    struct db_rows rows;
    struct search_paper paper = {
        .arena = arena, .name = {.arena = arena}, .body = {.arena = arena}};
    int64_t shown = 0, position = 0;
    int same = 0;
    int code = db_get_int(conn, &sql_search_shown, &shown, DB_INT(product_id));
    if (code != 0)
        return code;
    if (shown && (code = search_put_write(conn, &paper, product_id)) != 0)
        return code;
    if ((code = db_query(conn, &sql_search_document_get, &rows, DB_INT(product_id))) != 0)
        return code;
    if ((code = db_next(&rows)) == 1) {
        position = db_int(&rows, 0);
        same = shown && souk_str_equal(db_text(&rows, 1), buf_str(&paper.name)) &&
               souk_str_equal(db_text(&rows, 2), buf_str(&paper.body));
    }
    db_close(&rows);
    if (code < 0 || same || (!shown && !position))
        return code < 0 ? code : 0;
    return shown ? search_put_store(conn, &paper, product_id, position)
                 : search_put_remove(conn, position);
}

/* ---- the order of the rowids ----
 *
 * A pass gives every document a new rowid above all that were there when it began, the most popular
 * first, a slice at a time. Where it stands is kept in a setting: "<top> <popularity> <id>". */

struct search_pass {
    int64_t top, popularity, id;
};

static int search_reorder_begin(struct db_conn *conn, struct arena *arena, struct search_pass *pass)
{
    struct souk_str text, part;
    int64_t wrong = 0;
    int64_t *const fields[] = {&pass->top, &pass->popularity, &pass->id};
    int code = setting_get(conn, arena, souk_str("souk"), souk_str("search.reorder"), &text);
    if (code == 0) {
        for (size_t i = 0; i < 3; i++)
            if (!str_split(&text, ' ', &part) || str_to_int(part, fields[i]) != 0)
                return SOUK_INVALID;
        return 0;
    }
    if (code != SOUK_NOT_FOUND)
        return code;
    *pass = (struct search_pass){.popularity = INT64_MAX};
    code = db_get_int(conn, &sql_search_reorder_needed, &wrong);
    if (code != 0 || wrong == 0)
        return code ? code : SOUK_NOT_FOUND;
    return db_get_int(conn, &sql_search_reorder_top, &pass->top);
}

/* The next slice as [[old, new, product], …]; count of rows. */
static int search_reorder_list(struct db_conn *conn, struct search_pass *pass, int limit,
                               struct buf *moves)
{
    struct db_rows rows;
    int64_t next = 0;
    int count = 0;
    int code = db_get_int(conn, &sql_search_document_next, &next);
    if (code != 0 ||
        (code = db_query(conn, &sql_search_reorder_next, &rows, DB_INT(pass->top),
                         DB_INT(pass->popularity), DB_INT(pass->id), DB_INT(limit))) != 0)
        return code;
    buf_add_char(moves, '[');
    while ((code = db_next(&rows)) == 1) {
        pass->id = db_int(&rows, 1);
        pass->popularity = db_int(&rows, 2);
        buf_printf(moves, "%s[%lld,%lld,%lld]", count++ ? "," : "", (long long)db_int(&rows, 0),
                   (long long)next++, (long long)pass->id);
    }
    buf_add_char(moves, ']');
    return code ? code : count;
}

int search_reorder(struct db_conn *conn, int limit, int *more)
{
    static const struct db_statement *const steps[] = {
        &sql_search_reorder_copy, &sql_search_reorder_drop, &sql_search_reorder_move};
    struct arena arena = {0};
    struct search_pass pass;
    struct buf moves = {.arena = &arena};
    *more = 0;
    int code = search_reorder_begin(conn, &arena, &pass);
    int count =
        code == 0 ? search_reorder_list(conn, &pass, limit > 0 ? limit : 200, &moves) : code;
    for (size_t i = 0; count > 0 && code == 0 && i < sizeof steps / sizeof *steps; i++)
        code = db_run(conn, steps[i], NULL, DB_TEXT(buf_str(&moves)));
    if (count > 0 && code == 0 && (code = db_run(conn, &sql_search_reorder_version, NULL)) == 0 &&
        (code = db_run(conn, &sql_search_reorder_change, NULL, DB_TEXT(buf_str(&moves)))) == 0) {
        struct souk_str mark = arena_printf(&arena, "%lld %lld %lld", (long long)pass.top,
                                            (long long)pass.popularity, (long long)pass.id);
        code = setting_put(conn, souk_str("souk"), souk_str("search.reorder"), mark, clock_now());
        *more = 1;
    } else if (count == 0 && code == 0) {
        code = setting_delete(conn, souk_str("souk"), souk_str("search.reorder"));
    }
    arena_free(&arena);
    if (count == SOUK_NOT_FOUND)
        return 0;
    return code ? code : count < 0 ? count : 0;
}
