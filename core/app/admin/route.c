/*
 * route: the admin pages, read from top to bottom: method, path, where it runs, the right that it
 * takes. Those below /admin/{resource} ask for the right of the resource that the path names
 * (resource_enter), so their rows have none.
 */
#include "app/admin/route.h"

#include <souk/plugin.h>
#include "base/clock.h"

#define UPLOAD ((size_t)64 << 20)
#define FORM   ((size_t)4 << 20) /* a product of 2,000 variants */
#define LONG   (10 * CLOCK_MINUTE)

/* The last ones are what the row has besides: limits. */
#define OPEN(verb, where, runs, fn, words, ...)                                                    \
    {                                                                                              \
        .method = verb, .path = where, .kind = runs, .handle = fn, .summary = words, __VA_ARGS__   \
    }
#define ROW(verb, where, runs, fn, may, words, ...)                                                \
    OPEN(verb, where, runs, fn, words, .flags = ROUTE_STAFF, .right = may, __VA_ARGS__)

const struct web_route admin_routes[] = {
    OPEN("GET", "/admin/sign-in", SOUK_READ, sign_in_form, "signing in: address and password"),
    OPEN("POST", "/admin/sign-in", SOUK_TASK, sign_in_password, "checks the password", .rate = 60),
    OPEN("GET", "/admin/sign-in/code", SOUK_READ, sign_in_code_form, "signing in: the code"),
    OPEN("POST", "/admin/sign-in/code", SOUK_WRITE, sign_in_code, "checks the code", .rate = 60),
    OPEN("GET", "/admin/sign-in/setup", SOUK_READ, sign_in_setup_form,
         "setting up the second step"),
    OPEN("POST", "/admin/sign-in/setup", SOUK_WRITE, sign_in_setup,
         "keeps the second step when a code fits", .rate = 60),
    ROW("POST", "/admin/sign-out", SOUK_WRITE, sign_out, NULL, "signs out"),

    ROW("GET", "/admin/password", SOUK_READ, password_form, NULL,
        "one's own account: password and sessions"),
    ROW("POST", "/admin/password", SOUK_TASK, password_change, NULL, "changes one's own password",
        .rate = 10),
    ROW("POST", "/admin/password/sessions", SOUK_WRITE, staff_session_close, NULL,
        "signs out elsewhere"),

    ROW("GET", "/admin", SOUK_TASK, dashboard_show, NULL, "the overview"),

    ROW("GET", "/admin/plugins", SOUK_TASK, plugin_index, "plugin.read", "the plugins"),
    ROW("GET", "/admin/plugins/{name}", SOUK_TASK, plugin_page, "plugin.read",
        "a plugin and the form of its options"),
    ROW("POST", "/admin/plugins/{name}", SOUK_TASK, plugin_page_save, "plugin.edit",
        "sets options of a plugin", .deadline = LONG),
    ROW("POST", "/admin/plugins/{name}/{step}", SOUK_TASK, plugin_page_switch, "plugin.edit",
        "enable, disable, reload", .deadline = LONG),

    ROW("GET", "/admin/import", SOUK_TASK, import_page_form, "import.run", "imports"),
    ROW("POST", "/admin/import", SOUK_TASK, import_page_start, "import.run", "starts an import",
        .body_limit = UPLOAD, .deadline = LONG),
    ROW("GET", "/admin/import/{id}", SOUK_READ, import_page_show, "import.run",
        "how an import stands"),
    ROW("POST", "/admin/import/{id}/cancel", SOUK_TASK, import_page_cancel, "import.run",
        "stops an import after what it is at"),
    ROW("GET", "/admin/import/{id}/rejects", SOUK_TASK, import_page_rejects, "import.run",
        "the rows that were refused, as a file"),

    ROW("GET", "/admin/staff/new", SOUK_READ, staff_new_form, "staff.edit", "a new staff member"),
    ROW("POST", "/admin/staff/new", SOUK_TASK, staff_new, "staff.edit", "makes a staff member"),
    ROW("GET", "/admin/roles", SOUK_READ, role_index, "staff.read", "roles and their rights"),
    ROW("POST", "/admin/roles", SOUK_WRITE, role_save, "staff.edit", "saves a role"),
    ROW("GET", "/admin/tokens/new", SOUK_READ, token_form, "token.edit", "a new token"),
    ROW("POST", "/admin/tokens/new", SOUK_WRITE, token_create, "token.edit", "makes a token"),
    ROW("GET", "/admin/audit/check", SOUK_TASK, audit_check_show, "audit.read",
        "whether the audit log is whole"),

    ROW("POST", "/admin/products/{id}/pictures", SOUK_TASK, product_pictures, "product.edit",
        "adds pictures to a product", .body_limit = UPLOAD),
    ROW("POST", "/admin/products/{id}/copy", SOUK_WRITE, product_copy, "product.edit",
        "makes a copy of a product"),
    ROW("POST", "/admin/categories/{id}/move", SOUK_WRITE, category_move, "category.edit",
        "moves a category up or down"),
    ROW("POST", "/admin/categories/{id}/picture", SOUK_TASK, category_picture, "category.edit",
        "gives a category its picture", .body_limit = UPLOAD),
    ROW("POST", "/admin/people/{id}/unmerge", SOUK_WRITE, person_part, "person.edit",
        "takes a merge of two people back"),
    ROW("GET", "/admin/people/{id}/export", SOUK_TASK, person_download, "person.read",
        "all that is known of a person"),
    ROW("GET", "/admin/people/{id}/erase", SOUK_READ, person_erase_form, "person.edit",
        "asks before a person is erased"),
    ROW("POST", "/admin/people/{id}/erase", SOUK_WRITE, person_erase_now, "person.edit",
        "erases a person"),

    ROW("GET", "/admin/orders/slips", SOUK_READ, order_slips, "order.read",
        "packing slips of chosen orders, to be printed"),
    ROW("GET", "/admin/orders/{id}/edit", SOUK_TASK, order_edit_form, "order.edit",
        "the form that changes an order"),
    ROW("POST", "/admin/orders/{id}/edit", SOUK_TASK, order_edit_save, "order.edit",
        "changes an order"),
    ROW("GET", "/admin/orders/{id}/refund", SOUK_TASK, order_refund_form, "order.refund",
        "chooses what is paid back"),
    ROW("POST", "/admin/orders/{id}/refund", SOUK_TASK, order_refund_take, "order.refund",
        "shows the exact sum, then pays back"),
    ROW("GET", "/admin/orders/{id}/slip", SOUK_TASK, order_slip, "order.read",
        "the packing slip of an order"),
    ROW("POST", "/admin/orders/{id}/note", SOUK_TASK, order_add_note, "order.edit",
        "writes a note"),
    ROW("POST", "/admin/orders/{id}/ask-return", SOUK_TASK, order_ask_return, "order.edit",
        "asks for goods back on a customer's behalf"),
    ROW("POST", "/admin/orders/{id}/{step}", SOUK_TASK, order_take_step, NULL,
        "a step of an order; the step says which right it takes"),
    ROW("GET", "/admin/shipments/{id}/label", SOUK_TASK, shipment_label, "order.ship",
        "the label of a parcel"),
    ROW("POST", "/admin/shipments/{id}/{step}", SOUK_TASK, shipment_take_step, "order.ship",
        "a step of a parcel"),
    ROW("GET", "/admin/match", SOUK_TASK, match_show, "order.read",
        "money that could not be put to an order"),
    ROW("POST", "/admin/match/{id}", SOUK_TASK, match_settle, "order.edit",
        "says whose money it is"),
    ROW("POST", "/admin/returns/{id}/{step}", SOUK_TASK, return_take_step, NULL,
        "a step of a return; the step says which right it takes"),

    ROW("GET", "/admin/offers", SOUK_TASK, offer_admin, "promotion.read",
        "what the rules of upsell brought"),
    ROW("GET", "/admin/promotions", SOUK_TASK, promotion_index, "promotion.read",
        "promotions with their state and what they gave"),
    OPEN("GET", "/admin/promotions/preview", SOUK_TASK, promotion_preview,
         "a dry run as a shopper would see it, for who has its link", .rate = 60),
    ROW("POST", "/admin/promotions/reload", SOUK_TASK, promotion_read_again, "promotion.edit",
        "reads the files of the rules again", .deadline = LONG),
    ROW("GET", "/admin/promotions/{id}", SOUK_TASK, promotion_show, "promotion.read",
        "a promotion: source, numbers, dry run"),
    ROW("POST", "/admin/promotions/{id}/switch", SOUK_TASK, promotion_turn, "promotion.edit",
        "switches a promotion on or off"),

    ROW("GET", "/admin/messages/preview", SOUK_TASK, message_preview_show, "message.read",
        "how messages look"),
    ROW("GET", "/admin/messages/preview/html", SOUK_TASK, message_preview_html, "message.read",
        "a message as a mail program shows it"),

    ROW("GET", "/admin/{resource}", SOUK_READ, resource_index, NULL, "the list of a resource"),
    ROW("GET", "/admin/{resource}/csv", SOUK_TASK, resource_download, NULL, "the list as CSV",
        .deadline = LONG),
    ROW("GET", "/admin/{resource}/new", SOUK_READ, resource_new, NULL, "the form of a new record"),
    ROW("POST", "/admin/{resource}", SOUK_WRITE, resource_create, NULL, "makes a record",
        .body_limit = FORM),
    ROW("POST", "/admin/{resource}/bulk", SOUK_TASK, resource_bulk, NULL,
        "shows, then does, something with chosen records", .deadline = LONG),
    ROW("GET", "/admin/{resource}/{id}", SOUK_READ, resource_show, NULL, "a record"),
    ROW("POST", "/admin/{resource}/{id}", SOUK_WRITE, resource_save, NULL, "saves a record",
        .body_limit = FORM),
    ROW("GET", "/admin/{resource}/{id}/remove", SOUK_READ, resource_remove_form, NULL,
        "asks before a record is removed"),
    ROW("POST", "/admin/{resource}/{id}/remove", SOUK_WRITE, resource_remove, NULL,
        "removes a record"),
};

const size_t admin_route_count = sizeof admin_routes / sizeof *admin_routes;
