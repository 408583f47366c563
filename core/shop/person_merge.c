/*
 * person_merge: two records that turn out to be one person, and the way back.
 *
 * The idea: whatever hangs on the one goes over to the other, row by row, and the merge remembers
 * the ids. Taking it back moves exactly those rows that still are there; what came later stays with
 * the survivor. An account goes over when the survivor has none; two accounts both stay and both
 * lead to the survivor (person_root). Merges are taken back in the reverse order.
 */
#include "shop/person.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/person.sql.h"
#include "shop/person_inner.h"
#include "shop/touch.h"
#include "shop/visit.h"

static const struct {
    const char *key;
    const struct db_statement *move;
} kinds[] = {
    {"contact", &sql_person_move_contact}, {"consent", &sql_person_move_consent},
    {"address", &sql_person_move_address}, {"event", &sql_person_move_event},
    {"inquiry", &sql_person_move_inquiry}, {"account", &sql_person_move_account},
    {"click", &sql_person_move_click},
};

struct self {
    struct souk_str stage, name;
    const struct json *source;
    int erased;
};

static int read_self(struct db_conn *conn, struct arena *arena, int64_t id, struct self *self)
{
    struct json *doc = json_new(arena, JSON_OBJECT);
    int code = person_load_self(conn, arena, id, doc);
    self->stage = json_text(json_at(doc, "stage"));
    self->name = json_text(json_at(doc, "name"));
    self->source = json_at(doc, "source");
    self->erased = json_text(json_at(doc, "erased_at")).len > 0;
    return code;
}

static struct souk_str print(struct arena *arena, const struct json *tree)
{
    struct buf text = {.arena = arena};
    json_print(&text, tree);
    return buf_str(&text);
}

/* `lists`: table to ids. */
static int move_rows(struct db_conn *conn, struct arena *arena, const struct json *lists,
                     int64_t from, int64_t into)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct json *ids = json_at(lists, kinds[i].key);
        if (!ids || ids->count == 0)
            continue;
        int code = db_run(conn, kinds[i].move, NULL, DB_INT(from), DB_INT(into),
                          DB_TEXT(print(arena, ids)));
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

static int list_rows(struct db_conn *conn, struct arena *arena, int64_t from, int64_t into,
                     struct json **moved)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_person_rows, &rows, DB_INT(from), DB_INT(into));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_ERROR;
    struct souk_str text = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return json_parse(arena, text, moved, NULL);
}

static int tell(struct db_conn *conn, struct arena *arena, const char *what, int64_t merge,
                int64_t from, int64_t into, int64_t now)
{
    struct json *data = json_new(arena, JSON_OBJECT);
    json_add_int(arena, data, "merge", merge);
    json_add_int(arena, data, "from", from);
    json_add_int(arena, data, "into", into);
    struct souk_str subject = arena_printf(arena, "person:%lld", (long long)into);
    int code = event_put(conn, what, 0, into, subject, data, now);
    return code ? code : person_tell(conn, arena, what, into, data, now);
}

/* What the survivor takes over, and what it was before. */
static int fill(struct db_conn *conn, struct arena *arena, int64_t into, const struct self *from,
                const struct self *to, struct json *moved, int64_t now)
{
    int higher = person_stage_rank(from->stage) > person_stage_rank(to->stage);
    struct souk_str stage = higher ? from->stage : to->stage;
    struct souk_str name = to->name.len ? to->name : from->name;
    struct json *source = touch_join(arena, to->source, from->source);
    struct json *was = json_add(arena, moved, "was", JSON_OBJECT);
    struct json *made = json_add(arena, moved, "made", JSON_OBJECT);
    json_add_str(arena, was, "stage", to->stage);
    json_add_str(arena, was, "name", to->name);
    json_add_str(arena, was, "source", print(arena, to->source));
    json_add_str(arena, made, "stage", stage);
    json_add_str(arena, made, "name", name);
    json_add_str(arena, made, "source", print(arena, source));
    int code = db_run(conn, &sql_person_fill, NULL, DB_INT(into), DB_TEXT(name),
                      DB_TEXT(print(arena, source)), DB_TEXT(stage), DB_INT(now));
    return code || !higher ? code : person_note_move(conn, into, to->stage, stage, now);
}

int person_merge(struct db_conn *conn, struct arena *arena, int64_t from, int64_t into, int64_t now,
                 struct err *err)
{
    struct self one, other;
    struct json *moved;
    from = person_root(conn, from);
    into = person_root(conn, into);
    if (from == into)
        return SOUK_OK;
    int code = read_self(conn, arena, from, &one);
    if (code == SOUK_OK)
        code = read_self(conn, arena, into, &other);
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && (one.erased || other.erased)))
        return err_set(err, SOUK_NOT_FOUND, "there is no such person to join, or it was erased");
    int64_t merge = id_next();
    if (code == SOUK_OK)
        code = list_rows(conn, arena, from, into, &moved);
    if (code == SOUK_OK)
        code = move_rows(conn, arena, moved, from, into);
    if (code == SOUK_OK)
        code = fill(conn, arena, into, &one, &other, moved, now);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_person_join, NULL, DB_INT(from), DB_INT(into), DB_INT(now));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_merge_insert, NULL, DB_INT(merge), DB_INT(from), DB_INT(into),
                      DB_TEXT(print(arena, moved)), DB_INT(now));
    if (code == SOUK_OK)
        code = tell(conn, arena, "person.merged", merge, from, into, now);
    return code ? err_set(err, code, "person: the records were not joined") : SOUK_OK;
}

/* ---- the way back ---- */

struct merge {
    int64_t from, into, at;
    struct json *moved;
    int undone;
};

static int read_merge(struct db_conn *conn, struct arena *arena, int64_t id, struct merge *merge)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_merge_get, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    merge->from = db_int(&rows, 0);
    merge->into = db_int(&rows, 1);
    struct souk_str text = arena_str(arena, db_text(&rows, 2));
    merge->at = db_int(&rows, 3);
    merge->undone = !db_is_null(&rows, 4);
    db_close(&rows);
    return json_parse(arena, text, &merge->moved, NULL);
}

/* Each of name, source and stage goes back when nobody has changed it since. */
static int unfill(struct db_conn *conn, struct arena *arena, const struct merge *merge, int64_t now)
{
    struct self self;
    const struct json *was = json_at(merge->moved, "was"), *made = json_at(merge->moved, "made");
    int code = read_self(conn, arena, merge->into, &self);
    if (code != SOUK_OK)
        return code;
    struct souk_str source = print(arena, self.source);
    struct souk_str name = self.name, stage = self.stage;
    if (souk_str_equal(source, json_text(json_at(made, "source"))))
        source = json_text(json_at(was, "source"));
    if (souk_str_equal(name, json_text(json_at(made, "name"))))
        name = json_text(json_at(was, "name"));
    if (souk_str_equal(stage, json_text(json_at(made, "stage"))))
        stage = json_text(json_at(was, "stage"));
    code = db_run(conn, &sql_person_fill, NULL, DB_INT(merge->into), DB_TEXT(name), DB_TEXT(source),
                  DB_TEXT(stage), DB_INT(now));
    if (code != SOUK_OK || souk_str_equal(stage, self.stage))
        return code;
    return person_note_move(conn, merge->into, self.stage, stage, now);
}

int person_unmerge(struct db_conn *conn, struct arena *arena, int64_t merge_id, int64_t now,
                   struct err *err)
{
    struct merge merge;
    int code = read_merge(conn, arena, merge_id, &merge);
    if (code == SOUK_NOT_FOUND)
        return err_set(err, code, "there is no such merge");
    if (code == SOUK_OK && merge.undone)
        return err_set(err, SOUK_CONFLICT, "this merge was taken back already");
    if (code == SOUK_OK && now - merge.at > PERSON_UNDO_DAYS * CLOCK_DAY)
        return err_set(err, SOUK_CONFLICT,
                       "a merge can be taken back for %d days; this one is older",
                       PERSON_UNDO_DAYS);
    if (code == SOUK_OK && person_root(conn, merge.into) != merge.into)
        return err_set(err, SOUK_CONFLICT,
                       "the person was joined into another since; take that back first");
    if (code == SOUK_OK)
        code = db_run(conn, &sql_person_part, NULL, DB_INT(merge.from), DB_INT(now));
    if (code == SOUK_OK)
        code = move_rows(conn, arena, merge.moved, merge.into, merge.from);
    if (code == SOUK_OK)
        code = unfill(conn, arena, &merge, now);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_merge_undo, NULL, DB_INT(merge_id), DB_INT(now));
    if (code == SOUK_OK)
        code = tell(conn, arena, "person.unmerged", merge_id, merge.from, merge.into, now);
    return code ? err_set(err, code, "merge: it was not taken back") : SOUK_OK;
}
