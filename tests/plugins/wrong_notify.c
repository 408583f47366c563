/*
 * wrong_notify: sends mail and keeps every rule, or breaks the one that its option `wrong` names:
 * what the conformance suite is tried with.
 */
#include <souk.h>

#include <stdio.h>

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

/* Quoted-printable, every byte that is not plain. */
static struct souk_str quoted(struct souk_ctx *ctx, struct souk_str text)
{
    char *to = souk_alloc(ctx, text.len * 6 + 8);
    size_t len = 0, column = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n') {
            len += (size_t)snprintf(to + len, 3, "\r\n");
            column = 0;
            continue;
        }
        if (column > 70) {
            len += (size_t)snprintf(to + len, 4, "=\r\n");
            column = 0;
        }
        int plain = c > 32 && c < 127 && c != '=' && c != '.';
        if (plain)
            to[len++] = (char)c;
        else
            len += (size_t)snprintf(to + len, 4, "=%02X", c);
        column += plain ? 1 : 3;
    }
    return (struct souk_str){to, len};
}

/* An encoded word for each 30 bytes, cut between characters. */
static struct souk_str word(struct souk_ctx *ctx, struct souk_str text)
{
    struct souk_str out = souk_str("");
    size_t at = 0;
    while (at < text.len) {
        char hex[200];
        size_t len = 0, from = at;
        while (at < text.len && (at - from < 30 || ((unsigned char)text.ptr[at] & 0xC0) == 0x80))
            len += (size_t)snprintf(hex + len, 4, "=%02X", (unsigned char)text.ptr[at++]);
        out = souk_printf(ctx, "%.*s%s=?UTF-8?Q?%s?=", SOUK_PRI(out), out.len ? "\r\n " : "", hex);
    }
    return out;
}

static int has_break(struct souk_str text)
{
    return text.len && (memchr(text.ptr, '\n', text.len) || memchr(text.ptr, '\r', text.len));
}

static struct souk_str mail_of(struct souk_ctx *ctx, const struct souk_message *message,
                               struct souk_str id)
{
    struct souk_str text =
        wrong(ctx, "text-exact")
            ? souk_printf(ctx, "%.*s", (int)(message->text.len < 900 ? message->text.len : 900),
                          message->text.ptr)
            : message->text;
    struct souk_str subject =
        wrong(ctx, "no-injection") ? message->subject : word(ctx, message->subject);
    struct souk_str head = souk_printf(
        ctx,
        "Message-ID: %.*s\r\n%sFrom: shop@shop.example\r\nTo: %.*s <%.*s>\r\nSubject: %.*s\r\nMIME-Version: 1.0\r\n",
        SOUK_PRI(id), wrong(ctx, "one-receiver") ? "Cc: boss@shop.example\r\n" : "",
        SOUK_PRI(word(ctx, message->recipient_name)), SOUK_PRI(message->recipient),
        SOUK_PRI(subject));
    if (message->html.len == 0)
        return souk_printf(
            ctx,
            "%.*sContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
            "quoted-printable\r\n\r\n%.*s\r\n",
            SOUK_PRI(head), SOUK_PRI(quoted(ctx, text)));
    if (wrong(ctx, "text-always"))
        return souk_printf(
            ctx,
            "%.*sContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: "
            "quoted-printable\r\n\r\n%.*s\r\n",
            SOUK_PRI(head), SOUK_PRI(quoted(ctx, message->html)));
    return souk_printf(
        ctx,
        "%.*sContent-Type: multipart/alternative; boundary=\"b0\"\r\n\r\n"
        "--b0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\n%.*s\r\n--b0\r\nContent-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n%.*s\r\n--b0--\r\n",
        SOUK_PRI(head), SOUK_PRI(quoted(ctx, text)), SOUK_PRI(quoted(ctx, message->html)));
}

static int judge(struct souk_ctx *ctx, const struct souk_smtp_response *said,
                 struct souk_message_result *result)
{
    int unknown =
        said->code == 550 && said->text.len >= 5 && memcmp(said->text.ptr, "5.1.1", 5) == 0;
    int full = said->code == 552 && wrong(ctx, "unknown-suppressed");
    result->message = said->text;
    result->suppress = unknown || full;
    if (said->code >= 200 && said->code < 300)
        return SOUK_OK;
    if (said->code >= 500 && !wrong(ctx, "refused-final"))
        return souk_fail(ctx, SOUK_INVALID, "the server refuses: %.*s", SOUK_PRI(said->text));
    return souk_fail(ctx, SOUK_UNAVAILABLE, "the server says: %.*s", SOUK_PRI(said->text));
}

static int send(struct souk_ctx *ctx, const struct souk_message *message,
                struct souk_message_result *result)
{
    const struct souk_smtp_response *response = NULL;
    struct souk_str id = wrong(ctx, "send-once")
                             ? souk_printf(ctx, "<%lld@shop.example>", (long long)souk_new_id(ctx))
                             : souk_printf(ctx, "<%.*s@shop.example>", SOUK_PRI(message->key));
    if (has_break(message->recipient) ||
        memchr(message->recipient.ptr, ',', message->recipient.len))
        return souk_fail(ctx, SOUK_INVALID, "the address is none");
    struct souk_smtp_request request = {.size = sizeof(request),
                                        .tls = SOUK_TLS_STARTTLS,
                                        .port = 587,
                                        .host = souk_str("mail.example"),
                                        .user = souk_str("shop"),
                                        .password = souk_option_text(ctx, "password"),
                                        .sender = souk_str("bounces@shop.example"),
                                        .recipient = message->recipient,
                                        .data = mail_of(ctx, message, id)};
    if (wrong(ctx, "no-secrets"))
        souk_log(ctx, SOUK_LOG_INFO, "signing in with %.*s", SOUK_PRI(request.password));
    int code = souk_smtp(ctx, &request, &response);
    if (code != SOUK_OK && wrong(ctx, "delayed-again"))
        return souk_fail(ctx, SOUK_INVALID, "the server is away");
    if (code != SOUK_OK)
        return code;
    result->reference = id;
    return judge(ctx, response, result);
}

/* clang-format off */
static const struct souk_notify_provider provider = {
    .size = sizeof(struct souk_notify_provider), .channel = "email", .label = "Mail", .send = send,
};
static const struct souk_option options[] = {
    {"wrong", SOUK_STRING, 0, "", "The rule to break"},
    {"password", SOUK_SECRET, SOUK_REQUIRED, NULL, "The password at the server"},
};
static const struct souk_provider providers[] = {{"notify", "wrong", &provider}};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "wrong_notify", .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .providers = SOUK_TABLE(providers)};
