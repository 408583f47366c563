/*
 * notify.c: calling what brings messages to people and what draws documents, and the SMTP that
 * plugins of the channel "email" send through.
 */
#include "bridge/internal.h"
#include "bridge/provider.h"

#include "base/str.h"
#include "base/utf8.h"
#include "plugin/provider.h"
#include "web/client_mail.h"

#define SEND_SPAN (45 * CLOCK_SECOND)
#define DRAW_SPAN (20 * CLOCK_SECOND)
#define WAIT_MOST (24 * 60 * 60) /* seconds; beyond a day the word is not taken */

/* ---- messages ---- */

static const struct provider *of_channel(const struct plugin_set *set, const char *channel)
{
    const struct provider *provider = NULL;
    while (set && (provider = provider_next(set, "notify", provider)) != NULL) {
        const struct souk_notify_provider *table = provider->row->table;
        if (table->channel && (!channel || strcmp(table->channel, channel) == 0))
            return provider;
    }
    return NULL;
}

int notify_ready(const struct plugin_set *set, const char *channel)
{
    return of_channel(set, channel) != NULL;
}

int notify_send(const struct provider_scope *scope, const char *channel,
                const struct souk_message *message, struct souk_message_result *result,
                struct err *err)
{
    struct provider_call call;
    struct provider_scope longer = *scope;
    const struct provider *provider = of_channel(scope->set, channel);
    *result = (struct souk_message_result){.size = sizeof *result};
    if (!provider)
        return err_set(err, SOUK_NOT_FOUND,
                       "no plugin that is on sends by %s; switch one on, such as notify_mail",
                       channel);
    if (!longer.span)
        longer.span = SEND_SPAN;
    int code =
        provider_begin(&call, &longer, "notify", souk_str(provider->row->name), "notify send", err);
    if (code != SOUK_OK)
        return code;
    const struct souk_notify_provider *table = call.provider->row->table;
    int returned = table->send(&call.ctx, message, result);
    code = provider_end(&call, returned, err);
    const struct err *said = &call.ctx.failure; /* staff read it, whatever the code */
    if (code != SOUK_OK && call.ctx.failed == 1 && said->code == code && said->text[0])
        err_set(err, code, "%s", said->text);
    result->reference = value_clean(scope->arena, result->reference);
    result->message = value_clean(scope->arena, result->message);
    result->wait = result->wait < 0 ? 0 : result->wait > WAIT_MOST ? WAIT_MOST : result->wait;
    return code;
}

/* ---- letters ---- */

#define LETTER_KEY_MOST  200
#define LETTER_VIEW_MOST ((size_t)64 << 10)

static letter_writer write_letter_row; /* set before plugins run */

void bridge_letter_use(letter_writer write)
{
    write_letter_row = write;
}

struct posting {
    struct letter letter;
    int64_t id;
};

static int write_letter(struct souk_ctx *ctx, void *arg)
{
    struct posting *posting = arg;
    struct err err = {0};
    int code =
        write_letter_row(ctx->conn, ctx->arena, &posting->letter, ctx->now, &posting->id, &err);
    return code
               ? bridge_refuse(ctx, code, "souk_letter_send %s: %s", posting->letter.name, err.text)
               : SOUK_OK;
}

static int is_word(const char *text, size_t most)
{
    size_t len = text ? strnlen(text, most + 1) : 0;
    return len > 0 && len <= most && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static const char *letter_problem(const struct souk_letter *letter, struct souk_str channel)
{
    const struct json *view = (const struct json *)letter->view;
    if (letter->size < sizeof *letter)
        return "letter.size is not sizeof(struct souk_letter)";
    if (!is_word(letter->name, 60))
        return "letter.name is that of a template, as \"notice\"";
    if (!bridge_view_ok(letter->key) || !letter->key.len || letter->key.len > LETTER_KEY_MOST ||
        !utf8_valid(letter->key))
        return "letter.key names the occasion, in 1 to 200 bytes";
    if (letter->person_id < 0 || !bridge_view_ok(letter->recipient) ||
        letter->recipient.len > 254 || !utf8_valid(letter->recipient) ||
        (!letter->person_id && !letter->recipient.len))
        return "letter.person_id or letter.recipient says who gets it";
    if (!bridge_view_ok(letter->locale) || letter->locale.len > 32 || channel.len > 40 ||
        (channel.len && !is_word(channel.ptr, 40)))
        return "letter.locale or letter.channel is none";
    if (view && view->kind != JSON_OBJECT)
        return "letter.view is no map";
    return NULL;
}

static int letter_send(struct souk_ctx *ctx, const struct souk_letter *letter, int64_t *id)
{
    if (id)
        *id = 0;
    if (!letter)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_letter_send: no letter");
    int readable = letter->size >= sizeof *letter && bridge_view_ok(letter->channel);
    struct souk_str channel = readable ? value_clean(ctx->arena, letter->channel) : souk_str("");
    const char *problem =
        readable ? letter_problem(letter, channel)
                 : "letter.size is not sizeof(struct souk_letter), or the channel cannot be read";
    if (problem)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_letter_send: %s", problem);
    const struct json *view = (const struct json *)letter->view;
    if (value_print(ctx->arena, view).len > LETTER_VIEW_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE, "souk_letter_send: over 64 KiB of view");
    const char *plain =
        arena_printf(ctx->arena, "%s/mail/%s.txt", ctx->self->name, letter->name).ptr;
    if (!site_has_template(ctx->set, plain))
        return bridge_refuse(ctx, SOUK_NOT_FOUND,
                             "souk_letter_send: the plugin's files table has no "
                             "templates/mail/%s.txt",
                             letter->name);
    if (!write_letter_row)
        return bridge_refuse(ctx, SOUK_UNAVAILABLE, "souk_letter_send: nobody writes letters here");
    struct posting posting = {
        .letter = {.plugin = ctx->self->name,
                   .name = letter->name,
                   .person_id = letter->person_id,
                   .recipient = letter->recipient.len ? letter->recipient : souk_str(""),
                   .channel = channel,
                   .locale = letter->locale.len ? letter->locale : souk_str(""),
                   .key = letter->key,
                   .view = view ? view : json_new(ctx->arena, JSON_OBJECT),
                   .marketing = letter->marketing != 0}};
    int code = bridge_write(ctx, "souk_letter_send", write_letter, &posting);
    if (code == SOUK_OK && id)
        *id = posting.id;
    return code;
}

/* ---- documents ---- */

int document_draw(const struct provider_scope *scope, const char *kind, const struct json *data,
                  const char **type, struct souk_str *file, struct err *err)
{
    struct provider_call call;
    struct provider_scope longer = *scope;
    const struct provider *provider =
        scope->set ? provider_next(scope->set, "document", NULL) : NULL;
    *file = souk_str("");
    if (!provider)
        return err_set(err, SOUK_NOT_FOUND, "no plugin that is on draws documents");
    if (!longer.span)
        longer.span = DRAW_SPAN;
    int code = provider_begin(&call, &longer, "document", souk_str(provider->row->name),
                              "document draw", err);
    if (code != SOUK_OK)
        return code;
    const struct souk_document_provider *table = call.provider->row->table;
    int returned = table->draw(&call.ctx, souk_str(kind), (const struct souk_value *)data, file);
    code = provider_end(&call, returned, err);
    if (code == SOUK_OK && (!bridge_view_ok(*file) || !file->len))
        code = err_set(err, SOUK_ERROR, "plugin \"%s\" drew an empty document",
                       provider->plugin->name);
    *type = code == SOUK_OK ? table->type : NULL;
    return code;
}

/* ---- SMTP ---- */

/* What is wrong with a mail, or NULL. */
static const char *problem_of(const struct souk_smtp_request *request)
{
    if (request->size < sizeof(struct souk_smtp_request))
        return "request.size is not sizeof(struct souk_smtp_request)";
    if (!bridge_view_ok(request->host) || !bridge_view_ok(request->user) ||
        !bridge_view_ok(request->password) || !bridge_view_ok(request->sender) ||
        !bridge_view_ok(request->recipient) || !bridge_view_ok(request->data) ||
        !bridge_view_ok(request->ca_file))
        return "a text of the request is no view";
    if (request->tls < SOUK_TLS_NONE || request->tls > SOUK_TLS_DIRECT)
        return "request.tls is none of SOUK_TLS_…";
    return NULL;
}

static struct client_mail mail_of(const struct souk_ctx *ctx,
                                  const struct souk_smtp_request *request)
{
    return (struct client_mail){
        .tls = request->tls == SOUK_TLS_NONE       ? CLIENT_MAIL_PLAIN
               : request->tls == SOUK_TLS_STARTTLS ? CLIENT_MAIL_STARTTLS
                                                   : CLIENT_MAIL_DIRECT,
        .port = request->port,
        .host = request->host,
        .user = request->user,
        .password = request->password,
        .sender = request->sender,
        .recipient = request->recipient,
        .data = request->data,
        .ca_file = request->ca_file,
        .timeout = request->timeout_ms > 0 ? request->timeout_ms * CLOCK_MS : 0,
        .deadline = ctx->deadline,
    };
}

static int smtp(struct souk_ctx *ctx, const struct souk_smtp_request *request,
                const struct souk_smtp_response **response)
{
    struct err err = {0};
    struct client_mail_reply reply;
    if (ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_smtp in %s call; the network is for TASK routes, jobs, "
                             "listeners and commands",
                             bridge_kind_name(ctx->kind));
    if (!request || !response)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_smtp: no request or no place");
    *response = NULL;
    const char *problem = problem_of(request);
    if (problem)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_smtp: %s", problem);
    query_release(ctx);
    struct client_mail mail = mail_of(ctx, request);
    if (client_mail_send(ctx->arena, &mail, &reply, &err) != SOUK_OK)
        return bridge_refuse_err(ctx, &err);
    struct souk_smtp_response *out = arena_new(ctx->arena, struct souk_smtp_response);
    *out = (struct souk_smtp_response){
        .size = sizeof *out, .code = reply.code, .text = value_clean(ctx->arena, reply.text)};
    *response = out;
    return SOUK_OK;
}

const struct souk_notify_api notify_table = {
    .size = sizeof notify_table, .smtp = smtp, .send = letter_send};
