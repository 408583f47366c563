/*
 * template_compile: what the compiling half of the template engine shares: chunks and
 * tokens, the compiler's state, and the machine that knows where in the HTML a position
 * stands. Only template*.c includes it.
 */
#ifndef WEB_TEMPLATE_COMPILE_H
#define WEB_TEMPLATE_COMPILE_H

#include "web/template_internal.h"

/* --- template_lex */

enum template_chunk_kind { CHUNK_END, CHUNK_TEXT, CHUNK_OUTPUT, CHUNK_TAG };

struct template_chunk {
    int kind;
    int line;
    struct souk_str text; /* the text, or the inside of the braces */
};

struct template_lex {
    const char *at, *end;
    const char *file;
    int line;
    int trim; /* the tag before ended in -%} */
    struct err *err;
};

int template_lex_chunk(struct template_lex *lex, struct template_chunk *chunk);

enum template_token {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_STRING,
    TOKEN_INT,
    TOKEN_RANGE, /* .. */
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LE,
    TOKEN_GE,
    TOKEN_BAD, /* anything else is its own character */
};

struct template_scan { /* over the inside of one tag; always holds the next token */
    const char *at, *end;
    int line;
    int token;
    int token_line;
    struct souk_str text; /* of a name or string, or the token as written */
    int64_t number;
};

void template_scan_begin(struct template_scan *scan, struct souk_str text, int line);
void template_scan_next(struct template_scan *scan);

/* --- template_compile, template_expr */

struct template_open { /* a tag that waits for its end */
    const char *tag;
    int line;
    int32_t pending; /* the jump to the next branch, or -1 */
    int32_t ends;    /* chain of jumps to the end, linked through op.b */
    int32_t breaks;
    int32_t continues;
    int32_t body; /* for: its first op; block: its number */
    int32_t symbol;
    int started;   /* case: a `when` was seen */
    int otherwise; /* `else` was seen */
};

struct template_compiler {
    struct template_set *set;
    struct template *template;
    struct err *err;
    struct template_scan scan;
    struct template_open open[TEMPLATE_NEST];
    int open_count;
    int depth; /* values on the stack here */
    int parens;
    int line;  /* of the tag being compiled */
    int spoke; /* something visible stands before this point */
};

int template_compile(struct template_set *set, struct template *template, struct souk_str text,
                     struct err *err);
int template_compile_fail(struct template_compiler *c, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends an op and returns its position, or -1 when an expression is too long. */
int32_t template_emit(struct template_compiler *c, int code, int n, int32_t a, int32_t b);
int32_t template_constant(struct template_compiler *c, struct json value);
int32_t template_constant_text(struct template_compiler *c, struct souk_str text);

int template_expr_condition(struct template_compiler *c); /* no filters */
int template_expr_value(struct template_compiler *c);     /* a path or literal */
int template_expr_pipeline(struct template_compiler *c);  /* condition | filter … */
/* `, name: value` pairs up to the end of the tag; the values are pushed. */
int template_expr_named(struct template_compiler *c, int32_t *first_name, int *count);
/* The rest of a t tag or filter behind the message, which is on the stack. */
int template_expr_translate(struct template_compiler *c, struct souk_str id, int literal);
int template_expr_end(struct template_compiler *c, const char *tag);
int template_expr_expect(struct template_compiler *c, int token, const char *what);

/* Positions and jumps. A chain is a list of jumps to a place not yet known. */
int32_t template_here(struct template_compiler *c);
void template_patch(struct template_compiler *c, int32_t jump);
void template_patch_chain(struct template_compiler *c, int32_t jump);
void template_emit_jump(struct template_compiler *c, int32_t *chain);
/* An op whose line is that of the tag it belongs to, not of the tag that ends it. */
int32_t template_emit_for(struct template_compiler *c, const struct template_open *open, int code,
                          int32_t a, int32_t b);
struct template_open *template_open_push(struct template_compiler *c, const char *tag);
/* The innermost open one of that name, or NULL. */
struct template_open *template_open_find(struct template_compiler *c, const char *tag);
/* The open tag that `end` closes or continues, which must be the innermost one. */
struct template_open *template_open_top(struct template_compiler *c, const char *end,
                                        const char *tag, const char *other);
/* Refuses what would be shown outside the blocks of a page with a layout. */
int template_must_show(struct template_compiler *c, const char *what);

/* --- template_tag, template_tag_page */

int template_tag(struct template_compiler *c, struct souk_str name);
/* Name and description in turn, up to a NULL. */
const char *const *template_tag_reference(void);

typedef int template_tag_handler(struct template_compiler *c);

template_tag_handler template_tag_assign, template_tag_capture, template_tag_endcapture,
    template_tag_layout, template_tag_block, template_tag_endblock, template_tag_render,
    template_tag_slot, template_tag_t;

/* --- template_html, template_context, template_link */

/* Moves through literal text. NULL, or what is wrong with it; *offset says where. */
const char *template_html_text(struct template_html *html, struct souk_str text, size_t *offset);
/* An output stands here: its escaping, or why it must not. */
const char *template_html_output(struct template_html *html, uint8_t *escape);
int template_html_is_text(const struct template_html *html);
/* Two paths meet: 0 and the common state in *into, or -1. */
int template_html_join(struct template_html *into, const struct template_html *other);
int template_html_equal(const struct template_html *a, const struct template_html *b);
/* A block stands here: the state in which its bodies begin, and the one behind it,
 * which holds whatever a body brings. */
void template_html_block(const struct template_html *at, struct template_html *before,
                         struct template_html *after);
/* "in the attribute \"class\"": for messages. */
void template_html_words(const struct template_html *html, char *to, size_t size);

int template_context(struct template *template, struct err *err);
int template_filter_find(struct souk_str name);
const char *template_filter_near(struct souk_str name);

#endif
