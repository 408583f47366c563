/*
 * post_mail.c: reads a mail as a receiver's program does: RFC 5322 headers, encoded words,
 * multipart bodies, quoted-printable and base64. It expects UTF-8, and takes what is wrong as it
 * stands: then the text differs from what was sent, and that is the finding.
 */
#include "host/post.h"

#include <sodium.h>

#include "base/buf.h"

#define DEPTH_MOST 6

static struct souk_str sub(struct souk_str text, size_t from, size_t to)
{
    return str_make(text.ptr + from, to - from);
}

/* Lines end with "\n" alone from here on. */
static struct souk_str plain_lines(struct arena *arena, struct souk_str text)
{
    char *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (!(text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n'))
            to[len++] = text.ptr[i];
    to[len] = '\0';
    return str_make(to, len);
}

static void split(struct arena *arena, struct souk_str mail, struct souk_str *head,
                  struct souk_str *body)
{
    const char *gap = memmem(mail.ptr, mail.len, "\n\n", 2);
    size_t end = gap ? (size_t)(gap - mail.ptr) : mail.len;
    char *to = arena_alloc(arena, end + 2);
    size_t len = 0;
    *body = gap ? str_from(mail, end + 2) : souk_str("");
    for (size_t i = 0; i < end; i++) { /* unfolded: the break goes, the blank stays */
        int folded = mail.ptr[i] == '\n' && i + 1 < end &&
                     (mail.ptr[i + 1] == ' ' || mail.ptr[i + 1] == '\t');
        if (!folded)
            to[len++] = mail.ptr[i];
    }
    *head = str_make(to, len);
}

static struct souk_str raw_header(struct souk_str head, const char *name)
{
    struct souk_str line;
    while (str_split(&head, '\n', &line)) {
        ptrdiff_t colon = str_find(line, ':');
        if (colon > 0 && str_equal_nocase(sub(line, 0, (size_t)colon), souk_str(name)))
            return str_trim(str_from(line, (size_t)colon + 1));
    }
    return souk_str("");
}

/* ---- encodings ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static struct souk_str from_quoted(struct arena *arena, struct souk_str text, int in_word)
{
    char *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '=' && i + 1 < text.len && text.ptr[i + 1] == '\n') {
            i++;
        } else if (c == '=' && i + 2 < text.len && digit(text.ptr[i + 1]) >= 0 &&
                   digit(text.ptr[i + 2]) >= 0) {
            to[len++] = (char)(digit(text.ptr[i + 1]) * 16 + digit(text.ptr[i + 2]));
            i += 2;
        } else {
            to[len++] = in_word && c == '_' ? ' ' : c;
        }
    }
    return str_make(to, len);
}

static struct souk_str from_base64(struct arena *arena, struct souk_str text)
{
    size_t len = 0;
    unsigned char *to = arena_alloc(arena, text.len + 1);
    sodium_base642bin(to, text.len + 1, text.ptr, text.len, "\r\n \t", &len, NULL,
                      sodium_base64_VARIANT_ORIGINAL);
    return str_make((const char *)to, len);
}

/* "=?UTF-8?Q?…?=" at the start of `text`: its length, or 0. */
static size_t take_word(struct arena *arena, struct souk_str text, struct buf *out)
{
    struct souk_str rest = text, charset, how, word;
    if (!str_starts(text, "=?"))
        return 0;
    rest = str_from(rest, 2);
    const char *before = rest.ptr;
    if (!str_split(&rest, '?', &charset) || !str_split(&rest, '?', &how))
        return 0;
    const char *end = memmem(rest.ptr, rest.len, "?=", 2);
    if (!end || how.len != 1 || memchr(before, ' ', (size_t)(end - before)))
        return 0;
    word = str_make(rest.ptr, (size_t)(end - rest.ptr));
    word = how.ptr[0] == 'B' || how.ptr[0] == 'b' ? from_base64(arena, word)
                                                  : from_quoted(arena, word, 1);
    buf_add(out, word.ptr, word.len);
    return (size_t)(end + 2 - text.ptr);
}

struct souk_str post_header(struct arena *arena, struct souk_str head, const char *name)
{
    struct souk_str text = raw_header(head, name);
    struct buf out = {.arena = arena};
    int after_word = 0;
    while (text.len) {
        size_t blanks = 0;
        while (after_word && blanks < text.len &&
               (text.ptr[blanks] == ' ' || text.ptr[blanks] == '\t'))
            blanks++;
        size_t taken = take_word(arena, str_from(text, blanks), &out);
        after_word = taken > 0;
        if (taken) { /* blanks between two encoded words are none */
            text = str_from(text, blanks + taken);
            continue;
        }
        buf_add(&out, text.ptr, 1);
        text = str_from(text, 1);
    }
    return out.len ? buf_str(&out) : souk_str("");
}

/* ---- bodies ---- */

static struct souk_str boundary_of(struct arena *arena, struct souk_str type)
{
    const char *at = memmem(type.ptr, type.len, "boundary=", 9);
    if (!at)
        return souk_str("");
    struct souk_str rest = str_from(type, (size_t)(at - type.ptr) + 9);
    struct souk_str word;
    if (rest.len && rest.ptr[0] == '"')
        rest = str_from(rest, 1), str_split(&rest, '"', &word);
    else
        str_split(&rest, ';', &word);
    return arena_printf(arena, "\n--%.*s", SOUK_PRI(str_trim(word)));
}

static void take_part(struct arena *arena, struct souk_str mail, struct post_got *got, int depth);

static void take_parts(struct arena *arena, struct souk_str type, struct souk_str body,
                       struct post_got *got, int depth)
{
    struct souk_str mark = boundary_of(arena, type);
    struct souk_str rest = arena_printf(arena, "\n%.*s", SOUK_PRI(body));
    const char *at = mark.len ? memmem(rest.ptr, rest.len, mark.ptr, mark.len) : NULL;
    while (at) {
        rest = str_from(rest, (size_t)(at - rest.ptr) + mark.len);
        if (str_starts(rest, "--"))
            return;
        rest = str_from(rest, 1); /* the line's end */
        at = memmem(rest.ptr, rest.len, mark.ptr, mark.len);
        if (at)
            take_part(arena, sub(rest, 0, (size_t)(at - rest.ptr)), got, depth + 1);
    }
}

static void take_part(struct arena *arena, struct souk_str mail, struct post_got *got, int depth)
{
    struct souk_str head, body;
    split(arena, mail, &head, &body);
    struct souk_str type = raw_header(head, "Content-Type");
    struct souk_str how = raw_header(head, "Content-Transfer-Encoding");
    if (depth < DEPTH_MOST && str_starts(type, "multipart/")) {
        take_parts(arena, type, body, got, depth);
        return;
    }
    if (str_equal_nocase(how, souk_str("base64")))
        body = plain_lines(arena, from_base64(arena, body));
    else if (str_equal_nocase(how, souk_str("quoted-printable")))
        body = from_quoted(arena, body, 0);
    if (str_starts(type, "text/html"))
        got->html = body;
    else if (!type.len || str_starts(type, "text/plain"))
        got->text = body;
}

void post_take_apart(struct arena *arena, struct souk_str mail, struct post_got *got)
{
    struct souk_str body;
    mail = plain_lines(arena, mail);
    split(arena, mail, &got->head, &body);
    got->subject = post_header(arena, got->head, "Subject");
    got->id = raw_header(got->head, "Message-ID");
    got->text = got->html = souk_str("");
    got->is_mail = 1;
    take_part(arena, mail, got, 0);
}
