/*
 * scripts: what rules cost through souk's own workers: the host process, the message, the cart made
 * into a table, all functions, what they changed looked for, the answers read.
 *
 *     scripts RULES.lua CART.json SECONDS [fresh]
 *
 * Prints us for an evaluation of all functions that the file declares as `when`, and how many held.
 * With "fresh" every evaluation has another cart, so that the worker has to build its table anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "script/script.h"

static struct souk_str read_file(struct arena *arena, const char *name)
{
    struct buf text = {.arena = arena};
    char block[65536];
    size_t n;
    FILE *file = fopen(name, "re");
    if (!file) {
        perror(name);
        exit(1);
    }
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&text, block, n);
    fclose(file);
    return buf_str(&text);
}

static int fail(const struct err *err, const struct json *errors)
{
    struct buf text = {0};
    if (errors)
        json_print(&text, errors);
    fprintf(stderr, "scripts: %s %s\n", err->text, text.ptr ? text.ptr : "");
    return 1;
}

static int measure(struct script_set *set, struct json *cart, size_t count, double seconds,
                   int fresh)
{
    struct arena arena = {0};
    struct script_call *calls = calloc(count, sizeof *calls);
    struct json *number = NULL;
    long rounds = 0, held = 0;
    int64_t begin, took = 0;
    if (fresh)
        number = json_add(&arena, cart, "round", JSON_INT);
    struct arena each = {0};
    begin = clock_mono();
    for (; (double)took < seconds * 1e6; took = clock_mono() - begin)
        for (int n = 0; n < 100; n++, rounds++) {
            for (size_t i = 0; i < count; i++)
                calls[i].function = (int)i;
            if (number)
                number->number = rounds;
            script_set_call(set, &each, cart, calls, count);
            for (size_t i = 0; i < count; i++) {
                if (calls[i].outcome != SCRIPT_OK) {
                    fprintf(stderr, "scripts: %.*s\n", SOUK_PRI(calls[i].reason));
                    return 1;
                }
                held += calls[i].result->first && json_true(&calls[i].result->first->value);
            }
            arena_reset(&each);
        }
    printf("%.3f %ld\n", (double)took / (double)rounds, held / rounds);
    arena_free(&each);
    arena_free(&arena);
    free(calls);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct err err = {0};
    struct script_host *host;
    struct script_set *set;
    struct json *declared, *cart, *errors = json_new(&arena, JSON_ARRAY);
    struct script_options options = {.currency = "EUR"};
    if (argc < 4) {
        fprintf(stderr, "usage: scripts RULES.lua CART.json SECONDS [fresh]\n");
        return 2;
    }
    struct script_source source = {souk_str("promotions/rules.lua"), read_file(&arena, argv[1])};
    if (json_parse(&arena, read_file(&arena, argv[2]), &cart, &err) != SOUK_OK ||
        script_host_start(&host, &options, &err) != SOUK_OK ||
        script_set_load(host, &arena, &source, 1, &set, &declared, errors, &err) != SOUK_OK)
        return fail(&err, errors);
    int code = measure(set, cart, declared->count, strtod(argv[3], NULL), argc > 4);
    script_set_drop(set);
    script_host_stop(host);
    arena_free(&arena);
    return code;
}
