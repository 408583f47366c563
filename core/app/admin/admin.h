/*
 * admin: what the files of the admin pages share: who is signed in and what they may, the frame of
 * every page, and the audit row of every change.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "bridge/who.h"
#include "shop/staff.h"
#include "web/request.h"
#include "web/router.h"

#define ADMIN_TOTAL WHO_STAFF_TOTAL
#define ADMIN_IDLE  WHO_STAFF_IDLE

/* Who is signed in; NULL over the control socket. On routes with ROUTE_STAFF. */
const struct staff *admin_staff(const struct request *request);
int admin_may(const struct request *request, const char *right);
/* 1, or 0 with the 403 page answered. */
int admin_need(struct request *request, const char *right);

/* Has the reader every right of this role? Nobody gives away what they do not have. */
int admin_may_role(const struct request *request, struct db_conn *conn, struct souk_str role);
int admin_may_all(const struct request *request, const struct json *rights);

/* Renders a page of the admin frame. `view` gets what the frame shows: menu, staff, title. */
int admin_render(struct request *request, const char *name, int status, const char *title,
                 struct json *view);
/* A page with one sentence: done, or why not. */
int admin_message(struct request *request, int status, const char *title, const char *words,
                  const char *back);
/* In a write. `detail` may be NULL. */
int admin_audit(struct db_conn *conn, const struct request *request, const char *action,
                struct souk_str subject, const struct json *detail);
int admin_redirect(struct request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The path segment {id} as a number; 0 when it is none. */
int64_t admin_id(const struct request *request, const char *param);

/* qr.c: a QR code as an SVG image, JSON_HTML; SOUK_TOO_LARGE when it does not fit. */
int qr_svg(struct arena *arena, struct souk_str text, const char *label, struct souk_str *svg);

#endif
