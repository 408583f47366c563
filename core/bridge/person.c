/*
 * person.c: the API's sub-table "person".
 */
#include "bridge/internal.h"

const struct souk_person_api person_table = {.size = sizeof(struct souk_person_api)};
