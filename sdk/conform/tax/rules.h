/*
 * rules: the functions of the tax suite, one a rule; the sentences are in suite.c.
 */
#ifndef CONFORM_TAX_RULES_H
#define CONFORM_TAX_RULES_H

#include "host/levy.h"

void tax_rates_bounded(struct scene *scene);
void tax_rates_steady(struct scene *scene);
void tax_rates_offline(struct scene *scene);
void tax_rates_dated(struct scene *scene);
void tax_unknown_place(struct scene *scene);
void tax_home_taxed(struct scene *scene);
void tax_number_form(struct scene *scene);
void tax_number_unknown(struct scene *scene);
void tax_number_invalid(struct scene *scene);
void tax_number_remembered(struct scene *scene);
void tax_no_secrets(struct scene *scene);
void tax_path(struct scene *scene);
void tax_provoke(struct scene *scene);

#endif
