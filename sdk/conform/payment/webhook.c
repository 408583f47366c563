/*
 * webhook.c: rules about what a peer tells by itself: signed or refused, once, and just as it was
 * said. conform.lua's webhook() makes the requests; the plugin's route gets them as from a server.
 */
#include "conform/payment/rules.h"

/* An event about the payment, signed by conform.lua. NULL: it cannot make this one. */
static const struct json *make(struct scene *scene, const char *kind, const struct pay *pay,
                               struct souk_str event, int64_t amount, const char *currency,
                               int64_t at, int wrong_secret)
{
    struct arena *arena = &scene->arena;
    struct json *args = json_new(arena, JSON_ARRAY);
    json_add_cstr(arena, args, NULL, kind);
    struct json *about = json_add(arena, args, NULL, JSON_OBJECT);
    json_add_int(arena, about, "id", pay->view.id);
    json_add_str(arena, about, "reference", pay->view.reference);
    json_add_str(arena, about, "number", pay->view.number);
    json_add_str(arena, about, "key", pay->view.key);
    json_add_str(arena, about, "event", event);
    json_add_int(arena, about, "amount", amount);
    json_add_cstr(arena, about, "currency", currency);
    json_add_bool(arena, about, "wrong_secret", wrong_secret);
    json_add_int(arena, args, NULL, at);
    const struct json *made = scene_ask(scene, "webhook", args);
    return made && made->kind == JSON_OBJECT ? made : NULL;
}

static struct reply post(struct scene *scene, const struct json *made, struct souk_str body)
{
    struct reply reply = {0};
    struct souk_str method = json_text(json_at(made, "method"));
    struct visit ask = {.method = method.len ? arena_cstr(&scene->arena, method) : "POST",
                        .path = arena_cstr(&scene->arena, json_text(json_at(made, "path"))),
                        .headers = json_at(made, "headers"),
                        .body = body};
    if (visit(scene, &ask, &reply) != SOUK_OK) {
        scene_no(scene, "there is no route %s %s", ask.method, ask.path);
        reply.status = 0;
    }
    return reply;
}

static int is_good(const struct reply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

/* What was answered, for the end of a finding: the plugin's own words tell which check it was. */
static const char *said(struct scene *scene, const struct reply *reply)
{
    struct souk_str words = str_trim(reply->body);
    size_t most = 160;
    while (words.len > most && most && ((unsigned char)words.ptr[most] & 0xc0) == 0x80)
        most--;
    return words.len ? arena_printf(&scene->arena, " (%.*s)",
                                    (int)(words.len < most ? words.len : most), words.ptr)
                           .ptr
                     : "";
}

static struct souk_str body_of(const struct json *made)
{
    return json_text(json_at(made, "body"));
}

static size_t reported(struct scene *scene, const struct pay *pay, struct report *list, size_t room)
{
    size_t count =
        pay->view.reference.len ? scene_reports(scene, pay->view.reference, list, room) : 0;
    return count ? count : scene_reports(scene, pay->view.number, list, room);
}

/* A payment that webhooks can be about. */
static void prepare(struct scene *scene, struct pay *pay)
{
    struct pay_answer answer;
    SKIP_UNLESS(scene, scene_has(scene, "webhook"), "conform.lua has no webhook()");
    pay_new(scene, pay, PAYMENT_SUM, payment_currency(scene));
    pay_call(scene, PAY_BEGIN, pay, 0, souk_str(""), &answer);
    EXPECT(scene, answer.code == SOUK_OK, "begin() gives %s: %s", code_name(answer.code),
           answer.words);
}

static void refuse(struct scene *scene, const struct pay *pay, const char *what,
                   const struct json *made, struct souk_str body)
{
    struct report list[4];
    size_t before = reported(scene, pay, list, 4);
    struct reply reply = post(scene, made, body);
    EXPECT(scene, scene->verdict != RULE_NO, "%s", scene->words);
    EXPECT(scene, reply.status >= 400 && reply.status < 500,
           "%s is answered with %d instead of 400%s", what, reply.status, said(scene, &reply));
    EXPECT(scene, reported(scene, pay, list, 4) == before, "%s is reported all the same", what);
}

void payment_webhook_signed(struct scene *scene)
{
    struct pay pay;
    int64_t now = clock_now();
    CHECK(scene, prepare(scene, &pay));
    struct souk_str event = scene_key(scene, "evt");
    const char *currency = payment_currency(scene);
    const struct json *good = make(scene, "captured", &pay, event, PAYMENT_SUM, currency, now, 0);
    SKIP_UNLESS(scene, good, "conform.lua's webhook() makes no \"captured\"");
    struct souk_str body = arena_str(&scene->arena, body_of(good));
    EXPECT(scene, body.len > 0, "conform.lua's webhook() has no body");
    char *byte = (char *)(uintptr_t)body.ptr + body.len / 2;
    *byte = *byte == '1' ? '2' : '1';
    CHECK(scene, refuse(scene, &pay, "a body with a changed byte", good, body));
    const struct json *made = make(scene, "captured", &pay, event, PAYMENT_SUM, currency, now, 1);
    CHECK(scene, refuse(scene, &pay, "a signature by another secret", made, body_of(made)));
    struct json *bare = json_new(&scene->arena, JSON_OBJECT);
    json_add_tree(&scene->arena, bare, "path", json_at(good, "path"));
    CHECK(scene, refuse(scene, &pay, "an event without a signature", bare, body_of(good)));
    if (!scene_hint(scene, "webhook_undated")) {
        made = make(scene, "captured", &pay, event, PAYMENT_SUM, currency, now - CLOCK_HOUR, 0);
        CHECK(scene, refuse(scene, &pay, "an event of an hour ago", made, body_of(made)));
        made = make(scene, "captured", &pay, event, PAYMENT_SUM, currency, now + CLOCK_HOUR, 0);
        CHECK(scene, refuse(scene, &pay, "an event from the next hour", made, body_of(made)));
    }
    struct reply reply = post(scene, good, body_of(good));
    EXPECT(scene, is_good(&reply), "a good event is answered with %d%s", reply.status,
           said(scene, &reply));
    struct report list[4];
    EXPECT(scene, reported(scene, &pay, list, 4) > 0, "a good event is not reported");
}

void payment_webhook_once(struct scene *scene)
{
    static const char *const kinds[] = {"authorised", "captured", "refunded"};
    struct pay pay;
    struct report one[16], other[16];
    const struct json *events[3];
    size_t count = 0;
    CHECK(scene, prepare(scene, &pay));
    for (size_t i = 0; i < 3; i++) {
        const struct json *made = make(scene, kinds[i], &pay, scene_key(scene, "evt"), PAYMENT_SUM,
                                       payment_currency(scene), clock_now(), 0);
        if (made)
            events[count++] = made;
    }
    SKIP_UNLESS(scene, count > 0, "conform.lua's webhook() makes none");
    for (size_t i = count; i-- > 0;) { /* the latest first */
        struct reply reply = post(scene, events[i], body_of(events[i]));
        EXPECT(scene, is_good(&reply), "an event out of order is answered with %d%s", reply.status,
               said(scene, &reply));
    }
    size_t first = reported(scene, &pay, one, 16);
    EXPECT(scene, first > 0, "the events are not reported");
    for (size_t i = 0; i < count; i++) {
        struct reply reply = post(scene, events[i], body_of(events[i]));
        EXPECT(scene, is_good(&reply), "a repeated event is answered with %d%s", reply.status,
               said(scene, &reply));
    }
    size_t second = reported(scene, &pay, other, 16);
    EXPECT(scene, first == second, "the same events again make %zu reports instead of %zu", second,
           first);
    for (size_t i = 0; i < first; i++) {
        EXPECT(scene, one[i].event.len > 0, "a report has no event: a repeat cannot be known");
        for (size_t k = 0; k < i; k++)
            EXPECT(scene, !souk_str_equal(one[i].event, one[k].event),
                   "two events are reported under one name, \"%.*s\"", SOUK_PRI(one[i].event));
    }
}

void payment_webhook_amount(struct scene *scene)
{
    struct pay pay;
    struct report list[4];
    CHECK(scene, prepare(scene, &pay));
    const struct json *made =
        make(scene, "captured", &pay, scene_key(scene, "evt"), 777, "USD", clock_now(), 0);
    SKIP_UNLESS(scene, made, "conform.lua's webhook() makes no \"captured\"");
    struct reply reply = post(scene, made, body_of(made));
    EXPECT(scene, is_good(&reply),
           "an event with another amount is answered with %d: it would come again for ever%s",
           reply.status, said(scene, &reply));
    EXPECT(scene, reported(scene, &pay, list, 4) == 1,
           "an event with another amount is not reported");
    EXPECT(scene, list[0].amount == 777 && str_equal_nocase(list[0].currency, souk_str("USD")),
           "an event about 777 USD is reported as %lld %.*s", (long long)list[0].amount,
           SOUK_PRI(list[0].currency));
}
