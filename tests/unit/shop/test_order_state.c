/* The table of edges: every state against every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/str.h"
#include "shop/order_state.h"
#include "shop/order_verify.sql.h"
#include <cmocka.h>

static const char *const order[] = {"draft", "placed", "confirmed", "closed", "cancelled"};
static const char *const payment[] = {"none",      "pending", "authorised",
                                      "part_paid", "paid",    "part_refunded",
                                      "refunded",  "failed",  "voided"};
static const char *const goods[] = {"none",         "part_packed",   "packed",
                                    "part_shipped", "shipped",       "part_delivered",
                                    "delivered",    "part_returned", "returned"};
static const char *const steps[] = {"confirm", "close",   "reopen", "cancel", "capture",
                                    "void",    "pay",     "refund", "pack",   "unpack",
                                    "ship",    "deliver", "return"};

/* What each step needs, said a second time and by hand: states of the order, and of its machine. */
static const struct {
    const char *step, *orders, *machine;
    enum order_machine of;
} law[] = {
    {"confirm", "placed", "placed", ORDER_MACHINE_ORDER},
    {"close", "confirmed", "confirmed", ORDER_MACHINE_ORDER},
    {"reopen", "closed", "closed", ORDER_MACHINE_ORDER},
    {"cancel", "draft placed confirmed", "none part_packed packed", ORDER_MACHINE_FULFILMENT},
    {"capture", "placed confirmed", "authorised part_paid", ORDER_MACHINE_PAYMENT},
    {"void", "placed confirmed cancelled", "pending authorised", ORDER_MACHINE_PAYMENT},
    {"pay", "placed confirmed",
     "none pending authorised failed voided part_paid part_refunded refunded",
     ORDER_MACHINE_PAYMENT},
    {"refund", "placed confirmed closed cancelled", "part_paid paid part_refunded",
     ORDER_MACHINE_PAYMENT},
    {"pack", "placed confirmed", "none part_packed part_shipped part_delivered part_returned",
     ORDER_MACHINE_FULFILMENT},
    {"unpack", "placed confirmed", "part_packed packed part_shipped part_delivered part_returned",
     ORDER_MACHINE_FULFILMENT},
    {"ship", "placed confirmed",
     "none part_packed packed part_shipped part_delivered part_returned", ORDER_MACHINE_FULFILMENT},
    {"deliver", "placed confirmed", "part_shipped shipped part_delivered part_returned",
     ORDER_MACHINE_FULFILMENT},
    {"return", "placed confirmed closed",
     "part_shipped shipped part_delivered delivered part_returned", ORDER_MACHINE_FULFILMENT},
};

static int among(const char *word, const char *words)
{
    struct souk_str rest = souk_str(words), one;
    while (str_split(&rest, ' ', &one))
        if (souk_str_is(one, word))
            return 1;
    return 0;
}

static int lawful(size_t i, const struct order_states *states)
{
    const char *state = law[i].of == ORDER_MACHINE_ORDER     ? states->order
                        : law[i].of == ORDER_MACHINE_PAYMENT ? states->payment
                                                             : states->fulfilment;
    return among(states->order, law[i].orders) && among(state, law[i].machine);
}

static int listed(const struct json *list, const char *step)
{
    int count = 0;
    json_each(item, list) count += souk_str_is(item->value.text, step);
    assert_true(count <= 1); /* each once */
    return count;
}

static void check_states(struct arena *arena, const struct order_states *states)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    size_t legal = 0;
    order_allowed(arena, states, list);
    for (size_t i = 0; i < sizeof law / sizeof *law; i++) {
        const struct order_edge *edge = order_edge(states, souk_str(law[i].step));
        int wanted = lawful(i, states);
        if ((edge != NULL) != wanted || listed(list, law[i].step) != wanted)
            fail_msg("%s from %s, %s, %s: %s", law[i].step, states->order, states->payment,
                     states->fulfilment, wanted ? "refused" : "taken");
        legal += wanted != 0;
        if (edge)
            assert_non_null(edge->right);
    }
    assert_int_equal(list->count, legal); /* nothing else is offered */
}

static void test_every_pair(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t o = 0; o < sizeof order / sizeof *order; o++)
        for (size_t p = 0; p < sizeof payment / sizeof *payment; p++)
            for (size_t g = 0; g < sizeof goods / sizeof *goods; g++) {
                struct order_states states = {order[o], payment[p], goods[g]};
                check_states(&arena, &states);
            }
    arena_free(&arena);
}

static int known(const char *state, const char *const *states, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(states[i], state) == 0)
            return 1;
    return 0;
}

/* No edge leads to a state that is none, or stands twice. */
static void test_table(void **state)
{
    (void)state;
    size_t count;
    const struct order_edge *edges = order_edges(&count);
    for (size_t i = 0; i < count; i++) {
        const struct order_edge *edge = &edges[i];
        const char *const *states = edge->machine == ORDER_MACHINE_ORDER     ? order
                                    : edge->machine == ORDER_MACHINE_PAYMENT ? payment
                                                                             : goods;
        size_t many = edge->machine == ORDER_MACHINE_ORDER ? 5 : 9;
        assert_true(known(edge->from, states, many) && known(edge->to, states, many));
        for (size_t k = 0; k < i; k++)
            assert_false(
                edges[k].machine == edge->machine && strcmp(edges[k].step, edge->step) == 0 &&
                strcmp(edges[k].from, edge->from) == 0 && strcmp(edges[k].to, edge->to) == 0);
    }
}

static void test_joins(void **state)
{
    (void)state;
    assert_true(order_edge_joins(ORDER_MACHINE_ORDER, souk_str("placed"), souk_str("confirmed")));
    assert_false(order_edge_joins(ORDER_MACHINE_ORDER, souk_str("closed"), souk_str("cancelled")));
    assert_false(order_edge_joins(ORDER_MACHINE_PAYMENT, souk_str("paid"), souk_str("pending")));
    assert_true(order_edge_declared(ORDER_MACHINE_PAYMENT, "capture", souk_str("pending"), "paid"));
    assert_false(order_edge_declared(ORDER_MACHINE_PAYMENT, "refund", souk_str("pending"), "paid"));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        assert_true(order_step_known(souk_str(steps[i])));
    assert_false(order_step_known(souk_str("begin"))); /* the core's own */
    assert_false(order_step_known(souk_str("")));
    assert_false(order_step_known(souk_str("shi")));
}

/* `souk verify` knows the same edges as the table, no more and no fewer. */
static void test_verify_edges(void **state)
{
    (void)state;
    size_t count, pairs = 0, listed_pairs = 0;
    const struct order_edge *edges = order_edges(&count);
    const char *sql = sql_order_verify_edges.sql;
    char text[120];
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        snprintf(text, sizeof text, "('%s', '%s', '%s')", order_machine_name(edges[i].machine),
                 edges[i].from, edges[i].to);
        if (!strstr(sql, text))
            fail_msg("%s is missing in order_verify.sql", text);
        while (k < i && !(edges[k].machine == edges[i].machine &&
                          strcmp(edges[k].from, edges[i].from) == 0 &&
                          strcmp(edges[k].to, edges[i].to) == 0))
            k++;
        pairs += k == i;
    }
    for (const char *at = sql; (at = strstr(at, "('")) != NULL; at++)
        listed_pairs += strncmp(at, "('order', 'payment', 'fulfilment')", 20) != 0;
    assert_int_equal(listed_pairs, pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_joins),
        cmocka_unit_test(test_verify_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
