/*
 * problem: shows what is wrong with a configuration: as lines for people, as JSON for `souk check
 * --json`.
 */
#ifndef APP_PROBLEM_H
#define APP_PROBLEM_H

#include <stdio.h>
#include "plugin/options.h"

void problem_print(const struct problems *problems, FILE *to); /* file:line: key: message; hint */
struct json *problem_list(struct arena *arena, const struct problems *problems);

#endif
