/*
 * lines: the merchant's own words, one rule a line, the cells divided by "|". A line that begins
 * with # is for people. What cannot be read refuses the plugin, and says which line and why.
 */
#include "post.h"

struct souk_str lines_cut(struct souk_str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t' || text.ptr[0] == '\r'))
        text.ptr++, text.len--;
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t' ||
                        text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

int lines_part(struct souk_str *rest, char sign, struct souk_str *part)
{
    size_t at = 0;
    if (!rest->ptr)
        return 0;
    while (at < rest->len && rest->ptr[at] != sign)
        at++;
    *part = lines_cut((struct souk_str){rest->ptr, at});
    if (at == rest->len) {
        rest->ptr = NULL;
        rest->len = 0;
    } else {
        rest->ptr += at + 1;
        rest->len -= at + 1;
    }
    return 1;
}

void table_begin(struct table *table, struct souk_ctx *ctx, const char *option)
{
    memset(table, 0, sizeof *table);
    table->ctx = ctx;
    table->option = option;
    table->rest = souk_option_text(ctx, option);
    if (table->rest.len == 0)
        table->rest.ptr = NULL;
}

int table_bad(const struct table *table, const char *why)
{
    return souk_fail(table->ctx, SOUK_INVALID, "%s, line %d \"%.*s\": %s", table->option,
                     table->number, SOUK_PRI(table->line), why);
}

int table_next(struct table *table)
{
    struct souk_str line, cell;
    while (lines_part(&table->rest, '\n', &line)) {
        table->number++;
        table->line = line;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        table->count = 0;
        while (lines_part(&line, '|', &cell)) {
            if (table->count == CELLS_MOST)
                return table_bad(table, "there are too many cells");
            table->cells[table->count++] = cell;
        }
        return 1;
    }
    return 0;
}

int lines_price(struct souk_str text, int64_t *thousandths)
{
    int64_t whole = 0, part = 0, unit = 1000;
    size_t i = 0, digits = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && whole < 1000000000;
         i++, digits++)
        whole = whole * 10 + (text.ptr[i] - '0');
    if (i < text.len && (text.ptr[i] == '.' || text.ptr[i] == ',')) {
        for (i++; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && unit > 1; i++) {
            unit /= 10;
            part += (text.ptr[i] - '0') * unit;
        }
    }
    *thousandths = whole * 1000 + part;
    return digits > 0 && i == text.len;
}

int64_t lines_minor(int64_t thousandths, struct souk_str currency)
{
    static const char *const whole[] = {"JPY", "KRW", "CLP", "ISK", "VND",
                                        "XAF", "XOF", "UGX", NULL};
    static const char *const fine[] = {"KWD", "BHD", "JOD", "OMR", "TND", "IQD", "LYD", NULL};
    for (int i = 0; whole[i]; i++)
        if (souk_str_is(currency, whole[i]))
            return (thousandths + 500) / 1000;
    for (int i = 0; fine[i]; i++)
        if (souk_str_is(currency, fine[i]))
            return thousandths;
    return (thousandths + 5) / 10;
}
