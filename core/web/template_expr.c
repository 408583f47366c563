/*
 * template_expr: compiles expressions. Each function reads tokens from the compiler's
 * scan and emits ops that leave exactly one value on the stack.
 *
 *   pipeline   condition { "|" filter [ ":" argument { "," argument } ] }
 *   condition  conjunction { "or" conjunction }
 *   conjunction comparison { "and" comparison }
 *   comparison value [ ( == | != | < | > | <= | >= | contains ) value ]
 *   value      literal | path | "(" condition ")" | "(" value ".." value ")"
 *   path       name { "." name | "[" value "]" }
 *
 * `and` binds tighter than `or`, from left to right, unlike Liquid, which reads from
 * the right without precedence. Recursion is bounded by a count of brackets.
 */
#include "base/str.h"
#include "web/template_compile.h"
#include "web/template_run.h"

static int unexpected(struct template_compiler *c, const char *wanted)
{
    return template_compile_fail(c, c->scan.token_line, "unexpected '%.*s'; expected %s",
                                 SOUK_PRI(c->scan.text), wanted);
}

static int emit(struct template_compiler *c, int code, int n, int32_t a, int32_t b)
{
    return template_emit(c, code, n, a, b) < 0 ? SOUK_INVALID : 0;
}

static int emit_constant(struct template_compiler *c, struct json value)
{
    return emit(c, OP_CONST, 0, template_constant(c, value), 0);
}

static int is_word(struct template_compiler *c, const char *word)
{
    return c->scan.token == TOKEN_NAME && souk_str_is(c->scan.text, word);
}

int template_expr_expect(struct template_compiler *c, int token, const char *what)
{
    if (c->scan.token != token)
        return unexpected(c, what);
    template_scan_next(&c->scan);
    return 0;
}

int template_expr_end(struct template_compiler *c, const char *tag)
{
    if (c->scan.token == TOKEN_END)
        return 0;
    if (c->scan.token == '|')
        return template_compile_fail(c, c->scan.token_line,
                                     "'%s' takes no filters; assign the value first", tag);
    return template_compile_fail(c, c->scan.token_line,
                                 "unexpected '%.*s' in '%s'; end the tag before it",
                                 SOUK_PRI(c->scan.text), tag);
}

static int read_forloop(struct template_compiler *c)
{
    static const char *const fields[] = {"index", "index0", "rindex", "rindex0",
                                         "first", "last",   "length", NULL};
    if (c->scan.token != '.')
        return unexpected(c, "'.index', '.first' or another field of forloop");
    template_scan_next(&c->scan);
    for (int i = 0; c->scan.token == TOKEN_NAME && fields[i]; i++) {
        if (souk_str_is(c->scan.text, fields[i])) {
            template_scan_next(&c->scan);
            return emit(c, OP_FORLOOP, i, 0, 0);
        }
    }
    const char *near = str_nearest(c->scan.text, fields);
    return template_compile_fail(c, c->scan.token_line, "forloop has no '%.*s'; did you mean '%s'?",
                                 SOUK_PRI(c->scan.text), near ? near : "index");
}

static int read_bracket(struct template_compiler *c)
{
    template_scan_next(&c->scan);
    if (c->scan.token == TOKEN_STRING) {
        int32_t key = template_constant_text(c, c->scan.text);
        template_scan_next(&c->scan);
        int code = emit(c, OP_KEY, 0, key, 0);
        return code ? code : template_expr_expect(c, ']', "']'");
    }
    if (++c->parens > TEMPLATE_DEPTH)
        return template_compile_fail(c, c->scan.token_line,
                                     "brackets too deep; assign a part of it first");
    int code = template_expr_value(c);
    c->parens--;
    if (!code)
        code = emit(c, OP_INDEX, 0, 0, 0);
    return code ? code : template_expr_expect(c, ']', "']'");
}

static int read_path(struct template_compiler *c)
{
    struct souk_str root = c->scan.text;
    template_scan_next(&c->scan);
    if (souk_str_is(root, "forloop"))
        return read_forloop(c);
    int code = emit(c, OP_LOAD, 0, template_symbol(c->set, root), 0);
    while (!code && (c->scan.token == '.' || c->scan.token == '[')) {
        if (c->scan.token == '[') {
            code = read_bracket(c);
            continue;
        }
        template_scan_next(&c->scan);
        if (c->scan.token != TOKEN_NAME)
            return unexpected(c, "a name after '.'");
        code = emit(c, OP_KEY, 0, template_constant_text(c, c->scan.text), 0);
        template_scan_next(&c->scan);
    }
    return code;
}

/* true, nil and their like: 1 and the value when the word is one. */
static int literal_word(struct souk_str word, struct json *out)
{
    static const struct {
        const char *word;
        int32_t kind;
        int64_t number;
    } words[] = {{"true", JSON_BOOL, 1},       {"false", JSON_BOOL, 0},
                 {"nil", JSON_NULL, 0},        {"null", JSON_NULL, 0},
                 {"empty", TEMPLATE_EMPTY, 0}, {"blank", TEMPLATE_BLANK, 0}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (souk_str_is(word, words[i].word)) {
            *out = (struct json){.kind = words[i].kind, .number = words[i].number};
            return 1;
        }
    }
    return 0;
}

static int read_parens(struct template_compiler *c)
{
    if (++c->parens > TEMPLATE_DEPTH)
        return template_compile_fail(c, c->scan.token_line,
                                     "brackets too deep; assign a part of it first");
    template_scan_next(&c->scan);
    int code = template_expr_condition(c);
    if (!code && c->scan.token == TOKEN_RANGE) {
        template_scan_next(&c->scan);
        code = template_expr_value(c);
        if (!code)
            code = emit(c, OP_RANGE, 0, 0, 0);
    }
    c->parens--;
    return code ? code : template_expr_expect(c, ')', "')'");
}

int template_expr_value(struct template_compiler *c)
{
    struct json value = {.kind = JSON_NULL};
    switch (c->scan.token) {
    case TOKEN_STRING: value = (struct json){.kind = JSON_STRING, .text = c->scan.text}; break;
    case TOKEN_INT: value = (struct json){.kind = JSON_INT, .number = c->scan.number}; break;
    case TOKEN_NAME:
        if (!literal_word(c->scan.text, &value))
            return read_path(c);
        break;
    case '(': return read_parens(c);
    default: return unexpected(c, "a name, a string or a number");
    }
    template_scan_next(&c->scan);
    return emit_constant(c, value);
}

static int read_comparison(struct template_compiler *c)
{
    int code = template_expr_value(c);
    int how = -1;
    switch (c->scan.token) {
    case TOKEN_EQ: how = CMP_EQ; break;
    case TOKEN_NE: how = CMP_NE; break;
    case TOKEN_LE: how = CMP_LE; break;
    case TOKEN_GE: how = CMP_GE; break;
    case '<': how = CMP_LT; break;
    case '>': how = CMP_GT; break;
    default: how = is_word(c, "contains") ? CMP_CONTAINS : -1;
    }
    if (code || how < 0)
        return code;
    template_scan_next(&c->scan);
    code = template_expr_value(c);
    return code ? code : emit(c, OP_COMPARE, how, 0, 0);
}

static int read_conjunction(struct template_compiler *c)
{
    int code = read_comparison(c);
    while (!code && is_word(c, "and")) {
        template_scan_next(&c->scan);
        int32_t jump = template_emit(c, OP_AND, 0, 0, -1);
        code = read_comparison(c);
        if (!code)
            c->template->ops.at[jump].b = (int32_t)c->template->ops.len;
    }
    return code;
}

int template_expr_condition(struct template_compiler *c)
{
    int code = read_conjunction(c);
    while (!code && is_word(c, "or")) {
        template_scan_next(&c->scan);
        int32_t jump = template_emit(c, OP_OR, 0, 0, -1);
        code = read_conjunction(c);
        if (!code)
            c->template->ops.at[jump].b = (int32_t)c->template->ops.len;
    }
    return code;
}

int template_expr_named(struct template_compiler *c, int32_t *first_name, int *count)
{
    struct souk_str names[TEMPLATE_ARGS];
    *count = 0;
    while (c->scan.token == ',' || (*count == 0 && c->scan.token == TOKEN_NAME)) {
        if (c->scan.token == ',')
            template_scan_next(&c->scan);
        if (*count == TEMPLATE_ARGS)
            return template_compile_fail(c, c->scan.token_line,
                                         "more than %d arguments; pass an object instead",
                                         TEMPLATE_ARGS);
        if (c->scan.token != TOKEN_NAME)
            return unexpected(c, "an argument such as 'name: value'");
        names[*count] = c->scan.text;
        template_scan_next(&c->scan);
        int code = template_expr_expect(c, ':', "':' after the argument's name");
        if (!code)
            code = template_expr_value(c);
        if (code)
            return code;
        ++*count;
    }
    *first_name = (int32_t)c->template->constants.len;
    for (int i = 0; i < *count; i++)
        vec_push(&c->template->constants, ((struct json){.kind = JSON_STRING, .text = names[i]}));
    return 0;
}

struct message { /* what is known of a translated text when it is compiled */
    struct souk_str context;
    int32_t plural;
    int counted;
    int count;
    struct souk_str names[TEMPLATE_ARGS];
};

static int read_message_word(struct template_compiler *c, struct souk_str name,
                             struct message *message)
{
    if (c->scan.token != TOKEN_STRING)
        return unexpected(c, "a quoted text: it is collected for translators");
    if (souk_str_is(name, "context"))
        message->context = c->scan.text;
    else
        message->plural = template_constant_text(c, c->scan.text);
    template_scan_next(&c->scan);
    return 0;
}

static int read_message_argument(struct template_compiler *c, struct message *message)
{
    if (c->scan.token != TOKEN_NAME)
        return unexpected(c, "an argument such as 'name: value'");
    struct souk_str name = c->scan.text;
    template_scan_next(&c->scan);
    int code = template_expr_expect(c, ':', "':' after the argument's name");
    if (code)
        return code;
    if (souk_str_is(name, "context") || souk_str_is(name, "plural"))
        return read_message_word(c, name, message);
    if (message->count == TEMPLATE_ARGS)
        return template_compile_fail(c, c->scan.token_line, "more than %d arguments",
                                     TEMPLATE_ARGS);
    message->counted |= souk_str_is(name, "count");
    message->names[message->count++] = name;
    return template_expr_value(c);
}

void (*template_heard)(const char *domain, struct souk_str id);

int template_expr_translate(struct template_compiler *c, struct souk_str id, int literal)
{
    struct message message = {.plural = -1};
    int32_t at = (int32_t)c->template->ops.len - 1; /* the op that pushed the text */
    int code = 0;
    literal = literal && c->template->ops.at[at].code == OP_CONST;
    while (!code && c->scan.token != TOKEN_END && c->scan.token != '|') {
        code = read_message_argument(c, &message);
        if (!code && c->scan.token == ',')
            template_scan_next(&c->scan);
        else if (!code && c->scan.token != TOKEN_END && c->scan.token != '|')
            return unexpected(c, "',' between arguments");
    }
    if (code)
        return code;
    if (message.plural >= 0 && !message.counted)
        return template_compile_fail(c, c->line,
                                     "a text with 'plural:' needs 'count:' to choose by");
    if (message.context.len && !literal)
        return template_compile_fail(c, c->line, "'context:' needs a quoted text to translate");
    if (message.context.len) { /* gettext's key: context, EOT, text */
        struct souk_str key =
            arena_printf(&c->set->arena, "%.*s\004%.*s", SOUK_PRI(message.context), SOUK_PRI(id));
        c->template->ops.at[at].a = template_constant_text(c, key);
        id = key;
    }
    if (literal && template_heard)
        template_heard(c->template->domain, id);
    int32_t first = (int32_t)c->template->constants.len;
    for (int i = 0; i < message.count; i++)
        vec_push(&c->template->constants,
                 ((struct json){.kind = JSON_STRING, .text = message.names[i]}));
    return emit(c, OP_TRANSLATE, message.count, message.plural, first);
}

static int read_filter_arguments(struct template_compiler *c,
                                 const struct template_filter_entry *filter, int *count)
{
    while (c->scan.token != '|' && c->scan.token != TOKEN_END) {
        if (*count == TEMPLATE_ARGS)
            return template_compile_fail(c, c->scan.token_line, "too many arguments for '%s'",
                                         filter->name);
        int code = template_expr_value(c);
        if (code)
            return code;
        ++*count;
        if (c->scan.token == ':')
            return template_compile_fail(c, c->scan.token_line,
                                         "'%s' takes no named arguments; write the value alone",
                                         filter->name);
        if (c->scan.token != ',')
            break;
        template_scan_next(&c->scan);
    }
    return 0;
}

static int read_filter(struct template_compiler *c, struct souk_str literal, int is_literal)
{
    if (c->scan.token != TOKEN_NAME)
        return unexpected(c, "the name of a filter after '|'");
    struct souk_str name = c->scan.text;
    int line = c->scan.token_line;
    int index = template_filter_find(name);
    if (index < 0) {
        const char *near = template_filter_near(name);
        return template_compile_fail(c, line, "there is no filter '%.*s'; %s%s%s", SOUK_PRI(name),
                                     near ? "did you mean '" : "",
                                     near ? near : "core/web/TEMPLATES.md lists them",
                                     near ? "'?" : "");
    }
    const struct template_filter_entry *filter = template_filter_at(index);
    int count = 0;
    template_scan_next(&c->scan);
    int colon = c->scan.token == ':';
    if (colon)
        template_scan_next(&c->scan);
    if (!filter->run) /* t */
        return template_expr_translate(c, literal, is_literal);
    int code = colon ? read_filter_arguments(c, filter, &count) : 0;
    if (code)
        return code;
    if (count < filter->least || count > filter->most)
        return template_compile_fail(c, line, "'%s' takes %d to %d arguments, not %d; %s",
                                     filter->name, filter->least, filter->most, count,
                                     filter->about);
    return emit(c, OP_FILTER, count, index, 0);
}

int template_expr_pipeline(struct template_compiler *c)
{
    struct souk_str literal = c->scan.text;
    int is_literal = c->scan.token == TOKEN_STRING;
    int code = template_expr_condition(c);
    for (int first = 1; !code && c->scan.token == '|'; first = 0) {
        template_scan_next(&c->scan);
        code = read_filter(c, literal, is_literal && first);
    }
    return code;
}
