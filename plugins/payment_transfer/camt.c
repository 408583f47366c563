/*
 * camt.c: money that came, out of a CAMT.053 statement (ISO 20022), any version. Elements are known
 * by the end of their path, so that namespaces and wrappers of banks do not matter. Only credits
 * that are booked and not reversals count. An entry that stands for several transfers gives one for
 * each.
 *
 * The file is from outside: a document type is refused (no entities of its own), and so is what
 * expat refuses.
 */
#include "transfer.h"

#include <expat.h>

#define PATH_MOST 400
#define TEXT_MOST 600

struct found { /* of an entry or of one transfer in it */
    struct souk_str reference, end_to_end, rf, text, payer, account, currency;
    int64_t amount;
};

struct reading {
    struct souk_ctx *ctx;
    XML_Parser parser;
    struct statement *statement;
    char path[PATH_MOST], text[TEXT_MOST];
    size_t path_len, text_len;
    int depth_lost; /* elements below a path that is too long */
    struct souk_str statement_id, entry_reference, day, currency;
    struct found entry, part;
    int64_t entry_amount;
    int credit, booked, reversal, parts, entries, problem;
};

static struct souk_str text_of(struct reading *in)
{
    return souk_copy(in->ctx, statement_trim((struct souk_str){in->text, in->text_len}));
}

static int ends(const struct reading *in, const char *tail)
{
    size_t len = strlen(tail);
    return in->path_len >= len && memcmp(in->path + in->path_len - len, tail, len) == 0;
}

static int inside(const struct reading *in, const char *part)
{
    return strstr(in->path, part) != NULL;
}

static void stop(struct reading *in, const char *why)
{
    if (in->problem)
        return;
    in->problem = SOUK_INVALID;
    souk_fail(in->ctx, SOUK_INVALID, "line %lu: %s",
              (unsigned long)XML_GetCurrentLineNumber(in->parser), why);
    XML_StopParser(in->parser, XML_FALSE);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *sysid,
                               const XML_Char *pubid, int internal)
{
    (void)name, (void)sysid, (void)pubid, (void)internal;
    stop(user, "a statement has no document type");
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *in = user;
    const char *colon = strrchr(name, ':');
    const char *local = colon ? colon + 1 : name;
    size_t len = strlen(local);
    if (in->path_len + len + 2 > PATH_MOST || in->depth_lost) {
        in->depth_lost++;
        return;
    }
    in->path[in->path_len++] = '/';
    memcpy(in->path + in->path_len, local, len + 1);
    in->path_len += len;
    in->text_len = 0;
    if (ends(in, "/Ntry")) {
        memset(&in->entry, 0, sizeof in->entry);
        in->entry_reference = in->day = souk_str("");
        in->entry_amount = 0;
        in->credit = in->booked = in->reversal = in->parts = 0;
        in->entries++;
    }
    if (ends(in, "/TxDtls"))
        memset(&in->part, 0, sizeof in->part);
    if (ends(in, "/Amt"))
        for (int i = 0; attributes[i]; i += 2)
            if (strcmp(attributes[i], "Ccy") == 0)
                in->currency = souk_copy(in->ctx, souk_str(attributes[i + 1]));
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
    struct reading *in = user;
    size_t room = TEXT_MOST - in->text_len, take = (size_t)len < room ? (size_t)len : room;
    memcpy(in->text + in->text_len, text, take);
    in->text_len += take;
}

static void put_amount(struct reading *in, int64_t *amount, struct souk_str *currency)
{
    if (!souk_amount(text_of(in), in->currency, amount))
        stop(in, "this is no amount with its currency");
    *currency = in->currency;
}

static struct souk_str put_together(struct reading *in, struct souk_str one, struct souk_str other)
{
    return one.len ? souk_printf(in->ctx, "%.*s %.*s", SOUK_PRI(one), SOUK_PRI(other)) : other;
}

/* What an entry and a transfer in it have alike. */
static void read_found(struct reading *in, struct found *found)
{
    if (ends(in, "/RmtInf/Strd/CdtrRefInf/Ref"))
        found->rf = text_of(in);
    else if (ends(in, "/RmtInf/Ustrd"))
        found->text = put_together(in, found->text, text_of(in));
    else if (ends(in, "/Dbtr/Nm") || ends(in, "/Dbtr/Pty/Nm"))
        found->payer = text_of(in);
    else if (ends(in, "/DbtrAcct/Id/IBAN") || ends(in, "/DbtrAcct/Id/Othr/Id"))
        found->account = text_of(in);
    else if (ends(in, "/Refs/EndToEndId"))
        found->end_to_end = text_of(in);
    else if (ends(in, "/Refs/AcctSvcrRef") || (ends(in, "/Refs/TxId") && !found->reference.len))
        found->reference = text_of(in);
}

static void add(struct reading *in, const struct found *found, int64_t amount, int part)
{
    struct entry *entry = statement_add(in->ctx, in->statement);
    struct souk_str base = in->entry_reference;
    if (!entry) {
        stop(in, "a statement has at most 5000 entries");
        return;
    }
    if (!base.len) /* a bank that names nothing: by its place in the statement */
        base = souk_printf(in->ctx, "%.*s/%d", SOUK_PRI(in->statement_id), in->entries);
    entry->reference =
        found->reference.len && part
            ? souk_printf(in->ctx, "%.*s/%.*s", SOUK_PRI(base), SOUK_PRI(found->reference))
        : part > 1 ? souk_printf(in->ctx, "%.*s/%d", SOUK_PRI(base), part)
                   : base;
    entry->rf = found->rf;
    entry->text = put_together(in, found->text,
                               souk_str_is(found->end_to_end, "NOTPROVIDED") ? souk_str("")
                                                                             : found->end_to_end);
    entry->payer = found->payer;
    entry->account = found->account;
    entry->currency = found->currency.len ? found->currency : in->entry.currency;
    entry->amount = amount;
    entry->day = in->day;
}

static void end_entry(struct reading *in)
{
    int good = in->credit && in->booked && !in->reversal;
    if (good && in->parts == 0)
        add(in, &in->entry, in->entry_amount, 0);
    in->credit = 0;
}

/* One transfer in an entry without a sum of its own is all of it. */
static void end_part(struct reading *in)
{
    in->parts++;
    if (in->credit && in->booked && !in->reversal)
        add(in, &in->part, in->part.amount ? in->part.amount : in->entry_amount, in->parts);
}

static void read_entry(struct reading *in)
{
    if (ends(in, "/Ntry/Amt"))
        put_amount(in, &in->entry_amount, &in->entry.currency);
    else if (ends(in, "/Ntry/CdtDbtInd"))
        in->credit = souk_str_is(text_of(in), "CRDT");
    else if (ends(in, "/Ntry/RvslInd"))
        in->reversal = souk_str_is(text_of(in), "true") || souk_str_is(text_of(in), "1");
    else if (ends(in, "/Ntry/Sts") || ends(in, "/Ntry/Sts/Cd"))
        in->booked |= souk_str_is(text_of(in), "BOOK");
    else if (ends(in, "/Ntry/AcctSvcrRef") ||
             (ends(in, "/Ntry/NtryRef") && !in->entry_reference.len))
        in->entry_reference = text_of(in);
    else if (ends(in, "/Ntry/BookgDt/Dt") || ends(in, "/Ntry/BookgDt/DtTm"))
        in->day = text_of(in);
    else if (ends(in, "/TxDtls/Amt") || ends(in, "/TxDtls/AmtDtls/TxAmt/Amt"))
        put_amount(in, &in->part.amount, &in->part.currency);
    else if (ends(in, "/TxDtls"))
        end_part(in);
    else if (ends(in, "/Ntry"))
        end_entry(in);
    else
        read_found(in, inside(in, "/TxDtls/") ? &in->part : &in->entry);
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    struct reading *in = user;
    (void)name;
    if (in->depth_lost) {
        in->depth_lost--;
        return;
    }
    if (ends(in, "/Stmt/Id"))
        in->statement_id = text_of(in);
    if (inside(in, "/Stmt/Ntry"))
        read_entry(in);
    while (in->path_len > 0 && in->path[in->path_len] != '/')
        in->path_len--;
    in->path[in->path_len] = '\0';
    in->text_len = 0;
}

int statement_camt(struct souk_ctx *ctx, struct souk_str bytes, struct statement *statement)
{
    struct reading *in = souk_alloc(ctx, sizeof *in);
    memset(in, 0, sizeof *in);
    in->ctx = ctx;
    in->statement = statement;
    in->statement_id = in->currency = souk_str("");
    in->parser = XML_ParserCreate(NULL);
    if (!in->parser)
        return souk_fail(ctx, SOUK_ERROR, "no memory for the statement");
    XML_SetUserData(in->parser, in);
    XML_SetElementHandler(in->parser, on_start, on_end);
    XML_SetCharacterDataHandler(in->parser, on_text);
    XML_SetStartDoctypeDeclHandler(in->parser, on_doctype);
    int good = XML_Parse(in->parser, bytes.ptr, (int)bytes.len, 1) == XML_STATUS_OK;
    int code = in->problem ? in->problem : SOUK_OK;
    if (!good && !in->problem)
        code = souk_fail(ctx, SOUK_INVALID, "line %lu: %s",
                         (unsigned long)XML_GetCurrentLineNumber(in->parser),
                         XML_ErrorString(XML_GetErrorCode(in->parser)));
    XML_ParserFree(in->parser);
    if (code == SOUK_OK && !in->statement_id.len && in->entries == 0)
        return souk_fail(ctx, SOUK_INVALID, "this is no CAMT.053 statement");
    return code;
}
