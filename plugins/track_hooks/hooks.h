/*
 * hooks: what the files of track_hooks share: templates with macros, checked once at the start and
 * filled for each conversion.
 */
#ifndef TRACK_HOOKS_H
#define TRACK_HOOKS_H

#include <souk.h>

enum macro {
    MACRO_CLICK,
    MACRO_PARAM,
    MACRO_ORDER,
    MACRO_AMOUNT,
    MACRO_MINOR,
    MACRO_CURRENCY,
    MACRO_STATE,
    MACRO_COUPON,
    MACRO_KEY,
    MACRO_TIME,
    MACRO_UNIX,
    MACRO_REPEAT,
    MACRO_TOKEN,
    MACROS
};

enum form {              /* how a value is written where it goes */
            FORM_URL,    /* percent signs: addresses, forms, headers */
            FORM_JSON,   /* inside of a JSON string */
            FORM_XML,    /* text or an attribute of XML */
            FORM_SECRET, /* a header: as FORM_URL, but the token as it is */
};

struct values { /* of one conversion, by macro */
    struct souk_str at[MACROS];
};

/* Every macro is known, and its braces are closed. `where` names the option. In JSON and XML (and
 * other bodies) a brace that begins no name stands for itself. SOUK_INVALID with words. */
int template_check(struct souk_ctx *ctx, const char *where, struct souk_str text, enum form form);
struct souk_str template_fill(struct souk_ctx *ctx, struct souk_str text, enum form form,
                              const struct values *values);
/* http or https, and a host without macros. */
int template_check_url(struct souk_ctx *ctx, const char *where, struct souk_str text);

#endif
