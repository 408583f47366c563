/*
 * play_body.c: what a step sends: the fields of a form, files with them as a browser uploads them
 * (multipart/form-data), JSON, or bytes as they are.
 */
#include "host/play.h"

static const char boundary[] = "----souk-host-9f1b7c2e-end-of-a-part";

static struct souk_str text_of(struct arena *arena, const struct json *value)
{
    struct buf plain = {.arena = arena};
    if (value->kind == JSON_STRING)
        return value->text;
    json_print(&plain, value);
    return buf_str(&plain);
}

static struct souk_str form_of(struct arena *arena, const struct json *fields)
{
    struct buf out = {.arena = arena};
    json_each(field, fields)
    {
        if (out.len)
            buf_add_char(&out, '&');
        buf_add_encoded(&out, field->key);
        buf_add_char(&out, '=');
        buf_add_encoded(&out, text_of(arena, &field->value));
    }
    return out.len ? buf_str(&out) : souk_str("");
}

/* A name in a part's head, as browsers write it: no quote and no line can end it. */
static void add_name(struct buf *out, struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '"' || c == '\r' || c == '\n')
            buf_printf(out, "%%%02X", (unsigned)c);
        else
            buf_add_char(out, c);
    }
}

static void begin_part(struct buf *out, struct souk_str field)
{
    buf_printf(out, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);
    add_name(out, field);
    buf_add_char(out, '"');
}

/* A file is { name = "cup.png", type = "image/png", body = bytes }, or its bytes alone. */
static int add_file(struct arena *arena, struct buf *out, const struct json_item *file,
                    struct err *err)
{
    const struct json *said = &file->value;
    struct souk_str name = json_text(json_at(said, "name")),
                    type = json_text(json_at(said, "type")),
                    bytes =
                        said->kind == JSON_STRING ? said->text : json_text(json_at(said, "body"));
    if (said->kind != JSON_STRING && said->kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID,
                       "files.%s is { name = …, type = …, body = … }, or the bytes alone",
                       arena_cstr(arena, file->key));
    json_each(member, said)
    {
        if (said->kind == JSON_OBJECT && !souk_str_is(member->key, "name") &&
            !souk_str_is(member->key, "type") && !souk_str_is(member->key, "body"))
            return err_set(err, SOUK_INVALID,
                           "files.%s has no member \"%s\"; there are name, type and body",
                           arena_cstr(arena, file->key), arena_cstr(arena, member->key));
    }
    begin_part(out, file->key);
    buf_add_cstr(out, "; filename=\"");
    add_name(out, name.len ? name : file->key);
    buf_printf(out, "\"\r\nContent-Type: %.*s\r\n\r\n",
               SOUK_PRI(type.len ? type : souk_str("application/octet-stream")));
    buf_add_str(out, bytes);
    buf_add_cstr(out, "\r\n");
    return SOUK_OK;
}

static int add_parts(struct arena *arena, const struct json *more, struct play_ask *ask,
                     struct err *err)
{
    struct buf out = {.arena = arena};
    int code = SOUK_OK;
    json_each(field, json_at(more, "form"))
    {
        begin_part(&out, field->key);
        buf_add_cstr(&out, "\r\n\r\n");
        buf_add_str(&out, text_of(arena, &field->value));
        buf_add_cstr(&out, "\r\n");
    }
    json_each(file, json_at(more, "files"))
    {
        if (code == SOUK_OK)
            code = add_file(arena, &out, file, err);
    }
    buf_printf(&out, "--%s--\r\n", boundary);
    ask->type = arena_printf(arena, "multipart/form-data; boundary=%s", boundary).ptr;
    ask->body = buf_str(&out);
    return code;
}

int play_body(struct arena *arena, const struct json *more, struct play_ask *ask, struct err *err)
{
    struct buf text = {.arena = arena};
    const struct json *tree = json_at(more, "json");
    ask->headers = json_at(more, "headers");
    if (json_at(more, "files"))
        return add_parts(arena, more, ask, err);
    if (json_at(more, "form")) {
        ask->type = "application/x-www-form-urlencoded";
        ask->body = form_of(arena, json_at(more, "form"));
    } else if (tree) {
        ask->type = "application/json";
        json_print(&text, tree);
        ask->body = buf_str(&text);
    } else {
        ask->body = json_text(json_at(more, "body"));
    }
    return SOUK_OK;
}
