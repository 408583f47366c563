/*
 * route: all routes of the core: those of the storefront, the API and the admin pages in one list.
 * Routes of plugins hang under /x, /hooks, /admin/p and /api/v1/x and come from their descriptors.
 */
#ifndef APP_ROUTE_H
#define APP_ROUTE_H

#include "web/router.h"

/* The whole list; made at the first call, before threads. */
const struct web_route *route_all(size_t *count);

#endif
