/*
 * client_mail.c: see client_mail.h.
 *
 * The idea: libcurl speaks SMTP (greeting, TLS, AUTH, dots); we listen to every line that the
 * server says and keep the last reply. A reply of 4xx or 5xx decides, whatever libcurl makes of it:
 * a refused receiver comes out as "send failure", a refused password as "login denied". When the
 * server took the mail (250 to the final point) but the farewell failed, it is sent all the same.
 *
 * Threads: any that may block. Each call has a handle and a connection of its own: mails are few,
 * and a connection that a server has silently closed would look like a refusal.
 */
#include "web/client_mail.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

#define DEFAULT_TIMEOUT (30 * CLOCK_SECOND)
#define CONNECT_AT_MOST (10 * CLOCK_SECOND)
#define LAST_WORD       (5 * CLOCK_SECOND)
#define TEXT_MOST       400
#define ADDRESS_MOST    320

static _Atomic int64_t stopped_at; /* clock_mono; 0: the shop goes on */

struct mailing {
    struct arena *arena;
    struct souk_str data;
    size_t sent;
    int code, accepted; /* accepted: 250 after the whole of the data had gone */
    int over;           /* QUIT has been said */
    struct buf text;
    struct buf line; /* of what the server says, until its end is there */
};

/* ---- what libcurl calls ---- */

static size_t on_read(char *to, size_t size, size_t count, void *user)
{
    struct mailing *mailing = user;
    size_t room = size * count, left = mailing->data.len - mailing->sent;
    size_t len = left < room ? left : room;
    memcpy(to, mailing->data.ptr + mailing->sent, len);
    mailing->sent += len;
    return len;
}

static void take_line(struct mailing *mailing, struct souk_str line)
{
    int64_t code;
    if (line.len < 3 || str_to_int(str_make(line.ptr, 3), &code) != SOUK_OK || code < 100)
        return;
    if ((int)code != mailing->code)
        buf_clear(&mailing->text);
    mailing->code = (int)code;
    struct souk_str words = str_trim(str_from(line, 4));
    if (mailing->text.len && mailing->text.len < TEXT_MOST)
        buf_add_char(&mailing->text, ' ');
    if (mailing->text.len + words.len <= TEXT_MOST)
        buf_add_str(&mailing->text, words);
    if (line.len > 3 && line.ptr[3] == '-')
        return;
    if (code == 250 && mailing->sent && mailing->sent == mailing->data.len)
        mailing->accepted = 1;
}

/* Called about once a second. A mail that the server has not got whole is given up when the shop
 * stops; one that it has is waited for a little, or it would go out twice. */
static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct mailing *mailing = user;
    int64_t stopped = atomic_load(&stopped_at);
    (void)a, (void)b, (void)c, (void)d;
    if (!stopped)
        return 0;
    return mailing->sent < mailing->data.len || clock_mono() > stopped + LAST_WORD;
}

/* Lines of the server come as headers, in pieces now and then. */
static int on_debug(CURL *handle, curl_infotype type, char *bytes, size_t len, void *user)
{
    struct mailing *mailing = user;
    (void)handle;
    if (type == CURLINFO_HEADER_OUT && len >= 4 && memcmp(bytes, "QUIT", 4) == 0)
        mailing->over = 1; /* the farewell is no answer to the mail */
    if (type != CURLINFO_HEADER_IN || mailing->over)
        return 0;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\n') {
            buf_add_char(&mailing->line, bytes[i]);
            continue;
        }
        take_line(mailing, buf_str(&mailing->line));
        buf_clear(&mailing->line);
    }
    return 0;
}

static size_t on_nothing(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes, (void)user;
    return size * count;
}

/* ---- setting up ---- */

/* Nothing that could end a command of the protocol or begin another. */
static int is_clean(struct souk_str text, const char *besides)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 33 || c == 127 || (c && strchr(besides, c)))
            return 0;
    }
    return 1;
}

static int check(const struct client_mail *mail, struct err *err)
{
    if (!mail->host.len || mail->host.len > 255 || !is_clean(mail->host, "/@?#\\"))
        return err_set(err, SOUK_INVALID, "mail: the server's name is missing or not one");
    if (mail->port < 1 || mail->port > 65535)
        return err_set(err, SOUK_INVALID, "mail: the port is not between 1 and 65535");
    if (!mail->recipient.len || mail->recipient.len > ADDRESS_MOST ||
        !is_clean(mail->recipient, "<>"))
        return err_set(err, SOUK_INVALID, "mail: the receiver's address cannot be written to");
    if (mail->sender.len > ADDRESS_MOST || !is_clean(mail->sender, "<>"))
        return err_set(err, SOUK_INVALID, "mail: the sender's address cannot be used");
    if (!mail->data.len || memchr(mail->data.ptr, 0, mail->data.len))
        return err_set(err, SOUK_INVALID, "mail: it is empty or has a NUL in it");
    return SOUK_OK;
}

static struct souk_str url_of(struct arena *arena, const struct client_mail *mail)
{
    int numbers = str_find(mail->host, ':') >= 0 && mail->host.ptr[0] != '[';
    return arena_printf(arena, numbers ? "%s://[%.*s]:%d" : "%s://%.*s:%d",
                        mail->tls == CLIENT_MAIL_DIRECT ? "smtps" : "smtp", SOUK_PRI(mail->host),
                        mail->port);
}

/* Every line ends with CRLF, whatever it ended with. */
static struct souk_str crlf(struct arena *arena, struct souk_str data)
{
    struct buf out = {.arena = arena};
    buf_reserve(&out, data.len + data.len / 32 + 2);
    for (size_t i = 0; i < data.len; i++) {
        if (data.ptr[i] == '\r')
            continue;
        if (data.ptr[i] == '\n')
            buf_add_char(&out, '\r');
        buf_add_char(&out, data.ptr[i]);
    }
    if (data.ptr[data.len - 1] != '\n')
        buf_add_cstr(&out, "\r\n");
    return buf_str(&out);
}

static void set_security(CURL *handle, struct arena *arena, const struct client_mail *mail)
{
    curl_easy_setopt(handle, CURLOPT_USE_SSL,
                     mail->tls == CLIENT_MAIL_PLAIN ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (mail->ca_file.len)
        curl_easy_setopt(handle, CURLOPT_CAINFO, arena_cstr(arena, mail->ca_file));
    if (!mail->user.len)
        return;
    curl_easy_setopt(handle, CURLOPT_USERNAME, arena_cstr(arena, mail->user));
    curl_easy_setopt(handle, CURLOPT_PASSWORD, arena_cstr(arena, mail->password));
}

static void set_call(CURL *handle, struct mailing *mailing, const struct client_mail *mail,
                     int64_t left)
{
    struct arena *arena = mailing->arena;
    int64_t connect = left < CONNECT_AT_MOST ? left : CONNECT_AT_MOST;
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(handle, CURLOPT_URL, url_of(arena, mail).ptr);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(left / CLOCK_MS + 1));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect / CLOCK_MS + 1));
    curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(left / CLOCK_SECOND + 1));
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM,
                     arena_printf(arena, "<%.*s>", SOUK_PRI(mail->sender)).ptr);
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(handle, CURLOPT_READDATA, mailing);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mailing->data.len);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_nothing);
    curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L); /* only to hear the replies */
    curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(handle, CURLOPT_DEBUGDATA, mailing);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, mailing);
    set_security(handle, arena, mail);
}

/* ---- the call ---- */

static int decide(const struct mailing *mailing, CURLcode code, const struct client_mail *mail,
                  const char *words, struct client_mail_reply *reply, struct err *err)
{
    if (mailing->accepted) {
        *reply = (struct client_mail_reply){250, souk_str("")};
        if (mailing->code == 250)
            reply->text = arena_str(mailing->arena, buf_str(&mailing->text));
        return SOUK_OK;
    }
    reply->code = mailing->code;
    reply->text = arena_str(mailing->arena, buf_str(&mailing->text));
    if (mailing->code >= 400)
        return SOUK_OK;
    reply->code = 0;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return err_set(err, SOUK_TIMEOUT, "mail server %.*s: no answer in time",
                       SOUK_PRI(mail->host));
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return err_set(err, SOUK_UNAVAILABLE,
                       "mail server %.*s: not asked to the end, the shop stops",
                       SOUK_PRI(mail->host));
    return err_set(err, SOUK_UNAVAILABLE, "mail server %.*s: %s", SOUK_PRI(mail->host),
                   words[0] ? words : curl_easy_strerror(code));
}

static int perform(struct mailing *mailing, const struct client_mail *mail, int64_t left,
                   struct client_mail_reply *reply, struct err *err)
{
    char words[CURL_ERROR_SIZE] = "";
    CURL *handle = curl_easy_init();
    struct curl_slist *to = curl_slist_append(
        NULL, arena_printf(mailing->arena, "<%.*s>", SOUK_PRI(mail->recipient)).ptr);
    if (!handle || !to)
        abort(); /* out of memory, as in arena.c */
    set_call(handle, mailing, mail, left);
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words);
    CURLcode code = curl_easy_perform(handle);
    int result = decide(mailing, code, mail, words, reply, err);
    curl_easy_cleanup(handle);
    curl_slist_free_all(to);
    return result;
}

void client_mail_stop(void)
{
    atomic_store(&stopped_at, clock_mono());
}

static client_mail_peer stand_in;

void client_mail_peer_use(client_mail_peer peer)
{
    stand_in = peer;
}

int client_mail_send(struct arena *arena, const struct client_mail *mail,
                     struct client_mail_reply *reply, struct err *err)
{
    int64_t now = clock_mono();
    int64_t until = now + (mail->timeout > 0 ? mail->timeout : DEFAULT_TIMEOUT);
    *reply = (struct client_mail_reply){0};
    int code = check(mail, err);
    if (code != SOUK_OK)
        return code;
    if (mail->deadline && mail->deadline < until)
        until = mail->deadline;
    if (until <= now)
        return err_set(err, SOUK_TIMEOUT, "mail: no time is left to send it");
    if (stand_in)
        return stand_in(arena, mail, reply, err);
    struct mailing mailing = {.arena = arena,
                              .data = crlf(arena, mail->data),
                              .text = {.arena = arena},
                              .line = {.arena = arena}};
    return perform(&mailing, mail, until - now, reply, err);
}
