/*
 * number.c: numbers of at most nine digits for things whose ids are longer: groups of variants and
 * categories in YML. A number is made of the id alone, so it is the same in each file, and in a
 * feed no two things have the same: who comes second to a number takes the next that is free.
 *
 * The table is made once, at its full size: what it holds does not grow while a feed is written. Of
 * more things than it has room for, those that come last get none.
 */
#include "market.h"

#include <string.h>

#define MOST UINT32_C(999999999)

void market_numbers_make(struct souk_ctx *ctx, uint32_t room, struct market_numbers *numbers)
{
    uint32_t slots = 16;
    while (slots / 8 * 7 < room)
        slots *= 2;
    memset(numbers, 0, sizeof *numbers);
    numbers->slots = souk_alloc(ctx, slots * sizeof *numbers->slots);
    memset(numbers->slots, 0, slots * sizeof *numbers->slots);
    numbers->mask = slots - 1;
}

/* Ids that follow one another must not give numbers that do: they would be taken in runs. */
static uint64_t mixed(uint64_t id)
{
    id = (id ^ (id >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    id = (id ^ (id >> 27)) * UINT64_C(0x94d049bb133111eb);
    return id ^ (id >> 31);
}

/* 1: it was free, and is taken now. */
static int take(struct market_numbers *numbers, uint32_t number)
{
    uint32_t at = (uint32_t)mixed(number) & numbers->mask;
    while (numbers->slots[at]) {
        if (numbers->slots[at] == number)
            return 0;
        at = (at + 1) & numbers->mask;
    }
    numbers->slots[at] = number;
    return 1;
}

uint32_t market_number(struct market_numbers *numbers, int64_t id)
{
    if (id == numbers->last_id && numbers->last)
        return numbers->last;
    if (numbers->count >= numbers->mask / 8 * 7)
        return 0;
    uint32_t number = (uint32_t)(mixed((uint64_t)id) % MOST) + 1;
    while (!take(numbers, number))
        number = number % MOST + 1;
    numbers->count++;
    numbers->last_id = id;
    return numbers->last = number;
}
