/*
 * template_run: the machine. One loop over flat ops with a value stack, a stack of
 * frames and scopes; it calls nothing that calls it back, except a slot, whose
 * contributions are renderings of their own (with half of what is left of the limits,
 * so that they cannot use up the page's).
 *
 * Values are pointers: into the data, into the constants, or to new values in the
 * arena. Nothing is freed and malloc is never called; what a template can make the
 * arena grow by is counted. When a limit is passed, run->code is set, the instruction
 * ends and the rendering fails with the file and line of its op.
 */
#include "web/template_run.h"

#define DEFAULT_STEPS  200000
#define DEFAULT_OUTPUT (2 * 1024 * 1024)
#define RANGE_MAX      10000
#define MEMORY_LEAST   (1024 * 1024)

void template_run_stop(struct template_run *run, const char *why)
{
    if (run->code)
        return;
    run->code = SOUK_TOO_LARGE;
    run->why = why;
}

int template_run_charge(struct template_run *run, size_t size)
{
    if ((uint64_t)run->memory < size) {
        template_run_stop(run, "values take too much memory; use fewer or smaller ones");
        return run->code;
    }
    run->memory -= (int64_t)size;
    return 0;
}

void *template_run_alloc(struct template_run *run, size_t size)
{
    int code = template_run_charge(run, size);
    return code && size > 256 ? NULL : arena_alloc(run->env->arena, size);
}

void template_run_put(struct template_run *run, struct buf *to, struct souk_str text)
{
    if (template_run_charge(run, text.len) == 0)
        buf_add(to, text.ptr, text.len);
}

void template_run_spend(struct template_run *run, int64_t steps)
{
    run->steps -= steps;
    if (run->steps < 0)
        template_run_stop(run, "too many steps; show less on one page");
}

static void push(struct template_run *run, const struct json *value)
{
    run->stack[run->count++] = value;
}

static const struct json *pop(struct template_run *run)
{
    return run->stack[--run->count];
}

static const struct json *load(struct template_run *run, const struct template_scope *scope,
                               int32_t symbol)
{
    const struct template_symbol *known = &run->set->symbol.at[symbol];
    if (known->local) {
        for (const struct template_loop *loop = scope->loops; loop; loop = loop->outer)
            if (loop->symbol == symbol)
                return loop->value;
        for (const struct template_variable *v = scope->variables; v; v = v->next)
            if (v->symbol == symbol)
                return v->value;
    }
    const struct json *found = json_get(scope->data, known->name);
    return found ? found : &template_nil;
}

static void assign(struct template_run *run, struct template_scope *scope, int32_t symbol,
                   const struct json *value)
{
    struct template_variable *variable = scope->variables;
    while (variable && variable->symbol != symbol)
        variable = variable->next;
    if (!variable) {
        variable = template_run_alloc(run, sizeof(*variable));
        variable->next = scope->variables;
        variable->symbol = symbol;
        scope->variables = variable;
    }
    variable->value = value;
}

static const struct json *range(struct template_run *run, const struct json *from,
                                const struct json *to)
{
    int64_t first, last;
    struct json *list = template_value_list(run);
    if (!template_value_number(from, &first) || !template_value_number(to, &last))
        return list;
    if (last >= first && (uint64_t)last - (uint64_t)first >= RANGE_MAX) {
        template_run_stop(run, "a range of more than 10000 numbers");
        return list;
    }
    for (int64_t i = first; i <= last && !run->code; i++)
        template_value_push(run, list, template_value_int(run, i));
    return list;
}

/* The members of an object as [key, value] pairs. */
static const struct json *pairs(struct template_run *run, const struct json *object)
{
    struct json *list = template_value_list(run);
    json_each(item, object)
    {
        struct json *pair = template_value_list(run);
        template_value_push(run, pair, template_value_string(run, JSON_STRING, item->key));
        template_value_push(run, pair, &item->value);
        template_value_push(run, list, pair);
        if (run->code)
            break;
    }
    return list;
}

static void loop_step(struct template_loop *loop)
{
    if (loop->reversed) {
        loop->value = loop->reversed[loop->length - 1 - loop->index];
        return;
    }
    loop->value = &loop->item->value;
    loop->item = loop->item->next;
}

static int64_t pop_bound(struct template_run *run, int64_t otherwise)
{
    int64_t number = otherwise;
    template_value_number(pop(run), &number);
    return number < 0 ? 0 : number;
}

static void reverse_loop(struct template_run *run, struct template_loop *loop)
{
    loop->reversed = template_run_alloc(run, loop->length * sizeof(*loop->reversed));
    const struct json_item *item = loop->item;
    for (uint32_t i = 0; loop->reversed && i < loop->length; i++, item = item->next)
        loop->reversed[i] = &item->value;
}

/* 1 when there is something to loop over. */
static int begin_loop(struct template_run *run, struct template_scope *scope,
                      const struct template_op *op)
{
    int64_t limit = INT64_MAX, offset = 0;
    if (op->n & FOR_SWAPPED)
        limit = pop_bound(run, limit);
    if (op->n & FOR_OFFSET)
        offset = pop_bound(run, 0);
    if ((op->n & FOR_LIMIT) && !(op->n & FOR_SWAPPED))
        limit = pop_bound(run, limit);
    const struct json *list = pop(run);
    if (list->kind == JSON_OBJECT)
        list = pairs(run, list);
    if (list->kind != JSON_ARRAY || offset >= list->count || limit == 0 || run->code)
        return 0;
    const struct json_item *item = list->first;
    for (int64_t i = 0; i < offset; i++)
        item = item->next;
    template_run_spend(run, offset / 16);
    struct template_loop *loop = template_run_alloc(run, sizeof(*loop));
    *loop = (struct template_loop){.outer = scope->loops, .symbol = op->a, .item = item};
    loop->length = list->count - (uint32_t)offset;
    if (limit < loop->length)
        loop->length = (uint32_t)limit;
    if (op->n & FOR_REVERSED)
        reverse_loop(run, loop);
    if (run->code)
        return 0;
    loop_step(loop);
    scope->loops = loop;
    return 1;
}

static const struct json *loop_field(struct template_run *run, const struct template_loop *loop,
                                     int field)
{
    if (!loop)
        return &template_nil;
    switch (field) {
    case LOOP_INDEX: return template_value_int(run, loop->index + INT64_C(1));
    case LOOP_INDEX0: return template_value_int(run, loop->index);
    case LOOP_RINDEX: return template_value_int(run, loop->length - loop->index);
    case LOOP_RINDEX0: return template_value_int(run, loop->length - loop->index - INT64_C(1));
    case LOOP_FIRST: return loop->index == 0 ? &template_true : &template_false;
    case LOOP_LAST: return loop->index + 1 == loop->length ? &template_true : &template_false;
    default: return template_value_int(run, loop->length);
    }
}

static int can_go_deeper(struct template_run *run)
{
    if (run->depth < TEMPLATE_DEPTH)
        return 1;
    template_run_stop(run, "more than 16 blocks and renders inside each other");
    return 0;
}

static void call_block(struct template_run *run, const struct template_op *op)
{
    struct template_frame *frame = &run->frame[run->depth - 1];
    struct souk_str name = frame->template->blocks.at[op->a].name;
    frame->op = frame->template->ops.at + op->b;
    const struct template_place *place = template_place(frame->scope->page, name);
    if (op->n || !place || !can_go_deeper(run))
        return;
    run->frame[run->depth++] = (struct template_frame){
        .template = place->owner, .op = place->owner->ops.at + place->start, .scope = frame->scope};
}

static void call_render(struct template_run *run, const struct template_op *op)
{
    struct template_frame *frame = &run->frame[run->depth - 1];
    struct json *data = template_run_alloc(run, sizeof(*data));
    *data = (struct json){.kind = JSON_OBJECT};
    run->count -= op->n;
    for (int i = 0; i < op->n; i++) {
        template_value_push(run, data, run->stack[run->count + i]);
        data->last->key = frame->template->constants.at[op->b + i].text;
    }
    if (!can_go_deeper(run))
        return;
    const struct template *target = frame->template->refs.at[op->a].target;
    struct template_scope *scope = &run->scope[run->depth];
    *scope = (struct template_scope){.page = target, .data = data};
    run->frame[run->depth++] =
        (struct template_frame){.template = target, .op = target->ops.at, .scope = scope};
}

static void begin_capture(struct template_run *run)
{
    if (run->captures == TEMPLATE_DEPTH)
        template_run_stop(run, "more than 16 captures inside each other");
    else
        run->capture[run->captures++] = run->out->len;
}

static void end_capture(struct template_run *run, struct template_scope *scope, int32_t symbol)
{
    size_t from = run->capture[--run->captures];
    size_t len = run->out->len - from;
    char *copy = template_run_alloc(run, len + 1);
    if (!copy)
        return;
    if (len)
        memcpy(copy, run->out->ptr + from, len);
    copy[len] = '\0';
    run->out->len = from;
    struct souk_str text = {copy, len};
    assign(run, scope, symbol, template_value_string(run, JSON_HTML, text));
}

static void call_slot(struct template_run *run, struct souk_str name)
{
    if (!run->env->slot || run->nested >= TEMPLATE_SLOTS)
        return;
    struct template_run *before = run->env->outer;
    run->env->outer = run;
    run->env->slot(run->env, name, run->data, run->out);
    run->env->outer = before;
    if (run->out->len > run->limit)
        template_run_stop(run, "the page is too long; show less on one page");
}

static void call_filter(struct template_run *run, const struct template_op *op)
{
    run->count -= op->n;
    struct template_call call = {.run = run,
                                 .template = run->frame[run->depth - 1].template,
                                 .value = run->stack[run->count - 1],
                                 .args = &run->stack[run->count],
                                 .count = op->n};
    if (op->code == OP_FILTER) {
        run->stack[run->count - 1] = template_filter_at(op->a)->run(&call);
        return;
    }
    const struct json *constants = call.template->constants.at;
    run->stack[run->count - 1] = template_translate(&call, op->a >= 0 ? &constants[op->a] : NULL,
                                                    op->n ? &constants[op->b] : NULL);
}

static const struct json *compare(struct template_run *run, int how)
{
    const struct json *b = pop(run), *a = pop(run);
    if (how == CMP_CONTAINS)
        template_run_spend(run, template_value_size(a) / 16);
    return template_value_compare(how, a, b) ? &template_true : &template_false;
}

static void text(struct template_run *run, const struct json *constant)
{
    if (constant->text.len > run->limit - run->out->len)
        template_run_stop(run, "the page is too long; show less on one page");
    else
        buf_add(run->out, constant->text.ptr, constant->text.len);
}

static void output(struct template_run *run, const struct template_op *op)
{
    template_escape_value(run, op->escape, pop(run));
    if (run->out->len > run->limit)
        template_run_stop(run, "the page is too long; show less on one page");
}

/* What works on the value stack alone. */
static void value_op(struct template_run *run, const struct template_op *op,
                     const struct template_frame *frame)
{
    const struct json *value;
    switch (op->code) {
    case OP_CONST: push(run, &frame->template->constants.at[op->a]); break;
    case OP_LOAD: push(run, load(run, frame->scope, op->a)); break;
    case OP_KEY:
        value = pop(run);
        push(run, template_value_key(run, value, frame->template->constants.at[op->a].text));
        break;
    case OP_INDEX:
        value = pop(run);
        push(run, template_value_index(run, pop(run), value));
        break;
    case OP_FORLOOP: push(run, loop_field(run, frame->scope->loops, op->n)); break;
    case OP_RANGE:
        value = pop(run);
        push(run, range(run, pop(run), value));
        break;
    case OP_COMPARE: push(run, compare(run, op->n)); break;
    case OP_DUP: push(run, run->stack[run->count - 1]); break;
    case OP_POP: pop(run); break;
    case OP_FILTER:
    case OP_TRANSLATE: call_filter(run, op); break;
    default: break;
    }
}

/* 1 when the op's target is next. */
static int jumps(struct template_run *run, const struct template_op *op,
                 struct template_scope *scope)
{
    switch (op->code) {
    case OP_JUMP: return 1;
    case OP_JUMP_FALSE: return !json_true(pop(run));
    case OP_JUMP_TRUE: return json_true(pop(run));
    case OP_AND:
    case OP_OR:
        if (json_true(run->stack[run->count - 1]) == (op->code == OP_OR))
            return 1;
        pop(run);
        return 0;
    case OP_FOR: return !begin_loop(run, scope, op);
    default: /* OP_NEXT */
        if (++scope->loops->index == scope->loops->length)
            return 0;
        loop_step(scope->loops);
        return 1;
    }
}

static void flow_op(struct template_run *run, const struct template_op *op,
                    struct template_frame *frame)
{
    const struct template *target;
    switch (op->code) {
    case OP_JUMP:
    case OP_JUMP_FALSE:
    case OP_JUMP_TRUE:
    case OP_AND:
    case OP_OR:
    case OP_FOR:
    case OP_NEXT:
        if (jumps(run, op, frame->scope))
            frame->op = frame->template->ops.at + op->b;
        break;
    case OP_FOR_POP: frame->scope->loops = frame->scope->loops->outer; break;
    case OP_ASSIGN: assign(run, frame->scope, op->a, pop(run)); break;
    case OP_CAPTURE: begin_capture(run); break;
    case OP_CAPTURE_END: end_capture(run, frame->scope, op->a); break;
    case OP_BLOCK: call_block(run, op); break;
    case OP_RENDER: call_render(run, op); break;
    case OP_EXTEND:
        target = frame->template->refs.at[op->a].target;
        frame->template = target;
        frame->op = target->ops.at;
        break;
    case OP_RETURN:
    case OP_END: run->depth--; break;
    default: break;
    }
}

static int execute(struct template_run *run)
{
    while (run->depth) {
        struct template_frame *frame = &run->frame[run->depth - 1];
        const struct template *template = frame->template;
        const struct template_op *op = frame->op++;
        if (--run->steps < 0)
            template_run_spend(run, 0);
        else if (op->code == OP_TEXT)
            text(run, &template->constants.at[op->a]);
        else if (op->code == OP_OUT)
            output(run, op);
        else if (op->code == OP_SLOT)
            call_slot(run, template->constants.at[op->a].text);
        else if (op->code >= OP_CONST && op->code <= OP_TRANSLATE)
            value_op(run, op, frame);
        else
            flow_op(run, op, frame);
        if (run->code)
            return err_set(run->err, run->code, "%s:%d: %s", template->file, op->line, run->why);
    }
    return 0;
}

static void set_limits(struct template_run *run)
{
    int64_t steps = run->env->max_steps > 0 ? run->env->max_steps : DEFAULT_STEPS;
    int64_t output_max = run->env->max_output > 0 ? run->env->max_output : DEFAULT_OUTPUT;
    run->memory = 4 * output_max > MEMORY_LEAST ? 4 * output_max : MEMORY_LEAST;
    const struct template_run *outer = run->outer;
    if (outer) {
        int64_t left = (int64_t)outer->limit - (int64_t)outer->out->len;
        run->nested = outer->nested + 1;
        steps = outer->steps / 2;
        output_max = left > 0 ? left / 2 : 0;
        run->memory = outer->memory / 2;
    }
    run->steps = steps;
    run->start = run->out->len;
    run->limit = run->start + (size_t)output_max;
}

int template_render(const struct template_set *set, const char *name, struct template_env *env,
                    const struct json *data, struct buf *out, struct err *err)
{
    const struct template *page = map_get(&set->names, souk_str(name));
    if (!page)
        return err_set(err, SOUK_NOT_FOUND,
                       "there is no template '%s'; add it to a plugin or "
                       "a theme",
                       name);
    struct template_run run;
    memset(&run, 0, offsetof(struct template_run, stack));
    run.set = set;
    run.env = env;
    run.out = out;
    run.err = err;
    run.data = data;
    run.outer = env->outer;
    set_limits(&run);
    int64_t steps = run.steps, memory = run.memory;
    run.scope[0] = (struct template_scope){.page = page, .data = data};
    run.frame[0] =
        (struct template_frame){.template = page, .op = page->ops.at, .scope = &run.scope[0]};
    run.depth = 1;
    int code = execute(&run);
    if (run.outer) {
        run.outer->steps -= steps - (run.steps > 0 ? run.steps : 0);
        run.outer->memory -= memory - run.memory;
    }
    if (code && out->ptr) {
        out->len = run.start;
        out->ptr[out->len] = '\0';
    }
    return code;
}
