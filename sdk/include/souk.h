/*
 * souk.h: the only header that a plugin includes. It brings the descriptor (souk/plugin.h), the
 * sub-tables of the API, and the inline functions that authors call. The contract in one page:
 * sdk/docs/contract.md.
 *
 * In short: what you get lives until you return; allocate with souk_alloc and never free; return a
 * code and say why with souk_fail; no threads, signals, stdout or exit; the network only from TASK
 * handlers, jobs, listeners and commands, through souk_http.
 *
 * How to read the comments of functions. They end with [from where; waits or blocks; since]:
 *   any       init, start and stop too
 *   serving   READ, WRITE and TASK: all but init, start and stop
 *   READ, WRITE, TASK   only there; TASK stands for TASK routes, jobs, listeners, commands and the
 *             TASK functions of providers, WRITE for WRITE routes and write steps
 *   waits     in TASK: until its own write is on disk; it closes open queries first
 *   blocks    until somebody else has answered, or the call's deadline
 * What is not said: it may be called from the thread that runs the call and no other; what is given
 * back lives until the handler returns and is never freed; what is passed in is copied; a missing
 * text is the empty one, never a NULL to trip over; int results are SOUK_OK or a SOUK_… code
 * (souk/types.h), with words in souk_failure(); SOUK_INVALID (a bad argument), SOUK_WRONG_KIND and
 * SOUK_UNAVAILABLE (the database) may come from everywhere. Times are microseconds UTC, amounts
 * minor units of their currency, rates parts per million. C++ calls all of it likewise.
 */
#ifndef SOUK_H
#define SOUK_H

#include <souk/abi.h>
#include <souk/plugin.h>
#include <souk/value.h>
#include <souk/call.h>
#include <souk/locale.h>
#include <souk/time.h>
#include <souk/crypto.h>
#include <souk/text.h>
#include <souk/db.h>
#include <souk/kv.h>
#include <souk/file.h>
#include <souk/request.h>
#include <souk/event.h>
#include <souk/http.h>
#include <souk/catalogue.h>
#include <souk/price.h>
#include <souk/cart.h>
#include <souk/person.h>
#include <souk/content.h>
#include <souk/order.h>
#include <souk/payment.h>
#include <souk/delivery.h>
#include <souk/notify.h>
#include <souk/document.h>
#include <souk/tax.h>
#include <souk/track.h>
#include <souk/feed.h>

#endif
