/*
 * response: what is common to every answer, whether it is made for one request (answer.c) or
 * finished beforehand and shared (page cache, assets).
 */
#ifndef WEB_RESPONSE_H
#define WEB_RESPONSE_H

struct MHD_Response;

/* Adds the headers that every answer has: nosniff, referrer policy and, when `html` is set, the
 * content security policy and its kin; of the handler's own, added before, those stay. Not
 * Content-Type, Cache-Control, ETag or Vary. Implemented in answer.c; called once for a response,
 * before it is queued. */
void answer_common_headers(struct MHD_Response *response, int html);

#endif
