/*
 * post.c: calls of a notify provider, and what came out of them.
 */
#include "host/post.h"

#include <stdio.h>
#include "host/host.h"

static const struct souk_notify_provider *table_of(const struct scene *scene)
{
    return scene->table;
}

int post_is_mail(const struct scene *scene)
{
    return strcmp(table_of(scene)->channel, "email") == 0;
}

void post_new(struct scene *scene, struct souk_message *message)
{
    int mail = post_is_mail(scene);
    *message = (struct souk_message){.size = sizeof *message,
                                     .attempt = 1,
                                     .id = scene_id(scene),
                                     .created_at = clock_now(),
                                     .key = scene_key(scene, "order:17:placed"),
                                     .kind = souk_str("order_placed"),
                                     .recipient_name = souk_str("Ada Lovelace"),
                                     .subject = souk_str(mail ? "Your order 1042" : ""),
                                     .text = souk_str("Thank you.\nYour order is 1042.\n"),
                                     .html = souk_str(mail ? "<p>Thank you.</p>\n" : ""),
                                     .locale = souk_str("en"),
                                     .reply_to = souk_str("")};
    message->recipient =
        mail ? arena_printf(&scene->arena, "ada.%d.%lld@example.com", scene->number,
                            (long long)message->id)
             : arena_printf(&scene->arena, "+3598%08lld", (long long)message->id % 100000000);
}

void post_send(struct scene *scene, const struct souk_message *from, struct post_answer *answer)
{
    struct call call;
    struct provider_scope scope;
    struct provider_call inner;
    struct err err = {0};
    *answer = (struct post_answer){0};
    call_open(scene, &call, &scope);
    struct souk_message *message = arena_new(&call.arena, struct souk_message);
    *message = *from;
    struct souk_str *texts[] = {&message->key,     &message->kind,     &message->recipient,
                                &message->subject, &message->text,     &message->html,
                                &message->locale,  &message->reply_to, &message->recipient_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_str(&call.arena, *texts[i]);
    struct souk_message_result *result = arena_new(&call.arena, struct souk_message_result);
    result->size = sizeof *result;
    int code =
        provider_begin(&inner, &scope, "notify", souk_str(scene->provider), "notify send", &err);
    if (code == SOUK_OK) {
        int returned = table_of(scene)->send(&inner.ctx, message, result);
        scene_code_seen(scene, "notify send", returned, inner.ctx.failed || result->message.len);
        code = provider_end(&inner, returned, &err);
    }
    answer->code = code;
    snprintf(answer->words, sizeof answer->words, "%s", err.text);
    answer->suppress = result->suppress;
    answer->wait = result->wait;
    answer->reference = arena_str(&scene->arena, result->reference);
    answer->message = arena_str(&scene->arena, result->message);
    scene_text_seen(scene, "notify send", answer->reference);
    scene_text_seen(scene, "notify send", answer->message);
    call_shut(&call, &scope);
}

static struct souk_str text_of(const struct json *item, const char *key)
{
    struct souk_str text = json_text(json_at(item, key));
    return text.ptr ? text : souk_str("");
}

size_t post_got(struct scene *scene, struct souk_str recipient, struct post_got *list, size_t room)
{
    const struct mail *mails;
    size_t count = 0, all = peer_mails(&mails);
    for (size_t i = 0; i < all && count < room; i++) {
        if (!mails[i].taken)
            continue;
        list[count] = (struct post_got){.recipient = mails[i].recipient};
        post_take_apart(&scene->arena, mails[i].data, &list[count++]);
    }
    if (post_is_mail(scene))
        return count;
    json_each(item, scene_ask(scene, "sent", NULL))
    {
        struct souk_str to = text_of(&item->value, "recipient");
        if (count < room && souk_str_equal(to, recipient))
            list[count++] = (struct post_got){.recipient = to,
                                              .subject = text_of(&item->value, "subject"),
                                              .text = text_of(&item->value, "text"),
                                              .html = text_of(&item->value, "html"),
                                              .id = text_of(&item->value, "id")};
    }
    return count;
}
