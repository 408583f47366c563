/*
 * rules: the functions of the delivery suite, one a rule; the sentences are in suite.c.
 */
#ifndef CONFORM_DELIVERY_RULES_H
#define CONFORM_DELIVERY_RULES_H

#include "host/ship.h"

void delivery_option_codes(struct scene *scene);
void delivery_option_amounts(struct scene *scene);
void delivery_check_agrees(struct scene *scene);
void delivery_check_unknown(struct scene *scene);
void delivery_no_place(struct scene *scene);
void delivery_too_heavy(struct scene *scene);
void delivery_book_capacity(struct scene *scene);
void delivery_book_undone(struct scene *scene);
void delivery_send_once(struct scene *scene);
void delivery_unknown_not_failed(struct scene *scene);
void delivery_state_known(struct scene *scene);
void delivery_track_converges(struct scene *scene);
void delivery_label_code(struct scene *scene);
void delivery_path(struct scene *scene);
void delivery_provoke(struct scene *scene);

#endif
