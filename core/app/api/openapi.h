/*
 * openapi: what stands in /api/v1/openapi.json besides what the route tables know: shapes of bodies
 * and answers, and the fields of queries.
 *
 * Shapes are written in a notation of our own, one line a member: "name:type", types string, int,
 * bool, time, any, object, string(a|b) or the Name of a shape; behind it "[]" a list of it, "{}" an
 * object of them, "?" or null. "name~:type" may be absent. Objects may have more members than are
 * named: that is what this interface promises.
 */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "base/json.h"

struct openapi_operation { /* a route of api/route.c; a route without one gets a plain object */
    const char *method, *path;
    const char *query;  /* "q:string what is searched for; limit:int how many"; NULL: none */
    const char *body;   /* a type; NULL: none */
    const char *answer; /* a type; NULL: no body */
    int status;         /* of the answer; 0: 200 */
    int also;           /* another status with the same answer (200 beside 201); 0: none */
    int idempotent;     /* takes an Idempotency-Key */
};

extern const struct openapi_operation openapi_operations[];
extern const size_t openapi_operation_count;

/* components.schemas */
struct json *openapi_schemas(struct arena *arena);
/* The schema of one type in the notation. */
struct json *openapi_type(struct arena *arena, struct souk_str type);

#endif
