/*
 * arriving.c: rules about what the receiver gets: once, whole, and nobody else.
 */
#include "conform/notify/rules.h"

#define GOT_MOST 8

/* Sends; exactly one message is to arrive. */
static void deliver(struct scene *scene, const struct souk_message *message, struct post_got *got)
{
    struct post_got list[GOT_MOST];
    struct post_answer answer;
    peer_mails_clear();
    post_send(scene, message, &answer);
    EXPECT(scene, answer.code == SOUK_OK, "send() gives %s: %.*s%s", code_name(answer.code),
           SOUK_PRI(answer.message), answer.words);
    size_t count = post_got(scene, message->recipient, list, GOT_MOST);
    EXPECT(scene, count == 1, "%zu messages arrive instead of one", count);
    *got = list[0];
}

void notify_send_once(struct scene *scene)
{
    struct souk_message message;
    struct post_answer first, second;
    struct post_got list[GOT_MOST];
    post_new(scene, &message);
    peer_mails_clear();
    post_send(scene, &message, &first);
    message.attempt = 2;
    post_send(scene, &message, &second);
    EXPECT(scene, first.code == SOUK_OK && second.code == SOUK_OK, "send() gives %s, then %s",
           code_name(first.code), code_name(second.code));
    EXPECT(scene, first.reference.len > 0, "send() gives no reference");
    EXPECT(scene, souk_str_equal(first.reference, second.reference),
           "the repeat is called %.*s instead of %.*s", SOUK_PRI(second.reference),
           SOUK_PRI(first.reference));
    size_t count = post_got(scene, message.recipient, list, GOT_MOST);
    for (size_t i = 1; i < count; i++)
        EXPECT(scene, souk_str_equal(list[0].id, list[i].id) && list[0].id.len,
               "the repeat carries the id %.*s instead of %.*s", SOUK_PRI(list[i].id),
               SOUK_PRI(list[0].id));
    post_new(scene, &message);
    post_send(scene, &message, &second);
    EXPECT(scene, !souk_str_equal(first.reference, second.reference),
           "another message is called %.*s too", SOUK_PRI(first.reference));
}

void notify_text_always(struct scene *scene)
{
    struct souk_message message;
    struct post_got got;
    post_new(scene, &message);
    SKIP_UNLESS(scene, message.html.len > 0, "the channel carries text alone");
    CHECK(scene, deliver(scene, &message, &got));
    EXPECT(scene, got.text.len > 0, "a message with HTML arrives without its text");
    EXPECT(scene, got.html.len > 0, "a message with HTML arrives without it");
    message.html = souk_str("");
    message.key = scene_key(scene, "plain");
    CHECK(scene, deliver(scene, &message, &got));
    EXPECT(scene, got.text.len > 0 && got.html.len == 0,
           "a message of text alone does not arrive as one");
}

/* Line breaks at the end do not count: mail adds or drops one. */
static int reads_as(struct souk_str a, struct souk_str b)
{
    while (a.len && a.ptr[a.len - 1] == '\n')
        a.len--;
    while (b.len && b.ptr[b.len - 1] == '\n')
        b.len--;
    return souk_str_equal(a, b);
}

static struct souk_str difference(struct souk_str a, struct souk_str b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && a.ptr[i] == b.ptr[i])
        i++;
    while (i > 0 && ((unsigned char)a.ptr[i - 1] & 0x80))
        i--;
    size_t len = b.len > i ? b.len - i : 0;
    return str_make(b.ptr + (i < b.len ? i : b.len), len < 30 ? len : 30);
}

void notify_text_exact(struct scene *scene)
{
    struct souk_message message;
    struct post_got got;
    struct buf text = {.arena = &scene->arena};
    post_new(scene, &message);
    buf_printf(&text, "Благодарим, Àrpád! Հարգելի, ধন্যবাদ – 100 %% = ja\n"
                      ".\n..\n.hidden\nFrom the shop\n\n=3D is not a sign\n"
                      "a blank at the end \n\ta tab\n");
    for (int i = 0; i < 120; i++)
        buf_printf(&text, "дълъг ред ");
    buf_printf(&text, "\n");
    for (int i = 0; i < 1500; i++)
        buf_printf(&text, "x");
    buf_printf(&text, "\nthe end\n");
    message.text = buf_str(&text);
    struct souk_str html = message.html;
    message.html = souk_str("");
    CHECK(scene, deliver(scene, &message, &got));
    EXPECT(scene, reads_as(message.text, got.text), "the text arrives otherwise, from \"%.*s\" on",
           SOUK_PRI(difference(message.text, got.text)));
    if (!html.len)
        return;
    message.subject = souk_str("Поръчка № 1042 – élan vital, köszönjük szépen, Շնորհակալություն և "
                               "ধন্যবাদ, a subject far too long for one line of a header");
    message.html = arena_printf(&scene->arena, "<p>%.*s</p>\n", SOUK_PRI(message.text));
    message.key = scene_key(scene, "html");
    CHECK(scene, deliver(scene, &message, &got));
    EXPECT(scene, reads_as(message.subject, got.subject), "the subject arrives as \"%.*s\"",
           SOUK_PRI(got.subject));
    EXPECT(scene, reads_as(message.html, got.html), "the HTML arrives otherwise, from \"%.*s\" on",
           SOUK_PRI(difference(message.html, got.html)));
}

/* ---- line breaks where none belong ---- */

static void attack(struct scene *scene, const struct souk_message *message, const char *where)
{
    struct post_got list[GOT_MOST];
    struct post_answer answer;
    const struct mail *mails;
    peer_mails_clear();
    post_send(scene, message, &answer);
    size_t tried = peer_mails(&mails);
    for (size_t i = 0; i < tried; i++)
        EXPECT(scene,
               str_find(mails[i].recipient, '\n') < 0 && str_find(mails[i].recipient, '\r') < 0 &&
                   !memmem(mails[i].recipient.ptr, mails[i].recipient.len, "evil", 4),
               "a line break in the %s gives the receiver %.*s", where,
               SOUK_PRI(mails[i].recipient));
    size_t count = post_got(scene, message->recipient, list, GOT_MOST);
    EXPECT(scene, answer.code != SOUK_OK || count <= 1, "a line break in the %s makes %zu messages",
           where, count);
    for (size_t i = 0; i < count; i++)
        EXPECT(scene,
               post_header(&scene->arena, list[i].head, "Bcc").len == 0 &&
                   post_header(&scene->arena, list[i].head, "X-Evil").len == 0,
               "a line break in the %s adds a header", where);
}

void notify_no_injection(struct scene *scene)
{
    static const char *const ends[] = {"\r\n", "\n", "\r"};
    for (size_t i = 0; i < 3; i++) {
        struct souk_message good, bad;
        struct souk_str more =
            arena_printf(&scene->arena, "%sBcc: evil@example.org%sX-Evil: yes", ends[i], ends[i]);
        post_new(scene, &good);
        bad = good;
        bad.subject = arena_printf(&scene->arena, "Hello%.*s", SOUK_PRI(more));
        CHECK(scene, attack(scene, &bad, "subject"));
        bad = good;
        bad.recipient_name = arena_printf(&scene->arena, "Ada%.*s", SOUK_PRI(more));
        CHECK(scene, attack(scene, &bad, "name"));
        bad = good;
        bad.reply_to = arena_printf(&scene->arena, "a@example.com%.*s", SOUK_PRI(more));
        CHECK(scene, attack(scene, &bad, "answer's address"));
        bad = good;
        bad.recipient = arena_printf(&scene->arena, "%.*s>%sRCPT TO:<evil@example.org",
                                     SOUK_PRI(good.recipient), ends[i]);
        CHECK(scene, attack(scene, &bad, "address"));
    }
}

void notify_one_receiver(struct scene *scene)
{
    struct souk_message message;
    struct post_got got;
    struct post_answer answer;
    const struct mail *mails;
    post_new(scene, &message);
    CHECK(scene, deliver(scene, &message, &got));
    EXPECT(scene, souk_str_equal(got.recipient, message.recipient), "%.*s gets it instead of %.*s",
           SOUK_PRI(got.recipient), SOUK_PRI(message.recipient));
    if (!post_is_mail(scene))
        return;
    EXPECT(scene, post_header(&scene->arena, got.head, "Cc").len == 0, "the mail has a Cc");
    struct souk_str both =
        arena_printf(&scene->arena, "%.*s, eve@example.org", SOUK_PRI(message.recipient));
    message.recipient = both;
    message.key = scene_key(scene, "two");
    peer_mails_clear();
    post_send(scene, &message, &answer);
    size_t count = peer_mails(&mails);
    for (size_t i = 0; i < count; i++)
        EXPECT(scene, str_find(mails[i].recipient, ',') < 0,
               "two addresses in one are both sent to");
}
