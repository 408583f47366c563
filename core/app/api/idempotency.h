/*
 * idempotency: the Idempotency-Key header. Who sends the same request with the same key again
 * within a day gets the same answer, byte for byte, and nothing is done a second time; the same key
 * with another request is refused with 422.
 *
 * Look-up and note stand in the same write as what the request does, so two that come at once
 * cannot both do it. Only answers of 2xx are kept: who was refused may mend the request and try
 * again with the same key.
 */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include "web/request.h"

/* At the start of a WRITE handler or write step. `principal` names whose keys these are (may be
 * empty for what anybody may do: then the key alone counts, so it must be hard to guess). 1: go on;
 * 0: answered (the kept answer, 422, or 400 for a key that is none); < 0: failed. Without the
 * header it is 1 and nothing is kept. */
int idempotency_begin(struct request *request, struct souk_str principal);
/* After the answer was given, in the same write: keeps it. 0, or why not. */
int idempotency_end(struct request *request, struct souk_str principal);

#endif
