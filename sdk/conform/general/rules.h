/*
 * rules: the functions of the general suite, one a rule; the sentences are in suite.c.
 */
#ifndef CONFORM_GENERAL_RULES_H
#define CONFORM_GENERAL_RULES_H

#include <elf.h>

#include "host/host.h"

/* elf.c: each dynamic symbol, and each library the plugin is linked with; NULL: not asked for. */
struct elf_reader {
    void (*symbol)(struct scene *scene, const Elf64_Sym *symbol, const char *name);
    void (*library)(struct scene *scene, const char *name);
};
void elf_read(struct scene *scene, const struct elf_reader *reader);

/* Everything that can be tried without knowing what the plugin is for: the ordinary way through
 * each of its providers, its pages and routes without parameters, its jobs. */
void general_tour(struct scene *scene);
void general_path(struct scene *scene);

void general_loads(struct scene *scene);
void general_abi(struct scene *scene);
void general_exports_one_symbol(struct scene *scene);
void general_options_described(struct scene *scene);
void general_surfaces_described(struct scene *scene);
void general_secrets_declared(struct scene *scene);
void general_no_forbidden_call(struct scene *scene);
void general_claims_minor(struct scene *scene);
void general_options_read(struct scene *scene);
void general_jobs_work(struct scene *scene);
void general_answers(struct scene *scene);
void general_names_known(struct scene *scene);
void general_no_thread_left(struct scene *scene);
void general_no_descriptor_left(struct scene *scene);
void general_no_signal_change(struct scene *scene);
void general_locale_kept(struct scene *scene);
void general_cwd_kept(struct scene *scene);
void general_no_output(struct scene *scene);
void general_text_utf8(struct scene *scene);
void general_error_has_words(struct scene *scene);
void general_stop_clean(struct scene *scene);

/* No rule: what a shop would say in English for want of a translation (spoken.c). */
void general_spoken(struct scene *scene);

#endif
