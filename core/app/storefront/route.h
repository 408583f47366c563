/*
 * route: the handlers of the pages that shoppers see, and the table that says where each hangs.
 */
#ifndef STOREFRONT_ROUTE_H
#define STOREFRONT_ROUTE_H

#include "web/request.h"
#include "web/router.h"

extern const struct web_route storefront_routes[];
extern const size_t storefront_route_count;

/* frame.c: what every page shows besides its own: navigation, footer, account. */
void frame_page_data(struct request *request, struct json *data);
/* visits.c: views for the event log. */
void visits_page_sent(struct request *request);
/* The anonymous id of who asks; 0: wants not to be told apart. */
int64_t visits_visitor(struct request *request);
int visits_choice_form(struct request *request, const struct web_route *route);
int visits_choose(struct request *request, const struct web_route *route);
int unsubscribe_form(struct request *request, const struct web_route *route);
int unsubscribe_leave(struct request *request, const struct web_route *route);

/* home.c */
int home_show(struct request *request, const struct web_route *route);
int asset_show(struct request *request, const struct web_route *route);

/* category.c, search.c, product.c, page.c */
int category_show(struct request *request, const struct web_route *route);
int search_show(struct request *request, const struct web_route *route);
int search_complete(struct request *request, const struct web_route *route);
int product_show(struct request *request, const struct web_route *route);
int content_show(struct request *request, const struct web_route *route);

/* sitemap.c */
int sitemap_index(struct request *request, const struct web_route *route);
int sitemap_file(struct request *request, const struct web_route *route);
int robots_show(struct request *request, const struct web_route *route);

/* media.c */
int media_show(struct request *request, const struct web_route *route);
/* feed.c */
int feed_serve(struct request *request, const struct web_route *route);

/* account.c */
int account_show(struct request *request, const struct web_route *route);
int account_sign_in_form(struct request *request, const struct web_route *route);
int account_sign_in(struct request *request, const struct web_route *route);
int account_sign_out(struct request *request, const struct web_route *route);
int account_sessions_close(struct request *request, const struct web_route *route);

/* account_register.c */
int account_register_form(struct request *request, const struct web_route *route);
int account_register(struct request *request, const struct web_route *route);
int account_sent_show(struct request *request, const struct web_route *route);
int account_confirm_form(struct request *request, const struct web_route *route);
int account_confirm(struct request *request, const struct web_route *route);
int account_confirm_again(struct request *request, const struct web_route *route);
int account_link_over(struct request *request); /* the page of a link that works no more */

/* account_reset.c */
int account_forgot_form(struct request *request, const struct web_route *route);
int account_forgot(struct request *request, const struct web_route *route);
int account_reset_form(struct request *request, const struct web_route *route);
int account_reset(struct request *request, const struct web_route *route);

/* account_profile.c */
int account_profile_form(struct request *request, const struct web_route *route);
int account_profile(struct request *request, const struct web_route *route);
int account_password_set(struct request *request, const struct web_route *route);
int account_email_set(struct request *request, const struct web_route *route);
int account_erase(struct request *request, const struct web_route *route);

/* account_address.c */
int account_addresses(struct request *request, const struct web_route *route);
int account_address_new(struct request *request, const struct web_route *route);
int account_address_edit(struct request *request, const struct web_route *route);
int account_address_save(struct request *request, const struct web_route *route);
int account_address_remove(struct request *request, const struct web_route *route);
int account_address_first(struct request *request, const struct web_route *route);

/* account_privacy.c */
int account_privacy_show(struct request *request, const struct web_route *route);
int account_consents(struct request *request, const struct web_route *route);
int account_data(struct request *request, const struct web_route *route);
int account_erased_show(struct request *request, const struct web_route *route);

/* contact.c */
int contact_form(struct request *request, const struct web_route *route);
int contact_send(struct request *request, const struct web_route *route);
int contact_thanks(struct request *request, const struct web_route *route);

/* cart.c */
int cart_show(struct request *request, const struct web_route *route);
int cart_delivery(struct request *request, const struct web_route *route);
int cart_add(struct request *request, const struct web_route *route);
int cart_change_line(struct request *request, const struct web_route *route);

/* checkout_page.c */
int checkout_show(struct request *request, const struct web_route *route);
int checkout_send(struct request *request, const struct web_route *route);

/* order_page.c, order_return_page.c */
int order_read(struct request *request, const struct web_route *route);
int order_lookup_form(struct request *request, const struct web_route *route);
int order_lookup(struct request *request, const struct web_route *route);
int order_pay_form(struct request *request, const struct web_route *route);
int order_pay(struct request *request, const struct web_route *route);
int order_again(struct request *request, const struct web_route *route);
int account_orders(struct request *request, const struct web_route *route);
int order_return_form(struct request *request, const struct web_route *route);
int order_return_send(struct request *request, const struct web_route *route);

#endif
