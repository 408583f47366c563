/*
 * census.c: what the process holds, and who left it behind.
 *
 * The idea: counting is too dear for every call (a walk over /proc/self/fd), so it is
 * done only while somebody watches: the shop turns it on when its own numbers grow for
 * no reason. Then each call into a plugin is compared before and after, and what grew
 * is added to the plugin's sum; shrinking is not subtracted, because memory that
 * another thread freed would hide a leak.
 *
 * Threads: any. Frames of nested calls are per thread; sums have one lock.
 */
#include "plugin/census.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/map.h"
#include "base/arena.h"

#define FRAMES 16

struct frame { /* what was there when the call began */
    int64_t bytes, descriptors;
    int64_t inner_bytes, inner_descriptors; /* what calls inside it left */
};

struct sum {
    char *plugin;
    int64_t bytes, descriptors;
};

_Atomic int census_is_watching;
static _Thread_local struct frame frames[FRAMES];
static _Thread_local int depth;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map sums;

/* ---- the whole process ---- */

static int count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;
    struct dirent *entry;
    if (!dir)
        return -1;
    while ((entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

int census_threads(void)
{
    return count_entries("/proc/self/task");
}

int census_descriptors(void)
{
    int count = count_entries("/proc/self/fd");
    return count > 0 ? count - 1 : count; /* without the one that counted */
}

/* Pages of mapped files are the kernel's to take back: a database that is read whole would look
 * like a leak, once for each thread that reads it. */
int64_t census_resident(void)
{
    char text[128];
    long long size, resident, shared;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    if (sscanf(text, "%lld %lld %lld", &size, &resident, &shared) != 3)
        return -1;
    return (resident - shared) * sysconf(_SC_PAGESIZE);
}

/* ---- calls ---- */

void census_watch(int on)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; on && i < sums.used; i++) {
        struct sum *sum = sums.entries[i].value;
        sum->bytes = sum->descriptors = 0;
    }
    pthread_mutex_unlock(&lock);
    atomic_store(&census_is_watching, on != 0);
}

static int64_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return (int64_t)info.uordblks + (int64_t)info.hblkhd;
}

void census_enter(void)
{
    if (depth < FRAMES)
        frames[depth] = (struct frame){heap_bytes(), census_descriptors(), 0, 0};
    depth++;
}

static void add_to_sum(const char *plugin, int64_t bytes, int64_t descriptors)
{
    pthread_mutex_lock(&lock);
    struct sum *sum = map_get(&sums, souk_str(plugin));
    if (!sum) {
        sum = mem_zalloc(sizeof(*sum));
        sum->plugin = mem_strdup(plugin);
        map_put(&sums, souk_str(sum->plugin), sum);
    }
    sum->bytes += bytes;
    sum->descriptors += descriptors;
    pthread_mutex_unlock(&lock);
}

static int64_t above_zero(int64_t n)
{
    return n > 0 ? n : 0;
}

void census_leave(const char *plugin)
{
    if (depth == 0 || --depth >= FRAMES)
        return; /* watching began inside the call, or it is nested too deep */
    struct frame *frame = &frames[depth];
    int64_t bytes = heap_bytes() - frame->bytes;
    int64_t descriptors = census_descriptors() - frame->descriptors;
    if (depth > 0) {
        frames[depth - 1].inner_bytes += bytes;
        frames[depth - 1].inner_descriptors += descriptors;
    }
    bytes = above_zero(bytes - frame->inner_bytes);
    descriptors = above_zero(descriptors - frame->inner_descriptors);
    if (bytes || descriptors)
        add_to_sum(plugin, bytes, descriptors);
}

int census_top(const char **plugin, int64_t *bytes, int64_t *descriptors)
{
    const struct sum *top = NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < sums.used; i++) {
        const struct sum *sum = sums.entries[i].value;
        /* a descriptor is worth 64 KiB here: there are far fewer of them to lose */
        if (!top || sum->bytes + sum->descriptors * 65536 > top->bytes + top->descriptors * 65536)
            top = sum;
    }
    int found = top && (top->bytes > 0 || top->descriptors > 0);
    if (found) {
        *plugin = top->plugin;
        *bytes = top->bytes;
        *descriptors = top->descriptors;
    }
    pthread_mutex_unlock(&lock);
    return found;
}
