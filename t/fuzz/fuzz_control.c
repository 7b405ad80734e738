/* fuzz_control: any bytes as what a client sends: frames, and in J frames requests. */
#include "control/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_from(data, size);
    struct control_request request;
    struct control_frame frame;
    size_t used = 0;

    while (control_parse(rest, &frame, &used, NULL) == 1) {
        json_decref(control_text(frame.payload));
        if (frame.type == 'J' && control_request_parse(frame.payload, &request, NULL) == 0)
            json_decref(request.root);
        rest = span_from(rest.ptr + used, rest.len - used);
    }
    return 0;
}
