//! Tests over real sockets, and over the time that they take.

use crate::table::Elsewhere;

pub(super) const CASES: [Elsewhere; 5] = [
    Elsewhere {
        id: "T01",
        what: "sessions over UDP and IPv6: every record arrives",
        file: "tests/end_to_end/conservation.rs",
        test: "all_protocols_at_once_arrive_whole_over_ipv6",
    },
    Elsewhere {
        id: "T18",
        what: "a rate that rises over UDP: what the kernel drops is counted to the datagram",
        file: "tests/end_to_end/kernel_drops.rs",
        test: "a_burst_beyond_the_receive_buffer_is_counted_to_the_datagram",
    },
    Elsewhere {
        id: "T02",
        what: "values of types of which no element is registered",
        file: "src/decode/src/explain/value.rs",
        test: "numbers_are_read_at_any_length_up_to_their_full_size",
    },
    Elsewhere {
        id: "T24",
        what: "the service killed and started again: it goes on",
        file: "tests/end_to_end/crash.rs",
        test: "a_killed_service_is_recovered_and_goes_on_with_the_next_position",
    },
    Elsewhere {
        id: "T31",
        what: "the same template again is counted nowhere as an error",
        file: "src/decode/tests/suite/sessions.rs",
        test: "t31_the_same_template_again_is_no_error",
    },
];
