/*
 * mapping.c: the table of loaded libraries that the fault handler looks addresses up
 * in.
 *
 * The idea: nothing of the dynamic loader may be called in a signal handler, so that
 * ranges and names are copied here when a library comes: the core's own once, a
 * plugin's when it is loaded. Libraries are never unloaded while the process lives,
 * hence entries only come; the count is stored after the entry and readers need no
 * lock.
 *
 * Memory that may be broken is read through the kernel, which answers with an error
 * instead of a second fault. Does not resolve symbols: addr2line does, from file and
 * offset.
 */
#include "base/mapping.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/board.h"
#include "base/str.h"

#define MAPS_MOST 512
#define SCAN_SIZE ((size_t)32768) /* of the stack, searched for a caller inside a plugin */

static struct mapping maps[MAPS_MOST];
static _Atomic uint32_t maps_used;
static pthread_mutex_t maps_lock = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(16) char scan_room[4096];

static void add_map(uint32_t plugin, uintptr_t start, size_t len, uintptr_t base, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *file = slash ? slash + 1 : path;
    pthread_mutex_lock(&maps_lock);
    uint32_t used = atomic_load(&maps_used);
    if (used < MAPS_MOST) {
        struct mapping *map = &maps[used];
        map->start = start;
        map->end = start + len;
        map->base = base;
        map->plugin = plugin;
        str_copy(map->file, sizeof(map->file), souk_str(file));
        atomic_store(&maps_used, used + 1);
    }
    pthread_mutex_unlock(&maps_lock);
}

void mapping_add(uint32_t plugin, const void *start, size_t len, const char *name)
{
    Dl_info info = {0};
    int known = dladdr(start, &info) != 0 && info.dli_fname;
    add_map(plugin, (uintptr_t)start, len, known ? (uintptr_t)info.dli_fbase : (uintptr_t)start,
            known ? info.dli_fname : name);
}

static int add_object(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    uintptr_t start = UINTPTR_MAX, end = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD) {
            uintptr_t from = info->dlpi_addr + part->p_vaddr;
            start = from < start ? from : start;
            end = from + part->p_memsz > end ? from + part->p_memsz : end;
        }
    }
    if (start < end) {
        const char *path =
            info->dlpi_name && info->dlpi_name[0] ? info->dlpi_name : program_invocation_name;
        add_map(BOARD_CORE, start, end - start, info->dlpi_addr, path);
    }
    return 0;
}

/* Plugins first: one that was loaded before the handler was set stands in the table
 * twice. */
const struct mapping *mapping_find(uintptr_t address)
{
    const struct mapping *core = NULL;
    uint32_t used = atomic_load(&maps_used);
    for (uint32_t i = 0; i < used; i++) {
        if (address >= maps[i].start && address < maps[i].end) {
            if (maps[i].plugin != BOARD_CORE)
                return &maps[i];
            core = core ? core : &maps[i];
        }
    }
    return core;
}

/* A return address stands behind a call; other words that point into code (function
 * pointers, saved registers) mostly do not. Judged on x86-64 only. */
static int follows_call(uintptr_t word)
{
#if defined(__x86_64__)
    static const size_t lengths[] = {2, 3, 6, 7}; /* call through register or memory */
    unsigned char code[7];
    if (!mapping_read(code, (const void *)(word - sizeof(code)), sizeof(code)))
        return 0;
    if (code[sizeof(code) - 5] == 0xE8)
        return 1;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        const unsigned char *call = code + sizeof(code) - lengths[i];
        if (call[0] == 0xFF && (call[1] >> 3 & 7) == 2)
            return 1;
    }
    return 0;
#else
    return word != 0;
#endif
}

uintptr_t mapping_caller(uintptr_t stack, uint32_t plugin)
{
    uintptr_t at = stack & ~(uintptr_t)(sizeof(uintptr_t) - 1);
    uintptr_t stop = at + SCAN_SIZE;
    while (at && at < stop) {
        uintptr_t next = (at & ~(uintptr_t)(sizeof(scan_room) - 1)) + sizeof(scan_room);
        size_t len = next - at;
        if (mapping_read(scan_room, (const void *)at, len)) {
            for (size_t i = 0; i + sizeof(uintptr_t) <= len; i += sizeof(uintptr_t)) {
                uintptr_t word;
                memcpy(&word, scan_room + i, sizeof(word));
                const struct mapping *map = mapping_find(word);
                if (map && map->plugin && (!plugin || map->plugin == plugin) && follows_call(word))
                    return word;
            }
        }
        at = next;
    }
    return 0;
}

void mapping_add_loaded(void)
{
    dl_iterate_phdr(add_object, NULL);
}

/* Copies memory of ours that may not be there. 0 when it is not. Safe in a signal
 * handler. */
int mapping_read(void *to, const void *from, size_t len)
{
    struct iovec here = {to, len}, there = {(void *)(uintptr_t)from, len};
    long got = syscall(SYS_process_vm_readv, (long)getpid(), &here, 1L, &there, 1L, 0L);
    if (got >= 0)
        return (size_t)got == len;
    if (errno != EPERM && errno != ENOSYS)
        return 0;
    memcpy(to, from, len); /* a sandbox forbids the call: all that is left is to trust */
    return 1;
}
