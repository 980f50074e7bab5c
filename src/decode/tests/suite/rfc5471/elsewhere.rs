//! Tests over real sockets, and over the time that they take.

use crate::table::Elsewhere;

pub(super) const CASES: [Elsewhere; 17] = [
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
    Elsewhere {
        id: "T01",
        what: "sessions over TCP and IPv4: every record arrives",
        file: "tests/end_to_end/streams/sessions.rs",
        test: "t01_a_session_over_ipv4_brings_all_its_flows",
    },
    Elsewhere {
        id: "T01",
        what: "sessions over TCP and IPv6: every record arrives",
        file: "tests/end_to_end/streams/sessions.rs",
        test: "t01_a_session_over_ipv6_brings_all_its_flows",
    },
    Elsewhere {
        id: "T17",
        what: "a session that floods templates costs no other exporter its own",
        file: "tests/end_to_end/streams/faults.rs",
        test: "t17_a_session_that_floods_templates_costs_no_other_exporter_its_own",
    },
    Elsewhere {
        id: "T18",
        what: "a rate that rises over TCP: the exporter is stalled, and nothing is lost",
        file: "tests/end_to_end/streams/limits.rs",
        test: "t18_a_service_that_is_behind_stalls_its_exporter_and_loses_nothing",
    },
    Elsewhere {
        id: "T22",
        what: "an exporter that was away for a while: over TCP it goes on",
        file: "tests/end_to_end/streams/sessions.rs",
        test: "t22_an_exporter_that_connects_again_goes_on",
    },
    Elsewhere {
        id: "T23",
        what: "an exporter killed and started again, from the same port",
        file: "tests/end_to_end/streams/sessions.rs",
        test: "t23_a_session_from_the_same_address_and_port_knows_no_template_of_the_one_before",
    },
    Elsewhere {
        id: "T28",
        what: "malformed messages in a row: the session is closed, and no other",
        file: "tests/end_to_end/streams/faults.rs",
        test: "t28_malformed_messages_in_a_row_close_the_session_and_no_other",
    },
    Elsewhere {
        id: "T32",
        what: "another definition over TCP: the session is closed",
        file: "tests/end_to_end/streams/faults.rs",
        test: "t32_another_definition_without_a_withdrawal_closes_the_session",
    },
    Elsewhere {
        id: "T36",
        what: "TLS: exporters whose certificate holds are admitted",
        file: "tests/end_to_end/streams/tls.rs",
        test: "t36_exporters_whose_certificate_holds_bring_all_their_flows",
    },
    Elsewhere {
        id: "T36",
        what: "TLS: the certificate of an unknown authority is refused",
        file: "tests/end_to_end/streams/tls.rs",
        test: "t36_a_certificate_of_an_unknown_authority_is_refused",
    },
    Elsewhere {
        id: "T36",
        what: "TLS: a certificate that expired is refused",
        file: "tests/end_to_end/streams/tls.rs",
        test: "t36_a_certificate_that_expired_is_refused",
    },
    Elsewhere {
        id: "T36",
        what: "TLS: a certificate of another name is refused",
        file: "tests/end_to_end/streams/tls.rs",
        test: "t36_a_certificate_of_another_name_is_refused",
    },
];
