/*
 * chunk_lines.c: finds the lines on which top-level assignments begin.
 *
 * The idea: cut the source into tokens just well enough to know comments, strings and
 * brackets, and note each name outside of brackets that a single "=" follows. Locals
 * and loop variables are noted as well, which does no harm: only names that were really
 * assigned are ever looked up.
 *
 * It takes any bytes, right or wrong Lua, and always ends; what is wrong with the text
 * is Lua's to say. Pure functions; chunk_lines_find is also called in the forked child
 * and so touches no memory of its own.
 */
#include "script/chunk_lines.h"

#include "base/str.h"
#include "base/vec.h"

enum token { TOKEN_END, TOKEN_NAME, TOKEN_ASSIGN, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_DOT, TOKEN_OTHER };

struct scan {
    const char *at;
    const char *end;
    int line;
};

static int is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* One byte forward; a line ends with \n, \r or both, as in Lua. */
static void step(struct scan *scan)
{
    char c = *scan->at++;
    if (c != '\n' && c != '\r')
        return;
    scan->line++;
    if (scan->at < scan->end && (*scan->at == '\n' || *scan->at == '\r') && *scan->at != c)
        scan->at++;
}

/* "[", any number of "=", "[": skips to behind the matching end and returns 1; else
 * moves nothing and returns 0. */
static int skip_long(struct scan *scan)
{
    const char *p = scan->at + 1;
    while (p < scan->end && *p == '=')
        p++;
    if (p >= scan->end || *p != '[')
        return 0;
    ptrdiff_t level = p - scan->at - 1;
    scan->at = p + 1;
    while (scan->at < scan->end) {
        if (*scan->at != ']') {
            step(scan);
            continue;
        }
        p = ++scan->at;
        while (p < scan->end && *p == '=')
            p++;
        if (p < scan->end && *p == ']' && p - scan->at == level) {
            scan->at = p + 1;
            return 1;
        }
    }
    return 1;
}

static void skip_comment(struct scan *scan)
{
    scan->at += 2;
    if (scan->at < scan->end && *scan->at == '[' && skip_long(scan))
        return;
    while (scan->at < scan->end && *scan->at != '\n' && *scan->at != '\r')
        scan->at++;
}

/* A quoted string; an unfinished one ends with its line. "\z" swallows the white space
 * behind it, lines too. */
static void skip_quoted(struct scan *scan)
{
    char quote = *scan->at++;
    while (scan->at < scan->end && *scan->at != quote) {
        if (*scan->at == '\n' || *scan->at == '\r')
            return;
        if (*scan->at++ != '\\' || scan->at >= scan->end)
            continue;
        int swallow = *scan->at == 'z';
        step(scan);
        while (swallow && scan->at < scan->end && strchr(" \t\r\n\v\f", *scan->at) && *scan->at)
            step(scan);
    }
    if (scan->at < scan->end)
        scan->at++;
}

static enum token punctuation(struct scan *scan)
{
    char c = *scan->at;
    int pair = scan->at + 1 < scan->end && scan->at[1] == '=';
    if (c == '"' || c == '\'') {
        skip_quoted(scan);
        return TOKEN_OTHER;
    }
    if (c == '[' && skip_long(scan))
        return TOKEN_OTHER;
    scan->at++;
    switch (c) {
    case '{':
    case '(':
    case '[': return TOKEN_OPEN;
    case '}':
    case ')':
    case ']': return TOKEN_CLOSE;
    case '.':
    case ':': return TOKEN_DOT;
    case '=': scan->at += pair; return pair ? TOKEN_OTHER : TOKEN_ASSIGN;
    case '<':
    case '>':
    case '~': scan->at += pair; return TOKEN_OTHER;
    default: return TOKEN_OTHER;
    }
}

static enum token next_token(struct scan *scan, struct souk_str *text)
{
    while (scan->at < scan->end) {
        char c = *scan->at;
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            step(scan);
        } else if (c == '-' && scan->at + 1 < scan->end && scan->at[1] == '-') {
            skip_comment(scan);
        } else if (is_name(c)) {
            const char *start = scan->at;
            while (scan->at < scan->end && is_name(*scan->at))
                scan->at++;
            *text = str_make(start, (size_t)(scan->at - start));
            return c >= '0' && c <= '9' ? TOKEN_OTHER : TOKEN_NAME;
        } else {
            return punctuation(scan);
        }
    }
    return TOKEN_END;
}

size_t chunk_lines_scan(struct arena *arena, struct souk_str source, struct chunk_line **out)
{
    struct scan scan = {source.ptr, source.ptr + source.len, 1};
    VEC(struct chunk_line) found = {0};
    struct chunk_line candidate = {0};
    enum token before = TOKEN_OTHER;
    int depth = 0, ready = 0; /* ready: the last token was a name that could be assigned */
    for (;;) {
        struct souk_str text = STR_NULL;
        enum token token = next_token(&scan, &text);
        if (token == TOKEN_END)
            break;
        if (token == TOKEN_ASSIGN && ready)
            vec_push(&found, candidate);
        depth += token == TOKEN_OPEN;
        depth -= token == TOKEN_CLOSE && depth > 0;
        ready = token == TOKEN_NAME && depth == 0 && before != TOKEN_DOT;
        if (ready)
            candidate = (struct chunk_line){text, scan.line};
        before = token;
    }
    size_t count = found.len;
    *out = arena_array(arena, struct chunk_line, count + 1);
    if (count)
        memcpy(*out, found.at, count * sizeof(**out));
    vec_free(&found);
    return count;
}

/* A frame is an open bracket: its keys begin at `start`. */
struct frame {
    size_t start;
    int table;
};

int chunk_lines_twice(struct souk_str source, struct chunk_line *first, struct chunk_line *again)
{
    struct scan scan = {source.ptr, source.ptr + source.len, 1};
    VEC(struct chunk_line) keys = {0};
    VEC(struct frame) frames = {0};
    struct chunk_line candidate = {0};
    int found = 0, key = 0, fresh = 0; /* fresh: behind "{", "," or ";"; key: a name that was */
    for (enum token token; !found;) {
        struct souk_str text = STR_NULL;
        if ((token = next_token(&scan, &text)) == TOKEN_END)
            break;
        char c = scan.at[-1];
        size_t start = frames.len ? frames.at[frames.len - 1].start : 0;
        if (token == TOKEN_ASSIGN && key && frames.len && frames.at[frames.len - 1].table) {
            for (size_t i = start; i < keys.len && !found; i++)
                if ((found = souk_str_equal(keys.at[i].name, candidate.name)))
                    *first = keys.at[i];
            *again = candidate;
            vec_push(&keys, candidate);
        } else if (token == TOKEN_OPEN) {
            vec_push(&frames, ((struct frame){keys.len, c == '{'}));
        } else if (token == TOKEN_CLOSE && frames.len) {
            keys.len = start;
            frames.len--;
        }
        key = token == TOKEN_NAME && fresh;
        candidate = (struct chunk_line){text, scan.line};
        fresh =
            (token == TOKEN_OPEN && c == '{') || (token == TOKEN_OTHER && (c == ',' || c == ';'));
    }
    vec_free(&keys);
    vec_free(&frames);
    return found;
}

int chunk_lines_find(const struct chunk_line *lines, size_t count, struct souk_str name, int at)
{
    int line = at;
    for (size_t i = 0; i < count && lines[i].line <= at; i++)
        if (souk_str_equal(lines[i].name, name))
            line = lines[i].line;
    return line;
}
