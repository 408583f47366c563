/*
 * maintenance: the shop is closed for a while, and says so to visitors and programs, while those
 * who work in it go on. It does not stop jobs, deliveries to plugins or commands.
 */
#ifndef APP_MAINTENANCE_H
#define APP_MAINTENANCE_H

#include "web/request.h"

/* As souk.lua says; from any thread. */
void maintenance_set(int closed);
/* For server_options.closed: 1 when it has answered. On an I/O thread. */
int maintenance_answer(void *user, struct request *request);

#endif
