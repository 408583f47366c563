/*
 * control: how a command reaches its shop. A running one listens on <data>/souk.sock and knows by
 * the peer's credentials that the caller is the same user (or root). A stopped one is its files,
 * which db_open locks.
 */
#include "app/cli/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "web/client.h"

#define CALL_LIMIT (10 * CLOCK_MINUTE)
#define BODY_LIMIT (64u << 20)

struct souk_str control_path(struct arena *arena, const char *const *pieces)
{
    struct buf out = {.arena = arena};
    buf_add_cstr(&out, "/api/v1/admin");
    for (int i = 0; pieces[i]; i++) {
        buf_add_char(&out, '/');
        buf_add_encoded(&out, souk_str(pieces[i]));
    }
    return buf_str(&out);
}

/* The socket's path may be longer than a sockaddr takes: go through a descriptor of its folder. */
static int socket_path(const char *data, char *path, size_t size, int *dir)
{
    *dir = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*dir < 0 || faccessat(*dir, "souk.sock", F_OK, 0) != 0)
        return SOUK_UNAVAILABLE;
    snprintf(path, size, "/proc/self/fd/%d/souk.sock", *dir);
    return SOUK_OK;
}

static int read_answer(struct arena *arena, const struct client_response *response,
                       const struct json **answer, struct err *err)
{
    struct json *body = NULL;
    struct err ignored = {0};
    if (response->body.len)
        json_parse(arena, response->body, &body, &ignored);
    if (response->status >= 200 && response->status < 300) {
        *answer = body;
        return SOUK_OK;
    }
    struct souk_str detail = json_text(json_at(body, "detail"));
    int code = response->status == 404   ? SOUK_NOT_FOUND
               : response->status == 409 ? SOUK_CONFLICT
                                         : SOUK_ERROR;
    if (detail.len)
        return err_set(err, code, "%.*s", SOUK_PRI(detail));
    return err_set(err, code, "the shop answered %d; its log says more", response->status);
}

int control_call(struct arena *arena, const char *data, const char *method, struct souk_str path,
                 const struct json *body, const struct json **answer, struct err *err)
{
    char socket[64];
    int dir = -1;
    struct buf text = {.arena = arena};
    struct client_response response = {0};
    struct client_header header = {souk_str("Content-Type"), souk_str("application/json")};
    if (socket_path(data, socket, sizeof socket, &dir) != SOUK_OK) {
        if (dir >= 0)
            close(dir);
        return err_set(err, SOUK_UNAVAILABLE,
                       "no shop is running on %s; start it with: souk serve --data %s", data, data);
    }
    if (body)
        json_print(&text, body);
    struct client_request request = {
        .method = method,
        .url = arena_printf(arena, "http://localhost%.*s", SOUK_PRI(path)),
        .body = buf_str(&text),
        .headers = &header,
        .header_count = body ? 1 : 0,
        .timeout = CALL_LIMIT,
        .max_bytes = BODY_LIMIT,
        .unix_path = socket};
    int code = client_call(arena, &request, &response, err);
    close(dir);
    if (code == SOUK_UNAVAILABLE && response.was_connected)
        return err_set(err, SOUK_BUSY,
                       "the shop went down before it answered, and is started again; souk plugin "
                       "list --data %s says which plugin was at fault, the log (shop.died) where",
                       data);
    if (code == SOUK_UNAVAILABLE)
        return err_set(err, code, "no shop is running on %s; start it with: souk serve --data %s",
                       data, data);
    return code == SOUK_OK ? read_answer(arena, &response, answer, err) : code;
}

int control_open_stopped(const char *data, struct db **out, struct err *err)
{
    char path[4096];
    struct stat info;
    struct db_options options = {.dir = data};
    snprintf(path, sizeof path, "%s/souk.db", data);
    if (stat(path, &info) != 0 && errno != ENOENT && errno != ENOTDIR)
        return err_set(err, SOUK_DENIED, "%s cannot be read: %s; run this as the user that owns it",
                       path, strerror(errno));
    if (stat(path, &info) != 0)
        return err_set(err, SOUK_NOT_FOUND,
                       "%s holds no shop yet; start one with: souk serve --data %s", data, data);
    return db_open(out, &options, err);
}
