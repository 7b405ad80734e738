/* Many nodes of a cluster in one process, as Redis sees them: each has a link of its own (commands and hints), writes its heartbeat, reads all others', looks at
 * the heads at each hint and each 5 s, and reads new entries. What a node computes from it (signatures, rules) is left out: that runs on its machine. */
#ifndef T_BENCH_MANY_NODES_H
#define T_BENCH_MANY_NODES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANY_NODES_MAX 500
#define MANY_SUBJECT   "list/bench"
#define MANY_CHANGES   1000

void many_nodes_start(const char *where, size_t count);
/* All have read the heads once, within so long. */
bool many_nodes_wait_ready(int timeout_ms);
/* Writes entry `number` (1, 2, ...) of the list as an administrator's node does; -1: Redis did not take it. */
int many_nodes_change(uint64_t number);
/* All have read entry `number`, within so long. */
bool many_nodes_wait_read(uint64_t number, int timeout_ms);
/* How long after an entry began to be written each node had it, in us, sorted; count_r values. */
const int64_t *many_nodes_delays(size_t *count_r);
/* A number of Redis' INFO ("used_memory"); -1: none. */
double many_nodes_info(const char *section, const char *name);
uint64_t many_nodes_failures(void); /* commands that were not answered */
void many_nodes_stop(void);
#endif
