//! What was generated, exactly.

use std::fmt::Write as _;

/// Counts over all datagrams that were handed out so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    /// Flow Records.
    pub(crate) records: u64,
    /// Distinct flows: no two share addresses, ports and protocol.
    pub(crate) flows: u64,
    /// Flow Records in NetFlow v5.
    pub(crate) records_v5: u64,
    /// Flow Records in NetFlow v9.
    pub(crate) records_v9: u64,
    /// Flow Records in IPFIX.
    pub(crate) records_ipfix: u64,
    /// Flow samples of sFlow, which are its records.
    pub(crate) records_sflow: u64,
    /// Flow Records of IPv4 flows.
    pub(crate) records_ipv4: u64,
    /// Flow Records of IPv6 flows.
    pub(crate) records_ipv6: u64,
    /// Flows over TCP.
    pub(crate) flows_tcp: u64,
    /// Flows over UDP.
    pub(crate) flows_udp: u64,
    /// Flows over ICMP or ICMPv6.
    pub(crate) flows_icmp: u64,
    /// Flows that were reported in more than one record.
    pub(crate) flows_cut: u64,
    /// Flows over TCP that never close.
    pub(crate) flows_unclosed: u64,
    /// Packets in all records; of sFlow, times its sampling rate.
    pub(crate) packets: u64,
    /// Octets of the IP layer in all records; of sFlow, times its sampling rate.
    pub(crate) bytes: u64,
    /// Datagrams; for each destination, if there are several.
    pub(crate) datagrams: u64,
    /// Template Records in these datagrams.
    pub(crate) templates: u64,
    /// Counter samples of sFlow in these datagrams.
    pub(crate) counter_samples: u64,
    /// Octets of these datagrams, without headers of UDP and IP.
    pub(crate) datagram_bytes: u64,
}

/// Key in JSON, words for people, and the number.
type Row = (&'static str, &'static str, u64);

impl Totals {
    fn rows(&self) -> [Row; 19] {
        [
            ("records", "records", self.records),
            ("flows", "flows", self.flows),
            ("records_v5", "records in NetFlow v5", self.records_v5),
            ("records_v9", "records in NetFlow v9", self.records_v9),
            ("records_ipfix", "records in IPFIX", self.records_ipfix),
            ("records_sflow", "flow samples of sFlow", self.records_sflow),
            ("records_ipv4", "records of IPv4", self.records_ipv4),
            ("records_ipv6", "records of IPv6", self.records_ipv6),
            ("flows_tcp", "flows over TCP", self.flows_tcp),
            ("flows_udp", "flows over UDP", self.flows_udp),
            ("flows_icmp", "flows over ICMP", self.flows_icmp),
            ("flows_cut", "flows in more than one record", self.flows_cut),
            (
                "flows_unclosed",
                "TCP flows that never close",
                self.flows_unclosed,
            ),
            ("packets", "packets", self.packets),
            ("bytes", "bytes", self.bytes),
            ("datagrams", "datagrams", self.datagrams),
            ("templates", "templates", self.templates),
            (
                "counter_samples",
                "counter samples of sFlow",
                self.counter_samples,
            ),
            (
                "datagram_bytes",
                "bytes of the datagrams",
                self.datagram_bytes,
            ),
        ]
    }

    /// Adds the counts of another part.
    pub(super) fn add(&mut self, part: &Self) {
        self.records += part.records;
        self.flows += part.flows;
        self.records_v5 += part.records_v5;
        self.records_v9 += part.records_v9;
        self.records_ipfix += part.records_ipfix;
        self.records_sflow += part.records_sflow;
        self.records_ipv4 += part.records_ipv4;
        self.records_ipv6 += part.records_ipv6;
        self.flows_tcp += part.flows_tcp;
        self.flows_udp += part.flows_udp;
        self.flows_icmp += part.flows_icmp;
        self.flows_cut += part.flows_cut;
        self.flows_unclosed += part.flows_unclosed;
        self.packets += part.packets;
        self.bytes += part.bytes;
        self.datagrams += part.datagrams;
        self.templates += part.templates;
        self.counter_samples += part.counter_samples;
        self.datagram_bytes += part.datagram_bytes;
    }

    /// One aligned line for each count, with the time it took in milliseconds.
    #[must_use]
    pub(crate) fn to_text(self, elapsed_ms: u64) -> String {
        let mut text = String::new();
        for (_, words, number) in self.rows() {
            line(&mut text, words, number);
        }
        line(&mut text, "milliseconds", elapsed_ms);
        line(&mut text, "records a second", self.rate(elapsed_ms));
        text
    }

    /// One JSON object on one line; keys and their order are stable.
    #[must_use]
    pub(crate) fn to_json(self, elapsed_ms: u64) -> String {
        let mut json = String::from("{");
        for (key, _, number) in self.rows() {
            member(&mut json, key, number);
        }
        member(&mut json, "elapsed_ms", elapsed_ms);
        member(&mut json, "records_per_second", self.rate(elapsed_ms));
        json.pop();
        json.push('}');
        json
    }

    /// Records a second over the elapsed time.
    fn rate(&self, elapsed_ms: u64) -> u64 {
        self.records.saturating_mul(1_000) / elapsed_ms.max(1)
    }
}

// Writing to a string cannot fail.
fn line(text: &mut String, words: &str, number: u64) {
    let _ = writeln!(text, "{words:<30}{number:>20}");
}

fn member(json: &mut String, key: &str, number: u64) {
    let _ = write!(json, "\"{key}\":{number},");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A different number in every count.
    fn numbered() -> Totals {
        Totals {
            records: 10,
            flows: 9,
            records_v5: 1,
            records_v9: 2,
            records_ipfix: 7,
            records_sflow: 17,
            records_ipv4: 8,
            records_ipv6: 3,
            flows_tcp: 4,
            flows_udp: 5,
            flows_icmp: 6,
            flows_cut: 11,
            flows_unclosed: 12,
            packets: 13,
            bytes: 14,
            datagrams: 15,
            templates: 16,
            counter_samples: 18,
            datagram_bytes: 512,
        }
    }

    #[test]
    fn every_count_is_in_the_sum_and_has_a_row_of_its_own() {
        let (mut sum, part) = (Totals::default(), numbered());
        sum.add(&part);
        sum.add(&part);
        for ((key, _, once), (_, _, twice)) in part.rows().into_iter().zip(sum.rows()) {
            assert_eq!(once * 2, twice, "{key}");
        }
        let numbers: BTreeSet<u64> = part.rows().iter().map(|row| row.2).collect();
        assert_eq!(numbers.len(), part.rows().len());
    }

    #[test]
    fn json_is_one_object_with_stable_keys() {
        let json = numbered().to_json(2_000);
        assert!(json.starts_with(r#"{"records":10,"flows":9,"records_v5":1,"#));
        assert!(json.ends_with(
            r#""templates":16,"counter_samples":18,"datagram_bytes":512,"elapsed_ms":2000,"records_per_second":5}"#
        ));
        assert!(!json.contains('\n'));
    }

    #[test]
    fn text_is_aligned() {
        let text = numbered().to_text(0);
        assert!(text.lines().all(|line| line.len() == 50), "{text}");
        assert_eq!(text.lines().count(), 21);
    }
}
