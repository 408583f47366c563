/*
 * script: a chunk of Lua tried in a worker of its own, and what came of it as a document.
 */
#ifndef APP_SCRIPT_H
#define APP_SCRIPT_H

#include "script/script.h"

/* {"outcome": "ok" | "denied" | "budget" | "memory" | "killed" | "busy", "value": text or null,
 * "message"}: the first value that it returned, as text. */
struct json *script_try(struct script_host *host, struct arena *arena,
                        const struct script_source *source);

#endif
