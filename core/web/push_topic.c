/*
 * push_topic.c: who wants to hear what.
 *
 * The idea: a topic is an array of clients, a client an array of its places in topics,
 * and each place knows its index, so joining and leaving cost nothing that grows with
 * the number of clients. A topic without clients is dropped at once: names come from
 * outside.
 *
 * Only the hub's thread comes here. It does not ask whether a client may: push_client.c
 * has.
 */
#include "web/push_hub.h"

#include <stdlib.h>
#include "base/str.h"

static struct push_topic *topic_get(struct push_hub *hub, struct souk_str name)
{
    struct push_topic *topic = map_get(&hub->topics, name);
    if (!topic) {
        topic = mem_zalloc(sizeof(*topic));
        topic->name = mem_alloc(name.len + 1);
        memcpy(topic->name, name.ptr, name.len);
        topic->name[name.len] = '\0';
        map_put(&hub->topics, (struct souk_str){topic->name, name.len}, topic);
    }
    return topic;
}

static struct push_place *place_of(struct push_client *client, const struct push_topic *topic)
{
    for (size_t i = 0; i < client->places.len; i++)
        if (client->places.at[i].topic == topic)
            return &client->places.at[i];
    return NULL;
}

int push_topic_join(struct push_client *client, struct souk_str name)
{
    if (name.len == 0 || name.len > PUSH_TOPIC_LENGTH || memchr(name.ptr, 0, name.len))
        return SOUK_TOO_LARGE;
    struct push_topic *topic = map_get(&client->hub->topics, name);
    if (topic && place_of(client, topic))
        return 0;
    if (client->places.len == PUSH_TOPICS)
        return SOUK_TOO_LARGE;
    topic = topic_get(client->hub, name);
    struct push_place place = {topic, topic->clients.len};
    vec_push(&topic->clients, client);
    vec_push(&client->places, place);
    atomic_fetch_add(&client->hub->places, 1);
    return 0;
}

/* Fills the gap in the topic with its last client, and in the client's places likewise.
 */
static void leave(struct push_client *client, struct push_place *place)
{
    struct push_topic *topic = place->topic;
    struct push_client *moved = topic->clients.at[--topic->clients.len];
    topic->clients.at[place->at] = moved;
    if (moved != client)
        place_of(moved, topic)->at = place->at;
    *place = client->places.at[--client->places.len];
    atomic_fetch_sub(&client->hub->places, 1);
    if (topic->clients.len == 0) {
        map_remove(&client->hub->topics, souk_str(topic->name));
        vec_free(&topic->clients);
        free(topic->name);
        free(topic);
    }
}

void push_topic_leave(struct push_client *client, struct souk_str name)
{
    struct push_topic *topic = map_get(&client->hub->topics, name);
    struct push_place *place = topic ? place_of(client, topic) : NULL;
    if (place)
        leave(client, place);
}

void push_topic_leave_all(struct push_client *client)
{
    while (client->places.len)
        leave(client, &client->places.at[client->places.len - 1]);
}
