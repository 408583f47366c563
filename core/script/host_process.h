/*
 * host_process: the process that forks workers. Internal to core/script.
 */
#ifndef SCRIPT_HOST_PROCESS_H
#define SCRIPT_HOST_PROCESS_H

#define HOST_PROCESS_FD 3

/* "script-host": its argument. A variable so that whoever starts it is linked with it. */
extern char host_process_name[];

#endif
