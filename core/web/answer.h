/*
 * answer: what the server needs of answers beyond request.h: starting over, and turning
 * one into a response of libmicrohttpd.
 */
#ifndef WEB_ANSWER_H
#define WEB_ANSWER_H

#include "web/request.h"

/* Forgets everything said so far. */
void answer_reset(struct request *request);
const char *answer_reason(int status);

/* A response made of request->answer, which must not be a ready one. May turn it into a
 * 304 and compresses what is worth it; sets request->sent. I/O threads. The caller
 * destroys the response after queueing it; its body lives in the request. */
struct MHD_Response *answer_build(struct request *request);

/* Compresses on this thread's own state into the arena; empty when that gains nothing.
 */
struct souk_str answer_gzip(struct arena *arena, struct souk_str body);
void answer_gzip_thread_end(void);

#endif
