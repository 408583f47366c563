/*
 * order_page: what the files of the pages about orders share: doing one thing to an order in a
 * write of its own (order_deed.c), and showing the order afterwards, or again with what was typed
 * and why it was refused (order_page.c).
 *
 * The handlers are TASKs: the write is done or undone before the page is read, so a refused step
 * shows the order as it stands and not as the step had half left it.
 */
#ifndef ADMIN_ORDER_PAGE_H
#define ADMIN_ORDER_PAGE_H

#include "app/admin/admin.h"

struct order_deed { /* one thing that staff do */
    struct request *request;
    int64_t order;
    const char *part; /* what the form's reader must have seen as it is: "order", "money", "goods";
                         NULL: nothing */
    struct souk_str step; /* what `run` goes by … */
    const struct json *args;
    int64_t id;           /* … of a parcel or a return; and of what it has made */
    struct json *refunds; /* a rehearsal: undone when it has worked, and this list gets what would
                             be paid back: {"amount", "delivery", "lines"} */
    int (*run)(struct db_conn *conn, struct order_deed *deed, struct err *err);
    struct err err; /* why not */
};

/* SOUK_OK, or a code with words for people in deed->err. Ends the request's snapshot, and is for
 * TASKs alone. */
int order_deed_do(struct order_deed *deed);
/* Why not, in the reader's language: a sentence, which is looked up, and what it is about behind it
 * in brackets. A place in the body ("/lines: …") is for programs. */
struct souk_str order_deed_words(struct request *request, const char *text);
/* What it would pay back, undone again: {"refunds", "total"}, for the page to show first. */
int order_deed_rehearse(struct order_deed *deed, struct json **preview);
/* It is done, and then the order's page at the place `anchor`; or the order again with why not. */
int order_deed_answer(struct order_deed *deed, const char *anchor);

/* What the reader of a form sees now: "seen" {"order", "money", "goods"} into view. */
int order_deed_seen(struct db_conn *conn, struct arena *arena, int64_t id, struct json *view);

/* Form fields "<prefix><line id>" with a number above 0, as [{"line", "quantity"}]. SOUK_INVALID:
 * one is no number. */
int order_deed_lines(struct request *request, const char *prefix, struct json *lines);
/* A sum as it was typed, in the shop's currency; nothing: -1. SOUK_INVALID. */
int order_deed_money(struct request *request, const char *name, int64_t *amount);
/* All that was sent, as "typed" into view, for the form to show again. */
void order_deed_typed(struct request *request, struct json *view);
/* The status of the page that tells of a refusal. */
int order_deed_status(int code);

/* The order's page; `problem` NULL: nothing was refused. */
int order_page_show(struct request *request, int64_t id, int status, const char *problem);
int order_page_gone(struct request *request);
/* Whose each actor is, for people: {"staff:7": "Ann"}. */
struct json *order_page_names(struct request *request, struct db_conn *conn);

#endif
