/*
 * template: the set of templates that one plugin set serves. It owns everything: copies
 * of the sources, programs, names. Built by one thread (add, add, …, link), then only
 * read.
 *
 * The engine's parts are listed in template_internal.h.
 */
#include "base/str.h"
#include "web/template_compile.h"
#include "web/template_run.h"
#include <pthread.h>
#include <stdlib.h>

struct template_set *template_set_new(void)
{
    return mem_zalloc(sizeof(struct template_set));
}

static void free_one(struct template *template)
{
    vec_free(&template->ops);
    vec_free(&template->constants);
    vec_free(&template->refs);
    vec_free(&template->blocks);
    vec_free(&template->places);
}

void template_set_free(struct template_set *set)
{
    if (!set)
        return;
    for (struct template *one = set->newest; one; one = one->older)
        free_one(one);
    map_free(&set->names);
    map_free(&set->symbols);
    vec_free(&set->symbol);
    arena_free(&set->arena);
    free(set);
}

int32_t template_symbol(struct template_set *set, struct souk_str name)
{
    uintptr_t found = (uintptr_t)map_get(&set->symbols, name);
    if (found)
        return (int32_t)(found - 1);
    struct template_symbol symbol = {.name = arena_str(&set->arena, name)};
    vec_push(&set->symbol, symbol);
    map_put(&set->symbols, symbol.name, (void *)(uintptr_t)set->symbol.len);
    return (int32_t)set->symbol.len - 1;
}

int template_add(struct template_set *set, const char *name, struct souk_str text, const char *file,
                 const char *domain, struct err *err)
{
    struct template *template = arena_new(&set->arena, struct template);
    template->name = arena_cstr(&set->arena, souk_str(name));
    template->file = arena_cstr(&set->arena, souk_str(file));
    template->domain = arena_cstr(&set->arena, souk_str(domain));
    template->layout = -1;
    template->plain = str_ends(souk_str(name), ".txt");
    int code = template_compile(set, template, arena_str(&set->arena, text), err);
    if (code) {
        free_one(template);
        return code;
    }
    struct souk_str key = souk_str(template->name);
    template->shadowed = map_put(&set->names, key, template);
    template->older = set->newest;
    set->newest = template;
    return 0;
}

int template_has(const struct template_set *set, const char *name)
{
    return map_get(&set->names, souk_str(name)) != NULL;
}

#define REFERENCE_MAX 200

static const char *reference[REFERENCE_MAX];
static pthread_once_t reference_once = PTHREAD_ONCE_INIT;

static void reference_build(void)
{
    size_t count = 0;
    for (const char *const *at = template_tag_reference(); *at; at++)
        reference[count++] = *at;
    for (int i = 0; template_filter_at(i) && count + 3 < REFERENCE_MAX; i++) {
        reference[count++] = template_filter_at(i)->name;
        reference[count++] = template_filter_at(i)->about;
    }
}

const char *const *template_reference(void)
{
    pthread_once(&reference_once, reference_build);
    return reference;
}
