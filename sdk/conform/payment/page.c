/*
 * page.c: payments that are finished in a page of the front end's own. The rule plays one to its
 * end: who asks gets what the provider's script wants, asking again gives the same, what is paid so
 * is charged, taken and paid back like any other, and what nobody pays can be let go. Who does not
 * ask gets none of it.
 */
#include "conform/payment/rules.h"

static void begin(struct scene *scene, struct pay *pay, int in_page, struct pay_answer *answer)
{
    pay->view.in_page = in_page;
    pay_call(scene, PAY_BEGIN, pay, 0, souk_str(""), answer);
    EXPECT(scene, answer->code == SOUK_OK, "begin() with in_page %d gives %s: %s", in_page,
           code_name(answer->code), answer->words);
    EXPECT(scene, !answer->fault, "begin() with in_page %d gave %s", in_page, answer->fault);
}

static void check_same(struct scene *scene, const struct pay_answer *first,
                       const struct pay_answer *second)
{
    if (!souk_str_equal(first->reference, second->reference))
        return; /* two payments: key-once says so */
    json_each(fact, first->client)
    {
        const char *secret = scene_secret_in(scene, json_text(&fact->value));
        EXPECT(scene, !secret, "the secret \"%.4s…\" stands in the client fact \"%.*s\"", secret,
               SOUK_PRI(fact->key));
        EXPECT(
            scene,
            souk_str_equal(json_text(&fact->value), json_text(json_get(second->client, fact->key))),
            "begin() twice with one key gives two texts for \"%.*s\"", SOUK_PRI(fact->key));
    }
}

/* Paid, charged, taken and paid back. */
static void check_paid(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    int count;
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    pay.view.in_page = 1;
    pay_until(scene, &pay, SOUK_PAID_CAPTURED);
    if (scene->verdict == RULE_SKIPPED)
        scene->verdict = RULE_YES; /* begin was tried; conform.lua has nobody who pays */
    if (pay.state != SOUK_PAID_CAPTURED || scene->verdict != RULE_YES)
        return;
    int64_t sum = pay_charged(scene, "charge", pay.view.key, pay.view.reference, &count, NULL);
    EXPECT(scene, sum < 0 || sum == PAYMENT_SUM, "paid in the page, the peer has charged %lld",
           (long long)sum);
    if (!pay_can(scene, PAY_REFUND))
        return;
    pay_call(scene, PAY_REFUND, &pay, PAYMENT_SUM, scene_key(scene, "refund"), &answer);
    EXPECT(scene, answer.code == SOUK_OK && answer.state != SOUK_PAID_FAILED,
           "refund() of what was paid in the page gives %s: %s", code_name(answer.code),
           answer.words);
}

static void check_let_go(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    int count;
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    CHECK(scene, begin(scene, &pay, 1, &answer));
    if (pay.state != SOUK_PAID_PENDING || !pay_can(scene, PAY_CANCEL))
        return;
    pay_call(scene, PAY_CANCEL, &pay, PAYMENT_SUM, scene_key(scene, "cancel"), &answer);
    EXPECT(scene, answer.code == SOUK_OK && answer.state != SOUK_PAID_FAILED,
           "cancel() of what nobody has paid in the page gives %s: %s", code_name(answer.code),
           answer.words);
    pay_charged(scene, "charge", pay.view.key, pay.view.reference, &count, NULL);
    EXPECT(scene, count == 0, "it was cancelled, and charged all the same");
}

void payment_finished_in_page(struct scene *scene)
{
    struct pay pay, again;
    struct pay_answer first, second;
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    CHECK(scene, begin(scene, &pay, 0, &first));
    SKIP_UNLESS(scene, pay_in_page(scene, PAYMENT_SUM, payment_currency(scene)),
                "it does not offer to be finished in the page");
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    again = pay;
    CHECK(scene, begin(scene, &pay, 1, &first));
    CHECK(scene, begin(scene, &again, 1, &second));
    CHECK(scene, check_same(scene, &first, &second));
    CHECK(scene, check_paid(scene));
    check_let_go(scene);
}
