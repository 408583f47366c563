/*
 * souk.h: the only header that a plugin includes. It brings the descriptor (souk/plugin.h), the
 * sub-tables of the API, and the inline functions that authors call. The contract in one page:
 * sdk/docs/contract.md.
 *
 * In short: what you get lives until you return; allocate with souk_alloc and never free; return a
 * code and say why with souk_fail; no threads, signals, stdout or exit; the network only from TASK
 * handlers, jobs, listeners and commands, through souk_http.
 */
#ifndef SOUK_H
#define SOUK_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <souk/abi.h>
#include <souk/plugin.h>
#include <souk/value.h>
#include <souk/call.h>
#include <souk/db.h>
#include <souk/request.h>
#include <souk/event.h>
#include <souk/http.h>
#include <souk/order.h>
#include <souk/payment.h>
#include <souk/delivery.h>
#include <souk/notify.h>
#include <souk/document.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_api {
    uint32_t size;
    int32_t abi_minor;
    const struct souk_value_api *value;
    const struct souk_call_api *call;
    const struct souk_db_api *db;
    const struct souk_request_api *request;
    const struct souk_event_api *event;
    const struct souk_http_api *http;
    const struct souk_order_api *order;
    const struct souk_payment_api *payment;
    const struct souk_delivery_api *delivery;
    const struct souk_notify_api *notify;
};

#include <souk/inline.h>
#include <souk/text.h>

#ifdef __cplusplus
}
#endif

#endif
