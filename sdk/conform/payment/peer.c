/*
 * peer.c: rules about a peer that does not answer, says no, or says something else than the plugin
 * was told; and about words that must not get out.
 */
#include "conform/payment/rules.h"

static int is_unknown(const struct pay_answer *answer)
{
    return answer->code == SOUK_TIMEOUT || answer->code == SOUK_UNAVAILABLE ||
           answer->code == SOUK_BUSY ||
           (answer->code == SOUK_OK && answer->state == SOUK_PAID_PENDING);
}

static const struct {
    enum peer_fault fault;
    const char *what;
} faults[] = {{PEER_LOST, "the answer is lost"},
              {PEER_DOWN, "the peer cannot be reached"},
              {PEER_BROKEN, "the peer says 503"}};

#define FAULTS (sizeof faults / sizeof *faults)

void payment_unknown_not_failed(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    SKIP_UNLESS(scene, !(pay_flags(scene) & SOUK_PAYMENT_LOCAL), "it asks nobody");
    for (size_t i = 0; i < FAULTS; i++) {
        pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
        peer_fault(faults[i].fault);
        pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
        peer_fault(PEER_FINE);
        EXPECT(scene, is_unknown(&answer), "when %s, begin() gives %s%s", faults[i].what,
               code_name(answer.code),
               answer.state == SOUK_PAID_FAILED ? " and SOUK_PAID_FAILED" : "");
    }
    if (!pay_can(scene, PAY_REFUND))
        return;
    for (size_t i = 0; i < FAULTS; i++) {
        pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
        pay_until(scene, &pay, SOUK_PAID_CAPTURED);
        if (scene->verdict != RULE_YES)
            return;
        peer_fault(faults[i].fault);
        pay_call(scene, PAY_REFUND, &pay, PAYMENT_SUM, scene_key(scene, "refund"), &answer);
        peer_fault(PEER_FINE);
        EXPECT(scene, is_unknown(&answer), "when %s, refund() gives %s", faults[i].what,
               code_name(answer.code));
    }
}

void payment_declined_final(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    int count;
    SKIP_UNLESS(scene, !(pay_flags(scene) & SOUK_PAYMENT_LOCAL), "it asks nobody");
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    peer_fault(PEER_DECLINES);
    pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
    if (answer.code == SOUK_OK && answer.state == SOUK_PAID_PENDING &&
        scene_has(scene, "decline")) {
        struct json *args = json_new(&scene->arena, JSON_ARRAY); /* on the peer's own page */
        json_add_str(&scene->arena, args, NULL, answer.reference);
        scene_ask(scene, "decline", args);
        if (pay_can(scene, PAY_FETCH))
            pay_call(scene, PAY_FETCH, &pay, 0, souk_str(""), &answer);
    }
    if (answer.code == SOUK_OK && answer.state == SOUK_PAID_PENDING) {
        peer_fault(PEER_FINE);
        scene_skip(scene, "it stays open: conform.lua's peer() does not heed request.decline, and "
                          "there is no decline()");
        return;
    }
    EXPECT(scene, answer.code == SOUK_OK && answer.state == SOUK_PAID_FAILED,
           "refused by the peer, it gives %s and state %d instead of SOUK_PAID_FAILED",
           code_name(answer.code), answer.state);
    EXPECT(scene, answer.message.len > 0, "refused by the peer, it has no words for the customer");
    int before = peer_calls();
    pay_charged(scene, "charge", pay.view.key, pay.view.reference, &count, NULL);
    EXPECT(scene, count == 0, "refused by the peer, and charged all the same");
    peer_fault(PEER_FINE);
    EXPECT(scene, peer_calls() == before, "souk-host: the peer was asked by nobody");
}

void payment_fetch_agrees(struct scene *scene)
{
    struct pay pay, again;
    struct pay_answer answer;
    int count;
    SKIP_UNLESS(scene, pay_can(scene, PAY_FETCH), "it has no fetch()");
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    peer_fault(PEER_LOST);
    pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
    peer_fault(PEER_FINE);
    pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer); /* the core's repeat */
    EXPECT(scene, answer.code == SOUK_OK,
           "after a lost answer, begin() with the same key gives %s: %s", code_name(answer.code),
           answer.words);
    if (pay.state == SOUK_PAID_PENDING && scene_has(scene, "pay")) {
        struct json *args = json_new(&scene->arena, JSON_ARRAY);
        json_add_str(&scene->arena, args, NULL, pay.view.reference);
        json_add_int(&scene->arena, args, NULL, pay.view.amount);
        scene_ask(scene, "pay", args);
    }
    again = pay;
    pay_call(scene, PAY_FETCH, &again, 0, souk_str(""), &answer);
    EXPECT(scene, answer.code == SOUK_OK, "fetch() gives %s: %s", code_name(answer.code),
           answer.words);
    int64_t sum = pay_charged(scene, "charge", pay.view.key, pay.view.reference, &count, NULL);
    if (sum >= 0)
        EXPECT(scene, (sum > 0) == (answer.state == SOUK_PAID_CAPTURED),
               "the peer has charged %lld, and fetch() says state %d", (long long)sum,
               answer.state);
    if (again.state != SOUK_PAID_AUTHORISED || !pay_can(scene, PAY_CAPTURE))
        return;
    pay = again;
    peer_fault(PEER_LOST);
    pay_call(scene, PAY_CAPTURE, &pay, PAYMENT_SUM, scene_key(scene, "capture"), &answer);
    peer_fault(PEER_FINE);
    pay_call(scene, PAY_FETCH, &again, 0, souk_str(""), &answer);
    EXPECT(scene, answer.code == SOUK_OK && answer.state == SOUK_PAID_CAPTURED,
           "a capture() whose answer was lost has happened, and fetch() says %s, state %d",
           code_name(answer.code), answer.state);
}

/* ---- no secrets ---- */

static void check_answer(struct scene *scene, const struct pay_answer *answer)
{
    struct buf out = {.arena = &scene->arena};
    if (answer->data)
        json_print(&out, answer->data);
    buf_printf(&out, " %.*s %.*s %.*s", SOUK_PRI(answer->reference), SOUK_PRI(answer->redirect),
               SOUK_PRI(answer->message));
    CHECK(scene, scene_secret_seen(scene, "a result", buf_str(&out)));
    scene_secret_seen(scene, "an error", souk_str(answer->words));
}

void payment_no_secrets(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    static const enum peer_fault all[] = {PEER_FINE, PEER_LOST, PEER_DOWN, PEER_BROKEN,
                                          PEER_DECLINES};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
        peer_fault(all[i]);
        pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
        CHECK(scene, check_answer(scene, &answer));
        if (pay_can(scene, PAY_FETCH)) {
            pay_call(scene, PAY_FETCH, &pay, 0, souk_str(""), &answer);
            CHECK(scene, check_answer(scene, &answer));
        }
        pay.view.authorised = pay.view.captured = pay.view.amount;
        if (pay_can(scene, PAY_REFUND)) {
            pay_call(scene, PAY_REFUND, &pay, 100, scene_key(scene, "refund"), &answer);
            CHECK(scene, check_answer(scene, &answer));
        }
        peer_fault(PEER_FINE);
    }
    scene_secret_kept(scene);
}

/* ---- the ordinary way through, for fail-nth ---- */

/* As the core does it: again with the same key until it is known. */
static void insist(struct scene *scene, enum pay_verb verb, struct pay *pay, int64_t amount,
                   const char *what)
{
    struct pay_answer answer;
    struct souk_str key = scene_key(scene, what);
    struct pay before = *pay;
    for (int attempt = 1; attempt <= 3; attempt++) {
        *pay = before;
        pay_call(scene, verb, pay, amount, key, &answer);
        if (answer.code == SOUK_OK && answer.state != SOUK_PAID_FAILED)
            return;
        EXPECT(scene, answer.code != SOUK_OK, "%s() says SOUK_PAID_FAILED for a fault of ours",
               what);
        EXPECT(scene, answer.words[0], "%s() gives %s without words", what, code_name(answer.code));
    }
    scene_no(scene, "%s() does not come right again: %s: %s", what, code_name(answer.code),
             answer.words);
}

static void walk_path(struct scene *scene, int in_page)
{
    struct pay pay;
    struct json *ignored;
    int count;
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    pay.view.in_page = in_page;
    CHECK(scene, insist(scene, PAY_BEGIN, &pay, 0, "begin"));
    pay_show(scene, &pay, &ignored);
    if (pay.state == SOUK_PAID_PENDING && scene_has(scene, "pay")) {
        struct json *args = json_new(&scene->arena, JSON_ARRAY);
        json_add_str(&scene->arena, args, NULL, pay.view.reference);
        json_add_int(&scene->arena, args, NULL, pay.view.amount);
        scene_ask(scene, "pay", args);
    }
    if (pay.state == SOUK_PAID_PENDING && pay_can(scene, PAY_FETCH))
        CHECK(scene, insist(scene, PAY_FETCH, &pay, 0, "fetch"));
    if (pay.state == SOUK_PAID_AUTHORISED && pay_can(scene, PAY_CAPTURE))
        CHECK(scene, insist(scene, PAY_CAPTURE, &pay, PAYMENT_SUM, "capture"));
    if (pay.state == SOUK_PAID_CAPTURED && pay_can(scene, PAY_REFUND))
        CHECK(scene, insist(scene, PAY_REFUND, &pay, PAYMENT_SUM, "refund"));
    int64_t sum = pay_charged(scene, "charge", pay.view.key, pay.view.reference, &count, NULL);
    EXPECT(scene, sum <= PAYMENT_SUM, "after a failure in between, %lld was charged for %d",
           (long long)sum, PAYMENT_SUM);
    sum = pay_charged(scene, "refund", souk_str(""), pay.view.reference, &count, NULL);
    EXPECT(scene, sum <= PAYMENT_SUM, "after a failure in between, %lld was paid back of %d",
           (long long)sum, PAYMENT_SUM);
}

void payment_path(struct scene *scene)
{
    int in_page = pay_in_page(scene, PAYMENT_SUM, payment_currency(scene));
    CHECK(scene, walk_path(scene, 0));
    if (in_page)
        walk_path(scene, 1);
}

void payment_provoke(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    static const enum peer_fault all[] = {PEER_LOST, PEER_DOWN, PEER_BROKEN, PEER_DECLINES};
    pay_new(scene, &pay, PAYMENT_SUM, "XTS");
    pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
        peer_fault(all[i]);
        pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
        peer_fault(PEER_FINE);
    }
    for (int verb = PAY_CAPTURE; verb <= PAY_REFUND; verb++) {
        pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
        pay.view.authorised = pay.view.captured = PAYMENT_SUM;
        if (pay_can(scene, (enum pay_verb)verb))
            pay_call(scene, (enum pay_verb)verb, &pay, PAYMENT_SUM + 1, scene_key(scene, "move"),
                     &answer);
    }
}
