/* An inspection that finds nothing, or, when the test says so, does not take place. */
#ifndef T_LIB_FAKE_CONTENT_H
#define T_LIB_FAKE_CONTENT_H

extern const char *fake_content_failure; /* why; "": it takes place */
#endif
