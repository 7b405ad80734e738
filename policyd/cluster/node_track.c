/* node_track.c - alive, suspect, down, double: from boots, sequence numbers and ages. */
#include "policyd/cluster/node_track.h"

#include <stdio.h>
#include <string.h>

const struct name_value node_state_names[] = {
    {"alive", NODE_ALIVE},           {"suspect", NODE_SUSPECT}, {"down", NODE_DOWN},
    {"never seen", NODE_NEVER_SEEN}, {"double", NODE_DOUBLE},   {NULL, 0},
};

void node_track_begin(struct node_track *track)
{
    *track = (struct node_track){.age_ms = -1};
}

static size_t find_boot(const struct node_track *track, const char *boot)
{
    size_t i = 0;

    while (i < track->boot_count && strcmp(track->boots[i], boot) != 0)
        i++;
    return i;
}

/* The boot becomes the first; a new one takes the place of the one that is longest ago. */
static void put_first(struct node_track *track, size_t at, const char *boot)
{
    if (at == track->boot_count && track->boot_count < TRACK_BOOTS)
        track->boot_count++;
    else if (at == track->boot_count)
        at--;
    memmove(track->boots + 1, track->boots, at * sizeof track->boots[0]);
    snprintf(track->boots[0], NODE_ID_SIZE, "%s", boot);
}

static void advance(struct node_track *track, const struct track_sight *sight)
{
    size_t at = find_boot(track, sight->boot);

    if (at > 0 && at < track->boot_count)
        track->returned_ms = sight->now_ms;
    put_first(track, at, sight->boot);
    track->seq = sight->seq;
    track->advanced_ms = sight->now_ms;
    track->advanced_age = sight->age_ms;
    if (sight->age_ms < HEARTBEAT_SUSPECT_MS) /* not one of before the gap, seen only now */
        track->grace_until_ms = 0;
}

/* Redis could not be asked for a while: what was known then holds on. */
static void notice_gap(struct node_track *track, int64_t now_ms)
{
    if (track->read_ms == 0 || now_ms - track->read_ms < TRACK_GAP_MS)
        return;
    track->grace_until_ms = now_ms + TRACK_GRACE_MS;
    track->grace_age = track->age_ms;
    track->advanced_ms += now_ms - track->read_ms; /* nobody looked meanwhile */
}

void node_track_see(struct node_track *track, const struct track_sight *sight)
{
    int64_t looked;

    notice_gap(track, sight->now_ms);
    track->read_ms = sight->now_ms;
    if (sight->boot != NULL && sight->seq > track->seq)
        advance(track, sight);
    if (track->boot_count == 0)
        return;
    looked = track->advanced_age + sight->now_ms - track->advanced_ms;
    track->age_ms = sight->boot != NULL && sight->age_ms > looked ? sight->age_ms : looked;
    track->is_replay = sight->boot != NULL && looked - sight->age_ms > TRACK_REPLAY_MS;
    if (sight->now_ms < track->grace_until_ms && track->age_ms > track->grace_age)
        track->age_ms = track->grace_age;
}

enum node_state node_track_state(const struct node_track *track, int64_t now_ms)
{
    if (track->age_ms < 0)
        return NODE_NEVER_SEEN;
    if (track->age_ms >= HEARTBEAT_DOWN_MS)
        return NODE_DOWN;
    if (track->age_ms >= HEARTBEAT_SUSPECT_MS)
        return NODE_SUSPECT;
    if (track->returned_ms > 0 && now_ms - track->returned_ms < TRACK_DOUBLE_MS)
        return NODE_DOUBLE;
    return NODE_ALIVE;
}
