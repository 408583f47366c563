/*
 * worker_code: which of its outer locals a Lua function assigns. Internal to core/script.
 */
#ifndef SCRIPT_WORKER_CODE_H
#define SCRIPT_WORKER_CODE_H

#include <lua.h>

/* assigned[i]: the function at `function`, or one inside of it, may assign its upvalue i + 1. When
 * its code cannot be read, all of them. */
void worker_code_assigned(lua_State *lua, int function, unsigned char assigned[256]);

#endif
