/*
 * attribute_term: attributes and values as a product's document names them, made into rows. All
 * that a document names are gathered first, looked up together, and what is missing is made later,
 * when the document has been found to be right. Included by the writers of the catalogue only.
 */
#ifndef SHOP_ATTRIBUTE_TERM_H
#define SHOP_ATTRIBUTE_TERM_H

#include "base/json.h"
#include "base/map.h"
#include "store/db.h"

#define ATTRIBUTE_CODE 60 /* characters of a code */

struct attribute_term {           /* an attribute, or a value of one */
    struct attribute_term *owner; /* NULL: it is an attribute */
    struct attribute_term *next;
    struct attribute_term *same; /* another that turned out to be this one, or itself */
    struct souk_str given;       /* the code that it was asked by */
    struct souk_str code, name, color;
    const struct json *names; /* by locale, or NULL */
    const char *type;         /* to make it with */
    int64_t id;               /* 0: not there yet */
};

struct attribute_terms {
    struct arena *arena;
    struct map by_code; /* "color", "color/red" as given */
    struct attribute_term *first, **last;
};

void attribute_terms_begin(struct attribute_terms *terms, struct arena *arena);
void attribute_terms_end(struct attribute_terms *terms);
/* From {"code" | "name", …}, or text. NULL when it has neither. */
struct attribute_term *attribute_terms_add(struct attribute_terms *terms,
                                           struct attribute_term *owner, const struct json *item,
                                           const char *type);
/* One that is there already. */
struct attribute_term *attribute_terms_known(struct attribute_terms *terms,
                                             struct attribute_term *owner, struct souk_str code,
                                             int64_t id);
int attribute_terms_resolve(struct attribute_terms *terms, struct db_conn *conn);
int attribute_terms_make(struct attribute_terms *terms, struct db_conn *conn);
struct attribute_term *attribute_term_real(struct attribute_term *term);

/* ---- attribute.c ---- */

struct souk_str attribute_code(struct arena *arena, struct souk_str name);
int attribute_make(struct db_conn *conn, struct souk_str code, const char *type,
                   struct souk_str name, const struct json *names, int64_t *id);
int attribute_put_names(struct db_conn *conn, const struct db_statement *put, int64_t id,
                        struct souk_str name, const struct json *names);

#endif
