/*
 * money.c: rules about sums: one key is one movement, no cent too much, nothing beyond what there
 * is.
 */
#include "conform/payment/rules.h"

const char *payment_currency(struct scene *scene)
{
    const struct json *hint = scene_hint(scene, "currency");
    return hint ? arena_cstr(&scene->arena, json_text(hint)) : PAYMENT_CURRENCY;
}

static int is_local(const struct scene *scene)
{
    return pay_flags(scene) & SOUK_PAYMENT_LOCAL;
}

void payment_key_once(struct scene *scene)
{
    struct pay pay, again;
    struct pay_answer first, second;
    int count;
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    again = pay;
    pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &first);
    EXPECT(scene, first.code == SOUK_OK, "begin() gives %s: %s", code_name(first.code),
           first.words);
    pay_call(scene, PAY_BEGIN, &again, 0, souk_str(""), &second);
    EXPECT(scene, second.code == SOUK_OK, "begin() again with the same key gives %s: %s",
           code_name(second.code), second.words);
    EXPECT(scene, souk_str_equal(first.reference, second.reference),
           "begin() twice with one key made two payments, \"%.*s\" and \"%.*s\"",
           SOUK_PRI(first.reference), SOUK_PRI(second.reference));
    pay_charged(scene, "charge", pay.view.key, souk_str(""), &count, NULL);
    EXPECT(scene, count <= 1, "begin() twice with one key charged the payer %d times", count);
    if (!pay_can(scene, PAY_REFUND))
        return;
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    pay_until(scene, &pay, SOUK_PAID_CAPTURED);
    if (scene->verdict == RULE_SKIPPED)
        scene->verdict = RULE_YES; /* begin was tried; there is no captured payment to go on with */
    if (pay.state != SOUK_PAID_CAPTURED || scene->verdict != RULE_YES)
        return;
    struct souk_str key = scene_key(scene, "refund");
    again = pay;
    pay_call(scene, PAY_REFUND, &pay, 500, key, &first);
    EXPECT(scene, first.code == SOUK_OK, "refund() of a part gives %s: %s", code_name(first.code),
           first.words);
    pay_call(scene, PAY_REFUND, &again, 500, key, &second);
    EXPECT(scene, second.code == SOUK_OK, "refund() again with the same key gives %s: %s",
           code_name(second.code), second.words);
    int64_t sum = pay_charged(scene, "refund", key, souk_str(""), &count, NULL);
    EXPECT(scene, sum <= 500, "refund() twice with one key paid back %lld instead of 500",
           (long long)sum);
}

/* One payment of this sum: charged is just that. */
static void check_exact(struct scene *scene, int64_t amount, const char *currency)
{
    struct pay pay;
    struct souk_str charged_in;
    int count;
    pay_new(scene, &pay, amount, currency);
    CHECK(scene, pay_until(scene, &pay, SOUK_PAID_CAPTURED));
    EXPECT(scene, pay.view.captured == amount, "asked for %lld %s, it reports %lld as captured",
           (long long)amount, currency, (long long)pay.view.captured);
    int64_t sum =
        pay_charged(scene, "charge", pay.view.key, pay.view.reference, &count, &charged_in);
    if (sum < 0 || is_local(scene))
        return;
    EXPECT(scene, sum == amount, "asked for %lld %s, the peer has charged %lld", (long long)amount,
           currency, (long long)sum);
    EXPECT(scene, str_equal_nocase(charged_in, souk_str(currency)),
           "asked for %s, the peer has charged in %.*s", currency, SOUK_PRI(charged_in));
}

void payment_amount_exact(struct scene *scene)
{
    static const char *const others[] = {"JPY", "BHD", "HUF"}; /* 0, 3 and 2 decimals */
    struct json *offer;
    CHECK(scene, check_exact(scene, PAYMENT_SUM, payment_currency(scene)));
    CHECK(scene, check_exact(scene, 1, payment_currency(scene)));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (pay_offer(scene, 12345, others[i], &offer) == SOUK_OK)
            CHECK(scene, check_exact(scene, 12345, others[i]));
}

void payment_amount_zero(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    int before = peer_calls();
    pay_new(scene, &pay, 0, payment_currency(scene));
    pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
    EXPECT(scene, answer.code == SOUK_OK, "begin() of 0 gives %s: %s", code_name(answer.code),
           answer.words);
    EXPECT(scene, peer_calls() == before, "begin() of 0 asks the peer");
    EXPECT(scene, answer.state == SOUK_PAID_CAPTURED && answer.redirect.len == 0,
           "begin() of 0 comes back with state %d instead of SOUK_PAID_CAPTURED", answer.state);
}

void payment_currency_known(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    struct json *offer;
    const struct json *hint = scene_hint(scene, "refused_currency");
    const char *currency = hint ? arena_cstr(&scene->arena, json_text(hint)) : "XTS";
    int code = pay_offer(scene, PAYMENT_SUM, payment_currency(scene), &offer);
    EXPECT(scene, code == SOUK_OK, "offer() for %s gives %s", payment_currency(scene),
           code_name(code));
    code = pay_offer(scene, PAYMENT_SUM, currency, &offer);
    EXPECT(scene, code == SOUK_OK || code == SOUK_NOT_FOUND,
           "offer() for %s gives %s instead of SOUK_NOT_FOUND", currency, code_name(code));
    EXPECT(scene, code == SOUK_NOT_FOUND || (is_local(scene) && !hint),
           "it is offered for %s, a currency that nobody has", currency);
    pay_new(scene, &pay, PAYMENT_SUM, currency);
    pay_call(scene, PAY_BEGIN, &pay, 0, souk_str(""), &answer);
    int refused = answer.code != SOUK_OK || answer.state == SOUK_PAID_FAILED;
    EXPECT(scene, refused == (code == SOUK_NOT_FOUND),
           refused ? "offered for %s, but begin() refuses it"
                   : "begin() takes %s, which is not offered",
           currency);
}

void payment_capture_limit(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    SKIP_UNLESS(scene, pay_can(scene, PAY_CAPTURE) && pay_flags(scene) & SOUK_PAYMENT_CAPTURE,
                "it does not authorise first");
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    CHECK(scene, pay_until(scene, &pay, SOUK_PAID_AUTHORISED));
    int before = peer_calls();
    pay_call(scene, PAY_CAPTURE, &pay, PAYMENT_SUM + 1, scene_key(scene, "capture"), &answer);
    EXPECT(scene, answer.code != SOUK_OK || answer.state == SOUK_PAID_FAILED,
           "capture() of %d takes more than the %d that were authorised", PAYMENT_SUM + 1,
           PAYMENT_SUM);
    EXPECT(scene, peer_calls() == before, "the peer is asked for more than was authorised");
}

void payment_refund_limit(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    SKIP_UNLESS(scene, pay_can(scene, PAY_REFUND), "it has no refund()");
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    CHECK(scene, pay_until(scene, &pay, SOUK_PAID_CAPTURED));
    int before = peer_calls();
    pay_call(scene, PAY_REFUND, &pay, PAYMENT_SUM + 1, scene_key(scene, "refund"), &answer);
    EXPECT(scene, answer.code != SOUK_OK || answer.state == SOUK_PAID_FAILED,
           "refund() of %d pays back more than the %d that came in", PAYMENT_SUM + 1, PAYMENT_SUM);
    EXPECT(scene, peer_calls() == before, "the peer is asked to pay back more than came in");
    if (!(pay_flags(scene) & SOUK_PAYMENT_PART_REFUND))
        return;
    pay_call(scene, PAY_REFUND, &pay, 599, scene_key(scene, "refund"), &answer);
    EXPECT(scene, answer.code == SOUK_OK, "refund() of a part gives %s: %s", code_name(answer.code),
           answer.words);
    if (!pay.view.refunded)
        pay.view.refunded = 599; /* said to be on its way */
    before = peer_calls();
    pay_call(scene, PAY_REFUND, &pay, PAYMENT_SUM - 599 + 1, scene_key(scene, "refund"), &answer);
    EXPECT(scene, answer.code != SOUK_OK || answer.state == SOUK_PAID_FAILED,
           "a second refund() may pay back more than is left");
    EXPECT(scene, peer_calls() == before, "the peer is asked to pay back more than is left");
}

void payment_cancel_captured(struct scene *scene)
{
    struct pay pay;
    struct pay_answer answer;
    SKIP_UNLESS(scene, pay_can(scene, PAY_CANCEL), "it has no cancel()");
    pay_new(scene, &pay, PAYMENT_SUM, payment_currency(scene));
    CHECK(scene, pay_until(scene, &pay, SOUK_PAID_CAPTURED));
    pay_call(scene, PAY_CANCEL, &pay, PAYMENT_SUM, scene_key(scene, "cancel"), &answer);
    EXPECT(scene, answer.code != SOUK_OK || answer.state == SOUK_PAID_FAILED,
           "cancel() of captured money says that it is done; it takes a refund");
}
