/*
 * stage.c: maps a plugin's file safely.
 *
 * The idea: the admin's file may be overwritten at any time, and a mapped file that is
 * overwritten kills the process. So its bytes are read once, checked and hashed as
 * read, written to a private copy under a name that was never used before, and the copy
 * is mapped. The loader gives the same handle for the same file, which would mean old
 * code after a reload; a new file each time avoids that, and an entry address that was
 * seen before is refused in case it did not.
 *
 * Invariants: nothing is ever dlclose'd, so pointers into a mapping stay good until the
 * process ends; that also keeps the unlinked copy's inode in use, so its number cannot
 * come back for another copy. With SOUK_KEEP_COPIES=1 in the environment the copy is not
 * unlinked: a debugger and a sanitizer find its symbols by its name.
 *
 * Threads: any; the loader has its own lock, the table of entries has ours.
 * Constructors of the object run in dlopen: the caller marks the board. Nothing here
 * decides whether the descriptor is any good.
 */
#include "plugin/stage.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/disk.h"
#include "base/str.h"
#include "base/vec.h"
#include "plugin/elf_check.h"

#define FILE_MOST ((off_t)256 << 20)

static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static VEC(const void *) seen; /* entries of all generations */
static uint64_t copies;        /* makes each copy's name a new one */

/* ---- reading the admin's file ---- */

static int check_folder(const char *file, struct err *err)
{
    char folder[PATH_MAX];
    struct stat info;
    snprintf(folder, sizeof(folder), "%s", file);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    else
        snprintf(folder, sizeof(folder), ".");
    if (stat(folder, &info) != 0)
        return err_set(err, SOUK_ERROR, "cannot look at its folder: %s", strerror(errno));
    if (info.st_mode & S_IWOTH) {
        return err_set(err, SOUK_DENIED,
                       "its folder can be written by anybody; run chmod o-w %s, or move the "
                       "plugin",
                       folder);
    }
    return 0;
}

static int check_file(int fd, const char *file, struct stat *info, struct err *err)
{
    if (fstat(fd, info) != 0)
        return err_set(err, SOUK_ERROR, "cannot be looked at: %s", strerror(errno));
    if (!S_ISREG(info->st_mode))
        return err_set(err, SOUK_INVALID, "is not a regular file");
    if (info->st_mode & S_IWOTH)
        return err_set(err, SOUK_DENIED, "can be written by anybody; run chmod o-w %s", file);
    if (info->st_size == 0 || info->st_size > FILE_MOST) {
        return err_set(err, SOUK_INVALID, "has %lld bytes; a plugin has 1 byte to 256 MiB",
                       (long long)info->st_size);
    }
    return check_folder(file, err);
}

static int read_whole(int fd, char *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, to + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return SOUK_ERROR;
        done += (size_t)got;
    }
    return 0;
}

/* On success the bytes are the caller's to free. */
static int read_source(const char *file, struct souk_str *bytes, struct err *err)
{
    struct stat info;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return err_set(err, errno == ENOENT ? SOUK_NOT_FOUND : SOUK_DENIED, "cannot be opened: %s",
                       strerror(errno));
    }
    int code = check_file(fd, file, &info, err);
    if (code == 0) {
        char *to = mem_alloc((size_t)info.st_size);
        *bytes = str_make(to, (size_t)info.st_size);
        code = read_whole(fd, to, bytes->len);
        if (code) {
            err_set(err, code, "cannot be read whole; was it being copied? try again");
            free(to);
        }
    }
    close(fd);
    return code;
}

/* ---- the private copy ---- */

static int make_folder(const char *run_dir, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s", run_dir);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set(err, SOUK_ERROR, "cannot make the folder %s: %s", path, strerror(errno));
    return 0;
}

static int write_copy(const char *copy, struct souk_str bytes, struct err *err)
{
    int fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500);
    int whole = fd >= 0 && disk_write(fd, bytes) == 0;
    int saved = errno;
    if (fd >= 0 && close(fd) == 0 && whole)
        return 0;
    unlink(copy);
    return err_set(err, SOUK_ERROR, "cannot write the private copy %s: %s", copy, strerror(saved));
}

int stage_keeps(void)
{
    const char *keep = getenv("SOUK_KEEP_COPIES");
    return keep && strcmp(keep, "1") == 0;
}

static void hash_bytes(struct souk_str bytes, char hash[17])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)bytes.ptr, bytes.len);
    for (size_t i = 0; i < 8; i++)
        snprintf(hash + i * 2, 3, "%02x", digest[i]);
}

/* ---- sanitizers ---- */

static const struct sanitizer {
    const char *library, *symbol; /* what the library defines once it is loaded */
    const char *option;           /* of SANITIZE= */
} sanitizers[] = {
    {"libasan.so", "__asan_init", "address"},       {"libtsan.so", "__tsan_init", "thread"},
    {"libhwasan.so", "__hwasan_init", "hwaddress"}, {"libclang_rt.asan", "__asan_init", "address"},
    {"libclang_rt.tsan", "__tsan_init", "thread"},
};

static int say_sanitizer(const char *needs, const char *option, struct err *err)
{
    return err_set(err, SOUK_CONFLICT,
                   "is built with SANITIZE=%s and needs %s, which has to be there from the start "
                   "of the process: build souk and souk-host with the same (make SANITIZE=%s), or "
                   "start them with LD_PRELOAD=\"$(gcc -print-file-name=lib%s.so)\"",
                   option, needs, option, option[0] == 't' ? "tsan" : "asan");
}

/* The runtimes of sanitizers end a process that they join later, or cannot be loaded; UBSan's is
 * the one that can. */
static int check_sanitizers(struct souk_str bytes, struct err *err)
{
    for (size_t i = 0; i < sizeof(sanitizers) / sizeof(*sanitizers); i++)
        if (elf_needs(bytes, sanitizers[i].library) && !dlsym(RTLD_DEFAULT, sanitizers[i].symbol))
            return say_sanitizer(sanitizers[i].library, sanitizers[i].option, err);
    return 0;
}

/* ---- mapping ---- */

/* The loader's words without the name of our copy, and what to do about the common
 * ones. */
static int say_loader(const char *copy, struct err *err)
{
    const char *text = dlerror();
    text = text ? text : "unknown reason";
    size_t len = strlen(copy);
    if (strncmp(text, copy, len) == 0 && strncmp(text + len, ": ", 2) == 0)
        text += len + 2;
    const char *step = "";
    if (strstr(text, "undefined symbol: __asan_")) /* clang's: without the library's name */
        return say_sanitizer("libasan.so", "address", err);
    if (strstr(text, "undefined symbol: __tsan_"))
        return say_sanitizer("libtsan.so", "thread", err);
    if (strstr(text, "undefined symbol")) {
        step = "; link it with the library that has it, and with -Wl,-z,defs to see this "
               "when it is built";
    } else if (strstr(text, "cannot open shared object")) {
        step = "; install the package with that library";
    } else if (strstr(text, "failed to map segment")) {
        step = "; is the data directory mounted noexec?";
    }
    return err_set(err, SOUK_ERROR, "cannot be loaded: %s%s", text, step);
}

struct range { /* what find_range looks for, and finds */
    uintptr_t inside;
    uintptr_t start, end;
};

static int find_range(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct range *range = arg;
    uintptr_t start = UINTPTR_MAX, end = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD) {
            uintptr_t from = info->dlpi_addr + part->p_vaddr;
            start = from < start ? from : start;
            end = from + part->p_memsz > end ? from + part->p_memsz : end;
        }
    }
    if (range->inside < start || range->inside >= end)
        return 0;
    range->start = start;
    range->end = end;
    return 1;
}

static int check_new(const void *entry, struct err *err)
{
    int old = 0;
    pthread_mutex_lock(&seen_lock);
    for (size_t i = 0; i < seen.len; i++)
        old |= seen.at[i] == entry;
    if (!old)
        vec_push(&seen, entry);
    pthread_mutex_unlock(&seen_lock);
    return old ? err_set(err, SOUK_CONFLICT,
                         "the loader gave back code that is loaded already; restart souk to "
                         "get the new file")
               : 0;
}

static int map_copy(const char *copy, struct staged *out, struct err *err)
{
    void *handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return say_loader(copy, err);
    out->raw = dlsym(handle, "souk_plugin");
    if (!out->raw) {
        return err_set(err, SOUK_INVALID,
                       "exports no souk_plugin; put SOUK_PLUGIN = { SOUK_ABI, … }; in exactly "
                       "one of its files");
    }
    struct range range = {.inside = (uintptr_t)out->raw};
    dl_iterate_phdr(find_range, &range);
    out->start = (const void *)range.start;
    out->len = range.end - range.start;
    if (range.end - range.inside < offsetof(struct souk_plugin, relations)) {
        return err_set(err, SOUK_INVALID,
                       "exports a souk_plugin that is no descriptor; define it with "
                       "SOUK_PLUGIN");
    }
    return check_new(out->raw, err);
}

/* A name in its string tables that ends the process past every handler; "quick_exit" ends in one of
 * them too. */
static int can_leave(struct souk_str bytes)
{
    return memmem(bytes.ptr, bytes.len, "_exit", sizeof("_exit")) ||
           memmem(bytes.ptr, bytes.len, "_Exit", sizeof("_Exit"));
}

static int stage_bytes(struct souk_str bytes, const char *name, const char *run_dir,
                       struct staged *out, struct err *err)
{
    char copy[PATH_MAX];
    int code = elf_check(bytes, err);
    if (code == 0)
        code = check_sanitizers(bytes, err);
    if (code == 0)
        code = make_folder(run_dir, err);
    if (code)
        return code;
    hash_bytes(bytes, out->hash);
    out->may_leave = can_leave(bytes);
    pthread_mutex_lock(&seen_lock);
    uint64_t number = ++copies;
    pthread_mutex_unlock(&seen_lock);
    int len = snprintf(copy, sizeof(copy), "%s/%s-%s-%llu.so", run_dir, name, out->hash,
                       (unsigned long long)number);
    if (len < 0 || (size_t)len >= sizeof(copy))
        return err_set(err, SOUK_TOO_LARGE, "the data directory's path is too long");
    unlink(copy); /* of a process that died here with the same number */
    code = write_copy(copy, bytes, err);
    if (code == 0) {
        code = map_copy(copy, out, err);
        if (code || !stage_keeps())
            unlink(copy);
    }
    return code;
}

int stage_open(const char *file, const char *name, const char *run_dir, struct staged *out,
               struct err *err)
{
    struct souk_str bytes = STR_NULL;
    memset(out, 0, sizeof(*out));
    str_copy(out->source, sizeof(out->source), souk_str(file));
    int code = read_source(file, &bytes, err);
    if (code == 0) {
        code = stage_bytes(bytes, name, run_dir, out, err);
        free((char *)bytes.ptr);
    }
    if (code)
        err_in(err, "plugin \"%s\" (%s)", name, file);
    return code;
}
