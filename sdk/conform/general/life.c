/*
 * life.c: rules about what a plugin leaves behind: it is taken on a tour, switched off, and then
 * the process is looked at. A census counts the whole process, so nothing else runs in it.
 */
#include "conform/general/rules.h"

#include <malloc.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define TURNS     10
#define LEAK_MOST ((size_t)256 << 10) /* of one turn: the loader itself keeps some */

static size_t in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Switched off, and its stop() has run. */
static void switch_off(struct scene *scene)
{
    struct err err = {0};
    int code = switch_disable(scene->world->host, scene->world->plan->name, &err);
    EXPECT(scene, code == SOUK_OK, "it cannot be switched off: %s", err.text);
    switch_retire(scene->world->host);
}

/* What the process holds once all that ends by itself has ended. */
static void look_after(struct scene *scene, struct held *after)
{
    general_tour(scene);
    if (scene->verdict == RULE_NO) /* another rule's affair */
        scene->verdict = RULE_YES;
    scene->words[0] = '\0';
    CHECK(scene, switch_off(scene));
    for (int i = 0; i < 100; i++) {
        held_take(after);
        if (after->threads <= scene->world->before->threads &&
            after->descriptors <= scene->world->before->descriptors)
            return;
        poll(NULL, 0, 10);
        switch_retire(scene->world->host);
    }
}

void general_no_thread_left(struct scene *scene)
{
    struct held after;
    CHECK(scene, look_after(scene, &after));
    EXPECT(scene, after.threads <= scene->world->before->threads,
           "%d threads before it was loaded, %d after it was switched off",
           scene->world->before->threads, after.threads);
}

void general_no_descriptor_left(struct scene *scene)
{
    struct held after;
    CHECK(scene, look_after(scene, &after));
    EXPECT(scene, after.descriptors <= scene->world->before->descriptors,
           "%d open descriptors before it was loaded, %d after it was switched off",
           scene->world->before->descriptors, after.descriptors);
}

void general_no_signal_change(struct scene *scene)
{
    struct held after;
    CHECK(scene, look_after(scene, &after));
    for (int i = 1; i < 65; i++)
        EXPECT(scene, strcmp(after.signals[i], scene->world->before->signals[i]) == 0,
               "the handler of signal %d is another one now", i);
}

void general_locale_kept(struct scene *scene)
{
    struct held after;
    CHECK(scene, look_after(scene, &after));
    EXPECT(scene, strcmp(after.locale, scene->world->before->locale) == 0,
           "the locale was \"%s\" and is \"%s\"", scene->world->before->locale, after.locale);
}

void general_cwd_kept(struct scene *scene)
{
    struct held after;
    CHECK(scene, look_after(scene, &after));
    EXPECT(scene, strcmp(after.cwd, scene->world->before->cwd) == 0,
           "the working directory was %s and is %s", scene->world->before->cwd, after.cwd);
    EXPECT(scene, after.mask == scene->world->before->mask, "the umask was %04o and is %04o",
           (unsigned)scene->world->before->mask, (unsigned)after.mask);
    EXPECT(scene, after.environment == scene->world->before->environment,
           "the environment is another one now");
}

void general_no_output(struct scene *scene)
{
    struct stat info = {0};
    struct held after;
    CHECK(scene, look_after(scene, &after));
    fstat(scene->world->out_fd, &info);
    EXPECT(scene, info.st_size == 0,
           "it has written %lld bytes to stdout; use souk_log or souk_print",
           (long long)info.st_size);
}

void general_text_utf8(struct scene *scene)
{
    general_tour(scene);
    scene->verdict = RULE_YES;
    EXPECT(scene, !scene->rude[0], "%s gives text that is not UTF-8%s", scene->rude,
           scene->mode == MODE_POISON
               ? ": was it kept from a call that has ended? souk_keep holds what init reads"
               : "");
}

void general_error_has_words(struct scene *scene)
{
    general_tour(scene);
    scene->verdict = RULE_YES;
    EXPECT(scene, !scene->mute[0], "%s without a word why: return souk_fail(ctx, code, \"…\")",
           scene->mute);
}

/* What the log says of options that were read as what they are not: it goes on with nothing. */
void general_options_read(struct scene *scene)
{
    static const char event[] = "event=option.mistyped";
    struct souk_str line;
    general_tour(scene);
    scene->verdict = RULE_YES;
    scene->words[0] = '\0';
    struct souk_str log = scene_log(scene);
    while (str_split(&log, '\n', &line)) {
        const char *at = memmem(line.ptr, line.len, event, sizeof event - 1);
        const char *key = at ? memmem(at, (size_t)(line.ptr + line.len - at), " key=", 5) : NULL;
        EXPECT(scene, !key, "an option is read as another type than it has: %.*s",
               (int)(line.ptr + line.len - key - 1), key + 1);
    }
}

void general_jobs_work(struct scene *scene)
{
    general_tour(scene);
    scene->verdict = RULE_YES;
    scene->words[0] = '\0';
    EXPECT(scene, !scene->job[0], "%s", scene->job);
}

void general_answers(struct scene *scene)
{
    general_tour(scene); /* it says which */
}

/* In a world with the table of the minor that it claims. */
void general_claims_minor(struct scene *scene)
{
    general_tour(scene);
    scene->verdict = RULE_YES;
    EXPECT(scene, !old_finding(), "%s; ask with SOUK_HAS, or claim the newer one", old_finding());
}

void general_stop_clean(struct scene *scene)
{
    struct err err = {0};
    size_t before = 0;
    general_tour(scene);
    scene->verdict = RULE_YES;
    for (int i = 0; i <= TURNS; i++) {
        int code = world_again(scene->world, &err);
        EXPECT(scene, code == SOUK_OK, "switched off and on again: %s", err.text);
        if (i == 0) /* what is made once has been made */
            before = in_use();
    }
    CHECK(scene, switch_off(scene));
    size_t now = in_use();
    size_t leak = now > before ? (now - before) / TURNS : 0;
    EXPECT(scene, leak <= LEAK_MOST,
           "each time that it is switched off and on, %zu KiB stay behind", leak >> 10);
}
