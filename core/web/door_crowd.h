/*
 * door_crowd: how many connections each address holds. IPv6 counts by its /64. Any
 * thread.
 */
#ifndef WEB_DOOR_CROWD_H
#define WEB_DOOR_CROWD_H

#include "web/cidr.h"

struct crowd;

struct crowd *crowd_new(int most); /* for one address; 0: no limit */
void crowd_free(struct crowd *crowd);
int crowd_enter(struct crowd *crowd,
                const struct cidr_address *address); /* 1 counted in, 0 it has too many */
void crowd_leave(struct crowd *crowd, const struct cidr_address *address);

#endif
