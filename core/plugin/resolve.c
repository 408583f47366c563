/*
 * resolve.c: needs, conflicts, order.
 *
 * The idea: there are dozens of plugins at most, so plain loops over the rows do. The
 * order never depends on the one in which plugins were named: of those that may start
 * next, the first by name does. What is left when none may start stands in a circle, or
 * behind one: following the first unmet need from any of them must come back to a
 * plugin that was passed, and the circle is what lies between.
 *
 * Threads: any; no state.
 */
#include "plugin/resolve.h"

#include <stdlib.h>
#include "base/str.h"

static ptrdiff_t find_item(const struct resolve_item *items, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static void check_item(const struct resolve_item *items, size_t count,
                       const struct resolve_item *item, struct problems *problems)
{
    for (size_t i = 0; i < item->requires_count; i++) {
        const struct souk_require *row = &item->requires[i];
        int on = find_item(items, count, row->plugin) >= 0;
        if (row->relation == SOUK_NEEDS && !on) {
            struct souk_str hint =
                arena_printf(problems->arena, "add \"%s\" to plugins, or take \"%s\" out",
                             row->plugin, item->name);
            problem_add(problems, souk_str("plugins"), hint,
                        "plugin \"%s\" needs plugin \"%s\", which is not on", item->name,
                        row->plugin);
        } else if (row->relation == SOUK_CONFLICTS && on) {
            problem_add(problems, souk_str("plugins"), souk_str("take one of them out"),
                        "plugin \"%s\" cannot be on together with plugin \"%s\"", item->name,
                        row->plugin);
        }
    }
}

/* The first item that `item` waits for; -1: it may start. */
static ptrdiff_t waits_for(const struct resolve_item *items, size_t count, const char *placed,
                           const struct resolve_item *item)
{
    for (size_t i = 0; i < item->requires_count; i++) {
        const struct souk_require *row = &item->requires[i];
        ptrdiff_t other =
            row->relation == SOUK_CONFLICTS ? -1 : find_item(items, count, row->plugin);
        if (other >= 0 && !placed[other])
            return other;
    }
    return -1;
}

static void say_circle(const struct resolve_item *items, size_t count, const char *placed,
                       struct problems *problems)
{
    char *passed = arena_zalloc(problems->arena, count);
    struct buf text = {.arena = problems->arena};
    ptrdiff_t at = 0, from;
    while (placed[at])
        at++;
    for (; !passed[at]; at = waits_for(items, count, placed, &items[at]))
        passed[at] = 1;
    from = at;
    do {
        buf_printf(&text, "%s → ", items[at].name);
        at = waits_for(items, count, placed, &items[at]);
    } while (at != from);
    buf_add_cstr(&text, items[from].name);
    problem_add(problems, souk_str("plugins"),
                souk_str("one of them must not require the next; ask its author"),
                "plugins require each other in a circle: %.*s", SOUK_PRI(buf_str(&text)));
}

int resolve_order(const struct resolve_item *items, size_t count, size_t *order,
                  struct problems *problems)
{
    int before = problems->count;
    char *placed = arena_zalloc(problems->arena, count + 1);
    for (size_t i = 0; i < count; i++)
        check_item(items, count, &items[i], problems);
    for (size_t done = 0; done < count; done++) {
        ptrdiff_t next = -1;
        for (size_t i = 0; i < count; i++)
            if (!placed[i] && waits_for(items, count, placed, &items[i]) < 0 &&
                (next < 0 || strcmp(items[i].name, items[next].name) < 0))
                next = (ptrdiff_t)i;
        if (next < 0) {
            say_circle(items, count, placed, problems);
            break;
        }
        placed[next] = 1;
        order[done] = (size_t)next;
    }
    return problems->count == before ? 0 : SOUK_CONFLICT;
}

int resolve_err(const struct problems *problems, int code, struct err *err)
{
    const struct problem *first = problems->first;
    if (!first)
        return err_set(err, code, "refused for an unknown reason");
    int more = problems->count - 1;
    err_set(err, code, "%.*s%s%.*s", SOUK_PRI(first->message), first->hint.len ? "; " : "",
            SOUK_PRI(first->hint));
    if (first->key.len && !souk_str_is(first->key, "plugins"))
        err_in(err, "%.*s", SOUK_PRI(first->key));
    if (more > 0) {
        char text[sizeof(err->text)];
        str_copy(text, sizeof(text), souk_str(err ? err->text : ""));
        err_set(err, code, "%.400s (and %d more)", text, more);
    }
    return code;
}
