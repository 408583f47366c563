/*
 * descriptor_site.c: checks the tables that the web is built from: routes, pages, slots
 * and files.
 *
 * The idea: a path is walked once, segment by segment, by the rules of the router; two
 * routes clash when their shapes are the same, whatever their parameters are called. A
 * template that a page or slot names must be among the files, so that a typing error is
 * found at load and not by a visitor.
 *
 * Threads: any; no state. Clashes between plugins are found by whoever builds the
 * router.
 */
#include "plugin/descriptor_rows.h"

#include <ctype.h>
#include <stdio.h>
#include "base/str.h"

#define FILE_MOST ((size_t)16 << 20)

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};

/* "{id}" or "{rest*}": the length of the name, 0 when it is none. */
static size_t param_length(struct souk_str segment, int *takes_rest)
{
    char name[32];
    if (segment.len < 3 || segment.ptr[0] != '{' || segment.ptr[segment.len - 1] != '}')
        return 0;
    *takes_rest = segment.ptr[segment.len - 2] == '*';
    struct souk_str inner = str_make(segment.ptr + 1, segment.len - 2 - (size_t)*takes_rest);
    if (inner.len >= sizeof(name))
        return 0;
    str_copy(name, sizeof(name), inner);
    return descriptor_is_name(name, sizeof(name)) ? inner.len : 0;
}

static int is_literal(struct souk_str segment)
{
    for (size_t i = 0; i < segment.len; i++) {
        char c = segment.ptr[i];
        if (!isalnum((unsigned char)c) && !strchr("-._~", c))
            return 0;
    }
    return segment.len > 0 && !souk_str_is(segment, ".") && !souk_str_is(segment, "..");
}

/* NULL when the path is well formed, else what is wrong with it. */
static const char *path_problem(const char *path)
{
    struct souk_str rest = souk_str(path), segment;
    int params = 0, takes_rest = 0;
    if (rest.len == 0)
        return NULL;
    if (path[0] != '/' || rest.len > 200)
        return "must begin with / and have at most 200 bytes";
    if (path[rest.len - 1] == '/')
        return "must not end with /";
    rest = str_from(rest, 1);
    while (str_split(&rest, '/', &segment)) {
        if (takes_rest)
            return "goes on after {…*}, which takes all that follows";
        if (param_length(segment, &takes_rest) > 0)
            params++;
        else if (!is_literal(segment))
            return "has a segment that is neither letters, digits and -._~ nor {name}";
    }
    return params > 8 ? "has more than 8 parameters" : NULL;
}

/* Whether two well-formed paths match the same requests, segment for segment. */
static int same_shape(const char *a, const char *b)
{
    while (*a && *b) {
        if (*a == '{' && *b == '{') {
            const char *a_end = strchr(a, '}'), *b_end = strchr(b, '}');
            if ((a_end[-1] == '*') != (b_end[-1] == '*'))
                return 0;
            a = a_end + 1;
            b = b_end + 1;
        } else if (*a++ != *b++) {
            return 0;
        }
    }
    return *a == *b;
}

static int check_route_place(const struct row_check *check, size_t i, const struct souk_route *row)
{
    const char *problem = row->path ? path_problem(row->path) : "is missing";
    int known = 0;
    for (const char *const *method = methods; *method && row->method; method++)
        known |= strcmp(*method, row->method) == 0;
    if (!known) {
        return descriptor_wrong(check, "routes", i,
                                "method \"%s\" is none of GET, POST, PUT, PATCH, DELETE",
                                row->method ? row->method : "(none)");
    }
    if (problem) {
        return descriptor_wrong(check, "routes", i, "%s: path \"%s\" %s", row->method,
                                row->path ? row->path : "", problem);
    }
    if (row->surface < SOUK_PUBLIC || row->surface > SOUK_API_V1) {
        return descriptor_wrong(check, "routes", i,
                                "%s %s: surface %d is none of SOUK_PUBLIC, SOUK_WEBHOOK, "
                                "SOUK_ADMIN, SOUK_API_V1",
                                row->method, row->path, row->surface);
    }
    return 0;
}

static int check_route_call(const struct row_check *check, size_t i, const struct souk_route *row)
{
    if (row->kind < SOUK_READ || row->kind > SOUK_TASK) {
        return descriptor_wrong(check, "routes", i,
                                "%s %s: kind %d is none of SOUK_READ, SOUK_WRITE, SOUK_TASK",
                                row->method, row->path, row->kind);
    }
    if (!row->handle)
        return descriptor_wrong(check, "routes", i, "%s %s has no handle", row->method, row->path);
    if (row->body_limit < 0 || row->deadline_ms < 0 || row->rate < 0) {
        return descriptor_wrong(check, "routes", i,
                                "%s %s: body_limit, deadline_ms or rate is below 0", row->method,
                                row->path);
    }
    if (row->flags & ~SOUK_CACHED ||
        (row->flags && (row->kind != SOUK_READ || strcmp(row->method, "GET") != 0))) {
        return descriptor_wrong(
            check, "routes", i,
            "%s %s: flags %d; the only one is SOUK_CACHED, for GET as SOUK_READ", row->method,
            row->path, row->flags);
    }
    if (row->right && row->surface != SOUK_ADMIN) {
        return descriptor_wrong(check, "routes", i,
                                "%s %s has a right, which only SOUK_ADMIN asks for; take "
                                "one of the two out",
                                row->method, row->path);
    }
    return 0;
}

int descriptor_check_routes(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->routes_count; i++) {
        const struct souk_route *row = &d->routes[i];
        if (check_route_place(check, i, row) || check_route_call(check, i, row))
            return SOUK_INVALID;
        for (size_t k = 0; k < i; k++) {
            const struct souk_route *other = &d->routes[k];
            if (other->surface == row->surface && strcmp(other->method, row->method) == 0 &&
                same_shape(other->path, row->path)) {
                return descriptor_wrong(check, "routes", i,
                                        "%s %s is the same route as routes[%zu]", row->method,
                                        row->path, k);
            }
        }
    }
    return 0;
}

static int has_template(const struct descriptor *d, const char *name)
{
    char path[256];
    int len = snprintf(path, sizeof(path), "templates/%s.html", name);
    for (size_t i = 0; len > 0 && i < d->files_count; i++)
        if (strcmp(d->files[i].path, path) == 0)
            return 1;
    return 0;
}

/* The surfaces and the core's own places are not for pages. */
static int is_taken(const char *path)
{
    static const char *const roots[] = {"/x", "/api", "/admin", "/hooks", "/assets"};
    for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
        size_t len = strlen(roots[i]);
        if (strncmp(path, roots[i], len) == 0 && (path[len] == '/' || !path[len]))
            return 1;
    }
    return 0;
}

int descriptor_check_pages(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->pages_count; i++) {
        const struct souk_page *row = &d->pages[i];
        const char *problem = row->path && row->path[0] ? path_problem(row->path) : "is missing";
        if (!problem && is_taken(row->path))
            problem = "is under /x, /api, /admin, /hooks or /assets, which are not for pages";
        if (problem) {
            return descriptor_wrong(check, "pages", i, "path \"%s\" %s", row->path ? row->path : "",
                                    problem);
        }
        if (!row->page_template || !has_template(d, row->page_template)) {
            return descriptor_wrong(check, "pages", i,
                                    "%s: no file \"templates/%s.html\"; add it to files with "
                                    "SOUK_EMBED and SOUK_FILE",
                                    row->path, row->page_template ? row->page_template : "");
        }
        if (!row->fill)
            return descriptor_wrong(check, "pages", i, "%s has no fill", row->path);
        if (row->flags & ~SOUK_CACHED) {
            return descriptor_wrong(check, "pages", i,
                                    "%s has unknown flags %d; use SOUK_CACHED or 0", row->path,
                                    row->flags);
        }
        for (size_t k = 0; k < i; k++)
            if (same_shape(d->pages[k].path, row->path))
                return descriptor_wrong(check, "pages", i, "%s stands there twice", row->path);
    }
    return 0;
}

int descriptor_check_slots(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->slots_count; i++) {
        const struct souk_slot *row = &d->slots[i];
        if (!row->slot || !row->slot[0])
            return descriptor_wrong(check, "slots", i, "does not say which slot it fills");
        if (!row->part_template || !has_template(d, row->part_template)) {
            return descriptor_wrong(check, "slots", i,
                                    "%s: no file \"templates/%s.html\"; add it to files with "
                                    "SOUK_EMBED and SOUK_FILE",
                                    row->slot, row->part_template ? row->part_template : "");
        }
    }
    return 0;
}

static const char *file_problem(const char *path)
{
    struct souk_str text = souk_str(path);
    struct souk_str rest = text, segment;
    if (text.len > 200)
        return "has more than 200 bytes";
    while (str_split(&rest, '/', &segment))
        if (!is_literal(segment))
            return "has a segment that is not of letters, digits and -._~";
    if (str_starts(text, "templates/") && (str_ends(text, ".html") || str_ends(text, ".txt")))
        return NULL; /* plain text is for letters: templates/mail/NAME.txt */
    if (str_starts(text, "locale/") && str_ends(text, ".mo"))
        return NULL;
    if (str_starts(text, "static/") && text.len > 7)
        return NULL;
    return "is none of templates/NAME.html, templates/mail/NAME.txt, static/NAME, locale/LANG.mo";
}

int descriptor_check_files(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->files_count; i++) {
        const struct souk_file *row = &d->files[i];
        const char *problem = row->path ? file_problem(row->path) : "is missing";
        if (problem) {
            return descriptor_wrong(check, "files", i, "path \"%s\" %s", row->path ? row->path : "",
                                    problem);
        }
        if (!row->begin || !row->end || (uintptr_t)row->end < (uintptr_t)row->begin ||
            (uintptr_t)row->end - (uintptr_t)row->begin > FILE_MOST) {
            return descriptor_wrong(check, "files", i,
                                    "\"%s\" has no sound bytes (at most 16 MiB); carry it "
                                    "with SOUK_EMBED and SOUK_FILE",
                                    row->path);
        }
        for (size_t k = 0; k < i; k++)
            if (strcmp(d->files[k].path, row->path) == 0)
                return descriptor_wrong(check, "files", i, "\"%s\" stands there twice", row->path);
    }
    return 0;
}
