/*
 * parcel: the jobs that talk to delivery providers ("souk:shipment": registers a parcel;
 * "souk:track": asks how it goes, every 4 hours while it is on its way), and paper: labels and
 * packing slips.
 */
#ifndef APP_PARCEL_H
#define APP_PARCEL_H

#include "bridge/provider.h"
#include "shop/shipment.h"

void parcel_setup(void); /* before the first write: what the shop floor asks about ways to pay */
int parcel_owns(struct souk_str kind);
void parcel_run(struct db *db, const struct job *job);
/* The clock's turn, at most once in 10 minutes: parcels on their way get a job. Does not wait. */
void parcel_turn(struct db *db);
/* TASK. The file; SOUK_NOT_FOUND: no such parcel or order, SOUK_UNAVAILABLE: no document plugin is
 * on. */
int parcel_label_file(const struct provider_scope *scope, int64_t shipment_id, const char **type,
                      struct souk_str *file, struct err *err);
int parcel_slip_file(const struct provider_scope *scope, int64_t order_id, const char **type,
                     struct souk_str *file, struct err *err);

#endif
