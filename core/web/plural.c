/*
 * plural: a parser by precedence climbing for the C expressions of gettext (n, decimal
 * numbers, ?: || && == != < > <= >= + - * / % ! and brackets) and an evaluator over
 * its nodes. Both recurse no deeper than a fixed count; a division by zero is 0, as is
 * any form that is out of range.
 */
#include "base/str.h"
#include "web/plural.h"

#define DEPTH 40

enum kind { NUMBER, N, NOT, CHOICE, OR, AND, EQ, NE, LT, GT, LE, GE, ADD, SUB, MUL, DIV, MOD };

struct parser {
    struct plural *plural;
    struct souk_str text;
    int depth;
    int failed;
};

static const struct {
    char sign[3];
    int kind;
    int level;
} binary[] = {{"||", OR, 1}, {"&&", AND, 2}, {"==", EQ, 3}, {"!=", NE, 3}, {"<=", LE, 4},
              {">=", GE, 4}, {"<", LT, 4},   {">", GT, 4},  {"+", ADD, 5}, {"-", SUB, 5},
              {"*", MUL, 6}, {"/", DIV, 6},  {"%", MOD, 6}};

static int choice(struct parser *p);

static int add(struct parser *p, int kind, int left, int right, uint64_t number)
{
    if (p->plural->count == PLURAL_NODES) {
        p->failed = 1;
        return 0;
    }
    p->plural->node[p->plural->count] = (struct plural_node){
        .kind = (uint8_t)kind, .left = (uint8_t)left, .right = (uint8_t)right, .number = number};
    return p->plural->count++;
}

static int accept(struct parser *p, const char *sign)
{
    p->text = str_trim(p->text);
    if (!str_starts(p->text, sign))
        return 0;
    p->text = str_from(p->text, strlen(sign));
    return 1;
}

static int number(struct parser *p)
{
    size_t len = 0;
    int64_t value = 0;
    while (len < p->text.len && p->text.ptr[len] >= '0' && p->text.ptr[len] <= '9')
        len++;
    if (str_to_int(str_make(p->text.ptr, len), &value))
        p->failed = 1;
    p->text = str_from(p->text, len);
    return add(p, NUMBER, 0, 0, (uint64_t)value);
}

static int primary(struct parser *p)
{
    int node = 0;
    if (++p->depth > DEPTH) {
        p->failed = 1;
    } else if (accept(p, "!")) {
        node = add(p, NOT, primary(p), 0, 0);
    } else if (accept(p, "(")) {
        node = choice(p);
        if (!accept(p, ")"))
            p->failed = 1;
    } else if (accept(p, "n")) {
        node = add(p, N, 0, 0, 0);
    } else {
        node = number(p); /* fails when there is none */
    }
    p->depth--;
    return node;
}

static int operation(struct parser *p, int level)
{
    int left = level > 6 ? primary(p) : operation(p, level + 1);
    while (level <= 6 && !p->failed) {
        size_t i = 0;
        while (i < sizeof(binary) / sizeof(*binary) &&
               (binary[i].level != level || !accept(p, binary[i].sign)))
            i++;
        if (i == sizeof(binary) / sizeof(*binary))
            break;
        left = add(p, binary[i].kind, left, operation(p, level + 1), 0);
    }
    return left;
}

static int choice(struct parser *p)
{
    if (++p->depth > DEPTH) {
        p->failed = 1;
        return 0;
    }
    int test = operation(p, 1);
    if (!p->failed && accept(p, "?")) {
        int yes = choice(p);
        if (!accept(p, ":"))
            p->failed = 1;
        int no = p->failed ? 0 : choice(p);
        test = add(p, CHOICE, yes, no, (uint64_t)test);
    }
    p->depth--;
    return test;
}

static uint64_t calculate(int kind, uint64_t a, uint64_t b)
{
    switch (kind) {
    case EQ: return a == b;
    case NE: return a != b;
    case LT: return a < b;
    case GT: return a > b;
    case LE: return a <= b;
    case GE: return a >= b;
    case ADD: return a + b;
    case SUB: return a - b;
    case MUL: return a * b;
    case DIV: return b ? a / b : 0;
    case MOD: return b ? a % b : 0;
    default: return 0;
    }
}

/* A node only refers to ones made before it, so that this ends. */
static uint64_t evaluate(const struct plural *plural, size_t at, uint64_t n)
{
    const struct plural_node *node = &plural->node[at];
    switch (node->kind) {
    case NUMBER: return node->number;
    case N: return n;
    case NOT: return !evaluate(plural, node->left, n);
    case CHOICE:
        return evaluate(plural, (size_t)node->number, n) ? evaluate(plural, node->left, n)
                                                         : evaluate(plural, node->right, n);
    case OR: return evaluate(plural, node->left, n) || evaluate(plural, node->right, n);
    case AND: return evaluate(plural, node->left, n) && evaluate(plural, node->right, n);
    default:
        return calculate(node->kind, evaluate(plural, node->left, n),
                         evaluate(plural, node->right, n));
    }
}

int plural_form(const struct plural *plural, int64_t n)
{
    uint64_t count = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    uint64_t form = evaluate(plural, (size_t)plural->root, count);
    return form < (uint64_t)plural->forms ? (int)form : 0;
}

void plural_default(struct plural *plural)
{
    *plural = (struct plural){.forms = 2, .count = 3, .root = 2};
    plural->node[0] = (struct plural_node){.kind = N};
    plural->node[1] = (struct plural_node){.kind = NUMBER, .number = 1};
    plural->node[2] = (struct plural_node){.kind = NE, .left = 0, .right = 1};
}

int plural_parse(struct plural *plural, struct souk_str text, struct err *err)
{
    struct parser p = {.plural = plural, .text = text};
    struct souk_str whole = str_trim(text);
    *plural = (struct plural){.forms = 0};
    if (!accept(&p, "nplurals") || !accept(&p, "="))
        return err_set(err, SOUK_INVALID,
                       "plural rule '%.*s' does not begin with nplurals=; see gettext's manual",
                       SOUK_PRI(whole));
    p.text = str_trim(p.text);
    int forms = number(&p);
    uint64_t count = plural->node[forms].number;
    plural->count = 0;
    if (p.failed || count < 1 || count > PLURAL_FORMS)
        return err_set(err, SOUK_INVALID, "plural rule with a count of forms that is not 1 to %d",
                       PLURAL_FORMS);
    plural->forms = (int)count;
    if (!accept(&p, ";") || !accept(&p, "plural") || !accept(&p, "="))
        p.failed = 1;
    plural->root = p.failed ? 0 : choice(&p);
    accept(&p, ";");
    if (p.failed || str_trim(p.text).len)
        return err_set(err, SOUK_INVALID,
                       "plural rule '%.*s' is not an expression of n; correct Plural-Forms in the "
                       ".po file",
                       SOUK_PRI(whole));
    return 0;
}
