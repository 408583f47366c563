/*
 * multipart.c: RFC 7578 as browsers write it.
 *
 * The idea: the whole body is in memory (its size was limited while it came in), so
 * parsing is a walk from one boundary to the next with memmem, and every value is a
 * view. Strict: a boundary stands at the start of a line, every part has a name, the
 * closing boundary is there; whatever is odd makes the whole body invalid instead of
 * half read. A file name is text for people; directories in it are cut off here, so
 * that nobody takes it for a path.
 */
#include "web/multipart.h"

#include <string.h>
#include "base/str.h"
#include "base/utf8.h"
#include "web/form.h"

struct part {
    struct souk_str name, filename, type, bytes;
    int is_file;
};

static struct souk_str param_of(struct souk_str text, const char *wanted, int *found)
{
    struct souk_str value = souk_str("");
    size_t i = 0;
    *found = 0;
    while (i < text.len) {
        while (i < text.len && (text.ptr[i] == ';' || text.ptr[i] == ' ' || text.ptr[i] == '\t'))
            i++;
        size_t start = i;
        while (i < text.len && text.ptr[i] != '=' && text.ptr[i] != ';')
            i++;
        struct souk_str name = str_trim(str_make(text.ptr + start, i - start));
        if (i >= text.len || text.ptr[i] == ';')
            continue; /* a word without a value: form-data itself */
        i++;
        int quoted = i < text.len && text.ptr[i] == '"';
        start = i += (size_t)quoted;
        while (i < text.len && (quoted ? text.ptr[i] != '"' : text.ptr[i] != ';'))
            i++;
        if (!*found && str_equal_nocase(name, souk_str(wanted))) {
            value = str_make(text.ptr + start, i - start);
            *found = 1;
        }
        i += (size_t)(quoted && i < text.len);
    }
    return value;
}

struct souk_str multipart_boundary(struct souk_str content_type)
{
    static const char kind[] = "multipart/form-data";
    struct souk_str none = souk_str("");
    int found;
    if (content_type.len < sizeof(kind) ||
        !str_equal_nocase(str_make(content_type.ptr, sizeof(kind) - 1), souk_str(kind)))
        return none;
    char next = content_type.ptr[sizeof(kind) - 1];
    if (next != ';' && next != ' ' && next != '\t')
        return none;
    struct souk_str boundary =
        param_of(str_from(content_type, sizeof(kind) - 1), "boundary", &found);
    if (!found || boundary.len == 0 || boundary.len > 70)
        return none;
    for (size_t i = 0; i < boundary.len; i++) {
        unsigned char c = (unsigned char)boundary.ptr[i];
        if (c < 0x21 || c > 0x7e)
            return none;
    }
    return boundary;
}

static struct souk_str base_name(struct souk_str name)
{
    size_t start = 0;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] == '/' || name.ptr[i] == '\\')
            start = i + 1;
    return str_from(name, start);
}

static int clean(struct souk_str text)
{
    return (text.len == 0 || !memchr(text.ptr, '\0', text.len)) && utf8_valid(text);
}

static int read_head_line(struct souk_str line, struct part *part)
{
    ptrdiff_t colon = str_find(line, ':');
    int found;
    if (colon <= 0)
        return SOUK_INVALID;
    struct souk_str name = str_make(line.ptr, (size_t)colon);
    struct souk_str value = str_trim(str_from(line, (size_t)colon + 1));
    if (str_equal_nocase(name, souk_str("content-disposition"))) {
        if (value.len < 9 || !str_equal_nocase(str_make(value.ptr, 9), souk_str("form-data")))
            return SOUK_INVALID;
        part->name = param_of(str_from(value, 9), "name", &found);
        part->filename = base_name(param_of(str_from(value, 9), "filename", &part->is_file));
        return found && part->name.len && clean(part->name) && clean(part->filename) ? 0
                                                                                     : SOUK_INVALID;
    }
    if (str_equal_nocase(name, souk_str("content-type"))) {
        part->type = value;
        return clean(value) ? 0 : SOUK_INVALID;
    }
    return 0;
}

static int read_head(struct souk_str head, struct part *part)
{
    struct souk_str line;
    while (str_split(&head, '\n', &line)) {
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        int code = line.len ? read_head_line(line, part) : 0;
        if (code)
            return code;
    }
    return part->name.len ? 0 : SOUK_INVALID;
}

static int keep(struct arena *arena, const struct part *part, struct multipart *out)
{
    if (!part->is_file) {
        if (!clean(part->bytes))
            return SOUK_INVALID;
        header_list_add(arena, &out->fields, part->name, part->bytes);
        return 0;
    }
    if (part->filename.len == 0 && part->bytes.len == 0)
        return 0; /* a file field that was left empty */
    if (!out->uploads)
        out->uploads = arena_array(arena, struct upload, MULTIPART_PARTS);
    out->uploads[out->upload_count++] =
        (struct upload){part->name, part->filename, part->type, part->bytes};
    return 0;
}

/* The next "\r\n--boundary"; the first one may stand at the very start. */
static const char *find_line(struct souk_str body, size_t from, struct souk_str line)
{
    return from <= body.len ? memmem(body.ptr + from, body.len - from, line.ptr, line.len) : NULL;
}

static int parse_part(struct souk_str body, size_t at, struct souk_str line, struct part *part,
                      size_t *next)
{
    const char *head_end = memmem(body.ptr + at, body.len - at, "\r\n\r\n", 4);
    if (!head_end)
        return SOUK_INVALID;
    size_t head = (size_t)(head_end - body.ptr) - at;
    if (head > MULTIPART_HEAD)
        return SOUK_TOO_LARGE;
    size_t start = at + head + 4;
    /* From the CRLF that ends the head: an empty part's boundary shares it. */
    const char *end = find_line(body, start - 2, line);
    if (!end)
        return SOUK_INVALID;
    size_t stop = (size_t)(end - body.ptr);
    part->bytes = stop > start ? str_make(body.ptr + start, stop - start) : souk_str("");
    *next = stop + line.len;
    return read_head(str_make(body.ptr + at, head), part);
}

int multipart_parse(struct arena *arena, struct souk_str body, struct souk_str boundary,
                    struct multipart *out)
{
    char text[80];
    size_t length = boundary.len + 4;
    memcpy(text, "\r\n--", 4);
    memcpy(text + 4, boundary.ptr, boundary.len);
    struct souk_str line = str_make(text, length);
    size_t at = 0;
    memset(out, 0, sizeof(*out));
    if (body.len < length - 2 || memcmp(body.ptr, text + 2, length - 2) != 0)
        return SOUK_INVALID; /* browsers send no preamble */
    at = length - 2;
    for (int parts = 0;; parts++) {
        if (body.len - at >= 2 && memcmp(body.ptr + at, "--", 2) == 0)
            return 0;
        if (body.len - at < 2 || memcmp(body.ptr + at, "\r\n", 2) != 0)
            return SOUK_INVALID;
        if (parts == MULTIPART_PARTS)
            return SOUK_TOO_LARGE;
        struct part part = {0};
        size_t next = 0;
        int code = parse_part(body, at + 2, line, &part, &next);
        if (code == 0)
            code = keep(arena, &part, out);
        if (code)
            return code;
        at = next;
    }
}
