/*
 * slip.c: what the shop's log says of a call that failed while a rule was tried.
 *
 * The idea: a visitor is told "something went wrong" and gets a 500; why stands in the log, which
 * here belongs to the host and would never be seen. So a finding ends with the words of the last
 * call that failed by the plugin's own doing. What failed because somebody was away is what rules
 * do on purpose, and is not said.
 */
#include "host/host.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "base/str.h"

static const char *after(struct souk_str line, const char *words)
{
    const char *at = memmem(line.ptr, line.len, words, strlen(words));
    return at ? at + strlen(words) : NULL;
}

static int is_slip(struct souk_str line)
{
    static const char *const away[] = {" code=unavailable", " code=timeout", " code=busy",
                                       " code=\"took too long"};
    if (!after(line, "event=call.failed") || !after(line, "level=error"))
        return 0;
    for (size_t i = 0; i < sizeof away / sizeof *away; i++)
        if (after(line, away[i]))
            return 0;
    return 1;
}

/* As it was said: the log has it in quotes. */
static void take_text(struct souk_str line, char *to, size_t size)
{
    const char *from = after(line, " text=\""), *end = line.ptr + line.len;
    size_t len = 0;
    for (; from && from < end && *from != '"' && len + 1 < size; from++) {
        from += *from == '\\' && from + 1 < end;
        to[len++] = *from;
    }
    to[len] = '\0';
}

void slip_read(int log, struct outcome *outcome)
{
    char text[HOST_TEXT / 2] = "";
    struct stat info;
    struct souk_str line;
    if (outcome->verdict != RULE_NO || log < 0 || fstat(log, &info) != 0 || info.st_size == 0)
        return;
    size_t size = (size_t)info.st_size, len = strlen(outcome->words);
    char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, log, 0);
    if (bytes == MAP_FAILED)
        return;
    struct souk_str rest = {bytes, size};
    while (str_split(&rest, '\n', &line))
        if (is_slip(line))
            take_text(line, text, sizeof text);
    munmap(bytes, size);
    if (text[0] && !strstr(outcome->words, text))
        snprintf(outcome->words + len, sizeof outcome->words - len, "%sin the log: %s",
                 len ? "; " : "", text);
}
