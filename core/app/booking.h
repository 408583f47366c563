/*
 * booking: places that delivery providers have booked for orders (the slot of a courier, say) go
 * back when the order is cancelled, in the same write.
 */
#ifndef APP_BOOKING_H
#define APP_BOOKING_H

void booking_setup(void); /* once, before requests */

#endif
