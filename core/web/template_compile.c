/*
 * template_compile: turns the chunks of one source into a flat list of ops. Tags that
 * span others (if, case, for, capture, block) wait on a small stack until their end
 * arrives and their jumps are patched; jumps to an end that is not known yet are
 * chained through op.b.
 *
 * A block's body stands where it was written, and is jumped over: OP_BLOCK, body,
 * OP_RETURN. In a page with a layout, blocks are definitions only, and nothing else may
 * be visible there; the code in between (assign, capture, if) runs before the layout
 * does.
 *
 * Names of other templates are only noted here; template_link finds them.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "web/template_compile.h"

int template_compile_fail(struct template_compiler *c, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int code = err_vset(c->err, SOUK_INVALID, format, args);
    va_end(args);
    err_in(c->err, "%s:%d", c->template->file, line);
    return code;
}

static int stack_change(int code, int n)
{
    switch (code) {
    case OP_CONST:
    case OP_LOAD:
    case OP_FORLOOP:
    case OP_DUP: return 1;
    case OP_OUT:
    case OP_INDEX:
    case OP_RANGE:
    case OP_COMPARE:
    case OP_JUMP_FALSE:
    case OP_JUMP_TRUE:
    case OP_AND:
    case OP_OR:
    case OP_POP:
    case OP_ASSIGN: return -1;
    case OP_FILTER:
    case OP_TRANSLATE:
    case OP_RENDER: return -n;
    case OP_FOR: return -1 - !!(n & FOR_LIMIT) - !!(n & FOR_OFFSET);
    default: return 0;
    }
}

int32_t template_emit(struct template_compiler *c, int code, int n, int32_t a, int32_t b)
{
    c->depth += stack_change(code, n);
    if (c->depth > TEMPLATE_STACK) {
        template_compile_fail(c, c->line, "expression too long; assign a part of it first");
        return -1;
    }
    struct template_op op = {
        .code = (uint8_t)code, .n = (uint16_t)n, .a = a, .b = b, .line = c->line};
    vec_push(&c->template->ops, op);
    return (int32_t)c->template->ops.len - 1;
}

int32_t template_constant(struct template_compiler *c, struct json value)
{
    vec_push(&c->template->constants, value);
    return (int32_t)c->template->constants.len - 1;
}

int32_t template_constant_text(struct template_compiler *c, struct souk_str text)
{
    return template_constant(c, (struct json){.kind = JSON_STRING, .text = text});
}

int32_t template_here(struct template_compiler *c)
{
    return (int32_t)c->template->ops.len;
}

void template_patch(struct template_compiler *c, int32_t jump)
{
    if (jump >= 0)
        c->template->ops.at[jump].b = template_here(c);
}

void template_patch_chain(struct template_compiler *c, int32_t jump)
{
    while (jump >= 0) {
        int32_t before = c->template->ops.at[jump].b;
        c->template->ops.at[jump].b = template_here(c);
        jump = before;
    }
}

void template_emit_jump(struct template_compiler *c, int32_t *chain)
{
    *chain = template_emit(c, OP_JUMP, 0, 0, *chain);
}

/* An op whose line is that of the tag it belongs to, not of the tag that ends it. */
int32_t template_emit_for(struct template_compiler *c, const struct template_open *open, int code,
                          int32_t a, int32_t b)
{
    int32_t at = template_emit(c, code, 0, a, b);
    c->template->ops.at[at].line = open->line;
    return at;
}

struct template_open *template_open_push(struct template_compiler *c, const char *tag)
{
    if (c->open_count == TEMPLATE_NEST) {
        template_compile_fail(c, c->line,
                              "more than %d tags open; move a part into a "
                              "template of its own and render it",
                              TEMPLATE_NEST);
        return NULL;
    }
    struct template_open *open = &c->open[c->open_count++];
    *open = (struct template_open){
        .tag = tag, .line = c->line, .pending = -1, .ends = -1, .breaks = -1, .continues = -1};
    return open;
}

struct template_open *template_open_find(struct template_compiler *c, const char *tag)
{
    for (int i = c->open_count - 1; i >= 0; i--)
        if (strcmp(c->open[i].tag, tag) == 0)
            return &c->open[i];
    return NULL;
}

/* The open tag that `end` closes or continues, which must be the innermost one. */
struct template_open *template_open_top(struct template_compiler *c, const char *end,
                                        const char *tag, const char *other)
{
    struct template_open *open = c->open_count ? &c->open[c->open_count - 1] : NULL;
    if (open && (strcmp(open->tag, tag) == 0 || (other && strcmp(open->tag, other) == 0)))
        return open;
    if (open)
        template_compile_fail(c, c->line, "'%s' inside the '%s' of line %d; close that first", end,
                              open->tag, open->line);
    else
        template_compile_fail(c, c->line, "'%s' closes nothing; there is no '%s' before it", end,
                              tag);
    return NULL;
}

/* In a page with a layout only blocks are shown. */
int template_must_show(struct template_compiler *c, const char *what)
{
    if (c->template->layout < 0 || template_open_find(c, "block") ||
        template_open_find(c, "capture")) {
        if (!template_open_find(c, "capture"))
            c->spoke = 1;
        return 0;
    }
    return template_compile_fail(c, c->line,
                                 "%s outside a block is never shown in a page with a layout; "
                                 "move it into {%% block … %%}",
                                 what);
}

static int compile_tag(struct template_compiler *c, const struct template_chunk *chunk)
{
    template_scan_begin(&c->scan, chunk->text, chunk->line);
    struct souk_str name = c->scan.text;
    if (c->scan.token != TOKEN_NAME)
        return template_compile_fail(c, c->line, "a tag needs a name, not '%.*s'", SOUK_PRI(name));
    struct template_open *open = c->open_count ? &c->open[c->open_count - 1] : NULL;
    int waits = open && strcmp(open->tag, "case") == 0 && !open->started;
    if (waits && !souk_str_is(name, "when") && !souk_str_is(name, "else") &&
        !souk_str_is(name, "endcase"))
        return template_compile_fail(c, c->line, "'%.*s' between 'case' and its first 'when'",
                                     SOUK_PRI(name));
    return template_tag(c, name);
}

static int compile_output(struct template_compiler *c, const struct template_chunk *chunk)
{
    int code = template_must_show(c, "output");
    if (code)
        return code;
    template_scan_begin(&c->scan, chunk->text, chunk->line);
    if (c->scan.token == TOKEN_END)
        return template_compile_fail(c, c->line, "empty output; write {{ name }}");
    code = template_expr_pipeline(c);
    if (!code)
        code = template_expr_end(c, "{{ }}");
    return code || template_emit(c, OP_OUT, 0, 0, 0) < 0 ? SOUK_INVALID : 0;
}

static int compile_text(struct template_compiler *c, const struct template_chunk *chunk)
{
    struct template_open *open = c->open_count ? &c->open[c->open_count - 1] : NULL;
    int waits = open && strcmp(open->tag, "case") == 0 && !open->started;
    struct souk_str shown = str_trim(chunk->text);
    int hidden = c->template->layout >= 0 && !template_open_find(c, "block") &&
                 !template_open_find(c, "capture");
    if (!shown.len && (waits || hidden))
        return 0;
    for (const char *at = chunk->text.ptr; shown.len && at < shown.ptr; at++)
        c->line += *at == '\n';
    if (waits)
        return template_compile_fail(c, c->line, "text between 'case' and its first 'when'");
    int code = shown.len ? template_must_show(c, "text") : 0;
    c->line = chunk->line;
    if (!code)
        template_emit(c, OP_TEXT, 0, template_constant_text(c, chunk->text), 0);
    return code;
}

static int compile_chunks(struct template_compiler *c, struct template_lex *lex)
{
    for (;;) {
        struct template_chunk chunk;
        int code = template_lex_chunk(lex, &chunk);
        if (code)
            return code;
        c->line = chunk.line;
        switch (chunk.kind) {
        case CHUNK_TEXT: code = compile_text(c, &chunk); break;
        case CHUNK_OUTPUT: code = compile_output(c, &chunk); break;
        case CHUNK_TAG: code = compile_tag(c, &chunk); break;
        default: return 0;
        }
        if (code)
            return code;
    }
}

int template_compile(struct template_set *set, struct template *template, struct souk_str text,
                     struct err *err)
{
    struct template_compiler c = {.set = set, .template = template, .err = err};
    struct template_lex lex = {text.ptr, text.ptr + text.len, template->file, 1, 0, err};
    if (!utf8_valid(text))
        return template_compile_fail(&c, 1, "not valid UTF-8; save the file as UTF-8");
    int code = compile_chunks(&c, &lex);
    if (code)
        return code;
    if (c.open_count) {
        struct template_open *open = &c.open[c.open_count - 1];
        return template_compile_fail(&c, open->line, "'%s' is never closed; add {%% end%s %%}",
                                     open->tag, open->tag);
    }
    c.line = lex.line;
    if (template->layout >= 0) {
        c.line = template->refs.at[template->layout].line;
        template_emit(&c, OP_EXTEND, 0, template->layout, 0);
    } else {
        template_emit(&c, OP_END, 0, 0, 0);
    }
    return 0;
}
