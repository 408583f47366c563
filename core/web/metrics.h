/*
 * metrics: counters, gauges and histograms, printed as Prometheus text (exposition format 0.0.4).
 * Counting is one relaxed add on a shard of the thread; metrics live as long as the process. Names
 * match [a-z_:][a-z0-9_:]*, label values are escaped.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "base/buf.h"

struct metric;

/* The same (name, labels) gives the same metric. `labels` is Prometheus text without braces:
 * route="GET /",class="2xx"; may be NULL. */
struct metric *metric_counter(const char *name, const char *labels, const char *help);
struct metric *metric_histogram(const char *name, const char *labels,
                                const char *help); /* of seconds; fixed buckets 0.5 ms … 10 s */
/* Read when printed, by any thread. The same (name, labels) again replaces the reader; NULL takes
 * the gauge out of the print. */
void metric_gauge(const char *name, const char *labels, const char *help,
                  int64_t (*read)(void *user), void *user);
void metric_add(struct metric *metric, int64_t n);
void metric_time(struct metric *metric, int64_t microseconds);
int64_t metric_value(const struct metric *metric);
void metrics_print(struct buf *out);
/* Appends name="value", escaped, with a comma before it when `labels` is not empty: to build the
 * text that the functions above take. */
void metrics_label(struct buf *labels, const char *name, struct souk_str value);

#endif
