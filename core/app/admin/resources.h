/*
 * resources: the core's own resources, each beside what it needs.
 */
#ifndef ADMIN_RESOURCES_H
#define ADMIN_RESOURCES_H

#include "app/admin/resource.h"

extern const struct resource resource_products;   /* product.c */
extern const struct resource resource_categories; /* category.c */
extern const struct resource resource_pages,      /* catalogue.c */
    resource_price_lists, resource_tax_rates, resource_tax_zones;
extern const struct resource resource_people, resource_inquiries; /* person.c */
extern const struct resource resource_staff, resource_tokens,     /* system.c */
    resource_audit, resource_jobs;

extern const struct resource resource_conversions;                           /* conversion.c */
extern const struct resource resource_messages;                              /* message.c */
extern const struct resource resource_webhooks, resource_webhook_deliveries; /* webhook.c */
extern const struct resource resource_feeds;                                 /* feed.c */
extern const struct resource resource_orders;                                /* order.c */
extern const struct resource resource_shipments;                             /* shipment.c */
extern const struct resource resource_returns;                               /* return.c */

#endif
