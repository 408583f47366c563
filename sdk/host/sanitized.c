/*
 * sanitized.c: what a sanitizer has written while a rule was tried.
 *
 * The idea: a report is on standard error, which belongs to the host, so it would never be seen.
 * Its first lines become the finding, whatever else came out: memory that was read where it may not
 * be is wrong also when the answer was right. Lines of the log are left out: a report has its own
 * form.
 *
 * Nothing here knows whose fault it is: the frames say so.
 */
#include "host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/str.h"

#define LINES 6 /* the head, what was done, and the first frames */

static int has(struct souk_str line, const char *words)
{
    return memmem(line.ptr, line.len, words, strlen(words)) != NULL;
}

static int is_head(struct souk_str line)
{
    if (has(line, " event="))
        return 0;
    return has(line, "ERROR: AddressSanitizer") || has(line, "WARNING: ThreadSanitizer") ||
           has(line, "FATAL: ThreadSanitizer") || has(line, "ERROR: LeakSanitizer") ||
           has(line, ": runtime error: ");
}

/* "==1234==ERROR: " says nothing to anybody. */
static struct souk_str bare(struct souk_str line)
{
    static const char *const starts[] = {"ERROR: ", "WARNING: ", "FATAL: "};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const char *at = memmem(line.ptr, line.len, starts[i], strlen(starts[i]));
        if (at && line.ptr[0] == '=')
            return str_trim(str_from(line, (size_t)(at - line.ptr) + strlen(starts[i])));
    }
    return str_trim(line);
}

static void take_lines(struct souk_str rest, struct souk_str first, struct outcome *outcome)
{
    struct souk_str line = first;
    size_t len = 0;
    int lines = 0;
    outcome->verdict = RULE_NO;
    do {
        struct souk_str part = bare(line);
        if (part.len == 0 || part.ptr[0] == '=' || has(part, " event="))
            continue;
        int put = snprintf(outcome->words + len, sizeof outcome->words - len, "%s%.*s",
                           lines ? "; " : "", SOUK_PRI(part));
        len += put > 0 ? (size_t)put : 0;
        lines++;
    } while (lines < LINES && len < sizeof outcome->words && str_split(&rest, '\n', &line));
}

void sanitized_read(int log, struct outcome *outcome)
{
    struct stat info;
    struct souk_str line;
    if (log < 0 || fstat(log, &info) != 0 || info.st_size == 0)
        return;
    size_t size = (size_t)info.st_size;
    char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, log, 0);
    if (text == MAP_FAILED)
        return;
    struct souk_str rest = {text, size};
    while (str_split(&rest, '\n', &line))
        if (is_head(line)) {
            take_lines(rest, line, outcome);
            break;
        }
    munmap(text, size);
}
