//! Cases that concern more than the decoder, and the tests of them.

use crate::table::Elsewhere;

const fn of(
    id: &'static str,
    what: &'static str,
    file: &'static str,
    test: &'static str,
) -> Elsewhere {
    Elsewhere {
        id,
        what,
        file,
        test,
    }
}

/// Many of them have rows of the decoder too.
pub(super) const CASES: [Elsewhere; 32] = [
    of(
        "B001",
        "bad datagrams of all kinds between good ones: each good one becomes a flow",
        "tests/end_to_end/bad_input.rs",
        "good_datagrams_between_bad_ones_all_arrive",
    ),
    of(
        "B013",
        "a message of 65,535 octets over a stream, octet by octet: it comes whole",
        "src/decode/src/stream.rs",
        "b013_the_longest_message_comes_whole_when_delivered_octet_by_octet",
    ),
    of(
        "B017",
        "fragments in a capture that is imported: later ones are skipped, first ones counted as cut",
        "src/dataset/tests/packet.rs",
        "later_fragments_are_skipped_and_first_ones_counted_as_cut",
    ),
    of(
        "B058",
        "ten thousand lists in each other: no stack is taken",
        "src/decode/tests/suite/structured.rs",
        "b058_ten_thousand_lists_in_each_other_take_no_stack",
    ),
    of(
        "B085",
        "a template at one port of the service, its data at another: all ports share what is known",
        "tests/end_to_end/bad_input.rs",
        "b085_a_template_at_one_port_serves_data_at_another",
    ),
    of(
        "B096",
        "uptimes that wrap, or lie after the header's: one signed difference",
        "src/decode/src/clock.rs",
        "one_signed_difference_serves_wraps_and_packets_after_the_stamp",
    ),
    of(
        "B103",
        "names of files hold positions and no local time",
        "src/dataset/src/name.rs",
        "names_are_as_documented",
    ),
    of(
        "B103",
        "dates of eight centuries, in UTC",
        "src/flow/src/civil.rs",
        "every_day_of_eight_centuries_round_trips_and_follows_the_one_before",
    ),
    of(
        "B109",
        "a flood of templates of one exporter: the others keep theirs",
        "src/decode/tests/suite/limits.rs",
        "a_flood_of_one_exporter_costs_no_other_its_templates",
    ),
    of(
        "B110",
        "a flood of garbage from a stranger: an exporter with templates loses no record",
        "tests/end_to_end/bad_input.rs",
        "a_flood_of_garbage_hides_no_record_of_an_exporter_with_templates",
    ),
    of(
        "B111",
        "data that wait fill their room and no more, and those of new exporters half of it",
        "src/decode/tests/suite/pending.rs",
        "all_together_fill_no_more_than_their_room_and_new_ones_half_of_it",
    ),
    of(
        "B112",
        "more flow keys than the table holds: those untouched for longest leave early, counted",
        "src/mediation/src/aggregate/tests/limits.rs",
        "beyond_the_limit_flows_leave_early_and_are_counted",
    ),
    of(
        "B113",
        "thousands of bad datagrams: a few log lines a second, which say how many are not told",
        "tests/end_to_end/bad_input.rs",
        "b113_a_flood_of_bad_datagrams_is_no_flood_of_log_lines",
    ),
    of(
        "B113",
        "what a log line suppressed is counted and told with the next",
        "actors/src/rate_limit.rs",
        "what_is_suppressed_is_counted_and_told_with_the_next",
    ),
    of(
        "B114",
        "octets that are no segment: an error or whole rows, no panic",
        "src/dataset/tests/segment.rs",
        "octets_that_are_no_segment_never_panic",
    ),
    of(
        "B114",
        "octets that are no capture: an error, no panic",
        "src/dataset/tests/capture.rs",
        "random_octets_never_panic",
    ),
    of(
        "B114",
        "a frame that states more than the limit: refused before it is read",
        "src/dataset/tests/forged.rs",
        "a_stated_frame_beyond_the_limit_is_refused_before_it_is_read",
    ),
    of(
        "B115",
        "a database cut short while it is in use: it was read whole at the start and is not mapped",
        "db/tests/lookup/files.rs",
        "b115_a_database_that_is_cut_short_while_in_use_harms_nothing",
    ),
    of(
        "B116",
        "a database cut short anywhere: refused",
        "db/tests/lookup/global.rs",
        "a_database_cut_short_anywhere_is_refused",
    ),
    of(
        "B116",
        "a database with a flipped octet: refused, or without harm",
        "db/tests/lookup/global.rs",
        "a_flipped_octet_is_refused_or_does_no_harm",
    ),
    of(
        "B116",
        "an empty file, an archive, a web page: refused as what it seems to be",
        "db/tests/lookup/global.rs",
        "what_is_no_database_is_refused_with_what_it_seems_to_be",
    ),
    of(
        "B116",
        "a database of another kind: refused with both kinds",
        "db/tests/lookup/global.rs",
        "a_database_of_another_kind_is_refused_with_both_kinds",
    ),
    of(
        "B116",
        "a table of the world cut short or with a flipped bit: refused, and built anew",
        "tests/end_to_end/databases/service.rs",
        "a_damaged_global_database_does_not_stop_the_start_and_is_built_anew",
    ),
    of(
        "B116",
        "a source that is cut short, damaged or a web page: refused, the old one stays",
        "tests/end_to_end/databases/bad_input.rs",
        "a_file_of_any_format_that_is_cut_short_empty_or_of_another_format",
    ),
    of(
        "B117",
        "names with quotes, line ends, escapes and formulas: a row stays a row, and comes back",
        "src/protocol/src/encode/tests.rs",
        "b117_hostile_names_stay_within_their_cell_and_move_no_terminal",
    ),
    of(
        "B117",
        "names out of databases: without control characters",
        "db/src/name.rs",
        "a_name_is_cut_at_a_character_and_rid_of_control_characters",
    ),
    of(
        "B117",
        "what was found in a file, in an error: escaped and short",
        "db/tests/lookup/prefix_files.rs",
        "what_is_found_is_shown_escaped_and_short",
    ),
    of(
        "B118",
        "a segment with zeros or garbage at its end: cut off at the next start",
        "src/dataset/tests/segment.rs",
        "a_tail_of_zeros_or_garbage_is_cut_off",
    ),
    of(
        "B118",
        "a segment with a flipped bit: detected, and no wrong row is released",
        "src/dataset/tests/segment.rs",
        "every_flipped_bit_is_detected_and_no_wrong_row_is_released",
    ),
    of(
        "B118",
        "the service killed while it writes: it starts again and goes on",
        "tests/end_to_end/crash.rs",
        "a_killed_service_is_recovered_and_goes_on_with_the_next_position",
    ),
    of(
        "B118",
        "a torn segment: set aside, and everything before it is kept",
        "tests/end_to_end/crash.rs",
        "a_torn_tail_is_set_aside_and_everything_before_it_is_kept",
    ),
    of(
        "B118",
        "a segment replaced while it is read: the reader sees what replaced it",
        "src/dataset/tests/segment.rs",
        "a_reader_sees_what_replaced_a_torn_frame",
    ),
];
