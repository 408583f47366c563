/*
 * People: one record from visitor to lead, subscriber, buyer, regular; how they are reached and
 * what they agreed to. A person is the document {"id", "stage", "name", "locale", "group",
 * "contacts": [{"kind", "value", "confirmed_at"}], "consents": [{"channel", "granted", "at", …}],
 * "addresses", …}. Merged records lead to the one that remains: an id that was kept stays good.
 *
 * Who somebody is, is personal data: keep ids, not copies, and nothing that souk_person_get of an
 * erased person does not give.
 */
#ifndef SOUK_PERSON_H
#define SOUK_PERSON_H

#include <souk/db.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_person_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int64_t (*current)(struct souk_ctx *ctx);
    int64_t (*visitor)(struct souk_ctx *ctx);
    int (*get)(struct souk_ctx *ctx, int64_t id, const struct souk_value **person);
    int (*find)(struct souk_ctx *ctx, const char *kind, struct souk_str contact, int64_t *id);
    int (*make)(struct souk_ctx *ctx, const struct souk_value *lead, int64_t *id);
    int (*raise)(struct souk_ctx *ctx, int64_t id, const char *stage);
    int (*consent)(struct souk_ctx *ctx, int64_t id, const char *channel);
    int (*consent_set)(struct souk_ctx *ctx, int64_t id, const char *channel, int32_t granted,
                       struct souk_str source, struct souk_str wording);
    int64_t (*staff)(struct souk_ctx *ctx);
};

/* clang-format off */

/* Who is signed in; 0: nobody, or this is no request. [serving; 0.2] */
static inline int64_t souk_person_current(struct souk_ctx *ctx) { return souk_api->person->current(ctx); }
/* The visitor's anonymous id, as the event log has it; 0: robots, those who refused, no request. It may change from day to day. [serving; 0.2] */
static inline int64_t souk_visitor(struct souk_ctx *ctx) { return souk_api->person->visitor(ctx); }
/* The member of staff that is signed in; 0: none. What they may do is checked by the route's right. [serving; 0.2] */
static inline int64_t souk_staff(struct souk_ctx *ctx) { return souk_api->person->staff(ctx); }
/* The person's document. SOUK_NOT_FOUND: none, or erased. [serving; 0.2] */
static inline int souk_person_get(struct souk_ctx *ctx, int64_t id, const struct souk_value **person) { return souk_api->person->get(ctx, id, person); }
/* Whose confirmed "email" or "phone" this is, as written by a person. SOUK_NOT_FOUND; SOUK_INVALID: no such address can be. [serving; 0.2] */
static inline int souk_person_find(struct souk_ctx *ctx, const char *kind, struct souk_str contact, int64_t *id) { return souk_api->person->find(ctx, kind, contact, id); }
/* A lead: {"name", "email", "phone", "locale", "source"}, an email or a phone at least, unconfirmed. The same address again gives the record that left it, as long as
 * nobody has proved to be behind it. SOUK_INVALID names the member. [WRITE TASK; waits; 0.2] */
static inline int souk_person_make(struct souk_ctx *ctx, const struct souk_value *lead, int64_t *id) { return souk_api->person->make(ctx, lead, id); }
/* Upwards on visitor < lead < subscriber < buyer < regular; down is no error and does nothing. A change is the fact "person.moved". [WRITE TASK; waits; 0.2] */
static inline int souk_person_raise(struct souk_ctx *ctx, int64_t id, const char *stage) { return souk_api->person->raise(ctx, id, stage); }
/* 1: agreed, 0: refused, SOUK_NOT_FOUND: never asked. Channels: "email", "sms", "phone", "analytics", and a plugin's own "<plugin>.<name>". [serving; 0.2] */
static inline int souk_consent(struct souk_ctx *ctx, int64_t id, const char *channel) { return souk_api->person->consent(ctx, id, channel); }
/* Keeps a yes or no with where it was given and the sentence that was agreed to. [WRITE TASK; waits; 0.2] */
static inline int souk_consent_set(struct souk_ctx *ctx, int64_t id, const char *channel, int32_t granted, struct souk_str source, struct souk_str wording) { return souk_api->person->consent_set(ctx, id, channel, granted, source, wording); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
