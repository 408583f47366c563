/*
 * rules: the functions of the feed suite, one a rule; the sentences are in suite.c.
 */
#ifndef CONFORM_FEED_RULES_H
#define CONFORM_FEED_RULES_H

#include "conform/feed/document.h"
#include "host/feed.h"

/* By the provider's type. */
enum document_kind feed_kind(const struct scene *scene);

void feed_well_formed(struct scene *scene);
void feed_items_once(struct scene *scene);
void feed_price_exact(struct scene *scene);
void feed_hostile(struct scene *scene);
void feed_limits_kept(struct scene *scene);
void feed_rejected_words(struct scene *scene);
void feed_empty(struct scene *scene);
void feed_steady(struct scene *scene);
void feed_one_pass(struct scene *scene);
void feed_writes_nothing(struct scene *scene);
void feed_settings_checked(struct scene *scene);
void feed_path(struct scene *scene);
void feed_provoke(struct scene *scene);

#endif
