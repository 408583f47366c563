/*
 * health: what load balancers and monitors ask. /healthz says that the process answers; /readyz
 * that it can do its work; /metrics counts.
 */
#include "app/api/route.h"
#include "app/message.h"
#include "app/shop_state.h"
#include "plugin/set.h"
#include "web/metrics.h"

int health_live(struct request *request, const struct web_route *route)
{
    (void)route;
    answer_text(request, 200, "ok\n");
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

/* A plugin that fails closed (a gate) and is not there: nothing can be sold. */
static const char *gate_missing(const struct plugin_set *set)
{
    for (size_t i = 0; i < set->absent_count; i++)
        if (set->absent[i].role == SOUK_GATE)
            return set->absent[i].name;
    return NULL;
}

int health_ready(struct request *request, const struct web_route *route)
{
    (void)route;
    uint32_t ticket;
    const char *name = gate_missing(set_pin(&ticket));
    if (name) {
        struct souk_str text = arena_printf(
            &request->arena, "not ready: plugin \"%s\" must answer and is not on\n", name);
        answer_bytes(request, 503, "text/plain; charset=utf-8", text);
    } else {
        answer_text(request, 200, "ready\n");
    }
    set_unpin(ticket);
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

static void print_number(struct buf *out, const char *name, const char *kind, const char *what,
                         int64_t value)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, what, name, kind, name,
               (long long)value);
}

/* The database counts for itself. */
static void print_database(struct buf *out)
{
    struct db_stats stats;
    db_stats(shop_current()->db, &stats);
    print_number(out, "souk_db_commits_total", "counter", "Commits, of groups of writes.",
                 stats.commits);
    print_number(out, "souk_db_writes_total", "counter", "Writes in them.", stats.writes);
    print_number(out, "souk_db_prepared_total", "counter",
                 "Statements prepared: none for each request.", stats.prepared);
    print_number(out, "souk_db_waiting", "gauge", "Writes that wait for the writer.",
                 stats.waiting);
    print_number(out, "souk_db_wal_bytes", "gauge", "Size of the write-ahead log.",
                 stats.wal_bytes);
}

/* Mails that no plugin sends pile up here. */
static void print_messages(struct request *request, struct buf *out)
{
    int64_t waiting = 0;
    if (message_count_waiting(request_conn(request), &waiting) == SOUK_OK)
        buf_printf(out,
                   "# TYPE souk_messages_waiting gauge\n"
                   "souk_messages_waiting %lld\n",
                   (long long)waiting);
}

int health_metrics(struct request *request, const struct web_route *route)
{
    (void)route;
    struct buf out = {.arena = &request->arena};
    metrics_print(&out);
    print_database(&out);
    print_messages(request, &out);
    answer_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&out));
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}
