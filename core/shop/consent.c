/*
 * consent: what a person agreed to be reached by. Every yes and no is kept with its wording and
 * where it was given; the latest of a channel holds. A yes to mail makes a subscriber once the
 * address is confirmed, so that nobody can be subscribed by a stranger.
 */
#include "shop/person.h"

#include "base/rand.h"
#include "shop/consent.sql.h"

int consent_set(struct db_conn *conn, int64_t person_id, const char *channel, int granted,
                struct souk_str source, struct souk_str wording, int64_t now)
{
    int64_t reachable = 0;
    person_id = person_root(conn, person_id);
    if (consent_held(conn, person_id, channel) == (granted != 0))
        return SOUK_OK;
    int code = db_run(conn, &sql_consent_insert, NULL, DB_INT(id_next()), DB_INT(person_id),
                      DB_CSTR(channel), DB_INT(granted != 0), DB_TEXT(source), DB_TEXT(wording),
                      DB_INT(now));
    if (code != SOUK_OK || !granted || strcmp(channel, "email") != 0)
        return code;
    code =
        db_get_int(conn, &sql_consent_reachable, &reachable, DB_INT(person_id), DB_CSTR(channel));
    return code || !reachable ? code : person_raise(conn, person_id, "subscriber", now);
}

int consent_held(struct db_conn *conn, int64_t person_id, const char *channel)
{
    int64_t granted;
    person_id = person_root(conn, person_id);
    int code = db_get_int(conn, &sql_consent_latest, &granted, DB_INT(person_id), DB_CSTR(channel));
    return code == SOUK_OK ? granted != 0 : -1;
}
