/*
 * message_inner: what the files of message share: occasions, rows and how they are told.
 */
#ifndef APP_MESSAGE_INNER_H
#define APP_MESSAGE_INNER_H

#include "app/message.h"

#define MESSAGE_JOB     "souk:message"
#define MESSAGE_LETTER  "souk:letter" /* the job of other channels than mail */
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

int message_add_job(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str channel,
                    int64_t now);

/* Mails that waited longer, for a plugin that sends or a server that works, tell old news. */
#define MESSAGE_GOOD_FOR (7 * CLOCK_DAY)

/* What the templates see; the snapshot is begun and ended inside. `order` 0: an example. */
int message_view(const struct provider_scope *scope, const struct message_row *row,
                 struct json **view, struct err *err);
struct message_text {
    struct souk_str subject, text, html;
};
/* What every template sees: kind, locale, year, shop, name, path and link (empty). */
struct json *message_frame(const struct provider_scope *scope, const struct message_row *row);
/* Fills path and link, the same with the shop's own address before it. */
void message_add_link(struct arena *arena, struct json *view, struct souk_str path);
/* The page of an order (a buyer's document), with its token, in the language of the message. */
struct souk_str message_order_path(struct arena *arena, const char *locale,
                                   const struct json *order);
/* Blocks that say nothing leave no holes. */
struct souk_str message_tidy(struct arena *arena, struct souk_str text);
/* The first line is the subject. */
void message_cut_subject(struct arena *arena, struct souk_str all, struct message_text *out);

/* message_letter.c: a plugin's letter, by its kind "<plugin>/<name>". `leave`: the link that news
 * carry; empty for others. SOUK_DENIED: who gets it has said no meanwhile. */
int message_is_letter(struct souk_str kind);
int message_letter_view(const struct provider_scope *scope, const struct message_row *row,
                        struct json **out, struct souk_str *leave, struct err *err);
int message_letter_render(const struct provider_scope *scope, const struct message_row *row,
                          const struct json *view, struct souk_str leave, struct message_text *out,
                          struct err *err);
int message_render(const struct provider_scope *scope, const struct message_row *row,
                   const struct json *view, struct message_text *out, struct err *err);
/* An order that never was, for a shop without one. */
struct json *message_example(struct arena *arena, const char *currency);

#endif
