/*
 * template_run: what the running half of the template engine shares: the machine's
 * state, values, escaping and filters. Only template*.c includes it.
 */
#ifndef WEB_TEMPLATE_RUN_H
#define WEB_TEMPLATE_RUN_H

#include "web/template_internal.h"

/* --- template_run */

struct template_loop {
    struct template_loop *outer;
    int32_t symbol;
    uint32_t index;
    uint32_t length;
    const struct json_item *item; /* the next one */
    const struct json **reversed; /* when set, walked instead */
    const struct json *value;
    int pairs; /* over an object: [key, value] */
};

struct template_variable {
    struct template_variable *next;
    int32_t symbol;
    const struct json *value;
};

struct template_scope { /* of a page with its layouts, or of one render */
    const struct template *page;
    const struct json *data;
    struct template_variable *variables;
    struct template_loop *loops;
};

struct template_frame {
    const struct template *template;
    const struct template_op *op; /* to go on with */
    struct template_scope *scope;
};

struct template_run {
    const struct template_set *set;
    struct template_env *env;
    struct buf *out;
    struct err *err;
    const struct json *data;
    struct template_run *outer; /* of the rendering whose slot asked for this one */
    int nested;
    int64_t steps;  /* left */
    int64_t memory; /* bytes that values may still take */
    size_t start;
    size_t limit; /* of out->len */
    int code;     /* set where something gave up */
    const char *why;
    int count; /* values on the stack */
    int depth;
    int captures;
    size_t capture[TEMPLATE_DEPTH];
    const struct json *stack[TEMPLATE_STACK];
    struct template_frame frame[TEMPLATE_DEPTH];
    struct template_scope scope[TEMPLATE_DEPTH];
};

/* Bytes from the arena, counted. Up to 256 are always given; more may be refused (NULL)
 * when the budget is spent. Then run->code is set and the machine stops behind the
 * instruction: loops that make values end when they see it. */
void *template_run_alloc(struct template_run *run, size_t size);
int template_run_charge(struct template_run *run, size_t size); /* 0, or the code */
/* Adds to a buffer of the arena, charging for it first. */
void template_run_put(struct template_run *run, struct buf *to, struct souk_str text);
void template_run_spend(struct template_run *run, int64_t steps);
void template_run_stop(struct template_run *run, const char *why);

/* --- template_value */

extern const struct json template_nil, template_true, template_false;

const struct json *template_value_int(struct template_run *run, int64_t number);
const struct json *template_value_string(struct template_run *run, int kind, struct souk_str text);
struct json *template_value_list(struct template_run *run);
void template_value_push(struct template_run *run, struct json *list, const struct json *value);
int template_value_is_text(const struct json *value);
/* What it looks like as text; lists, objects and nil are empty. */
struct souk_str template_value_text(struct template_run *run, const struct json *value);
/* 1 and the number when it is one, or reads as one. */
int template_value_number(const struct json *value, int64_t *number);
const struct json *template_value_key(struct template_run *run, const struct json *value,
                                      struct souk_str key);
const struct json *template_value_index(struct template_run *run, const struct json *value,
                                        const struct json *key);
const struct json *template_value_end(const struct json *value, int last);
int64_t template_value_size(const struct json *value);
int template_value_compare(int how, const struct json *a, const struct json *b);
int template_value_order(const struct json *a, const struct json *b); /* for sort */

/* --- template_escape */

void template_escape_html(struct buf *out, struct souk_str text);
/* Drops tags; what is left is escaped, entities kept when asked. */
void template_escape_tags(struct buf *out, struct souk_str html, int keep_entities);
void template_escape_value(struct template_run *run, int mode, const struct json *value);

/* --- template_filter */

struct template_call {
    struct template_run *run;
    const struct template *template; /* whose translations apply */
    const struct json *value;
    const struct json **args;
    int count;
};

typedef const struct json *template_filter(struct template_call *call);

struct template_filter_entry {
    const char *name;
    template_filter *run;
    uint8_t least, most; /* arguments */
    const char *about;
};

const struct template_filter_entry *template_filter_at(int filter); /* NULL past the last */
const struct json *template_translate(struct template_call *call, const struct json *plural,
                                      const struct json *names);
/* Text of an argument, or the default. */
struct souk_str template_arg_text(struct template_call *call, int arg, const char *otherwise);

template_filter template_filter_escape, template_filter_upcase, template_filter_downcase,
    template_filter_capitalize, template_filter_truncate, template_filter_truncatewords,
    template_filter_strip, template_filter_append, template_filter_prepend, template_filter_replace,
    template_filter_remove, template_filter_url_encode, template_filter_newline_to_br,
    template_filter_strip_html, template_filter_json;
template_filter template_filter_split, template_filter_join, template_filter_first,
    template_filter_last, template_filter_size, template_filter_sort, template_filter_map,
    template_filter_where, template_filter_reverse, template_filter_uniq, template_filter_concat,
    template_filter_slice;
template_filter template_filter_plus, template_filter_minus, template_filter_times,
    template_filter_divided_by, template_filter_modulo, template_filter_round, template_filter_abs,
    template_filter_number, template_filter_digits, template_filter_money, template_filter_date;

#endif
