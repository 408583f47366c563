/*
 * visits: tells the event log of pages that went out, from the page cache too. Runs on I/O threads
 * behind the last byte, so it asks the database nothing: who is signed in is known when the page's
 * handler has looked, and slugs are resolved when the log is written.
 *
 * Left out: robots, HEAD, pages fetched ahead of a click, the admin and account pages. Who does not
 * want to be told apart (Sec-GPC, DNT, a cookie, a setting of the account) is counted as nobody.
 */
#include "app/conversion.h"
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bridge/who.h"
#include "shop/touch.h"
#include "shop/visit.h"
#include "web/session.h"

static struct souk_str from_session(const struct request *request, const char *key)
{
    const struct session *session = request->session_known ? request->session : NULL;
    return session ? json_text(json_at(session->data, key)) : souk_str("");
}

int64_t visits_visitor(struct request *request)
{
    return who_visitor(request);
}

static int is_ahead(const struct request *request)
{
    struct souk_str purpose = request_header(request, "sec-purpose");
    return str_starts(purpose, "prefetch") ||
           souk_str_is(request_header(request, "purpose"), "prefetch");
}

static int is_private(struct souk_str path)
{
    static const char *const roots[] = {"/admin", "/account", "/order", "/cart/delivery"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        size_t len = strlen(roots[i]);
        if (str_starts(path, roots[i]) && (path.len == len || path.ptr[len] == '/'))
            return 1;
    }
    return 0;
}

/* ---- what was seen ---- */

static void set_subject(struct request *request, struct visit *visit)
{
    const char *path = request->route->path;
    const char *root = NULL;
    visit->kind = "page.viewed";
    if (strncmp(path, "/p/{", 4) == 0) {
        visit->kind = "product.viewed";
        root = "/p/";
    } else if (strncmp(path, "/c/{", 4) == 0) {
        visit->kind = "category.viewed";
        root = "/c/";
    } else if (strcmp(path, "/search") == 0) {
        visit->kind = "search.made";
    }
    struct souk_str subject = request->local_path;
    if (root)
        subject = arena_printf(&request->arena, "%s%.*s", root, SOUK_PRI(request->params[0]));
    while (subject.len >= sizeof visit->subject) /* never half a letter */
        subject = utf8_cut(subject, utf8_length(subject) - 8);
    str_copy(visit->subject, sizeof visit->subject, subject);
}

static const struct json *touch_read(struct request *request)
{
    static const char *const clicks[] = {"gclid", "yclid", "fbclid", "msclkid", "click_id"};
    struct touch_hints hints = {.referrer = request_header(request, "referer"),
                                .own_host = request_header(request, "host"),
                                .path = request->local_path,
                                .user_agent = request_header(request, "user-agent")};
    if (request->query_text.len) {
        hints.source = request_query(request, "utm_source");
        hints.medium = request_query(request, "utm_medium");
        hints.campaign = request_query(request, "utm_campaign");
        hints.term = request_query(request, "utm_term");
        hints.content = request_query(request, "utm_content");
        for (size_t i = 0; !hints.click_id.len && i < sizeof clicks / sizeof *clicks; i++) {
            hints.click_name = souk_str(clicks[i]);
            hints.click_id = request_query(request, clicks[i]);
        }
    }
    return touch_of(&request->arena, &hints);
}

/* What was searched, in what language, and where they came from, as long as it fits. */
static void set_data(struct request *request, struct visit *visit)
{
    struct arena *arena = &request->arena;
    struct json *data = json_new(arena, JSON_OBJECT);
    const struct json *from = visit->visitor ? touch_read(request) : NULL;
    if (strcmp(visit->kind, "search.made") == 0)
        json_add_str(arena, data, "q", utf8_cut(request_query(request, "q"), 60));
    json_add_cstr(arena, data, "locale", request->locale);
    if (from)
        json_add_tree(arena, data, "from", from);
    struct buf text = {.arena = arena};
    json_print(&text, data);
    if (text.len >= sizeof visit->data &&
        from) { /* the small words are worth less than the source */
        struct json *less = json_new(arena, JSON_OBJECT);
        json_each(item, from)
        {
            if (!souk_str_is(item->key, "term") && !souk_str_is(item->key, "content") &&
                !souk_str_is(item->key, "path"))
                *json_add_key(arena, less, item->key, JSON_NULL) = item->value;
        }
        json_add_tree(arena, data, "from", less);
        buf_clear(&text);
        json_print(&text, data);
    }
    if (text.len < sizeof visit->data)
        str_copy(visit->data, sizeof visit->data, buf_str(&text));
}

void visits_page_sent(struct request *request)
{
    struct visit visit = {.at = request->now};
    if (request->head || !souk_str_is(request->method, "GET") || is_private(request->local_path) ||
        is_ahead(request) || visit_is_robot(request_header(request, "user-agent")))
        return;
    visit.visitor = visits_visitor(request);
    if (visit.visitor && str_to_int(from_session(request, "person"), &visit.person_id) != SOUK_OK)
        visit.person_id = 0;
    set_subject(request, &visit);
    set_data(request, &visit);
    if (strcmp(visit.kind, "search.made") == 0 && !request_query(request, "q").len)
        visit.kind = "page.viewed";
    else if (strcmp(visit.kind, "search.made") == 0)
        visit.told = request->told;
    visit_note(&visit);
}

/* ---- the choice of somebody without an account ---- */

int visits_choice_form(struct request *request, const struct web_route *route)
{
    struct json *view = json_new(&request->arena, JSON_OBJECT);
    (void)route;
    session_find(request);
    json_add_bool(&request->arena, view, "refuses", who_refuses(request));
    json_add_bool(&request->arena, view, "by_browser",
                  souk_str_is(request_header(request, "sec-gpc"), "1") ||
                      souk_str_is(request_header(request, "dnt"), "1"));
    json_add_str(&request->arena, view, "done", request_query(request, "done"));
    return account_page_show(request, "page/privacy", 200, view);
}

int visits_choose(struct request *request, const struct web_route *route)
{
    int yes = souk_str_is(request_form(request, "visits"), "yes");
    (void)route;
    int code = answer_cookie(request, WHO_REFUSAL_COOKIE, souk_str(yes ? "" : "no"),
                             yes ? 0 : 365 * CLOCK_DAY / CLOCK_SECOND);
    if (code == SOUK_OK && session_find(request))
        code = session_put(request, "visits", souk_str(yes ? "" : "no"));
    if (code == SOUK_OK && !yes)
        code = conversion_forget(request);
    return code ? code : account_page_go(request, "/privacy?done=yes");
}
