/*
 * catalogue.c: the version of the catalogue and which products made it. Older rows are swept by a
 * job.
 */
#include "shop/catalogue.h"

#include "shop/catalogue.sql.h"

int catalogue_bump(struct db_conn *conn, int64_t product_id)
{
    int code = db_run(conn, &sql_catalogue_advance, NULL);
    if (code == 0 && product_id != 0)
        code = db_run(conn, &sql_catalogue_note, NULL, DB_INT(product_id));
    return code;
}

int catalogue_bump_products(struct db_conn *conn, struct souk_str ids)
{
    return db_run(conn, &sql_catalogue_note_products, NULL, DB_TEXT(ids));
}
