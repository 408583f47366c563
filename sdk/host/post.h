/*
 * post: a notify provider as the rules see it: a message, what send() makes of it, and what
 * arrives: a mail taken apart again (post_mail.c), or what conform.lua's sent() says.
 */
#ifndef HOST_POST_H
#define HOST_POST_H

#include "host/scene.h"

struct post_answer { /* in the scene's arena */
    int code;
    char words[500];
    int suppress, wait;
    struct souk_str reference, message;
};

struct post_got { /* what one receiver gets */
    struct souk_str recipient, subject, text, html, id;
    struct souk_str head; /* of a mail: its header lines, unfolded; empty on other channels */
    int is_mail;
};

void post_new(struct scene *scene, struct souk_message *message);
void post_send(struct scene *scene, const struct souk_message *message, struct post_answer *answer);
int post_is_mail(const struct scene *scene);
/* Those since the last peer_mails_clear; on other channels those to this receiver. */
size_t post_got(struct scene *scene, struct souk_str recipient, struct post_got *list, size_t room);

/* A mail's header by name, decoded; empty when it is not there. */
struct souk_str post_header(struct arena *arena, struct souk_str head, const char *name);
void post_take_apart(struct arena *arena, struct souk_str mail, struct post_got *got);

#endif
