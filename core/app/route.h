/*
 * route: all routes of the core in one table. Handlers live in storefront/ and api/.
 */
#ifndef APP_ROUTE_H
#define APP_ROUTE_H

#include "web/request.h"
#include "web/router.h"

extern const struct web_route route_table[];
extern const size_t route_table_count;

/* storefront/ */
int home_show(struct request *request, const struct web_route *route);
int asset_show(struct request *request, const struct web_route *route);

/* api/health.c */
int health_live(struct request *request, const struct web_route *route);
int health_ready(struct request *request, const struct web_route *route);
int health_metrics(struct request *request, const struct web_route *route);

/* api/plugin.c */
int plugin_list(struct request *request, const struct web_route *route);
int plugin_show(struct request *request, const struct web_route *route);
int plugin_switch(struct request *request, const struct web_route *route);
int plugin_command(struct request *request, const struct web_route *route);
int plugin_hooks(struct request *request, const struct web_route *route);

/* api/job.c */
int job_index(struct request *request, const struct web_route *route);
int job_step(struct request *request, const struct web_route *route);

/* api/database.c */
int database_backup(struct request *request, const struct web_route *route);
int database_verify(struct request *request, const struct web_route *route);

#endif
