/*
 * bad_route: claims the home page.
 */
#include <souk.h>

static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    (void)ctx;
    (void)view;
    return SOUK_OK;
}

static const char page[] = "<p>mine</p>";

static const struct souk_file files[] = {{"templates/page.html", page, page + sizeof page - 1}};
static const struct souk_page pages[] = {{.path = "/", .page_template = "page", .fill = fill}};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_route",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
    .contact = "tests@example.org",
    .pages = SOUK_TABLE(pages),
    .files = SOUK_TABLE(files),
};
