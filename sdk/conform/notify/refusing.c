/*
 * refusing.c: rules about a server that does not take the message, and words that must not get out.
 */
#include "conform/notify/rules.h"
#include "host/host.h"

static int is_final(const struct post_answer *answer)
{
    return answer->code == SOUK_INVALID || answer->code == SOUK_DENIED;
}

static int is_later(const struct post_answer *answer)
{
    return answer->code == SOUK_UNAVAILABLE || answer->code == SOUK_TIMEOUT ||
           answer->code == SOUK_BUSY;
}

/* One message to a server that answers so. */
static void try_reply(struct scene *scene, const char *reply, enum peer_fault fault,
                      struct post_answer *answer)
{
    struct souk_message message;
    post_new(scene, &message);
    peer_reply(reply);
    peer_fault(fault);
    post_send(scene, &message, answer);
    peer_fault(PEER_FINE);
    peer_reply(NULL);
}

void notify_refused_final(struct scene *scene)
{
    static const char *const replies[] = {"550 5.7.1 not wanted here", "554 5.6.0 no",
                                          "550 5.1.1 no such user"};
    struct post_answer answer;
    for (size_t i = 0; i < 3 && post_is_mail(scene); i++) {
        try_reply(scene, replies[i], PEER_FINE, &answer);
        EXPECT(scene, is_final(&answer), "\"%s\" is %s and would be tried again", replies[i],
               code_name(answer.code));
    }
    if (post_is_mail(scene))
        return;
    try_reply(scene, NULL, PEER_DECLINES, &answer);
    SKIP_UNLESS(scene, answer.code != SOUK_OK,
                "conform.lua's peer() does not heed request.decline");
    EXPECT(scene, is_final(&answer), "a refusal is %s and would be tried again",
           code_name(answer.code));
}

void notify_delayed_again(struct scene *scene)
{
    static const char *const replies[] = {"451 4.7.1 greylisted", "421 4.3.2 closing",
                                          "452 4.2.2 mailbox full"};
    static const enum peer_fault faults[] = {PEER_DOWN, PEER_LOST, PEER_BROKEN};
    struct post_answer answer;
    for (size_t i = 0; i < 3 && post_is_mail(scene); i++) {
        try_reply(scene, replies[i], PEER_FINE, &answer);
        EXPECT(scene, is_later(&answer), "\"%s\" is %s and would not be tried again", replies[i],
               code_name(answer.code));
    }
    for (size_t i = 0; i < 3; i++) {
        try_reply(scene, NULL, faults[i], &answer);
        EXPECT(scene, is_later(&answer),
               "without a usable answer it is %s and would not be tried again",
               code_name(answer.code));
    }
}

void notify_wait_told(struct scene *scene)
{
    struct post_answer answer;
    SKIP_UNLESS(scene, plan_minor(scene->world->plan) >= 2, "it claims ABI 0.1, which has no wait");
    peer_said_clear();
    try_reply(scene, NULL, PEER_BUSY, &answer);
    SKIP_UNLESS(scene, peer_said().len > 0, "it asks nobody over HTTP");
    EXPECT(scene, is_later(&answer), "429 is %s and would not be tried again",
           code_name(answer.code));
    EXPECT(scene, answer.wait >= PEER_WAIT,
           "the server asks to wait %d s (Retry-After), and result->wait is %d", PEER_WAIT,
           answer.wait);
}

void notify_unknown_suppressed(struct scene *scene)
{
    static const struct {
        const char *reply, *what;
        int suppress;
    } cases[] = {{"550 5.1.1 no such user", "an unknown mailbox", 1},
                 {"452 4.2.2 mailbox full", "a full mailbox", 0},
                 {"552 5.2.2 mailbox full", "a full mailbox", 0},
                 {"550 5.7.1 rejected as spam", "a refused content", 0},
                 {"451 4.3.0 try again later", "a busy server", 0},
                 {"250 2.0.0 queued", "a mail that was taken", 0}};
    struct post_answer answer;
    SKIP_UNLESS(scene, post_is_mail(scene), "only mail servers say so in a way that is known here");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        try_reply(scene, cases[i].reply, PEER_FINE, &answer);
        EXPECT(scene, (answer.suppress != 0) == cases[i].suppress, "%s (\"%s\") is %ssuppressed",
               cases[i].what, cases[i].reply, answer.suppress ? "" : "not ");
    }
}

void notify_no_secrets(struct scene *scene)
{
    static const char *const replies[] = {NULL, "550 5.7.1 no", "451 4.7.1 later",
                                          "535 5.7.8 authentication failed"};
    static const enum peer_fault faults[] = {PEER_DOWN, PEER_LOST, PEER_BROKEN, PEER_DECLINES};
    struct post_answer answer;
    for (size_t i = 0; i < 8; i++) {
        try_reply(scene, i < 4 ? replies[i] : NULL, i < 4 ? PEER_FINE : faults[i - 4], &answer);
        CHECK(scene, scene_secret_seen(scene, "a result", answer.message));
        CHECK(scene, scene_secret_seen(scene, "a result", answer.reference));
        CHECK(scene, scene_secret_seen(scene, "an error", souk_str(answer.words)));
    }
    scene_secret_kept(scene);
}

/* ---- the ordinary way through ---- */

void notify_path(struct scene *scene)
{
    struct souk_message message;
    struct post_answer answer = {.code = SOUK_ERROR};
    struct souk_str first = souk_str("");
    post_new(scene, &message);
    for (int attempt = 1; attempt <= 3 && answer.code != SOUK_OK; attempt++) {
        message.attempt = attempt;
        post_send(scene, &message, &answer);
        EXPECT(scene, answer.code == SOUK_OK || answer.words[0], "send() gives %s without words",
               code_name(answer.code));
        EXPECT(scene, answer.code == SOUK_OK || !is_final(&answer),
               "send() gives a message up for a fault of ours: %s", code_name(answer.code));
        EXPECT(scene, answer.code == SOUK_OK || !answer.suppress,
               "send() suppresses a receiver for a fault of ours");
    }
    EXPECT(scene, answer.code == SOUK_OK, "send() does not come right again: %s", answer.words);
    first = answer.reference;
    post_send(scene, &message, &answer);
    EXPECT(scene, answer.code != SOUK_OK || souk_str_equal(first, answer.reference),
           "after a failure in between the message is called otherwise");
}

void notify_provoke(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_DOWN, PEER_LOST, PEER_BROKEN, PEER_DECLINES};
    struct souk_message message;
    struct post_answer answer;
    for (size_t i = 0; i < 4; i++)
        try_reply(scene, NULL, faults[i], &answer);
    post_new(scene, &message);
    message.recipient = souk_str("nobody\nat all");
    post_send(scene, &message, &answer);
}
