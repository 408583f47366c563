/*
 * openapi.c: the interface described by itself, as an OpenAPI 3.1 document made from the routes
 * that are there now: those of the core and of the plugins of the running set.
 *
 * The idea: method, path, summary, rights come from the route; shapes from openapi_schema.c. So a
 * new route is in the document at once, with a plain object as its answer until somebody describes
 * it.
 */
#include "app/api/openapi.h"

#include "app/api/route.h"
#include "base/str.h"
#include "shop/market.h"
#include "web/server.h"

#define BASE "/api/v1"

static const struct openapi_operation *find_operation(const struct web_route *route)
{
    for (size_t i = 0; i < openapi_operation_count; i++)
        if (strcmp(openapi_operations[i].method, route->method) == 0 &&
            strcmp(openapi_operations[i].path, route->path) == 0)
            return &openapi_operations[i];
    return NULL;
}

/* "{rest*}" is a parameter like others here. */
static struct souk_str path_of(struct arena *arena, const struct web_route *route)
{
    struct buf out = {.arena = arena};
    for (const char *c = route->path; *c; c++)
        if (*c != '*')
            buf_add_char(&out, *c);
    return buf_str(&out);
}

/* "GET /api/v1/admin/products/{key}": getAdminProductsByKey. */
static struct souk_str id_of(struct arena *arena, const struct web_route *route)
{
    struct buf out = {.arena = arena};
    int upper = 0;
    for (const char *c = route->method; *c; c++)
        buf_add_char(&out, (char)(*c | 0x20));
    for (const char *c = route->path + sizeof BASE - 1; *c; c++) {
        int letter =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (*c == '{')
            buf_add_cstr(&out, "By");
        if (letter)
            buf_add_char(&out, (char)(upper && *c >= 'a' && *c <= 'z' ? *c - 32 : *c));
        upper = !letter;
    }
    return buf_str(&out);
}

static int is_of_plugin(const struct web_route *route)
{
    return route->owner && strcmp(route->owner, "souk") != 0;
}

/* What follows the base: "products", "admin products"; the plugin's name for its own. */
static struct souk_str tag_of(struct arena *arena, const struct web_route *route)
{
    struct souk_str rest = souk_str(route->path + sizeof BASE), first, second;
    if (is_of_plugin(route))
        return arena_printf(arena, "plugin %s", route->owner);
    str_split(&rest, '/', &first);
    if (souk_str_is(first, "admin") && str_split(&rest, '/', &second))
        return arena_printf(arena, "admin %.*s", SOUK_PRI(second));
    ptrdiff_t dot = str_find(first, '.');
    return dot > 0 ? str_make(first.ptr, (size_t)dot) : first;
}

/* ---- parameters ---- */

static struct json *add_parameter(struct arena *arena, struct json *list, struct souk_str name,
                                  const char *in, struct json *schema)
{
    struct json *parameter = json_add(arena, list, NULL, JSON_OBJECT);
    json_add_str(arena, parameter, "name", name);
    json_add_cstr(arena, parameter, "in", in);
    json_add_bool(arena, parameter, "required", strcmp(in, "path") == 0);
    json_add_tree(arena, parameter, "schema", schema);
    return parameter;
}

static void add_path_parameters(struct arena *arena, struct json *list, struct souk_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] != '{')
            continue;
        struct souk_str rest = str_from(path, i + 1);
        ptrdiff_t end = str_find(rest, '}');
        if (end > 0)
            add_parameter(arena, list, str_make(rest.ptr, (size_t)end), "path",
                          openapi_type(arena, souk_str("string")));
    }
}

/* "name:type words; …" */
static void add_query_parameters(struct arena *arena, struct json *list, const char *query)
{
    struct souk_str rest = souk_str(query), part;
    while (str_split(&rest, ';', &part)) {
        part = str_trim(part);
        if (str_find(part, ':') < 0) /* words with a semicolon in them */
            continue;
        size_t colon = (size_t)str_find(part, ':');
        size_t blank = (size_t)str_find(part, ' ');
        struct json *parameter =
            add_parameter(arena, list, str_make(part.ptr, colon), "query",
                          openapi_type(arena, str_make(part.ptr + colon + 1, blank - colon - 1)));
        json_add_str(arena, parameter, "description", str_from(part, blank + 1));
    }
}

/* Lists take any attribute as a field of the query. */
static void add_attribute_parameter(struct arena *arena, struct json *list)
{
    struct json *parameter = add_parameter(arena, list, souk_str("attributes"), "query",
                                           openapi_type(arena, souk_str("string{}")));
    json_add_cstr(arena, parameter, "description",
                  "each attribute by its code: color=red,blue; what differs is added up");
    json_add_cstr(arena, parameter, "style", "form");
    json_add_bool(arena, parameter, "explode", 1);
}

static void add_parameters(struct arena *arena, struct json *view, const struct web_route *route,
                           const struct openapi_operation *operation, struct souk_str path)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    add_path_parameters(arena, list, path);
    if (operation && operation->query)
        add_query_parameters(arena, list, operation->query);
    if (operation && strcmp(route->path, BASE "/products") == 0)
        add_attribute_parameter(arena, list);
    if (operation && operation->idempotent)
        json_add_cstr(arena,
                      add_parameter(arena, list, souk_str("Idempotency-Key"), "header",
                                    openapi_type(arena, souk_str("string"))),
                      "description", "the same request with the same key is done once");
    if (list->count)
        json_add_tree(arena, view, "parameters", list);
}

/* ---- bodies ---- */

static void add_content(struct arena *arena, struct json *to, const char *type, const char *shape)
{
    struct json *content = json_add(arena, to, "content", JSON_OBJECT);
    json_add_tree(arena, json_add(arena, content, type, JSON_OBJECT), "schema",
                  openapi_type(arena, souk_str(shape)));
}

static void add_answer(struct arena *arena, struct json *answers, int status, const char *about,
                       const char *shape)
{
    struct json *answer =
        json_add_key(arena, answers, arena_printf(arena, "%d", status), JSON_OBJECT);
    json_add_cstr(arena, answer, "description", about);
    /* a plugin answers as it likes */
    if (shape)
        add_content(arena, answer, strcmp(shape, "any") == 0 ? "*/*" : "application/json", shape);
}

static void add_answers(struct arena *arena, struct json *view, const struct web_route *route,
                        const struct openapi_operation *operation)
{
    struct json *answers = json_add(arena, view, "responses", JSON_OBJECT);
    const char *shape = operation ? operation->answer : is_of_plugin(route) ? "any" : "object";
    int status = operation && operation->status ? operation->status : 200;
    add_answer(arena, answers, status, status == 204 ? "Done." : "What was asked for.", shape);
    if (operation && operation->also)
        add_answer(arena, answers, operation->also, "It was made.", shape);
    if (!operation && strcmp(route->method, "GET") != 0) {
        add_answer(arena, answers, 201, "It was made.", shape);
        add_answer(arena, answers, 202, "It was begun.", shape);
        add_answer(arena, answers, 204, "Done.", NULL);
    }
    if (route->flags & ROUTE_CACHED) {
        add_answer(arena, answers, 304, "It has not changed.", NULL);
        if (strchr(route->path, '{'))
            add_answer(arena, answers, 301, "It is found at another address now.", NULL);
    }
    json_add_cstr(arena, json_add(arena, answers, "4XX", JSON_OBJECT), "$ref",
                  "#/components/responses/Refused");
    json_add_cstr(arena, json_add(arena, answers, "5XX", JSON_OBJECT), "$ref",
                  "#/components/responses/Failed");
}

static void add_body(struct arena *arena, struct json *view, const struct web_route *route,
                     const struct openapi_operation *operation)
{
    int takes_one = strcmp(route->method, "POST") == 0 || strcmp(route->method, "PUT") == 0 ||
                    strcmp(route->method, "PATCH") == 0;
    if (!takes_one || (operation && !operation->body))
        return;
    struct json *body = json_add(arena, view, "requestBody", JSON_OBJECT);
    json_add_bool(arena, body, "required", operation != NULL);
    add_content(arena, body, "application/json", operation ? operation->body : "any");
}

/* ---- operations ---- */

static void add_security(struct arena *arena, struct json *view, const struct web_route *route)
{
    struct json *security = json_add(arena, view, "security", JSON_ARRAY);
    if (!(route->flags & (ROUTE_CONTROL | ROUTE_STAFF)))
        return;
    json_add(arena, json_add(arena, security, NULL, JSON_OBJECT), "token", JSON_ARRAY);
    json_add_str(arena, view, "description",
                 arena_printf(arena, "Takes a token with the scope \"%s\".",
                              route->right ? route->right : "*"));
}

static void add_operation(struct arena *arena, struct json *paths, const struct web_route *route)
{
    const struct openapi_operation *operation = find_operation(route);
    struct souk_str path = path_of(arena, route);
    struct json *place = (struct json *)(uintptr_t)json_get(paths, path);
    struct buf method = {.arena = arena};
    for (const char *c = route->method; *c; c++)
        buf_add_char(&method, (char)(*c | 0x20));
    if (!place)
        place = json_add_key(arena, paths, path, JSON_OBJECT);
    struct json *view = json_add_key(arena, place, buf_str(&method), JSON_OBJECT);
    struct json *tags = json_add(arena, view, "tags", JSON_ARRAY);
    json_add(arena, tags, NULL, JSON_STRING)->text = tag_of(arena, route);
    struct souk_str id = id_of(arena, route);
    json_add_str(arena, view, "operationId", id);
    json_add_str(arena, view, "summary",
                 route->summary && route->summary[0] ? souk_str(route->summary) : id);
    add_security(arena, view, route);
    add_parameters(arena, view, route, operation, path);
    add_body(arena, view, route, operation);
    add_answers(arena, view, route, operation);
}

static void note_tag(struct arena *arena, struct json *tags, struct souk_str name)
{
    json_each(item, tags)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "name")), name))
            return;
    }
    struct json *tag = json_add(arena, tags, NULL, JSON_OBJECT);
    json_add_str(arena, tag, "name", name);
    json_add_str(
        arena, tag, "description",
        str_starts(name, "plugin ")  ? arena_printf(arena, "What the %.*s adds.", SOUK_PRI(name))
        : str_starts(name, "admin ") ? arena_printf(arena, "For staff and their programs: %.*s.",
                                                    SOUK_PRI(str_from(name, 6)))
                                     : arena_printf(arena, "For shoppers: %.*s.", SOUK_PRI(name)));
}

/* ---- around them ---- */

static void add_problem(struct arena *arena, struct json *answers, const char *name,
                        const char *about)
{
    struct json *answer = json_add(arena, answers, name, JSON_OBJECT);
    json_add_cstr(arena, answer, "description", about);
    add_content(arena, answer, "application/problem+json", "Problem");
}

static void add_components(struct arena *arena, struct json *document)
{
    struct json *components = json_add(arena, document, "components", JSON_OBJECT);
    struct json *schemes = json_add(arena, components, "securitySchemes", JSON_OBJECT);
    struct json *token = json_add(arena, schemes, "token", JSON_OBJECT);
    json_add_cstr(arena, token, "type", "http");
    json_add_cstr(arena, token, "scheme", "bearer");
    json_add_cstr(arena, token, "description", "Made by: souk admin token --scope …");
    struct json *answers = json_add(arena, components, "responses", JSON_OBJECT);
    add_problem(arena, answers, "Refused", "The request is wrong, or not allowed now.");
    add_problem(arena, answers, "Failed", "The shop is busy, or something broke.");
    json_add_tree(arena, components, "schemas", openapi_schemas(arena));
}

static struct json *start_document(struct arena *arena)
{
    struct json *document = json_new(arena, JSON_OBJECT);
    const struct market_shop *shop = market_shop();
    json_add_cstr(arena, document, "openapi", "3.1.0");
    struct json *info = json_add(arena, document, "info", JSON_OBJECT);
    json_add_str(arena, info, "title",
                 shop->name && shop->name[0] ? souk_str(shop->name) : souk_str("souk"));
    json_add_cstr(arena, info, "version", SOUK_VERSION);
    json_add_cstr(arena, info, "description",
                  "Money stands in minor units, times in RFC 3339. Lists end with `next`, null at "
                  "the end. Errors are problem documents (RFC 9457). More members may come.");
    struct json *license = json_add(arena, info, "license", JSON_OBJECT);
    json_add_cstr(arena, license, "name", "The terms of the shop that serves it");
    json_add_str(arena, license, "url",
                 shop->url && shop->url[0] ? souk_str(shop->url) : souk_str("/"));
    struct json *server =
        json_add(arena, json_add(arena, document, "servers", JSON_ARRAY), NULL, JSON_OBJECT);
    json_add_str(arena, server, "url",
                 shop->url && shop->url[0] ? souk_str(shop->url) : souk_str("/"));
    return document;
}

int openapi_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    const struct web_site *site = request->site;
    struct json *document = start_document(arena);
    struct json *tags = json_add(arena, document, "tags", JSON_ARRAY);
    struct json *paths = json_add(arena, document, "paths", JSON_OBJECT);
    for (size_t i = 0; i < router_count(site->router); i++) {
        const struct web_route *one = router_at(site->router, i);
        if (!str_starts(souk_str(one->path), BASE "/"))
            continue;
        add_operation(arena, paths, one);
        note_tag(arena, tags, tag_of(arena, one));
    }
    add_components(arena, document);
    answer_json(request, 200, document);
    return SOUK_OK;
}
