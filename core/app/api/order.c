/*
 * order.c: orders over REST. Customers read one with its token; programs of the shop list, read,
 * edit and take them along by steps.
 *
 * The version of an order is its ETag: who sends If-Match is refused with 412 when it has changed
 * since, who sends "version" in an edit with 409. A step that is not possible now is 409 with the
 * list of those that are ("allowed"), decided before anything is touched.
 */
#include "app/api/idempotency.h"
#include "app/api/route.h"
#include "app/api/step.h"
#include "app/api_order.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/order.h"
#include "shop/payment.h"

#define LIST_MOST 200
#define NOTE_MOST 4000

/* ---- reading ---- */

static int answer_order(struct request *request, int status, int64_t id, int staff)
{
    struct json *doc;
    int code = order_load(request_conn(request), &request->arena, id, staff, &doc);
    if (code != SOUK_OK)
        return code;
    struct payment_row row;
    if (!staff && payment_of(request_conn(request), &request->arena, id, &row) == SOUK_OK)
        order_show_client(&request->arena, doc, &row);
    int64_t version = json_int(json_at(doc, "version"), 0);
    api_spell_ids(&request->arena, doc);
    answer_json(request, status, doc);
    answer_header(request, "Cache-Control", souk_str("no-store"));
    return answer_header(request, "ETag",
                         arena_printf(&request->arena, "\"%lld\"", (long long)version));
}

int api_order_find(struct request *request, int64_t *id)
{
    struct souk_str token = request_query(request, "token");
    int code = SOUK_NOT_FOUND;
    if (token.len) /* without one it would be asked for as by staff */
        code = order_find(request_conn(request), request_param(request, "number"), token, id);
    if (code != SOUK_NOT_FOUND)
        return code;
    answer_problem(request, 404, NULL,
                   "there is no such order, or the token is not its own: ask with ?token= and the "
                   "\"token\" that the checkout answered",
                   NULL);
    return 1;
}

int order_api_get(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int code = api_order_find(request, &id);
    return code ? (code > 0 ? SOUK_OK : code) : answer_order(request, 200, id, 0);
}

int order_api_show(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t id;
    int code = order_find(request_conn(request), request_param(request, "number"), STR_NULL, &id);
    return code ? code : answer_order(request, 200, id, 1);
}

/* ---- the list ---- */

struct list_terms {
    int64_t before, before_id, from, until, limit;
    struct souk_str status, payment, fulfilment, text;
};

/* "2026-11-27" or a whole time. */
static int read_time(struct request *request, const char *name, int64_t *at)
{
    struct souk_str text = request_query(request, name);
    return text.len && clock_parse(text, at) != SOUK_OK;
}

static int read_cursor(struct request *request, struct list_terms *terms)
{
    struct souk_str rest = request_query(request, "cursor"), at;
    terms->before = terms->before_id = INT64_MAX;
    if (!rest.len)
        return 0;
    return !str_split(&rest, '-', &at) || str_to_int(at, &terms->before) != SOUK_OK ||
           str_to_int(rest, &terms->before_id) != SOUK_OK;
}

static int is_state(struct souk_str word, const char *words)
{
    struct souk_str rest = souk_str(words), known;
    while (word.len && str_split(&rest, ' ', &known))
        if (souk_str_equal(known, word))
            return 1;
    return word.len == 0;
}

/* NULL: all is well; else the place of what is not. */
static const char *read_terms(struct request *request, struct list_terms *terms, const char **words)
{
    struct souk_str limit = request_query(request, "limit");
    *terms = (struct list_terms){.limit = 50,
                                 .until = INT64_MAX,
                                 .status = request_query(request, "status"),
                                 .payment = request_query(request, "payment"),
                                 .fulfilment = request_query(request, "fulfilment"),
                                 .text = str_trim(request_query(request, "q"))};
    *words = "limit is a number from 1 to 200";
    if (limit.len && (str_to_int(limit, &terms->limit) != SOUK_OK || terms->limit < 1 ||
                      terms->limit > LIST_MOST))
        return "/limit";
    *words = "cursor is what \"next\" of the list before was";
    if (read_cursor(request, terms))
        return "/cursor";
    *words = "write a day like 2026-11-27, or a time like 2026-11-27T08:00:00Z";
    if (read_time(request, "from", &terms->from))
        return "/from";
    if (read_time(request, "until", &terms->until))
        return "/until";
    *words = "status is one of draft, placed, confirmed, closed, cancelled";
    if (!is_state(terms->status, "draft placed confirmed closed cancelled"))
        return "/status";
    *words = "payment is one of none, pending, authorised, part_paid, paid, part_refunded, "
             "refunded, failed, voided";
    if (!is_state(terms->payment, "none pending authorised part_paid paid part_refunded refunded "
                                  "failed voided"))
        return "/payment";
    *words = "fulfilment is one of none, part_packed, packed, part_shipped, shipped, "
             "part_delivered, delivered, part_returned, returned";
    if (!is_state(terms->fulfilment, "none part_packed packed part_shipped shipped part_delivered "
                                     "delivered part_returned returned"))
        return "/fulfilment";
    return NULL;
}

static void add_row(struct arena *arena, struct json *items, struct db_rows *rows)
{
    static const char *const texts[] = {"status", "payment_status", "fulfilment_status",
                                        "currency"};
    static const char *const people[] = {"name", "email", "phone", "delivery_method",
                                         "payment_method"};
    struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
    json_add_int(arena, item, "id", db_int(rows, 0));
    json_add_str(arena, item, "number", arena_str(arena, db_text(rows, 1)));
    for (int i = 0; i < 4; i++)
        json_add_str(arena, item, texts[i], arena_str(arena, db_text(rows, 2 + i)));
    json_add_int(arena, item, "total", db_int(rows, 6));
    json_add_int(arena, item, "captured", db_int(rows, 7));
    json_add_int(arena, item, "refunded", db_int(rows, 8));
    for (int i = 0; i < 5; i++)
        json_add_str(arena, item, people[i], arena_str(arena, db_text(rows, 9 + i)));
    json_add_time(arena, item, "placed_at", db_int(rows, 14));
    json_add_time(arena, item, "changed_at", db_int(rows, 15));
    json_add_int(arena, item, "version", db_int(rows, 16));
    json_add_int(arena, item, "units", db_int(rows, 17));
}

int order_api_index(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct list_terms terms;
    const char *words, *wrong = read_terms(request, &terms, &words);
    int64_t count = 0, last = 0, last_id = 0;
    struct db_rows rows;
    if (wrong)
        return api_refuse(request, 400, wrong, words);
    struct json *items = json_new(arena, JSON_ARRAY);
    struct souk_str lower = utf8_valid(terms.text) ? utf8_lower(arena, terms.text) : terms.text;
    int code = db_query(request_conn(request), &sql_api_order_list, &rows, DB_INT(terms.before),
                        DB_INT(terms.before_id), DB_TEXT(terms.status), DB_TEXT(terms.payment),
                        DB_TEXT(terms.fulfilment), DB_TEXT(lower), DB_TEXT(terms.text),
                        DB_INT(terms.from), DB_INT(terms.until), DB_INT(terms.limit + 1));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (++count > terms.limit)
            continue;
        last = db_int(&rows, 14);
        last_id = db_int(&rows, 0);
        add_row(arena, items, &rows);
    }
    if (code != SOUK_OK)
        return code;
    api_spell_ids(arena, items);
    return api_answer_items(
        request, items,
        count > terms.limit ? arena_printf(arena, "%lld-%lld", (long long)last, (long long)last_id)
                            : STR_NULL);
}

/* ---- changing ---- */

/* The order of the address, at the version that If-Match names. 1: go on; else the handler's
 * result. */
static int find_for_change(struct request *request, int64_t *id, struct order_states *states)
{
    struct souk_str match = request_header(request, "if-match");
    int64_t version, now = 0;
    *id = 0;
    int code = order_find(request->conn, request_param(request, "number"), STR_NULL, id);
    if (code == SOUK_OK)
        code = order_states(request->conn, *id, states);
    if (code != SOUK_OK)
        return code;
    if (str_starts(match, "W/"))
        match = str_from(match, 2);
    if (!match.len || souk_str_is(match, "*"))
        return 1;
    if (match.len < 3 || match.ptr[0] != '"' || match.ptr[match.len - 1] != '"' ||
        str_to_int(str_make(match.ptr + 1, match.len - 2), &version) != SOUK_OK) {
        answer_problem(request, 400, NULL, "If-Match must be the ETag of the order", NULL);
        return SOUK_OK;
    }
    code = order_version(request->conn, *id, &now);
    if (code == SOUK_OK && now != version) {
        answer_problem(request, 412, "changed", "the order has changed; read it again", NULL);
        return SOUK_OK;
    }
    return code ? code : 1;
}

int order_api_patch(struct request *request, const struct web_route *route)
{
    (void)route;
    struct order_states states;
    struct err err = {0};
    int64_t id;
    int code = find_for_change(request, &id, &states);
    const struct json *body = code == 1 ? api_step_body(request) : NULL;
    if (!body)
        return code == 1 ? SOUK_OK : code;
    code = order_edit(request->conn, &request->arena, id, body, request->principal, request->now,
                      &err);
    return code ? api_step_refuse(request, code, &err, "conflict", NULL)
                : answer_order(request, 200, id, 1);
}

/* The step is the address's last part: some have a row of their own in the table, for their right.
 */
static struct souk_str step_of(struct request *request, const struct web_route *route)
{
    const char *last = strrchr(route->path, '/') + 1;
    return last[0] == '{' ? request_param(request, "step") : souk_str(last);
}

static struct json *allowed_of(struct request *request, const struct order_states *states)
{
    struct json *list = json_new(&request->arena, JSON_ARRAY);
    order_allowed(&request->arena, states, list);
    return list;
}

int order_api_step(struct request *request, const struct web_route *route)
{
    struct souk_str step = step_of(request, route);
    struct order_states states;
    struct err err = {0};
    int64_t id;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    if (!order_step_known(step))
        return SOUK_NOT_FOUND;
    int code = find_for_change(request, &id, &states);
    const struct json *body = code == 1 ? api_step_body(request) : NULL;
    if (!body)
        return code == 1 ? SOUK_OK : code;
    if ((code = order_args_check(body, &err)) != SOUK_OK)
        return api_step_refuse(request, code, &err, NULL, NULL);
    code = order_step(request->conn, &request->arena, id, step, body, request->principal,
                      request->now, &err);
    if (code != SOUK_OK)
        return api_step_refuse(request, code, &err,
                               order_edge(&states, step) ? "conflict" : "illegal-step",
                               allowed_of(request, &states));
    code = answer_order(request, 200, id, 1);
    return code ? code : idempotency_end(request, request->principal);
}

#define CHECKS_MOST 16 /* attempts of one order; all but one are over, as a rule */

/* What is not known of its money is asked for at the providers now, not at its turn. */
int order_api_check(struct request *request, const struct web_route *route)
{
    (void)route;
    struct order_states states;
    struct db_rows rows;
    int64_t id, open[CHECKS_MOST];
    size_t count = 0;
    int code = find_for_change(request, &id, &states);
    if (code != 1)
        return code;
    code = db_query(request->conn, &sql_api_order_open_payments, &rows, DB_INT(id),
                    DB_INT(CHECKS_MOST));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1)
        open[count++] = db_int(&rows, 0);
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = payment_check_later(request->conn, open[i], request->now);
    return code ? code : answer_order(request, 200, id, 1);
}

int order_api_note(struct request *request, const struct web_route *route)
{
    (void)route;
    struct order_states states;
    int64_t id;
    int go_on = idempotency_begin(request, request->principal);
    if (go_on != 1)
        return go_on;
    int code = find_for_change(request, &id, &states);
    const struct json *body = code == 1 ? api_step_body(request) : NULL;
    if (!body)
        return code == 1 ? SOUK_OK : code;
    struct souk_str text = str_trim(json_text(json_at(body, "text")));
    const struct json *internal = json_at(body, "internal");
    if (!text.len || !utf8_valid(text) || text.len > NOTE_MOST)
        return api_refuse(request, 400, "/text", "a note has 1 to 4,000 bytes of text");
    code = order_note(request->conn, id, text, internal ? json_true(internal) : 1,
                      request->principal, request->now);
    if (code == SOUK_OK)
        code = answer_order(request, 201, id, 1);
    return code ? code : idempotency_end(request, request->principal);
}
