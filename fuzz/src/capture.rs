//! Captures: pcap and pcapng, with datagrams and TCP streams in them.

use std::io::Read;

use dataset::Arrival;
use dataset::capture::{Capture, Counts};

/// What a capture gives: source, destination and octets of each datagram and piece.
type Found = (String, Vec<u8>);

/// Everything a capture gives up to its end or a fault, and the fault.
fn read(input: impl Read) -> Option<(Vec<Found>, Counts, String)> {
    let mut capture = match Capture::open(input) {
        Ok(capture) => capture,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    let mut all = Vec::new();
    let end = loop {
        match capture.next_arrival() {
            Ok(None) => break String::new(),
            Err(error) => break error.to_string(),
            Ok(Some(Arrival::Datagram(datagram))) => {
                let said = format!("{:?} {:?}", datagram.source, datagram.received);
                all.push((said, datagram.payload.to_vec()));
            }
            Ok(Some(Arrival::Piece(piece))) => {
                let said = format!("{:?} {:?} {:?}", piece.source, piece.begins, piece.end);
                all.push((said, piece.octets.to_vec()));
            }
        }
    };
    Some((all, *capture.counts(), end))
}

/// Gives one octet at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let one = buffer.len().min(1);
        self.0.read(&mut buffer[..one])
    }
}

/// Takes an input as a capture.
pub fn capture(data: &[u8]) {
    let found = read(data);
    assert_eq!(found, read(Slow(data)), "pieces do not matter");
    let Some((all, counts, _)) = found else {
        return;
    };
    let octets: usize = all.iter().map(|(_, octets)| octets.len()).sum();
    assert!(octets <= data.len(), "nothing is given out twice");
    assert!(all.len() as u64 <= counts.datagrams + counts.segments);
    let mut capture = Capture::open(data).unwrap();
    let mut datagrams = 0;
    while let Ok(Some(_)) = capture.next_datagram() {
        datagrams += 1;
    }
    assert_eq!(
        (datagrams, capture.counts().datagrams),
        (counts.datagrams, counts.datagrams)
    );
}
