/*
 * api_table.h: the API table with all its areas, of which functions may be replaced: what the host
 * hands out instead of another one.
 */
#ifndef HOST_API_TABLE_H
#define HOST_API_TABLE_H

#include <souk.h>

struct api_table {
    struct souk_api api;
#define AREA(area) struct souk_##area##_api area;
#include "host/api_list.h"
};

/* As `of` stands; its areas are the table's own then. */
static inline void api_table_copy(struct api_table *table, const struct souk_api *of)
{
    table->api = *of;
#define AREA(name)                                                                                 \
    table->name = *of->name;                                                                       \
    table->api.name = &table->name;
#include "host/api_list.h"
}

#endif
