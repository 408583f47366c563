/*
 * route: the admin pages, read from top to bottom: method, path, where it runs, the right that it
 * takes. Those below /admin/{resource} ask for the right of the resource that the path names
 * (resource_enter), so their rows have none.
 */
#include "app/admin/route.h"

#include <souk/plugin.h>
#include "base/clock.h"

#define STAFF  ROUTE_STAFF
#define UPLOAD ((size_t)64 << 20)
#define LONG   (10 * CLOCK_MINUTE)

#define ROW(verb, where, runs, fn, may, words)                                                     \
    {                                                                                              \
        .method = verb, .path = where, .kind = runs, .flags = STAFF, .handle = fn, .right = may,   \
        .summary = words                                                                           \
    }

const struct web_route admin_routes[] = {
    {.method = "GET",
     .path = "/admin/sign-in",
     .kind = SOUK_READ,
     .handle = sign_in_form,
     .summary = "signing in: address and password"},
    {.method = "POST",
     .path = "/admin/sign-in",
     .kind = SOUK_TASK,
     .handle = sign_in_password,
     .rate = 60,
     .summary = "checks the password"},
    {.method = "GET",
     .path = "/admin/sign-in/code",
     .kind = SOUK_READ,
     .handle = sign_in_code_form,
     .summary = "signing in: the code"},
    {.method = "POST",
     .path = "/admin/sign-in/code",
     .kind = SOUK_WRITE,
     .handle = sign_in_code,
     .rate = 60,
     .summary = "checks the code"},
    {.method = "GET",
     .path = "/admin/sign-in/setup",
     .kind = SOUK_READ,
     .handle = sign_in_setup_form,
     .summary = "setting up the second step"},
    {.method = "POST",
     .path = "/admin/sign-in/setup",
     .kind = SOUK_WRITE,
     .handle = sign_in_setup,
     .rate = 60,
     .summary = "keeps the second step when a code fits"},
    ROW("POST", "/admin/sign-out", SOUK_WRITE, sign_out, NULL, "signs out"),

    ROW("GET", "/admin/password", SOUK_READ, password_form, NULL, "changing one's own password"),
    {.method = "POST",
     .path = "/admin/password",
     .kind = SOUK_TASK,
     .flags = STAFF,
     .handle = password_change,
     .rate = 10,
     .summary = "changes one's own password"},

    ROW("GET", "/admin", SOUK_TASK, dashboard_show, NULL, "the overview"),

    ROW("GET", "/admin/plugins", SOUK_TASK, plugin_index, "plugin.read", "the plugins"),
    ROW("GET", "/admin/plugins/{name}", SOUK_TASK, plugin_page, "plugin.read",
        "a plugin and the form of its options"),
    {.method = "POST",
     .path = "/admin/plugins/{name}",
     .kind = SOUK_TASK,
     .flags = STAFF,
     .handle = plugin_page_save,
     .right = "plugin.edit",
     .deadline = LONG,
     .summary = "sets options of a plugin"},
    {.method = "POST",
     .path = "/admin/plugins/{name}/{step}",
     .kind = SOUK_TASK,
     .flags = STAFF,
     .handle = plugin_page_switch,
     .right = "plugin.edit",
     .deadline = LONG,
     .summary = "enable, disable, reload"},

    ROW("GET", "/admin/import", SOUK_TASK, import_page_form, "import.run", "imports"),
    {.method = "POST",
     .path = "/admin/import",
     .kind = SOUK_TASK,
     .flags = STAFF,
     .handle = import_page_start,
     .right = "import.run",
     .body_limit = UPLOAD,
     .deadline = LONG,
     .summary = "starts an import"},
    ROW("GET", "/admin/import/{id}", SOUK_READ, import_page_show, "import.run",
        "how an import stands"),

    ROW("GET", "/admin/staff/new", SOUK_READ, staff_new_form, "staff.edit", "a new staff member"),
    ROW("POST", "/admin/staff/new", SOUK_TASK, staff_new, "staff.edit", "makes a staff member"),
    ROW("GET", "/admin/roles", SOUK_READ, role_index, "staff.read", "roles and their rights"),
    ROW("POST", "/admin/roles", SOUK_WRITE, role_save, "staff.edit", "saves a role"),
    ROW("GET", "/admin/tokens/new", SOUK_READ, token_form, "token.edit", "a new token"),
    ROW("POST", "/admin/tokens/new", SOUK_WRITE, token_create, "token.edit", "makes a token"),
    ROW("GET", "/admin/audit/check", SOUK_TASK, audit_check_show, "audit.read",
        "whether the audit log is whole"),

    {.method = "POST",
     .path = "/admin/products/{id}/pictures",
     .kind = SOUK_TASK,
     .flags = STAFF,
     .handle = product_pictures,
     .right = "product.edit",
     .body_limit = UPLOAD,
     .summary = "adds pictures to a product"},
    ROW("POST", "/admin/products/{id}/copy", SOUK_WRITE, product_copy, "product.edit",
        "makes a copy of a product"),
    ROW("GET", "/admin/people/{id}/export", SOUK_TASK, person_download, "person.read",
        "all that is known of a person"),
    ROW("GET", "/admin/people/{id}/erase", SOUK_READ, person_erase_form, "person.edit",
        "asks before a person is erased"),
    ROW("POST", "/admin/people/{id}/erase", SOUK_WRITE, person_erase_now, "person.edit",
        "erases a person"),

    ROW("GET", "/admin/{resource}", SOUK_READ, resource_index, NULL, "the list of a resource"),
    {.method = "GET",
     .path = "/admin/{resource}/csv",
     .kind = SOUK_TASK,
     .flags = STAFF,
     .handle = resource_download,
     .deadline = LONG,
     .summary = "the list as CSV"},
    ROW("GET", "/admin/{resource}/new", SOUK_READ, resource_new, NULL, "the form of a new record"),
    ROW("POST", "/admin/{resource}", SOUK_WRITE, resource_create, NULL, "makes a record"),
    {.method = "POST",
     .path = "/admin/{resource}/bulk",
     .kind = SOUK_TASK,
     .flags = STAFF,
     .handle = resource_bulk,
     .deadline = LONG,
     .summary = "shows, then does, something with chosen records"},
    ROW("GET", "/admin/{resource}/{id}", SOUK_READ, resource_show, NULL, "a record"),
    ROW("POST", "/admin/{resource}/{id}", SOUK_WRITE, resource_save, NULL, "saves a record"),
    ROW("GET", "/admin/{resource}/{id}/remove", SOUK_READ, resource_remove_form, NULL,
        "asks before a record is removed"),
    ROW("POST", "/admin/{resource}/{id}/remove", SOUK_WRITE, resource_remove, NULL,
        "removes a record"),
};

const size_t admin_route_count = sizeof admin_routes / sizeof *admin_routes;
