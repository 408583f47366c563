/*
 * config_values: checks of the core's own values that an option's type cannot make.
 */
#ifndef APP_CONFIG_VALUES_H
#define APP_CONFIG_VALUES_H

#include "app/config.h"

/* Looks at the checked sections; adds problems. */
void config_values_check(const struct config *config, struct problems *problems);
/* 1 when the text is an address (v4, v6), or a network with /BITS. */
int config_values_network(struct souk_str text);

#endif
