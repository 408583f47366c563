/*
 * problem: shows what is wrong with a configuration. All problems at once, each with the place and
 * the next step.
 */
#include "app/problem.h"

void problem_print(const struct problems *problems, FILE *to)
{
    for (const struct problem *p = problems->first; p; p = p->next) {
        fprintf(to, "%.*s", SOUK_PRI(p->file));
        if (p->line)
            fprintf(to, ":%d", p->line);
        if (p->key.len)
            fprintf(to, ": %.*s", SOUK_PRI(p->key));
        fprintf(to, ": %.*s", SOUK_PRI(p->message));
        if (p->hint.len)
            fprintf(to, "; %.*s", SOUK_PRI(p->hint));
        fputc('\n', to);
    }
    fprintf(to, "%d problem%s in the configuration\n", problems->count,
            problems->count == 1 ? "" : "s");
}

struct json *problem_list(struct arena *arena, const struct problems *problems)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    for (const struct problem *p = problems->first; p; p = p->next) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "file", p->file);
        if (p->line)
            json_add_int(arena, item, "line", p->line);
        else
            json_add_null(arena, item, "line");
        json_add_str(arena, item, "key", p->key);
        json_add_str(arena, item, "message", p->message);
        json_add_str(arena, item, "hint", p->hint);
    }
    return list;
}
