/*
 * metrics.c: the registry of counters, gauges and histograms, and their text for
 * Prometheus.
 *
 * The idea: counting must cost the hot path nothing to speak of. A metric has SHARDS
 * rows of its own cache lines; a thread picks its row once and from then on counting is
 * one relaxed add that no other busy thread touches. Whoever prints sums up the rows; a
 * sum may miss adds that happen meanwhile, never an add that happened before.
 *
 * Families (one name) hang in a list, metrics of a family in another; both only grow
 * and are published with release stores, so printing walks them without the lock. The
 * lock is taken to create, and to swap or copy the reader of a gauge. Nothing is ever
 * freed.
 *
 * It does not do: summaries, exemplars, floating point. Times are kept in whole
 * microseconds.
 */
#include "web/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"

#define SHARDS  16
#define BUCKETS 14 /* and one more for +Inf */
#define CELLS   (BUCKETS + 2)
#define SUM     (BUCKETS + 1)

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const kind_name[] = {"counter", "gauge", "histogram"};

static const struct {
    int64_t micros;
    const char *text;
} bounds[BUCKETS] = {
    {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},
    {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
    {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},   {10000000, "10"},
};

struct counter_row { /* a cache line */
    _Alignas(64) _Atomic int64_t value;
};

struct histogram_row { /* two cache lines */
    _Alignas(64) _Atomic int64_t cell[CELLS];
};

struct family {
    struct family *_Atomic next;
    const char *name, *help;
    enum kind kind;
    struct metric *_Atomic first;
    struct metric *last;
};

struct metric {
    struct metric *_Atomic next;
    enum kind kind;
    struct souk_str labels; /* escaped, without braces */
    struct counter_row *counter;
    struct histogram_row *histogram;
    int64_t (*read)(void *user);
    void *user;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map families; /* by name */
static struct map metrics;  /* by name{labels} */
static struct family *_Atomic first_family;
static struct family *last_family;

static _Atomic uint32_t threads_seen;
static _Thread_local uint32_t own_row; /* plus one; 0: not picked yet */

static uint32_t row_of_thread(void)
{
    if (own_row == 0)
        own_row = atomic_fetch_add_explicit(&threads_seen, 1, memory_order_relaxed) % SHARDS + 1;
    return own_row - 1;
}

/* ---- names and labels ---- */

static int name_char(char c, int first)
{
    return (c >= 'a' && c <= 'z') || c == '_' || c == ':' || (!first && c >= '0' && c <= '9');
}

/* A name that Prometheus would refuse is bent, so that one bad name of a plugin does
 * not make the whole page unreadable. */
static void add_name(struct buf *out, struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        buf_add_char(out, name_char(c, out->len == 0) ? c : '_');
    }
    if (name.len == 0)
        buf_add_char(out, '_');
}

static void add_escaped(struct buf *out, char c)
{
    if (c == '\n') {
        buf_add_cstr(out, "\\n");
    } else if (c == '"' || c == '\\') {
        buf_add_char(out, '\\');
        buf_add_char(out, c);
    } else {
        buf_add_char(out, c);
    }
}

void metrics_label(struct buf *labels, const char *name, struct souk_str value)
{
    if (labels->len)
        buf_add_char(labels, ',');
    buf_add_cstr(labels, name);
    buf_add_cstr(labels, "=\"");
    for (size_t i = 0; i < value.len; i++)
        add_escaped(labels, value.ptr[i]);
    buf_add_char(labels, '"');
}

/* Does a label `name="` stand at the start of `text`? Its length, or 0. */
static size_t label_start(struct souk_str text)
{
    size_t i = 0;
    while (i < text.len && (name_char(text.ptr[i], i == 0)) && text.ptr[i] != ':')
        i++;
    if (i == 0 || i + 1 >= text.len || text.ptr[i] != '=' || text.ptr[i + 1] != '"')
        return 0;
    return i + 2;
}

static int value_ends(struct souk_str text, size_t quote)
{
    if (quote + 1 == text.len)
        return 1;
    return text.ptr[quote + 1] == ',' && label_start(str_from(text, quote + 2));
}

/* Copies one value up to and with its closing quote, escaping what the caller did not.
 */
static size_t copy_value(struct buf *out, struct souk_str text, size_t at)
{
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '"' && value_ends(text, at))
            break;
        char next = at + 1 < text.len ? text.ptr[at + 1] : '\0';
        if (c == '\\' && (next == '\\' || next == 'n' || next == '"') && at + 2 < text.len) {
            buf_add_char(out, c);
            buf_add_char(out, next);
            at++;
        } else {
            add_escaped(out, c);
        }
    }
    buf_add_char(out, '"');
    return at + 1;
}

static void add_labels(struct buf *out, struct souk_str text)
{
    size_t at = 0;
    while (at < text.len) {
        size_t start = label_start(str_from(text, at));
        if (start == 0) { /* no label: kept readable as one */
            metrics_label(out, "label", str_from(text, at));
            return;
        }
        if (out->len)
            buf_add_char(out, ',');
        buf_add(out, text.ptr + at, start);
        at = copy_value(out, text, at + start) + 1; /* over the comma */
    }
}

static void add_help(struct buf *out, const char *help)
{
    for (; *help; help++)
        if (*help == '\n')
            buf_add_cstr(out, "\\n");
        else if (*help == '\\')
            buf_add_cstr(out, "\\\\");
        else
            buf_add_char(out, *help);
}

/* ---- the registry ---- */

static struct family *family_get(struct souk_str name, enum kind kind, const char *help)
{
    struct family *family = map_get(&families, name);
    if (family)
        return family;
    family = mem_zalloc(sizeof(*family));
    char *copy = mem_alloc(name.len + 1);
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    family->name = copy;
    family->help = mem_strdup(help ? help : "");
    family->kind = kind;
    map_put(&families, souk_str(family->name), family);
    if (last_family)
        atomic_store_explicit(&last_family->next, family, memory_order_release);
    else
        atomic_store_explicit(&first_family, family, memory_order_release);
    last_family = family;
    return family;
}

static void *rows_new(size_t row)
{
    void *rows = aligned_alloc(64, row * SHARDS);
    if (!rows)
        abort(); /* as arena.c does: the supervisor starts anew */
    memset(rows, 0, row * SHARDS);
    return rows;
}

static struct metric *metric_make(enum kind kind, struct souk_str labels)
{
    struct metric *metric = mem_zalloc(sizeof(*metric));
    char *copy = mem_alloc(labels.len + 1);
    memcpy(copy, labels.len ? labels.ptr : "", labels.len);
    copy[labels.len] = '\0';
    metric->labels = (struct souk_str){copy, labels.len};
    metric->kind = kind;
    if (kind == HISTOGRAM)
        metric->histogram = rows_new(sizeof(struct histogram_row));
    else if (kind == COUNTER)
        metric->counter = rows_new(sizeof(struct counter_row));
    return metric;
}

static void family_add(struct family *family, struct metric *metric)
{
    if (family->last)
        atomic_store_explicit(&family->last->next, metric, memory_order_release);
    else
        atomic_store_explicit(&family->first, metric, memory_order_release);
    family->last = metric;
}

/* With the lock held. A name that is in use for another kind gets a metric that counts
 * and is never printed: two kinds under one name would spoil the family. */
static struct metric *find_or_make(enum kind kind, const char *name, const char *labels,
                                   const char *help)
{
    struct buf key = {0}, clean = {0};
    add_name(&key, souk_str(name));
    struct souk_str family_name = {key.ptr, key.len};
    add_labels(&clean, souk_str(labels));
    buf_reserve(&key, clean.len + 24);
    family_name.ptr = key.ptr;
    buf_printf(&key, "{%d", (int)kind);
    buf_add(&key, clean.ptr, clean.len);
    struct metric *metric = map_get(&metrics, buf_str(&key));
    if (!metric) {
        struct family *family = family_get(family_name, kind, help);
        metric = metric_make(kind, buf_str(&clean));
        map_put_copy(&metrics, buf_str(&key), metric);
        if (family->kind == kind) {
            family_add(family, metric);
        } else {
            log_error("metric.refused", LOG_S("name", name), LOG_S("kind", kind_name[kind]),
                      LOG_S("used_as", kind_name[family->kind]));
        }
    }
    buf_free(&key);
    buf_free(&clean);
    return metric;
}

static struct metric *metric_get(enum kind kind, const char *name, const char *labels,
                                 const char *help)
{
    pthread_mutex_lock(&lock);
    struct metric *metric = find_or_make(kind, name, labels, help);
    pthread_mutex_unlock(&lock);
    return metric;
}

struct metric *metric_counter(const char *name, const char *labels, const char *help)
{
    return metric_get(COUNTER, name, labels, help);
}

struct metric *metric_histogram(const char *name, const char *labels, const char *help)
{
    return metric_get(HISTOGRAM, name, labels, help);
}

void metric_gauge(const char *name, const char *labels, const char *help,
                  int64_t (*read)(void *user), void *user)
{
    pthread_mutex_lock(&lock);
    struct metric *metric = find_or_make(GAUGE, name, labels, help);
    metric->read = read;
    metric->user = user;
    pthread_mutex_unlock(&lock);
}

/* ---- counting ---- */

void metric_add(struct metric *metric, int64_t n)
{
    if (metric->counter)
        atomic_fetch_add_explicit(&metric->counter[row_of_thread()].value, n, memory_order_relaxed);
}

void metric_time(struct metric *metric, int64_t microseconds)
{
    if (!metric->histogram)
        return;
    int64_t span = microseconds > 0 ? microseconds : 0;
    int bucket = 0;
    while (bucket < BUCKETS && span > bounds[bucket].micros)
        bucket++;
    _Atomic int64_t *cell = metric->histogram[row_of_thread()].cell;
    atomic_fetch_add_explicit(&cell[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cell[SUM], span, memory_order_relaxed);
}

/* ---- reading ---- */

static void histogram_sum(const struct metric *metric, int64_t *cells)
{
    memset(cells, 0, CELLS * sizeof(*cells));
    for (int row = 0; row < SHARDS; row++)
        for (int i = 0; i < CELLS; i++)
            cells[i] += atomic_load_explicit(&metric->histogram[row].cell[i], memory_order_relaxed);
}

/* Copies the reader under the lock and calls it outside: it may create metrics itself.
 */
static int gauge_read(const struct metric *metric, int64_t *value)
{
    pthread_mutex_lock(&lock);
    int64_t (*read)(void *) = metric->read;
    void *user = metric->user;
    pthread_mutex_unlock(&lock);
    *value = read ? read(user) : 0;
    return read != NULL;
}

int64_t metric_value(const struct metric *metric)
{
    int64_t value = 0;
    if (metric->kind == GAUGE) {
        gauge_read(metric, &value);
    } else if (metric->kind == HISTOGRAM) {
        int64_t cells[CELLS];
        histogram_sum(metric, cells);
        for (int i = 0; i <= BUCKETS; i++)
            value += cells[i];
    } else {
        for (int row = 0; row < SHARDS; row++)
            value += atomic_load_explicit(&metric->counter[row].value, memory_order_relaxed);
    }
    return value;
}

static void print_name(struct buf *out, const char *name, const char *suffix,
                       struct souk_str labels)
{
    buf_add_cstr(out, name);
    buf_add_cstr(out, suffix);
    if (labels.len) {
        buf_add_char(out, '{');
        buf_add_str(out, labels);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ' ');
}

static void print_histogram(struct buf *out, const char *name, const struct metric *metric)
{
    int64_t cells[CELLS], count = 0;
    histogram_sum(metric, cells);
    for (int i = 0; i <= BUCKETS; i++) {
        count += cells[i];
        buf_printf(out, "%s_bucket{", name);
        buf_add_str(out, metric->labels);
        buf_printf(out, "%sle=\"%s\"} %lld\n", metric->labels.len ? "," : "",
                   i < BUCKETS ? bounds[i].text : "+Inf", (long long)count);
    }
    print_name(out, name, "_sum", metric->labels);
    buf_printf(out, "%lld.%06lld\n", (long long)(cells[SUM] / 1000000),
               (long long)(cells[SUM] % 1000000));
    print_name(out, name, "_count", metric->labels);
    buf_printf(out, "%lld\n", (long long)count);
}

static void print_family(struct buf *out, const struct family *family)
{
    struct metric *metric = atomic_load_explicit(&family->first, memory_order_acquire);
    if (!metric)
        return;
    buf_printf(out, "# HELP %s ", family->name);
    add_help(out, family->help);
    buf_printf(out, "\n# TYPE %s %s\n", family->name, kind_name[family->kind]);
    for (; metric; metric = atomic_load_explicit(&metric->next, memory_order_acquire)) {
        int64_t value = 0;
        if (family->kind == HISTOGRAM) {
            print_histogram(out, family->name, metric);
            continue;
        }
        if (family->kind == GAUGE) {
            if (!gauge_read(metric, &value))
                continue;
        } else {
            value = metric_value(metric);
        }
        print_name(out, family->name, "", metric->labels);
        buf_printf(out, "%lld\n", (long long)value);
    }
}

void metrics_print(struct buf *out)
{
    struct family *family = atomic_load_explicit(&first_family, memory_order_acquire);
    for (; family; family = atomic_load_explicit(&family->next, memory_order_acquire))
        print_family(out, family);
}
