/*
 * carrying.c: rules about places that are few, parcels that go out, and news of them.
 */
#include <stdatomic.h>

#include "conform/delivery/rules.h"

#define PLACES_MOST 1000

/* ---- places ---- */

/* The choice whose places are counted, and how many there are: conform.lua's `capacity`, and
 * `capacity_choice` where that is not the choice of the first option. 0: not said. */
static int64_t places(struct scene *scene, const struct json **choice)
{
    struct json *list;
    const struct json *hint = scene_hint(scene, "capacity");
    *choice = scene_hint(scene, "capacity_choice");
    if (!hint || !ship_books(scene))
        return 0;
    if (!*choice && ship_options(scene, &list) == SOUK_OK && list->count)
        *choice = ship_choice(scene, &json_first(list)->value);
    if (*choice) { /* what is booked is what check() kept */
        struct ship_quote quote;
        ship_check(scene, *choice, &quote);
        if (quote.code == SOUK_OK)
            *choice = quote.data;
    }
    return *choice ? json_int(hint, 0) : 0;
}

void delivery_book_capacity(struct scene *scene)
{
    static _Atomic int64_t taken; /* by all threads, and before a reload */
    const struct json *choice;
    int64_t most = places(scene, &choice);
    SKIP_UNLESS(scene, most > 0, "it books no places, or conform.lua has no `capacity`");
    int code = SOUK_OK;
    for (int i = 0; i < PLACES_MOST && code == SOUK_OK; i++) {
        code = ship_book(scene, scene_key(scene, "order"), choice, 0);
        if (code == SOUK_OK)
            atomic_fetch_add(&taken, 1);
    }
    EXPECT(scene, code == SOUK_CONFLICT, "book() beyond the last place gives %s", code_name(code));
    EXPECT(scene, atomic_load(&taken) <= most, "%lld of %lld places are taken",
           (long long)atomic_load(&taken), (long long)most);
    if (scene->mode == MODE_THREADS)
        return; /* others may still be booking */
    EXPECT(scene, atomic_load(&taken) == most, "it is full with %lld of %lld places",
           (long long)atomic_load(&taken), (long long)most);
}

void delivery_book_undone(struct scene *scene)
{
    const struct json *choice;
    struct souk_str orders[PLACES_MOST];
    int64_t most = places(scene, &choice);
    SKIP_UNLESS(scene, most > 0 && most < PLACES_MOST,
                "it books no places, or conform.lua has no `capacity`");
    if (scene->number > 1)
        return; /* it counts places: one thread does */
    for (int64_t i = 0; i < most; i++) {
        int code = ship_book(scene, scene_key(scene, "order"), choice, 1);
        EXPECT(scene, code == SOUK_OK, "book() gives %s though every booking was undone",
               code_name(code));
    }
    int64_t taken = 0;
    for (; taken < PLACES_MOST; taken++) {
        orders[taken] = scene_key(scene, "order");
        if (ship_book(scene, orders[taken], choice, 0) != SOUK_OK)
            break;
    }
    EXPECT(scene, taken >= most,
           "bookings that were undone have taken places: only %lld of %lld are left",
           (long long)taken, (long long)most);
    for (int i = 0; i < 2; i++) {
        int code = ship_free(scene, orders[0], choice);
        EXPECT(scene, code == SOUK_OK || (i == 1 && code == SOUK_NOT_FOUND), "free() gives %s",
               code_name(code));
    }
    orders[0] = scene_key(scene, "order");
    EXPECT(scene, ship_book(scene, orders[0], choice, 0) == SOUK_OK,
           "free() does not give the place back");
    EXPECT(scene, ship_book(scene, scene_key(scene, "order"), choice, 0) != SOUK_OK,
           "free() twice gives two places back");
    for (int64_t i = 0; i < taken; i++) /* for the next time */
        ship_free(scene, orders[i], choice);
}

/* ---- parcels ---- */

void delivery_send_once(struct scene *scene)
{
    struct parcel parcel, again;
    struct ship_answer first, second;
    int count = 0;
    SKIP_UNLESS(scene, ship_can(scene, SHIP_SEND), "it has no send()");
    CHECK(scene, ship_parcel(scene, &parcel));
    again = parcel;
    ship_call(scene, SHIP_SEND, &parcel, &first);
    EXPECT(scene, first.code == SOUK_OK, "send() gives %s: %s", code_name(first.code), first.words);
    ship_call(scene, SHIP_SEND, &again, &second);
    EXPECT(scene, second.code == SOUK_OK, "send() again with the same key gives %s: %s",
           code_name(second.code), second.words);
    EXPECT(scene, souk_str_equal(first.tracking, second.tracking),
           "one key made two parcels, %.*s and %.*s", SOUK_PRI(first.tracking),
           SOUK_PRI(second.tracking));
    json_each(item, scene_ask(scene, "parcels", NULL)) count +=
        souk_str_equal(json_text(json_at(&item->value, "key")), parcel.view.key);
    EXPECT(scene, count <= 1, "one key made %d parcels at the carrier", count);
}

static void know(struct scene *scene, const char *function, const struct ship_answer *answer)
{
    EXPECT(scene, answer->state.len == 0 || ship_state_known(answer->state),
           "%s() gives the state \"%.*s\", which is none of souk/delivery.h; a shop takes it for a "
           "failure",
           function, SOUK_PRI(answer->state));
}

void delivery_state_known(struct scene *scene)
{
    static const char *const moves[] = {"in_transit", "out_for_delivery", "attempt_failed",
                                        "delivered"};
    struct parcel parcel;
    struct ship_answer answer;
    SKIP_UNLESS(scene, ship_can(scene, SHIP_SEND) || ship_can(scene, SHIP_TRACK),
                "it has no send() and no track()");
    CHECK(scene, ship_parcel(scene, &parcel));
    if (ship_can(scene, SHIP_SEND)) {
        ship_call(scene, SHIP_SEND, &parcel, &answer);
        CHECK(scene, know(scene, "send", &answer));
    }
    for (size_t i = 0; ship_can(scene, SHIP_TRACK) && i <= sizeof moves / sizeof *moves; i++) {
        if (i > 0) { /* the first time as it was sent */
            struct json *args = json_new(&scene->arena, JSON_ARRAY);
            if (!scene_has(scene, "move"))
                break;
            json_add_str(&scene->arena, args, NULL, parcel.view.tracking);
            json_add_cstr(&scene->arena, args, NULL, moves[i - 1]);
            scene_ask(scene, "move", args);
        }
        ship_call(scene, SHIP_TRACK, &parcel, &answer);
        CHECK(scene, know(scene, "track", &answer));
    }
}

void delivery_unknown_not_failed(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_LOST, PEER_DOWN, PEER_BROKEN};
    struct parcel parcel;
    struct ship_answer answer;
    SKIP_UNLESS(scene, ship_can(scene, SHIP_SEND) && !(ship_flags(scene) & SOUK_DELIVERY_LOCAL),
                "it asks nobody");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        CHECK(scene, ship_parcel(scene, &parcel));
        peer_fault(faults[i]);
        ship_call(scene, SHIP_SEND, &parcel, &answer);
        peer_fault(PEER_FINE);
        EXPECT(scene,
               answer.code == SOUK_TIMEOUT || answer.code == SOUK_UNAVAILABLE ||
                   answer.code == SOUK_BUSY,
               "when the carrier does not answer, send() gives %s", code_name(answer.code));
    }
}

void delivery_label_code(struct scene *scene)
{
    struct parcel parcel;
    struct ship_answer answer;
    struct json *label;
    SKIP_UNLESS(scene, ship_labels(scene), "it has no label of its own");
    CHECK(scene, ship_parcel(scene, &parcel));
    if (ship_can(scene, SHIP_SEND)) {
        ship_call(scene, SHIP_SEND, &parcel, &answer);
        EXPECT(scene, answer.code == SOUK_OK, "send() gives %s: %s", code_name(answer.code),
               answer.words);
    }
    int code = ship_label(scene, &parcel, &label);
    EXPECT(scene, code == SOUK_OK, "parcel_label() gives %s", code_name(code));
    struct souk_str bars = json_text(json_at(label, "code")), track = parcel.view.tracking;
    if (!track.len)
        track = parcel.view.number; /* carriers without tracking numbers */
    EXPECT(scene, bars.len && memmem(bars.ptr, bars.len, track.ptr, track.len),
           "the label's code is \"%.*s\", and the parcel's number \"%.*s\"", SOUK_PRI(bars),
           SOUK_PRI(track));
}

/* ---- news ---- */

static const struct json *news(struct scene *scene, const char *state, const struct parcel *parcel,
                               int64_t at)
{
    struct json *args = json_new(&scene->arena, JSON_ARRAY);
    json_add_cstr(&scene->arena, args, NULL, state);
    struct json *about = json_add(&scene->arena, args, NULL, JSON_OBJECT);
    json_add_str(&scene->arena, about, "tracking", parcel->view.tracking);
    json_add_str(&scene->arena, about, "number", parcel->view.number);
    json_add_str(&scene->arena, about, "event", scene_key(scene, "evt"));
    json_add_int(&scene->arena, args, NULL, at);
    const struct json *made = scene_ask(scene, "webhook", args);
    return made && made->kind == JSON_OBJECT ? made : NULL;
}

static int tell(struct scene *scene, const struct json *made)
{
    struct reply reply;
    struct visit ask = {.method = "POST",
                        .path = arena_cstr(&scene->arena, json_text(json_at(made, "path"))),
                        .headers = json_at(made, "headers"),
                        .body = json_text(json_at(made, "body"))};
    return visit(scene, &ask, &reply) == SOUK_OK ? reply.status : 404;
}

/* The state after these reports, as the core has it: of the latest; the end of a way stays. */
static struct souk_str state_after(const struct report *list, size_t count)
{
    const struct report *last = NULL;
    for (size_t i = 0; i < count; i++)
        if (!last || list[i].at > last->at)
            last = &list[i];
    return last ? last->state : souk_str("");
}

static void follow(struct scene *scene, struct parcel *parcel)
{
    struct ship_answer first, second;
    struct json *args = json_new(&scene->arena, JSON_ARRAY);
    json_add_str(&scene->arena, args, NULL, parcel->view.tracking);
    json_add_cstr(&scene->arena, args, NULL, "delivered");
    SKIP_UNLESS(scene, scene_has(scene, "move"),
                "nobody tells of parcels: conform.lua has neither "
                "webhook() nor move()");
    scene_ask(scene, "move", args);
    ship_call(scene, SHIP_TRACK, parcel, &first);
    ship_call(scene, SHIP_TRACK, parcel, &second);
    EXPECT(scene, first.code == SOUK_OK, "track() gives %s: %s", code_name(first.code),
           first.words);
    EXPECT(scene, souk_str_is(first.state, "delivered") && souk_str_is(second.state, "delivered"),
           "a delivered parcel is told as \"%.*s\", then \"%.*s\"", SOUK_PRI(first.state),
           SOUK_PRI(second.state));
}

void delivery_track_converges(struct scene *scene)
{
    static const char *const states[] = {"in_transit", "out_for_delivery", "delivered"};
    struct parcel parcels[2];
    struct souk_str ends[2];
    struct ship_answer answer;
    for (int turn = 0; turn < 2; turn++) {
        struct parcel *parcel = &parcels[turn];
        struct report list[16];
        CHECK(scene, ship_parcel(scene, parcel));
        if (ship_can(scene, SHIP_SEND))
            ship_call(scene, SHIP_SEND, parcel, &answer);
        if (!scene_has(scene, "webhook")) {
            SKIP_UNLESS(scene, ship_can(scene, SHIP_TRACK), "nobody tells of parcels");
            follow(scene, parcel);
            return;
        }
        for (int i = 0; i < 3; i++) {
            int k = turn ? 2 - i : i;
            const struct json *made =
                news(scene, states[k], parcel, clock_now() - CLOCK_MINUTE + k * CLOCK_SECOND);
            SKIP_UNLESS(scene, made, "conform.lua's webhook() does not tell of parcels");
            for (int twice = 0; twice < 2; twice++) {
                int status = tell(scene, made);
                EXPECT(scene, status >= 200 && status < 300, "news of a parcel is answered with %d",
                       status);
            }
        }
        size_t count = scene_reports(
            scene, parcel->view.tracking.len ? parcel->view.tracking : parcel->view.number, list,
            16);
        EXPECT(scene, count == 3, "three events, each told twice, make %zu reports", count);
        ends[turn] = state_after(list, count);
    }
    EXPECT(scene, souk_str_is(ends[0], "delivered") && souk_str_equal(ends[0], ends[1]),
           "told in order it ends as \"%.*s\", the other way round as \"%.*s\"", SOUK_PRI(ends[0]),
           SOUK_PRI(ends[1]));
}

/* ---- the ordinary way through ---- */

void delivery_path(struct scene *scene)
{
    struct json *list = NULL, *label;
    struct parcel parcel;
    struct ship_answer answer = {0};
    int code = SOUK_ERROR;
    for (int attempt = 0; attempt < 3 && code != SOUK_OK; attempt++)
        code = ship_options(scene, &list);
    EXPECT(scene, code == SOUK_OK, "options() does not come right again: %s", code_name(code));
    for (int attempt = 0; attempt < 3; attempt++) {
        scene->verdict = RULE_YES; /* a first try may fail */
        ship_parcel(scene, &parcel);
        if (scene->verdict != RULE_NO)
            break;
    }
    if (scene->verdict != RULE_YES)
        return;
    struct souk_str order = scene_key(scene, "order");
    code = ship_books(scene) ? SOUK_ERROR : SOUK_OK;
    for (int attempt = 0; attempt < 3 && code != SOUK_OK; attempt++)
        code = ship_book(scene, order, parcel.choice, 0);
    EXPECT(scene, code == SOUK_OK, "book() does not come right again: %s", code_name(code));
    for (int attempt = 0; attempt < 3 && ship_can(scene, SHIP_SEND); attempt++) {
        ship_call(scene, SHIP_SEND, &parcel, &answer);
        if (answer.code == SOUK_OK)
            break;
        EXPECT(scene, answer.words[0], "send() gives %s without words", code_name(answer.code));
    }
    EXPECT(scene, answer.code == SOUK_OK, "send() does not come right again: %s", answer.words);
    if (ship_labels(scene))
        ship_label(scene, &parcel, &label);
    if (ship_can(scene, SHIP_TRACK))
        ship_call(scene, SHIP_TRACK, &parcel, &answer);
    if (ship_books(scene))
        ship_free(scene, order, parcel.choice);
    int count = 0;
    json_each(item, scene_ask(scene, "parcels", NULL)) count +=
        souk_str_equal(json_text(json_at(&item->value, "key")), parcel.view.key);
    EXPECT(scene, count <= 1, "after a failure in between there are %d parcels of one key", count);
}

void delivery_provoke(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_LOST, PEER_DOWN, PEER_BROKEN};
    struct ship_quote quote;
    struct parcel parcel;
    struct ship_answer answer;
    struct json *choice = json_new(&scene->arena, JSON_OBJECT);
    ship_check(scene, choice, &quote);
    json_add_cstr(&scene->arena, choice, "code", "no-such-option");
    ship_check(scene, choice, &quote);
    ship_parcel(scene, &parcel);
    for (size_t i = 0; i < 3 && scene->verdict == RULE_YES && ship_can(scene, SHIP_SEND); i++) {
        parcel.view.key = scene_key(scene, "send");
        peer_fault(faults[i]);
        ship_call(scene, SHIP_SEND, &parcel, &answer);
        peer_fault(PEER_FINE);
    }
}
