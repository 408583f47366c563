/*
 * bare_page: the reference for pages that are not in the cache: libmicrohttpd and SQLite and
 * nothing else, building the very bytes of souk's product pages from souk's own database file.
 *
 *     bare_page DATABASE FOLDER PORT THREADS
 *
 * FOLDER holds the pages as souk made them: "index" with a line "PATH PRODUCT_ID" for each, and the
 * page of line n in the file n. At the start each page is taken apart: wherever a text that stands
 * in the database (escaped, or an amount written as money) occurs, the page gets a hole. A request
 * reads the rows again, escapes and formats each text, and fills the holes. So the same bytes come
 * out, the rows are really read, and there is no template, no tree, no plugin and no cache.
 */
#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGES  4096
#define FIELDS 4096
#define HOLES  4096
#define PAGE   (256 << 10)

static const char *const queries[] = {
    "SELECT t.name, t.summary, t.description, t.seo_title, t.seo_description, b.name, s.slug FROM product p "
    "JOIN product_text t ON t.product_id = p.id AND t.locale = 'en' LEFT JOIN brand b ON b.id = p.brand_id "
    "JOIN slug s ON s.kind = 'product' AND s.target_id = p.id AND s.locale = 'en' AND s.current = 1 WHERE p.id = ?1",
    "SELECT sku, barcode, availability FROM variant WHERE product_id = ?1 ORDER BY position",
    "SELECT r.amount, r.compare_at, l.priority, l.from_at FROM variant v JOIN price r ON r.variant_id = v.id "
    "JOIN price_list l ON l.id = r.list_id WHERE v.product_id = ?1",
    "SELECT i.hash, i.widths, i.width, i.height, m.alt FROM product_image m JOIN image i ON i.id = m.image_id "
    "WHERE m.product_id = ?1 ORDER BY m.position",
    "SELECT n.name, s.slug FROM product_category c JOIN category_text n ON n.category_id = c.category_id AND "
    "n.locale = 'en' JOIN slug s ON s.kind = 'category' AND s.target_id = c.category_id AND s.locale = 'en' AND "
    "s.current = 1 WHERE c.product_id = ?1 ORDER BY c.position",
    "SELECT a.name, v.name, w.code FROM product_attribute p JOIN attribute_text a ON a.attribute_id = "
    "p.attribute_id AND a.locale = 'en' JOIN attribute_value w ON w.id = p.value_id JOIN attribute_value_text v "
    "ON v.value_id = p.value_id AND v.locale = 'en' WHERE p.product_id = ?1 ORDER BY p.position",
    "SELECT a.name, v.name, w.code FROM product_option o JOIN attribute_text a ON a.attribute_id = o.attribute_id "
    "AND a.locale = 'en' JOIN product_option_value p ON p.product_id = o.product_id AND p.option = o.position JOIN "
    "attribute_value w ON w.id = p.value_id JOIN attribute_value_text v ON v.value_id = w.id AND v.locale = 'en' "
    "WHERE o.product_id = ?1 ORDER BY o.position, p.position",
    "SELECT t.name, s.slug FROM product_link k JOIN product_text t ON t.product_id = k.target_id AND t.locale = "
    "'en' JOIN slug s ON s.kind = 'product' AND s.target_id = k.target_id AND s.locale = 'en' AND s.current = 1 "
    "WHERE k.product_id = ?1 ORDER BY k.kind, k.position",
};
#define QUERIES (sizeof queries / sizeof *queries)

struct hole {
    size_t before; /* literal bytes in front of it */
    int field;
};

struct page {
    char *path;
    long long product;
    char *bytes; /* the literals, one after the other */
    struct hole *holes;
    int count;
    size_t after; /* literal bytes behind the last hole */
};

struct work { /* of a thread */
    sqlite3_stmt *statement[QUERIES];
    char *text; /* of the fields */
    size_t used;
    struct {
        size_t at, len;
    } field[FIELDS];
    int count;
};

static struct page pages[PAGES];
static int page_count;
static const char *database;
static pthread_key_t key;

static void add_escaped(struct work *work, const char *text, size_t len)
{
    char *to = work->text + work->used;
    if (work->count == FIELDS || work->used + len * 6 > PAGE * 8)
        return;
    work->field[work->count].at = work->used;
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '&': to = stpcpy(to, "&amp;"); break;
        case '<': to = stpcpy(to, "&lt;"); break;
        case '>': to = stpcpy(to, "&gt;"); break;
        case '"': to = stpcpy(to, "&quot;"); break;
        case '\'': to = stpcpy(to, "&#39;"); break;
        default: *to++ = text[i];
        }
    }
    work->used = (size_t)(to - work->text);
    work->field[work->count].len = work->used - work->field[work->count].at;
    work->count++;
}

static void read_rows(struct work *work, long long product)
{
    work->used = 0;
    work->count = 0;
    for (size_t q = 0; q < QUERIES; q++) {
        sqlite3_stmt *statement = work->statement[q];
        sqlite3_bind_int64(statement, 1, product);
        while (sqlite3_step(statement) == SQLITE_ROW)
            for (int c = 0; c < sqlite3_column_count(statement); c++) {
                if (sqlite3_column_type(statement, c) == SQLITE_INTEGER) {
                    char money[40];
                    long long amount = sqlite3_column_int64(statement, c);
                    int len =
                        snprintf(money, sizeof money, "€%lld.%02lld", amount / 100, amount % 100);
                    add_escaped(work, money, (size_t)len);
                } else {
                    add_escaped(work, (const char *)sqlite3_column_text(statement, c),
                                (size_t)sqlite3_column_bytes(statement, c));
                }
            }
        sqlite3_reset(statement);
    }
}

static struct work *work_of(void)
{
    struct work *work = pthread_getspecific(key);
    sqlite3 *db;
    if (work)
        return work;
    work = calloc(1, sizeof *work);
    work->text = malloc(PAGE * 8);
    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        exit(1);
    sqlite3_exec(db, "PRAGMA mmap_size=1073741824", NULL, NULL, NULL);
    for (size_t q = 0; q < QUERIES; q++)
        if (sqlite3_prepare_v3(db, queries[q], -1, SQLITE_PREPARE_PERSISTENT, &work->statement[q],
                               NULL)) {
            fprintf(stderr, "bare_page: %s\n", sqlite3_errmsg(db));
            exit(1);
        }
    pthread_setspecific(key, work);
    return work;
}

/* ---- taking apart ---- */

static void take_apart(struct page *page, const char *text, size_t len)
{
    struct work *work = work_of();
    page->bytes = malloc(len + 1);
    page->holes = calloc(HOLES, sizeof *page->holes);
    size_t kept = 0, run = 0;
    read_rows(work, page->product);
    for (size_t at = 0; at < len;) {
        int best = -1;
        size_t most = 2;
        for (int f = 0; f < work->count && page->count < HOLES; f++) {
            size_t size = work->field[f].len;
            if (size > most && size <= len - at &&
                memcmp(text + at, work->text + work->field[f].at, size) == 0) {
                best = f;
                most = size;
            }
        }
        if (best < 0) {
            page->bytes[kept++] = text[at++];
            run++;
            continue;
        }
        page->holes[page->count++] = (struct hole){run, best};
        at += most;
        run = 0;
    }
    page->after = run;
}

static size_t put_together(const struct page *page, const struct work *work, char *to)
{
    const char *literal = page->bytes;
    char *start = to;
    for (int h = 0; h < page->count; h++) {
        const struct hole *hole = &page->holes[h];
        memcpy(to, literal, hole->before);
        to += hole->before;
        literal += hole->before;
        memcpy(to, work->text + work->field[hole->field].at, work->field[hole->field].len);
        to += work->field[hole->field].len;
    }
    memcpy(to, literal, page->after);
    return (size_t)(to - start) + page->after;
}

static void load(const char *folder)
{
    char path[4096], line[2048];
    snprintf(path, sizeof path, "%s/index", folder);
    FILE *index = fopen(path, "r");
    while (index && page_count < PAGES && fgets(line, sizeof line, index)) {
        struct page *page = &pages[page_count];
        char *space = strrchr(line, ' ');
        static char text[PAGE], again[PAGE * 2];
        *space = '\0';
        page->path = strdup(line);
        page->product = strtoll(space + 1, NULL, 10);
        snprintf(path, sizeof path, "%s/%d", folder, page_count);
        FILE *file = fopen(path, "r");
        size_t len = file ? fread(text, 1, sizeof text, file) : 0;
        if (file)
            fclose(file);
        take_apart(page, text, len);
        size_t made = put_together(page, work_of(), again);
        if (made != len || memcmp(again, text, len) != 0)
            fprintf(stderr, "bare_page: %s comes out differently\n", page->path), exit(1);
        page_count++;
    }
    if (index)
        fclose(index);
    int holes = 0;
    for (int i = 0; i < page_count; i++)
        holes += pages[i].count;
    printf("pages %d, holes %d each\n", page_count, page_count ? holes / page_count : 0);
    fflush(stdout);
}

/* ---- serving ---- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct page *)a)->path, ((const struct page *)b)->path);
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **context)
{
    static int seen;
    (void)user, (void)method, (void)version, (void)data, (void)size;
    if (!*context) {
        *context = &seen;
        return MHD_YES;
    }
    struct page wanted = {.path = (char *)(uintptr_t)url};
    struct page *page = bsearch(&wanted, pages, (size_t)page_count, sizeof *pages, by_path);
    char *to = malloc(PAGE * 2);
    size_t len = 0;
    if (page) {
        struct work *work = work_of();
        read_rows(work, page->product);
        len = put_together(page, work, to);
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(len, to, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, "Content-Type", "text/html; charset=utf-8");
    enum MHD_Result result = MHD_queue_response(connection, page ? 200 : 404, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bare_page DATABASE FOLDER PORT THREADS\n");
        return 2;
    }
    database = argv[1];
    pthread_key_create(&key, NULL);
    load(argv[2]);
    qsort(pages, (size_t)page_count, sizeof *pages, by_path);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, (uint16_t)strtol(argv[3], NULL, 10), NULL,
        NULL, answer, NULL, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)strtol(argv[4], NULL, 10),
        MHD_OPTION_END);
    if (!daemon)
        return 1;
    pause();
    return 0;
}
