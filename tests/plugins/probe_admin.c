/*
 * probe_admin.c: an admin resource made of tables alone, one action, and a page of its own for
 * staff with a right, and one that takes a file.
 */
#include <souk.h>

static const char *const kinds[] = {"paper", "plastic", NULL};

static const struct souk_field fields[] = {
    {"name", "Name", SOUK_STRING,
     SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_EDIT | SOUK_FIELD_MUST | SOUK_FIELD_FIND, NULL,
     0, 40, NULL},
    {"amount", "Amount", SOUK_MONEY, SOUK_FIELD_LIST | SOUK_FIELD_SORT | SOUK_FIELD_EDIT, NULL, 0,
     100000, NULL},
    {"kind", "Kind", SOUK_CHOICE, SOUK_FIELD_LIST | SOUK_FIELD_FILTER | SOUK_FIELD_EDIT, NULL, 0, 0,
     kinds},
    {"live", "Live", SOUK_BOOL, SOUK_FIELD_LIST | SOUK_FIELD_EDIT, "may be used", 0, 0, NULL},
    {"until", "Until", SOUK_TIME, SOUK_FIELD_EDIT, NULL, 0, 0, NULL},
};

static int cancel(struct souk_ctx *ctx, int64_t id)
{
    int64_t changed = 0;
    int code = souk_exec(ctx, &changed,
                         "UPDATE p_probe_admin_card SET live = 0 WHERE id = $1 AND live = 1",
                         SOUK_A_INT(id));
    if (code == SOUK_OK && changed == 0)
        return souk_fail(ctx, SOUK_CONFLICT, "this card is not live");
    return code;
}

static const struct souk_action actions[] = {
    {"cancel", "Cancel cards", cancel, NULL, "They cannot be used any more.", 0},
};

static const struct souk_resource resources[] = {
    {"card", "Gift cards", "Gift card", "p_probe_admin_card", SOUK_TABLE(fields),
     SOUK_TABLE(actions), SOUK_CREATE | SOUK_REMOVE, 0},
};

static const struct souk_migration migrations[] = {
    {1, 0, "card",
     "CREATE TABLE p_probe_admin_card (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE,\n"
     "  amount INTEGER NOT NULL DEFAULT 0, kind TEXT NOT NULL DEFAULT 'paper',\n"
     "  live INTEGER NOT NULL DEFAULT 1, until INTEGER NOT NULL DEFAULT 0) STRICT;\n"},
};

static int report(struct souk_ctx *ctx)
{
    return souk_answer_text(ctx, 200, souk_str("the report"));
}

/* What of an upload has come in. */
static int take_picture(struct souk_ctx *ctx)
{
    const struct souk_upload *picture = souk_upload_of(ctx, "picture");
    struct souk_value *out = souk_map(ctx);
    struct souk_str digest;
    if (!picture)
        return souk_fail(ctx, SOUK_INVALID, "choose a picture");
    souk_set_str(ctx, out, "title", souk_form(ctx, "title"));
    souk_set_str(ctx, out, "name", picture->filename);
    souk_set_str(ctx, out, "type", picture->type);
    souk_set_int(ctx, out, "bytes", (int64_t)picture->bytes.len);
    int code = souk_hash(ctx, SOUK_SHA256, picture->bytes, &digest);
    souk_set_str(ctx, out, "sha256", souk_encode(ctx, SOUK_HEX, digest));
    return code ? code : souk_answer_json(ctx, 200, out);
}

static const struct souk_route routes[] = {
    {"GET", "/report", SOUK_READ, SOUK_ADMIN, report, "a report", "report", 0, 0, 0, 0},
    {"POST", "/picture", SOUK_WRITE, SOUK_ADMIN, take_picture, "takes a picture", NULL, 0, 0, 0, 0},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_admin",
    .version = "1.0.0",
    .summary = "Declares an admin resource",
    .routes = SOUK_TABLE(routes),
    .migrations = SOUK_TABLE(migrations),
    .resources = SOUK_TABLE(resources),
};
