/*
 * The ABI: version, change log, and the macros that describe a plugin.
 *
 * A plugin is one shared object that links against nothing of souk's and exports one symbol,
 * `souk_plugin`: a constant descriptor (souk/plugin.h). It reaches the core through `souk_api`, a
 * hidden pointer of its own that the core sets before `init` runs; the headers' inline functions go
 * through it.
 *
 * Promise: structs and tables only grow at the end, and begin with (or are accompanied by) their
 * size. A plugin is accepted when its major equals the core's and its minor is not newer.
 *
 * Change log
 *   0.1  first public surface (major 0: may still change)
 *   0.2  catalogue, price, cart, person, content, locale, time, crypto and file tables;
 *        order: list, step; event: record, recent; notify: send; value: set_html;
 *        souk_message_result: wait; the kinds tax, track and feed; the views v1_…
 */
#ifndef SOUK_ABI_H
#define SOUK_ABI_H

#include <souk/types.h>

#define SOUK_MAGIC     UINT32_C(0x6b756f73) /* "souk" */
#define SOUK_ABI_MAJOR 0
#define SOUK_ABI_MINOR 2

/* printf's checks for a function whose format is argument `at`. */
#define SOUK_FORMAT(at) __attribute__((format(printf, at, at + 1)))

#define SOUK_EXPORT __attribute__((visibility("default")))
#define SOUK_HIDDEN __attribute__((visibility("hidden")))

/* A table in the descriptor: any array of one of the structs of souk/plugin.h. */
struct souk_table {
    const void *items;
    uint32_t count;
    uint32_t stride; /* sizeof one item as the plugin was compiled */
};

#define SOUK_TABLE(array)                                                                          \
    {                                                                                              \
        (array), (uint32_t)(sizeof(array) / sizeof(*(array))), (uint32_t)sizeof(*(array))          \
    }

/* Puts a file's bytes into the plugin: SOUK_EMBED(page, "templates/page.html"); then
 * SOUK_FILE("templates/page.html", page) in the files table. The path is relative to the plugin's
 * folder. */
#define SOUK_EMBED(symbol, path)                                                                   \
    __asm__(".pushsection .rodata\n.balign 16\n.hidden souk_file_" #symbol                         \
            "\n.global souk_file_" #symbol "\nsouk_file_" #symbol ":\n.incbin \"" path             \
            "\"\n.hidden souk_file_" #symbol "_end\n.global souk_file_" #symbol                    \
            "_end\nsouk_file_" #symbol "_end:\n.byte 0\n.popsection\n");                           \
    extern SOUK_HIDDEN const char souk_file_##symbol[];                                            \
    extern SOUK_HIDDEN const char souk_file_##symbol##_end[]

/* 1 when the running core has this function of a sub-table: SOUK_HAS(db, exec). For plugins that
 * claim an older minor than the one they were written with, and do without. */
#define SOUK_HAS(area, function)                                                                   \
    (souk_api->size >= offsetof(struct souk_api, area) + sizeof(void *) && souk_api->area &&       \
     souk_api->area->size >= offsetof(struct souk_##area##_api, function) + sizeof(void *))

#endif
