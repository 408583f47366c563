/*
 * gate: is this head of a request one that we want to talk to? Looks at the request
 * line and the headers as libmicrohttpd parsed them and refuses what two programs could
 * read in two ways. Pure: no I/O, no allocation. What the parse hides is listed in
 * SECURITY.md.
 */
#ifndef WEB_GATE_H
#define WEB_GATE_H

#include "web/request.h"

enum gate_reason { /* also the label in the metrics */
                   GATE_PASS,
                   GATE_METHOD,
                   GATE_TARGET,
                   GATE_PATH,
                   GATE_HOST,
                   GATE_HEADER,
                   GATE_LENGTH,
                   GATE_ENCODING,
                   GATE_DUPLICATE,
                   GATE_CONTENT_CODING,
                   GATE_EXPECT,
                   GATE_REASONS,
};

struct gate_head {
    /* in */
    struct souk_str method, target;
    int http_1_0;
    struct header_list headers;
    /* out */
    struct souk_str path, query, host;
    int64_t length; /* of the body; -1: none announced */
    int chunked;
    enum gate_reason reason;
    const char *detail;
};

/* 0, or the status of the refusal, with `reason` and `detail`. Values of headers that
 * are not UTF-8 are emptied. */
int gate_check(struct gate_head *head);
const char *gate_reason_name(enum gate_reason reason);

#endif
