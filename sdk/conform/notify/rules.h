/*
 * rules: the functions of the notify suite, one a rule; the sentences are in suite.c.
 */
#ifndef CONFORM_NOTIFY_RULES_H
#define CONFORM_NOTIFY_RULES_H

#include "host/post.h"

void notify_send_once(struct scene *scene);
void notify_text_always(struct scene *scene);
void notify_text_exact(struct scene *scene);
void notify_no_injection(struct scene *scene);
void notify_refused_final(struct scene *scene);
void notify_delayed_again(struct scene *scene);
void notify_wait_told(struct scene *scene);
void notify_unknown_suppressed(struct scene *scene);
void notify_one_receiver(struct scene *scene);
void notify_no_secrets(struct scene *scene);
void notify_path(struct scene *scene);
void notify_provoke(struct scene *scene);

#endif
