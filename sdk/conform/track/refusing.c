/*
 * refusing.c: rules about a partner that says no or nothing, and words that must not get out.
 */
#include "conform/track/rules.h"

static int is_final(const struct tell_answer *answer)
{
    return answer->code == SOUK_INVALID || answer->code == SOUK_DENIED;
}

static int is_later(const struct tell_answer *answer)
{
    return answer->code == SOUK_UNAVAILABLE || answer->code == SOUK_TIMEOUT ||
           answer->code == SOUK_BUSY;
}

static void try_fault(struct scene *scene, enum peer_fault fault, struct tell_answer *answer)
{
    struct souk_conversion conversion;
    tell_new(scene, &conversion, 1299, "EUR");
    peer_fault(fault);
    tell_send(scene, &conversion, answer);
    peer_fault(PEER_FINE);
}

void track_unknown_not_told(struct scene *scene)
{
    static const struct {
        enum peer_fault fault;
        const char *words;
    } cases[] = {{PEER_LOST, "an answer that never came"},
                 {PEER_DOWN, "no connection"},
                 {PEER_BROKEN, "503"}};
    struct tell_answer answer;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(scene, try_fault(scene, cases[i].fault, &answer));
        EXPECT(scene, is_later(&answer), "%s is %s and would not be told again", cases[i].words,
               code_name(answer.code));
    }
}

void track_refused_final(struct scene *scene)
{
    struct tell_answer answer;
    CHECK(scene, try_fault(scene, PEER_DECLINES, &answer));
    SKIP_UNLESS(scene, answer.code != SOUK_OK,
                "conform.lua's peer() does not heed request.decline");
    EXPECT(scene, is_final(&answer), "a refusal is %s and would be tried again",
           code_name(answer.code));
    EXPECT(scene, answer.words[0] || answer.message.len, "a refusal comes without words");
}

void track_no_secrets(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_FINE, PEER_DOWN, PEER_LOST, PEER_BROKEN,
                                             PEER_DECLINES};
    struct tell_answer answer;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        CHECK(scene, try_fault(scene, faults[i], &answer));
        CHECK(scene, scene_secret_seen(scene, "a result", answer.message));
        CHECK(scene, scene_secret_seen(scene, "a result", answer.reference));
        CHECK(scene, scene_secret_seen(scene, "an error", souk_str(answer.words)));
    }
    scene_secret_kept(scene);
}

void track_provoke(struct scene *scene)
{
    static const enum peer_fault faults[] = {PEER_DOWN, PEER_LOST, PEER_BROKEN, PEER_DECLINES};
    struct tell_answer answer;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        try_fault(scene, faults[i], &answer);
}
