/* fuzz_counters: cells and drawers as they may come back from a database or from Redis, and names of counters from a notice. */
#include "policyd/cluster/shelf.h"
#include "policyd/cluster/window.h"
#include "rules/charge.h"

#define NOW 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_cell(struct span bytes)
{
    static const uint8_t member[WINDOW_MEMBER_SIZE] = "member.";
    struct str cell = STR_EMPTY;

    if (window_sum(bytes, NOW) < 0 || window_count(bytes, NOW, member, 1) < 1)
        __builtin_trap();
    str_add(&cell, bytes);
    window_add(&cell, NOW, NOW, 1);
    if (window_sum(str_span(&cell), NOW) < 1 || cell.len > WINDOW_ENTRIES * WINDOW_ENTRY_SIZE)
        __builtin_trap();
    str_reset(&cell);
    str_add(&cell, bytes);
    (void)window_note(&cell, NOW, NOW, member);
    if (cell.len > WINDOW_MAX_BYTES)
        __builtin_trap();
    str_clear(&cell);
}

static void as_drawer(struct span bytes)
{
    struct shelf *shelf = shelf_new(2, 4);
    struct str again = STR_EMPTY;
    size_t drawer;

    shelf_restore(shelf, 0, bytes);
    shelf_restore(shelf, 1, bytes);
    while (shelf_take_changed(shelf, &drawer, &again))
        ;
    if (again.len > bytes.len)
        __builtin_trap();
    str_clear(&again);
    shelf_free(&shelf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_from(data, size);
    struct charge_counter counter;

    as_cell(bytes);
    as_drawer(bytes);
    if (charge_counter_parse(bytes, &counter) && counter.window <= 0)
        __builtin_trap();
    return 0;
}
