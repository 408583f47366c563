/*
 * buyers: clients that buy: each makes a cart, puts a line into it, asks for the ways of delivery
 * and checks out, over one kept connection, again and again.
 *
 *     buyers PORT CLIENTS SECONDS SKU METHOD PAYMENT
 *
 * Prints orders, requests, errors, seconds, and the p50 and p99 of the checkout request in
 * milliseconds. One thread a client, blocking sockets: the cheapest client that still is one.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES 400000
#define BODY    (256 << 10)

static struct sockaddr_in peer;
static const char *sku, *method, *payment;
static double until;

struct client {
    pthread_t thread;
    int fd, number;
    long orders, requests, errors;
    char *in;
    double *times;
    size_t time_count, room;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int dial(void)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&peer, sizeof peer) != 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

/* The status, with the body behind client->in; 0 when the connection broke. */
static int talk(struct client *client, const char *verb, const char *path, const char *body)
{
    char out[4096];
    int len = snprintf(
        out, sizeof out,
        "%s %s HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        verb, path, strlen(body), body);
    size_t got = 0, want = 0;
    client->requests++;
    if (write(client->fd, out, (size_t)len) != len)
        return 0;
    for (;;) {
        ssize_t n = read(client->fd, client->in + got, BODY - 1 - got);
        if (n <= 0)
            return 0;
        got += (size_t)n;
        client->in[got] = '\0';
        char *end = strstr(client->in, "\r\n\r\n");
        if (!want && end) {
            const char *length = strcasestr(client->in, "content-length:");
            want = (size_t)(end - client->in) + 4 + (length ? strtoul(length + 15, NULL, 10) : 0);
        }
        if (want && got >= want)
            return (int)strtol(client->in + 9, NULL, 10);
    }
}

static int fail(struct client *client, const char *what, int status)
{
    if (client->errors++ == 0)
        fprintf(stderr, "buyers: %s: %d %.300s\n", what, status, client->in);
    if (status == 0) {
        close(client->fd);
        client->fd = dial();
    }
    return 0;
}

static int buy(struct client *client)
{
    char path[160], body[512], id[64];
    int status = talk(client, "POST", "/api/v1/carts", "{}");
    const char *at = status == 201 ? strstr(client->in, "\"id\":\"") : NULL;
    if (!at || sscanf(at + 6, "%60[^\"]", id) != 1)
        return fail(client, "cart", status);
    snprintf(path, sizeof path, "/api/v1/carts/%s/lines", id);
    snprintf(body, sizeof body, "{\"sku\":\"%s\",\"quantity\":1}", sku);
    if ((status = talk(client, "POST", path, body)) != 201)
        return fail(client, "line", status);
    snprintf(path, sizeof path, "/api/v1/carts/%s/delivery-options?country=BG&postcode=1000", id);
    if ((status = talk(client, "GET", path, "")) != 200)
        return fail(client, "delivery", status);
    snprintf(path, sizeof path, "/api/v1/carts/%s/checkout", id);
    snprintf(
        body, sizeof body,
        "{\"email\":\"ada%d.%ld@example.org\",\"phone\":\"+359888123456\",\"name\":\"Ada Lovelace\",\"address\":{\"country\":\"BG\",\"city\":\"Sofia\","
        "\"postcode\":\"1000\",\"line1\":\"1 Shipka\"},\"delivery\":{\"method\":\"%s\"},\"payment\":{\"method\":\"%s\"}}",
        client->number, client->orders, method, payment);
    double began = now();
    if ((status = talk(client, "POST", path, body)) != 201)
        return fail(client, "checkout", status);
    if (client->time_count < client->room)
        client->times[client->time_count++] = (now() - began) * 1e3;
    client->orders++;
    return 1;
}

static void *run(void *arg)
{
    struct client *client = arg;
    client->fd = dial();
    while (now() < until)
        buy(client);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: buyers PORT CLIENTS SECONDS SKU METHOD PAYMENT\n");
        return 2;
    }
    int count = (int)strtol(argv[2], NULL, 10);
    struct client *clients = calloc((size_t)count, sizeof *clients);
    double *all = malloc(sizeof *all * SAMPLES);
    size_t samples = 0;
    long orders = 0, requests = 0, errors = 0;
    peer = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)strtoul(argv[1], NULL, 10)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    sku = argv[4], method = argv[5], payment = argv[6];
    double start = now();
    until = start + strtod(argv[3], NULL);
    for (int i = 0; i < count; i++) {
        clients[i].number = i;
        clients[i].in = malloc(BODY);
        clients[i].room = SAMPLES / (size_t)count;
        clients[i].times = malloc(sizeof(double) * clients[i].room);
        pthread_create(&clients[i].thread, NULL, run, &clients[i]);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(clients[i].thread, NULL);
        orders += clients[i].orders, requests += clients[i].requests, errors += clients[i].errors;
        memcpy(all + samples, clients[i].times, sizeof(double) * clients[i].time_count);
        samples += clients[i].time_count;
    }
    qsort(all, samples, sizeof *all, compare);
    printf("%ld %ld %ld %.6f %.3f %.3f\n", orders, requests, errors, now() - start,
           samples ? all[samples / 2] : 0, samples ? all[samples * 99 / 100] : 0);
    return 0;
}
