/*
 * template_tag: the table of tags, and those that steer: if, unless, case, for. Each
 * handler finds the tokens behind the tag's name in the compiler's scan, emits ops, and
 * leaves the scan at the end of the tag.
 */
#include "base/str.h"
#include "web/template_compile.h"

static int tag_if(struct template_compiler *c)
{
    struct template_open *open = template_open_push(c, "if");
    int code = open ? template_expr_condition(c) : SOUK_INVALID;
    if (!code)
        open->pending = template_emit(c, OP_JUMP_FALSE, 0, 0, -1);
    return code;
}

static int tag_unless(struct template_compiler *c)
{
    struct template_open *open = template_open_push(c, "unless");
    int code = open ? template_expr_condition(c) : SOUK_INVALID;
    if (!code)
        open->pending = template_emit(c, OP_JUMP_TRUE, 0, 0, -1);
    return code;
}

static int tag_elsif(struct template_compiler *c)
{
    struct template_open *open = template_open_top(c, "elsif", "if", "unless");
    if (!open)
        return SOUK_INVALID;
    if (open->otherwise)
        return template_compile_fail(c, c->line, "'elsif' after 'else'; put it before");
    template_emit_jump(c, &open->ends);
    template_patch(c, open->pending);
    int code = template_expr_condition(c);
    if (!code)
        open->pending = template_emit(c, OP_JUMP_FALSE, 0, 0, -1);
    return code;
}

static int end_if(struct template_compiler *c)
{
    struct template_open *open = &c->open[--c->open_count];
    template_patch(c, open->pending);
    template_patch_chain(c, open->ends);
    template_emit_for(c, open, OP_JOIN, 0, 0);
    return 0;
}

static int tag_endif(struct template_compiler *c)
{
    return template_open_top(c, "endif", "if", NULL) ? end_if(c) : SOUK_INVALID;
}

static int tag_endunless(struct template_compiler *c)
{
    return template_open_top(c, "endunless", "unless", NULL) ? end_if(c) : SOUK_INVALID;
}

/* The subject of a case waits on the stack between its branches; a body pops it first.
 */
static int tag_case(struct template_compiler *c)
{
    return template_open_push(c, "case") ? template_expr_value(c) : SOUK_INVALID;
}

static int read_when_values(struct template_compiler *c, int32_t *hits)
{
    for (;;) {
        if (template_emit(c, OP_DUP, 0, 0, 0) < 0)
            return SOUK_INVALID;
        int code = template_expr_value(c);
        if (code)
            return code;
        template_emit(c, OP_COMPARE, CMP_EQ, 0, 0);
        *hits = template_emit(c, OP_JUMP_TRUE, 0, 0, *hits);
        int more = c->scan.token == ',' ||
                   (c->scan.token == TOKEN_NAME && souk_str_is(c->scan.text, "or"));
        if (!more)
            return 0;
        template_scan_next(&c->scan);
    }
}

static int tag_when(struct template_compiler *c)
{
    struct template_open *open = template_open_top(c, "when", "case", NULL);
    if (!open)
        return SOUK_INVALID;
    if (open->otherwise)
        return template_compile_fail(c, c->line, "'when' after 'else'; put it before");
    if (open->started)
        template_emit_jump(c, &open->ends);
    open->started = 1;
    template_patch(c, open->pending);
    c->depth = 1;
    int32_t hits = -1;
    int code = read_when_values(c, &hits);
    if (code)
        return code;
    open->pending = template_emit(c, OP_JUMP, 0, 0, -1);
    template_patch_chain(c, hits);
    template_emit(c, OP_POP, 0, 0, 0);
    return 0;
}

static void case_otherwise(struct template_compiler *c, struct template_open *open)
{
    if (open->started)
        template_emit_jump(c, &open->ends);
    open->started = open->otherwise = 1;
    template_patch(c, open->pending);
    open->pending = -1;
    c->depth = 1;
    template_emit(c, OP_POP, 0, 0, 0);
}

static int tag_endcase(struct template_compiler *c)
{
    struct template_open *open = template_open_top(c, "endcase", "case", NULL);
    if (!open)
        return SOUK_INVALID;
    if (!open->otherwise)
        case_otherwise(c, open);
    template_patch_chain(c, open->ends);
    template_emit_for(c, open, OP_JOIN, 0, 0);
    c->open_count--;
    return 0;
}

static int read_for_options(struct template_compiler *c, int *flags)
{
    *flags = 0;
    while (c->scan.token == TOKEN_NAME) {
        static const char *const words[] = {"limit", "offset", "reversed", NULL};
        int flag = souk_str_is(c->scan.text, "limit")      ? FOR_LIMIT
                   : souk_str_is(c->scan.text, "offset")   ? FOR_OFFSET
                   : souk_str_is(c->scan.text, "reversed") ? FOR_REVERSED
                                                           : 0;
        if (!flag || (*flags & flag)) {
            const char *near = str_nearest(c->scan.text, words);
            return template_compile_fail(c, c->line, "unknown option '%.*s' of for; %s%s%s",
                                         SOUK_PRI(c->scan.text),
                                         near ? "did you mean '" : "use limit, offset, reversed",
                                         near ? near : "", near ? "'?" : "");
        }
        *flags |= flag;
        if (flag == FOR_LIMIT && (*flags & FOR_OFFSET))
            *flags |= FOR_SWAPPED;
        template_scan_next(&c->scan);
        if (flag == FOR_REVERSED)
            continue;
        int code = template_expr_expect(c, ':', "':' and a number");
        if (!code)
            code = template_expr_value(c);
        if (code)
            return code;
        if (c->scan.token == ',')
            template_scan_next(&c->scan);
    }
    return 0;
}

static int tag_for(struct template_compiler *c)
{
    struct template_open *open = template_open_push(c, "for");
    if (!open)
        return SOUK_INVALID;
    if (c->scan.token != TOKEN_NAME)
        return template_compile_fail(c, c->line, "'for' needs a name; write {%% for x in list %%}");
    open->symbol = template_symbol(c->set, c->scan.text);
    c->set->symbol.at[open->symbol].local = 1;
    template_scan_next(&c->scan);
    if (c->scan.token != TOKEN_NAME || !souk_str_is(c->scan.text, "in"))
        return template_compile_fail(c, c->line, "'for' needs 'in'; write {%% for x in list %%}");
    template_scan_next(&c->scan);
    int flags, code = template_expr_value(c);
    if (!code)
        code = read_for_options(c, &flags);
    if (code)
        return code;
    open->pending = template_emit(c, OP_FOR, flags, open->symbol, -1);
    open->body = template_emit(c, OP_JOIN, 0, 0, 0);
    return 0;
}

static void end_loop(struct template_compiler *c, struct template_open *open)
{
    template_patch_chain(c, open->continues);
    template_emit_for(c, open, OP_NEXT, 0, open->body);
    template_patch_chain(c, open->breaks);
    template_emit_for(c, open, OP_FOR_POP, 0, 0);
}

static int tag_endfor(struct template_compiler *c)
{
    struct template_open *open = template_open_top(c, "endfor", "for", NULL);
    if (!open)
        return SOUK_INVALID;
    if (!open->otherwise) {
        end_loop(c, open);
        template_patch(c, open->pending);
    }
    template_patch_chain(c, open->ends);
    template_emit_for(c, open, OP_JOIN, 0, 0);
    c->open_count--;
    return 0;
}

static int tag_else(struct template_compiler *c)
{
    struct template_open *open = c->open_count ? &c->open[c->open_count - 1] : NULL;
    int is_case = open && strcmp(open->tag, "case") == 0;
    int is_for = open && strcmp(open->tag, "for") == 0;
    if (!is_case && !is_for && !template_open_top(c, "else", "if", "unless"))
        return SOUK_INVALID;
    if (open->otherwise)
        return template_compile_fail(c, c->line, "a second 'else' for the '%s' of line %d",
                                     open->tag, open->line);
    if (is_case) {
        case_otherwise(c, open);
        return 0;
    }
    open->otherwise = 1;
    if (is_for)
        end_loop(c, open);
    template_emit_jump(c, &open->ends);
    template_patch(c, open->pending);
    open->pending = -1;
    return 0;
}

static int leave_loop(struct template_compiler *c, const char *tag, int is_break)
{
    for (int i = c->open_count - 1; i >= 0; i--) {
        struct template_open *open = &c->open[i];
        if (strcmp(open->tag, "for") == 0 && !open->otherwise) {
            template_emit_jump(c, is_break ? &open->breaks : &open->continues);
            return 0;
        }
        if (strcmp(open->tag, "capture") == 0 || strcmp(open->tag, "block") == 0)
            break;
    }
    return template_compile_fail(c, c->line,
                                 "'%s' outside a loop; it belongs between "
                                 "{%% for %%} and {%% endfor %%}",
                                 tag);
}

static int tag_break(struct template_compiler *c)
{
    return leave_loop(c, "break", 1);
}

static int tag_continue(struct template_compiler *c)
{
    return leave_loop(c, "continue", 0);
}

struct tag_entry {
    const char *name;
    template_tag_handler *compile;
};

static const struct tag_entry tags[] = {
    {"if", tag_if},
    {"elsif", tag_elsif},
    {"else", tag_else},
    {"endif", tag_endif},
    {"unless", tag_unless},
    {"endunless", tag_endunless},
    {"case", tag_case},
    {"when", tag_when},
    {"endcase", tag_endcase},
    {"for", tag_for},
    {"endfor", tag_endfor},
    {"break", tag_break},
    {"continue", tag_continue},
    {"assign", template_tag_assign},
    {"capture", template_tag_capture},
    {"endcapture", template_tag_endcapture},
    {"layout", template_tag_layout},
    {"block", template_tag_block},
    {"endblock", template_tag_endblock},
    {"render", template_tag_render},
    {"slot", template_tag_slot},
    {"t", template_tag_t},
};

#define TAG_COUNT (sizeof(tags) / sizeof(*tags))

static int unknown_tag(struct template_compiler *c, struct souk_str name)
{
    const char *names[TAG_COUNT + 3] = {"raw", "comment"};
    for (size_t i = 0; i < TAG_COUNT; i++)
        names[i + 2] = tags[i].name;
    const char *near = str_nearest(name, names);
    return template_compile_fail(c, c->line, "there is no tag '%.*s'; %s%s%s", SOUK_PRI(name),
                                 near ? "did you mean '" : "core/web/TEMPLATES.md lists them",
                                 near ? near : "", near ? "'?" : "");
}

int template_tag(struct template_compiler *c, struct souk_str name)
{
    for (size_t i = 0; i < TAG_COUNT; i++) {
        if (souk_str_is(name, tags[i].name)) {
            template_scan_next(&c->scan);
            int code = tags[i].compile(c);
            return code ? code : template_expr_end(c, tags[i].name);
        }
    }
    return unknown_tag(c, name);
}

const char *const *template_tag_reference(void)
{
    static const char *const about[] = {
        "if",
        "{% if a and b %} {% elsif c %} {% else %} {% endif %}: nil and false are false",
        "unless",
        "{% unless a %} … {% endunless %}: the contrary of if",
        "case",
        "{% case x %} {% when 1, 2 %} {% else %} {% endcase %}",
        "for",
        "{% for x in list limit:3 offset:1 reversed %} {% else %} {% endfor %}",
        "break",
        "{% break %}: leaves the loop",
        "continue",
        "{% continue %}: goes on with the next element",
        "assign",
        "{% assign name = value | filter %}",
        "capture",
        "{% capture name %} … {% endcapture %}: keeps what would be shown",
        "comment",
        "{% comment %} … {% endcomment %}, or {% # one remark %}",
        "raw",
        "{% raw %} … {% endraw %}: braces without meaning",
        "render",
        "{% render \"card\", product: p %}: another template, which sees only p",
        "layout",
        "{% layout \"layout\" %}: this page fills the blocks of that layout",
        "block",
        "{% block name %} … {% endblock %}: a part that a page or theme may replace",
        "slot",
        "{% slot \"product.below\" %}: what plugins have to add here",
        "t",
        "{% t \"one item\", plural: \"{count} items\", count: n, context: \"cart\" %}",
        NULL};
    return about;
}
