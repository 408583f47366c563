/*
 * Drawing paper: the table of a document provider. The core knows what stands on a packing slip or
 * a parcel's label (data); the provider turns it into a file to be printed.
 */
#ifndef SOUK_DOCUMENT_H
#define SOUK_DOCUMENT_H

#include <souk/call.h>
#include <souk/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_document_provider {
    uint32_t size;
    int32_t flags;
    const char *type; /* "application/pdf" */
    /* TASK, no network. `kind`: "packing_slip" or "label"; `data` holds
     *   packing_slip  "title", "number", "code" (to be scanned), "from" and "to" (lists of lines),
     *                 "facts" (list of {"label", "value"}), "columns" (list of words), "lines"
     *                 (list of {"cells": […]}), "note"
     *   label         "service", "code", "code_type", "from", "to", "facts", "number"
     * All words are already in the language of the reader. The bytes go to *file, in the call's
     * memory.
     */
    int (*draw)(struct souk_ctx *ctx, struct souk_str kind, const struct souk_value *data,
                struct souk_str *file);
};

#ifdef __cplusplus
}
#endif

#endif
