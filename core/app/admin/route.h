/*
 * route: the handlers of the admin pages, and the table that says where each hangs.
 */
#ifndef ADMIN_ROUTE_H
#define ADMIN_ROUTE_H

#include "web/request.h"
#include "web/router.h"

extern const struct web_route admin_routes[];
extern const size_t admin_route_count;

/* authorize.c: may this request use a route for staff or programs? For server_options.authorize. */
int admin_authorize(void *user, struct request *request);

#define ADMIN_HANDLER(name) int name(struct request *request, const struct web_route *route)

/* sign_in.c */
ADMIN_HANDLER(sign_in_form);
ADMIN_HANDLER(sign_in_password);
ADMIN_HANDLER(sign_in_code_form);
ADMIN_HANDLER(sign_in_code);
ADMIN_HANDLER(sign_in_setup_form);
ADMIN_HANDLER(sign_in_setup);
ADMIN_HANDLER(sign_out);

/* dashboard.c */
ADMIN_HANDLER(dashboard_show);

/* resource_list.c */
ADMIN_HANDLER(resource_index);
ADMIN_HANDLER(resource_download);
/* resource_page.c */
ADMIN_HANDLER(resource_new);
ADMIN_HANDLER(resource_show);
ADMIN_HANDLER(resource_create);
ADMIN_HANDLER(resource_save);
ADMIN_HANDLER(resource_remove_form);
ADMIN_HANDLER(resource_remove);
/* resource_bulk.c */
ADMIN_HANDLER(resource_bulk);

/* product_more.c */
ADMIN_HANDLER(product_pictures);
ADMIN_HANDLER(product_copy);

/* category.c */
ADMIN_HANDLER(category_move);
ADMIN_HANDLER(category_picture);

/* person.c */
ADMIN_HANDLER(person_download);
ADMIN_HANDLER(person_erase_form);
ADMIN_HANDLER(person_erase_now);
ADMIN_HANDLER(person_part);

/* plugin_page.c */
ADMIN_HANDLER(plugin_index);
ADMIN_HANDLER(plugin_page);
ADMIN_HANDLER(plugin_page_switch);
ADMIN_HANDLER(plugin_page_save);

/* import_page.c */
ADMIN_HANDLER(import_page_form);
ADMIN_HANDLER(import_page_start);
ADMIN_HANDLER(import_page_show);
ADMIN_HANDLER(import_page_cancel);
ADMIN_HANDLER(import_page_rejects);

/* staff_page.c */
ADMIN_HANDLER(token_form);
ADMIN_HANDLER(token_create);
ADMIN_HANDLER(password_form);
ADMIN_HANDLER(password_change);
ADMIN_HANDLER(staff_session_close);
ADMIN_HANDLER(staff_new_form);
ADMIN_HANDLER(staff_new);
ADMIN_HANDLER(role_index);
ADMIN_HANDLER(role_save);

/* order.c */
ADMIN_HANDLER(order_slips);
/* order_step.c */
ADMIN_HANDLER(order_take_step);
ADMIN_HANDLER(order_add_note);
ADMIN_HANDLER(order_ask_return);
/* order_refund.c */
ADMIN_HANDLER(order_refund_form);
ADMIN_HANDLER(order_refund_take);
/* order_form.c */
ADMIN_HANDLER(order_edit_form);
ADMIN_HANDLER(order_edit_save);
/* shipment.c */
ADMIN_HANDLER(shipment_take_step);
ADMIN_HANDLER(shipment_label);
ADMIN_HANDLER(order_slip);
/* match.c */
ADMIN_HANDLER(match_show);
ADMIN_HANDLER(match_settle);
/* return.c */
ADMIN_HANDLER(return_take_step);
/* promotion.c */
ADMIN_HANDLER(promotion_index);
ADMIN_HANDLER(promotion_show);
ADMIN_HANDLER(promotion_turn);
ADMIN_HANDLER(promotion_read_again);
/* offer.c */
ADMIN_HANDLER(offer_admin);
/* promotion_preview.c */
ADMIN_HANDLER(promotion_preview);

/* audit_page.c */
ADMIN_HANDLER(audit_check_show);

/* message.c */
int message_preview_show(struct request *request, const struct web_route *route);
int message_preview_html(struct request *request, const struct web_route *route);

#endif
