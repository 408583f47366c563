/*
 * route: the handlers of the API, and the table that says where each hangs.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "web/request.h"
#include "web/router.h"

extern const struct web_route api_routes[];
extern const size_t api_route_count;

/* checkout.c */
int checkout_api_delivery(struct request *request, const struct web_route *route);
int checkout_api_payment(struct request *request, const struct web_route *route);
int checkout_api_run(struct request *request, const struct web_route *route);
int checkout_api_pay(struct request *request, const struct web_route *route);

/* offer.c */
int offer_api_index(struct request *request, const struct web_route *route);
int offer_api_accept(struct request *request, const struct web_route *route);
int offer_api_decline(struct request *request, const struct web_route *route);
int offer_api_order_index(struct request *request, const struct web_route *route);
int offer_api_order_accept(struct request *request, const struct web_route *route);
int offer_api_order_decline(struct request *request, const struct web_route *route);
int offer_api_report(struct request *request, const struct web_route *route);

/* health.c */
int health_live(struct request *request, const struct web_route *route);
int health_ready(struct request *request, const struct web_route *route);
int health_metrics(struct request *request, const struct web_route *route);

/* plugin.c */
int plugin_list(struct request *request, const struct web_route *route);
int plugin_show(struct request *request, const struct web_route *route);
int plugin_switch(struct request *request, const struct web_route *route);
int plugin_command(struct request *request, const struct web_route *route);
int plugin_hooks(struct request *request, const struct web_route *route);

/* job.c */
int job_index(struct request *request, const struct web_route *route);
int job_step(struct request *request, const struct web_route *route);

/* image.c */
int image_index(struct request *request, const struct web_route *route);

/* staff.c */
int staff_api_create(struct request *request, const struct web_route *route);
int staff_api_reset(struct request *request, const struct web_route *route);
int staff_api_token(struct request *request, const struct web_route *route);

/* database.c */
int database_backup(struct request *request, const struct web_route *route);
int database_verify(struct request *request, const struct web_route *route);

/* conversion.c */
int conversion_api_index(struct request *request, const struct web_route *route);
int conversion_api_again(struct request *request, const struct web_route *route);

/* webhook.c */
int webhook_api_index(struct request *request, const struct web_route *route);
int webhook_api_create(struct request *request, const struct web_route *route);
int webhook_api_get(struct request *request, const struct web_route *route);
int webhook_api_change(struct request *request, const struct web_route *route);
int webhook_api_delete(struct request *request, const struct web_route *route);
int webhook_api_deliveries(struct request *request, const struct web_route *route);
int webhook_api_step(struct request *request, const struct web_route *route);

/* feed.c */
int feed_api_index(struct request *request, const struct web_route *route);
int feed_api_formats(struct request *request, const struct web_route *route);
int feed_api_create(struct request *request, const struct web_route *route);
int feed_api_get(struct request *request, const struct web_route *route);
int feed_api_change(struct request *request, const struct web_route *route);
int feed_api_delete(struct request *request, const struct web_route *route);
int feed_api_rejects(struct request *request, const struct web_route *route);
int feed_api_write(struct request *request, const struct web_route *route);

/* event.c */
int event_index(struct request *request, const struct web_route *route);
/* search.c */
int search_log_index(struct request *request, const struct web_route *route);

/* product.c */
int product_index(struct request *request, const struct web_route *route);
int product_get(struct request *request, const struct web_route *route);
int category_index(struct request *request, const struct web_route *route);
/* Answers {"items", "next"}; an empty `next`: null. */
int api_answer_items(struct request *request, struct json *items, struct souk_str next);
/* The request's body, a JSON object; NULL: it is none, and that was answered. */
const struct json *api_body(struct request *request);
/* A problem with the place of what is wrong: "/variants/2/sku" of a body, "/sort" of a query. */
int api_refuse(struct request *request, int status, const char *pointer, const char *detail);
#define API_NO_CART                                                                                \
    "there is no such cart, or it is too old; make a new one with POST /api/v1/carts"
/* Empty, or two capital letters. 0: answered. */
int api_country(struct request *request, struct souk_str country);
/* The order of the address, for who has its token. SOUK_OK; 1: answered. */
int api_order_find(struct request *request, int64_t *id);
void api_spell_ids(
    struct arena *arena,
    struct json *tree); /* every "id", "line" and "order_id" that is a number: as text */

/* product_admin.c */
int product_admin_index(struct request *request, const struct web_route *route);
int product_admin_get(struct request *request, const struct web_route *route);
int product_admin_post(struct request *request, const struct web_route *route);
int product_admin_put(struct request *request, const struct web_route *route);
int product_admin_patch(struct request *request, const struct web_route *route);
int product_admin_delete(struct request *request, const struct web_route *route);

/* cart.c */
int cart_api_create(struct request *request, const struct web_route *route);
int cart_api_get(struct request *request, const struct web_route *route);
int cart_api_add(struct request *request, const struct web_route *route);
int cart_api_patch(struct request *request, const struct web_route *route);
int cart_api_remove(struct request *request, const struct web_route *route);
int cart_api_code(struct request *request, const struct web_route *route);
int cart_api_code_off(struct request *request, const struct web_route *route);
/* quote.c */
int quote_api_run(struct request *request, const struct web_route *route);

/* order.c */
int order_api_get(struct request *request, const struct web_route *route);
int order_api_index(struct request *request, const struct web_route *route);
int order_api_show(struct request *request, const struct web_route *route);
int order_api_patch(struct request *request, const struct web_route *route);
int order_api_step(struct request *request, const struct web_route *route);
int order_api_note(struct request *request, const struct web_route *route);
int order_api_check(struct request *request, const struct web_route *route);

/* shipment.c */
int shipment_api_index(struct request *request, const struct web_route *route);
int shipment_api_get(struct request *request, const struct web_route *route);
int shipment_api_step(struct request *request, const struct web_route *route);
int shipment_api_label(struct request *request, const struct web_route *route);
/* order_return.c */
int return_api_index(struct request *request, const struct web_route *route);
int return_api_get(struct request *request, const struct web_route *route);
int return_api_create(struct request *request, const struct web_route *route);
int return_api_step(struct request *request, const struct web_route *route);
/* payment_match.c */
int match_api_index(struct request *request, const struct web_route *route);
int match_api_get(struct request *request, const struct web_route *route);
int match_api_step(struct request *request, const struct web_route *route);

/* promotion.c */
int promotion_api_index(struct request *request, const struct web_route *route);
int promotion_api_get(struct request *request, const struct web_route *route);
int promotion_api_switch(struct request *request, const struct web_route *route);
int promotion_api_reload(struct request *request, const struct web_route *route);
int promotion_api_check(struct request *request, const struct web_route *route);
int promotion_api_test(struct request *request, const struct web_route *route);
int promotion_api_explain(struct request *request, const struct web_route *route);
int promotion_api_simulate(struct request *request, const struct web_route *route);
int promotion_api_simulation(struct request *request, const struct web_route *route);
int promotion_api_simulation_cancel(struct request *request, const struct web_route *route);

/* promotion_code.c */
int promotion_api_codes(struct request *request, const struct web_route *route);
int promotion_api_generate(struct request *request, const struct web_route *route);
int promotion_api_disable(struct request *request, const struct web_route *route);

/* script.c */
int script_api_run(struct request *request, const struct web_route *route);

/* openapi.c */
int openapi_show(struct request *request, const struct web_route *route);

/* import.c */
int import_start(struct request *request, const struct web_route *route);
int import_show(struct request *request, const struct web_route *route);
int import_index(struct request *request, const struct web_route *route);
int import_cancel(struct request *request, const struct web_route *route);
int export_start(struct request *request, const struct web_route *route);

#endif
