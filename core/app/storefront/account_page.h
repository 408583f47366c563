/*
 * account_page: what the pages about an account and the contact page share: who is signed in, a
 * form that is shown again with what is wrong with it, and facts with links for mails.
 *
 * A form answers 422 with everything that was typed but passwords, a list of what is wrong with
 * links to the fields, and each field pointing to its words. A form that worked answers 303.
 */
#ifndef STOREFRONT_ACCOUNT_PAGE_H
#define STOREFRONT_ACCOUNT_PAGE_H

#include "base/json.h"
#include "web/request.h"

#define ACCOUNT_NAME_MOST 100 /* characters of a person's name */
#define ACCOUNT_NEWS      "Send me news and offers by e-mail. I can unsubscribe at any time."

/* Who is signed in: the surviving record's id, 0 for nobody. */
int64_t account_page_person(struct request *request);
/* The same; for nobody answers with the way to sign in and back, and gives 0. */
int64_t account_page_need(struct request *request);

/* Shows a page that nobody else may keep; adds the session's token as "token". */
int account_page_show(struct request *request, const char *name, int status, struct json *view);
/* 303 to an own path in the request's language. */
int account_page_go(struct request *request, const char *path);
/* The parameter "next" when it is a path of this shop, else `otherwise`. */
struct souk_str account_page_next(struct request *request, const char *otherwise);
struct souk_str account_page_words(struct request *request, const char *id); /* translated */

struct account_form {
    struct request *request;
    struct json *view; /* "form": typed values, "errors": [{field, text}], "error": {field: text} */
    struct json *values, *errors, *wrong;
};
void account_form_begin(struct account_form *form, struct request *request);
/* The same for pages of one's own: who is signed in; 0 as account_page_need. */
int64_t account_form_mine(struct account_form *form, struct request *request);
/* Of the body, without the blanks around it; kept for showing again. */
struct souk_str account_form_text(struct account_form *form, const char *field);
struct souk_str account_form_secret(struct account_form *form,
                                    const char *field); /* as typed, not kept */
void account_form_set(struct account_form *form, const char *field, struct souk_str value);
/* `text` is an English sentence in small letters; templates translate and capitalize it. */
void account_form_refuse(struct account_form *form, const char *field, const char *text);
int account_form_failed(const struct account_form *form);
int account_form_show(struct account_form *form, const char *name, int status);
/* account_address.c: adds "countries" [{code, name}] to a view. */
void account_countries(struct arena *arena, struct json *view);
/* Its English name, which `t` translates; the code itself when it is none of ours. */
struct souk_str account_country(struct souk_str code);
/* account_privacy.c: its page once more, with what is wrong. */
int account_privacy_again(struct account_form *form, int64_t person);

/* ---- in a write ---- */

/* A fact about a person, with their language. */
int account_page_tell(struct request *request, const char *topic, int64_t person,
                      struct json *payload);
/* Makes a link that works once, and tells it. `email` is where the mail goes. */
int account_page_link(struct request *request, const char *purpose, int64_t person, int64_t contact,
                      struct souk_str email);
/* The session is this person's from now on; what the browser did before was theirs. */
int account_page_enter(struct request *request, int64_t person);
/* What an anonymous browser did becomes this person's. */
int account_page_join(struct request *request, int64_t person);

#endif
