/*
 * play_loop.c: the one place where the player waits: for the shop's answer, for a process, for the
 * database to change; and while it waits, it serves whatever else has something to say.
 */
#include "host/play.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define SOURCES_MOST 64
#define TURN_MS      100 /* a look at the clock at least */
#define STEP_LIMIT   (60 * CLOCK_SECOND)

struct play_http {
    CURLM *multi;
    CURL *visitor, *other;   /* the visitor's keeps its cookies */
    CURL *staff[PLAY_STAFF]; /* theirs too */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

void play_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int play_interrupted(void)
{
    return interrupted != 0;
}

void play_source_add(struct play *play, struct play_source *source)
{
    source->next = play->sources;
    play->sources = source;
}

void play_source_drop(struct play *play, struct play_source *source)
{
    struct play_source **at = &play->sources;
    while (*at && *at != source)
        at = &(*at)->next;
    if (*at)
        *at = source->next;
}

static struct play_http *http(struct play *play)
{
    if (!play->http) {
        play->http = mem_zalloc(sizeof *play->http);
        play->http->multi = curl_multi_init();
        play->http->visitor = curl_easy_init();
        play->http->other = curl_easy_init();
        curl_easy_setopt(play->http->visitor, CURLOPT_COOKIEFILE, ""); /* it keeps cookies */
    }
    return play->http;
}

static CURL *handle_of(struct play *play, const struct play_ask *ask)
{
    struct play_http *own = http(play);
    if (!ask->staff)
        return ask->as_visitor ? own->visitor : own->other;
    if (!own->staff[ask->staff]) {
        own->staff[ask->staff] = curl_easy_init();
        curl_easy_setopt(own->staff[ask->staff], CURLOPT_COOKIEFILE, "");
    }
    return own->staff[ask->staff];
}

/* A source may go while another one has its turn, so each is looked up again. */
static void serve(struct play *play, const struct curl_waitfd *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct play_source *source = play->sources;
        while (source && source->fd != fds[i].fd)
            source = source->next;
        if (source && fds[i].revents)
            source->turn(source->user);
    }
}

static void turn(struct play *play)
{
    struct curl_waitfd fds[SOURCES_MOST];
    size_t count = 0;
    int running = 0;
    for (struct play_source *at = play->sources; at && count < SOURCES_MOST; at = at->next)
        fds[count++] = (struct curl_waitfd){.fd = at->fd, .events = CURL_WAIT_POLLIN};
    curl_multi_perform(http(play)->multi, &running);
    curl_multi_poll(play->http->multi, fds, (unsigned)count, TURN_MS, NULL);
    serve(play, fds, count);
    curl_multi_perform(play->http->multi, &running);
}

int play_wait(struct play *play, int (*done)(void *user), void *user, int64_t limit)
{
    int64_t until = clock_mono() + limit;
    if (until > play->until)
        until = play->until;
    if (play->in_peer)
        return SOUK_WRONG_KIND;
    while (!done(user)) {
        if (interrupted)
            return SOUK_ERROR;
        if (clock_mono() > until)
            return SOUK_TIMEOUT;
        turn(play);
    }
    return SOUK_OK;
}

/* ---- requests to the shop ---- */

struct asking {
    struct play *play;
    struct play_answer *answer;
    struct buf body;
    CURL *handle;
    int is_over;
    CURLcode result;
};

static size_t on_body(char *bytes, size_t size, size_t count, void *user)
{
    struct asking *asking = user;
    buf_add(&asking->body, bytes, size * count);
    return size * count;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user)
{
    struct asking *asking = user;
    struct arena *arena = &asking->play->arena;
    struct souk_str line = str_trim(str_make(bytes, size * count));
    ptrdiff_t mark = str_find(line, ':');
    if (str_starts(line, "HTTP/")) /* a former one was "100 Continue" */
        asking->answer->headers = json_new(arena, JSON_OBJECT);
    else if (mark > 0) {
        char *name = arena_cstr(arena, str_make(line.ptr, (size_t)mark));
        for (char *c = name; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        json_add_str(arena, asking->answer->headers, name,
                     arena_str(arena, str_trim(str_from(line, (size_t)mark + 1))));
    }
    return size * count;
}

static int is_answered(void *user)
{
    struct asking *asking = user;
    CURLMsg *message;
    int left;
    while (!asking->is_over && (message = curl_multi_info_read(asking->play->http->multi, &left)))
        if (message->msg == CURLMSG_DONE && message->easy_handle == asking->handle) {
            asking->is_over = 1;
            asking->result = message->data.result;
        }
    return asking->is_over;
}

static struct curl_slist *make_headers(struct play *play, const struct play_ask *ask)
{
    struct arena *arena = &play->arena;
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    if (ask->type)
        list = curl_slist_append(list, arena_printf(arena, "Content-Type: %s", ask->type).ptr);
    if (ask->token)
        list = curl_slist_append(list,
                                 arena_printf(arena, "Authorization: Bearer %s", ask->token).ptr);
    else if ((ask->as_visitor || ask->staff) && strcmp(ask->method, "GET") != 0) /* as a browser on
                                                                   the shop's own page says */
        list = curl_slist_append(list, "Sec-Fetch-Site: same-origin");
    json_each(header, ask->headers) list =
        curl_slist_append(list, arena_printf(arena, "%.*s: %.*s", SOUK_PRI(header->key),
                                             SOUK_PRI(json_text(&header->value)))
                                    .ptr);
    return list;
}

static void set_up(struct asking *asking, const struct play_ask *ask, struct curl_slist *headers)
{
    CURL *handle = asking->handle;
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L); /* no body of the request before */
    curl_easy_setopt(handle, CURLOPT_URL, ask->url);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "Mozilla/5.0 (souk-host)");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, asking);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, asking);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(STEP_LIMIT / CLOCK_MS));
    if (ask->body.len || strcmp(ask->method, "GET") != 0) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)ask->body.len);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, ask->body.len ? ask->body.ptr : "");
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, ask->method);
}

int play_http(struct play *play, const struct play_ask *ask, struct play_answer *answer,
              struct err *err)
{
    struct asking asking = {.play = play, .answer = answer, .body = {.arena = &play->arena}};
    *answer = (struct play_answer){.headers = json_new(&play->arena, JSON_OBJECT)};
    asking.handle = handle_of(play, ask);
    struct curl_slist *headers = make_headers(play, ask);
    set_up(&asking, ask, headers);
    curl_multi_add_handle(play->http->multi, asking.handle);
    int code = play_wait(play, is_answered, &asking, STEP_LIMIT);
    curl_multi_remove_handle(play->http->multi, asking.handle);
    curl_slist_free_all(headers);
    if (code == SOUK_ERROR)
        return err_set(err, code, "interrupted");
    if (code != SOUK_OK || asking.result == CURLE_OPERATION_TIMEDOUT)
        return err_set(err, SOUK_TIMEOUT, "%s %s: no answer in time", ask->method, ask->url);
    if (asking.result != CURLE_OK)
        return err_set(err, SOUK_UNAVAILABLE, "%s %s: the shop does not answer: %s", ask->method,
                       ask->url, curl_easy_strerror(asking.result));
    long status = 0;
    curl_easy_getinfo(asking.handle, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    answer->body = asking.body.len ? buf_str(&asking.body) : souk_str("");
    return SOUK_OK;
}

void play_http_end(struct play *play)
{
    if (!play->http)
        return;
    curl_easy_cleanup(play->http->visitor);
    curl_easy_cleanup(play->http->other);
    for (size_t i = 0; i < PLAY_STAFF; i++)
        curl_easy_cleanup(play->http->staff[i]);
    curl_multi_cleanup(play->http->multi);
    free(play->http);
    play->http = NULL;
}
