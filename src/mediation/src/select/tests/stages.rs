//! What is known where.

use std::panic::{RefUnwindSafe, UnwindSafe};

use flow::{Civil, EnrichedFlow, Field, FieldType, OriginalFlow, Value};

use super::support::{filter, passes, web, web_record};
use crate::anonymize::{Anonymization, AnonymizedFlow, CryptoPan, Key, Policy};
use crate::select::{Fault, Program, Published, Stage, Subject};

#[test]
fn before_aggregation_counters_are_scaled_by_the_sampling_rate() {
    let matches = |text| filter(text).compile().unwrap().matches(&web_record());
    for text in [
        "bytes = 5000 and packets = 10 and bpp = 500",
        "sampling 10",
        "bps = 10k and pps = 2.5",
        "duration 4000 and hour 22 and exporter 192.0.2.1 and flags SAF and in if 3",
        "end_reason is null",
    ] {
        assert!(matches(text), "{text}");
    }
    assert!(!matches("bytes = 500"));
    let huge = OriginalFlow {
        packets: u64::MAX / 2,
        ..web_record()
    };
    let largest = filter(&format!("packets = {}", u64::MAX));
    assert!(largest.compile().unwrap().matches(&huge), "they saturate");
}

#[test]
fn what_a_stage_does_not_know_is_refused_with_its_place() {
    let error = filter("proto tcp and (port 80 or src country CH)")
        .compile::<OriginalFlow>()
        .unwrap_err();
    assert_eq!(
        error.render(),
        "\
\"src_country\" is not known before aggregation; it is known after aggregation
  1 | proto tcp and (port 80 or src country CH)
    |                           ^^^^^^^^^^^^^^"
    );
    for (text, name) in [
        ("vlan 1", "src_vlan"),
        ("active_ms 1", "active_ms"),
        ("complete", "complete"),
        ("records > 1", "records"),
        ("reverse_bytes is null", "reverse_bytes"),
    ] {
        let error = filter(text).check(Stage::Original).unwrap_err();
        let expected = Fault::NotKnown {
            name,
            stage: Stage::Original,
            known: Stage::Prepared,
        };
        assert_eq!(error.fault(), &expected, "{text}");
        assert_eq!(filter(text).check(Stage::Prepared), Ok(()), "{text}");
    }
    let error = |stage| filter("seq > 1").check(stage).unwrap_err().to_string();
    assert_eq!(
        error(Stage::Prepared),
        "1:1: \"seq\" is not known after aggregation; it is known on the prepared stream"
    );
    assert_eq!(
        error(Stage::Original),
        "1:1: \"seq\" is not known before aggregation; it is known on the prepared stream"
    );
}

#[test]
fn a_published_flow_has_its_position() {
    let flows = Anonymization::new(Policy::None).anonymize(&[web()]);
    let published = Published {
        seq: 7,
        flow: &flows[0],
    };
    let matches = |text| filter(text).compile().unwrap().matches(&published);
    assert!(matches("seq = 7 and dst port 443 and day 14"));
    assert!(!matches("seq > 7"));
}

#[test]
fn a_program_is_kept_longer_than_flows_and_shared_between_guarded_stages() {
    fn assert_shared<T: Send + Sync + UnwindSafe + RefUnwindSafe>(_: &T) {}
    let program: Program<Published<'static>> = filter("seq < 2").compile().unwrap();
    for seq in 0..4 {
        let flows = Anonymization::new(Policy::None).anonymize(&[web()]);
        let flow = &flows[0];
        assert_eq!(program.matches(&Published { seq, flow }), seq < 2);
    }
    assert_shared(&program);
    assert_shared(&filter("any").compile::<OriginalFlow>().unwrap());
    assert_shared(&filter("any").compile::<EnrichedFlow>().unwrap());
}

#[test]
fn an_anonymized_flow_is_filtered_by_what_it_shows() {
    let key = Key::from_octets(&[7; 32]).unwrap();
    let policy = Anonymization::new(Policy::Standard(Box::new(CryptoPan::new(&key))));
    let flows = policy.anonymize(&[web()]);
    let original = filter("src ip 10.1.2.3");
    assert!(original.compile().unwrap().matches(&web()));
    assert!(!original.compile().unwrap().matches(&flows[0]));
    let shown = format!("src ip {}", flows[0].flow().key.src_addr);
    assert!(
        filter(&shown)
            .compile::<AnonymizedFlow>()
            .unwrap()
            .matches(&flows[0])
    );
}

/// Whether a value is of the type that the registry says.
fn is_typed(field: Field, value: Value<'_>) -> bool {
    use FieldType::{Addr, Bool, F64, I32, I64, Text, U8, U16, U32, U64};
    match value {
        Value::Null => true,
        Value::Unsigned(_) => matches!(field.kind(), U8 | U16 | U32 | U64),
        Value::Signed(_) => matches!(field.kind(), I32 | I64),
        Value::Float(_) => field.kind() == F64,
        Value::Bool(_) => field.kind() == Bool,
        Value::Addr(_) => field.kind() == Addr,
        Value::Text(_) => field.kind() == Text,
    }
}

#[test]
fn values_are_of_their_types_and_a_stage_knows_what_it_has() {
    let (flow, record) = (web(), web_record());
    let civil = Civil::from_millis(flow.start_ms());
    for field in Field::ALL {
        assert!(is_typed(field, Subject::value(&flow, field, &civil)));
        let value = Subject::value(&record, field, &civil);
        assert!(is_typed(field, value));
        // Known and null in this record alone: what it has no value of.
        let null = matches!(
            field,
            Field::IcmpType | Field::IcmpCode | Field::OutIf | Field::EndReason
        );
        let has = value != Value::Null || null;
        assert_eq!(Stage::Original.knows(field), has, "{}", field.name());
        assert!(Stage::Published.knows(field));
    }
}

#[test]
fn a_record_and_the_flow_it_becomes_are_filtered_alike() {
    let (flow, record) = (web(), web_record());
    let civil = Civil::from_millis(flow.start_ms());
    let same = |field: &Field| Stage::Original.knows(*field);
    for field in Field::ALL.into_iter().filter(same) {
        let differs = matches!(
            field,
            // The flow was merged of two records with a gap, the record is alone.
            Field::SamplingRate | Field::EndReason | Field::BitRate | Field::PacketRate
        );
        let equal = record.value(field, &civil) == flow.value(field, &civil);
        assert_eq!(equal, !differs, "{}", field.name());
    }
}

#[test]
fn every_field_has_its_own_name() {
    let flow = web();
    let civil = Civil::from_millis(flow.flow.start_ms);
    for field in Field::ALL {
        let text = format!("{} is not null", field.name());
        assert_eq!(filter(&text).to_string(), text);
        if Stage::Prepared.knows(field) {
            let is_null = flow.value(field, &civil) == Value::Null;
            assert_eq!(passes(&text, &flow), !is_null, "{text}");
        }
    }
}
