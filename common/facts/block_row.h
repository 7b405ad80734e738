/* Private to block_write.c and block_read.c: the flat block's layout, all little-endian, nothing aligned.
 *   "PGF1" | u32 bytes of the whole block | u16 names | names: u8 kind, u8 length, bytes | rows up to the end
 *   row: u16 name | u8 form | u8 state | u32 number | then as form and state ask:
 *     FORM_KEYED: text key · unknown: text reason · value: u32 count, then values by the name's kind
 *     FORM_LIST (name of a record): number = elements, then u8 is_incomplete, text reason; stands before its elements
 *     FORM_ELEMENT: number = index of the element; an absent fact of an element is not written
 *   text: u32 length, bytes · value: KIND_NUMBER i64, KIND_IP 16 bytes, KIND_TEXT text */
#ifndef FACTS_BLOCK_ROW_H
#define FACTS_BLOCK_ROW_H
#include "facts/fact_table.h"

#define BLOCK_MAGIC     "PGF1"
#define BLOCK_MAX_NAMES 1000 /* of one block; later versions have more facts than this one */
#define BLOCK_HEAD      10
#define BLOCK_ROW_HEAD  8
#define BLOCK_IP_BYTES  16

enum block_kind { KIND_LIST = 1, KIND_NUMBER, KIND_IP, KIND_TEXT };
enum block_form { FORM_PLAIN = 1, FORM_KEYED, FORM_LIST, FORM_ELEMENT };

enum block_kind block_kind_of(enum value_type type);
#endif
