/*
 * elf_check: whether the bytes of a file are a shared object that souk is willing to
 * map: for this machine, without an executable stack and without text relocations.
 * Looks at bytes only; hostile ones are refused, never followed.
 */
#ifndef PLUGIN_ELF_CHECK_H
#define PLUGIN_ELF_CHECK_H

#include "base/err.h"

/* SOUK_INVALID with words (without the file's name) and the next step. */
int elf_check(struct souk_str bytes, struct err *err);
/* 1: it is linked with a library whose file name begins so. Of bytes that were checked. */
int elf_needs(struct souk_str bytes, const char *library);

#endif
