/*
 * template_link: makes one program of many sources. It finds the template behind every
 * name in layout and render, refuses what is missing or goes in circles, and tells each
 * page which body runs for which block: its own, else that of its layout, and so on.
 *
 * A template whose layout names itself gets the one that it shadows. Only what can be
 * reached is linked: a template that a theme has replaced is not looked at again.
 *
 * The depth of the chain is bounded here too, so that recursion is.
 */
#include "base/str.h"
#include "web/template_compile.h"

static int link_one(struct template_set *set, struct template *template, int depth,
                    struct err *err);

static const char *nearest(const struct template_set *set, struct souk_str name)
{
    VEC(const char *) names = {0};
    for (struct template *one = set->newest; one; one = one->older)
        vec_push(&names, one->name);
    vec_push(&names, NULL);
    const char *near = str_nearest(name, names.at);
    vec_free(&names);
    return near;
}

static int find_target(struct template_set *set, struct template *template,
                       struct template_ref *ref, struct err *err)
{
    struct template *target = map_get(&set->names, ref->name);
    if (ref->layout && souk_str_is(ref->name, template->name)) {
        target = template->shadowed;
        if (!target)
            return err_set(err, SOUK_INVALID,
                           "%s:%d: '%s' names itself as its layout, but shadows no template; "
                           "name another one",
                           template->file, ref->line, template->name);
    }
    if (!target) {
        const char *near = nearest(set, ref->name);
        return err_set(err, SOUK_INVALID, "%s:%d: there is no template '%.*s'; %s%s%s",
                       template->file, ref->line, SOUK_PRI(ref->name),
                       near ? "did you mean '" : "add it or correct the name", near ? near : "",
                       near ? "'?" : "");
    }
    if (target->plain != template->plain)
        return err_set(err, SOUK_INVALID,
                       "%s:%d: '%s' and '%s' cannot contain each other: one is HTML and one is "
                       "plain text",
                       template->file, ref->line, template->name, target->name);
    ref->target = target;
    return 0;
}

static int link_refs(struct template_set *set, struct template *template, int depth,
                     struct err *err)
{
    for (size_t i = 0; i < template->refs.len; i++) {
        struct template_ref *ref = &template->refs.at[i];
        int code = find_target(set, template, ref, err);
        if (code)
            return code;
        if (ref->target->state == 1)
            return err_set(err, SOUK_INVALID,
                           "%s:%d: '%s' leads back to itself through '%s' (%s); a template "
                           "cannot contain itself",
                           template->file, ref->line, template->name, ref->target->name,
                           ref->target->file);
        if (depth == TEMPLATE_DEPTH)
            return err_set(err, SOUK_INVALID,
                           "%s:%d: more than %d templates inside each other; flatten them",
                           template->file, ref->line, TEMPLATE_DEPTH);
        code = link_one(set, ref->target, depth + 1, err);
        if (code)
            return code;
    }
    return 0;
}

static void inherit_places(struct template *template)
{
    if (template->layout < 0)
        return;
    const struct template *layout = template->refs.at[template->layout].target;
    for (size_t i = 0; i < layout->places.len; i++) {
        struct template_place place = layout->places.at[i];
        place.own = 0;
        vec_push(&template->places, place);
    }
}

static int link_one(struct template_set *set, struct template *template, int depth, struct err *err)
{
    if (template->state == 2)
        return 0;
    template->state = 1;
    int code = link_refs(set, template, depth, err);
    if (code)
        return code;
    inherit_places(template);
    code = template_context(template, err);
    template->state = code ? template->state : 2;
    return code;
}

/* A set may be linked again after more adds. */
static void forget(struct template_set *set)
{
    for (struct template *one = set->newest; one; one = one->older) {
        one->state = 0;
        one->places.len = 0;
    }
}

int template_link(struct template_set *set, struct err *err)
{
    forget(set);
    for (size_t i = 0; i < set->names.used; i++) {
        if (!set->names.entries[i].key.ptr)
            continue;
        int code = link_one(set, set->names.entries[i].value, 1, err);
        if (code)
            return code;
    }
    return 0;
}
