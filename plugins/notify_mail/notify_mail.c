/*
 * notify_mail: the provider of "email": messages of the shop as mails, handed to an SMTP server,
 * signed with DKIM when there is a key.
 *
 * What the server says decides (souk/notify.h): 4xx is tried again, 5xx is not. A refused password
 * is nobody's fault but the configuration's: the message waits. An address is given up only when
 * the server says that there is no such mailbox: a full one, or a refused content, may be good the
 * next time.
 */
#include <souk.h>
#include <string.h>

#include "dkim.h"
#include "mime.h"

static struct settings {
    int32_t tls, port;
    struct souk_str host, user, password, ca_file;
    struct souk_str sender, name, reply_to;
    struct souk_str dkim_domain, dkim_selector;
    struct dkim_key *dkim;
} settings;

/* ---- options ---- */

static const char *const tls_choices[] = {"starttls", "direct", "none", NULL};

static const struct souk_option options[] = {
    {"host", SOUK_STRING, SOUK_REQUIRED, NULL, "The SMTP server that takes mails of this shop"},
    {"port", SOUK_INT, 0, "0", "Its port; 0: 587 with starttls, 465 with direct, 25 with none", 0,
     65535},
    {"tls", SOUK_CHOICE, 0, "starttls",
     "starttls and direct are required to work; none is for a server on this machine", 0, 0,
     tls_choices},
    {"user", SOUK_STRING, 0, NULL, "Who signs in there; empty: nobody does"},
    {"password", SOUK_SECRET, 0, NULL, "The password of that user"},
    {"ca_file", SOUK_STRING, 0, NULL, "Certificates to believe (PEM), instead of the system's"},
    {"sender", SOUK_STRING, SOUK_REQUIRED, NULL,
     "The address that mails come from, and that bounces go to"},
    {"name", SOUK_STRING, 0, NULL, "The name that stands with it, such as the shop's"},
    {"reply_to", SOUK_STRING, 0, NULL, "Where answers go; empty: to the sender"},
    {"dkim_domain", SOUK_STRING, 0, NULL, "The domain that signs; empty: that of the sender"},
    {"dkim_selector", SOUK_STRING, 0, "souk",
     "The name under which its public key stands: <selector>._domainkey.<domain>"},
    {"dkim_key", SOUK_SECRET, 0, NULL, "The private RSA key (PEM); without it nothing is signed"},
};

static int is_here(struct souk_str host)
{
    static const char *const here[] = {"localhost", "127.0.0.1", "::1", "[::1]", NULL};
    for (int i = 0; here[i]; i++)
        if (souk_str_is(host, here[i]))
            return 1;
    return host.len > 4 && memcmp(host.ptr, "127.", 4) == 0;
}

static int is_name(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.' || c == '_'))
            return 0;
    }
    return text.len > 0 && text.len < 254;
}

static struct souk_str domain_of(struct souk_str address)
{
    const char *at = memchr(address.ptr, '@', address.len);
    struct souk_str domain = {at + 1, address.len - (size_t)(at + 1 - address.ptr)};
    return domain;
}

static int read_dkim(struct souk_ctx *ctx, struct settings *into)
{
    const char *problem = NULL;
    struct souk_str pem = souk_option_text(ctx, "dkim_key");
    into->dkim_selector = souk_option_text(ctx, "dkim_selector");
    into->dkim_domain = souk_option_text(ctx, "dkim_domain");
    if (!into->dkim_domain.len)
        into->dkim_domain = domain_of(into->sender);
    if (!pem.len)
        return SOUK_OK;
    if (!is_name(into->dkim_domain) || !is_name(into->dkim_selector))
        return souk_fail(ctx, SOUK_INVALID,
                         "dkim_domain and dkim_selector must be names as in DNS; correct them");
    into->dkim = dkim_key_read(pem, &problem);
    if (!into->dkim)
        return souk_fail(ctx, SOUK_INVALID, "dkim_key cannot be used: %s", problem);
    return SOUK_OK;
}

static void stop(struct souk_ctx *ctx)
{
    dkim_key_free(settings.dkim);
    settings.dkim = NULL;
}

static int init(struct souk_ctx *ctx)
{
    struct souk_str tls = souk_option_text(ctx, "tls");
    int64_t port = souk_option_int(ctx, "port");
    struct settings read = {
        .tls = souk_str_is(tls, "none")     ? SOUK_TLS_NONE
               : souk_str_is(tls, "direct") ? SOUK_TLS_DIRECT
                                            : SOUK_TLS_STARTTLS,
        .host = souk_option_text(ctx, "host"),
        .user = souk_option_text(ctx, "user"),
        .password = souk_option_text(ctx, "password"),
        .ca_file = souk_option_text(ctx, "ca_file"),
        .sender = souk_option_text(ctx, "sender"),
        .name = souk_option_text(ctx, "name"),
        .reply_to = souk_option_text(ctx, "reply_to"),
    };
    read.port = port                            ? (int32_t)port
                : read.tls == SOUK_TLS_STARTTLS ? 587
                : read.tls == SOUK_TLS_DIRECT   ? 465
                                                : 25;
    if (!mime_address_ok(read.sender))
        return souk_fail(ctx, SOUK_INVALID,
                         "sender must be one mail address, such as shop@example.com");
    if (read.reply_to.len && !mime_address_ok(read.reply_to))
        return souk_fail(ctx, SOUK_INVALID, "reply_to must be one mail address");
    if (read.user.len && read.tls == SOUK_TLS_NONE && !is_here(read.host))
        return souk_fail(
            ctx, SOUK_INVALID,
            "tls = \"none\" would send the password in the clear; use starttls or direct");
    int code = read_dkim(ctx, &read);
    if (code == SOUK_OK)
        settings = read;
    return code;
}

/* ---- one mail ---- */

/* The same at every attempt; another when somebody sends it again on purpose, or mailboxes would
 * take it for one that they have. */
static struct souk_str message_id(struct souk_ctx *ctx, const struct souk_message *message)
{
    uint8_t digest[32];
    char hex[33];
    struct souk_str name =
        souk_printf(ctx, "%.*s %.*s %.*s %lld", SOUK_PRI(message->key), SOUK_PRI(message->kind),
                    SOUK_PRI(settings.sender), (long long)message->created_at);
    souk_sha256(ctx, name, digest);
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    struct souk_str domain = domain_of(settings.sender);
    return souk_printf(ctx, "%s@%.*s", hex, SOUK_PRI(domain));
}

static int compose(struct souk_ctx *ctx, const struct mime_mail *mail, struct mime_buf *out)
{
    struct mime_buf headers = {.ctx = ctx}, body = {.ctx = ctx};
    mime_headers(&headers, mail);
    mime_body(&body, mail);
    if (settings.dkim) {
        struct dkim_sign sign = {.key = settings.dkim,
                                 .domain = settings.dkim_domain,
                                 .selector = settings.dkim_selector,
                                 .at = mail->at,
                                 .headers = mime_str(&headers),
                                 .body = mime_str(&body)};
        if (dkim_add(out, &sign) != 0)
            return souk_fail(ctx, SOUK_ERROR, "the DKIM key does not sign");
    }
    mime_add_str(out, mime_str(&headers));
    mime_add_cstr(out, "\r\n");
    mime_add_str(out, mime_str(&body));
    return SOUK_OK;
}

/* ---- what the server said ---- */

static int contains(struct souk_str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        size_t n = 0;
        while (n < len &&
               ((text.ptr[i + n] >= 'A' && text.ptr[i + n] <= 'Z') ? text.ptr[i + n] + 32
                                                                   : text.ptr[i + n]) == word[n])
            n++;
        if (n == len)
            return 1;
    }
    return 0;
}

static int contains_any(struct souk_str text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (contains(text, words[i]))
            return 1;
    return 0;
}

/* "5.1.1 …": the enhanced code says it; without one, the words do. */
static int is_unknown_mailbox(int code, struct souk_str text)
{
    static const char *const gone[] = {"5.1.0 ", "5.1.1 ",  "5.1.2 ", "5.1.3 ",
                                       "5.1.6 ", "5.1.10 ", "5.2.1 ", NULL};
    static const char *const other[] = {"spam",       "policy",    "content", "block",
                                        "relay",      "quota",     "full",    "denied",
                                        "reputation", "blacklist", "rate",    NULL};
    static const char *const unknown[] = {"user",    "mailbox", "recipient", "address",
                                          "account", "unknown", "no such",   NULL};
    if (code != 550 && code != 551 && code != 553)
        return 0;
    if (text.len > 4 && text.ptr[0] == '5' && text.ptr[1] == '.')
        return contains_any(text, gone) || contains(text, "5.1.1");
    return contains_any(text, unknown) && !contains_any(text, other);
}

/* The configuration's fault, not this message's. */
static int is_sign_in(int code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

static int judge(struct souk_ctx *ctx, const struct souk_smtp_response *response,
                 struct souk_message_result *result)
{
    int code = response->code;
    result->message = souk_printf(ctx, "%d %.*s", code, SOUK_PRI(response->text));
    if (code >= 200 && code < 300)
        return SOUK_OK;
    if (is_sign_in(code)) {
        souk_log(ctx, SOUK_LOG_ERROR,
                 "the mail server %.*s refuses to let us in (%d); check user and password",
                 SOUK_PRI(settings.host), code);
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the mail server does not let us in");
    }
    if (code < 500)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the mail server asks to try again later");
    result->suppress = is_unknown_mailbox(code, response->text);
    return souk_fail(ctx, SOUK_DENIED, "the mail server refused it");
}

static int send(struct souk_ctx *ctx, const struct souk_message *message,
                struct souk_message_result *result)
{
    const struct souk_smtp_response *response = NULL;
    struct mime_buf data = {.ctx = ctx};
    struct mime_mail mail = {.from_name = settings.name,
                             .from = settings.sender,
                             .to_name = message->recipient_name,
                             .to = message->recipient,
                             .reply_to =
                                 message->reply_to.len ? message->reply_to : settings.reply_to,
                             .subject = message->subject,
                             .text = message->text,
                             .html = message->html,
                             .locale = message->locale,
                             .unsubscribe = message->unsubscribe,
                             .at = message->created_at};
    if (!mime_address_ok(mail.to) || (mail.reply_to.len && !mime_address_ok(mail.reply_to))) {
        result->message = souk_printf(ctx, "this is no address that can be written to");
        return souk_fail(ctx, SOUK_INVALID, "this is no address that can be written to");
    }
    mail.id = message_id(ctx, message);
    result->reference = mail.id;
    int code = compose(ctx, &mail, &data);
    if (code != SOUK_OK)
        return code;
    struct souk_smtp_request request = {.size = sizeof request,
                                        .tls = settings.tls,
                                        .port = settings.port,
                                        .host = settings.host,
                                        .user = settings.user,
                                        .password = settings.password,
                                        .sender = settings.sender,
                                        .recipient = mail.to,
                                        .data = mime_str(&data),
                                        .ca_file = settings.ca_file};
    code = souk_smtp(ctx, &request, &response);
    if (code == SOUK_OK)
        return judge(ctx, response, result);
    result->message = souk_printf(ctx, "%.*s", SOUK_PRI(souk_failure(ctx)));
    return code;
}

/* ---- the plugin ---- */

static const struct souk_notify_provider mail_provider = {
    .size = sizeof mail_provider, .channel = "email", .label = "E-mail", .send = send};

static const struct souk_provider providers[] = {{"notify", "mail", &mail_provider}};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "notify_mail",
    .version = "1.0.0",
    .summary = "Sends the shop's messages by mail: SMTP, text and HTML, DKIM",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .providers = SOUK_TABLE(providers),
    .init = init,
    .stop = stop,
};
