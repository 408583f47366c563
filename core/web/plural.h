/*
 * plural: gettext's plural rules, "nplurals=2; plural=(n != 1);". The C expression over
 * n is parsed once into a few nodes and evaluated without a way to fail: whatever a
 * catalogue says, the answer is a form that exists.
 *
 * A parsed rule is a plain value. Any thread.
 */
#ifndef WEB_PLURAL_H
#define WEB_PLURAL_H

#include "base/err.h"

#define PLURAL_NODES 96
#define PLURAL_FORMS 8

struct plural_node {
    uint8_t kind;
    uint8_t left, right; /* indices of other nodes */
    uint64_t number;     /* of a choice: the node that decides */
};

struct plural {
    int forms;
    int count; /* nodes */
    int root;
    struct plural_node node[PLURAL_NODES];
};

/* The rule of a catalogue that says nothing: two forms, n != 1. */
void plural_default(struct plural *plural);
/* `text` is the value of the Plural-Forms line. */
int plural_parse(struct plural *plural, struct souk_str text, struct err *err);
/* 0 … forms - 1. */
int plural_form(const struct plural *plural, int64_t n);

#endif
