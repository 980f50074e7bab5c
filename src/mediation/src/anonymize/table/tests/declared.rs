//! What metadata say of a policy.

use flow::Stability;

use super::*;

#[test]
fn metadata_say_method_and_parameters_of_each_field() {
    let clear = ["192.0.2.0/24".parse().unwrap()];
    let methods = Methods::strict()
        .with(Field::SrcPrefix, Method::AsAddress)
        .unwrap();
    let methods = methods
        .with(Field::SrcPrefixLen, Method::AsAddress)
        .unwrap();
    let policy = policy_in(Scopes::new(&clear, SpecialUse::Clear), methods);
    let said = policy.techniques();
    let text = |field: Field| {
        let said = said.iter().find(|said| said.field == field);
        said.map(|said| said.text.as_ref())
    };
    let address = "prefix-preserving: Crypto-PAn; of that the leading 24 bits of IPv4 and 48 of \
                   IPv6; addresses in prefixes of the settings are clear (1); special-use \
                   addresses are clear";
    assert_eq!(text(Field::SrcAddr), Some(address));
    assert_eq!(text(Field::SrcPrefixLen), Some(address));
    assert_eq!(text(Field::DstPrefix), Some("black-marker: null"));
    assert_eq!(
        text(Field::EndMs),
        Some("precision degradation: whole units of 60000 ms")
    );
    assert_eq!(text(Field::Bytes), Some("binning: powers of two"));
    assert_eq!(text(Field::Hour), Some("derived from fields as they leave"));
    assert_eq!(text(Field::Protocol), Some("none: as it is"));
    let prefix = said
        .iter()
        .find(|said| said.field == Field::SrcPrefix)
        .unwrap();
    assert_eq!(
        (prefix.method.technique(), prefix.stability.flags()),
        (6, 3)
    );
}

#[test]
fn what_is_made_of_other_fields_is_no_more_stable_than_they_are() {
    let noisy = Methods::none().with(Field::Bytes, Method::Noise).unwrap();
    let shifted = noisy.with(Field::StartMs, Method::RandomShift).unwrap();
    let said = policy(shifted).techniques();
    for (field, method, stability) in [
        (Field::BitRate, Method::Derived, Stability::Undefined),
        (Field::Hour, Method::Derived, Stability::Session),
        (Field::DurationMs, Method::Derived, Stability::Session),
        (Field::PacketRate, Method::Clear, Stability::Stable),
    ] {
        let said = &said[field as usize];
        assert_eq!((said.method, said.stability), (method, stability));
    }
}

#[test]
fn a_limit_of_ports_comes_before_their_method() {
    let methods = Methods::none()
        .with(Field::SrcPort, Method::Permutation)
        .unwrap();
    let policy = policy(methods).with_ports(PortLimit::at(1_024));
    let out = one(&policy, &full());
    assert_eq!(out.flow().key.src_port, 0);
    let said = policy.techniques();
    let said = said.iter().filter(|said| said.method != Method::Clear);
    let said: Vec<(&str, &str)> = said.map(|t| (t.field.name(), &*t.text)).collect();
    assert_eq!(
        said,
        [
            (
                "src_port",
                "binning: ports from a limit on are 0; permutation with the key"
            ),
            ("dst_port", "binning: ports from a limit on are 0"),
        ]
    );
}

#[test]
fn what_names_few_is_declared_where_it_leaves_and_read_back() {
    let rare = "precision degradation: null where an AS or a country has fewer addresses than 300";
    let methods = Methods::none()
        .with(Field::SrcLatitude, Method::PrecisionDegradation)
        .and_then(|methods| methods.with(Field::DstAsn, Method::BlackMarker))
        .unwrap();
    let said = policy(methods).with_rare_under(300).techniques();
    let of = |field: Field| said.iter().find(|said| said.field == field).unwrap();
    let text = |field| &*of(field).text;
    assert_eq!(text(Field::SrcAsn), rare);
    assert_eq!(of(Field::SrcAsn).method, Method::PrecisionDegradation);
    assert!(text(Field::SrcLatitude).starts_with(&format!("{rare}; precision degradation")));
    assert_eq!(of(Field::DstAsn).method, Method::BlackMarker);
    assert_eq!(text(Field::DstAsn), "black-marker: null");
    assert_eq!(of(Field::SrcVlan).method, Method::Clear);
    for said in &said {
        let read = Said::of(Some(said.method), &said.text).unwrap();
        let may_be_rare = said.text.starts_with(rare);
        assert_eq!(read.has_rare_limit, may_be_rare, "{}", said.text);
    }
}
