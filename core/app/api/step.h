/*
 * step: what the handlers of steps share (orders, parcels, returns, money to be matched): the body
 * that may be missing, and a refusal that names its place or the steps that are possible instead.
 */
#ifndef API_STEP_H
#define API_STEP_H

#include "web/request.h"

/* The body, or an empty map where none was sent; ids of lines as numbers. NULL: answered. */
const struct json *api_step_body(struct request *request);
/* Says why it was refused and gives the code back, which undoes the write. Words that begin with
 * "/lines/0/quantity: " name their place. `type` of a conflict; `allowed`: the steps that are
 * possible now (may be NULL). */
int api_step_refuse(struct request *request, int code, const struct err *err, const char *type,
                    struct json *allowed);
/* "limit" and "cursor" (the id before which the list goes on) of a list, newest first. 0, or
 * answered. */
int api_step_page(struct request *request, int64_t *limit, int64_t *before);
/* Answers the list; rows beyond `limit` have not been put into it. `last`: the id of the last row,
 * or 0 when there is no more. */
int api_step_items(struct request *request, struct json *items, int64_t last);

#endif
