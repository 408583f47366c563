/*
 * template_internal: what the files of the template engine share. Only template*.c
 * includes it.
 *
 *   template_lex      text -> chunks (text, output, tag) and, inside a tag, tokens
 *   template_expr     tokens -> ops that leave one value on the stack
 *   template_compile  chunks -> ops; jumps are patched when a tag closes
 *   template_html     where in the HTML a byte of literal text stands
 *   template_context  decides the escaping of every output, over all paths of the ops
 *   template_link     names -> templates, blocks -> their place in the layout
 *   template_run      the machine; template_value, template_filter*, template_escape
 *                     are its instructions
 *
 * Between two statements the value stack is empty; so a call (block, render) needs no
 * stack of its own and one array serves a whole rendering.
 */
#ifndef WEB_TEMPLATE_INTERNAL_H
#define WEB_TEMPLATE_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
#include "web/template.h"

#define TEMPLATE_STACK 32 /* values of one expression */
#define TEMPLATE_DEPTH 16 /* render, layout and block calls inside each other */
#define TEMPLATE_NEST  32 /* tags open at once in one source */
#define TEMPLATE_ARGS  12 /* arguments of a filter, of render and of t */
#define TEMPLATE_SLOTS 4  /* slots inside contributions to slots */

/* Values that only expressions know, beside enum json_kind. */
enum template_kind {
    TEMPLATE_EMPTY = 100, /* the word `empty` */
    TEMPLATE_BLANK,       /* the word `blank` */
    TEMPLATE_JSON_TEXT,   /* made by the json filter: a string, but data in a script */
};

enum template_op_code {
    OP_JOIN,  /* nothing; branches meet here */
    OP_TEXT,  /* a: constant */
    OP_OUT,   /* pops; escape: mode, set by the context pass */
    OP_CONST, /* a: constant; the first of those that only touch values */
    OP_LOAD,  /* a: symbol */
    OP_KEY,   /* a: constant that is the key */
    OP_INDEX, /* pops the key */
    OP_FORLOOP,
    OP_RANGE,   /* pops two numbers, pushes the list of what lies between */
    OP_COMPARE, /* n: enum template_compare */
    OP_DUP,
    OP_POP,
    OP_FILTER,    /* a: filter, n: arguments */
    OP_TRANSLATE, /* a: plural or -1; n arguments whose names begin at constant b */
    OP_JUMP,
    OP_JUMP_FALSE, /* pops; b: target */
    OP_JUMP_TRUE,
    OP_AND, /* false: jumps and keeps the value; else pops */
    OP_OR,
    OP_FOR,         /* a: symbol, n: FOR_… flags, b: where to go when the list is empty */
    OP_NEXT,        /* b: the body */
    OP_FOR_POP,     /* the loop ends */
    OP_ASSIGN,      /* pops; a: symbol */
    OP_CAPTURE,     /* b: its OP_CAPTURE_END */
    OP_CAPTURE_END, /* a: symbol */
    OP_BLOCK,       /* a: block; b: behind its body; n: 1 = only a definition */
    OP_RETURN,
    OP_RENDER, /* a: reference; n arguments whose names begin at constant b */
    OP_SLOT,   /* a: constant */
    OP_EXTEND, /* a: reference; goes on in the layout */
    OP_END,
};

#define FOR_LIMIT    1
#define FOR_OFFSET   2
#define FOR_REVERSED 4
#define FOR_SWAPPED  8 /* offset was written, and pushed, before limit */

enum template_compare { CMP_EQ, CMP_NE, CMP_LT, CMP_GT, CMP_LE, CMP_GE, CMP_CONTAINS };

enum template_loop_field {
    LOOP_INDEX,
    LOOP_INDEX0,
    LOOP_RINDEX,
    LOOP_RINDEX0,
    LOOP_FIRST,
    LOOP_LAST,
    LOOP_LENGTH,
};

enum template_escape {
    ESCAPE_TEXT,
    ESCAPE_PLAIN, /* text that cannot hold tags: <title>, <textarea> */
    ESCAPE_ATTR,
    ESCAPE_URL, /* the scheme is not yet decided by the text before */
    ESCAPE_JSON,
    ESCAPE_NONE, /* a template of plain text: mail */
};

struct template_op {
    uint8_t code;
    uint8_t escape;
    uint16_t n;
    int32_t a;
    int32_t b;
    int32_t line;
};

/* Where a position stands in the HTML; see template_html.c for the fields. */
struct template_html {
    uint8_t state;
    uint8_t element;
    uint8_t closing; /* an end tag */
    uint8_t attr;    /* kind of attribute */
    uint8_t decided; /* URL: what follows cannot change the scheme any more */
    uint8_t dirty;   /* the value began with an output, its literal text is unknown */
    uint8_t typed;   /* script: a type attribute was seen */
    uint8_t json;    /* script: its type is data */
    uint8_t string;  /* script data: inside a string literal; 2 = after a backslash */
    uint8_t match;   /* bytes of "</script" or of "-->" seen */
    uint8_t len;
    char name[27];  /* of the tag or attribute, or the literal value so far */
    char label[24]; /* name of the attribute, for messages only */
};

struct template;

struct template_ref { /* another template, by name */
    struct souk_str name;
    int32_t line;
    int32_t layout;
    struct template *target; /* set by link */
};

struct template_block { /* a definition in one source */
    struct souk_str name;
    int32_t start; /* first op of the body */
    int32_t line;
};

struct template_place { /* what a block's name means for one page */
    struct souk_str name;
    const struct template *owner; /* whose body runs */
    int32_t start;
    struct template_html html; /* the context that all bodies share */
    int own;                   /* it stands in this very source, not in a layout of it */
};

struct template
{
    struct template *older;    /* of the set */
    struct template *shadowed; /* the one of the same name that was there before */
    const char *name;
    const char *file;
    const char *domain;
    VEC(struct template_op) ops;
    VEC(struct json) constants;
    VEC(struct template_ref) refs;
    VEC(struct template_block) blocks;
    VEC(struct template_place) places;
    int32_t layout; /* reference or -1 */
    int plain;      /* no HTML: mail as text */
    int32_t state;  /* of link: 0 untouched, 1 under way, 2 done */
};

struct template_symbol {
    struct souk_str name;
    int local; /* some template assigns it: look at the variables before the data */
};

struct template_set {
    struct arena arena;
    struct map names;   /* name -> newest struct template */
    struct map symbols; /* name -> index + 1 */
    VEC(struct template_symbol) symbol;
    struct template *newest;
};

int32_t template_symbol(struct template_set *set, struct souk_str name);

/* What a block of this name means for a page; NULL when it has none. */
const struct template_place *template_place(const struct template *template, struct souk_str name);

#endif
