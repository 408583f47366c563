/*
 * fuzz_path.c: a request's line and headers through the gate, and what it lets through through the
 * router. The input is lines: method, target, then "name: value" for each header. What passed must
 * be safe to route: a path of valid UTF-8 that climbs nowhere, parameters without NUL.
 */
#include <stdlib.h>
#include "base/str.h"
#include "base/utf8.h"
#include "web/form.h"
#include "web/gate.h"
#include "web/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct router *router;

static void build(void)
{
    static const char *const paths[] = {
        "/", "/hello", "/items/{id}", "/items/{id}/{part}", "/assets/{rest*}", "/items/new/x"};
    struct err err;
    router = router_new();
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        struct web_route route = {.method = i % 2 ? "GET" : "POST", .path = paths[i]};
        if (router_add(router, &route, &err) != 0)
            abort();
    }
}

static void check_passed(struct arena *arena, const struct gate_head *head)
{
    struct souk_str params[ROUTER_PARAMS] = {{0}};
    struct souk_str allow = souk_str("");
    int status = 0;
    if (head->path.len == 0 || head->path.ptr[0] != '/' || !utf8_valid(head->path) ||
        str_starts(head->path, "//"))
        abort();
    if (!router_find(router, arena, head->method, head->path, params, &status, &allow) && !status)
        abort();
    for (int i = 0; i < ROUTER_PARAMS && status == 0; i++)
        if (params[i].len && (memchr(params[i].ptr, 0, params[i].len) || !utf8_valid(params[i])))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct souk_str rest = arena_str(&arena, str_make((const char *)data, size));
    struct gate_head head = {0};
    struct souk_str line;
    if (!router)
        build();
    str_split(&rest, '\n', &head.method);
    str_split(&rest, '\n', &head.target);
    while (head.headers.count < 64 && str_split(&rest, '\n', &line)) {
        ptrdiff_t colon = str_find(line, ':');
        struct souk_str name = colon < 0 ? line : str_make(line.ptr, (size_t)colon);
        struct souk_str value = colon < 0 ? souk_str("") : str_from(line, (size_t)colon + 1);
        header_list_add(&arena, &head.headers, name, value);
    }
    if (gate_check(&head) == 0)
        check_passed(&arena, &head);
    else if (!head.detail)
        abort();
    arena_free(&arena);
    return 0;
}
