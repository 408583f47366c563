/*
 * host: the shop's side of the script host: the process that forks workers, and the workers as the
 * pool holds them. Internal to core/script.
 */
#ifndef SCRIPT_HOST_H
#define SCRIPT_HOST_H

#include <sys/types.h>

#include "script/protocol.h"
#include "script/script.h"

struct host_worker {
    struct host_worker *next;
    pid_t pid;
    unsigned generation; /* of the host process that bore it */
    int fd;              /* its socket; closed: -1 */
    struct protocol_page *page;
};

const struct script_options *host_options(const struct script_host *host);

/* A new worker, without rights, that has loaded nothing. Starts the host process (again) when it is
 * not there. */
int host_birth(struct script_host *host, struct host_worker **out, struct err *err);
/* Ends it in any case and frees it. The wait status that it died with by itself, or was killed
 * with; -1 when nobody knows. */
int host_end(struct script_host *host, struct host_worker *worker);

/* A message to a worker: 0, or SOUK_UNAVAILABLE when it is not there any more. */
int host_send(struct host_worker *worker, enum protocol_kind kind, int flags, uint32_t count,
              struct souk_str body);

/* How long an answer is waited for, in us. */
struct host_patience {
    int64_t call;  /* for one call or file */
    int64_t whole; /* for all of them */
};
/* The answer; `bytes` (cleared first) is its head and what follows. SOUK_TIMEOUT: one call had its
 * time (*one), or all together had theirs. SOUK_UNAVAILABLE: the worker is gone. */
int host_answer(struct host_worker *worker, const struct host_patience *patience,
                struct protocol_head *head, struct buf *bytes, int *one);

#endif
