/*
 * descriptor_admin.c: checks the admin resources that a plugin declares.
 *
 * The core makes SQL from names in these tables, so they must be names and nothing else: letters,
 * digits and underscores, and the table one of the plugin's own. Whether table and columns are
 * there is found by the first query, which says so to who opens the page.
 *
 * Threads: any; no state.
 */
#include "plugin/descriptor_rows.h"

#include <stdio.h>

#define NAME_LONGEST 48

static int check_field(const struct row_check *check, size_t row, const struct souk_resource *one,
                       size_t at)
{
    const struct souk_field *fields = one->fields.items, *field = &fields[at];
    int type = field->type;
    int known = type == SOUK_STRING || type == SOUK_TEXT || type == SOUK_INT || type == SOUK_BOOL ||
                type == SOUK_MONEY || type == SOUK_RATE || type == SOUK_CHOICE || type == SOUK_TIME;
    if (!field->column || !descriptor_is_name(field->column, NAME_LONGEST) || !field->label)
        return descriptor_wrong(check, "resources", row,
                                "%s: fields[%zu] needs a column, a name of a-z 0-9 _, and a label",
                                one->name, at);
    if (strcmp(field->column, "id") == 0 && field->flags & SOUK_FIELD_EDIT)
        return descriptor_wrong(check, "resources", row,
                                "%s: the column id is the key; take SOUK_FIELD_EDIT off it",
                                one->name);
    if (!known)
        return descriptor_wrong(check, "resources", row,
                                "%s.%s: type %d is none of SOUK_STRING, _TEXT, _INT, _BOOL, "
                                "_MONEY, _RATE, _CHOICE, _TIME",
                                one->name, field->column, type);
    if (type == SOUK_CHOICE && (!field->choices || !field->choices[0]))
        return descriptor_wrong(check, "resources", row, "%s.%s: SOUK_CHOICE without choices",
                                one->name, field->column);
    for (size_t k = 0; k < at; k++)
        if (strcmp(fields[k].column, field->column) == 0)
            return descriptor_wrong(check, "resources", row, "%s.%s stands there twice", one->name,
                                    field->column);
    return 0;
}

static int check_actions(const struct row_check *check, size_t row, const struct souk_resource *one)
{
    const struct souk_action *actions = one->actions.items;
    for (size_t i = 0; i < one->actions.count; i++)
        if (!actions[i].name || !descriptor_is_name(actions[i].name, NAME_LONGEST) ||
            !actions[i].label || !actions[i].run)
            return descriptor_wrong(check, "resources", row,
                                    "%s: actions[%zu] needs a name of a-z 0-9 _, a label and run",
                                    one->name, i);
    return 0;
}

static int check_resource(const struct row_check *check, size_t row,
                          const struct souk_resource *one)
{
    char prefix[64];
    int len = snprintf(prefix, sizeof prefix, "p_%s_", check->plugin);
    if (!one->name || !descriptor_is_name(one->name, NAME_LONGEST) || !one->title || !one->one)
        return descriptor_wrong(check, "resources", row,
                                "needs a name of a-z 0-9 _, a title and one (its singular)");
    if (!one->table || !descriptor_is_name(one->table, 100) ||
        strncmp(one->table, prefix, (size_t)len) != 0)
        return descriptor_wrong(check, "resources", row, "%s: table \"%s\" does not begin with %s",
                                one->name, one->table ? one->table : "", prefix);
    if (one->fields.count == 0)
        return descriptor_wrong(check, "resources", row, "%s has no fields", one->name);
    if (one->fields.count > SOUK_FIELDS_MOST)
        return descriptor_wrong(check, "resources", row, "%s has more than %d fields", one->name,
                                SOUK_FIELDS_MOST);
    for (size_t i = 0; i < one->fields.count; i++)
        if (check_field(check, row, one, i))
            return SOUK_INVALID;
    return check_actions(check, row, one);
}

int descriptor_check_resources(const struct row_check *check, const struct descriptor *d)
{
    for (size_t i = 0; i < d->resources_count; i++) {
        if (check_resource(check, i, &d->resources[i]))
            return SOUK_INVALID;
        for (size_t k = 0; k < i; k++)
            if (strcmp(d->resources[k].name, d->resources[i].name) == 0)
                return descriptor_wrong(check, "resources", i, "%s stands there twice",
                                        d->resources[i].name);
    }
    return 0;
}
