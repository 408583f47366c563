/*
 * bare_rules: the reference for scripts: what the same rules cost in a plain Lua state of one
 * process, called one after the other on one cart table that is made once, and what a message there
 * and back costs between two processes over a socket pair.
 *
 *     bare_rules RULES.lua CART.lua SECONDS     us for all functions on the cart
 *     bare_rules ping BYTES SECONDS             us for a message of so many bytes and its echo
 *
 * RULES.lua declares with promotion { when = function … }; CART.lua returns the cart.
 */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int count;

static int promotion(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, "functions");
    lua_getfield(lua, 1, "when");
    lua_rawseti(lua, -2, ++count);
    return 0;
}

static void check(lua_State *lua, int code)
{
    if (code == LUA_OK)
        return;
    fprintf(stderr, "bare_rules: %s\n", lua_tostring(lua, -1));
    exit(1);
}

static int rules(const char *file, const char *cart, double seconds)
{
    lua_State *lua = luaL_newstate();
    luaL_openlibs(lua);
    lua_newtable(lua);
    lua_setfield(lua, LUA_REGISTRYINDEX, "functions");
    lua_register(lua, "promotion", promotion);
    check(lua, luaL_dofile(lua, file));
    lua_settop(lua, 0);
    lua_getfield(lua, LUA_REGISTRYINDEX, "functions");
    check(lua, luaL_dofile(lua, cart));
    long held = 0, rounds = 0;
    double begin = now(), took = 0;
    for (; took < seconds; took = now() - begin)
        for (int n = 0; n < 100; n++, rounds++)
            for (int i = 1; i <= count; i++) {
                lua_rawgeti(lua, 1, i);
                lua_pushvalue(lua, 2);
                check(lua, lua_pcall(lua, 1, 1, 0));
                held += lua_toboolean(lua, -1);
                lua_settop(lua, 2);
            }
    printf("%.3f %ld\n", took * 1e6 / (double)rounds, held / rounds);
    lua_close(lua);
    return 0;
}

static int ping(size_t bytes, double seconds)
{
    int ends[2];
    char *message = calloc(1, bytes);
    if (!message || socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        return 1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (ssize_t n; (n = read(ends[1], message, bytes)) > 0;)
            if (write(ends[1], message, (size_t)n) != n)
                break;
        _exit(0);
    }
    close(ends[1]);
    long rounds = 0;
    double begin = now(), took = 0;
    for (; took < seconds; took = now() - begin)
        for (int n = 0; n < 100; n++, rounds++) {
            if (write(ends[0], message, bytes) != (ssize_t)bytes)
                return 1;
            for (size_t got = 0; got < bytes;) {
                ssize_t n_read = read(ends[0], message, bytes - got);
                if (n_read <= 0)
                    return 1;
                got += (size_t)n_read;
            }
        }
    close(ends[0]);
    waitpid(child, NULL, 0);
    printf("%.3f\n", took * 1e6 / (double)rounds);
    free(message);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "ping") == 0)
        return ping((size_t)strtoul(argv[2], NULL, 10), strtod(argv[3], NULL));
    if (argc == 4)
        return rules(argv[1], argv[2], strtod(argv[3], NULL));
    fprintf(stderr,
            "usage: bare_rules RULES.lua CART.lua SECONDS | bare_rules ping BYTES SECONDS\n");
    return 2;
}
