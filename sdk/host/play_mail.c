/*
 * play_mail.c: where the mails of a story's shop arrive: an SMTP server on the loopback that takes
 * every one of them. It knows what it must of the protocol to be believed, and offers neither TLS
 * nor sign-in.
 */
#include "host/play.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/post.h"

#define SESSIONS  16
#define MAIL_MOST ((size_t)8 << 20)

struct session {
    struct play_source source;
    struct arena arena;
    struct buf in;
    struct souk_str to[32];
    size_t to_count;
    int in_data;
};

static struct play_source door;
static struct session sessions[SESSIONS];
static struct json *mails; /* in the arena of the story */

static void say(struct session *session, const char *line)
{
    struct souk_str text = arena_printf(&session->arena, "%s\r\n", line);
    if (write(session->source.fd, text.ptr, text.len) < 0)
        session->in_data = 0; /* it is gone: the next read says so */
}

static void leave(struct session *session)
{
    play_source_drop(play_now, &session->source);
    close(session->source.fd);
    arena_free(&session->arena);
    *session = (struct session){.source.fd = -1};
}

static void keep(struct session *session, struct souk_str data)
{
    struct arena *arena = &play_now->arena;
    for (size_t i = 0; i < session->to_count; i++) {
        struct post_got got = {0};
        struct json *mail = json_add(arena, mails, NULL, JSON_OBJECT);
        post_take_apart(arena, arena_str(arena, data), &got);
        json_add_str(arena, mail, "recipient", arena_str(arena, session->to[i]));
        json_add_str(arena, mail, "subject", got.subject);
        json_add_str(arena, mail, "text", got.text);
        json_add_str(arena, mail, "html", got.html);
        json_add_str(arena, mail, "id", got.id);
    }
    session->to_count = 0;
}

static struct souk_str in_brackets(struct souk_str line)
{
    ptrdiff_t from = str_find(line, '<');
    struct souk_str rest = from < 0 ? souk_str("") : str_from(line, (size_t)from + 1);
    ptrdiff_t to = str_find(rest, '>');
    return to < 0 ? rest : str_make(rest.ptr, (size_t)to);
}

/* 0: the session is over. */
static int take_line(struct session *session, struct souk_str line)
{
    char verb[5] = "";
    for (size_t i = 0; i < 4 && i < line.len; i++)
        verb[i] = line.ptr[i] >= 'a' && line.ptr[i] <= 'z' ? (char)(line.ptr[i] - 32) : line.ptr[i];
    if (strcmp(verb, "QUIT") == 0) {
        say(session, "221 bye");
        leave(session);
        return 0;
    }
    if (strcmp(verb, "RCPT") == 0 && session->to_count < 32)
        session->to[session->to_count++] = arena_str(&session->arena, in_brackets(line));
    if (strcmp(verb, "RSET") == 0 || strcmp(verb, "MAIL") == 0)
        session->to_count = 0;
    session->in_data = strcmp(verb, "DATA") == 0;
    if (session->in_data)
        say(session, "354 go on");
    else if (strcmp(verb, "EHLO") == 0)
        say(session, "250-story\r\n250-8BITMIME\r\n250 SIZE 8000000");
    else
        say(session, "250 2.0.0 ok");
    return 1;
}

/* The mail up to the lone point; points that were doubled are one again. */
static size_t take_data(struct session *session, struct souk_str text)
{
    struct buf out = {.arena = &session->arena};
    struct souk_str rest = text, line;
    const char *end =
        str_starts(text, ".\r\n") ? text.ptr : memmem(text.ptr, text.len, "\r\n.\r\n", 5);
    if (!end)
        return 0;
    size_t len = (size_t)(end - text.ptr), taken = end == text.ptr ? 3 : len + 5;
    rest = str_make(text.ptr, len);
    while (str_split(&rest, '\n', &line)) {
        buf_add_str(&out, str_starts(line, ".") ? str_from(line, 1) : line);
        buf_add_char(&out, '\n');
    }
    keep(session, out.len ? buf_str(&out) : souk_str(""));
    session->in_data = 0;
    say(session, "250 2.0.0 taken");
    return taken;
}

static void take_in(struct session *session)
{
    size_t used = 0;
    for (;;) {
        struct souk_str text = str_from(buf_str(&session->in), used);
        const char *end = memmem(text.ptr, text.len, "\r\n", 2);
        size_t step = 0;
        if (session->in_data) {
            step = take_data(session, text);
        } else if (end) {
            step = (size_t)(end - text.ptr) + 2;
            if (!take_line(session, str_make(text.ptr, step - 2)))
                return;
        }
        if (!step)
            break;
        used += step;
    }
    if (used) {
        memmove(session->in.ptr, session->in.ptr + used, session->in.len - used);
        session->in.len -= used;
    }
}

static void on_bytes(void *user)
{
    struct session *session = user;
    char bytes[8192];
    ssize_t n = read(session->source.fd, bytes, sizeof bytes);
    if (n <= 0 || session->in.len > MAIL_MOST) {
        leave(session);
        return;
    }
    buf_add(&session->in, bytes, (size_t)n);
    take_in(session);
}

static void on_guest(void *user)
{
    struct session *session = NULL;
    int fd = accept4(door.fd, NULL, NULL, SOCK_CLOEXEC);
    (void)user;
    for (size_t i = 0; i < SESSIONS && !session; i++)
        if (sessions[i].source.fd < 0)
            session = &sessions[i];
    if (fd < 0 || !session) {
        if (fd >= 0)
            close(fd);
        return;
    }
    session->source = (struct play_source){.fd = fd, .turn = on_bytes, .user = session};
    session->in.arena = &session->arena;
    play_source_add(play_now, &session->source);
    say(session, "220 story");
}

int play_mail_begin(struct play *play, struct err *err)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    for (size_t i = 0; i < SESSIONS; i++)
        sessions[i] = (struct session){.source.fd = -1};
    mails = json_new(&play->arena, JSON_ARRAY);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return err_set(err, SOUK_ERROR, "no mail server: %m");
    play->mail_port = ntohs(at.sin_port);
    door = (struct play_source){.fd = fd, .turn = on_guest, .user = play};
    play_source_add(play, &door);
    return SOUK_OK;
}

void play_mail_end(struct play *play)
{
    for (size_t i = 0; i < SESSIONS; i++)
        if (sessions[i].source.fd >= 0)
            leave(&sessions[i]);
    play_source_drop(play, &door);
    close(door.fd);
}

struct json *play_mails(struct play *play)
{
    (void)play;
    return mails;
}
