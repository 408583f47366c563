/*
 * document: a feed, or a part of one, read by somebody strict: XML, CSV or JSON as the provider's
 * type says. What it holds comes as a flat list of places and texts, so that rules look at any
 * format alike.
 */
#ifndef CONFORM_FEED_DOCUMENT_H
#define CONFORM_FEED_DOCUMENT_H

#include "host/scene.h"

enum document_kind { DOCUMENT_OTHER, DOCUMENT_XML, DOCUMENT_CSV, DOCUMENT_JSON };

struct document_part {
    struct souk_str name; /* "g:title", "offer@id"; the header of a column; a member */
    struct souk_str text; /* unescaped */
};

struct document {
    struct arena *arena;
    struct document_part *parts;
    size_t count, room;
    size_t columns; /* of CSV */
    char sign;
    char wrong[300]; /* what is wrong, and where; "": nothing */
};

enum document_kind document_kind_of(struct souk_str type);
/* Reads a whole file. 1 when it is one. */
int document_read(struct document *document, struct arena *arena, enum document_kind kind,
                  struct souk_str bytes);
/* A part of one, as an item wrote it: XML without its root; rows of CSV under the columns that
 * `head` (a whole file's first line) names; JSON cannot be read so: 0 without words. */
int document_read_part(struct document *document, struct arena *arena, enum document_kind kind,
                       struct souk_str head, struct souk_str bytes);

#endif
