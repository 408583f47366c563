/*
 * protocol: the bytes between the shop, its script host and the workers. All three are the same
 * binary on the same machine, so numbers are written as they lie in memory. The shop believes
 * nothing that a worker says: readers check every length, depth and text.
 */
#ifndef SCRIPT_PROTOCOL_H
#define SCRIPT_PROTOCOL_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/json.h"

/* ---- the shop and its host: one datagram there, one back ---- */

enum host_question { HOST_BIRTH = 1, HOST_END };

struct host_request { /* HOST_BIRTH comes with two descriptors: the worker's socket and page */
    int32_t question;
    int32_t pid; /* whom to end */
};

struct host_reply {
    int32_t error; /* errno */
    int32_t pid;
    int32_t status; /* of HOST_END, as waitpid has it */
};

/* ---- the shop and a worker: a head, then `size` bytes ---- */

enum protocol_kind {
    PROTOCOL_LOAD = 1, /* struct protocol_rules, then count × (path, text) */
    PROTOCOL_CALL,     /* u32 size of the input, the input, count × u32 function */
    PROTOCOL_RUN,      /* struct protocol_rules, path, text */
    PROTOCOL_DECLARED, /* a list of {kind, file, line, value}; count × (path, u32 line) of functions
                        */
    PROTOCOL_WRONG,    /* count × (path, u32 line, message) */
    PROTOCOL_ANSWERS,  /* count × (struct protocol_answer, values or reason, log) */
};

#define PROTOCOL_QUIET 1 /* flag of PROTOCOL_LOAD: the declarations are known already */
#define PROTOCOL_TIRED 2 /* flag of PROTOCOL_ANSWERS: end this worker, it has done enough */

struct protocol_head {
    uint32_t size;
    uint16_t kind, flags;
    uint32_t count;
};

struct protocol_answer { /* to one call */
    uint32_t outcome, values, lines;
};

struct protocol_rules { /* what a worker has to know before it runs anything */
    int64_t target;     /* us of CPU of a call */
    int64_t load;       /* us of CPU of a file that is loaded */
    uint64_t memory;    /* bytes that a call may add */
    char currency[8];
};

/* A page that the shop and one worker share: who brought the worker down? */
struct protocol_page {
    _Atomic uint32_t turn;    /* one more with every call and file that begins */
    _Atomic uint32_t running; /* number of the call or file, from 1; 0: none */
};

#define PROTOCOL_MOST   (64u << 20) /* bytes of a message */
#define PROTOCOL_DEPTH  24          /* of values in values */
#define PROTOCOL_VALUES 4           /* that a function may return */
#define PROTOCOL_RESULT (64u << 10) /* bytes of a call's values */
#define PROTOCOL_LINES  20          /* of a call's log */
#define PROTOCOL_LINE   200         /* bytes of one */

enum protocol_tag {
    TAG_NIL = 'n',
    TAG_FALSE = 'f',
    TAG_TRUE = 't',
    TAG_INT = 'i',      /* int64 */
    TAG_REAL = 'r',     /* double; to workers only */
    TAG_TEXT = 's',     /* u32 length, bytes */
    TAG_LIST = 'l',     /* u32 count, values */
    TAG_NAMES = 'o',    /* u32 count, (text, value)… */
    TAG_DECIMAL = 'd',  /* a number with a fraction, as text; from workers only */
    TAG_FUNCTION = 'F', /* u32; from workers only */
};

void protocol_put_u32(struct buf *out, uint32_t number);
void protocol_put_text(struct buf *out, struct souk_str text); /* length, bytes; no tag */
void protocol_put_json(struct buf *out, const struct json *value);

struct protocol_reader {
    const char *at, *end;
    int bad; /* it ended too early or was no message of ours: all reads give nothing */
};
uint32_t protocol_u32(struct protocol_reader *reader);
struct souk_str protocol_text(struct protocol_reader *reader); /* a view; UTF-8 is not checked */
void protocol_take(struct protocol_reader *reader, void *to, size_t len);
/* A value from a worker. Keys are sorted, texts are copied and are valid UTF-8 without NUL. NULL:
 * reader->bad. */
struct json *protocol_json(struct protocol_reader *reader, struct arena *arena);
void protocol_read_json(struct protocol_reader *reader, struct arena *arena, struct json *value);
/* Words of a worker: made printable, cut at `most` bytes, copied. */
struct souk_str protocol_words(struct arena *arena, struct souk_str words, size_t most);

#endif
