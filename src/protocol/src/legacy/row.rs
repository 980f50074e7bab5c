//! A flow as a row of the 36 columns.

use std::net::IpAddr;

use flow::{Civil, Field, Locality, Place, Value};
use mediation::anonymize::AnonymizedFlow;

use super::{LegacyRules, country};
use crate::encode::number;

/// The cells of one row.
struct Cells<'a> {
    out: &'a mut Vec<u8>,
    begun: bool,
}

impl Cells<'_> {
    fn begin(&mut self) -> &mut Vec<u8> {
        if self.begun {
            self.out.push(b',');
        }
        self.begun = true;
        self.out
    }

    fn unsigned(&mut self, value: impl Into<u64>) {
        number::unsigned(value.into(), self.begin());
    }

    fn signed(&mut self, value: impl Into<i64>) {
        number::signed(value.into(), self.begin());
    }

    /// A finite number.
    fn float(&mut self, value: f64) {
        number::float(value, self.begin());
    }

    fn addr(&mut self, addr: IpAddr) {
        number::addr(addr, self.begin());
    }
}

/// Appends a flow as a row.
pub(crate) fn row(rules: &LegacyRules, flow: &AnonymizedFlow, out: &mut Vec<u8>) {
    let mut cells = Cells { out, begun: false };
    let civil = Civil::from_millis(flow.flow().start_ms);
    let tells = |field| flow.value(field, &civil) != Value::Null;
    of_flow(rules, flow, tells(Field::BitRate), &mut cells);
    of_place(rules, flow.src(), &mut cells);
    of_place(rules, flow.dst(), &mut cells);
    of_time(&civil, tells, &mut cells);
    out.push(b'\n');
}

fn of_flow(rules: &LegacyRules, flow: &AnonymizedFlow, has_rate: bool, cells: &mut Cells<'_>) {
    let flow = flow.flow();
    let key = flow.key;
    // As NetFlow v5 has them in the destination port.
    let of_icmp = flow
        .icmp
        .map(|icmp| u16::from_be_bytes([icmp.kind, icmp.code]));
    let dst_port = of_icmp.map_or(key.dst_port, |port| rules.ports.apply(port));
    let [_, tcp_flags] = flow.tcp_flags.unwrap_or(0).to_be_bytes();
    let secs = in_secs(flow.active_ms);
    cells.addr(key.src_addr);
    cells.addr(key.dst_addr);
    cells.unsigned(flow.packets);
    cells.unsigned(flow.bytes);
    cells.signed(flow.start_ms);
    cells.signed(flow.end_ms);
    cells.unsigned(key.src_port);
    cells.unsigned(dst_port);
    cells.unsigned(tcp_flags);
    cells.unsigned(key.protocol);
    cells.addr(flow.exporter.addr);
    cells.unsigned(flow.block_place.unwrap_or(0));
    cells.float(secs);
    cells.float(if has_rate {
        bit_rate(flow.bytes, secs)
    } else {
        0.0
    });
}

fn of_place(rules: &LegacyRules, place: &Place, cells: &mut Cells<'_>) {
    let position = place.position;
    let (longitude, latitude) = position.map_or((0.0, 0.0), |p| (p.longitude, p.latitude));
    let (first, second) = if rules.positions_swapped {
        (latitude, longitude)
    } else {
        (longitude, latitude)
    };
    let network = place.prefix.unwrap_or(rules.unknown_network);
    let is_private = place.locality == Some(Locality::Private);
    cells.unsigned(country::number(place.country));
    cells.float(first);
    cells.float(second);
    cells.unsigned(place.asn.unwrap_or(0));
    cells.addr(network.addr());
    cells.unsigned(network.prefix_len());
    cells.unsigned(place.vlan.unwrap_or(0));
    cells.unsigned(u8::from(is_private));
}

/// The date of a flow's start; 0 where that does not leave.
fn of_time(civil: &Civil, tells: impl Fn(Field) -> bool, cells: &mut Cells<'_>) {
    let told = |field, number| if tells(field) { number } else { 0 };
    cells.signed(told(Field::Year, civil.year));
    for (field, part) in [
        (Field::Month, civil.month),
        (Field::Day, civil.day),
        (Field::Hour, civil.hour),
        (Field::Minute, civil.minute),
        (Field::Second, civil.second),
    ] {
        cells.signed(told(field, part.into()));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the original's numbers have 53 bits, too"
)]
fn in_secs(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

/// Bits a second, rounded as the original rounds: from the duration in seconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "the original's numbers have 53 bits, too"
)]
fn bit_rate(bytes: u64, secs: f64) -> f64 {
    if secs > 0.0 {
        bytes.saturating_mul(8) as f64 / secs
    } else {
        0.0
    }
}
