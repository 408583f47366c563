/*
 * person_inner: what the files about people share: the list of a person with all who were joined
 * into them, telling facts, and pieces of documents.
 */
#ifndef SHOP_PERSON_INNER_H
#define SHOP_PERSON_INNER_H

#include "shop/person.h"

int person_stage_rank(struct souk_str stage); /* -1: no such stage */
/* The ids as a JSON list, for statements. SOUK_NOT_FOUND. */
int person_whole(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str *list);
/* In a write: a fact about a person; adds "person" to the payload. */
int person_tell(struct db_conn *conn, struct arena *arena, const char *topic, int64_t id,
                struct json *payload, int64_t now);
/* In a write: the fact and the event "person.moved". */
int person_note_move(struct db_conn *conn, int64_t id, struct souk_str from, struct souk_str to,
                     int64_t now);
void person_add_json(struct arena *arena, struct json *parent, const char *key,
                     struct souk_str text);
/* The row as a document, whether it was joined into another or not. SOUK_NOT_FOUND. */
int person_load_self(struct db_conn *conn, struct arena *arena, int64_t id, struct json *doc);
int person_load_addresses(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                          struct json *list);

#endif
