/*
 * peer.c: the other end of every connection that the plugin makes: HTTP goes to conform.lua's
 * peer(), mail to its smtp() or, without one, to a server that takes everything.
 *
 * Faults are the host's: an answer that is lost after the peer has acted, a peer that cannot be
 * reached, one that says 503. They are set for the thread, because a provider's function runs on
 * the thread of the scenario; so eight scenarios do not disturb each other.
 */
#include "host/host.h"

#include <poll.h>
#include "web/client.h"
#include "web/client_mail.h"

static _Thread_local enum peer_fault fault;
static _Thread_local const char *reply_next;
static _Thread_local int calls;

/* ---- mode slow ---- */

static _Atomic int slow_wanted, slow_seen, slow_done;
static _Thread_local int slow_here;

void peer_slow_at(int number)
{
    atomic_store(&slow_wanted, number);
    atomic_store(&slow_seen, 0);
    atomic_store(&slow_done, 0);
}

int peer_slow_done(void)
{
    return atomic_load(&slow_done);
}

int peer_slow_take(void)
{
    int was = slow_here;
    slow_here = 0;
    return was;
}

static int is_slow(void)
{
    int number = atomic_load(&slow_wanted);
    if (!number || atomic_fetch_add(&slow_seen, 1) + 1 != number)
        return 0;
    slow_here = 1;
    atomic_store(&slow_done, 1);
    return 1;
}

/* The answer is on its way for as long as the caller may wait, as client.c reckons it. */
static int outlast(int64_t timeout, int64_t deadline, int64_t otherwise, struct err *err)
{
    int64_t until = clock_mono() + (timeout > 0 ? timeout : otherwise);
    if (deadline && deadline < until)
        until = deadline;
    while (clock_mono() < until)
        poll(NULL, 0, (int)((until - clock_mono()) / CLOCK_MS) + 1);
    return err_set(err, SOUK_TIMEOUT, "host peer: no answer in time");
}

/* No time is left: client.c does not begin. */
static int is_over(int64_t deadline)
{
    return deadline && clock_mono() >= deadline;
}

#define MAILS_MOST 64
static _Thread_local struct mail mails[MAILS_MOST];
static _Thread_local size_t mail_count;
static _Thread_local struct arena mail_arena;

void peer_fault(enum peer_fault which)
{
    fault = which;
}

void peer_reply(const char *reply)
{
    reply_next = reply;
}

static _Thread_local char said[32 << 10];
static _Thread_local size_t said_len;
static _Thread_local int said_kept; /* somebody wants to know */

static void note_said(struct souk_str text)
{
    size_t room = sizeof said - said_len, len = text.len < room ? text.len : room;
    if (len)
        memcpy(said + said_len, text.ptr, len);
    said_len += len;
}

struct souk_str peer_said(void)
{
    return str_make(said, said_len);
}

void peer_said_clear(void)
{
    said_kept = 1;
    said_len = 0;
}

int peer_calls(void)
{
    return calls;
}

size_t peer_mails(const struct mail **list)
{
    *list = mails;
    return mail_count;
}

void peer_mails_clear(void)
{
    mail_count = 0;
    arena_free(&mail_arena);
}

/* "down" or "timeout" in place of an answer, by the script or by the host. */
static int is_silent(struct souk_str word, struct err *err)
{
    if (souk_str_is(word, "timeout"))
        return err_set(err, SOUK_TIMEOUT, "host peer: no answer in time");
    if (souk_str_is(word, "down"))
        return err_set(err, SOUK_UNAVAILABLE, "host peer: connection refused");
    return SOUK_OK;
}

/* ---- HTTP ---- */

static struct json *request_value(struct arena *arena, const struct client_request *request)
{
    struct json *args = json_new(arena, JSON_ARRAY);
    struct json *value = json_add(arena, args, NULL, JSON_OBJECT);
    struct souk_str rest = request->url;
    ptrdiff_t scheme = 0;
    json_add_cstr(arena, value, "method", request->method ? request->method : "GET");
    json_add_str(arena, value, "url", request->url);
    for (size_t i = 0; i + 2 < rest.len && !scheme; i++)
        if (memcmp(rest.ptr + i, "://", 3) == 0)
            scheme = (ptrdiff_t)i + 3;
    rest = str_from(rest, (size_t)scheme);
    ptrdiff_t slash = str_find(rest, '/');
    struct souk_str path = slash < 0 ? souk_str("/") : str_from(rest, (size_t)slash);
    ptrdiff_t mark = str_find(path, '?');
    json_add_str(arena, value, "host", slash < 0 ? rest : str_make(rest.ptr, (size_t)slash));
    json_add_str(arena, value, "path", mark < 0 ? path : str_make(path.ptr, (size_t)mark));
    json_add_str(arena, value, "query", mark < 0 ? souk_str("") : str_from(path, (size_t)mark + 1));
    json_add_str(arena, value, "body", request->body.ptr ? request->body : souk_str(""));
    json_add_bool(arena, value, "decline", fault == PEER_DECLINES);
    struct json *headers = json_add(arena, value, "headers", JSON_OBJECT);
    for (size_t i = 0; i < request->header_count; i++) {
        char *name = arena_cstr(arena, request->headers[i].name);
        for (char *c = name; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        json_add_str(arena, headers, name, request->headers[i].value);
    }
    return args;
}

static void take_answer(struct arena *arena, const struct json *answer,
                        struct client_response *response)
{
    const struct json *headers = json_at(answer, "headers"), *body = json_at(answer, "body");
    response->status = (int)json_int(json_at(answer, "status"), 200);
    response->headers =
        arena_array(arena, struct client_header, (headers ? headers->count : 0) + 1);
    json_each(header, headers) response->headers[response->header_count++] =
        (struct client_header){header->key, json_text(&header->value)};
    response->body = json_text(body);
    if (body && body->kind != JSON_STRING && body->kind != JSON_NULL) { /* a table: as JSON */
        struct buf out = {.arena = arena};
        json_print(&out, body);
        response->body = buf_str(&out);
    }
    if (!response->body.ptr)
        response->body = souk_str("");
}

static int answer_http(struct arena *arena, const struct client_request *request,
                       struct client_response *response, struct err *err)
{
    struct json *answer = NULL;
    struct script *script = world_now->script;
    *response = (struct client_response){0};
    if (is_over(request->deadline))
        return is_silent(souk_str("timeout"), err);
    calls++;
    if (said_kept) {
        note_said(request->url);
        for (size_t i = 0; i < request->header_count; i++)
            note_said(request->headers[i].value);
        note_said(request->body);
    }
    int slow = is_slow();
    if (fault == PEER_DOWN)
        return is_silent(souk_str("down"), err);
    if (fault == PEER_BROKEN) {
        response->status = 503;
        response->body = souk_str("{\"error\": \"try again later\"}");
        return SOUK_OK;
    }
    if (fault == PEER_BUSY) {
        response->status = 429;
        response->headers = arena_new(arena, struct client_header);
        response->headers[response->header_count++] =
            (struct client_header){souk_str("Retry-After"), arena_printf(arena, "%d", PEER_WAIT)};
        response->body = souk_str("{\"error\": \"too many requests\"}");
        return SOUK_OK;
    }
    if (!script_has(script, "peer"))
        return err_set(err, SOUK_UNAVAILABLE, "there is no peer: conform.lua has no peer()");
    int code = script_call(script, arena, "peer", request_value(arena, request), &answer, err);
    if (code != SOUK_OK) {
        dprintf(world_now->log_fd, "level=error event=host.script text=\"%s\"\n", err->text);
        return err_set(err, SOUK_UNAVAILABLE, "%s", err->text);
    }
    if ((code = is_silent(json_text(answer), err)) != SOUK_OK)
        return code;
    if (slow)
        return outlast(request->timeout, request->deadline, 10 * CLOCK_SECOND, err);
    if (fault == PEER_LOST)
        return is_silent(souk_str("timeout"), err);
    take_answer(arena, answer, response);
    return SOUK_OK;
}

/* ---- mail ---- */

static int code_of(const char *reply)
{
    return reply[0] >= '2' && reply[0] <= '5' && strlen(reply) >= 3
               ? (reply[0] - '0') * 100 + (reply[1] - '0') * 10 + (reply[2] - '0')
               : 0;
}

static struct json *session_value(struct arena *arena, const struct client_mail *mail)
{
    struct json *args = json_new(arena, JSON_ARRAY);
    struct json *value = json_add(arena, args, NULL, JSON_OBJECT);
    json_add_str(arena, value, "host", mail->host);
    json_add_int(arena, value, "port", mail->port);
    json_add_int(arena, value, "tls", (int)mail->tls);
    json_add_str(arena, value, "user", mail->user);
    json_add_str(arena, value, "password", mail->password);
    json_add_str(arena, value, "sender", mail->sender);
    json_add_str(arena, value, "recipient", mail->recipient);
    json_add_str(arena, value, "data", mail->data);
    json_add_bool(arena, value, "decline", fault == PEER_DECLINES);
    return args;
}

/* The reply that the host or the script wants: "550 5.1.1 …", "timeout", "down". */
static const char *reply_of(struct arena *arena, const struct client_mail *mail)
{
    struct json *answer = NULL;
    struct err err = {0};
    if (fault == PEER_DOWN)
        return "down";
    if (fault == PEER_BROKEN || fault == PEER_BUSY)
        return "451 4.3.0 try again later";
    if (reply_next)
        return reply_next;
    if (!script_has(world_now->script, "smtp"))
        return fault == PEER_DECLINES ? "550 5.7.1 not wanted here" : "250 2.0.0 queued";
    if (script_call(world_now->script, arena, "smtp", session_value(arena, mail), &answer, &err) !=
        SOUK_OK) {
        dprintf(world_now->log_fd, "level=error event=host.script text=\"%s\"\n", err.text);
        return "down";
    }
    if (answer->kind == JSON_STRING)
        return arena_cstr(arena, answer->text);
    return arena_printf(arena, "%lld %.*s", (long long)json_int(json_at(answer, "code"), 250),
                        SOUK_PRI(json_text(json_at(answer, "text"))))
        .ptr;
}

static void keep_mail(const struct client_mail *mail, int taken)
{
    if (mail_count == MAILS_MOST)
        return;
    mails[mail_count++] = (struct mail){.sender = arena_str(&mail_arena, mail->sender),
                                        .recipient = arena_str(&mail_arena, mail->recipient),
                                        .data = arena_str(&mail_arena, mail->data),
                                        .taken = taken};
}

static int answer_mail(struct arena *arena, const struct client_mail *mail,
                       struct client_mail_reply *reply, struct err *err)
{
    *reply = (struct client_mail_reply){0};
    if (is_over(mail->deadline))
        return is_silent(souk_str("timeout"), err);
    calls++;
    int slow = is_slow();
    const char *words = reply_of(arena, mail);
    int code = is_silent(souk_str(words), err);
    int number = code_of(words);
    keep_mail(mail, number >= 200 && number < 300);
    if (code != SOUK_OK)
        return code;
    if (slow)
        return outlast(mail->timeout, mail->deadline, 30 * CLOCK_SECOND, err);
    if (fault == PEER_LOST)
        return is_silent(souk_str("timeout"), err);
    reply->code = number;
    reply->text = str_from(souk_str(words), strlen(words) > 4 ? 4 : strlen(words));
    return SOUK_OK;
}

void peer_use(struct world *world)
{
    world_now = world;
    client_peer_use(answer_http);
    client_mail_peer_use(answer_mail);
}
