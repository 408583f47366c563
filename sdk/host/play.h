/*
 * play: stories: Lua files that set a shop up, play its peers, take steps and say what must hold
 * afterwards. The player is one thread: while a step waits for its answer, the same loop answers
 * the peers from the same Lua state.
 *
 * A story has a shop process of its own: `souk serve`, the host's own or the one that --shop names,
 * with data in a folder that goes when the story ends. All steps reach it as the world does: over
 * HTTP, the command line, mail; what it stored is read off its database.
 */
#ifndef HOST_PLAY_H
#define HOST_PLAY_H

#include <sys/types.h>

#include "host/host.h"

struct lua_State;

#define PLAY_DIRS  16
#define PLAY_STAFF 16 /* 0: nobody, 1: the owner */

struct play_options {
    const char *story;  /* the file */
    const char *only;   /* the one story of that name; NULL: all */
    const char *file;   /* the plugin, absolute */
    const char *name;   /* what it is called */
    const char *binary; /* that serves */
    const char *dirs[PLAY_DIRS + 1];
    size_t dir_count;
    int is_shop; /* binary is a souk, not this host */
    int as_json;
};

/* What the loop watches besides the shop's answers. */
struct play_source {
    int fd;
    void (*turn)(void *user); /* something is to be read, or the other side is gone */
    void *user;
    struct play_source *next;
};

struct play {
    const struct play_options *options;
    struct arena arena; /* of the story */
    struct script *script;
    const char *dir;    /* scratch */
    struct json *about; /* of the plugin's file */
    struct json *terms; /* what shop{} said; NULL: nothing */
    const char *token;  /* of the staff */
    const char *url;    /* where the shop listens; NULL: it does not */
    pid_t shop;
    int shop_out;
    int mail_port;            /* where mails are taken */
    int staff_in[PLAY_STAFF]; /* who has signed in */
    int staff_count;          /* besides the owner */
    int any_port;             /* where the host sends what its plugins ask of anybody */
    int64_t until;            /* clock_mono: the story's time is over */
    int in_peer;              /* a peer's function runs: nothing else may be waited for */
    struct play_source *sources;
    struct play_http *http;
    char trouble[HOST_TEXT]; /* what went wrong elsewhere while a step waited */
};
extern struct play *play_now;

/* ---- the loop (play_loop.c) ---- */

void play_source_add(struct play *play, struct play_source *source);
void play_source_drop(struct play *play, struct play_source *source);
/* Until done() says so. SOUK_TIMEOUT after `limit` us or when the story's time is over;
 * SOUK_ERROR: interrupted; SOUK_WRONG_KIND: asked by a peer's function. */
int play_wait(struct play *play, int (*done)(void *user), void *user, int64_t limit);
void play_catch_signals(void);
int play_interrupted(void);

struct play_ask {
    const char *method, *url;
    struct souk_str body;
    const struct json *headers; /* {name: text} */
    const char *type;           /* of the body; NULL: none is said */
    const char *token;
    int as_visitor; /* with the cookies of the one who looks at the shop */
    int staff;      /* or of this one of the staff; 0: none */
};
struct play_answer {
    int status;
    struct json *headers; /* names in small letters */
    struct souk_str body;
};
/* Everything in the story's arena. */
int play_http(struct play *play, const struct play_ask *ask, struct play_answer *answer,
              struct err *err);
void play_http_end(struct play *play);

/* ---- processes (play_process.c) ---- */

/* Runs the binary with these arguments to its end. Both outputs together; *code: of its exit. */
int play_run(struct play *play, const char *const *args, struct souk_str *output, int *code,
             struct err *err);
/* Starts the shop, and waits until it is ready. */
int play_shop_up(struct play *play, struct err *err);
int play_shop_down(struct play *play, int at_once, struct err *err);
struct souk_str play_log(struct play *play);

/* ---- set-up (play_setup.c) ---- */

int play_setup(struct play *play, struct err *err); /* souk.lua, up, token, products */
int play_has(const struct play *play, const char *plugin);

/* ---- the other side (play_peer.c, play_mail.c) ---- */

int play_peer_begin(struct play *play, struct err *err);
void play_peer_end(struct play *play);
void play_peer_words(struct lua_State *lua);
int play_mail_begin(struct play *play, struct err *err);
void play_mail_end(struct play *play);
struct json *play_mails(struct play *play);

/* ---- people of the staff, in /admin (play_staff.c) ---- */

/* Signs them in, once. rights: of a role that is made for it; empty: the role is there. */
int play_staff(struct play *play, int staff, const char *role, struct souk_str rights,
               struct err *err);
void play_staff_words(struct lua_State *lua);

/* ---- words of stories (play_words.c, play_body.c, play_buy.c, play_look.c) ---- */

void play_words(struct lua_State *lua);
/* get, post … into the table on the top. who: -1 a visitor, 0 a token, or one of the staff. */
void play_add_verbs(struct lua_State *lua, int who, const char *role, struct souk_str rights);
/* Body, type and headers of a step: {form}, {form, files}, {json}, {body}. */
int play_body(struct arena *arena, const struct json *more, struct play_ask *ask, struct err *err);
int play_buy(struct lua_State *lua);
void play_look_words(struct lua_State *lua);
/* A call of the API as staff, or as anybody. The answer's JSON, or NULL and err. */
struct json *play_api(struct play *play, const char *method, const char *path,
                      const struct json *body, int as_staff, int *status, struct err *err);
/* Raises what a peer found meanwhile, or err. */
int play_raise(struct lua_State *lua, const struct err *err);

/* ---- the verbs ---- */

int play_main(int argc, char **argv, const char *scratch);
int shop_main(int argc, char **argv); /* the `souk` command, by this host (shop.c) */

#endif
