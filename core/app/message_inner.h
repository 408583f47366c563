/*
 * message_inner: what the files of message share: occasions, rows and how they are told.
 */
#ifndef APP_MESSAGE_INNER_H
#define APP_MESSAGE_INNER_H

#include "app/message.h"

#define MESSAGE_JOB     "souk:message"
#define MESSAGE_CHANNEL "email"

enum message_about { MESSAGE_ORDER, MESSAGE_PARCEL, MESSAGE_ACCOUNT, MESSAGE_STAFF };

/* One row of the table: which fact makes which message. */
struct message_occasion {
    const char *topic, *kind, *label;
    enum message_about about;
    const char *once;  /* one for an order or person, under this name; NULL: one for each fact */
    int64_t good_for;  /* microseconds that it makes sense */
    const char *field; /* of an account's fact: the receiver; NULL: "email" */
};
extern const struct message_occasion message_occasions[];
extern const size_t message_occasion_count;
const struct message_occasion *message_occasion(struct souk_str kind);

struct message_row { /* in the arena */
    int64_t id, person, order, attempts, created_at;
    struct souk_str channel, kind, key, recipient, name, locale, data, state, why;
    int suppressed;
};
int message_has_room(void); /* on the threads that send */
int message_load(struct db_conn *conn, struct arena *arena, int64_t id, struct message_row *row);

/* What the templates see; the snapshot is begun and ended inside. `order` 0: an example. */
int message_view(const struct provider_scope *scope, const struct message_row *row,
                 struct json **view, struct err *err);
struct message_text {
    struct souk_str subject, text, html;
};
int message_render(const struct provider_scope *scope, const struct message_row *row,
                   const struct json *view, struct message_text *out, struct err *err);
/* An order that never was, for a shop without one. */
struct json *message_example(struct arena *arena, const char *currency);

#endif
