/*
 * template_context: decides how every output is escaped. It follows all paths through
 * the flat ops at once: each position keeps the HTML state in which it is reached,
 * paths that meet are joined, and the walk is repeated until nothing changes (a loop's
 * end flows back to its beginning). Where two paths cannot be joined, a branch opened
 * what it did not close, and the template is refused.
 *
 * A template begins and ends in text. So does a capture. A block begins and ends where
 * its place stands: in the layout that first shows it, or here when this template does.
 */
#include "base/str.h"
#include "web/template_compile.h"
#include <stdlib.h>

struct walk {
    struct template *template;
    struct err *err;
    struct template_html *at; /* the state before each op */
    uint8_t *known;
    int changed;
};

static int fail(struct walk *w, int line, const char *what)
{
    return err_set(w->err, SOUK_INVALID, "%s:%d: %s", w->template->file, line, what);
}

static int fail_meeting(struct walk *w, int line, const struct template_html *a,
                        const struct template_html *b)
{
    char one[64], two[64];
    template_html_words(a, one, sizeof(one));
    template_html_words(b, two, sizeof(two));
    if (strcmp(one, two) == 0)
        return err_set(w->err, SOUK_INVALID,
                       "%s:%d: the branches of this tag end at different points of %s; let "
                       "each close what it opens",
                       w->template->file, line, one);
    return err_set(w->err, SOUK_INVALID,
                   "%s:%d: the branches of this tag end in different places, %s and %s; let "
                   "each close what it opens",
                   w->template->file, line, one, two);
}

/* A path reaches `to` in this state. */
static int flow(struct walk *w, int32_t to, const struct template_html *html)
{
    if (!w->known[to]) {
        w->known[to] = 1;
        w->at[to] = *html;
        w->changed = 1;
        return 0;
    }
    struct template_html before = w->at[to];
    if (template_html_join(&w->at[to], html))
        return fail_meeting(w, w->template->ops.at[to].line, &before, html);
    w->changed |= !template_html_equal(&before, &w->at[to]);
    return 0;
}

static int at_text(struct walk *w, const struct template_op *op, struct template_html *html)
{
    struct souk_str text = w->template->constants.at[op->a].text;
    size_t offset;
    if (w->template->plain)
        return 0;
    const char *wrong = template_html_text(html, text, &offset);
    if (!wrong)
        return 0;
    int line = op->line;
    for (size_t i = 0; i < offset; i++)
        line += text.ptr[i] == '\n';
    return fail(w, line, wrong);
}

static int at_output(struct walk *w, struct template_op *op, struct template_html *html)
{
    uint8_t escape;
    struct template_html before = *html;
    if (w->template->plain) {
        op->escape = ESCAPE_NONE;
        return 0;
    }
    const char *wrong = template_html_output(html, &escape);
    if (!wrong) {
        op->escape = escape;
        return 0;
    }
    if (before.label[0])
        return err_set(w->err, SOUK_INVALID, "%s:%d: in the attribute '%s': %s", w->template->file,
                       op->line, before.label, wrong);
    return fail(w, op->line, wrong);
}

static struct template_place *find_place(struct template *template, struct souk_str name)
{
    for (size_t i = 0; i < template->places.len; i++)
        if (souk_str_equal(template->places.at[i].name, name))
            return &template->places.at[i];
    return NULL;
}

const struct template_place *template_place(const struct template *template, struct souk_str name)
{
    return find_place((struct template *)template, name);
}

static int unknown_block(struct walk *w, const struct template_block *block)
{
    const struct template *layout = w->template->refs.at[w->template->layout].target;
    const char *names[33];
    size_t count = layout->places.len < 32 ? layout->places.len : 32;
    for (size_t i = 0; i < count; i++)
        names[i] = layout->places.at[i].name.ptr; /* symbols: they end in NUL */
    names[count] = NULL;
    const char *near = str_nearest(block->name, names);
    return err_set(w->err, SOUK_INVALID, "%s:%d: the layout '%s' (%s) has no block '%.*s'; %s%s%s",
                   w->template->file, block->line, layout->name, layout->file,
                   SOUK_PRI(block->name), near ? "did you mean '" : "add it there",
                   near ? near : "", near ? "'?" : "");
}

static int other_place(struct walk *w, const struct template_op *op,
                       const struct template_place *place, const struct template_html *html)
{
    char there[64], now[64];
    template_html_words(&place->html, there, sizeof(there));
    template_html_words(html, now, sizeof(now));
    return err_set(w->err, SOUK_INVALID,
                   "%s:%d: block '%.*s' stands in %s in the layout and in %s here; give it "
                   "another name",
                   w->template->file, op->line, SOUK_PRI(place->name), there, now);
}

/* A block that no layout knows gets its context here, for every page that replaces it.
 */
static int enter_block(struct walk *w, const struct template_op *op,
                       const struct template_html *html)
{
    const struct template_block *block = &w->template->blocks.at[op->a];
    struct template_place *place = find_place(w->template, block->name);
    struct template_html before, after;
    template_html_block(html, &before, &after);
    if (!place && op->n)
        return unknown_block(w, block);
    if (!place) {
        struct template_place fresh = {.name = block->name, .own = 1};
        vec_push(&w->template->places, fresh);
        place = &w->template->places.at[w->template->places.len - 1];
    }
    if (place->own)
        place->html = before; /* once more: a loop around it may have changed it */
    else if (!op->n && !template_html_equal(&place->html, &before))
        return other_place(w, op, place, &before);
    place->owner = w->template;
    place->start = block->start;
    int code = flow(w, block->start, &place->html);
    return code ? code : flow(w, op->b, op->n ? html : &after);
}

static int leave_block(struct walk *w, const struct template_op *op,
                       const struct template_html *html)
{
    const struct template_block *block = &w->template->blocks.at[op->a];
    struct template_html before, after, end;
    template_html_block(&find_place(w->template, block->name)->html, &before, &after);
    end = after;
    if (template_html_join(&end, html) == 0 && template_html_equal(&end, &after))
        return 0;
    char one[64], two[64];
    template_html_words(&before, one, sizeof(one));
    template_html_words(html, two, sizeof(two));
    return err_set(w->err, SOUK_INVALID,
                   "%s:%d: the block '%.*s' begins in %s and ends in %s; let it close what it "
                   "opens",
                   w->template->file, op->line, SOUK_PRI(block->name), one, two);
}

static int must_be_text(struct walk *w, const struct template_op *op,
                        const struct template_html *html, const char *what)
{
    if (template_html_is_text(html))
        return 0;
    char words[64];
    template_html_words(html, words, sizeof(words));
    return err_set(w->err, SOUK_INVALID, "%s:%d: %s in %s; it belongs in text", w->template->file,
                   op->line, what, words);
}

static int end_of_capture(struct walk *w, const struct template_op *op,
                          const struct template_html *html)
{
    if (template_html_is_text(html))
        return 0;
    char words[64];
    template_html_words(html, words, sizeof(words));
    return err_set(w->err, SOUK_INVALID,
                   "%s:%d: the capture ends in %s; let it close what it "
                   "opens",
                   w->template->file, op->line, words);
}

/* The ops that send the path elsewhere; 1 when it does not go on behind the op. */
static int branch(struct walk *w, int32_t pc, const struct template_html *html, int *code)
{
    const struct template_op *op = &w->template->ops.at[pc];
    static const struct template_html text;
    switch (op->code) {
    case OP_JUMP: *code = flow(w, op->b, html); return 1;
    case OP_JUMP_FALSE:
    case OP_JUMP_TRUE:
    case OP_AND:
    case OP_OR:
    case OP_FOR:
    case OP_NEXT: *code = flow(w, op->b, html); return 0;
    case OP_BLOCK: *code = enter_block(w, op, html); return 1;
    case OP_RETURN: *code = leave_block(w, op, html); return 1;
    case OP_CAPTURE:
        *code = flow(w, pc + 1, &text);
        if (!*code)
            *code = flow(w, op->b + 1, html);
        return 1;
    case OP_CAPTURE_END: *code = end_of_capture(w, op, html); return 1;
    case OP_END:
    case OP_EXTEND: *code = must_be_text(w, op, html, "the template ends"); return 1;
    default: return 0;
    }
}

static int visit(struct walk *w, int32_t pc)
{
    struct template_op *op = &w->template->ops.at[pc];
    struct template_html html = w->at[pc];
    int code = 0;
    if (branch(w, pc, &html, &code) || code)
        return code;
    switch (op->code) {
    case OP_TEXT: code = at_text(w, op, &html); break;
    case OP_OUT: code = at_output(w, op, &html); break;
    case OP_RENDER: code = must_be_text(w, op, &html, "'render'"); break;
    case OP_SLOT: code = must_be_text(w, op, &html, "'slot'"); break;
    default: break;
    }
    return code ? code : flow(w, pc + 1, &html);
}

int template_context(struct template *template, struct err *err)
{
    size_t count = template->ops.len;
    struct walk w = {.template = template, .err = err};
    w.at = mem_zalloc(count * sizeof(*w.at));
    w.known = mem_zalloc(count);
    w.known[0] = 1;
    int code = 0;
    do {
        w.changed = 0;
        for (size_t pc = 0; pc < count && !code; pc++)
            if (w.known[pc])
                code = visit(&w, (int32_t)pc);
    } while (w.changed && !code);
    free(w.at);
    free(w.known);
    return code;
}
