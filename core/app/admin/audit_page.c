/*
 * audit_page.c: whether the audit log is whole: walks the chain of hashes from its first row.
 */
#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "store/audit.h"

int audit_check_show(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t broken = 0;
    int code = audit_check(request_conn(request), &broken);
    if (code && code != SOUK_CONFLICT)
        return code;
    const char *words =
        code ? arena_printf(&request->arena, "the chain is broken at row %lld", (long long)broken)
                   .ptr
             : "the chain is whole: no row was changed, taken out or put in";
    return admin_message(request, 200, "Audit log", words, "/admin/audit");
}
