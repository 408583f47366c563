/*
 * rules: the functions of the track suite, one a rule; the sentences are in suite.c.
 */
#ifndef CONFORM_TRACK_RULES_H
#define CONFORM_TRACK_RULES_H

#include "host/tell.h"

void track_key_once(struct scene *scene);
void track_amount_exact(struct scene *scene);
void track_states_told(struct scene *scene);
void track_unknown_not_told(struct scene *scene);
void track_refused_final(struct scene *scene);
void track_no_injection(struct scene *scene);
void track_no_person(struct scene *scene);
void track_no_secrets(struct scene *scene);
void track_path(struct scene *scene);
void track_provoke(struct scene *scene);

#endif
