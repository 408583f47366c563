/*
 * Files: a folder of the plugin's own beside the database, <data>/files/<plugin>/, for what is too
 * large for rows or is served as it is: feeds, exports, generated pictures. A new file is written
 * beside the old one and takes its place when it is whole and on disk: whoever reads has the one or
 * the other. It goes with `souk plugin purge`; a backup of the database does not hold it, so only
 * keep what can be made again, or copied from elsewhere.
 *
 * Names: [A-Za-z0-9._-]{1,100}, not beginning with a point. No folders.
 */
#ifndef SOUK_FILE_H
#define SOUK_FILE_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_file_writer; /* one file that is being written; dropped with the call unless committed
                          */

struct souk_file_info {
    uint32_t size; /* sizeof(struct souk_file_info) */
    int32_t reserved;
    int64_t bytes;
    int64_t changed_at;
};

struct souk_file_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*begin)(struct souk_ctx *ctx, struct souk_str name, struct souk_file_writer **writer);
    int (*write)(struct souk_file_writer *writer, struct souk_str bytes);
    int (*commit)(struct souk_file_writer *writer);
    int (*read)(struct souk_ctx *ctx, struct souk_str name, int64_t from, uint32_t most,
                struct souk_str *bytes);
    int (*info)(struct souk_ctx *ctx, struct souk_str name, struct souk_file_info *info);
    int (*remove)(struct souk_ctx *ctx, struct souk_str name);
    int (*list)(struct souk_ctx *ctx, const struct souk_value **names);
    int (*answer)(struct souk_ctx *ctx, struct souk_str name, struct souk_str type,
                  struct souk_str filename);
};

/* clang-format off */

/* Opens a new file of this name; the old one stays until the commit. Up to 8 at once in a call (SOUK_TOO_LARGE). SOUK_UNAVAILABLE: the disk. [TASK; blocks; 0.2] */
static inline int souk_file_begin(struct souk_ctx *ctx, struct souk_str name, struct souk_file_writer **writer) { return souk_api->file->begin(ctx, name, writer); }
/* Appends; gathers 64 KiB before it asks the disk. After an error every further step gives it again. SOUK_TOO_LARGE: 1 GiB. [TASK; blocks; 0.2] */
static inline int souk_file_write(struct souk_file_writer *writer, struct souk_str bytes) { return souk_api->file->write(writer, bytes); }
/* Whole, on disk, and under its name from now on; or an error, and the old one stays. [TASK; blocks; 0.2] */
static inline int souk_file_commit(struct souk_file_writer *writer) { return souk_api->file->commit(writer); }
/* Up to `most` bytes (at most 16 MiB) from the byte `from`; fewer: that was the end. SOUK_NOT_FOUND. [TASK; blocks; 0.2] */
static inline int souk_file_read(struct souk_ctx *ctx, struct souk_str name, int64_t from, uint32_t most, struct souk_str *bytes) { return souk_api->file->read(ctx, name, from, most, bytes); }
/* SOUK_NOT_FOUND. [serving; 0.2] */
static inline int souk_file_info(struct souk_ctx *ctx, struct souk_str name, struct souk_file_info *info) { return souk_api->file->info(ctx, name, info); }
/* What is not there is removed, too. [TASK; blocks; 0.2] */
static inline int souk_file_remove(struct souk_ctx *ctx, struct souk_str name) { return souk_api->file->remove(ctx, name); }
/* All names, in order of the alphabet. [TASK; blocks; 0.2] */
static inline int souk_file_list(struct souk_ctx *ctx, const struct souk_value **names) { return souk_api->file->list(ctx, names); }
/* Answers the request with the file as it is now, without reading it into memory: ETag, Last-Modified, If-None-Match and ranges are the core's. `filename` (may be
 * empty): offered to be saved under this name. A Cache-Control that was set before holds; else browsers ask each time. Not together with souk_then_write. SOUK_NOT_FOUND.
 * [READ TASK; 0.2] */
static inline int souk_answer_file(struct souk_ctx *ctx, struct souk_str name, const char *type, struct souk_str filename) { return souk_api->file->answer(ctx, name, souk_str(type), filename); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
