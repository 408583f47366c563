/*
 * shipment_news.c: what carriers tell.
 *
 * The idea: every piece of news is a row, once; the parcel's state, what was kept at the door, what
 * is still to be collected and the return of what was refused are then worked out anew from all
 * rows, sorted by the time at which they happened. So the same news in any order, and repeated, end
 * in the same place. News that say that a parcel is under way take its goods out of stock when
 * staff forgot to say so.
 *
 * A word that is not one of the states is kept with the carrier's code, shown, and moves nothing.
 */
#include "shop/shipment_inner.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/quote.h"
#include "shop/shipment.sql.h"

#define EVENTS_MOST 1000
#define FUTURE      CLOCK_DAY

/* In the order in which two of the same moment are taken. */
static const char *const states[] = {
    "pending",
    "registered",
    "in_transit",
    "out_for_delivery",
    "available_for_pickup",
    "attempt_failed",
    "exception",
    "expired",
    "cancelled",
    "partially_delivered",
    "delivered",
    "returning",
    "returned",
    NULL,
};

static int rank_of(struct souk_str state)
{
    for (int i = 0; states[i]; i++)
        if (souk_str_is(state, states[i]))
            return i;
    return -1;
}

int shipment_state_known(struct souk_str state)
{
    return rank_of(state) >= 0;
}

struct event {
    int64_t at;
    int rank;
    struct souk_str key, accepted;
};

struct story { /* what all events together say */
    int rank;
    int64_t at;
    int under_way;               /* it has left the house */
    int delivered;               /* the receiver has kept something, or all */
    const struct json *accepted; /* NULL: all that is in it */
    int said;                    /* accepted is known */
};

static int is_(int rank, const char *state)
{
    return strcmp(states[rank], state) == 0;
}

static int is_door(int rank)
{
    return is_(rank, "delivered") || is_(rank, "partially_delivered");
}

static int is_back(int rank)
{
    return is_(rank, "returning") || is_(rank, "returned");
}

/* "delivered, returned and cancelled give way only to returning and returned" */
static int gives_way(int from, int to)
{
    if (is_(from, "delivered") || is_(from, "returned") || is_(from, "cancelled"))
        return is_back(to) && !(is_(from, "returned") && is_(to, "returning"));
    if (is_(from, "partially_delivered"))
        return is_door(to) || is_back(to);
    return 1;
}

static int leaves_house(int rank)
{
    return !(is_(rank, "pending") || is_(rank, "registered") || is_(rank, "cancelled") ||
             is_(rank, "exception") || is_(rank, "expired"));
}

static int compare_events(const void *left, const void *right)
{
    const struct event *a = left, *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return str_compare(a->key, b->key);
}

static int tell_story(struct arena *arena, struct event *events, size_t count, struct story *story,
                      struct err *err)
{
    *story = (struct story){0};
    qsort(events, count, sizeof *events, compare_events);
    for (size_t i = 0; i < count; i++) {
        struct json *accepted = NULL;
        if (events[i].rank < 0)
            continue;
        story->under_way |= leaves_house(events[i].rank);
        if (!gives_way(story->rank, events[i].rank))
            continue;
        story->rank = events[i].rank;
        story->at = events[i].at;
        if (!is_door(story->rank))
            continue;
        story->delivered = 1;
        if (events[i].accepted.len && json_parse(arena, events[i].accepted, &accepted, err) != 0)
            return err->code;
        if (accepted || is_(story->rank, "delivered")) {
            story->accepted = accepted;
            story->said = 1;
        }
    }
    return SOUK_OK;
}

static int read_story(struct db_conn *conn, struct arena *arena, int64_t id, struct story *story,
                      struct err *err)
{
    struct event *events = arena_array(arena, struct event, EVENTS_MOST + 1);
    size_t count = 0;
    struct db_rows rows;
    int more = 0, code = db_query(conn, &sql_shipment_events, &rows, DB_INT(id));
    if (code != SOUK_OK)
        return code;
    while (count <= EVENTS_MOST && (more = db_next(&rows)) == 1)
        events[count++] = (struct event){.at = db_int(&rows, 0),
                                         .rank = rank_of(db_text(&rows, 1)),
                                         .accepted = arena_str(arena, db_text(&rows, 4)),
                                         .key = arena_str(arena, db_text(&rows, 5))};
    db_close(&rows);
    if (more < 0)
        return more;
    if (count > EVENTS_MOST)
        return err_set(err, SOUK_TOO_LARGE, "there are over %d news of this parcel already",
                       EVENTS_MOST);
    return tell_story(arena, events, count, story, err);
}

/* ---- at the door ---- */

struct door {
    struct shipment_part *parts;
    size_t count;
    struct return_unit *refused;
    size_t refused_lines;
    int64_t kept, worth; /* units kept; worth of the refused */
    int64_t moved;       /* units that are delivered now and were not before */
    int changed;
};

static int64_t kept_of(const struct story *story, const struct shipment_part *part)
{
    char key[24];
    if (story->said) {
        snprintf(key, sizeof key, "%lld", (long long)part->line_id);
        return story->accepted ? json_int(json_at(story->accepted, key), part->quantity)
                               : part->quantity;
    }
    return is_back(story->rank) && !story->delivered ? 0 : -1;
}

static int accept_line(struct db_conn *conn, int64_t id, const struct shipment_part *part,
                       int64_t kept, struct door *door)
{
    int64_t changed = 0, delta = (kept > 0 ? kept : 0) - (part->accepted > 0 ? part->accepted : 0);
    int code = db_run(conn, &sql_shipment_accept, &changed, DB_INT(id), DB_INT(part->line_id),
                      DB_INT(kept), DB_INT(part->accepted));
    door->changed |= changed != 0;
    if (code != SOUK_OK || !changed || delta == 0)
        return code;
    door->moved += delta;
    code =
        db_run(conn, &sql_shipment_line_delivered, &changed, DB_INT(part->line_id), DB_INT(delta));
    return code ? code : changed ? SOUK_OK : SOUK_CONFLICT;
}

static int accept(struct db_conn *conn, struct arena *arena, int64_t id, const struct story *story,
                  struct door *door)
{
    int code = shipment_parts(conn, arena, id, &door->parts, &door->count);
    door->refused = arena_array(arena, struct return_unit, door->count + 1);
    for (size_t i = 0; code == SOUK_OK && i < door->count; i++) {
        const struct shipment_part *part = &door->parts[i];
        int64_t kept = kept_of(story, part);
        code = accept_line(conn, id, part, kept, door);
        if (kept < 0 || kept == part->quantity) {
            door->kept += part->quantity;
            continue;
        }
        door->kept += kept;
        door->worth += quote_units(part->amount, part->quantity, kept, part->quantity - kept);
        door->refused[door->refused_lines++] =
            (struct return_unit){part->line_id, part->quantity - kept};
    }
    return code;
}

static int follow_door(struct db_conn *conn, struct arena *arena, int64_t id,
                       const struct shipment_head *head, const struct story *story,
                       struct souk_str actor, int64_t now, struct err *err)
{
    struct door door = {0};
    int code = accept(conn, arena, id, story, &door);
    if (code != SOUK_OK || !door.changed)
        return code;
    code = db_run(conn, &sql_shipment_uncollect, NULL, DB_INT(id), DB_INT(door.kept),
                  DB_INT(door.worth));
    if (code == SOUK_OK) /* and is not due */
        code = db_run(conn, &sql_shipment_refused, NULL, DB_INT(head->order_id));
    if (code == SOUK_OK && door.moved != 0)
        code = shipment_settle(conn, arena, head->order_id, door.moved < 0 ? "correct" : "deliver",
                               actor, now, err);
    if (code == SOUK_OK)
        code = return_of_door(conn, arena, head->order_id, id, door.refused, door.refused_lines,
                              actor, now, err);
    return code;
}

/* ---- one piece of news ---- */

/* A state that says more than its map: "delivered" of which some was refused, or all. */
static struct souk_str plain_state(const struct shipment_news *news,
                                   const struct shipment_part *parts, size_t count)
{
    struct story story = {.said = 1, .accepted = news->accepted};
    int rank = rank_of(news->state);
    int64_t all = 0, kept = 0;
    if (rank < 0)
        return souk_str("");
    if (!news->accepted || !is_door(rank))
        return news->state;
    for (size_t i = 0; i < count; i++) {
        all += parts[i].quantity;
        kept += kept_of(&story, &parts[i]);
    }
    return souk_str(kept == all ? "delivered" : kept ? "partially_delivered" : "returning");
}

/* Each member is a line of the parcel, with no more units than are in it. */
static int check_accepted(const struct shipment_news *news, const struct shipment_part *parts,
                          size_t count, struct err *err)
{
    json_each(item, news->accepted)
    {
        int64_t line = 0, kept = json_int(&item->value, -1), most = -1;
        if (str_to_int(item->key, &line) != SOUK_OK)
            return err_set(err, SOUK_INVALID, "\"%.*s\" is no line", SOUK_PRI(item->key));
        for (size_t i = 0; i < count; i++)
            if (parts[i].line_id == line)
                most = parts[i].quantity;
        if (most < 0)
            return err_set(err, SOUK_INVALID, "line %lld is not in this parcel", (long long)line);
        if (kept < 0 || kept > most)
            return err_set(err, SOUK_INVALID, "of line %lld between 0 and %lld units can be kept",
                           (long long)line, (long long)most);
    }
    return SOUK_OK;
}

static struct souk_str key_of(struct arena *arena, const struct shipment_news *news,
                              struct souk_str accepted)
{
    if (news->event.len)
        return news->event;
    return arena_printf(arena, "%.*s|%.*s|%lld|%.*s|%.*s", SOUK_PRI(news->state),
                        SOUK_PRI(news->code), (long long)news->at, SOUK_PRI(news->text),
                        SOUK_PRI(accepted));
}

static int keep_event(struct db_conn *conn, struct arena *arena, const struct shipment_news *news,
                      int64_t now, int *fresh, struct err *err)
{
    struct shipment_part *parts = NULL;
    struct buf accepted = {.arena = arena};
    size_t count = 0;
    int64_t changed = 0;
    if (news->at <= 0 || news->at > now + FUTURE)
        return err_set(err, SOUK_INVALID, "news of a parcel need the time at which it happened");
    int code = shipment_parts(conn, arena, news->shipment_id, &parts, &count);
    if (code == SOUK_OK && news->accepted)
        code = check_accepted(news, parts, count, err);
    if (code != SOUK_OK)
        return code;
    struct souk_str state = plain_state(news, parts, count);
    if (news->accepted && is_door(rank_of(state.len ? state : souk_str("pending"))))
        json_print(&accepted, news->accepted);
    code = db_run(conn, &sql_shipment_event_insert, &changed, DB_INT(id_next()),
                  DB_INT(news->shipment_id), DB_TEXT(key_of(arena, news, buf_str(&accepted))),
                  DB_TEXT(state), DB_TEXT(news->code.len || state.len ? news->code : news->state),
                  DB_TEXT(news->text), DB_INT(news->at), DB_TEXT(buf_str(&accepted)));
    *fresh = changed != 0;
    return code;
}

static int tell_moved(struct db_conn *conn, struct arena *arena, const struct shipment_news *news,
                      const struct shipment_head *head, const struct story *story, int64_t now)
{
    struct souk_str state = souk_str(states[story->rank]);
    int before = rank_of(head->state);
    if (souk_str_equal(state, head->state))
        return SOUK_OK;
    int code = shipment_note(conn, arena, head, "move", head->state, state, news->actor,
                             news->text.len ? news->text : news->code, now);
    if (code != SOUK_OK || souk_str_is(news->event, "souk:sent"))
        return code; /* "shipment.sent" has told it */
    int first = is_door(story->rank) && (before < 0 || !is_door(before));
    return shipment_fact(conn, arena, first ? "shipment.delivered" : "shipment.moved",
                         news->shipment_id, head, state, now);
}

int shipment_apply(struct db_conn *conn, struct arena *arena, const struct shipment_news *news,
                   int64_t now, int *fresh, struct err *err)
{
    struct shipment_head head;
    struct story story = {0};
    *fresh = 0;
    int code = shipment_head_get(conn, arena, news->shipment_id, &head, err);
    if (code == SOUK_OK)
        code = keep_event(conn, arena, news, now, fresh, err);
    if (code != SOUK_OK || !*fresh)
        return code;
    code = read_story(conn, arena, news->shipment_id, &story, err);
    if (code == SOUK_OK && story.at)
        code = db_run(conn, &sql_shipment_become, NULL, DB_INT(news->shipment_id),
                      DB_CSTR(states[story.rank]), DB_INT(story.at), DB_INT(now));
    if (code == SOUK_OK && story.under_way && !head.sent && !head.unpacked)
        code = shipment_leave(conn, arena, news->shipment_id, &head, souk_str(""), news->actor, now,
                              err);
    if (code == SOUK_OK)
        code = tell_moved(conn, arena, news, &head, &story, now);
    if (code == SOUK_OK && !head.unpacked)
        code = follow_door(conn, arena, news->shipment_id, &head, &story, news->actor, now, err);
    return code;
}
