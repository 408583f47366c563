/*
 * script.c: runs one chunk and tells the outcome; the same for the command and for the route that
 * the command asks on a running shop.
 */
#include "app/script.h"

/* Texts as they are, numbers and the like as JSON has them; nothing is null. */
static void add_value(struct arena *arena, struct json *outcome, const struct json *value)
{
    struct buf text = {.arena = arena};
    const struct json *decimal = json_at(value, "$decimal");
    if (!value || value->kind == JSON_NULL) {
        json_add_null(arena, outcome, "value");
    } else if (value->kind == JSON_STRING || decimal) {
        json_add_str(arena, outcome, "value", json_text(decimal ? decimal : value));
    } else {
        json_print(&text, value);
        json_add_str(arena, outcome, "value", buf_str(&text));
    }
}

struct json *script_try(struct script_host *host, struct arena *arena,
                        const struct script_source *source)
{
    struct script_call call = {0};
    struct json *outcome = json_new(arena, JSON_OBJECT);
    script_run(host, arena, source, &call);
    const struct json_item *first = json_first(call.result);
    json_add_cstr(arena, outcome, "outcome", script_outcome_name(call.outcome));
    add_value(arena, outcome, first ? &first->value : NULL);
    json_add_str(arena, outcome, "message", call.reason);
    if (call.log)
        json_add_tree(arena, outcome, "log", call.log);
    return outcome;
}
