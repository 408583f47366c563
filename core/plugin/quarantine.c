/*
 * quarantine.c: the journal of faults and what follows from it.
 *
 * The idea: a fault is one line, appended with one write, so that the supervisor needs
 * no database and no memory to keep it, and an admin can read it with the eyes. What is
 * true now is folded from the lines: each fault counts, the third within ten minutes
 * quarantines, a line "cleared" starts from nothing.
 *
 *     at=2026-11-27T00:00:00.000000Z plugin=hello kind=crash signal=SIGSEGV where="GET
 * /x/hello" file="hello.so+0x11f0"
 *
 * Invariants: a line is at most 512 bytes; text from a dead process is cut and cleaned
 * before it is written.
 *
 * Threads: any; appends of several processes do not mix (O_APPEND). A journal that grew
 * over 4 MiB is read from its last 4 MiB. Who restarts what is the supervisor's affair.
 */
#include "plugin/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"

#define LINE_MOST    512
#define JOURNAL_MOST ((off_t)4 << 20)

struct folded { /* a record with the times that decide */
    struct fault_record record;
    int64_t times[QUARANTINE_FAULTS];
    int kept;
};

/* ---- writing ---- */

/* A fixed field of shared memory as quoted text: whatever a dying process left in it.
 */
static void quote(char *to, size_t size, const char *from, size_t from_size)
{
    size_t len = 0, most = strnlen(from, from_size);
    to[len++] = '"';
    for (size_t i = 0; i < most && len + 3 < size; i++) {
        char c = from[i];
        if ((unsigned char)c < ' ' || (unsigned char)c == 0x7F)
            c = '?';
        if (c == '"' || c == '\\')
            to[len++] = '\\';
        to[len++] = c;
    }
    to[len++] = '"';
    to[len] = '\0';
}

static int append(const char *dir, const char *line, size_t len, struct err *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/faults", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, SOUK_ERROR, "cannot open %s: %s", path, strerror(errno));
    ssize_t put = write(fd, line, len);
    int saved = errno;
    fdatasync(fd);
    close(fd);
    return put == (ssize_t)len
               ? 0
               : err_set(err, SOUK_ERROR, "cannot write %s: %s", path, strerror(saved));
}

static const char *const kinds[] = {
    [BOARD_NONE] = "", [BOARD_CRASH] = "crash", [BOARD_HANG] = "hang", [BOARD_EXIT] = "exit"};

int quarantine_add(const char *dir, const struct board_fault *fault, struct err *err)
{
    char at[32], plugin[104], where[200], file[200], line[LINE_MOST], sign[16] = "";
    int32_t kind = fault->kind;
    if (kind <= BOARD_NONE || kind > BOARD_EXIT)
        return err_set(err, SOUK_INVALID, "the fault has no kind");
    clock_format(fault->at, 1, at);
    quote(plugin, sizeof(plugin), fault->plugin, sizeof(fault->plugin));
    quote(where, sizeof(where), fault->where, sizeof(fault->where));
    quote(file, sizeof(file), fault->file, sizeof(fault->file));
    if (fault->signal > 0) {
        const char *name = sigabbrev_np(fault->signal);
        snprintf(sign, sizeof(sign), name ? "SIG%.8s" : "SIG?", name);
    }
    int len = snprintf(line, sizeof(line), "at=%s plugin=%s kind=%s signal=%s where=%s file=%s\n",
                       at, plugin, kinds[kind], sign, where, file);
    if (len < 0 || (size_t)len >= sizeof(line)) {
        len = snprintf(line, sizeof(line), "at=%s plugin=%s kind=%s signal=%s\n", at, plugin,
                       kinds[kind], sign);
    }
    return append(dir, line, (size_t)len, err);
}

int quarantine_clear(const char *dir, const char *plugin, int64_t now, struct err *err)
{
    char at[32], name[104], line[LINE_MOST];
    clock_format(now, 1, at);
    quote(name, sizeof(name), plugin, strlen(plugin) + 1);
    int len = snprintf(line, sizeof(line), "at=%s plugin=%s kind=cleared\n", at, name);
    return append(dir, line, (size_t)len, err);
}

/* ---- reading ---- */

struct line { /* the fields of one line, as read */
    int64_t at;
    int has_plugin;
    char plugin[48], kind[16], signal[16], where[96], file[96];
};

/* The value after '=': plain up to a space, or quoted. 0 when a quote does not end. */
static int take_value(struct souk_str *rest, char *to, size_t size)
{
    size_t i = 0, len = 0;
    int quoted = rest->len > 0 && rest->ptr[0] == '"';
    for (i = quoted ? 1 : 0; i < rest->len; i++) {
        char c = rest->ptr[i];
        if (quoted ? c == '"' : c == ' ')
            break;
        if (quoted && c == '\\' && i + 1 < rest->len)
            c = rest->ptr[++i];
        if (len + 1 < size)
            to[len++] = c;
    }
    to[len] = '\0';
    if (quoted && i == rest->len)
        return 0;
    *rest = str_from(*rest, quoted ? i + 1 : i);
    return 1;
}

static int take_field(struct souk_str *rest, struct line *line)
{
    char value[128];
    *rest = str_trim(*rest);
    ptrdiff_t equals = str_find(*rest, '=');
    if (equals < 0)
        return 0;
    struct souk_str key = str_make(rest->ptr, (size_t)equals);
    *rest = str_from(*rest, (size_t)equals + 1);
    if (!take_value(rest, value, sizeof(value)))
        return 0;
    struct souk_str text = souk_str(value);
    if (souk_str_is(key, "at")) {
        return clock_parse(text, &line->at) == 0;
    } else if (souk_str_is(key, "plugin")) {
        line->has_plugin = 1;
        str_copy(line->plugin, sizeof(line->plugin), text);
    } else if (souk_str_is(key, "kind")) {
        str_copy(line->kind, sizeof(line->kind), text);
    } else if (souk_str_is(key, "signal")) {
        str_copy(line->signal, sizeof(line->signal), text);
    } else if (souk_str_is(key, "where")) {
        str_copy(line->where, sizeof(line->where), text);
    } else if (souk_str_is(key, "file")) {
        str_copy(line->file, sizeof(line->file), text);
    }
    return 1;
}

static int read_line(struct souk_str text, struct line *line)
{
    memset(line, 0, sizeof(*line));
    struct souk_str rest = str_trim(text);
    while (rest.len > 0) {
        if (!take_field(&rest, line))
            return 0;
        rest = str_trim(rest);
    }
    return line->at > 0 && line->has_plugin && line->kind[0];
}

static struct folded *find_or_add(struct fault_record **list, struct arena *arena,
                                  const char *plugin)
{
    struct fault_record **end = list;
    for (; *end; end = &(*end)->next)
        if (strcmp((*end)->plugin, plugin) == 0)
            return (struct folded *)*end;
    struct folded *folded = arena_new(arena, struct folded);
    str_copy(folded->record.plugin, sizeof(folded->record.plugin), souk_str(plugin));
    *end = &folded->record;
    return folded;
}

static void fold(struct folded *folded, const struct line *line)
{
    struct fault_record *record = &folded->record;
    if (strcmp(line->kind, "cleared") == 0) {
        record->faults = 0;
        record->quarantined_at = 0;
        folded->kept = 0;
        return;
    }
    record->faults++;
    record->at = line->at;
    str_copy(record->kind, sizeof(record->kind), souk_str(line->kind));
    str_copy(record->where, sizeof(record->where), souk_str(line->where));
    str_copy(record->signal, sizeof(record->signal), souk_str(line->signal));
    str_copy(record->file, sizeof(record->file), souk_str(line->file));
    if (folded->kept == QUARANTINE_FAULTS) {
        memmove(folded->times, folded->times + 1, sizeof(folded->times) - sizeof(folded->times[0]));
        folded->kept--;
    }
    folded->times[folded->kept++] = line->at;
    /* the core itself cannot be left out: its record only counts */
    if (folded->kept == QUARANTINE_FAULTS && !record->quarantined_at && record->plugin[0] &&
        line->at - folded->times[0] <= QUARANTINE_WINDOW)
        record->quarantined_at = line->at;
}

static struct souk_str read_journal(const char *dir, struct arena *arena)
{
    char path[PATH_MAX];
    struct stat info;
    snprintf(path, sizeof(path), "%s/faults", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        if (fd >= 0)
            close(fd);
        return STR_NULL;
    }
    off_t from = info.st_size > JOURNAL_MOST ? info.st_size - JOURNAL_MOST : 0;
    size_t size = (size_t)(info.st_size - from), done = 0;
    char *bytes = arena_alloc(arena, size + 1);
    while (done < size) {
        ssize_t got = pread(fd, bytes + done, size - done, from + (off_t)done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    close(fd);
    return str_make(bytes, done);
}

struct fault_record *quarantine_read(const char *dir, struct arena *arena)
{
    struct fault_record *list = NULL;
    struct souk_str rest = read_journal(dir, arena), text;
    while (str_split(&rest, '\n', &text)) {
        struct line line;
        if (text.len <= LINE_MOST && read_line(text, &line))
            fold(find_or_add(&list, arena, line.plugin), &line);
    }
    return list;
}

const struct fault_record *quarantine_find(const struct fault_record *list, const char *plugin)
{
    for (; list; list = list->next)
        if (strcmp(list->plugin, plugin) == 0)
            return list;
    return NULL;
}
