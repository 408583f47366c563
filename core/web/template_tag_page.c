/*
 * template_tag_page: the tags that give names and build pages of parts: assign,
 * capture, layout, block, render, slot, t. See template_tag for what a handler does.
 *
 * Names of templates and messages must be literal: so the first can be checked when the
 * set is linked, and the second be collected for translators.
 */
#include "base/str.h"
#include "web/template_compile.h"

static int read_variable(struct template_compiler *c, int32_t *symbol)
{
    if (c->scan.token != TOKEN_NAME)
        return template_compile_fail(c, c->line, "expected the name of a variable, not '%.*s'",
                                     SOUK_PRI(c->scan.text));
    *symbol = template_symbol(c->set, c->scan.text);
    c->set->symbol.at[*symbol].local = 1;
    template_scan_next(&c->scan);
    return 0;
}

int template_tag_assign(struct template_compiler *c)
{
    int32_t symbol;
    int code = read_variable(c, &symbol);
    if (!code && c->scan.token == TOKEN_EQ)
        return template_compile_fail(c, c->line, "'assign' takes one '='");
    if (!code && !souk_str_is(c->scan.text, "="))
        return template_compile_fail(c, c->line, "expected '=' after the variable's name");
    if (code)
        return code;
    template_scan_next(&c->scan);
    code = template_expr_pipeline(c);
    return code || template_emit(c, OP_ASSIGN, 0, symbol, 0) < 0 ? SOUK_INVALID : 0;
}

int template_tag_capture(struct template_compiler *c)
{
    struct template_open *open = template_open_push(c, "capture");
    if (!open)
        return SOUK_INVALID;
    open->pending = template_emit(c, OP_CAPTURE, 0, 0, -1);
    return read_variable(c, &open->symbol);
}

int template_tag_endcapture(struct template_compiler *c)
{
    struct template_open *open = template_open_top(c, "endcapture", "capture", NULL);
    if (!open)
        return SOUK_INVALID;
    template_patch(c, open->pending);
    template_emit_for(c, open, OP_CAPTURE_END, open->symbol, 0);
    c->open_count--;
    return 0;
}

static int read_name(struct template_compiler *c, const char *tag, int bare, struct souk_str *name)
{
    if (c->scan.token != TOKEN_STRING && !(bare && c->scan.token == TOKEN_NAME))
        return template_compile_fail(c, c->line,
                                     "'%s' needs a %sname, not '%.*s'; names are fixed so that "
                                     "they can be checked before anything is served",
                                     tag, bare ? "" : "quoted ", SOUK_PRI(c->scan.text));
    *name = c->scan.text;
    template_scan_next(&c->scan);
    return 0;
}

static int32_t add_ref(struct template_compiler *c, struct souk_str name, int layout)
{
    struct template_ref ref = {.name = name, .line = c->line, .layout = layout};
    vec_push(&c->template->refs, ref);
    return (int32_t)c->template->refs.len - 1;
}

int template_tag_layout(struct template_compiler *c)
{
    struct souk_str name;
    int code = read_name(c, "layout", 0, &name);
    if (code)
        return code;
    if (c->template->layout >= 0)
        return template_compile_fail(c, c->line, "a second 'layout'; a page has one");
    if (c->open_count || c->spoke || c->template->blocks.len)
        return template_compile_fail(c, c->line,
                                     "'layout' must stand before everything that is shown");
    c->template->layout = add_ref(c, name, 1);
    /* What came before is white space only (or captured): it is not the page's. */
    for (size_t i = 0; i < c->template->ops.len; i++) {
        struct template_op *op = &c->template->ops.at[i];
        if (op->code == OP_CAPTURE)
            i = (size_t)op->b;
        else if (op->code == OP_TEXT)
            op->code = OP_JOIN;
    }
    return 0;
}

int template_tag_block(struct template_compiler *c)
{
    struct souk_str name;
    int code = read_name(c, "block", 1, &name);
    if (code)
        return code;
    for (size_t i = 0; i < c->template->blocks.len; i++)
        if (souk_str_equal(c->template->blocks.at[i].name, name))
            return template_compile_fail(c, c->line,
                                         "block '%.*s' was there on line %d; names are unique",
                                         SOUK_PRI(name), c->template->blocks.at[i].line);
    int inside = template_open_find(c, "block") != NULL;
    int defines = c->template->layout >= 0 && !inside;
    if (defines && c->open_count)
        return template_compile_fail(c, c->line,
                                     "block '%.*s' inside '%s' of a page with a layout; a block "
                                     "is always taken, put '%s' inside it",
                                     SOUK_PRI(name), c->open[c->open_count - 1].tag,
                                     c->open[c->open_count - 1].tag);
    struct template_open *open = template_open_push(c, "block");
    if (!open)
        return SOUK_INVALID;
    c->spoke = 1;
    int32_t index = (int32_t)c->template->blocks.len;
    open->pending = template_emit(c, OP_BLOCK, defines, index, -1);
    open->body = index;
    name = arena_str(&c->set->arena, name); /* with a NUL, for "did you mean" */
    struct template_block block = {.name = name, .start = template_here(c), .line = c->line};
    vec_push(&c->template->blocks, block);
    return 0;
}

int template_tag_endblock(struct template_compiler *c)
{
    struct template_open *open = template_open_top(c, "endblock", "block", NULL);
    if (!open)
        return SOUK_INVALID;
    if (c->scan.token == TOKEN_NAME || c->scan.token == TOKEN_STRING)
        template_scan_next(&c->scan); /* {% endblock content %} is welcome */
    template_emit_for(c, open, OP_RETURN, open->body, 0);
    template_patch(c, open->pending);
    c->open_count--;
    return 0;
}

int template_tag_render(struct template_compiler *c)
{
    struct souk_str name;
    int code = read_name(c, "render", 0, &name);
    if (!code)
        code = template_must_show(c, "'render'");
    int32_t first;
    int count;
    if (!code)
        code = template_expr_named(c, &first, &count);
    if (code)
        return code;
    template_emit(c, OP_RENDER, count, add_ref(c, name, 0), first);
    return 0;
}

int template_tag_slot(struct template_compiler *c)
{
    struct souk_str name;
    int code = read_name(c, "slot", 0, &name);
    if (!code)
        code = template_must_show(c, "'slot'");
    if (!code)
        template_emit(c, OP_SLOT, 0, template_constant_text(c, name), 0);
    return code;
}

int template_tag_t(struct template_compiler *c)
{
    struct souk_str id;
    int code = template_must_show(c, "'t'");
    if (code)
        return code;
    if (c->scan.token != TOKEN_STRING)
        return template_compile_fail(c, c->line,
                                     "'t' needs a quoted text: it is collected for translators; "
                                     "for a variable write {{ name | t }}");
    id = c->scan.text;
    template_scan_next(&c->scan);
    template_emit(c, OP_CONST, 0, template_constant_text(c, id), 0);
    if (c->scan.token == ',')
        template_scan_next(&c->scan);
    code = template_expr_translate(c, id, 1);
    if (!code)
        template_emit(c, OP_OUT, 0, 0, 0);
    return code;
}
