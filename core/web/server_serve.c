/*
 * server_serve.c: the callbacks of libmicrohttpd.
 *
 * A request's life here: `begin` when its first line is read (the raw target is only
 * seen there), `handle` once with the head, for each piece of the body, once when all
 * is there, and once more after it was suspended; `completed` when the answer is out or
 * the client gone.
 *
 * The trap that shapes this file: in 0.9.75 a response queued in the first call of
 * `handle` closes the connection, for a plain GET too. So answers wait for the second
 * call; only a refusal with a body behind it is queued at once, because there the close
 * is wanted.
 *
 * libmicrohttpd's own decoding is switched off (`keep_raw`), its time-out too: reaper.c
 * knows better.
 */
#include "web/server_inner.h"

#include <microhttpd.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "web/answer.h"
#include "web/form.h"

#define SURPLUS_MOST                                                                               \
    ((size_t)1 << 20) /* read and thrown away after the limit, so that the client hears 413 */
/* Of a connection, for heads both ways and a copy of the cookies: heads of 8 KiB fit,
 * whatever is in them. */
#define POOL ((size_t)32 << 10)

/* ---- connections ---- */

void serve_admit(void *user, struct link *link)
{
    struct server *server = user;
    int fd = link->fd;
    if (MHD_add_connection(server->daemon, fd, (const struct sockaddr *)&link->from,
                           link->from_len) != MHD_YES) {
        /* libmicrohttpd has closed the socket; only this thread opens new ones, so the
         * link is still ours */
        log_warn("connection.lost", LOG_S("address", link->address));
        if (link->counted)
            crowd_leave(server->crowd, &link->peer);
        reaper_close(server->reaper, link);
    }
}

static void notify_end(struct server *server)
{
    if (atomic_load(&server->draining)) {
        pthread_mutex_lock(&server->lock);
        pthread_cond_broadcast(&server->quiet);
        pthread_mutex_unlock(&server->lock);
    }
}

static void connection_changed(void *user, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode code)
{
    struct server *server = user;
    struct link *link = *context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = reaper_link(server->reaper, info->connect_fd);
        return;
    }
    if (link) { /* the descriptor is still open here */
        if (link->counted)
            crowd_leave(server->crowd, &link->peer);
        reaper_close(server->reaper, link);
        notify_end(server);
    }
}

/* ---- a request begins ---- */

static size_t keep_raw(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user;
    (void)connection;
    return strlen(text);
}

static void *begin(void *user, const char *target, struct MHD_Connection *connection)
{
    struct server *server = user;
    struct served *served = lane_take(lane_here(server));
    struct request *request = &served->request;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    served->link = info->socket_context;
    request->connection = connection;
    request->target = arena_str(&request->arena, souk_str(target));
    request->started = clock_mono();
    request->now = clock_now();
    atomic_fetch_add_explicit(&server->in_flight, 1, memory_order_relaxed);
    if (atomic_load_explicit(&served->link->phase, memory_order_relaxed) != LINK_NEW)
        link_phase_set(served->link, LINK_HEAD, request->started);
    return served;
}

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct request *request = user;
    (void)kind;
    header_list_add(&request->arena, &request->headers, str_make(name, name_len),
                    str_make(value ? value : "", value ? value_len : 0));
    return MHD_YES;
}

/* ---- sending ---- */

static enum MHD_Result send_answer(struct served *served)
{
    struct request *request = &served->request;
    struct answer *answer = &request->answer;
    struct MHD_Response *response = answer->ready;
    const struct web_site *site = request->site;
    request_conn_end(request); /* an error page may have begun a snapshot */
    if (request->landing && site && site->page_answered)
        site->page_answered(request);
    if (atomic_load_explicit(&served->server->draining, memory_order_relaxed))
        answer->close = 1;
    if (!response) {
        response = answer_build(request);
        if (!response)
            return MHD_NO;
    }
    served->step = STEP_SENT;
    link_phase_set(served->link, LINK_SEND, clock_mono());
    enum MHD_Result result =
        MHD_queue_response(request->connection, (unsigned)answer->status, response);
    if (!answer->ready)
        MHD_destroy_response(response);
    if (result != MHD_YES) {
        log_error("answer.not_queued", LOG_S("request", request->id),
                  LOG_I("status", answer->status));
    }
    return result;
}

/* ---- the steps ---- */

static enum MHD_Result take_head(struct served *served, const char *method, const char *version)
{
    struct request *request = &served->request;
    int at_once = 0;
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, take_header, request);
    int accepted = hear(served, souk_str(method), strcmp(version, "HTTP/1.0") == 0, &at_once);
    request_conn_end(request);
    served->step = STEP_HEARD;
    if (!accepted && at_once) {
        request->answer.close = 1;
        return send_answer(served);
    }
    link_phase_set(served->link, served->body_expected ? LINK_BODY : LINK_WORK, request->started);
    return MHD_YES;
}

static enum MHD_Result take_body(struct served *served, const char *bytes, size_t *len)
{
    struct request *request = &served->request;
    size_t n = *len;
    *len = 0;
    if (served->too_large || n > request->body_limit - request->body.len) {
        served->too_large = 1;
        served->surplus += n;
        return served->surplus > SURPLUS_MOST ? MHD_NO : MHD_YES;
    }
    buf_add(&request->body, bytes, n);
    return MHD_YES;
}

static enum MHD_Result take_end(struct served *served)
{
    struct request *request = &served->request;
    if (served->too_large) {
        request->answer.close = 1;
        answer_problem(request, 413, NULL, "the body is larger than what is taken here", NULL);
    } else if (!request->answer.status) {
        link_phase_set(served->link, LINK_WORK, request->started);
        if (!dispatch(served))
            return MHD_YES; /* suspended */
    }
    return send_answer(served);
}

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes,
                              size_t *len, void **context)
{
    struct served *served = *context;
    (void)user;
    (void)connection;
    (void)url;
    switch (served->step) {
    case STEP_NEW: return take_head(served, method, version);
    case STEP_HEARD: return *len ? take_body(served, bytes, len) : take_end(served);
    case STEP_AWAY: dispatch_return(served); return send_answer(served);
    default: return MHD_NO;
    }
}

/* ---- a request ends ---- */

/* What libmicrohttpd refused by itself. */
static void note_own_refusal(struct served *served)
{
    struct request *request = &served->request;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_HTTP_STATUS);
    if (request->answer.status == 0 && info)
        request->answer.status = (int)info->http_status;
    if (request->path.ptr == NULL) {
        ptrdiff_t mark = str_find(request->target, '?');
        request->path = mark < 0 ? request->target : str_make(request->target.ptr, (size_t)mark);
    }
}

static void completed(void *user, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code)
{
    struct server *server = user;
    struct served *served = *context;
    (void)connection;
    if (!served)
        return;
    struct request *request = &served->request;
    const struct web_site *site = request->site;
    int64_t mono = clock_mono();
    if (served->step != STEP_SENT)
        note_own_refusal(served);
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK && site && site->page_sent && request->route &&
        request->route->flags & ROUTE_PAGE && request->answer.status == 200)
        site->page_sent(request);
    count_request(served, mono);
    request_conn_end(request);
    cache_release(request);
    if (request->pinned)
        server->options.unpin(server->options.user, request->ticket);
    link_phase_set(served->link, LINK_IDLE, mono);
    *context = NULL;
    lane_give_back(served);
    atomic_fetch_sub(&server->in_flight, 1);
    notify_end(server);
}

/* ---- suspending ---- */

void serve_suspend(struct served *served)
{
    atomic_fetch_add(&served->server->suspended, 1);
    MHD_suspend_connection(served->request.connection);
}

void serve_resume(struct served *served)
{
    struct server *server = served->server;
    MHD_resume_connection(served->request.connection);
    atomic_fetch_sub(&server->suspended, 1);
}

/* ---- the daemon ---- */

int serve_start_daemon(struct server *server, unsigned threads, struct err *err)
{
    /* A worker whose share is full deadlocks on one more: each share alone holds all
     * that the door lets in. */
    unsigned limit = ((unsigned)server->options.connections + 64) * threads;
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)limit, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)POOL, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_changed, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)completed, server},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)begin, server},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_raw, NULL},
        /* one thread: libmicrohttpd wants no pool then */
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    server->daemon =
        MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                             MHD_USE_NO_LISTEN_SOCKET,
                         0, NULL, NULL, handle, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (!server->daemon)
        return err_set(err, SOUK_ERROR, "the HTTP server does not start (%u threads)", threads);
    return 0;
}

void serve_stop_daemon(struct server *server)
{
    if (server->daemon) {
        MHD_stop_daemon(server->daemon);
        server->daemon = NULL;
    }
}
